package profile

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"acsgd/internal/obs"
)

// MaxTrace bounds the trace of one vehicle; one that stands for hours stays below it
// because held scans are left out.
const MaxTrace = 16 << 20

const (
	traceMagic = "ACSGDPF1"
	before     = 3 // scans before the first slice that the filter has looked at
)

// TraceType is the media type of a trace.
const TraceType = "application/x-acsgd-profile"

// recorder keeps the foreground of every scan of the object, and of the few before it.
//
// A trace is the magic, the configuration as JSON behind its length, per scanner the fan
// and the foreground limits of every beam, and then a record a scan:
//
//	uvarint scanner, varint ns since 1970, uvarint ns a beam, uvarint lost, uvarint marks,
//	uvarint skipped, uvarint runs, and per run of neighbouring beams
//	uvarint beams passed over, uvarint beams, varint mm against the beam before ...
type recorder struct {
	buf    []byte
	starts []int // of the records in buf, while no object is open
	full   bool
}

func (r *recorder) reset() { *r = recorder{buf: r.buf[:0], starts: r.starts[:0]} }

func (r *recorder) add(e *Engine, rec record, hits []hit) {
	if r.full {
		return
	}
	if e.obj.state == idle {
		r.starts = append(r.starts, len(r.buf))
	}
	b := binary.AppendUvarint(r.buf, uint64(rec.unit))
	b = binary.AppendVarint(b, rec.at.UnixNano())
	b = binary.AppendUvarint(b, uint64(rec.beam))
	b = binary.AppendUvarint(b, uint64(rec.lost))
	b = binary.AppendUvarint(b, uint64(rec.marks))
	b = binary.AppendUvarint(b, uint64(rec.skipped))
	r.buf = appendHits(b, hits)
	if len(r.buf) > MaxTrace {
		r.full = true
	}
}

// quiet drops all but the newest scans while nothing is in the plane.
func (r *recorder) quiet() {
	const most = 2*before + 1
	if n := len(r.starts); n > 4*most {
		cut := r.starts[n-most]
		r.buf = append(r.buf[:0], r.buf[cut:]...)
		kept := copy(r.starts, r.starts[n-most:])
		r.starts = r.starts[:kept]
		for i := range r.starts {
			r.starts[i] -= cut
		}
	}
}

func appendHits(b []byte, hits []hit) []byte {
	runs := 0
	for k, h := range hits {
		if k == 0 || h.i != hits[k-1].i+1 {
			runs++
		}
	}
	b = binary.AppendUvarint(b, uint64(runs))
	next, last := int32(0), int32(0)
	for k := 0; k < len(hits); {
		to := k + 1
		for to < len(hits) && hits[to].i == hits[to-1].i+1 {
			to++
		}
		b = binary.AppendUvarint(b, uint64(hits[k].i-next))
		b = binary.AppendUvarint(b, uint64(to-k))
		for ; k < to; k++ {
			b = binary.AppendVarint(b, int64(hits[k].d-last))
			last = hits[k].d
		}
		next = hits[to-1].i + 1
	}
	return b
}

// header is the JSON part of a trace.
type header struct {
	Config Config        `json:"config"`
	Period time.Duration `json:"period_ns"`
	Skew   time.Duration `json:"skew_ns,omitempty"` // of the second scanner's clock
	Units  []unitHeader  `json:"units"`
}

type unitHeader struct {
	Beams    int     `json:"beams"`
	Start    float64 `json:"start_deg"`
	Step     float64 `json:"step_deg"`
	Height   float64 `json:"height_mm"`
	Roll     float64 `json:"roll_rad"`
	Measured bool    `json:"measured"`
}

// trace closes the trace of the object. The returned bytes are the caller's.
func (r *recorder) trace(e *Engine) []byte {
	if r.full {
		return nil
	}
	h := header{Config: e.cfg, Period: e.period, Skew: e.align.skew}
	for _, u := range e.units {
		h.Units = append(h.Units, unitHeader{Beams: u.n, Start: u.start, Step: u.step, Height: u.h, Roll: u.roll, Measured: u.measured})
	}
	j, err := json.Marshal(h)
	if err != nil { // NaN in a setting: Check has refused it
		return nil
	}
	out := make([]byte, 0, len(traceMagic)+len(j)+len(r.buf)+8*e.units[0].n)
	out = append(out, traceMagic...)
	out = binary.AppendUvarint(out, uint64(len(j)))
	out = append(out, j...)
	for _, u := range e.units {
		out = appendDeltas(appendDeltas(out, u.near), u.far)
	}
	return append(out, r.buf...)
}

func appendDeltas(b []byte, v []int32) []byte {
	last := int32(0)
	for _, x := range v {
		b = binary.AppendVarint(b, int64(x-last))
		last = x
	}
	return b
}

// errTrace is what every damaged trace gives.
var errTrace = errors.New("profile trace is damaged")

// Replay computes the profile of a trace again. It gives what the trace's engine gave.
func Replay(trace []byte) (obs.Profile, error) {
	in := traceReader{p: trace}
	e, err := in.engine()
	if err != nil {
		return obs.Profile{}, err
	}
	for len(in.p) > 0 {
		rec := record{unit: int(in.uvarint())}
		rec.at = time.Unix(0, in.varint()).UTC()
		rec.beam, rec.lost = time.Duration(in.uvarint()), int(in.uvarint())
		rec.marks, rec.skipped = Remarks(in.uvarint()), int(in.uvarint())
		if in.bad || rec.unit >= len(e.units) || rec.lost < 0 || rec.skipped < 0 {
			return obs.Profile{}, errTrace
		}
		if in.hits(e.units[rec.unit]); in.bad {
			return obs.Profile{}, errTrace
		}
		if res := e.process(rec); res != nil {
			return *res.Profile, nil
		}
	}
	return obs.Profile{}, fmt.Errorf("%w: it ends before its vehicle does", errTrace)
}

type traceReader struct {
	p   []byte
	bad bool
}

func (t *traceReader) uvarint() uint64 {
	v, n := binary.Uvarint(t.p)
	if n <= 0 || v > math.MaxInt64 {
		t.bad, t.p = true, nil
		return 0
	}
	t.p = t.p[n:]
	return v
}

func (t *traceReader) varint() int64 {
	v, n := binary.Varint(t.p)
	if n <= 0 {
		t.bad, t.p = true, nil
		return 0
	}
	t.p = t.p[n:]
	return v
}

// engine reads the head of the trace and makes the engine that it describes.
func (t *traceReader) engine() (*Engine, error) {
	if len(t.p) < len(traceMagic) || string(t.p[:len(traceMagic)]) != traceMagic {
		return nil, fmt.Errorf("%w: not a profile trace", errTrace)
	}
	t.p = t.p[len(traceMagic):]
	n := t.uvarint()
	if t.bad || n > uint64(len(t.p)) {
		return nil, errTrace
	}
	var h header
	if err := json.Unmarshal(t.p[:n], &h); err != nil {
		return nil, fmt.Errorf("%w: %w", errTrace, err)
	}
	t.p = t.p[n:]
	if err := h.Config.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", errTrace, err)
	}
	if len(h.Units) != len(h.Config.Mounts) {
		return nil, errTrace
	}
	e := New(h.Config)
	e.playback, e.period, e.align.skew = true, h.Period, h.Skew
	for i, w := range h.Units {
		if w.Beams < 0 || w.Beams > 10000 {
			return nil, errTrace
		}
		u := e.units[i]
		u.n, u.start, u.step, u.h, u.roll = w.Beams, w.Start, w.Step, w.Height, w.Roll
		u.ready, u.measured = true, w.Measured
		u.layout(&e.cfg)
		t.deltas(u.near)
		t.deltas(u.far)
	}
	if t.bad {
		return nil, errTrace
	}
	return e, nil
}

func (t *traceReader) deltas(v []int32) {
	last := int64(0)
	for i := range v {
		last += t.varint()
		v[i] = int32(last)
	}
}

func (t *traceReader) hits(u *unit) {
	u.hits = u.hits[:0]
	i, d := int64(0), int64(0)
	for runs := t.uvarint(); runs > 0 && !t.bad; runs-- {
		i += int64(t.uvarint())
		n := int64(t.uvarint())
		if i < 0 || n < 0 || i > int64(u.n) || n > int64(u.n)-i {
			t.bad = true
			return
		}
		for range n {
			d += t.varint()
			u.hits = append(u.hits, hit{int32(i), int32(d)})
			i++
		}
	}
}
