package roc

import (
	"math"
	"math/rand/v2"
	"slices"

	"acsgd/fusion/radiation"
	"acsgd/sim/rpm"
)

// Source is a form of source.
type Source string

// The forms.
const (
	Point       Source = "point"
	Distributed Source = "distributed" // evenly over the load
)

// sources are the forms in the order of all tables.
var sources = [...]Source{Point, Distributed}

// Strengths are the net counts/s of all panels at closest approach that are injected.
var Strengths = []int{200, 300, 400, 500, 600, 700, 800, 900, 1000}

const (
	distance = 2.0  // m, of a source from the panels
	nearer   = 0.7  // share of a point source's counts in the nearer pillar
	tau      = 0.2  // s, a slice
	ahead    = 5    // slices before the vehicle breaks the beams
	after    = 10   // slices after it has left them
	usual    = 2.15 // m/s, of a vehicle whose speed is not known
)

// subject is an occupancy without a source, and how fast its vehicle drove.
type subject struct {
	o     *radiation.Occupancy
	speed float64 // m/s
}

// injector puts sources into copies of occupancies.
type injector struct {
	o       radiation.Occupancy
	slices  []radiation.Slice
	windows []radiation.Window
	net     []float64 // counts of each slice for 1 count/s at closest approach
}

// inject gives s with a source of so many counts/s; the result lives until the next call.
// The same rng gives the same place whatever the strength.
func (j *injector) inject(s subject, form Source, strength int, rng *rand.Rand) *radiation.Occupancy {
	left := j.shape(s, form, rng)
	j.o = *s.o
	j.slices = append(j.slices[:0], s.o.Slices...)
	j.windows = append(j.windows[:0], s.o.Windows...)
	for i := range j.slices {
		before := total(&j.slices[i])
		mean := float64(strength) * j.net[i] / 2 // of a panel
		for p := range j.slices[i].Gamma {
			share := left
			if p >= 2 {
				share = 1 - left
			}
			j.slices[i].Gamma[p] += rpm.Poisson(rng, mean*share)
		}
		j.spread(j.slices[i].At, total(&j.slices[i])-before, form, rng)
	}
	j.o.Slices, j.o.Windows = j.slices, j.windows
	j.o.Analysis = nil
	return &j.o
}

// spectra are the shares of a source's counts in the energy windows, up to each: a point
// source as it was recorded on a test track, a load like the background there.
var spectra = map[Source][4]float64{
	Point:       {0.52, 0.94, 0.994, 1},
	Distributed: {0.28, 0.65, 0.83, 1},
}

// spread puts a slice's n counts into the energy windows of its time, where there are any.
func (j *injector) spread(at, n int32, form Source, rng *rand.Rand) {
	span := max(j.o.WindowSpan, 1)
	i := slices.IndexFunc(j.windows, func(w radiation.Window) bool { return w.At > at-span/2 && w.At <= at+(span+1)/2 })
	if i < 0 {
		return
	}
	to := spectra[form]
	for range n {
		w, x := 0, rng.Float64()
		for x >= to[w] {
			w++
		}
		j.windows[i].Counts[w]++
	}
}

func total(s *radiation.Slice) int32 { return s.Gamma[0] + s.Gamma[1] + s.Gamma[2] + s.Gamma[3] }

// shape sets net, and gives the share of the left pillar.
func (j *injector) shape(s subject, form Source, rng *rand.Rand) (left float64) {
	n := len(s.o.Slices)
	j.net = j.net[:0]
	place, side := rng.Float64(), rng.IntN(2)
	if form == Point {
		at := float64(n) * (0.25 + 0.5*place)
		for i := range n {
			x := s.speed * tau * (float64(i) + 0.5 - at) / distance
			j.net = append(j.net, tau*math.Pow(1+x*x, -1.5))
		}
		return []float64{nearer, 1 - nearer}[side]
	}
	length := s.speed * tau * float64(max(n-ahead-after, 1))
	from, to := 0.2*length, 0.95*length
	edge := func(x float64) float64 { return x / math.Hypot(x, distance) }
	most := 2 * edge((to-from)/2)
	for i := range n {
		x := s.speed * tau * (float64(i) + 0.5 - ahead)
		j.net = append(j.net, tau*(edge(x-from)-edge(x-to))/most)
	}
	return 0.5
}
