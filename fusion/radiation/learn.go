package radiation

import (
	"fmt"
	"math"
	"slices"

	"acsgd/internal/quant"
)

const (
	// leastLearned is how many vehicles make templates.
	leastLearned = 40
	// leastOfClass is how many make a class of their own. On a real day, one class of 400
	// vehicles found more than three of 130 that took about the same time: how the parts of a
	// shadow go together says more of a vehicle than how long it took, and takes many to learn.
	leastOfClass = 400
	folds        = 5 // parts of the vehicles, for the thresholds
)

// Learn makes templates from occupancies that are known to be clean: released, no alarm.
// Others in the list, and those that could not be judged, are left out. It fails if too few
// are left. The same list in the same order gives the same templates. The result has no
// Version: that is given by whoever stores it.
//
// falsePermille is the share of clean occupancies that may alarm by all three tests together.
// The thresholds are set on vehicles against templates which were learned without them. Where
// that leaves less than tailLeast of them, the tail is extrapolated, see tail.
func Learn(clean []*Occupancy, falsePermille int) (*Templates, error) {
	var use []*Occupancy
	for _, o := range clean {
		if learnable(o) {
			use = append(use, o)
		}
	}
	if len(use) < leastLearned {
		return nil, fmt.Errorf("radiation templates: %d usable clean occupancies of %d, want at least %d", len(use), len(clean), leastLearned)
	}
	bounds := kinds(use)
	t := learnClasses(use, bounds)
	var found [][3]float64
	var halted []bool
	in := t.parts(use)
	for fold := range folds {
		var rest []*Occupancy
		for i, o := range use {
			if in[i] != fold {
				rest = append(rest, o)
			}
		}
		part := learnClasses(rest, bounds)
		var a Analysis
		for i, o := range use {
			if in[i] != fold || part.unlike(o) != "" {
				continue
			}
			part.analyse(o, &a)
			var z [3]float64
			for k := range z {
				z[k] = float64(a.Tests[k].Sigma)
				if a.Tests[k].Reason != "" {
					z[k] = math.Inf(-1)
				}
			}
			found, halted = append(found, z), append(halted, t.classOf(o).halting(o))
		}
	}
	t.halts(found, halted)
	t.thresholds(found, float64(max(1, min(1000, falsePermille)))/1000)
	return t, nil
}

// parts deals the vehicles of each class to the folds in turn, so that none is left without.
func (t *Templates) parts(use []*Occupancy) []int {
	in, next := make([]int, len(use)), make([]int, len(t.Classes))
	for i, o := range use {
		k := t.kind(o)
		in[i] = next[k] % folds
		next[k]++
	}
	return in
}

// durations part vehicles into cars and vans, small lorries, lorries, and what is longer or
// slower, by the most slices of each.
var durations = [...]int{25, 45, 60, math.MaxInt}

// kinds are the classes that there are enough vehicles of, as their most slices. Those of a
// class with too few join the next one, or of the last one the class before.
func kinds(use []*Occupancy) (most []int) {
	n, from := 0, 0
	for _, to := range durations {
		for _, o := range use {
			if k := len(o.Slices); k > from && k <= to {
				n++
			}
		}
		if from = to; n >= leastOfClass {
			most, n = append(most, to), 0
		}
	}
	return append(most[:max(0, len(most)-1)], math.MaxInt)
}

// learnClasses learns each of some classes. Their bounds are what was learned from, and a
// quarter beyond the shortest and the longest of all, which is not yet another kind.
func learnClasses(use []*Occupancy, most []int) *Templates {
	t := &Templates{}
	middle, pace := usual(use)
	from := 0
	for _, to := range most {
		var of []*Occupancy
		for _, o := range use {
			if k := len(o.Slices); k > from && k <= to {
				of = append(of, o)
			}
		}
		c := learnClass(of)
		c.Middle, c.Pace = middle, pace
		if from > 0 {
			c.From = from + 1
		}
		if to < math.MaxInt {
			c.To = to
		}
		t.Classes = append(t.Classes, c)
		from = to
	}
	return t
}

const (
	leastHalted  = 10  // vehicles that halt tell how they differ
	leastHalting = 1.5 // times further, which so few are not by chance
)

// halts learns from results how much further than others vehicles are from the profile that
// halt, by the tenth of each that are furthest, and lowers theirs so. On the simulator's model
// 1 % of the vehicles halt and make two thirds of the false alarms; on a real day nothing sets
// them apart.
func (t *Templates) halts(found [][3]float64, halted []bool) {
	var z [2][]float64
	for i, f := range found {
		k := 0
		if halted[i] {
			k = 1
		}
		z[k] = append(z[k], f[0])
	}
	if len(z[0]) < leastHalted || len(z[1]) < leastHalted {
		return
	}
	var far [2]float64
	for k := range z {
		slices.Sort(z[k])
		far[k] = z[k][len(z[k])-1-len(z[k])/10]
	}
	if far[0] <= 0 || far[1] < float64(leastHalting*far[0]) {
		return
	}
	for k := range t.Classes {
		t.Classes[k].Halting = permille(far[1]/far[0], 1000, 1000*mostHalting)
	}
	for i := range found {
		if c := &t.Classes[0]; halted[i] {
			found[i][0], found[i][1] = c.damp(found[i][0]), c.damp(found[i][1])
		}
	}
}

// share of the false alarms that each test may use.
var allowed = [3]float64{0.8, 0.02, 0.18}

// thresholds sets the three thresholds so that as many of the occupancies with these results
// as may be exceed any of them: first each by its share, then all moved alike.
func (t *Templates) thresholds(found [][3]float64, rate float64) {
	var limit [3]float64
	z := make([]float64, 0, len(found))
	for k := range limit {
		z = z[:0]
		for _, f := range found {
			if !math.IsInf(f[k], -1) {
				z = append(z, f[k])
			}
		}
		limit[k] = tail(z, float64(rate*allowed[k]))
	}
	z = z[:0]
	for _, f := range found {
		over := math.Inf(-1)
		for k := range limit {
			over = max(over, f[k]-limit[k])
		}
		z = append(z, over)
	}
	move := tail(z, rate)
	for k, to := range [3]*int32{&t.Threshold, &t.Pillars, &t.Level} {
		*to = int32(max(leastLimit, min(math.MaxInt32, math.Ceil(limit[k]+move))))
	}
}

const (
	// leastLimit is below what noise alone gives: a list of vehicles that all scored less is
	// not believed.
	leastLimit = 2000
	tailLeast  = 10 // results beyond a quantile that is read off
	tailShare  = 20 // part of the results that the tail is taken from
)

// tail gives the value that the share p of results exceeds. Where fewer than tailLeast lie
// beyond, it continues the largest twentieth of them, or tailLeast, as an exponential, and
// adds one standard error: 8 of 402 vehicles of a real day exceeded thresholds for 1 %
// without it. It sorts z.
func tail(z []float64, p float64) float64 {
	if len(z) == 0 {
		return leastLimit
	}
	slices.Sort(z)
	n := float64(len(z))
	m := max(len(z)/tailShare, min(tailLeast, len(z)/2))
	if beyond := int(n * p); beyond >= tailLeast || m < 2 {
		return z[max(0, len(z)-1-beyond)]
	}
	from := z[len(z)-1-m]
	mean := 0.0
	for _, v := range z[len(z)-m:] {
		mean += (v - from) / float64(m)
	}
	far := ln(float64(m) / float64(n*p))
	return from + float64(mean*(far+math.Sqrt((1+float64(far*far))/float64(m))))
}

// ln is the natural logarithm by its series: the machines' own differ in the last bit.
func ln(x float64) float64 {
	f, e := math.Frexp(x) // f in [1/2, 1)
	y := (f - 1) / (f + 1)
	s, p := 0.0, y
	for k := 1; k < 60; k += 2 {
		s += p / float64(k)
		p = float64(p * float64(y*y))
	}
	return 2*s + float64(float64(e)*math.Ln2)
}

// learnable reports an occupancy that shows a vehicle's shadow and nothing else.
func learnable(o *Occupancy) bool { return Unfit(o) == "" }

// usual gives how many slices vehicles take and how fast the beams find them, the medians of
// all kinds: one that halts is slow for its speed, not for its class.
func usual(use []*Occupancy) (middle int, pace quant.Speed) {
	var times []int
	var paces []quant.Speed
	for _, o := range use {
		times = append(times, len(o.Slices))
		if o.Beams > 0 {
			paces = append(paces, o.Beams)
		}
	}
	slices.Sort(times)
	if 2*len(paces) > len(use) {
		slices.Sort(paces)
		pace = min(paces[len(paces)/2], maxPace)
	}
	return times[len(times)/2], pace
}

// learnClass learns one class of vehicles.
func learnClass(use []*Occupancy) Class {
	c := Class{From: math.MaxInt, Count: len(use), Windows: hardness(use)}
	for _, o := range use {
		c.From, c.To = min(c.From, len(o.Slices)), max(c.To, len(o.Slices))
	}
	c.From -= c.From / 4
	c.To += c.To / 4
	all := make([]along, len(use))
	var share, tilt, noise vector
	n := float64(len(use))
	for i, o := range use {
		p := &all[i]
		p.take(o)
		for k := range share {
			share[k] += p.share[k] / n
			tilt[k] += p.tilt[k] / n
			noise[k] += p.noise(k, p.share[k]) / n
		}
	}
	var shares, tilts matrix
	for i := range all {
		p := &all[i]
		for k := range share {
			p.share[k] -= share[k]
			p.tilt[k] -= tilt[k]
		}
		for a := range Parts {
			for b := range Parts {
				shares[a][b] += float64(p.share[a]*p.share[b]) / max(n-1, 1)
				tilts[a][b] += float64(p.tilt[a]*p.tilt[b]) / max(n-1, 1)
			}
		}
	}
	for k := range share {
		c.Profile[k] = permille(share[k], 0, 2000)
		c.Tilt[k] = permille(tilt[k], -1000, 1000)
	}
	c.Spread = spread(&shares, &noise, n)
	c.TiltSpread = spread(&tilts, &noise, n)
	return c
}

func permille(v, low, high float64) int32 {
	return int32(math.Round(max(low, min(high, float64(v*1000)))))
}

// spread takes the counting statistics off a covariance of n vehicles and mixes it with a
// smoother one: the same variances, and correlations that depend on the distance of two parts
// alone. Few vehicles do not tell 300 numbers; on a real day of 400, 40 % found most.
func spread(m *matrix, noise *vector, n float64) []int32 {
	for k := range m {
		m[k][k] -= noise[k]
	}
	m.clip()
	var even matrix
	for lag := range Parts {
		s, w := 0.0, 0.0
		for k := 0; k+lag < Parts; k++ {
			s += m[k][k+lag]
			w += math.Sqrt(float64(m[k][k] * m[k+lag][k+lag]))
		}
		if w <= 0 {
			continue
		}
		for k := 0; k+lag < Parts; k++ {
			v := float64(s/w) * math.Sqrt(float64(m[k][k]*m[k+lag][k+lag]))
			even[k][k+lag], even[k+lag][k] = v, v
		}
	}
	even.clip()
	part := max(0.4, min(1, 160/n))
	for i := range m {
		for j := range m {
			m[i][j] = float64((1-part)*m[i][j]) + float64(part*even[i][j])
		}
	}
	return m.pack()
}
