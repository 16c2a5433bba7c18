// Package rpm simulates a gross-count radiation portal of the TSA family: what its panels
// count while vehicles pass, when its beams break, what its controller decides, and the
// lines that it sends. It shares no code with the driver or with the alarm engine.
//
// Counts are Poisson. The background of a panel swings by 2 % over the day and wanders a
// little; rain and vehicles that queue beside the beams are added on demand. A vehicle
// takes away up to its Shield of it, along a mean profile measured on real lorries; sources
// add counts by distance from each panel. The controller averages the background over 20 s
// (neutrons 120 s) while vacant, also while a vehicle queues beside the beams, which is how
// real portals come to raise false alarms. Traffic is a scene of vehicles as they come to
// such a portal.
package rpm

import (
	"math/rand/v2"
	"time"

	"acsgd/sim"
)

// Config describes one portal. Zero values take the defaults of the comments.
type Config struct {
	Station    float64    // mm from the lane datum to the first beam
	Lane       float64    // mm between the pillars; 5000
	Background [4]float64 // counts/s of each panel: left lower, left upper, right lower, right upper; 393, 396, 437, 429
	Neutron    float64    // counts/s of all four neutron channels; 2.64
	K          float64    // alarm threshold, standard deviations; 5
	Window     int        // alarm window, slices; 5
	High, Low  float64    // gamma background faults, counts/s of a panel; 2000 and 68
	Hold       int        // slices that the portal stays occupied after its beams are clear; 10
	Counter    int        // the newest occupancy's number; 0
	Steady     bool       // no daily swing and no wandering of the background
	Rain       []Shower   // washes radon's daughters down; none
	Neighbour  float64    // chance a vacant minute that a vehicle outside the beams shadows the panels; 0 (0.02 where vehicles queue)
	Extended   bool       // NB1, NC, NX and NZ lines of the four-window firmware; its window lines are not modelled
	Seed       uint64
}

func (c Config) filled() Config {
	set := func(v *float64, d float64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&c.Lane, 5000)
	set(&c.Neutron, 2.64)
	set(&c.K, 5)
	set(&c.High, 2000)
	set(&c.Low, 68)
	for p, d := range [4]float64{393, 396, 437, 429} {
		set(&c.Background[p], d)
	}
	if c.Window <= 0 {
		c.Window = 5
	}
	if c.Hold <= 0 {
		c.Hold = 10
	}
	return c
}

const (
	slice      = 200 * time.Millisecond
	background = 5 * time.Second
	afterEnd   = 4860 * time.Millisecond
	buffered   = 5               // slices from before an occupancy that are sent with its first one
	catchUp    = 5 * time.Second // of the past that is simulated at most
	beams      = 304.8           // mm between the two beams
)

// Portal is the simulated portal. It implements sim.Machine.
type Portal struct {
	cfg   Config
	scene sim.Scene
	rng   *rand.Rand
	seen  []sim.Placed // scratch

	started bool
	restart bool      // the controller is about to start
	due     time.Time // end of the next slice
	jitter  time.Duration
	empty   bool // no vehicle anywhere near at the last slice
	wander  float64
	wash    washout
	beside  neighbour
	tamper  bool
	told    bool // what the line said about tamper last

	gamma   mean // vacant slices only
	neutron mean
	sent    [4]int     // the newest background on the wire
	last    [][4]int32 // the newest slices, buffered+1 of them at most
	lastN   [][4]int32
	nextBG  time.Time

	occupied bool
	clear    int // slices since the beams were free
	number   int
	alarm    gammaRule
	sprt     neutronRule
	ns       int    // slices until the next neutron line
	nsum     [4]int // neutron counts since the last one
}

var _ sim.Machine = (*Portal)(nil)

// New makes a portal in a scene.
func New(cfg Config, scene sim.Scene) *Portal {
	cfg = cfg.filled()
	return &Portal{cfg: cfg, scene: scene, rng: rand.New(rand.NewPCG(cfg.Seed, 0x72706d)), number: cfg.Counter, restart: true}
}

// Tamper opens or closes the case; the line tells at the next slice.
func (p *Portal) Tamper(open bool) { p.tamper = open }

// Restart lets the controller start anew at the next slice: an open occupancy gets no end
// line, the counter begins at 1, the settings are sent.
func (p *Portal) Restart() {
	p.restart, p.occupied, p.number = true, false, 0
}

// Feed implements sim.Machine: the portal does not listen.
func (p *Portal) Feed(time.Time, []byte, *sim.Out) {}

// Deadline implements sim.Machine.
func (p *Portal) Deadline() (time.Time, bool) {
	if !p.started {
		return time.Time{}, false
	}
	at := p.due
	if p.empty && !p.occupied {
		at = at.Add(4 * slice) // an empty lane is looked at once a second
		if p.nextBG.Before(at) {
			at = p.due.Add(max(0, p.nextBG.Sub(p.due)).Truncate(slice))
			if at.Before(p.nextBG) {
				at = at.Add(slice)
			}
		}
	}
	return at.Add(p.jitter), true
}

// Tick implements sim.Machine.
func (p *Portal) Tick(now time.Time, out *sim.Out) {
	if !p.started {
		p.begin(now)
	}
	if late := now.Sub(p.due); late > catchUp { // nobody looked: the time between is lost
		p.due = p.due.Add((late - catchUp).Truncate(slice))
	}
	for !p.due.Add(p.jitter).After(now) {
		p.step(p.due, out)
		p.due = p.due.Add(slice)
		p.jitter = time.Duration(p.rng.IntN(40)) * time.Millisecond
	}
}

// begin fills the averages with what a portal that has long been running would hold.
func (p *Portal) begin(now time.Time) {
	p.started, p.due, p.nextBG = true, now, now
	p.gamma, p.neutron = newMean(100), newMean(600)
	for i := range 600 {
		t := now.Add(time.Duration(i-600) * slice)
		g, n := p.count(t, nil)
		p.gamma.add(g)
		p.neutron.add(n)
		p.remember(g, n)
	}
}

func (p *Portal) remember(g, n [4]int32) {
	if len(p.last) > buffered {
		copy(p.last, p.last[1:])
		copy(p.lastN, p.lastN[1:])
		p.last, p.lastN = p.last[:buffered], p.lastN[:buffered]
	}
	p.last, p.lastN = append(p.last, g), append(p.lastN, n)
}

// step simulates the slice that ends at t.
func (p *Portal) step(t time.Time, out *sim.Out) {
	p.seen = p.scene.At(p.seen[:0], t.Add(-slice/2))
	g, n := p.count(t, p.seen)
	p.remember(g, n)
	p.empty = len(p.seen) == 0
	if p.restart {
		p.restart = false
		out.Send = p.settings(out.Send)
	}
	if p.tamper != p.told {
		p.told = p.tamper
		out.Send = contact(out.Send, p.tamper)
	}
	blocker := p.blocker()
	switch {
	case p.occupied:
		p.during(t, blocker, g, n, out)
	case blocker != nil:
		p.enter(blocker, out)
	default:
		p.gamma.add(g)
		p.neutron.add(n)
		if !t.Before(p.nextBG) {
			p.nextBG = p.nextBG.Add(background)
			if p.nextBG.Before(t) {
				p.nextBG = t.Add(background)
			}
			p.backgrounds(out)
		}
	}
}

// blocker is the vehicle in the beams.
func (p *Portal) blocker() *sim.Placed {
	for i := range p.seen {
		v := &p.seen[i]
		passed := v.X - p.cfg.Station
		if passed >= 0 && passed <= float64(v.Length)+beams {
			return v
		}
	}
	return nil
}

// enter opens an occupancy: a speed, a neutron line, the buffered slices and this one.
func (p *Portal) enter(v *sim.Placed, out *sim.Out) {
	p.occupied, p.clear = true, 0
	p.alarm = newGammaRule(p.sent, p.cfg.K, p.cfg.Window)
	p.sprt = newNeutronRule(p.neutron.total() * 5)
	if p.rng.IntN(10) < 7 {
		p.speed(v, out)
	}
	p.nsum = [4]int{}
	for _, n := range p.lastN[max(0, len(p.lastN)-buffered):] {
		p.addNeutrons(n)
	}
	p.neutrons(out)
	for _, g := range p.last {
		out.Send = gammaLine(out.Send, p.alarm.add(g), g)
	}
}

// during is one slice of an open occupancy.
func (p *Portal) during(t time.Time, v *sim.Placed, g, n [4]int32, out *sim.Out) {
	p.addNeutrons(n)
	if p.ns--; p.ns <= 0 {
		p.neutrons(out)
	}
	switch {
	case v != nil:
		p.clear = 0
		if p.rng.IntN(100) == 0 {
			out.Send = speedLine(out.Send, 0.0023) // a drawbar, a gap
		}
	default:
		if p.clear++; p.clear == 1 {
			p.leaving(out)
		}
	}
	out.Send = gammaLine(out.Send, p.alarm.add(g), g)
	if p.clear < p.cfg.Hold {
		return
	}
	p.occupied = false
	p.number++
	out.Send = endLine(out.Send, p.number, int(p.neutron.total()*5*1000))
	p.nextBG = t.Add(afterEnd)
}

// leaving sends the speed of the rear edge.
func (p *Portal) leaving(out *sim.Out) {
	for i := range p.seen {
		v := &p.seen[i]
		if rear := v.X - p.cfg.Station - float64(v.Length); rear > 0 && rear < 5000 {
			p.speed(v, out)
			return
		}
	}
}

func (p *Portal) speed(v *sim.Placed, out *sim.Out) {
	if v.V > 31 { // slower than 0.3048 m in 9.9999 s is no pair of transitions
		out.Send = speedLine(out.Send, beams/v.V)
	}
}

func (p *Portal) addNeutrons(n [4]int32) {
	for c, v := range n {
		p.nsum[c] += int(v)
	}
}

// neutrons sends what was counted in the last second.
func (p *Portal) neutrons(out *sim.Out) {
	x := p.nsum[0] + p.nsum[1] + p.nsum[2] + p.nsum[3]
	s, alarm := p.sprt.add(x)
	if p.cfg.Extended {
		out.Send = floats(out.Send, "NZ", 8, s, s)
	}
	out.Send = neutronLine(out.Send, alarm, p.nsum)
	p.nsum, p.ns = [4]int{}, buffered
}

// backgrounds sends the neutron and the gamma background.
func (p *Portal) backgrounds(out *sim.Out) {
	n, g := p.neutron.rates(), p.gamma.rates()
	if p.cfg.Extended {
		r := newNeutronRule(n[0] + n[1] + n[2] + n[3])
		out.Send = floats(out.Send, "NC", 8, r.drift, r.gain)
		out.Send = floats(out.Send, "NX", 8, r.upper, r.lower)
	}
	out.Send = neutronBackground(out.Send, n)
	if p.cfg.Extended {
		out.Send = floats(out.Send, "NB1", 8, n[:]...)
	}
	tag := "GB"
	for i, v := range g {
		p.sent[i] = int(v)
		if v > p.cfg.High {
			tag = "GH"
		} else if v < p.cfg.Low && tag == "GB" {
			tag = "GL"
		}
	}
	out.Send = counts(out.Send, tag, p.sent)
}
