package lanes

import (
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/journal"
)

// RecordOf gives the journal row of one input of a lane, exactly as the lane's actor writes
// it. Whole-site runs in virtual time, which have no actors, journal with it.
func RecordOf(lane string, in fusion.Input) (journal.Record, error) {
	kind, payload, err := encode(in.Body)
	if err != nil {
		return journal.Record{}, fmt.Errorf("lane %s, input %d: %w", lane, in.Seq, err)
	}
	return journal.Record{Lane: lane, Seq: in.Seq, Now: in.Now, Kind: kind, Payload: payload}, nil
}

// DigestOf gives the digest of one input's outputs, as the lane's actor journals it after
// the input's own row; ok is false if the outputs decide nothing.
func DigestOf(outs []fusion.Output) (sum [32]byte, ok bool) { return digest(outs) }
