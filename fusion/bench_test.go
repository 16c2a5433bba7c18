package fusion_test

import (
	"slices"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/decl"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
)

// bench is a core whose inputs are made ready before they are timed.
type bench struct {
	core *fusion.Core
	in   fusion.Input
	seq  map[string]uint64
	outs []fusion.Output
}

func newBench(tb testing.TB, ds ...*decl.Declaration) *bench {
	tb.Helper()
	book, err := rulepack.Load(true)
	if err != nil {
		tb.Fatal(err)
	}
	x := &bench{core: new(fusion.Core), seq: map[string]uint64{}}
	x.in.Now = t0
	x.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p1", Value: params()})
	x.step(fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book})
	x.step(fusion.Declared{Version: 7, Index: decl.NewIndex(7, ds)})
	for _, s := range []string{"loop_entry", "loop_exit", "barrier_up", "light_green"} {
		x.see("io", t0, &obs.Presence{Signal: s})
	}
	for _, s := range []string{"barrier_down", "light_red"} {
		x.see("io", t0, &obs.Presence{Signal: s, On: true})
	}
	return x
}

func (x *bench) step(b fusion.InputBody) {
	x.in.Seq++
	x.in.Body = b
	x.outs = x.core.Step(x.outs[:0], x.in)
}

func (x *bench) see(dev string, at time.Time, b obs.Body) {
	if at.After(x.in.Now) {
		x.in.Now = at
	}
	x.seq[dev]++
	x.step(fusion.Seen{Observation: obs.Observation{Source: dev, Lane: "1", Seq: x.seq[dev], Stamp: obs.Stamp{At: at, Arrived: x.in.Now}, Body: b}})
}

// upTo lets a lorry pass until the first of its sights that stop holds for.
func (x *bench) upTo(l lorry, stop func(sight) bool) {
	for _, s := range l.sights() {
		if stop(s) {
			return
		}
		x.see(s.dev, s.at, s.b)
	}
}

// again is one kind of observation, over and over, on a passage that exists. The inputs are
// boxed beforehand: an input is allocated by who reads it from the wire, not by the core.
type again struct {
	*bench
	bodies []fusion.InputBody
	k      int
}

func repeat(x *bench, dev string, bodies ...obs.Body) *again {
	a := &again{bench: x}
	for i := range 4096 { // numbers of a source may be 0: then duplicates are not looked for
		at := x.in.Now.Add(time.Duration(i) * 100 * time.Microsecond)
		a.bodies = append(a.bodies, fusion.Seen{Observation: obs.Observation{Source: dev, Lane: "1", Stamp: obs.Stamp{At: at, Arrived: at}, Body: bodies[i%len(bodies)]}})
	}
	return a
}

func (a *again) next() {
	a.k = (a.k + 1) % len(a.bodies)
	a.in.Seq++
	a.in.Body = a.bodies[a.k]
	a.outs = a.core.Step(a.outs[:0], a.in)
}

// furtherAxles are those after the first of a lorry on the scale.
func furtherAxles(x *bench) *again {
	l := legal("123ABC02", t0)
	x.upTo(l, func(s sight) bool { w, ok := s.b.(*obs.Weighing); return ok && w.Axle == 0 })
	var ws []obs.Body
	for _, s := range l.sights() {
		if w, ok := s.b.(*obs.Weighing); ok && w.Axle >= 2 {
			ws = append(ws, w)
		}
	}
	return repeat(x, "wim", ws...)
}

// cases are the observations that come many times in a passage.
var cases = []struct {
	name   string
	allocs float64 // ceiling a step
	make   func(testing.TB) *again
}{
	{"presence", 0, func(tb testing.TB) *again {
		x := newBench(tb)
		x.upTo(legal("123ABC02", t0), func(s sight) bool { return s.dev == "wim" })
		return repeat(x, "io", &obs.Presence{Signal: "light_red", On: true}, &obs.Presence{Signal: "light_red"})
	}},
	{"slice", 0, func(tb testing.TB) *again {
		x := newBench(tb)
		x.upTo(legal("123ABC02", t0), func(s sight) bool { r, ok := s.b.(*obs.Radiation); return ok && r.Tag == "GX" })
		return repeat(x, "rpm", &obs.Radiation{Tag: "GS", Gamma: [4]int32{64, 66, 61, 64}, Interval: 200, Occupied: true})
	}},
	{"slice_alarm", 0, func(tb testing.TB) *again {
		x := newBench(tb)
		l := legal("123ABC02", t0)
		l.alarm = true
		x.upTo(l, func(s sight) bool { r, ok := s.b.(*obs.Radiation); return ok && r.Tag == "GX" })
		if a := x.core.Lane().Alarms; len(a) != 1 || a[0].Priority != 1 {
			tb.Fatalf("alarms %+v, want the portal's", a)
		}
		return repeat(x, "rpm", &obs.Radiation{Tag: "GS", Gamma: [4]int32{64, 66, 61, 64}, Interval: 200, Occupied: true})
	}},
	{"axle", 0, func(tb testing.TB) *again { return furtherAxles(newBench(tb)) }},
	{"axle_certified", 0, func(tb testing.TB) *again {
		x := newBench(tb)
		p := params()
		p.Mode = "enforcement"
		p.Devices[2].Certificate = &metrology.Certificate{Number: "1", Issued: "2026-01-01", Expires: "2027-01-01", Ranges: []metrology.Range{{From: 278, To: 2778}}}
		x.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p2", Value: p})
		return furtherAxles(x)
	}},
	{"axle_without_certificate", 0, func(tb testing.TB) *again {
		x := newBench(tb)
		p := params()
		p.Mode = "enforcement"
		x.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p2", Value: p})
		return furtherAxles(x)
	}},
}

// BenchmarkStep is one input of the kinds that come many times in a passage: budget 2 us
// and no allocation.
func BenchmarkStep(b *testing.B) {
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			a := c.make(b)
			b.ReportAllocs()
			for b.Loop() {
				a.next()
			}
			if len(a.core.Passages(nil)) != 1 {
				b.Fatalf("there are %d passages, want one", len(a.core.Passages(nil)))
			}
		})
	}
}

func TestStepOnAnExistingPassageStaysWithinItsAllocations(t *testing.T) {
	for _, c := range cases {
		a := c.make(t)
		for range 5000 { // slices grow to their bound
			a.next()
		}
		if got := testing.AllocsPerRun(1000, a.next); got > c.allocs {
			t.Errorf("%s: %v allocations a step, want at most %v", c.name, got, c.allocs)
		}
	}
}

// arrivals makes n declarations with plates unlike each other.
func arrivals(n int) []*decl.Declaration {
	ds := make([]*decl.Declaration, 0, n)
	for i := range n {
		plate := []byte("000AAA00")
		for k, v := 0, i; k < 3; k, v = k+1, v/10 {
			plate[2-k] += byte(v % 10)
		}
		for k, v := 0, i*7; k < 3; k, v = k+1, v/26 {
			plate[5-k] += byte(v % 26)
		}
		copy(plate[6:], []string{"02", "05", "01", "19"}[i/1000%4])
		ds = append(ds, declaration(string(plate)+"-D", string(plate), "", 37_400, "8708999709"))
	}
	return ds
}

// BenchmarkPassage times whole passages of about 90 inputs, and apart from the others the
// steps that open, match, judge and close.
func BenchmarkPassage(b *testing.B) {
	expected := arrivals(4000)
	x := newBench(b, expected...)
	type part struct {
		d time.Duration
		n int
	}
	parts := map[string]*part{}
	inputs, passages := 0, 0
	at := t0
	for b.Loop() {
		at = at.Add(5 * time.Minute)
		l := legal(expected[passages%len(expected)].Units[0].Plate, at)
		ss := l.sights()
		end := ss[len(ss)-1].at
		for _, s := range []obs.Presence{{Signal: "loop_exit", On: true}, {Signal: "barrier_down"}, {Signal: "barrier_up", On: true}, {Signal: "loop_exit"}, {Signal: "barrier_up"}, {Signal: "barrier_down", On: true}} {
			end = end.Add(time.Second)
			ss = append(ss, sight{"io", end, &s})
		}
		for i, s := range ss {
			name := string(s.b.Kind())
			switch b := s.b.(type) {
			case *obs.Weighing:
				if b.Axle == 0 {
					name = "weighed"
				}
			case *obs.Radiation:
				if b.Tag == "GX" {
					name = "portal_end"
				}
			case *obs.Presence:
				name = "presence/" + b.Signal
			}
			if i == len(ss)-3 {
				name = "closing"
			}
			p := parts[name]
			if p == nil {
				p = new(part)
				parts[name] = p
			}
			start := time.Now()
			x.see(s.dev, s.at, s.b)
			p.d += time.Since(start)
			p.n++
			inputs++
		}
		passages++
	}
	if n := len(x.core.Passages(nil)); n != 1 {
		b.Fatalf("%d passages are in the lane at the end, want the last closed one alone", n)
	}
	var all, others time.Duration // of the steps: the inputs between them are made by others than the core
	n := 0
	for name, p := range parts {
		all += p.d
		switch name {
		case "plate", "weighed", "closing": // these match or close, which is reported apart
		default:
			others += p.d
			n += p.n
		}
	}
	b.ReportMetric(float64(inputs)/all.Seconds(), "all-inputs/s")
	b.ReportMetric(float64(n)/others.Seconds(), "inputs/s")
	var names []string
	for n := range parts {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		switch n {
		case "plate", "weighed", "profile", "portal_end", "closing", "weighing", "radiation", "presence/loop_entry":
			b.ReportMetric(float64(parts[n].d.Nanoseconds())/float64(parts[n].n), "ns/"+n)
		}
	}
}
