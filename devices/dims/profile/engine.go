package profile

import (
	"math"
	"time"

	"acsgd/internal/obs"
)

const (
	thinEmpty = 10   // of the empty scans, one in so many recalibrates
	holdAfter = 10.0 // s of equal slices; then a vehicle that stands is looked at now and then
	holdEvery = 10   // scans
)

// Result is one vehicle.
type Result struct {
	Profile *obs.Profile
	Trace   []byte // for Replay; nil if it grew beyond MaxTrace
}

// Engine makes profiles from the scans of one profiler. Not safe for concurrent use.
type Engine struct {
	cfg      Config
	units    []*unit
	obj      object
	cells    cells
	rec      recorder
	empty    int  // empty scans since the last one taken for calibration
	skipped  int  // scans held back since the last one processed
	view     view // of the scan that those held back are like
	notices  []Notice
	period   time.Duration
	last     time.Time // of the newest scan of the first scanner
	align    alignment
	playback bool
}

// Notice is news about the mount.
type Notice struct {
	Text string
	Bad  bool // sizes are not to be trusted, or not as before
}

// New makes an engine; c must have passed Check.
func New(c Config) *Engine {
	e := &Engine{cfg: c}
	for i, m := range c.Mounts {
		e.units = append(e.units, &unit{index: uint8(i), mount: m})
	}
	e.cells.init(&e.cfg)
	return e
}

// Ready reports whether every scanner knows its mount, so that vehicles are measured.
func (e *Engine) Ready() bool {
	for _, u := range e.units {
		if !u.ready {
			return false
		}
	}
	return true
}

// Notices returns the news since the last call.
func (e *Engine) Notices() []Notice {
	n := e.notices
	e.notices = nil
	return n
}

// Busy reports whether a vehicle stands in the plane.
func (e *Engine) Busy() bool { return e.obj.state != idle }

// Feed takes one scan of scanner k (0 or 1), in order of time, and returns a vehicle when
// one has left the plane. s is not retained.
func (e *Engine) Feed(k int, s *Scan) *Result {
	if k < 0 || k >= len(e.units) || len(s.Dist) < 10 || s.Step <= 0 {
		return nil
	}
	u := e.units[k]
	if u.adopt(&e.cfg, s) {
		e.abandon()
	}
	if !u.ready {
		e.learn(u, s)
		return nil
	}
	if k == 0 && s.Period > 0 {
		e.period = s.Period
	}
	lost := e.missing(k, s)
	if e.hold(k, s) {
		return nil
	}
	u.foreground(s.Dist)
	if len(u.hits) == 0 && !e.Busy() {
		if e.empty++; e.empty >= thinEmpty || !u.measured {
			e.empty = 0
			e.learn(u, s)
		}
	}
	skipped := 0
	if k == 0 {
		skipped, e.skipped = e.skipped, 0
	}
	return e.process(record{unit: k, at: s.At, beam: s.Beam, lost: lost, marks: s.Marks, skipped: skipped})
}

// missing is how many scans of a vehicle are not there. Scan counters begin anew with every
// connection, so that a link that broke under a vehicle shows in the times alone.
func (e *Engine) missing(k int, s *Scan) int {
	if k != 0 {
		return s.Lost
	}
	gap := s.At.Sub(e.last)
	e.last = s.At
	if s.Lost == 0 && e.Busy() && e.period > 0 && gap > e.period*5/2 {
		return int(min((gap+e.period/2)/e.period-1, math.MaxInt16))
	}
	return s.Lost
}

// hold skips most scans of a vehicle that has stood still for long: they say nothing new
// and would fill the trace of a queue in front of the barrier.
func (e *Engine) hold(k int, s *Scan) bool {
	if !e.obj.still(s.At) {
		e.view = view{}
		return false
	}
	if k != 0 {
		return e.skipped != holdEvery-1 // the one before the scan of the first that is looked at
	}
	u := e.units[0]
	u.foreground(s.Dist)
	now := viewOf(u.hits)
	if e.skipped < holdEvery-1 && s.Lost == 0 && now.like(e.view) {
		e.skipped++
		return true
	}
	e.view = now
	return false
}

// view is a scan in two numbers.
type view struct {
	beams int
	mean  float64 // mm
}

func viewOf(hits []hit) view {
	sum := 0.0
	for _, h := range hits {
		sum += float64(h.d)
	}
	return view{len(hits), sum / max(float64(len(hits)), 1)}
}

// like reports whether nothing has moved: a tenth of the beams comes and goes.
func (v view) like(w view) bool {
	return math.Abs(float64(v.beams-w.beams)) <= float64(v.beams+w.beams)/20 && math.Abs(v.mean-w.mean) <= sameMM
}

func (e *Engine) learn(u *unit, s *Scan) {
	if !u.cal.add(s.Dist, e.cfg.Scans) {
		return
	}
	text, bad := u.calibrate(&e.cfg)
	if text != "" {
		e.notices = append(e.notices, Notice{Text: text, Bad: bad})
	}
}

// abandon forgets the object and all that a replay of the next one could not know.
func (e *Engine) abandon() {
	e.obj.reset()
	e.rec.reset()
	e.cells.reset()
	for _, u := range e.units {
		u.forget()
	}
}

// record is one processed scan; its hits are in the unit.
type record struct {
	unit    int
	at      time.Time
	beam    time.Duration
	lost    int
	marks   Remarks
	skipped int
}

// process runs the chain behind the foreground; Replay enters here too.
func (e *Engine) process(r record) *Result {
	u := e.units[r.unit]
	if !e.playback {
		e.rec.add(e, r, u.hits)
	}
	u.confirm()
	u.project()
	u.at = r.at
	if len(u.kept) > 0 {
		u.at = r.at.Add(time.Duration(u.kept[len(u.kept)/2].i) * r.beam)
	}
	u.stay.look(u.points, u.at, e.cfg.EndScans)
	if r.unit != 0 {
		if e.Busy() {
			e.obj.note(r)
		}
		return nil
	}
	points := [][]point{u.points}
	seen := u.at
	if len(e.units) > 1 {
		v := e.units[1]
		if d := u.at.Sub(v.at.Add(e.align.skew)); len(v.points) > 0 && d < e.period*3/2 && d > -e.period*3/2 {
			points = append(points, v.points)
			switch {
			case u.stay.clear == 0 || v.stay.clear > 0:
			case u.stay.clear == 1 && !u.stay.last.IsZero():
				seen = u.stay.last // it left since the second scanner looked, a part of a period ago
			default:
				seen = v.at.Add(e.align.skew) // what is there is hidden from the first scanner
			}
		}
	}
	e.cells.build(points)
	return e.segment(r, u.at, seen, len(points) > 1)
}

// segment moves the object on by one slice; seen is when what is in it was seen, and both
// says that two scanners have seen it.
func (e *Engine) segment(r record, at, seen time.Time, both bool) *Result {
	o, c := &e.obj, &e.cells
	present := c.high >= 1 && c.above300 >= 2
	if o.state == idle {
		if !present {
			c.keep()
			e.rec.quiet()
			return nil
		}
		o.open(seen)
		c.forget()
	}
	o.note(r)
	o.slices += 1 + r.skipped
	if o.clear == 0 { // what was held back showed what the slice before it showed
		o.end = o.end.Add(time.Duration(r.skipped) * e.period)
	}
	switch {
	case present:
		o.clear = 0
		o.end = seen
		if c.wide >= 3 {
			o.wide++
		} else if o.state == tentative {
			o.wide = 0
		}
		if o.wide >= 2 {
			o.state = sure
		}
		o.add(e, at)
		if both || r.skipped == 0 { // the second scanner is held back with the first
			o.seen, o.both = o.seen+1, o.both+b2i(both)
		}
	default:
		o.clear++
		if o.state == tentative {
			o.wide = 0
		}
		c.forget()
	}
	c.keep()
	if o.clear < e.endScans() && at.Sub(o.start) < time.Duration(e.cfg.MaxObject)*time.Second {
		return nil
	}
	return e.finish()
}

// endScans is how many clear scans end an object: a drawbar may be missed now and then,
// and with a known speed 0.35 m of clear ground are wanted.
func (e *Engine) endScans() int {
	n := e.cfg.EndScans
	if e.cfg.Speed > 0 && e.period > 0 {
		travel := 350 / float64(e.cfg.Speed) / e.period.Seconds()
		n = max(3, min(int(travel+1), 1000))
	}
	return n
}

func (e *Engine) finish() *Result {
	defer e.abandon()
	o := &e.obj
	if o.state != sure {
		return nil
	}
	res := &Result{Profile: o.profile(e)}
	if !e.playback {
		res.Trace = e.rec.trace(e)
		if len(e.units) > 1 {
			if n, ok := e.align.vehicle(&e.units[0].stay, &e.units[1].stay, e.period); ok {
				e.notices = append(e.notices, n)
			}
		}
		if o.clear == 0 { // it never left: take it for background from now on
			for _, u := range e.units {
				u.adoptAsBackground()
			}
		}
	}
	return res
}

// adoptAsBackground starts over: what stands there is no vehicle.
func (u *unit) adoptAsBackground() {
	u.cal = calibration{}
	u.limit, u.measured = nil, false
	u.ready = u.mount.Height > 0
	u.n = 0
}
