package roc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"acsgd/fusion/radiation"
)

// modelK is the simulated portal's threshold, milli-sigma.
const modelK = 5000

// Lanes of the stages have numbers of their own, so that no stage sees another's vehicles.
const (
	cleanFrom  = 1000
	injectFrom = 500
)

// lane drives one lane and hands out its usable occupancies until take has enough.
func (c Config) lane(ctx context.Context, number int, take func(subject)) (leftOut int, err error) {
	l, err := newLane(c.Seed, number)
	if err != nil {
		return 0, err
	}
	err = l.drive(ctx, eachLane, func(o *radiation.Occupancy) {
		if !usable(o) {
			leftOut++
			return
		}
		take(subject{o, speed(o)})
	})
	return leftOut, err
}

// Model measures on the simulator's model of a portal, its lines and its traffic.
func Model(ctx context.Context, c Config) (*Study, error) {
	c = c.filled()
	learned, count, err := c.templates(ctx)
	if err != nil {
		return nil, err
	}
	clean, leftOut, err := c.clean(ctx, learned)
	if err != nil {
		return nil, err
	}
	found, err := c.found(ctx, learned)
	if err != nil {
		return nil, err
	}
	s := &Study{Background: "model", K: modelK, Allowed: allowedModel, Learned: count, Clean: len(clean), LeftOut: leftOut, Injected: len(found), Interval: "Wilson"}
	curve := rates(len(clean))
	curve = slices.DeleteFunc(curve, func(a float64) bool { return a*float64(len(clean)) < 3 })
	z := make([]int32, len(clean))
	for d, name := range detectors {
		o := s.outcome(clean, d, name)
		for i := range clean {
			z[i] = clean[i].clean[d]
		}
		l := s.limits(z, d, curve)
		detected := func(f, k int, limit int32) Estimate {
			hit := 0
			for i := range found {
				hit += above(found[i].hits[f][k][d], limit)
			}
			return wilson(hit, len(found))
		}
		for f := range sources {
			for k := range Strengths {
				o.Detected[f] = append(o.Detected[f], detected(f, k, l.main))
			}
		}
		for i, rate := range curve {
			o.Curve = append(o.Curve, CurvePoint{rate, detected(0, slices.Index(Strengths, CurveStrength), l.curve[i])})
		}
		s.Outcomes = append(s.Outcomes, o)
	}
	return s, nil
}

// templates are learned from lanes whose occupancies are judged nowhere.
func (c Config) templates(ctx context.Context) (*radiation.Templates, int, error) {
	lanes := make([][]*radiation.Occupancy, c.learn)
	progress := c.counter("model: learning", c.learn*eachLane)
	err := workers(ctx, c.learn, func(ctx context.Context, i int) error {
		_, err := c.lane(ctx, i, func(s subject) {
			o := *s.o
			o.Slices, o.Neutron, o.Analysis = slices.Clone(o.Slices), nil, nil
			lanes[i] = append(lanes[i], &o)
		})
		progress.add(eachLane)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	all := slices.Concat(lanes...)
	t, err := radiation.Learn(all, int(allowedModel*1000))
	return t, len(all), err
}

// clean judges occupancies without a source, just as many as wanted.
func (c Config) clean(ctx context.Context, t *radiation.Templates) (all []judged, leftOut int, err error) {
	n := c.Clean/(eachLane*8/10) + 1 // a tenth are too short
	lanes, left := make([][]judged, n), make([]int, n)
	progress := c.counter("model: false alarms", n*eachLane)
	err = workers(ctx, n, func(ctx context.Context, i int) (err error) {
		left[i], err = c.lane(ctx, cleanFrom+i, func(s subject) {
			lanes[i] = append(lanes[i], judged{clean: judge(s.o, t), part: i % parts})
		})
		progress.add(eachLane)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range lanes {
		if len(all) < c.Clean {
			all = append(all, lanes[i]...)
			leftOut += left[i]
		}
	}
	if len(all) < c.Clean {
		return nil, 0, fmt.Errorf("the model gave %d usable occupancies, want %d", len(all), c.Clean)
	}
	return all[:c.Clean], leftOut, nil
}

// found judges occupancies with one source of each strength and form.
func (c Config) found(ctx context.Context, t *radiation.Templates) ([]judged, error) {
	want := 100 * c.Passes
	n := want/(eachLane*8/10) + 1
	lanes := make([][]judged, n)
	progress := c.counter("model: detection", n*eachLane)
	err := workers(ctx, n, func(ctx context.Context, i int) error {
		var in injector
		_, err := c.lane(ctx, injectFrom+i, func(s subject) {
			if i*eachLane*8/10+len(lanes[i]) >= want {
				return
			}
			var j judged
			j.injectAll(s, 1, c.Seed, uint64(injectFrom+i)<<20|uint64(len(lanes[i])), &in, func(in *injector, f Source, k int, rng *rand.Rand) scores {
				return judge(in.inject(s, f, k, rng), t)
			})
			lanes[i] = append(lanes[i], j)
		})
		progress.add(eachLane)
		return err
	})
	all := slices.Concat(lanes...)
	return all[:min(want, len(all))], err
}
