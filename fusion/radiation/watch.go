package radiation

import (
	"math"
	"time"
)

// watch judges the panels and their electronics by the statistics of the background lines,
// and keeps how fast the background drifts.
//
// A background line is the mean of T = 20 s, given every D = 5 s, so the difference of two
// successive lines is that of the newest and the oldest 5 s in it, divided by T: of Poisson
// counts at a rate b it has the variance 2*b*D/T^2 (at 1650/s a standard deviation of 6.4,
// on a real day 6.5 where nothing moves). The ratio of the variance seen to that one is the
// Fano factor of 5 s blocks. Vehicles that pass outside the beams shadow both panels of a
// pillar alike and make the sum of a real day 2.4 times as noisy as Poisson; the difference
// x = d1/b1 - d2/b2 between the panels of one pillar does not see them (1.04 on that day):
//
//	F = mean(x^2) / (2*D/T^2 * (1/b1+1/b2) + rounding)
//
// d(n) and d(n+4) share a block, so their squares have a correlation of 1/4 and F has a
// standard deviation of sqrt(3/n) after n differences, like chi-square over 2n/3 degrees of
// freedom: 0.16 after the 120 of ten minutes. A good portal would leave 0.8 to 1.3 in one
// ten minutes of eight. So ten minutes alone are a fault only outside 0.42 to 1.94, which a
// good portal leaves with 1e-6 to either side, and the limits 0.8 and 1.3 are held against
// the last two hours of vacancy, where they are 4.7 and 6.0 standard deviations away
// (1.4e-6 and 1e-9). Two pillars of a lane that is always vacant make 1e5 such decisions in a
// year: a false fault in three years, and later in a lane with traffic.
type watch struct {
	Last   time.Time  `json:"last,omitzero"` // the newest background line
	Vacant int        `json:"vacant"`        // lines since the last occupancy or gap
	G      [4]int32   `json:"g"`             // of it
	Live   uint8      `json:"live"`          // panels that have ever counted
	Same   [4]int     `json:"same"`          // successive lines with the same rate of a panel
	Spread [2]fano    `json:"spread"`        // of the pillars
	Share  [4]float64 `json:"share"`         // of the panels, as learned
	Shares int        `json:"shares"`        // lines that were learned from
	Off    [4]offside `json:"off"`
	Drift  drift      `json:"drift"`
	Bad    string     `json:"bad,omitempty"` // the fault that stands
}

// fano is the running estimate of one pillar's Fano factor. What waits is only counted
// once another line has shown that no vehicle was on its way to the beams.
type fano struct {
	Wait   float64             `json:"wait"`
	Waits  bool                `json:"waits,omitempty"`
	Sum    float64             `json:"sum"` // of the block that is being filled
	N      int                 `json:"n"`
	Blocks [fanoBlocks]float64 `json:"blocks"` // means of full ones, a ring
	Next   int                 `json:"next"`
	Full   int                 `json:"full"` // how many of Blocks are there
	Bad    bool                `json:"bad,omitempty"`
}

const (
	fanoBlock  = 120 // differences: ten minutes of vacancy
	fanoBlocks = 12  // two hours of them
	// Of one block: chi-square over 80 degrees of freedom at 1e-6 and 1 - 1e-6.
	blockLeast, blockMost = 0.42, 1.94
	// Of two hours.
	fanoLeast, fanoMost = 0.8, 1.3

	// defaultAverage is the time of the portal's running mean (SG3) in seconds, lineEvery
	// how often it is given.
	defaultAverage = 20
	lineEvery      = 5
	// apart is the longest time between two lines that follow each other.
	apart = 8 * time.Second

	// A counter that does not count gives the same rate again and again: so many lines
	// alike, where even a panel of 50/s gives 24 with a chance of 1e-11.
	stuckLines = 24

	// A panel is off if its share of the sum is away from what was learned by more than five
	// standard deviations, and by three against each other panel, the same way, while those
	// agree: a shadow from outside takes from two panels at least, and not alike. It is a fault after a minute, and none any more
	// after a minute within.
	offSigma, offOthers = 5, 3
	offAfter            = time.Minute
	shareLeast          = 120 // lines before the shares are known: ten minutes
	shareMost           = 720 // lines that they forget in: an hour
)

// offside follows one panel's share.
type offside struct {
	Out   bool      `json:"out,omitempty"` // at the newest line
	Since time.Time `json:"since,omitzero"`
	Bad   bool      `json:"bad,omitempty"`
}

// restart forgets the shares and the noise: the portal was serviced or set up anew.
func (w *watch) restart() {
	drift := w.Drift
	*w = watch{Live: w.Live, Drift: drift}
}

// occupied tells that a vehicle has come: what waits is not counted.
func (w *watch) occupied() {
	w.Vacant = 0
	for i := range w.Spread {
		w.Spread[i].Waits = false
	}
}

// take judges one background line; average is the seconds it is a mean of. online are the
// panels that the setup block names, 0 if it has named none.
func (w *watch) take(at time.Time, g [4]int32, average int, online uint8) {
	if dt := at.Sub(w.Last); w.Last.IsZero() || dt <= 0 || dt > apart {
		w.occupied()
		w.Same = [4]int{}
	}
	for p, v := range g {
		if v > 0 {
			w.Live |= 1 << p
		}
		if w.Same[p]++; v != w.G[p] {
			w.Same[p] = 0
		}
	}
	if w.Vacant > average/lineEvery+1 { // both hold nothing of the last occupancy any more
		w.differ(g, average)
	}
	w.share(at, g, average)
	w.Vacant++
	w.Last, w.G = at, g
	w.Drift.take(at, sum(g))
	w.Bad = w.fault(online)
}

// pairs are the panels whose difference tells noise from shadows: those of a pillar. Where
// each pillar has one panel they are told apart from each other, which sees some of the
// shadows. A portal with one panel is not judged: how it averages is not known.
func (w *watch) pairs() (p [2][2]int, n int) {
	for _, c := range [...][2]int{{0, 1}, {2, 3}} {
		if w.Live>>c[0]&1 != 0 && w.Live>>c[1]&1 != 0 {
			p[n], n = c, n+1
		}
	}
	if n == 0 {
		for _, c := range [...][2]int{{0, 2}, {0, 3}, {1, 2}, {1, 3}} {
			if w.Live>>c[0]&1 != 0 && w.Live>>c[1]&1 != 0 {
				return [2][2]int{c}, 1
			}
		}
	}
	return p, n
}

// differ takes the difference of two successive lines.
func (w *watch) differ(g [4]int32, average int) {
	t := float64(max(average, lineEvery))
	pairs, n := w.pairs()
	for i := range n {
		a, b := pairs[i][0], pairs[i][1]
		if g[a] <= 0 || g[b] <= 0 {
			continue
		}
		ga, gb := float64(g[a]), float64(g[b])
		x := float64(g[a]-w.G[a])/ga - float64(g[b]-w.G[b])/gb
		// Each rate was cut to an integer, which adds 1/12 twice to each difference.
		v := float64(2*lineEvery/float64(t*t)*(1/ga+1/gb)) + (1/float64(ga*ga)+1/float64(gb*gb))/6
		w.Spread[i].add(float64(x*x) / v)
	}
}

// add counts what has waited and lets f wait.
func (s *fano) add(f float64) {
	ready := s.Waits
	counted := s.Wait
	s.Wait, s.Waits = f, true
	if !ready {
		return
	}
	s.Sum += counted
	if s.N++; s.N < fanoBlock {
		return
	}
	mean := s.Sum / fanoBlock
	s.Sum, s.N = 0, 0
	s.Blocks[s.Next] = mean
	s.Next = (s.Next + 1) % fanoBlocks
	s.Full = min(s.Full+1, fanoBlocks)
	s.Bad = mean < blockLeast || mean > blockMost
	if s.Full == fanoBlocks {
		var all float64
		for _, b := range s.Blocks {
			all += b
		}
		all /= fanoBlocks
		s.Bad = s.Bad || all < fanoLeast || all > fanoMost
	}
}

// share compares each panel's share of the sum with the one that was learned. The share of
// a panel that is off is not learned any more.
func (w *watch) share(at time.Time, g [4]int32, average int) {
	total := float64(sum(g))
	if total <= 0 || w.Vacant < 1 { // the first line after an occupancy may hold some of it
		return
	}
	t := float64(max(average, 1))
	learn := 1 / float64(min(w.Shares+1, shareMost))
	for p := range g {
		now := float64(g[p]) / total
		z := 0.0
		if r := w.Share[p]; w.Shares >= shareLeast && r > 0 && r < 1 {
			z = (now - r) / math.Sqrt(float64(r*(1-r))/float64(t*total))
		}
		out := math.Abs(z) > offSigma && w.alone(p, g, z > 0, t)
		o := &w.Off[p]
		if out != o.Out || o.Since.IsZero() {
			o.Out, o.Since = out, at
		}
		if o.Bad != out && at.Sub(o.Since) > offAfter {
			o.Bad = out
		}
		if !out && !o.Bad {
			w.Share[p] += float64(learn * (now - w.Share[p]))
		}
	}
	w.Shares = min(w.Shares+1, shareMost)
}

// alone reports whether panel p is off against each other live panel, up or down, and these
// agree with each other.
func (w *watch) alone(p int, g [4]int32, up bool, t float64) bool {
	others := 0
	for q := range g {
		if q == p || !w.known(q) {
			continue
		}
		if z := w.against(p, q, g, t); !up && z >= -offOthers || up && z <= offOthers {
			return false
		}
		for r := range q {
			if r != p && w.known(r) && math.Abs(w.against(q, r, g, t)) > offSigma {
				return false
			}
		}
		others++
	}
	return others > 0
}

// known reports a live panel whose share was learned.
func (w *watch) known(p int) bool { return w.Live>>p&1 != 0 && w.Share[p] > 0 }

// against is by how many standard deviations panel p counts more than q, by their shares.
func (w *watch) against(p, q int, g [4]int32, t float64) float64 {
	a, b := float64(g[p])/w.Share[p], float64(g[q])/w.Share[q]
	v := (a/w.Share[p] + b/w.Share[q]) / t
	if v <= 0 {
		return 0
	}
	return (a - b) / math.Sqrt(v)
}

// panelNames are the panels in the order of the line.
var panelNames = [4]string{"p1", "p2", "p3", "p4"}

// The faults that statistics show.
const (
	faultZero   = "background is zero"
	faultSilent = "panel fault: counts nothing: "
	faultStuck  = "panel fault: the same counts again and again: "
	faultShare  = "panel fault: off its share of the sum: "
	faultNoise  = "electronics fault: counts not random: "
)

// fault names what is wrong by the newest line; "" is nothing.
func (w *watch) fault(online uint8) string {
	if sum(w.G) == 0 {
		return faultZero
	}
	for p := range w.G {
		if w.G[p] == 0 && (w.Live|online)>>p&1 != 0 {
			return faultSilent + panelNames[p]
		}
	}
	pairs, n := w.pairs()
	for p := range w.G {
		switch {
		case w.Live>>p&1 == 0:
		case n > 0 && w.Same[p] >= stuckLines:
			return faultStuck + panelNames[p]
		case w.Off[p].Bad:
			return faultShare + panelNames[p]
		}
	}
	for i := range n {
		if w.Spread[i].Bad {
			return faultNoise + panelNames[pairs[i][0]] + " and " + panelNames[pairs[i][1]]
		}
	}
	return ""
}

// drift is how fast the background has changed in the last hour: the means of ten minutes
// each, the oldest first, and the one that is being gathered.
type drift struct {
	Means [6]int64  `json:"means"` // milli-cps
	N     int       `json:"n"`
	From  time.Time `json:"from,omitzero"`
	Sum   int64     `json:"sum"`
	Lines int64     `json:"lines"`
}

// driftSpan is what one mean is of.
const driftSpan = 10 * time.Minute

func (d *drift) take(at time.Time, cps int64) {
	if age := at.Sub(d.From); d.From.IsZero() || age < 0 || age >= driftSpan {
		if d.Lines > 0 && age >= 0 {
			if d.N == len(d.Means) {
				copy(d.Means[:], d.Means[1:])
				d.N--
			}
			d.Means[d.N] = d.Sum * 1000 / d.Lines
			d.N++
		}
		if age > 2*driftSpan { // of another time of the day
			d.N = 0
		}
		d.From, d.Sum, d.Lines = at, 0, 0
	}
	d.Sum += cps
	d.Lines++
}

// rate is the largest change from one mean to the next, in cps a second.
func (d *drift) rate() float64 {
	var most int64
	for i := 1; i < d.N; i++ {
		c := d.Means[i] - d.Means[i-1]
		most = max(most, c, -c)
	}
	return float64(most) / (1000 * driftSpan.Seconds())
}

// uncertainty is the standard deviation of a background of so many cps that is so old:
// var(b) = b/T + (drift*age)^2.
func (d *drift) uncertainty(cps int64, average int, age time.Duration) float64 {
	moved := float64(d.rate() * age.Seconds())
	return math.Sqrt(float64(cps)/float64(max(average, 1)) + float64(moved*moved))
}
