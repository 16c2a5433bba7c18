package record

import (
	"slices"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// How says what is made of a record that does not say it itself.
type How struct {
	// USpeed is the 95 % half-width of a speed that comes without one, in millionths of it;
	// 0: such a speed is not used, and no axle spacing is made of it.
	USpeed int64
	// SpeedMin and SpeedMax bound the speeds that the scale is verified for; 0 is no bound.
	SpeedMin, SpeedMax quant.Speed
}

// Vouched reports whether the instrument was verified on the day of the weighing, as far as
// the record says: one that says nothing is not held against it.
func (r *Record) Vouched() bool {
	return r.Device.Verified == "" || r.Start.Format(time.DateOnly) <= r.Device.Verified
}

// Weighings gives the record as an instrument's observations: one an axle in driving order,
// then the vehicle. Axle spacings are derived from times and speeds by who receives them,
// as of any other scale. So where the record gives spacings and a speed but no times, the
// axles get the times at which that vehicle would have passed at that speed, from start on;
// where there is neither, the times are zero and the spacings unknown.
//
// Where the verification has ended nothing vouches for the uncertainties: they are unknown.
func (r *Record) Weighings(how How) []*obs.Weighing {
	mode := map[string]obs.WeighMode{Static: obs.Static, StopGo: obs.StopGo, Dynamic: obs.Dynamic}[r.Mode]
	vehicle := &obs.Weighing{Axles: len(r.Axles), Mass: r.Gross, U: r.U, TOn: r.Start, TOff: r.End,
		Speed: r.Speed, USpeed: r.USpeed, Mode: mode, Alibi: r.Alibi}
	vehicle.Flags = united(nil, r.Flags)
	var out []*obs.Weighing
	on := r.edges(how)
	for i := range r.Axles {
		a := &r.Axles[i]
		w := &obs.Weighing{Axle: a.N, Mass: a.Load, U: a.U, TOn: on[i], TOff: a.Off, Mode: mode, Alibi: r.Alibi}
		w.Speed, w.USpeed = r.moved(i, how)
		w.Flags = united(united(nil, r.Flags), a.Quality)
		if r.outOfRange(r.speedOf(i), how) {
			w.Flags = united(w.Flags, []obs.Flag{obs.SpeedOutOfRange})
		}
		vehicle.Flags = united(vehicle.Flags, w.Flags)
		out = append(out, w)
	}
	if len(out) > 0 {
		vehicle.TOn = out[0].TOn
	}
	out = append(out, vehicle)
	for _, w := range out {
		w.Stable = r.Mode == Static && !slices.Contains(w.Flags, obs.InMotion)
		if r.Direction == Reverse {
			w.Speed = -w.Speed
		}
		if !r.Vouched() {
			w.U = 0
		}
	}
	return out
}

// moved gives an axle's speed with its uncertainty; a speed without one is not used, since
// 0 would stand for "exact" where a spacing is made of it.
func (r *Record) moved(i int, how How) (v, u quant.Speed) {
	v, u = r.Speed, r.USpeed
	if r.Axles[i].Speed > 0 {
		v, u = r.Axles[i].Speed, r.Axles[i].USpeed
	}
	if u == 0 {
		u = quant.Speed((int64(v)*how.USpeed + 999_999) / 1_000_000)
	}
	if u == 0 {
		return 0, 0
	}
	return v, u
}

// edges gives the time at which each axle comes on.
func (r *Record) edges(how How) []time.Time {
	on := make([]time.Time, len(r.Axles))
	for i := range r.Axles {
		on[i] = r.Axles[i].On
	}
	if len(on) == 0 || !on[0].IsZero() {
		return on
	}
	on[0] = r.Start
	for i, d := range r.Spacings {
		a, _ := r.moved(i, how)
		b, _ := r.moved(i+1, how)
		if a == 0 || b == 0 {
			break
		}
		on[i+1] = on[i].Add(time.Duration(int64(d) * 2 * int64(time.Second) / (int64(a) + int64(b))))
	}
	return on
}

// outOfRange reports whether a speed lies beside the verified ones. What is known to have
// stood is in range; what moved at a speed that is not known is not, where there is one.
func (r *Record) outOfRange(v quant.Speed, how How) bool {
	if r.Mode == Static || r.Mode == StopGo {
		return false
	}
	return v < how.SpeedMin || how.SpeedMax > 0 && (v > how.SpeedMax || v == 0)
}

// united appends the flags that dst has not yet.
func united(dst, more []obs.Flag) []obs.Flag {
	for _, f := range more {
		if !slices.Contains(dst, f) {
			dst = append(dst, f)
		}
	}
	return dst
}
