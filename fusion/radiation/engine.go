package radiation

import (
	"math"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Engine keeps one portal's background and judges its occupancies. It is a pure machine:
// time comes with the lines. It is not safe for concurrent use.
type Engine struct {
	cfg       Config
	bg        background
	watch     watch
	neutrons  neutronBackground
	windows   windowBackground
	set       settings
	templates *Templates

	gammaFault   string // of the newest background line
	neutronFault string
	tamper       bool
	stated       string // a fault that the portal states until it takes it back
	lost         string // why the portal is not relied on until it is heard to be vacant
	boot         uint32
	number       uint32 // the newest end line's
	numbered     bool

	cur   *Occupancy
	free  *Occupancy // handed back by Recycle
	spare *Analysis  // its analysis
	run   run
}

// run is what is kept about the open occupancy beside its Occupancy.
type run struct {
	k        int32
	window   int
	mask     uint8
	interval int32 // of the gamma slices, ms; 0 before the first one
	stride   int   // every stride-th slice is kept
	main     test
	guard    test
	sprt     sequential
	neutrons neutronTest
	speeds   speeds

	counts [maxWindow][4]int32 // the last window slices, a ring
	next   int
	total  [4]int64 // their sum

	counted [4]int64 // of all slices
	changes [4]int   // slices with other counts than the one before; the first is one
	newest  [4]int32

	windows int // lines of energy windows since stretch became what it is
	stretch int // how many of them are joined to one

	heard time.Time // the last line inside the occupancy
	first time.Time // gamma slice
	last  time.Time

	alarm, vendor bool // of the last slice
}

const (
	// lostEnd closes an occupancy whose end line was lost.
	lostEnd = 30 * time.Second
	// lostSlices of silence within an occupancy are too many to judge it.
	lostSlices = 5
	// maxCount bounds a panel's count; six digits are the wire's own bound.
	maxCount    = 999_999
	maxInterval = 4000
)

// New makes an engine that knows nothing yet.
func New(cfg Config) *Engine { return &Engine{cfg: cfg} }

// Configure puts overrides in force for the occupancies that begin from now on.
func (e *Engine) Configure(cfg Config) { e.cfg = cfg }

// Renew forgets everything that was learnt of the portal, for another one in its place, but
// not the templates. It gives the occupancy that was open, which ends for the reason why;
// nil if there was none.
func (e *Engine) Renew(why string) (done *Occupancy) {
	if e.cur != nil {
		done = e.close(why)
	}
	*e = Engine{cfg: e.cfg, templates: e.templates, boot: e.boot + 1}
	return done
}

// Current is the open occupancy, nil while the portal is vacant. It is updated in place by
// Feed and stays valid after it has been closed.
func (e *Engine) Current() *Occupancy { return e.cur }

// Recycle hands back a closed occupancy that nobody looks at any more, so that the next
// one needs no memory.
func (e *Engine) Recycle(o *Occupancy) {
	if o != nil && o != e.cur {
		e.free = o
	}
}

// Background gives the newest gamma background in counts/s and its time; ok is false
// before the first one.
func (e *Engine) Background() (cps [4]int32, at time.Time, ok bool) {
	return e.bg.last.G, e.bg.last.At, e.bg.has
}

// Fault says why an occupancy that begins now could not be judged; "" is nothing.
func (e *Engine) Fault() string {
	if e.lost != "" {
		return e.lost
	}
	return e.Standing()
}

// Standing names a fault that the portal has, by its own lines or by the statistics of what
// it counts; "" is none.
func (e *Engine) Standing() string {
	switch {
	case e.tamper:
		return "tamper"
	case e.stated != "":
		return e.stated
	case e.gammaFault != "":
		return e.gammaFault
	case e.neutronFault != "":
		return e.neutronFault
	}
	return e.watch.Bad
}

// Feed takes one line of the portal that was true at "at". It returns the occupancy that
// the line has closed, which the caller may keep; nil if none was closed.
func (e *Engine) Feed(at time.Time, r *obs.Radiation) (done *Occupancy) {
	at = obs.Unix(at)
	if r.Tag != "GX" {
		done = e.Tick(at)
	}
	switch r.Tag {
	case "GS", "GA":
		e.slice(at, r)
	case "NS", "NA":
		e.neutron(at, r)
	case "SP":
		e.speed(at, r)
	case "GX":
		return e.end(at, r)
	case "AS":
		e.windowed(at, r)
	case "GB", "GH", "GL", "NB", "NH", "NB1", "NC", "NX", "AB1", "AR", "AC":
		if !r.Occupied && e.cur != nil {
			done = e.close("no end line")
			done.Truncated = true
		}
		e.vacant(at, r)
	case "AA":
		e.open(at)
		e.cur.EnergyAlarm, e.cur.VendorAlarm = true, true
	case "TT", "TC":
		e.tamper = r.Tag == "TT"
		e.fault(e.Fault())
	case "DC":
		if was := e.contacts(at, r); was != nil {
			done = was
		}
	case "FT", "FC":
		e.stated = r.Fault
		e.fault(e.Fault())
	case "SG1", "SG2", "SG3", "SN1":
		e.set.take(r.Tag, r.Setup)
		if r.Tag == "SG1" {
			e.watch.restart()
		}
	default:
		if r.Fault != "" {
			e.fault(r.Fault)
		}
	}
	return done
}

// Deadline says when Tick wants to be called next; ok is false while the portal is vacant.
func (e *Engine) Deadline() (at time.Time, ok bool) {
	if e.cur == nil {
		return time.Time{}, false
	}
	return e.run.heard.Add(lostEnd), true
}

// Tick closes an occupancy that has been silent for 30 s: its end line was lost.
func (e *Engine) Tick(at time.Time) (done *Occupancy) {
	if e.cur == nil || at.Sub(e.run.heard) < lostEnd {
		return nil
	}
	o := e.close("no end line")
	o.Truncated = true
	return o
}

// vacant takes a background line.
func (e *Engine) vacant(at time.Time, r *obs.Radiation) {
	if !r.Occupied {
		e.lost = ""
	}
	switch r.Tag {
	case "GB", "GH", "GL":
		g := clamp(r.Gamma)
		e.bg.take(at, g)
		e.watch.take(at, g, e.set.average(), e.set.Online)
		e.gammaFault = r.Fault
	case "NB", "NH":
		e.neutronFault = r.Fault
		e.neutrons.take(r)
	case "AB1", "AR", "AC":
		e.set.Windowed = true
		if r.Tag != "AC" { // its ratios are those of AB1
			e.windows.take(at, r, sum(e.bg.last.G))
		}
	default:
		e.set.Windowed = true
		e.neutrons.take(r)
	}
}

// open begins an occupancy if none is open.
func (e *Engine) open(at time.Time) *Occupancy {
	e.run.heard = at
	if e.cur != nil {
		return e.cur
	}
	o := e.free
	if e.free = nil; o == nil {
		o = &Occupancy{Slices: make([]Slice, 0, 128), Neutron: make([]Neutron, 0, 32)}
	}
	if o.Analysis != nil {
		e.spare = o.Analysis
	}
	*o = Occupancy{Start: at, Open: true, Slices: o.Slices[:0], Neutron: o.Neutron[:0], Windows: o.Windows[:0], Boot: e.boot, MaxSigma: math.MinInt32}
	e.cur = o
	e.watch.occupied()
	e.run = run{heard: at, stride: 1, sprt: e.neutrons.start(e.set.steps())}
	e.run.neutrons.Rate = e.neutrons.rate()
	e.run.k, e.run.window, e.run.mask = e.set.force(e.cfg)
	o.Threshold = e.run.k
	if e.run.window != defaultWindow {
		o.AlarmWindow = e.run.window
	}
	if e.run.mask != defaultMask {
		o.Mask = maskText(e.run.mask)
	}
	o.Hold = e.set.hold()
	if !e.windows.At.IsZero() {
		o.WindowBG, o.WindowAge = e.windows.Rates, max(at.Sub(e.windows.At), 0)
	}
	o.NeutronBG, _ = e.neutrons.mcps()
	o.HasBG, o.Background = e.bg.has, e.bg.last.G
	o.Fault = e.Fault()
	if !o.HasBG {
		e.fault("no background")
		return o
	}
	o.BGAge = max(at.Sub(e.bg.last.At), 0)
	o.BackgroundT = int32(e.set.average())
	o.BackgroundU = int32(math.Round(float64(1.96 * e.watch.Drift.uncertainty(sum(o.Background), e.set.average(), o.BGAge))))
	if o.BGAge > staleAfter {
		e.fault("stale background")
	}
	o.GuardBackground, o.Guarded = e.bg.guard(at)
	if o.Guarded {
		o.GuardSigma = math.MinInt32
	}
	return o
}

// fault remembers the first reason why the open occupancy cannot be judged.
func (e *Engine) fault(why string) {
	if e.cur != nil && e.cur.Fault == "" {
		e.cur.Fault = why
	}
}

// speed keeps the newest credible speed, and the median of all.
func (e *Engine) speed(at time.Time, r *obs.Radiation) {
	if o := e.open(at); len(r.Flags) == 0 && r.Speed > 0 {
		o.Speed = quant.Speed(r.Speed)
		e.run.speeds.add(o.Speed)
		o.Beams, o.BeamsU = e.run.speeds.median()
	}
}

// neutron takes one neutron interval.
func (e *Engine) neutron(at time.Time, r *obs.Radiation) {
	o := e.open(at)
	c := clamp(r.Neutron)
	e.neutrons.counted(c)
	n := Neutron{At: since(o.Start, at), Counts: c, Vendor: r.Alarm || r.Tag == "NA"}
	if e.run.sprt.On {
		after, alarm := e.run.sprt.add(sum(c))
		n.Sum, n.Alarm = Sum(after), alarm
	}
	e.run.neutrons.begin(r.Interval)
	excess, confirmed := e.run.neutrons.add(sum(c))
	n.Excess = excess
	if n.Vendor {
		o.VendorAlarm, o.VendorNeut = true, true
	}
	o.NeutronAlarm = o.NeutronAlarm || n.Alarm || n.Vendor || n.Excess
	o.NeutronConfirmed = o.NeutronConfirmed || confirmed
	if len(o.Neutron) < MaxNeutron {
		o.Neutron = append(o.Neutron, n)
	}
	e.flags(r)
}

func (e *Engine) flags(r *obs.Radiation) {
	for _, f := range r.Flags {
		switch f {
		case obs.Truncated:
			e.cur.Truncated = true
		case obs.IntervalUnknown:
			e.cur.IntervalUnknown = true
		}
		if f.Voids() {
			e.fault(string(f))
		}
	}
}

// end closes the occupancy with the portal's counter.
func (e *Engine) end(at time.Time, r *obs.Radiation) *Occupancy {
	if e.cur == nil && e.numbered && r.Occupancy == e.number {
		return nil // the same end line twice
	}
	e.open(at)
	missed := uint32(0)
	if e.numbered {
		switch {
		case r.Occupancy <= e.number && e.number != maxCount: // the controller was restarted
			e.boot++
		case r.Occupancy > e.number:
			missed = r.Occupancy - e.number - 1
		}
	}
	e.number, e.numbered = r.Occupancy, true
	if r.Background > 0 {
		e.neutrons.End = r.Background
		e.cur.NeutronBG = r.Background
	}
	e.cur.Number, e.cur.Boot, e.cur.Missed = r.Occupancy, e.boot, missed
	e.cur.End = at
	done := e.close("")
	e.lost = ""
	return done
}

// close ends the open occupancy; why is what it lacks.
func (e *Engine) close(why string) *Occupancy {
	o, r := e.cur, &e.run
	if o.End.IsZero() {
		o.End = r.heard
	}
	if r.interval > 0 {
		due := int(r.last.Sub(r.first) / (time.Duration(r.interval) * time.Millisecond))
		if due-(o.Count-1) > lostSlices {
			o.Truncated = true
			e.fault("slices lost")
		}
	}
	switch {
	case o.Contacts: // it has none
	case o.Count == 0:
		e.fault("no slices")
	case o.Count < r.window:
		e.fault("shorter than the alarm window")
	}
	if len(o.Neutron) == 0 && o.Count > 2*lostSlices && e.neutrons.HasCut {
		e.fault("no neutron counts")
	}
	e.panels()
	o.NeutronConfirmed = o.NeutronConfirmed && o.NeutronAlarm
	if why != "" {
		e.fault(why)
	}
	if o.Analysis = e.spare; o.Analysis == nil {
		o.Analysis = &Analysis{}
	}
	e.spare = nil
	e.templates.analyse(o, o.Analysis)
	o.Open = false
	e.cur = nil
	return o
}

// panels looks for counters that were dead in the occupancy, or hung while others counted.
func (e *Engine) panels() {
	o, r := e.cur, &e.run
	least := 0 // changes of the panel that has changed most
	for _, n := range r.changes {
		least = max(least, n)
	}
	for p, b := range o.Background {
		due := int64(b) * int64(o.Count) * int64(r.interval) / 1000
		switch {
		case due < leastDue:
		case r.counted[p] == 0:
			e.fault(faultSilent + panelNames[p])
		case o.Count >= leastStuck && r.changes[p] <= 1 && least >= o.Count/2:
			e.fault(faultStuck + panelNames[p])
		}
	}
}

const (
	leastDue   = 20 // counts that do not all fail to come by chance: e^-20
	leastStuck = 30 // slices: a panel of 50/s has the same counts in two with 13 %
)

func clamp(c [4]int32) [4]int32 {
	for p := range c {
		c[p] = max(0, min(maxCount, c[p]))
	}
	return c
}

// since is t in ms after start.
func since(start, t time.Time) int32 {
	return int32(max(math.MinInt32, min(math.MaxInt32, t.Sub(start).Milliseconds())))
}
