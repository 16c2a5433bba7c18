package roc

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"acsgd/devices"
	"acsgd/devices/rpm/tsa"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
)

// least is the shortest occupancy that is judged, slices.
const least = 20

// speed is a vehicle's, m/s, by the portal's beams.
func speed(o *radiation.Occupancy) float64 {
	if o.Beams > 0 {
		return float64(o.Beams) / 1000
	}
	return usual
}

// usable says whether an occupancy is one that detectors are compared on.
func usable(o *radiation.Occupancy) bool {
	return o.Fault == "" && !o.Truncated && o.HasBG && !o.Guarded && o.Thinned == 0 && len(o.Slices) >= least
}

// recorded reads a portal's daily file and gives its occupancies without alarm, at least so
// many.
func recorded(text []byte, atLeast int) (clean []subject, leftOut int, err error) {
	session, err := tsa.NewSession(devices.Section{}, devices.Env{Stream: true})
	if err != nil {
		return nil, 0, fmt.Errorf("driver of the recording: %w", err)
	}
	e := radiation.New(radiation.Config{})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // the file has the hours, and no day
	err = devices.Decode(session, bytes.NewReader(text), func() time.Time { return now }, 64<<10, func(ob obs.Observation) {
		r, ok := ob.Body.(*obs.Radiation)
		if !ok {
			return
		}
		o := e.Feed(ob.Stamp.At, r)
		if o == nil {
			return
		}
		if !usable(o) || o.VendorAlarm || o.GammaAlarm || o.NeutronAlarm {
			leftOut++
			return
		}
		clean = append(clean, subject{o, speed(o)})
	}, func(*obs.DecodeError) {})
	if err == nil && len(clean) < atLeast {
		err = fmt.Errorf("a recording with %d usable occupancies, want %d", len(clean), atLeast)
	}
	return clean, leftOut, err
}

// Real measures on the recorded day of a real portal, the text of its daily file.
func Real(ctx context.Context, c Config, text []byte) (*Study, error) {
	c = c.filled()
	clean, leftOut, err := recorded(text, 10*parts)
	if err != nil {
		return nil, err
	}
	// Five parts: what is judged was neither learned from nor did it set the tests' own
	// thresholds.
	all := make([]judged, len(clean))
	for i, at := range rand.New(rand.NewPCG(c.Seed, 0x666f6c64)).Perm(len(clean)) {
		all[at].part = i % parts
	}
	var learned [parts]*radiation.Templates
	for part := range learned {
		var train []*radiation.Occupancy
		for i, s := range clean {
			if all[i].part != part {
				train = append(train, s.o)
			}
		}
		if learned[part], err = radiation.Learn(train, int(allowedReal*1000)); err != nil {
			return nil, err
		}
	}
	progress := c.counter("real day", len(clean))
	err = workers(ctx, len(clean), func(ctx context.Context, i int) error {
		t := learned[all[i].part]
		all[i].clean = judge(clean[i].o, t)
		var in injector
		all[i].injectAll(clean[i], c.Passes, c.Seed, uint64(i), &in, func(in *injector, f Source, k int, rng *rand.Rand) scores {
			return judge(in.inject(clean[i], f, k, rng), t)
		})
		progress.add(1)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	s := &Study{Background: "real day", K: clean[0].o.Threshold, Allowed: allowedReal, Learned: len(clean) * (parts - 1) / parts, Clean: len(clean),
		LeftOut: leftOut, Injected: len(clean) * c.Passes, Interval: "bootstrap by occupancy"}
	s.resample(all, c.replicates, rand.New(rand.NewPCG(c.Seed, 0x626f6f74)))
	return s, nil
}

// Track measures on a recorded test track: few passes of one vehicle without a source, of a
// portal with energy windows. They are too few for templates and for a rate of false alarms:
// no threshold lets any of them alarm.
func Track(ctx context.Context, c Config, text []byte) (*Study, error) {
	c = c.filled()
	clean, leftOut, err := recorded(text, parts)
	if err != nil {
		return nil, err
	}
	all := make([]judged, len(clean))
	progress := c.counter("test track", len(clean))
	err = workers(ctx, len(clean), func(ctx context.Context, i int) error {
		all[i].clean, all[i].part = judge(clean[i].o, nil), i%parts
		var in injector
		all[i].injectAll(clean[i], c.Passes, c.Seed, 1<<40|uint64(i), &in, func(in *injector, f Source, k int, rng *rand.Rand) scores {
			return judge(in.inject(clean[i], f, k, rng), nil)
		})
		progress.add(1)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	s := &Study{Background: "test track", K: clean[0].o.Threshold, Clean: len(clean), LeftOut: leftOut, Injected: len(clean) * c.Passes, Interval: "bootstrap by occupancy"}
	s.resample(all, c.replicates, rand.New(rand.NewPCG(c.Seed, 0x747261636b)))
	return s, nil
}

// resample fills the outcomes, with intervals by bootstrap over occupancies: a draw sets
// its own thresholds, so their uncertainty is in the intervals. Templates stay.
func (s *Study) resample(all []judged, replicates int, rng *rand.Rand) {
	curve := rates(len(all))
	at := slices.Index(Strengths, CurveStrength)
	perDetector := len(sources)*len(Strengths) + len(curve)
	count := perDetector*len(detectors) + len(Strengths)
	clean := make([]int32, len(all))
	measure := func(draw []int, out []float64) {
		for d := range detectors {
			for i, o := range draw {
				clean[i] = all[o].clean[d]
			}
			l := s.limits(clean, d, curve)
			fig := out[d*perDetector : (d+1)*perDetector]
			for i := range fig {
				form, k, limit := i/len(Strengths), i%len(Strengths), l.main
				if c := i - len(sources)*len(Strengths); c >= 0 {
					form, k, limit = 0, at, l.curve[c]
				}
				hit, n := 0, 0
				for _, o := range draw {
					z := all[o].hits[form][k][d]
					hit, n = hit+above(z, limit), n+len(z)
				}
				fig[i] = float64(hit) / float64(n)
			}
		}
		for k := range Strengths {
			out[len(detectors)*perDetector+k] = out[engine*perDetector+k] / max(out[tuned*perDetector+k], 1e-4)
		}
	}
	whole, p := make([]int, len(all)), make([]float64, count)
	for i := range whole {
		whole[i] = i
	}
	measure(whole, p)
	lo, hi := bootstrap(len(all), count, replicates, rng, measure)
	estimate := func(i int) Estimate { return Estimate{p[i], lo[i], hi[i]} }
	for d, name := range detectors {
		o := s.outcome(all, d, name)
		for f := range sources {
			for k := range Strengths {
				o.Detected[f] = append(o.Detected[f], estimate(d*perDetector+f*len(Strengths)+k))
			}
		}
		for c, rate := range curve {
			o.Curve = append(o.Curve, CurvePoint{rate, estimate(d*perDetector + len(sources)*len(Strengths) + c)})
		}
		s.Outcomes = append(s.Outcomes, o)
	}
	for k := range Strengths {
		s.Ratio = append(s.Ratio, estimate(len(detectors)*perDetector+k))
	}
}

// outcome counts a detector's false alarms.
func (s *Study) outcome(all []judged, d int, name Detector) Outcome {
	clean := make([]int32, len(all))
	for i := range all {
		clean[i] = all[i].clean[d]
	}
	o := Outcome{Detector: name, Made: slices.Max(clean) > math.MinInt32, Threshold: s.limits(clean, d, nil).main}
	_, o.Fixed = fixed(d, s.K)
	o.False = above(clean, o.Threshold)
	o.Crossed = s.crossed(all, d)
	return o
}
