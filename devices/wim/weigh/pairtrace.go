package weigh

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"acsgd/devices/wim/axle"
	"acsgd/internal/obs"
)

// PairTraceType is the media type of the traces of two platforms in one.
const PairTraceType = "application/vnd.acsgd.pair-trace"

// pairMagic begins such a trace; its last byte is the version of format and joining. Then
// come, each with its length as uvarint before it: the Pairing as JSON, the first platform's
// trace, the second's; empty where that platform has not seen the vehicle.
const pairMagic = "ACWP\x01"

// trace joins the traces of both platforms.
func (p Pairing) trace(a, b []byte) []byte {
	head, _ := json.Marshal(p) // numbers always marshal
	out := make([]byte, 0, len(pairMagic)+len(head)+len(a)+len(b)+12)
	out = append(out, pairMagic...)
	for _, part := range [][]byte{head, a, b} {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// Replay weighs a vehicle again from the trace that a driver kept: the axles in order, then
// the vehicle (Axle 0), as they were emitted.
func Replay(trace []byte) ([]obs.Weighing, error) {
	rest, ok := bytes.CutPrefix(trace, []byte(pairMagic))
	if !ok {
		return axle.Replay(trace)
	}
	var parts [3][]byte
	for i := range parts {
		n, k := binary.Uvarint(rest)
		if k <= 0 || n > uint64(len(rest)-k) {
			return nil, errors.New("read trace of two platforms: cut off")
		}
		parts[i], rest = rest[k:k+int(n)], rest[k+int(n):]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("read trace of two platforms: %d bytes behind its end", len(rest))
	}
	var p Pairing
	if err := json.Unmarshal(parts[0], &p); err != nil {
		return nil, fmt.Errorf("read trace of two platforms: header: %w", err)
	}
	if p.Distance <= 0 || p.Length <= 0 || p.Division <= 0 || p.Span < 0 {
		return nil, fmt.Errorf("read trace of two platforms: header: %+v out of range", p)
	}
	var sides [2][]obs.Weighing
	for i, part := range parts[1:] {
		if len(part) == 0 {
			continue
		}
		var err error
		if sides[i], err = axle.Replay(part); err != nil {
			return nil, fmt.Errorf("platform %d: %w", i+1, err)
		}
	}
	return p.Join(sides[0], sides[1]), nil
}
