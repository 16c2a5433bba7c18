package radiation

import "acsgd/internal/quant"

// speeds are the credible speeds by the portal's beams in one occupancy.
type speeds struct {
	V [8]quant.Speed `json:"v"`
	N int            `json:"n"`
}

// add keeps a speed in ascending order; a portal sends six at most.
func (s *speeds) add(v quant.Speed) {
	if s.N == len(s.V) {
		return
	}
	i := s.N
	for ; i > 0 && s.V[i-1] > v; i-- {
		s.V[i] = s.V[i-1]
	}
	s.V[i] = v
	s.N++
}

// median gives the middle one, and how far the others within a third of it lie from it: what
// is further off came from a wheel, a drawbar or a gap.
func (s *speeds) median() (v, spread quant.Speed) {
	if s.N == 0 {
		return 0, 0
	}
	v = s.V[s.N/2]
	if s.N%2 == 0 {
		v = (s.V[s.N/2-1] + s.V[s.N/2]) / 2
	}
	for _, x := range s.V[:s.N] {
		if d := max(x-v, v-x); d <= v/3 {
			spread = max(spread, d)
		}
	}
	return v, spread
}
