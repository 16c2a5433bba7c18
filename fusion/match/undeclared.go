package match

import (
	"acsgd/internal/obs"
	"acsgd/internal/plate"
)

// maxTogether bounds the views whose joint reading is weighed: every division of them
// between the two plates of a vehicle is tried.
const maxTogether = 6

// sharesOwn is the probability that a camera of this role shows the plate of the pulling
// vehicle where nothing is declared; else it shows that of a trailer.
func sharesOwn(role obs.PlateRole) float64 {
	if role == "" {
		return 0.5
	}
	return byRole(role, 0.97, trailerOfOne, trailerOfOne)
}

// together is the probability of all views from one undeclared vehicle, over that from as
// many random ones. Two cameras that read one text alike have most likely read what stands
// there; without this they would count as two misreadings of the declared plate nearest to
// it, and none of the plate that they show.
func (m *Matcher) together() float64 {
	n := min(len(m.views), maxTogether)
	if n < 2 {
		return 1
	}
	sum := 0.0
	for own := range 1 << n { // bit v: view v shows the plate of the pulling vehicle
		share := 1.0
		for v := range n {
			p := sharesOwn(m.views[v].Role)
			if own>>v&1 == 0 {
				p = 1 - p
			}
			share = float64(share * p)
		}
		sum += float64(float64(share*m.alike(own)) * m.alike((1<<n-1)&^own))
	}
	return sum
}

// alike is the probability that the views of set show one undeclared plate, over that of as
// many different ones. Only the plates that the views themselves read are tried: of any
// other, two of them would be misreadings.
func (m *Matcher) alike(set int) float64 {
	if set&(set-1) == 0 {
		return 1 // one view, or none
	}
	sum := 0.0
	for v := range min(len(m.views), maxTogether) {
		w := &m.views[v]
		if set>>v&1 == 0 || w.declared || m.readBefore(v, set) {
			continue
		}
		p := m.mix.Prior(w.code)
		for k := range min(len(m.views), maxTogether) {
			if set>>k&1 == 1 {
				p = float64(p * m.ratioOf(k, w.code))
			}
		}
		sum += p
	}
	return sum
}

// readBefore reports whether an earlier view of set reads the same text as view v.
func (m *Matcher) readBefore(v, set int) bool {
	for k := range v {
		if set>>k&1 == 1 && m.views[k].code == m.views[v].code {
			return true
		}
	}
	return false
}

// ratioOf is the likelihood of a view's reads from a plate, over u(r).
func (m *Matcher) ratioOf(v int, c plate.Code) float64 {
	w := &m.views[v]
	like := 0.0
	for k := w.first; k < w.end; k++ {
		like += float64(m.reads[k].p * m.reads[k].channel.Likelihood(&m.reads[k].Read, c))
	}
	return like / w.random
}
