package weigh

import (
	"math"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// static weighs whole vehicles at rest: one Weighing an occupation of the platform. If the
// load then changes by more than five divisions and rests again, the vehicle had not stood
// on the platform whole: a further Weighing follows and is the one that counts.
type static struct {
	set    Settings
	steady wim.Steady
	on     bool
	since  time.Time // start of the present rest
	start  time.Time // of the occupation
	level  quant.Mass
	given  bool // a weighing of this occupation has been emitted
	told   bool // and its axles
	mass   quant.Mass
	peak   quant.Mass
	flags  []obs.Flag // faults seen during the occupation
	last   time.Time
	quiet  bool       // another tells of vehicles that did not rest
	o      occupation // less than a second of the empty platform before it
}

// add takes a sample.
func (s *static) add(x wim.Sample, out *devices.Out) {
	s.last = x.At
	if !x.Valid() {
		s.since = time.Time{}
		s.steady.Reset()
		if x.Overload && !s.on {
			s.occupy(x.At)
		}
		if s.on {
			for _, f := range x.Flags(nil) {
				s.flag(f)
			}
		}
		return
	}
	s.o.add(x.At, x.Raw)
	if !s.on {
		s.o.keep(1)
	}
	s.steady.Division = s.set.Division
	rest := s.steady.Add(x.At, x.Raw)
	if !s.on {
		if x.Raw >= s.set.OnLoad {
			s.occupy(x.At)
		}
		return
	}
	if x.Raw < s.set.OffLoad {
		s.end(x.At, out)
		return
	}
	s.peak = max(s.peak, x.Raw)
	s.rest(x, rest, out)
}

func (s *static) occupy(at time.Time) {
	*s = static{set: s.set, steady: s.steady, last: s.last, on: true, start: at, quiet: s.quiet, o: s.o}
}

func (s *static) flag(f obs.Flag) {
	for _, g := range s.flags {
		if g == f {
			return
		}
	}
	s.flags = append(s.flags, f)
}

// rest emits the load once it has rested long enough. The indicator's own word and ours
// must agree: some indicators call a slowly rolling vehicle stable.
func (s *static) rest(x wim.Sample, rest bool, out *devices.Out) {
	far := x.Raw - s.level
	if !rest || !x.Stable || max(far, -far) > 2*s.set.Division || s.since.IsZero() {
		s.since, s.level = time.Time{}, x.Raw
		if rest && x.Stable {
			s.since = x.At
		}
		return
	}
	if x.At.Sub(s.since) < s.set.StableFor {
		return
	}
	if d := x.Raw - s.mass; s.given && max(d, -d) <= 5*s.set.Division {
		return
	}
	first := !s.given
	s.given, s.mass = true, x.Raw
	axles := 0
	if first {
		axles = s.axles(out)
		s.told = axles > 0
	}
	b := &obs.Weighing{Axles: axles, Mass: x.Raw, TOn: s.start, TOff: x.At, Stable: true, Mode: obs.Static}
	if s.set.Capacity > 0 && x.Raw > s.set.Capacity {
		b.Flags = append(b.Flags, obs.Overload)
	} else if s.told && !first { // it had not stood whole: the axles that were told are too few
		b.Flags = append(b.Flags, obs.Truncated)
	} else {
		b.U = s.uncertainty(x.Raw)
	}
	out.Emit(x.At, nil, b)
}

// axles tells the axles that have rolled on, and how many: each is a step of the load. It is
// 0 and nothing is told where they cannot be told apart, or one may have stopped with its
// tyre on the edge, for the steps came at too different a pace.
func (s *static) axles(out *devices.Out) int {
	list, ok := s.o.steps(float64(s.set.OnLoad) / 1000)
	if !ok || len(list) < 2 {
		return 0
	}
	sum, least, most := 0.0, math.Inf(1), 0.0
	for i, x := range list {
		if x.load() <= 0 {
			return 0
		}
		sum += x.load()
		if i > 0 {
			least, most = min(least, x.t-list[i-1].t), max(most, x.t-list[i-1].t)
		}
	}
	if most > evenPace*least || math.Abs(sum-float64(s.mass)/1000) > 0.05*sum {
		return 0
	}
	for i, x := range list {
		at := s.o.at(x.t)
		d := float64(s.set.Division)
		out.Emit(at, nil, &obs.Weighing{Axle: i + 1, Mass: quant.Mass(math.Round(x.load()*1000/d)) * s.set.Division,
			TOn: at, Mode: obs.Static, Flags: []obs.Flag{obs.GroupLoad}, Group: 1})
	}
	return len(list)
}

// evenPace is how much longer the longest way between two axles takes than the shortest: 12 m
// against 1 m.
const evenPace = 12

// uncertainty is the 95 % half-width at rest: span and half a division.
func (s *static) uncertainty(m quant.Mass) quant.Mass {
	span := float64(m) * float64(s.set.SpanU) / 1e6
	d := float64(s.set.Division)
	return max(1, quant.Mass(math.Ceil(2*math.Sqrt(span*span+d*d/12))))
}

// end closes the occupation. A vehicle that never rested is not lost: it is reported with
// the highest load seen, unknown uncertainty and the reason.
func (s *static) end(at time.Time, out *devices.Out) {
	if s.on && !s.given && !s.quiet {
		s.flag(obs.InMotion)
		out.Emit(at, nil, &obs.Weighing{Mass: s.peak, TOn: s.start, TOff: at, Mode: obs.Static, Flags: s.flags})
	}
	s.o.reset()
	*s = static{set: s.set, steady: s.steady, last: at, quiet: s.quiet, o: s.o}
}
