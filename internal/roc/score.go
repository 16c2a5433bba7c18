package roc

import (
	"math"

	"acsgd/fusion/radiation"
)

// Detector is one way of judging an occupancy.
type Detector string

// The detectors.
const (
	Vendor   Detector = "portal's rule"     // all panels and each pillar, at the portal's own k
	Tuned    Detector = "k-sigma tuned"     // the same with the threshold that the false alarms allow
	Template Detector = "template"          // the engine's template test alone
	Windows  Detector = "energy windows"    // the engine's tests of energy windows alone
	Engine   Detector = "engine"            // all tests of the engine and the portal's rule, thresholds moved alike to the same false alarms
	Learned  Detector = "engine as learned" // with the thresholds that it has
)

// detectors in the order of all tables.
var detectors = [...]Detector{Vendor, Tuned, Template, Windows, Engine, Learned}

const (
	vendor = iota
	tuned
	template
	windows
	engine
	learned
)

// scores are one occupancy's by each detector, in milli-sigma: it alarms above a threshold.
// What could not be judged is MinInt32, which never alarms.
type scores [len(detectors)]int32

// judge scores an occupancy.
func judge(o *radiation.Occupancy, t *radiation.Templates) (s scores) {
	s[tuned] = sigma(o, groups)
	s[vendor] = s[tuned]
	s[template], s[windows] = math.MinInt32, math.MinInt32
	// The engine never suppresses the portal's alarm, so that is one of its tests. The others
	// have thresholds which share the false alarms. All are moved alike to get another rate.
	s[engine] = max(s[vendor], math.MinInt32+o.Threshold) - o.Threshold
	for _, r := range t.Analyse(o).Tests {
		if r.Reason != "" {
			continue
		}
		s[engine] = max(s[engine], r.Sigma-r.Threshold)
		switch r.Name {
		case radiation.TestTemplate:
			s[template] = r.Sigma
		case radiation.TestRatio, radiation.TestDistance:
			s[windows] = max(s[windows], r.Sigma-r.Threshold)
		}
	}
	s[learned] = s[engine]
	return s
}

// fixed is the threshold of a detector that has one of its own; k is the portal's.
func fixed(d int, k int32) (limit int32, ok bool) {
	switch d {
	case vendor:
		return k, true
	case learned:
		return 0, true
	}
	return 0, false
}

// window is the alarm window, slices.
const window = 5

// groups are the panels that the portal tests together: all, and each pillar.
var groups = [][]int{{0, 1, 2, 3}, {0, 1}, {2, 3}}

// sigma is the largest k-sigma of any second of any of the groups, written down apart from
// the engine.
func sigma(o *radiation.Occupancy, groups [][]int) int32 {
	most := math.Inf(-1)
	for _, g := range groups {
		expect, n := 0.0, 0.0
		for _, p := range g {
			expect += float64(o.Background[p]) * window * tau
		}
		if expect <= 0 {
			continue
		}
		for i := range o.Slices {
			for _, p := range g {
				n += float64(o.Slices[i].Gamma[p])
				if i >= window {
					n -= float64(o.Slices[i-window].Gamma[p])
				}
			}
			if i >= window-1 {
				most = max(most, (n-expect)/math.Sqrt(expect))
			}
		}
	}
	if math.IsInf(most, -1) {
		return math.MinInt32
	}
	return int32(math.Floor(most * 1000))
}
