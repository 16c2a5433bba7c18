package radiation

import "acsgd/internal/obs"

// neutronBackground is what is known about the neutron background, best first: the
// unrounded NB1, the milli-counts of the last end line, the NB line cut to whole counts.
type neutronBackground struct {
	Exact    int64    `json:"nb1,omitempty"` // 10^-8/s, sum of channels
	HasExact bool     `json:"has_nb1,omitempty"`
	End      int64    `json:"gx,omitempty"` // mcps
	Cut      [4]int32 `json:"nb,omitempty"`
	HasCut   bool     `json:"has_nb,omitempty"`
	Live     uint8    `json:"live,omitempty"` // channels that have ever counted

	C0    int64 `json:"c0,omitempty"` // NC
	C1    int64 `json:"c1,omitempty"`
	HasC  bool  `json:"has_nc,omitempty"`
	Upper int64 `json:"a,omitempty"` // NX
	Lower int64 `json:"b,omitempty"`
	HasX  bool  `json:"has_nx,omitempty"`
}

// take reads NB, NH, NB1, NC and NX.
func (n *neutronBackground) take(r *obs.Radiation) {
	switch r.Tag {
	case "NB", "NH":
		n.Cut, n.HasCut = r.Neutron, true
		n.counted(r.Neutron)
	case "NB1":
		n.Exact, n.HasExact = 0, true
		for _, v := range r.Values {
			n.Exact += max(v, 0)
		}
	case "NC":
		// A drift upwards or counts that speak against a source are no such test.
		if len(r.Values) == 2 && r.Values[0] < 0 && r.Values[1] > 0 && r.Values[0] > -maxCoefficient && r.Values[1] < maxCoefficient {
			n.C0, n.C1, n.HasC = r.Values[0], r.Values[1], true
		}
	case "NX":
		if len(r.Values) == 2 && r.Values[0] > 0 && r.Values[1] < 0 {
			n.Upper, n.Lower, n.HasX = r.Values[0], r.Values[1], true
		}
	}
}

// maxCoefficient keeps sums of counts times coefficients far from the end of int64.
const maxCoefficient = 1000 * scale

func (n *neutronBackground) counted(c [4]int32) {
	for p, v := range c {
		if v > 0 {
			n.Live |= 1 << p
		}
	}
}

// mcps gives the background in counts/1000 s; ok is false if nothing is known. Where only
// whole counts are known, each live channel gets the half count that cutting takes on average.
func (n *neutronBackground) mcps() (int64, bool) {
	switch {
	case n.HasExact:
		return n.Exact / (scale / 1000), true
	case n.End > 0:
		return n.End, true
	case n.HasCut:
		live := n.Live
		if live == 0 {
			live = 0b1111
		}
		v := int64(0)
		for p, c := range n.Cut {
			if live>>p&1 != 0 {
				v += int64(c)*1000 + 500
			}
		}
		return v, true
	}
	return 0, false
}

// rate is the background in 10^-8/s; 0 if nothing is known.
func (n *neutronBackground) rate() int64 {
	if n.HasExact {
		return n.Exact
	}
	m, _ := n.mcps()
	return m * (scale / 1000)
}

// start makes the sequential test of one occupancy.
func (n *neutronBackground) start(steps int) sequential {
	s := sequential{Upper: defaultUpper, Lower: defaultLower, Steps: steps}
	if n.HasX {
		s.Upper, s.Lower = n.Upper, n.Lower
	}
	if n.HasC {
		s.Drift, s.Gain, s.On = n.C0, n.C1, true
		return s
	}
	if lambda := n.rate(); lambda > 0 {
		s.Drift, s.Gain = coefficients(lambda)
		s.On = true
	}
	return s
}
