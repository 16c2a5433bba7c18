package matchbench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Study is all that was measured.
type Study struct {
	Config
	Results  []Result
	Bound    [][]Outcome // by rate: the curve
	Arrivals []Arrival
	Learning []Lesson
	Checked  int // reads whose candidates were compared with a full scan
}

// Run measures everything.
func Run(ctx context.Context, c Config) (*Study, error) {
	c = c.filled()
	c.tell("plates and index", 1)(0)
	w := newWorld(c)
	c.tell("plates and index", 1)(1)
	s := &Study{Config: c}
	var err error
	if s.Checked, err = check(ctx, c, w); err != nil {
		return nil, err
	}
	for rate := range Rates {
		s.Bound = append(s.Bound, bound(c, w, rate))
	}
	sample := func(n int) int { return min(n, max(c.Reads/10, 20)) }
	for _, m := range []method{
		&ours{seed: c.Seed}, &ours{seed: c.Seed, learnt: true}, &exact{}, &search{edits: 1}, &search{edits: 2}, &deletes{}, &weighted{seed: c.Seed},
		&trigram{ask: sample(1500)}, &bk{edits: 1, ask: sample(300)}, &bk{edits: 2, ask: sample(100)}, &scan{edits: 2, ask: sample(150)},
	} {
		res, err := run(ctx, c, w, m)
		if gone, ok := errors.AsType[absent](err); ok {
			res.Missing, err = "not measured: "+gone.Error(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name(), err)
		}
		switch m := m.(type) {
		case *trigram:
			res.Bytes = m.bytes
		case *ours:
			res.Build, res.Bytes, res.Curve = w.build, w.bytes, true
		case *search:
			res.Build, res.Bytes = w.build, w.bytes
		case *weighted:
			res.Build, res.Bytes, res.Curve = w.build+res.Build, w.bytes+res.Bytes, true
		}
		s.Results = append(s.Results, res)
	}
	for i := range s.Results { // what is possible at the same share of false matches
		for rate, out := range s.Results[i].Rates {
			for k := range out {
				out[k].Bound = boundAt(s.Bound[rate], out[k].False.P)
			}
		}
	}
	if s.Arrivals, err = arrivals(ctx, c); err != nil {
		return nil, err
	}
	s.Learning, err = learning(ctx, c, w)
	return s, err
}

// check compares the candidates of our search and of the BK-tree with those of a full scan.
func check(ctx context.Context, c Config, w *world) (int, error) {
	const n = 60
	full, tree := &scan{edits: 2}, &bk{edits: 2}
	tell := c.tell("candidates checked", n)
	for _, m := range []method{full, tree} {
		if err := m.build(ctx, w); err != nil {
			return 0, err
		}
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		r := w.reads[i%len(Rates)][i*7%c.Reads]
		if err := errors.Join(full.lookup(r.text), tree.lookup(r.text)); err != nil {
			return 0, err
		}
		got := w.near(nil, r.text, 2)
		for _, l := range [][]neighbour{full.list, tree.list, got} {
			slices.SortFunc(l, func(a, b neighbour) int { return a.code.Compare(b.code) })
		}
		if !slices.Equal(got, full.list) || !slices.Equal(tree.list, full.list) {
			return 0, fmt.Errorf("%s has %d plates within two edits, the index gives %d and the BK-tree %d", r.text, len(full.list), len(got), len(tree.list))
		}
		tell(i + 1)
	}
	return n, nil
}

// seconds is a duration for people.
func seconds(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1f us", float64(d)/1e3)
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f us", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
