package ctc

import (
	"cmp"
	"slices"

	"acsgd/internal/plate"
)

// beam is a prefix beam search: the likeliest beginnings after each step, each with the
// probability of ending in a blank and of ending in its last character.
type beam struct {
	width int
	now   []prefix
	next  []prefix
	index map[plate.Code]int
	top   []plate.Symbol
}

type prefix struct {
	code         plate.Code
	blank, inked float64
}

func (p *prefix) sum() float64 { return p.blank + p.inked }

const (
	beamWidth = 24
	leastStep = 2e-4 // characters below it open no new beginning
	mostStep  = 8
)

func newBeam(n int) *beam {
	return &beam{width: max(n, beamWidth), now: []prefix{{blank: 1}}, index: map[plate.Code]int{}}
}

func (b *beam) at(c plate.Code) *prefix {
	i, ok := b.index[c]
	if !ok {
		i = len(b.next)
		b.index[c] = i
		b.next = append(b.next, prefix{code: c})
	}
	return &b.next[i]
}

func (b *beam) step(row []float32) {
	b.top = b.top[:0]
	for s := plate.Symbol(1); s < plate.Symbols; s++ {
		if row[s] >= leastStep {
			b.top = append(b.top, s)
		}
	}
	if len(b.top) > mostStep {
		slices.SortFunc(b.top, func(x, y plate.Symbol) int { return cmp.Or(cmp.Compare(row[y], row[x]), cmp.Compare(x, y)) })
		b.top = b.top[:mostStep]
	}
	b.next = b.next[:0]
	clear(b.index)
	blank := max(float64(row[0]), floor)
	for i := range b.now {
		p := &b.now[i]
		q := b.at(p.code)
		q.blank += float64(p.sum() * blank)
		n := p.code.Len()
		last := plate.Symbol(0)
		if n > 0 {
			last = p.code.At(n - 1)
			q.inked += float64(p.inked * max(float64(row[last]), floor))
		}
		if n == plate.MaxLen {
			continue
		}
		for _, s := range b.top {
			v := p.sum()
			if s == last {
				v = p.blank
			}
			b.at(p.code.With(s)).inked += float64(v * float64(row[s]))
		}
	}
	b.next, b.now = b.now, b.next
	slices.SortFunc(b.now, func(x, y prefix) int {
		if c := cmp.Compare(y.sum(), x.sum()); c != 0 {
			return c
		}
		return x.code.Compare(y.code)
	})
	b.now = b.now[:min(len(b.now), b.width)]
	if most := b.now[0].sum(); most > 0 { // scaled: only the order matters
		for i := range b.now {
			b.now[i].blank /= most
			b.now[i].inked /= most
		}
	}
}

func (b *beam) best(n int) []plate.Code {
	out := make([]plate.Code, 0, n)
	for _, p := range b.now[:min(n, len(b.now))] {
		out = append(out, p.code)
	}
	return out
}
