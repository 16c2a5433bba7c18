package fusion

import (
	"encoding/json"
	"fmt"
	"time"

	"acsgd/fusion/match"
	"acsgd/fusion/motion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// Bounds of the state. Beyond them the oldest goes, and the core says so in an event.
const (
	maxOpen    = 32  // passages in one lane at once
	maxRecent  = 16  // closed passages that late data may still amend
	maxCases   = 16  // and closed passages whose radiation alarm has no code
	maxOrders  = 256 // order ids remembered against double presses
	maxHistory = 256 // events kept in one passage
	maxPlates  = 24  // plate reads kept in one passage
	maxAxles   = 64
	maxMarks   = 16 // observations of one source remembered against duplicates
)

// Core is the decision core of one lane. The zero Core is ready; it waits for its Params.
// It is not safe for concurrent use.
type Core struct {
	s       state
	book    *rules.Book // put in force by Tuned; not part of the snapshot
	index   *decl.Index // put in force by Declared; not part of the snapshot
	out     []Output    // the outputs of the Step in progress
	touch   []*visit    // passages changed by the Step in progress
	scratch scratch
}

// state is all that a core remembers; its JSON is the snapshot.
type state struct {
	Params    *Params    `json:"params"`
	Book      string     `json:"book"` // version in force
	Seq       uint64     `json:"seq"`
	Now       time.Time  `json:"now"`
	Lane      LaneState  `json:"lane"`
	Open      []*visit   `json:"open"`   // the oldest, nearest to the barrier, first
	Recent    []*visit   `json:"recent"` // closed, the newest last
	Radiation portal     `json:"radiation"`
	Portal    string     `json:"portal"` // id of the passage that the open occupancy belongs to
	Scale     string     `json:"scale"`  // id of the passage that is on the scale
	Last      []lastSeen `json:"last"`   // newest observations of each source, against duplicates
	Orders    []answered `json:"orders"` // newest last
	Told      string     `json:"told"`   // the barrier's last command: open, close

	Used []used `json:"used,omitempty"` // declarations that vehicles have left with, the newest last
	// Channels are those of the lane's cameras; nil is the start channel for all.
	Channels *plate.Channels `json:"channels,omitempty"`

	Looked string        `json:"looked,omitempty"` // the day on which the certificates were looked at last
	Behind time.Duration `json:"behind"`           // by which our clock was set back; 0: it was not
}

// portal is the alarm engine, whose snapshot is JSON already.
type portal struct{ radiation.Engine }

// MarshalJSON gives the engine's snapshot.
func (p *portal) MarshalJSON() ([]byte, error) { return p.AppendBinary(nil) }

// UnmarshalJSON restores it.
func (p *portal) UnmarshalJSON(b []byte) error { return p.UnmarshalBinary(b) }

// lastSeen is a ring of a source's newest observations.
type lastSeen struct {
	Source string `json:"source"`
	Marks  []mark `json:"marks"`
	Next   int    `json:"next"`
}

// mark tells an observation from all others of its source.
type mark struct {
	Seq uint64    `json:"seq"`
	At  time.Time `json:"at"` // its arrival
}

type answered struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// visit is a passage with the core's own notes on it.
type visit struct {
	Passage
	First     time.Time    `json:"first"`            // earliest sight
	FirstAt   int32        `json:"first_station_mm"` // where
	LastSight time.Time    `json:"last_sight"`
	AtBarrier time.Time    `json:"at_barrier,omitzero"` // when it reached the exit loop
	Slots     []slot       `json:"slots"`
	Leaving   bool         `json:"leaving,omitempty"`   // on the exit loop after its release
	Alarmed   bool         `json:"alarmed,omitempty"`   // the portal's alarm has been announced
	Unwatched string       `json:"unwatched,omitempty"` // why the portal could not be relied on while it was here
	Shared    string       `json:"shared,omitempty"`    // the passage before it, in whose occupancy it was
	Lines     []uint64     `json:"lines,omitempty"`     // Seq of the portal's lines that count: first, alarms, end
	Joined    bool         `json:"joined,omitempty"`    // its axles may be those of two vehicles
	Twice     bool         `json:"twice,omitempty"`     // the scale has seen it a second time, unasked
	Neutrons  bool         `json:"neutrons,omitempty"`  // and that of its neutrons
	Track     motion.Track `json:"track"`
	Over      []over       `json:"over,omitempty"` // loops that its front has passed
	Shape     *shape       `json:"shape,omitempty"`
	Scale     int32        `json:"scale_mm,omitempty"` // station of the scale that Track is of
	Ended     bool         `json:"ended,omitempty"`    // the window is over: what is missing stays missing
	Chosen    string       `json:"chosen,omitempty"`   // declaration named by an officer
	Beyond    bool         `json:"beyond,omitempty"`   // the inspection bay lies behind the barrier
	Turn      time.Time    `json:"turn,omitzero"`      // when the barrier was told to open for it
	Again     time.Time    `json:"again,omitzero"`     // when an officer ordered it to be measured again
	Orphan    bool         `json:"orphan,omitempty"`   // opened by a record so late that its vehicle cannot be here any more
	Loads     int          `json:"loads,omitempty"`    // how many of the findings, the first, are of axles

	axleMemory rules.Memory // of what the findings of axles point to

	dirty    bool  // changed in this Step: publish it
	material bool  // changed so that an officer must look again: new Version
	judge    scope // what to judge again at the end of this Step
	late     bool  // it was closed when a record of it came in
	rematch  bool
}

// scope is how much of a passage is judged again.
type scope uint8

const (
	nothing   scope = iota
	axlesOnly       // one more axle of a weighing that is not over
	everything
)

// shape is what the profiler saw, kept until the speed is known.
type shape struct {
	Start     time.Time    `json:"start"`
	End       time.Time    `json:"end"`
	Station   int32        `json:"station_mm,omitempty"`
	Period    int32        `json:"period_us"`
	Beam      quant.Length `json:"beam_mm,omitempty"`
	Slices    []obs.Slice  `json:"slices,omitempty"`
	OwnLength bool         `json:"own_length,omitempty"` // the profiler measured the length itself
}

// scratch is working memory of one Step.
type scratch struct {
	status  bool
	turn    bool // the foremost vehicle has gone: see whether the next may
	raised  int  // alarms that are new in this Step
	vehicle rules.Vehicle
	axles   []rules.Axle
	mass    []quant.Mass
	fresh   []rules.Finding // of the axles being judged again
	before  []rules.Finding // of a judged passage, as they were
	seqs    []uint64
	day     civilDay // of the vehicles
	today   civilDay // of the clock
	plates  []string
	permit  rules.Permit
	matcher match.Matcher
}

// slot is what one instrument has contributed.
type slot struct {
	Source string    `json:"source"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end,omitzero"`
	Done   bool      `json:"done"`
	// Class, Certificate and Unfit are of the instrument when it began: a passage is judged
	// by the certificate of its day, also after the site has got a new one.
	Class       string                 `json:"class,omitempty"`
	Certificate *metrology.Certificate `json:"certificate,omitempty"`
	Unfit       string                 `json:"unfit,omitempty"` // why it may not be judged by, whatever the speed
}

// Step consumes one input, appends the consequences to dst and returns it. It never blocks
// and never fails; it allocates only for new passages, matches and verdicts. What the
// outputs point to is valid until the next Step.
func (c *Core) Step(dst []Output, in Input) []Output {
	c.s.Seq = in.Seq
	if in.Now.After(c.s.Now) {
		c.s.Now = in.Now
	}
	c.out, c.touch, c.scratch.raised = dst, c.touch[:0], 0
	switch b := in.Body.(type) {
	case Seen:
		c.seen(&b.Observation)
	case Declared:
		c.declared(b)
	case Ordered:
		c.ordered(b.Order)
	case Tuned:
		c.tuned(b)
	}
	c.timers()
	c.expiring()
	c.settle()
	dst, c.out = c.out, nil
	return dst
}

// Ready reports whether the core knows its lane; before that it only counts observations.
func (c *Core) Ready() bool { return c.s.Params != nil }

func (c *Core) tuned(t Tuned) {
	switch t.Kind {
	case TuneParams:
		p, ok := t.Value.(*Params)
		if !ok {
			c.event(nil, "fault", 1, fmt.Sprintf("parameters %s could not be used", t.Version))
			return
		}
		c.replaced(p)
		c.s.Params = p
		c.s.Lane.Lane, c.s.Lane.Mode = p.Lane, p.Mode
		c.adoptDevices()
		if d := c.portalDevice(); d != nil && d.Radiation != nil {
			c.s.Radiation.Configure(*d.Radiation)
		} else {
			c.s.Radiation.Configure(radiation.Config{})
		}
		c.forget()
		c.s.Looked = ""
		if c.s.Lane.Barrier == "" {
			c.s.Lane.Barrier, c.s.Lane.Light, c.s.Lane.Open = "unknown", "unknown", true
		}
	case TuneRules:
		b, ok := t.Value.(*rules.Book)
		if !ok {
			c.event(nil, "fault", 1, fmt.Sprintf("rule packs %s could not be used", t.Version))
			return
		}
		c.book, c.s.Book = b, t.Version
		c.rejudgeAll()
	case TuneTemplates:
		set, ok := t.Value.(*radiation.Templates)
		if !ok {
			c.event(nil, "fault", 1, fmt.Sprintf("radiation templates %s could not be used", t.Version))
			return
		}
		c.templates(set, t)
	case TuneChannels:
		set, ok := t.Value.(*plate.Channels)
		if !ok {
			c.event(nil, "fault", 1, fmt.Sprintf("camera channels %s could not be used", t.Version))
			return
		}
		c.channels(set, t)
	}
	c.status()
}

// channels puts what was learnt of the cameras' confusions in force: the vehicles in the
// lane that are not released are matched again.
func (c *Core) channels(set *plate.Channels, t Tuned) {
	c.s.Channels = set
	c.see(c.index)
	st, text := &TunedState{By: t.By, Since: c.s.Now, SHA256: t.SHA256}, "no camera channels in force"
	if set != nil {
		st.Version = set.Version
		text = "camera channels " + set.Version + " in force"
	}
	c.s.Lane.Channels = st
	e := c.note(nil, Alarm, "channels", 0, text)
	e.User = t.By
	c.rematchAll()
}

// see takes an index, as seen through the cameras' channels.
func (c *Core) see(x *decl.Index) {
	if c.index = x; c.s.Channels != nil || x.Through() != nil {
		c.index = x.WithChannels(c.s.Channels)
	}
}

// templates puts the shadows of vehicles in force for the occupancies that end from now on.
func (c *Core) templates(set *radiation.Templates, t Tuned) {
	c.s.Radiation.Use(set)
	st, text := &TemplatesState{By: t.By, Since: c.s.Now, SHA256: t.SHA256}, "no radiation templates in force"
	if set != nil {
		st.Version = set.Version
		text = "radiation templates " + set.Version + " in force"
	}
	c.s.Lane.Templates = st
	e := c.note(nil, Alarm, "templates", 0, text)
	e.User = t.By
}

// notHeard is the reason of a device that has said nothing since the lane knows of it.
const notHeard = "not heard yet"

// adoptDevices makes the lane's device list follow its parameters, keeping what is known.
func (c *Core) adoptDevices() {
	old := c.s.Lane.Devices
	c.s.Lane.Devices = make([]DeviceState, 0, len(c.s.Params.Devices))
	for _, d := range c.s.Params.Devices {
		st := DeviceState{Name: d.Name, Class: d.Class, State: obs.Offline, Reason: notHeard, Since: c.s.Now}
		for _, o := range old {
			if o.Name == d.Name {
				st = o
			}
		}
		st.Class, st.Optional = d.Class, !d.Expect && d.Class != "laneio"
		c.s.Lane.Devices = append(c.s.Lane.Devices, st)
	}
	switch portal := c.portalDevice() != nil; {
	case !portal:
		c.s.Lane.Templates = nil
	case c.s.Lane.Templates == nil:
		c.s.Lane.Templates = new(TemplatesState)
	}
}

func (c *Core) declared(d Declared) {
	c.see(d.Index)
	c.s.Lane.Index, c.s.Lane.Arrivals = d.Version, d.Index.Len()
	c.rematchAll()
	c.status()
}

// rematchAll matches every passage that is not released again.
func (c *Core) rematchAll() {
	for _, v := range c.s.Open {
		if !v.cleared() { // of a held one too: its papers may come now
			v.rematch = true
			c.mark(v)
		}
	}
}

// rejudgeAll judges every passage that is not released again, under a new rule pack.
func (c *Core) rejudgeAll() {
	for _, v := range c.s.Open {
		if !v.cleared() {
			v.judge = everything
			c.mark(v)
		}
	}
}

// Deadline reports when the core next wants a Tick; ok is false if it is idle.
func (c *Core) Deadline() (at time.Time, ok bool) {
	add := func(t time.Time) {
		if !t.IsZero() && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	for _, v := range c.s.Open {
		add(c.windowEnd(v))
		add(c.goneAt(v))
		if v.Pending != nil {
			add(v.Pending.Expires)
		}
		add(v.codeLapses())
	}
	for _, v := range c.s.Recent {
		add(v.codeLapses())
	}
	for i := range c.s.Lane.Devices {
		add(c.lastsAt(&c.s.Lane.Devices[i]))
	}
	for i := range c.s.Lane.Alarms {
		add(c.s.Lane.Alarms[i].Until)
	}
	if t, open := c.s.Radiation.Deadline(); open {
		add(t)
	}
	return at, ok
}

// AppendBinary appends a snapshot of the state. Rule packs and the index are not part of
// it: the shell puts the versions named in it in force again.
func (c *Core) AppendBinary(b []byte) ([]byte, error) {
	j, err := json.Marshal(&c.s)
	if err != nil {
		return b, fmt.Errorf("encode snapshot: %w", err)
	}
	return append(b, j...), nil
}

// UnmarshalBinary restores a snapshot; book and index must be restored with Restore.
func (c *Core) UnmarshalBinary(b []byte) error {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("decode snapshot: %w", err)
	}
	*c = Core{s: s}
	c.relink()
	return nil
}

// Restore hands a restored core the rule packs and the index that were in force, without
// any consequence.
func (c *Core) Restore(book *rules.Book, index *decl.Index) {
	c.book = book
	c.see(index)
}

// InForce names the versions that a snapshot was made under.
func (c *Core) InForce() (book string, index uint64) { return c.s.Book, c.s.Lane.Index }

// Seq is the number of the last input.
func (c *Core) Seq() uint64 { return c.s.Seq }

// Now is the time of the last input.
func (c *Core) Now() time.Time { return c.s.Now }

// Lane is the lane's state, valid until the next Step.
func (c *Core) Lane() *LaneState { return &c.s.Lane }

// Passages appends the open passages and the last closed one, the oldest first. What they
// point to is valid until the next Step.
func (c *Core) Passages(dst []*Passage) []*Passage {
	if n := len(c.s.Recent); n > 0 {
		dst = append(dst, &c.s.Recent[n-1].Passage)
	}
	for _, v := range c.s.Open {
		dst = append(dst, &v.Passage)
	}
	return dst
}
