package n42

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	doc "acsgd/internal/n42"
	"acsgd/internal/obs"
)

// leastBackground is how much of the time before the vehicle makes a background: a shorter
// one would be too uncertain to judge by, and a portal without a background is not judged.
const leastBackground = 5 * time.Second

// neutronEvery is the interval of the neutron test: shorter ones are added up to it.
const neutronEvery = time.Second

// line is one observation to be: what was true at a time.
type line struct {
	at time.Time
	r  *obs.Radiation
}

// isOccupancy reports whether a reading is one of a portal that saw something pass.
func isOccupancy(r *doc.Reading) bool {
	for i := range r.Measurements {
		if o := r.Measurements[i].Occupied; o != nil && *o {
			return true
		}
	}
	return strings.Contains(r.Class, "Portal") && len(r.Alarms) > 0
}

// convert makes of a reading the lines of a gross count portal: a background, slices, neutron
// intervals, speeds, alarms and the end. reason is not empty if that cannot be; remarks tell
// what was left out.
func convert(r *doc.Reading, number uint32) (out []line, remarks []string, reason string) {
	c := converter{channel: channels(r.Detectors)}
	ms := slices.Clone(r.Measurements)
	for i := range ms {
		if ms[i].Start.IsZero() || ms[i].Real <= 0 {
			return nil, nil, "a measurement without its time or its length"
		}
	}
	slices.SortStableFunc(ms, func(a, b doc.Measurement) int { return a.Start.Compare(b.Start) })
	first := slices.IndexFunc(ms, func(m doc.Measurement) bool { return m.Occupied != nil && *m.Occupied })
	if first < 0 {
		if r.Time.IsZero() && len(r.Alarms) > 0 {
			r.Time = r.Alarms[0].Time
		}
		if r.Time.IsZero() {
			return nil, nil, "no time"
		}
		first = len(ms)
	}
	last := r.Time
	for i := range ms {
		m := &ms[i]
		switch {
		case i < first:
			if m.Class == "Background" { // others are of the vehicle before it cut the beams
				c.vacant(m)
			}
		case m.Occupied != nil && !*m.Occupied || m.Occupied == nil && m.Class != "Foreground":
			continue // after the vehicle, or of another time
		default:
			c.occupied(m)
		}
		if end := m.Start.Add(length(m)); end.After(last) && i >= first {
			last = end
		}
	}
	c.flushNeutrons()
	c.alarms(r, last)
	for _, f := range r.Faults {
		if f.Severity != "Warning" {
			c.add(last, &obs.Radiation{Tag: "DF", Occupied: true, Fault: "portal: " + strings.TrimSpace(f.Code+" "+f.Text)})
		}
	}
	c.add(last, &obs.Radiation{Tag: "GX", Occupancy: number})
	if c.background == "" && len(c.head) == 0 {
		c.background = "less than 5 s of background before the vehicle: it cannot be judged by counts"
	}
	if c.background != "" {
		c.remarks = append(c.remarks, c.background)
	}
	return append(c.head, c.body...), c.remarks, ""
}

// converter gathers the lines.
type converter struct {
	channel    map[string]place
	head, body []line
	remarks    []string
	background string // why there is none

	gammaSum, neutronSum   [4]float64
	gammaTime, neutronTime [4]time.Duration
	vacated                time.Time

	speed   int64
	pending [4]float64 // neutrons
	waited  time.Duration
	until   time.Time
}

func (c *converter) add(at time.Time, r *obs.Radiation) {
	c.body = append(c.body, line{obs.Unix(at), r})
}

func length(m *doc.Measurement) time.Duration { return time.Duration(m.Real) * time.Microsecond }

// counts adds up what a measurement says of each channel; has tells of which kinds it does.
func (c *converter) counts(m *doc.Measurement) (gamma, neutron [4]float64, hasGamma, hasNeutron [4]bool) {
	take := func(id string, n float64) {
		p, ok := c.channel[id]
		switch {
		case !ok:
		case p.neutron:
			neutron[p.at] += n
			hasNeutron[p.at] = true
		default:
			gamma[p.at] += n
			hasGamma[p.at] = true
		}
	}
	for _, g := range m.Gross {
		take(g.Detector, total(&g))
	}
	for _, s := range m.Spectra {
		if slices.ContainsFunc(m.Gross, func(g doc.Gross) bool { return g.Detector == s.Detector }) {
			continue // the same counts twice
		}
		n := 0.0
		for _, v := range s.Counts {
			n += v
		}
		take(s.Detector, n)
	}
	return gamma, neutron, hasGamma, hasNeutron
}

// total is the count of a detector: windows may overlap, so it is that of the widest one.
func total(g *doc.Gross) float64 {
	best, wide := 0.0, math.Inf(-1)
	for i, n := range g.Counts {
		if len(g.From) != len(g.Counts) || len(g.To) != len(g.Counts) {
			best += n
		} else if w := g.To[i] - g.From[i]; w > wide {
			best, wide = n, w
		}
	}
	return best
}

// vacant takes a measurement before the vehicle. When the time is enough, the background is
// its mean.
func (c *converter) vacant(m *doc.Measurement) {
	g, n, hasG, hasN := c.counts(m)
	for p := range 4 {
		if hasG[p] {
			c.gammaSum[p] += g[p]
			c.gammaTime[p] += length(m)
		}
		if hasN[p] {
			c.neutronSum[p] += n[p]
			c.neutronTime[p] += length(m)
		}
	}
	if end := m.Start.Add(length(m)); end.After(c.vacated) {
		c.vacated = end
	}
	c.head = c.head[:0]
	if rate, ok := rates(&c.neutronSum, &c.neutronTime, 1000); ok {
		r := &obs.Radiation{Tag: "NB"}
		for p := range rate {
			r.Neutron[p] = int32(rate[p] / 1000)
			r.Background += rate[p]
		}
		c.head = append(c.head, line{obs.Unix(c.vacated), r})
	}
	if rate, ok := rates(&c.gammaSum, &c.gammaTime, 1); ok {
		r := &obs.Radiation{Tag: "GB"}
		for p := range rate {
			r.Gamma[p] = int32(rate[p])
		}
		c.head = append(c.head, line{obs.Unix(c.vacated), r})
	}
}

// rates are counts a second, times scale; ok is false if any channel has too short a time.
func rates(sum *[4]float64, long *[4]time.Duration, scale float64) (out [4]int64, ok bool) {
	for p := range sum {
		if long[p] == 0 {
			continue
		}
		if long[p] < leastBackground {
			return out, false
		}
		ok = true
		out[p] = int64(math.Round(min(float64(sum[p]*scale)/long[p].Seconds(), math.MaxInt32)))
	}
	return out, ok
}

// occupied takes a slice.
func (c *converter) occupied(m *doc.Measurement) {
	end := m.Start.Add(length(m))
	if v := int64(m.Speed); v > 0 && v != c.speed {
		c.speed = v
		c.add(end, &obs.Radiation{Tag: "SP", Occupied: true, Speed: m.Speed})
	}
	g, n, hasG, hasN := c.counts(m)
	if slices.Contains(hasG[:], true) {
		c.add(end, &obs.Radiation{Tag: "GS", Occupied: true, Gamma: whole(&g), Interval: int32(min((m.Real+500)/1000, math.MaxInt32))})
	}
	if slices.Contains(hasN[:], true) {
		for p := range n {
			c.pending[p] += n[p]
		}
		c.waited += length(m)
		if c.until = end; c.waited >= neutronEvery {
			c.flushNeutrons()
		}
	}
}

func (c *converter) flushNeutrons() {
	if c.waited == 0 {
		return
	}
	c.add(c.until, &obs.Radiation{Tag: "NS", Occupied: true, Neutron: whole(&c.pending), Interval: int32(min(c.waited.Milliseconds(), math.MaxInt32))})
	c.pending, c.waited = [4]float64{}, 0
}

func whole(v *[4]float64) (out [4]int32) {
	for p, n := range v {
		out[p] = int32(math.Round(min(n, math.MaxInt32)))
	}
	return out
}

// alarms marks the slices in which the portal gave an alarm: nothing that it says is lost.
func (c *converter) alarms(r *doc.Reading, last time.Time) {
	for _, a := range r.Alarms {
		switch a.Category {
		case "Gamma":
			if !c.mark("GS", "GA", a.Time) {
				c.add(last, &obs.Radiation{Tag: "AA", Occupied: true, Alarm: true})
			}
		case "Neutron":
			if !c.mark("NS", "NA", a.Time) {
				c.add(last, &obs.Radiation{Tag: "NA", Occupied: true, Alarm: true})
			}
		default:
			c.add(last, &obs.Radiation{Tag: "AA", Occupied: true, Alarm: true})
		}
	}
}

// mark makes the slice in which an alarm was given one with an alarm: the first that ends at
// its time or later, else the last.
func (c *converter) mark(tag, alarm string, at time.Time) bool {
	found := -1
	for i := range c.body {
		if t := c.body[i].r.Tag; t == tag || t == alarm {
			if found = i; !at.IsZero() && !c.body[i].at.Before(at) {
				break
			}
		}
	}
	if found < 0 {
		return false
	}
	c.body[found].r.Tag, c.body[found].r.Alarm = alarm, true
	return true
}

// place is where a detector stands among the four channels of its kind.
type place struct {
	at      int
	neutron bool
}

// named reads the names that portals give their detectors: pillar, "a", number, N for neutrons.
var named = regexp.MustCompile(`^([A-Z])a([1-9][0-9]*)(N?)$`)

// channels finds a channel for each gamma and neutron detector: by its name, two to a
// pillar, else in the order of the document. Several may share one: their counts add up.
func channels(list []doc.Detector) map[string]place {
	out := map[string]place{}
	var next [2]int
	for _, d := range list {
		p := place{neutron: d.Category == "Neutron"}
		if d.Category != "Gamma" && !p.neutron {
			continue
		}
		kind := 0
		if p.neutron {
			kind = 1
		}
		name := d.Name
		if !named.MatchString(name) {
			name = d.ID
		}
		if m := named.FindStringSubmatch(name); m != nil {
			p.at = int(m[1][0]-'A')%2*2 + (int(m[2][len(m[2])-1]-'0')+1)%2
		} else {
			p.at = next[kind] % 4
			next[kind]++
		}
		out[d.ID] = p
	}
	return out
}
