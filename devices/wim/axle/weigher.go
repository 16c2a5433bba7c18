package axle

import (
	"math"
	"time"

	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const (
	preRoll    = 64                     // idle samples kept, so that the first edge is whole
	maxSamples = 120_000                // of one vehicle: 20 minutes at 100 Hz
	maxPasses  = 64                     // of one vehicle
	offHold    = 20 * time.Millisecond  // a load must stay below Off so long
	holeInAxle = 100 * time.Millisecond // a silence on the platform that spoils the axle
	holeAxles  = 250 * time.Millisecond // a silence that may hide an axle
	ringTau    = 250 * time.Millisecond // in which the platform's ringing dies away
	ringShare  = 0.25                   // of the axle's load, that ringing may reach
	ringOff    = 0.15                   // of the axle's load, below which it has left
	quiet      = 500 * time.Millisecond // after Deadline without samples Tick closes the vehicle
)

// rec is one sample of the vehicle on the scale.
type rec struct {
	t    int64 // ns after the vehicle's base
	raw  int64 // g
	bits uint8
}

const (
	bitOver uint8 = 1 << iota
	bitUnder
	bitFault
)

// Out collects results, in order of time: the axles of a vehicle before the vehicle.
type Out struct {
	Axles    []Axle
	Vehicles []Vehicle
}

// Reset empties o for reuse.
func (o *Out) Reset() { o.Axles, o.Vehicles = o.Axles[:0], o.Vehicles[:0] }

// Weigher weighs the vehicles that roll over one platform. It is not safe for concurrent use.
type Weigher struct {
	cfg  Config
	zero zero
	pre  [preRoll]rec // t is ns since the Unix epoch here
	npre int
	last time.Time // of the newest sample

	base     int64 // Unix ns
	buf      []rec // of the current vehicle; empty: none
	zeroKg   float64
	noise    float64
	seg      int     // index of the first sample above On; -1 between axles
	low      int     // index of the first sample below Off of the current end; -1: none
	done     int     // samples before it belong to passes that are over
	hole     int64   // longest silence within the segment, ns
	bits     uint8   // faults within the segment
	lastOff  int64   // ns after base
	peak     float64 // kg, highest mean of two samples of the segment
	ringAt   int64   // Unix ns at which the last axle left
	ringKg   float64 // its load
	ringAt0  int64   // both before this vehicle's first axle, for the trace
	ringKg0  float64
	gap      time.Duration
	start    bool // the vehicle stood on the platform when the first sample came
	lost     bool // samples of the vehicle are missing
	stuck    bool // a load that was given up is still on the platform
	passes   []pass
	paths    []path
	sent     int    // axles emitted
	kept     []Axle // the emitted axles
	unsure   bool   // another number of axles is nearly as likely
	prevAxle *Axle
	scratch  scratch
	fit      fitter
}

// New makes a Weigher.
func New(c Config) (*Weigher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := &Weigher{cfg: c, buf: make([]rec, 0, 16384)}
	w.clear()
	return w, nil
}

func (w *Weigher) clear() {
	w.buf, w.passes, w.paths = w.buf[:0], w.passes[:0], nil
	w.seg, w.low, w.done, w.sent, w.prevAxle, w.kept = -1, -1, 0, 0, nil, nil
	w.hole, w.bits, w.lastOff, w.start, w.lost, w.unsure = 0, 0, 0, false, false, false
	w.fit.forget()
}

// Busy reports whether a vehicle is being weighed.
func (w *Weigher) Busy() bool { return len(w.buf) > 0 }

// Zero gives the tracked zero; ok is false until the empty platform has been seen.
func (w *Weigher) Zero() (z quant.Mass, ok bool) { return grams(w.zero.value), w.zero.known }

// Feed takes the next sample. Samples that go back in time by less than a second are
// dropped; a clock that is set back further ends the vehicle as truncated.
func (w *Weigher) Feed(s wim.Sample, out *Out) {
	if d := s.At.Sub(w.last); !w.last.IsZero() && d <= 0 {
		if d > -time.Second {
			return
		}
		w.lost = true
		w.finish(out)
		w.npre = 0
	}
	if w.Busy() {
		if at, _ := w.Deadline(); w.seg < 0 && !s.At.Before(at) {
			w.finish(out)
		}
	}
	hole := s.At.Sub(w.last)
	w.last = s.At
	r := rec{t: s.At.UnixNano(), raw: int64(s.Raw), bits: bits(s)}
	if w.Busy() {
		w.busy(r, hole, out)
		return
	}
	w.idle(r, s.At, hole)
}

func bits(s wim.Sample) (b uint8) {
	if s.Overload {
		b |= bitOver
	}
	if s.Underload {
		b |= bitUnder
	}
	if s.Fault {
		b |= bitFault
	}
	return b
}

// idle follows the empty platform and sees the first axle come.
func (w *Weigher) idle(r rec, at time.Time, hole time.Duration) {
	if hole > time.Second+zeroBlock {
		w.npre = 0 // thinned or silent: what lies before says nothing about this edge
	}
	kg := float64(r.raw)/1000 - w.zero.value
	on := w.onAt(w.zero.noise, r.t)
	switch {
	case r.bits&(bitFault|bitUnder) != 0:
		return
	case w.stuck:
		if r.bits == 0 && kg < w.off() {
			w.stuck, w.npre = false, 0
		}
		return
	case r.bits&bitOver == 0 && kg < on:
		w.zero.add(at, float64(r.raw)/1000, w.cfg.division())
		w.pre[w.npre%preRoll] = r
		w.npre++
		return
	}
	w.open(r, hole)
}

func (w *Weigher) on(noise float64) float64 {
	return max(float64(w.cfg.On)/1000, 5*noise)
}

// onAt is the level that opens a segment at t (Unix ns): a platform that an axle has just
// left rings on with a good tenth of its load, for a quarter of a second or so.
func (w *Weigher) onAt(noise float64, t int64) float64 {
	on := w.on(noise)
	if d := t - w.ringAt; d >= 0 && d < int64(4*ringTau) {
		return max(on, ringShare*w.ringKg*math.Exp(-float64(d)/float64(ringTau)))
	}
	return on
}

// offNow is the level that opens the segment again before it is closed: above ringing.
func (w *Weigher) offNow() float64 { return max(w.off(), ringOff*w.peak) }

func (w *Weigher) off() float64 { return float64(w.cfg.Off) / 1000 }

// open begins a vehicle with the first sample of its first axle.
func (w *Weigher) open(r rec, hole time.Duration) {
	w.clear()
	w.zero.interrupt()
	w.zeroKg, w.noise = w.zero.value, w.zero.noise
	k := min(w.npre, preRoll)
	w.start = k == 0 || !w.zero.known
	w.ringAt0, w.ringKg0 = w.ringAt, w.ringKg
	w.base = r.t
	if k > 0 {
		w.base = w.pre[(w.npre-k)%preRoll].t
		w.hole, w.lost = int64(hole), hole > holeAxles
	}
	for i := range k {
		p := w.pre[(w.npre-k+i)%preRoll]
		p.t -= w.base
		w.buf = append(w.buf, p)
	}
	r.t -= w.base
	w.buf = append(w.buf, r)
	w.npre = 0
	w.seg, w.bits, w.peak = len(w.buf)-1, r.bits, 0
}

// busy takes a sample while a vehicle is being weighed.
func (w *Weigher) busy(r rec, hole time.Duration, out *Out) {
	r.t -= w.base
	w.buf = append(w.buf, r)
	if hole > holeAxles {
		w.lost = true
	}
	i := len(w.buf) - 1
	kg := float64(r.raw)/1000 - w.zeroKg
	if w.seg < 0 {
		if r.bits&bitOver != 0 || r.bits == 0 && kg >= w.onAt(w.noise, w.base+r.t) {
			w.seg, w.low, w.hole, w.bits, w.peak = i, -1, int64(hole), r.bits, 0
		} else if i >= maxSamples {
			w.lost = true
			w.finish(out)
		}
		return
	}
	w.hole, w.bits = max(w.hole, int64(hole)), w.bits|r.bits
	if r.bits == 0 && w.buf[i-1].bits == 0 {
		w.peak = max(w.peak, (kg+w.value(i-1))/2)
	}
	switch {
	case r.bits != 0 || kg >= w.offNow():
		w.low = -1
	case w.low < 0 && kg < w.off():
		w.low = i
	}
	if w.low >= 0 && r.t-w.buf[w.low].t >= int64(offHold) {
		w.segment(i, out)
		w.seg, w.low = -1, -1
	}
	if i >= maxSamples {
		w.lost, w.stuck = true, w.seg >= 0
		w.finish(out)
	}
}

// segment analyses the load that ends with sample hi and takes its axles in.
func (w *Weigher) segment(hi int, out *Out) {
	lo := w.seg
	for lo > w.done && w.value(lo) > w.off() {
		lo--
	}
	lo = max(lo-2, w.done)
	first := len(w.passes)
	w.passes = w.analyse(w.passes, lo, hi)
	w.done = w.low
	for i := first; i < len(w.passes); i++ {
		p := &w.passes[i]
		if w.hole > int64(holeInAxle) && !p.stopped {
			p.flags = p.flags.add(obs.FewSamples)
		}
		if w.bits&bitOver != 0 {
			p.flags = p.flags.add(obs.Overload)
		}
		if w.bits&(bitFault|bitUnder) != 0 {
			p.flags = p.flags.add(obs.Fault)
		}
		if w.start && i == 0 {
			p.flags = p.flags.add(obs.Truncated)
		}
		w.lastOff = int64(p.off * 1e9)
		w.ringAt, w.ringKg = w.base+w.buf[w.low].t, p.mass
		w.gap = w.gapAfter(p)
		w.extend(i)
		w.emit(out, false)
	}
	if len(w.passes) >= maxPasses {
		w.lost = true
		w.finish(out)
	}
}

func (w *Weigher) value(i int) float64 { return float64(w.buf[i].raw)/1000 - w.zeroKg }

// gapAfter is how long the vehicle may still have another axle after p.
func (w *Weigher) gapAfter(p *pass) time.Duration {
	v := p.v
	if p.stopped {
		v = p.vFall
	}
	if v <= 0 {
		return w.cfg.GapMax
	}
	s := float64(w.cfg.GapLength) / 1000 / v
	if s > w.cfg.GapMax.Seconds() {
		return w.cfg.GapMax
	}
	return max(w.cfg.Gap, time.Duration(s*1e9))
}

// Deadline reports when the vehicle on the scale has ended if no further axle comes; ok is
// false while none is there or an axle stands on the platform.
func (w *Weigher) Deadline() (at time.Time, ok bool) {
	if !w.Busy() || w.seg >= 0 {
		return time.Time{}, false
	}
	return time.Unix(0, w.base+w.lastOff).UTC().Add(w.gap), true
}

// Tick lets time pass. The vehicle ends half a second after Deadline even if no samples
// come any more; it is then truncated, for what happened meanwhile is unknown.
func (w *Weigher) Tick(now time.Time, out *Out) {
	at, ok := w.Deadline()
	if !ok || now.Before(at.Add(quiet)) {
		return
	}
	w.lost = w.lost || now.Sub(w.last) > holeAxles
	w.finish(out)
}

// End ends the vehicle at once: somebody who sees more than the platform says so. An axle
// that stands on the platform is the next vehicle's.
func (w *Weigher) End(out *Out) {
	if !w.Busy() {
		return
	}
	if w.seg < 0 {
		w.finish(out)
		return
	}
	if len(w.passes) == 0 {
		return
	}
	seg, low, hole, b := w.seg, w.low, w.hole, w.bits
	cut := max(w.done, seg-preRoll)
	rest := append([]rec(nil), w.buf[cut:]...)
	w.buf = w.buf[:cut]
	base := w.base
	w.finish(out)
	w.ringAt0, w.ringKg0 = w.ringAt, w.ringKg
	shift := rest[0].t
	w.base = base + shift
	for _, r := range rest {
		r.t -= shift
		w.buf = append(w.buf, r)
	}
	w.npre = 0
	w.zeroKg, w.noise = w.zero.value, w.zero.noise
	w.seg, w.hole, w.bits = seg-cut, hole, b
	if low >= 0 {
		w.low = low - cut
	}
}

// finish emits what is left of the vehicle and the vehicle itself.
func (w *Weigher) finish(out *Out) {
	if w.Busy() && len(w.passes) > 0 {
		w.emit(out, true)
		w.vehicle(out)
	}
	w.clear()
}

func grams(kg float64) quant.Mass { return quant.Mass(math.Round(kg * 1000)) }

// rounded rounds to the division.
func (w *Weigher) rounded(kg float64) quant.Mass {
	d := w.cfg.division()
	return quant.Mass(math.Round(kg/d)) * w.cfg.Division
}

func (w *Weigher) time(s float64) time.Time {
	return time.Unix(0, w.base+int64(math.Round(s*1e9))).UTC()
}

// RateMin is the sample rate that rolling axles need, in hertz.
func (w *Weigher) RateMin() float64 { return w.cfg.RateMin }
