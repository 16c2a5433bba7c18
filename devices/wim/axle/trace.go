package axle

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"acsgd/internal/obs"
)

// TraceType is the media type of a trace.
const TraceType = "application/vnd.acsgd.axle-trace"

// traceMagic begins every trace; its last byte is the version of format and algorithm.
// Version 1 was weighed by the plateaus' means, 2 by a fit that swept the frequencies twice.
const traceMagic = "ACWT\x03"

// traceHead is what the samples alone do not tell. The samples follow it, each as
//
//	uvarint  nanoseconds since the sample before, times two, plus one if a bits byte follows
//	varint   grams since the sample before
//	byte     bits: 1 overload, 2 underload, 4 fault; only where they changed
type traceHead struct {
	Config Config  `json:"config"`
	Base   int64   `json:"base_unix_ns"`
	Zero   float64 `json:"zero_kg"`
	Noise  float64 `json:"noise_kg"`
	RingAt int64   `json:"ring_unix_ns,omitempty"` // when the axle before the first sample left
	RingKg float64 `json:"ring_kg,omitempty"`
	Start  bool    `json:"start,omitempty"` // the vehicle stood on the platform at the start
	Lost   bool    `json:"lost,omitempty"`
	N      int     `json:"samples"`
}

// trace writes the vehicle's samples.
func (w *Weigher) trace() []byte {
	// The header holds numbers, which always marshal.
	head, _ := json.Marshal(traceHead{Config: w.cfg, Base: w.base, Zero: w.zeroKg, Noise: w.noise,
		RingAt: w.ringAt0, RingKg: w.ringKg0, Start: w.start, Lost: w.lost, N: len(w.buf)})
	b := make([]byte, 0, len(traceMagic)+len(head)+8+len(w.buf)*8)
	b = append(b, traceMagic...)
	b = binary.AppendUvarint(b, uint64(len(head)))
	b = append(b, head...)
	var last rec
	for _, r := range w.buf {
		changed := uint64(0)
		if r.bits != last.bits {
			changed = 1
		}
		b = binary.AppendUvarint(b, uint64(r.t-last.t)<<1|changed)
		b = binary.AppendVarint(b, r.raw-last.raw)
		if changed == 1 {
			b = append(b, r.bits)
		}
		last = r
	}
	return b
}

// Replay weighs a vehicle again from its trace: the axles in order, then the vehicle
// (Axle 0), byte for byte what the Weigher gave.
func Replay(trace []byte) ([]obs.Weighing, error) {
	w, recs, lost, err := readTrace(trace)
	if err != nil {
		return nil, fmt.Errorf("read weighing trace: %w", err)
	}
	var out Out
	for i, r := range recs {
		hole := r.t
		if i > 0 {
			hole -= recs[i-1].t
		}
		r.t += w.base
		w.busy(r, time.Duration(hole), &out)
	}
	w.lost = lost
	w.finish(&out)
	var res []obs.Weighing
	for _, a := range out.Axles {
		res = append(res, *a.Weighing())
	}
	for _, v := range out.Vehicles {
		res = append(res, *v.Weighing())
	}
	return res, nil
}

// readTrace makes a Weigher in the state in which the vehicle found it, and the samples.
func readTrace(p []byte) (w *Weigher, recs []rec, lost bool, err error) {
	rest, ok := bytes.CutPrefix(p, []byte(traceMagic))
	if !ok {
		return nil, nil, false, errors.New("not a trace of version 2")
	}
	n, k := binary.Uvarint(rest)
	if k <= 0 || n > uint64(len(rest)-k) {
		return nil, nil, false, errors.New("header is cut off")
	}
	var h traceHead
	if err := json.Unmarshal(rest[k:k+int(n)], &h); err != nil {
		return nil, nil, false, fmt.Errorf("header: %w", err)
	}
	rest = rest[k+int(n):]
	if h.N < 0 || h.N > maxSamples+1 || h.N > len(rest) {
		return nil, nil, false, fmt.Errorf("%d samples do not fit", h.N)
	}
	if w, err = New(h.Config); err != nil {
		return nil, nil, false, fmt.Errorf("header: %w", err)
	}
	w.base, w.zeroKg, w.noise, w.start = h.Base, h.Zero, h.Noise, h.Start
	w.ringAt, w.ringKg = h.RingAt, h.RingKg
	recs = make([]rec, 0, h.N)
	var last rec
	for i := range h.N {
		if last, rest, err = readRec(last, rest); err != nil {
			return nil, nil, false, fmt.Errorf("sample %d: %w", i, err)
		}
		recs = append(recs, last)
	}
	return w, recs, h.Lost, nil
}

// readRec reads the sample after last.
func readRec(last rec, p []byte) (rec, []byte, error) {
	dt, k := binary.Uvarint(p)
	if k <= 0 {
		return last, p, errors.New("cut off")
	}
	p = p[k:]
	dw, k := binary.Varint(p)
	if k <= 0 {
		return last, p, errors.New("cut off")
	}
	p = p[k:]
	last.t += int64(dt >> 1)
	last.raw += dw
	if dt&1 == 1 {
		if len(p) == 0 {
			return last, p, errors.New("cut off")
		}
		last.bits, p = p[0], p[1:]
	}
	if last.t < 0 || last.raw > 1e10 || last.raw < -1e10 {
		return last, p, errors.New("out of range")
	}
	return last, p, nil
}
