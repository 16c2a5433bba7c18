package ctc

import "acsgd/internal/plate"

// within gives the likeliest spelling of one shape: the best path through the shape's
// positions, each of which takes the best of its allowed symbols at every step.
func (m *Matrix) within(sets []plate.Set, at *picks) plate.Code {
	n := len(sets)
	if n == 0 || n > plate.MaxLen || m.Steps < n {
		return plate.Code{}
	}
	states := 2*n + 1
	at.reset(m.Steps, states)
	for i := range sets {
		at.sets[i] = at.of(m, sets[i])
	}
	for t := range m.Steps {
		blank := max(m.Row(t)[0], floor)
		for s := range states {
			v, from := float32(0), int8(0)
			switch {
			case t == 0:
				if s <= 1 {
					v = 1
				}
			default:
				v = at.v[(t-1)*states+s]
				if s > 0 && at.v[(t-1)*states+s-1] > v {
					v, from = at.v[(t-1)*states+s-1], 1
				}
				if s > 1 && s&1 == 1 && at.v[(t-1)*states+s-2] > v {
					v, from = at.v[(t-1)*states+s-2], 2
				}
			}
			if s&1 == 0 {
				v *= blank
			} else {
				v *= at.sets[s>>1].p[t]
			}
			at.v[t*states+s], at.from[t*states+s] = v, from
		}
		at.scale(t, states)
	}
	return at.trace(m, states)
}

// picks are the buffers of within, and for each set of symbols its best one at each step.
type picks struct {
	v    []float32
	from []int8
	sets [plate.MaxLen]*best
	seen map[plate.Set]*best
}

type best struct {
	p []float32
	s []plate.Symbol
}

func (a *picks) reset(steps, states int) {
	if n := steps * states; len(a.v) < n {
		a.v, a.from = make([]float32, n), make([]int8, n)
	}
}

// of finds the best symbol of a set at every step; sets repeat a lot.
func (a *picks) of(m *Matrix, set plate.Set) *best {
	if b := a.seen[set]; b != nil {
		return b
	}
	b := &best{make([]float32, m.Steps), make([]plate.Symbol, m.Steps)}
	list := set.Symbols()
	for t := range m.Steps {
		row := m.Row(t)
		b.p[t] = floor
		if len(list) > 0 {
			b.s[t] = list[0]
		}
		for _, s := range list {
			if row[s] > b.p[t] {
				b.p[t], b.s[t] = row[s], s
			}
		}
	}
	a.seen[set] = b
	return b
}

func (a *picks) scale(t, states int) {
	row := a.v[t*states : (t+1)*states]
	most := float32(0)
	for _, v := range row {
		most = max(most, v)
	}
	if most > 0 {
		for s := range row {
			row[s] /= most
		}
	}
}

// trace reads the best path backwards; a position takes the symbol of its surest step.
func (a *picks) trace(m *Matrix, states int) plate.Code {
	t := m.Steps - 1
	s := states - 1
	if a.v[t*states+s-1] > a.v[t*states+s] {
		s--
	}
	var text [plate.MaxLen]plate.Symbol
	var sure [plate.MaxLen]float32
	for ; t >= 0; t-- {
		if s&1 == 1 {
			i := s >> 1
			if p := a.sets[i].p[t]; p > sure[i] {
				sure[i], text[i] = p, a.sets[i].s[t]
			}
		}
		if t > 0 {
			s -= int(a.from[t*states+s])
		}
	}
	var c plate.Code
	for i := range states / 2 {
		c = c.With(text[i])
	}
	return c
}
