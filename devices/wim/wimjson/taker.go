package wimjson

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
	"acsgd/devices/wim/record"
	"acsgd/internal/obs"
)

// recordType is the media type of a record that is kept as evidence.
const recordType = "application/json"

// verdict says what became of a record.
type verdict byte

const (
	taken    verdict = iota
	known            // it came before; one weighing is enough
	foreign          // of another lane
	conflict         // another record with the same id came before
	wrong            // it is none
	later            // it cannot be taken now: send it again
)

var (
	errConflict = errors.New("id: another record with this id came before")
	errWaiting  = errors.New("the record came before and is not stored yet")
)

// taker makes observations of records.
type taker struct {
	cfg  *Config
	env  devices.Env
	book *book
}

// take takes one record that began at offset. The error is nil with taken, known and
// foreign.
func (t taker) take(now time.Time, offset int64, body []byte, live bool, out *devices.Out) (verdict, error) {
	r, err := record.Decode(body, t.cfg.Division)
	if err != nil {
		return wrong, err
	}
	if t.cfg.Lane != "" && r.Lane != t.cfg.Lane {
		return foreign, nil
	}
	switch t.book.Look(r.ID, body) {
	case push.Durable:
		out.Frames++
		return known, nil
	case push.Waiting:
		return later, errWaiting
	case push.Other:
		return conflict, errConflict
	}
	raw, blobs, err := t.evidence(body)
	if err != nil {
		return later, err
	}
	if ended := !r.Vouched(); t.book.verification(ended) {
		h := &obs.Health{State: obs.Online}
		if ended {
			h.State, h.Reason = obs.Degraded, fmt.Sprintf("verification ended on %s: loads are not judged", r.Device.Verified)
		}
		out.Emit(now, nil, h)
	}
	ws := r.Weighings(t.cfg.how())
	from := len(out.Obs)
	for i, w := range ws {
		o := obs.Observation{Stamp: obs.Stamp{At: r.End, Origin: obs.Device}, Body: w}
		if i == len(ws)-1 {
			o.Raw, o.Blobs = raw, blobs
		}
		out.Obs = append(out.Obs, o)
	}
	t.book.Enter(r.ID, body, out.Obs[from:], live)
	return taken, nil
}

// evidence gives the record's own bytes, or stores them where they are too long to stand in
// an observation.
func (t taker) evidence(body []byte) (raw []byte, blobs []obs.Blob, err error) {
	if len(body) <= obs.MaxRaw {
		return append([]byte(nil), body...), nil, nil
	}
	b := obs.BlobOf(recordType, body)
	if t.env.Keep != nil {
		if b, err = t.env.Keep(recordType, body); err != nil {
			return nil, nil, fmt.Errorf("store the record: %w", err)
		}
	}
	b.Role = "record"
	return nil, []obs.Blob{b}, nil
}

// handler takes records from MQTT.
type handler struct{ taker }

// Message implements mqtt.Handler. What can be taken later is not acknowledged: the run ends,
// and the broker sends it again to the next one.
func (h handler) Message(now time.Time, topic string, payload []byte, out *devices.Out) {
	switch v, err := h.take(now, 0, payload, true, out); v {
	case taken, known:
	case foreign:
		out.Frames++
	case later:
		out.Fail = fmt.Errorf("%s: %w", proto, err)
	default:
		out.Err(proto, 0, err.Error(), payload)
	}
}
