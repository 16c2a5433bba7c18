package axle

import (
	"math"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// maxAccel is the change of speed from one axle to the next above which the loads are not
// those of an evenly rolling vehicle, m/s^2.
const maxAccel = 0.3

// Axle is one axle of the vehicle on the scale.
type Axle struct {
	N       int         // from 1, in driving order
	Mass    quant.Mass  // rounded to the division
	U       quant.Mass  // 95 % half-width; 0 is unknown
	On, Off time.Time   // edges at half of the load
	Speed   quant.Speed // 0 of an axle that stopped
	USpeed  quant.Speed // 95 % half-width
	Samples int         // that Mass rests on
	Method  Method
	Rate    float64 // Hz, samples while it was on the platform
	Stable  bool
	Mode    obs.WeighMode
	Flags   []obs.Flag

	common float64 // kg, standard uncertainty that the axles of a vehicle may share
	own    float64 // kg, standard uncertainty of its own
	plain  float64 // kg, mean of the plateau
}

// Vehicle is one whole vehicle.
type Vehicle struct {
	Axles    []Axle
	Spacings []quant.Length // between axles, one fewer; 0 is unknown
	Speed    quant.Speed    // at half time; 0 is unknown: it stopped, or moved unevenly
	USpeed   quant.Speed    // 95 % half-width
	Gross    quant.Mass     // exact sum of the axle masses
	U        quant.Mass     // 95 % half-width; 0 is unknown
	Zero     quant.Mass     // that was taken off every sample
	Flags    []obs.Flag     // of the vehicle and of all its axles
	Trace    []byte         // for Replay
}

// axle makes the record of axle k from pass i.
func (w *Weigher) axle(k, i int, rolled bool) Axle {
	p := &w.passes[i]
	a := Axle{
		N: k + 1, Mass: w.rounded(p.mass), On: w.time(p.on), Off: w.time(p.off),
		Samples: p.n, Method: p.method, Rate: p.rate, Stable: p.stable, Mode: obs.Dynamic,
	}
	f := append(flags(nil), p.flags...)
	if p.stopped {
		a.Mode = obs.StopGo
	} else {
		a.Speed = quant.Speed(math.Round(p.v * 1000))
		a.USpeed = quant.Speed(math.Ceil(2 * p.uv * p.v * 1000))
		if a.Speed < w.cfg.SpeedMin || a.Speed > w.cfg.SpeedMax {
			f = f.add(obs.SpeedOutOfRange)
		}
		if p.rate < w.cfg.RateMin*0.97 {
			f = f.add(obs.RateLow)
		}
		if w.jerky(p) {
			f = f.add(obs.InMotion)
		}
	}
	if rolled {
		f = f.add(obs.RollBack)
	}
	if math.Abs(w.zeroKg)*1000 > float64(w.cfg.ZeroMax) {
		f = f.add(obs.ZeroDrift)
	}
	if w.cfg.Capacity > 0 && a.Mass > w.cfg.Capacity {
		f = f.add(obs.Overload)
	}
	cal := float64(w.cfg.Calibration) / 1e6 * p.mass
	osc := p.osc
	if p.method == Fit {
		osc *= fitCommon
	}
	a.common = osc + cal
	a.own = math.Sqrt(max(p.sigma*p.sigma-osc*osc, 0))
	a.plain = p.plain
	a.Flags = f
	if p.sigma > 0 && !f.void() && p.method != None {
		a.U = halfWidth(math.Sqrt(p.sigma*p.sigma + cal*cal))
	}
	return a
}

// halfWidth is the 95 % half-width for a standard uncertainty in kilograms, never 0.
func halfWidth(kg float64) quant.Mass { return max(1, quant.Mass(math.Ceil(2*kg*1000))) }

// jerky reports whether the speed changed by more than maxAccel since the axle before.
func (w *Weigher) jerky(p *pass) bool {
	b := w.prevAxle
	if b == nil || b.Speed == 0 {
		return false
	}
	dt := p.on - float64(b.On.UnixNano()-w.base)/1e9
	dv := math.Abs(p.v - float64(b.Speed)/1000)
	noise := 2 * (p.uv*p.v + float64(b.USpeed)/2000)
	return dt > 0 && dv > noise+maxAccel*dt
}

// keep remembers an emitted axle for the vehicle.
func (w *Weigher) keep(a Axle) {
	w.kept = append(w.kept, a)
	w.prevAxle = &w.kept[len(w.kept)-1]
}

// vehicle emits the whole vehicle from the axles that were emitted.
func (w *Weigher) vehicle(out *Out) {
	v := Vehicle{Axles: append([]Axle(nil), w.kept...), Zero: grams(w.zeroKg)}
	var common, own2 float64
	var f flags
	known := len(v.Axles) > 0 && !w.unsure
	for _, a := range v.Axles {
		v.Gross += a.Mass
		common, own2 = common+a.common, own2+a.own*a.own
		f = f.add(a.Flags...)
		known = known && a.U > 0
	}
	m := w.fitMotion(v.Axles)
	if m.ok {
		v.Speed = quant.Speed(math.Round(m.v * 1000))
		v.USpeed = quant.Speed(math.Ceil(2 * m.u * 1000))
	}
	var base quant.Length
	for i := 1; i < len(v.Axles); i++ {
		s := m.spacing(v.Axles[i-1], v.Axles[i])
		v.Spacings = append(v.Spacings, s)
		base += s
	}
	if base > w.cfg.Base {
		f = f.add(obs.VehicleTooLong)
	}
	if w.lost {
		f = f.add(obs.Truncated)
	}
	if w.unsure {
		f = f.add(obs.RollBack)
	}
	v.Flags = f
	if known && !f.void() {
		v.U = halfWidth(math.Sqrt(common*common + own2))
	}
	v.Trace = w.trace()
	out.Vehicles = append(out.Vehicles, v)
}

// Weighing gives the axle as an observation's body.
func (a Axle) Weighing() *obs.Weighing {
	return &obs.Weighing{
		Axle: a.N, Mass: a.Mass, U: a.U, TOn: a.On, TOff: a.Off, Speed: a.Speed, USpeed: a.USpeed,
		Stable: a.Stable, Mode: a.Mode, Flags: a.Flags,
	}
}

// Weighing gives the whole vehicle as an observation's body.
func (v Vehicle) Weighing() *obs.Weighing {
	b := &obs.Weighing{Axles: len(v.Axles), Mass: v.Gross, U: v.U, Mode: obs.Dynamic, Flags: v.Flags}
	if len(v.Axles) == 0 {
		return b
	}
	b.TOn, b.TOff = v.Axles[0].On, v.Axles[len(v.Axles)-1].Off
	b.Stable = true
	for _, a := range v.Axles {
		b.Stable = b.Stable && a.Stable
		if a.Mode == obs.StopGo {
			b.Mode = obs.StopGo
		}
	}
	b.Speed, b.USpeed = v.Speed, v.USpeed
	return b
}
