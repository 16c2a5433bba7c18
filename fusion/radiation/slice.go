package radiation

import (
	"math"
	"time"

	"acsgd/internal/obs"
)

// slice takes one gamma interval.
func (e *Engine) slice(at time.Time, r *obs.Radiation) {
	o, u := e.open(at), &e.run
	c := clamp(r.Gamma)
	e.freeze(r.Interval)
	if r.Interval > 0 && r.Interval != u.interval {
		e.fault("the slice length changed")
	}
	u.push(c)
	u.tally(c)
	if o.Count++; o.Count == 1 {
		u.first = at
	}
	if o.Count <= e.cfg.buffered()+1 {
		o.Live = since(o.Start, at)
	}
	u.last = at
	s := Slice{At: since(o.Start, at), Gamma: c, Sigma: math.MinInt32, Vendor: r.Alarm || r.Tag == "GA"}
	if o.Count >= u.window && o.HasBG {
		e.judge(o, &s)
	}
	if s.Vendor {
		o.VendorAlarm, o.VendorGamma = true, true
	}
	u.alarm, u.vendor = s.Alarm, s.Vendor
	e.flags(r)
	e.keep(o, s)
}

// freeze makes the tests when the first slice tells its length.
func (e *Engine) freeze(interval int32) {
	u := &e.run
	if u.interval != 0 {
		return
	}
	u.interval = defaultInterval
	if interval > 0 && interval <= maxInterval {
		u.interval = interval
	} else if interval > maxInterval {
		e.fault("slices too long")
	}
	if u.interval != defaultInterval {
		e.cur.Interval = u.interval
	}
	if !e.cur.HasBG {
		return
	}
	u.main = newTest(e.cur.Background, u.interval, u.k, u.window, u.mask)
	if e.cur.Guarded {
		u.guard = newTest(e.cur.GuardBackground, u.interval, u.k, u.window, u.mask)
	}
}

// push moves the window by one slice.
func (u *run) push(c [4]int32) {
	old := &u.counts[u.next]
	for p := range c {
		u.total[p] += int64(c[p]) - int64(old[p])
	}
	*old = c
	u.next = (u.next + 1) % u.window
}

// tally follows what each panel does over the whole occupancy.
func (u *run) tally(c [4]int32) {
	for p, n := range c {
		u.counted[p] += int64(n)
		if n != u.newest[p] {
			u.changes[p]++
		}
	}
	u.newest = c
}

// judge tests the window that ends with s.
func (e *Engine) judge(o *Occupancy, s *Slice) {
	u := &e.run
	z, alarm, name, ok := u.main.decide(&u.total)
	if !ok {
		e.fault(faultZero)
		return
	}
	s.Sigma, s.Alarm = z, alarm
	o.GammaAlarm = o.GammaAlarm || alarm
	if z > o.MaxSigma {
		o.MaxSigma, o.Group, o.PeakAt = z, name, s.At
	}
	o.Suppression = max(o.Suppression, u.main.suppression(&u.total))
	if o.Guarded {
		if z, alarm, _, ok := u.guard.decide(&u.total); ok {
			o.GuardAlarm = o.GuardAlarm || alarm
			o.GuardSigma = max(o.GuardSigma, z)
		}
	}
}

// keep adds s to the profile. A profile that is full keeps every second slice from then
// on, and the alarming ones as long as there is room.
func (e *Engine) keep(o *Occupancy, s Slice) {
	u := &e.run
	hot := s.Alarm || s.Vendor
	if !hot && (o.Count-1)%u.stride != 0 {
		return
	}
	if len(o.Slices) < MaxSlices {
		o.Slices = append(o.Slices, s)
		return
	}
	u.stride *= 2
	o.Thinned = u.stride
	thin := o.Slices[:0]
	for i, old := range o.Slices {
		if i%2 == 0 || old.Alarm || old.Vendor {
			thin = append(thin, old)
		}
	}
	if len(thin) > MaxSlices*3/4 { // nearly all of them alarm
		thin = o.Slices[:0]
		for i := 0; i < len(o.Slices); i += 2 {
			thin = append(thin, o.Slices[i])
		}
	}
	o.Slices = append(thin, s)
}
