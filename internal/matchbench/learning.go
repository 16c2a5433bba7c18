package matchbench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"acsgd/fusion/match"
	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
	"acsgd/internal/quant"
)

// Lesson is how well one camera's reads match through one channel.
type Lesson struct {
	Camera  string
	Channel string
	Low     Outcome // at accept 0.8
	Default Outcome // at 0.9
}

// oddCamera is a camera whose faults are its own: each character has two that it is taken
// for, as often.
type oddCamera struct {
	alike [plate.Symbols][2]rune
	cer   float64
	split bool // writes VV for W
}

const usualCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func newOddCamera(r *rand.Rand, cer float64) *oddCamera {
	o := &oddCamera{cer: cer}
	for s := range o.alike {
		for k := range o.alike[s] {
			o.alike[s][k] = rune(usualCharacters[r.IntN(36)])
		}
	}
	return o
}

// write reads a plate: three faults in four are the camera's own, the others those of all.
func (o *oddCamera) write(r *rand.Rand, p string) string {
	p = platetest.Corrupt(r, p, o.cer/4)
	var b strings.Builder
	for _, c := range p {
		switch {
		case r.Float64() < o.cer*3/4:
			b.WriteRune(o.alike[plate.SymbolOf(c)][r.IntN(2)])
		case o.split && c == 'W' && r.IntN(2) == 0:
			b.WriteString("VV")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// wrongly is the share of wrong confirmations that learning has to bear: of them half name a
// declared neighbour, half any vehicle.
const wrongly = 0.03

// learning measures a camera with faults of its own through the start channel, and through
// channels learnt from so many confirmed passages.
func learning(ctx context.Context, c Config, w *world) (list []Lesson, err error) {
	r := rand.New(rand.NewPCG(c.Seed, 77))
	one, two := newOddCamera(r, 0.05), newOddCamera(r, 0.05)
	split := *one
	split.split = true
	type plan struct {
		camera  string
		o       *oddCamera
		channel string
		set     *plate.Channels
	}
	lessons := func(name string, o *oddCamera, n int, wrong float64) []match.Confirmed {
		return confirm(rand.New(rand.NewPCG(c.Seed, 78)), w, name, o, n, wrong)
	}
	learn := func(from ...[]match.Confirmed) *plate.Channels {
		var all []match.Confirmed
		for _, f := range from {
			all = append(all, f...)
		}
		set, _, learnt := match.Learn(all)
		if learnt != nil {
			err = learnt
		}
		return set
	}
	pooled := func(n int) *plate.Channels { // both cameras under one name
		return learn(lessons("one", one, n, 0), lessons("one", two, n, 0))
	}
	plans := []plan{{"own confusions", one, "start", nil}}
	for _, n := range []int{25, 200, 1000, 5000} {
		plans = append(plans, plan{"own confusions", one, fmt.Sprintf("%d confirmed", n), learn(lessons("one", one, n, 0))})
	}
	plans = append(plans,
		plan{"own confusions", one, fmt.Sprintf("1000 confirmed, %g %% of them wrongly", wrongly*100), learn(lessons("one", one, 1000, wrongly))},
		plan{"own confusions", one, "1000 of it and 1000 of another camera, one channel", pooled(1000)},
		plan{"own confusions", one, "the same, a channel for each camera", learn(lessons("one", one, 1000, 0), lessons("two", two, 1000, 0))},
		plan{"and writes VV for every second W", &split, "start", nil},
		plan{"and writes VV for every second W", &split, "1000 confirmed", learn(lessons("one", &split, 1000, 0))})
	if err != nil {
		return nil, err
	}
	tell := c.tell("learning", len(plans)*c.Reads)
	var m match.Matcher
	for k, p := range plans {
		x := w.index.WithChannels(p.set)
		r := rand.New(rand.NewPCG(c.Seed, 79))
		reads := w.see(r, c.Reads, func(text string) string { return p.o.write(r, text) })
		low, usual := make([]answer, len(reads)), make([]answer, len(reads))
		for i := range reads {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			e := match.Evidence{Reads: []match.Read{{Text: reads[i].text, P: 900_000, Camera: "one"}}}
			low[i] = answerOf(m.Match(x, e, quant.Prob(800_000), match.Prior{}))
			usual[i] = answerOf(m.Match(x, e, 0, match.Prior{}))
			tell(k*c.Reads + i)
		}
		list = append(list, Lesson{p.camera, p.channel, count("accept 0.8", reads, low), count("accept 0.9", reads, usual)})
	}
	tell(len(plans) * c.Reads)
	return list, nil
}

// confirm makes passages whose plate somebody has confirmed.
func confirm(r *rand.Rand, w *world, name string, o *oddCamera, n int, wrong float64) (list []match.Confirmed) {
	for range n {
		p := w.declared[r.IntN(len(w.declared))]
		c := match.Confirmed{Camera: name, True: p, Read: o.write(r, p)}
		if r.Float64() < wrong {
			c.True = w.declared[r.IntN(len(w.declared))]
			if near := w.near(nil, p, 2); r.IntN(2) == 0 && len(near) > 1 {
				c.True = near[1+r.IntN(len(near)-1)].code.String()
			}
		}
		list = append(list, c)
	}
	return list
}
