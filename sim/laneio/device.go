// Package laneio simulates the I/O module of a lane, a Moxa ioLogik E1212 or E1214 on
// Modbus TCP, with what is wired to it: vehicle loops, light curtains, a barrier with
// limit switches, a traffic light.
//
// Written from the Modbus application protocol (V1.1b3) and messaging guide (V1.0b), and
// the default address map in appendix A of the ioLogik E1200 user's manual.
package laneio

import (
	"math"
	"slices"
	"sync"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Loop is an inductive loop: its relay is closed while any part of a vehicle is above it.
type Loop struct {
	Signal  string
	Station quant.Length // its middle, from the lane datum
	Length  quant.Length // along the lane, default 2 m; 1 mm makes a light curtain of it
}

// Config says what is wired to which channel. Zero values are defaults.
type Config struct {
	Model   string   // moxa-e1212 (8 inputs, 8 outputs, default) or moxa-e1214 (6 and 6)
	Inputs  []string // signal of each input channel, "" for none; see DefaultInputs
	Outputs []string // barrier_open, barrier_close, light_red, light_green, "" ; default in this order
	Loops   []Loop
	Unit    byte          // default 1; 255 is also answered
	Travel  time.Duration // of the barrier, default 2 s
	Pulse   time.Duration // of a relay, default 400 ms
	// Inverted signals are wired as opening contacts; default emergency.
	Inverted []string
}

// Fault is what goes wrong. The zero value is nothing.
type Fault struct {
	Delay        time.Duration   // before each answer
	Exception    byte            // instead of each answer, if not 0
	Drop         bool            // the connection is closed instead of an answer
	Half         bool            // half of the answer, then silence on this connection
	WrongUnit    bool            // answers bear another unit id
	WrongID      bool            // answers bear another transaction id
	Stuck        map[string]bool // contacts that stay in one state
	Bounce       bool            // contacts bounce: three edges in 15 ms
	BarrierStuck bool            // the barrier does not follow its relays
}

// models gives inputs and outputs of a model.
func models(name string) (in, out int) {
	if name == "moxa-e1214" {
		return 6, 6
	}
	return 8, 8
}

// DefaultInputs gives the wiring of the input channels of a model.
func DefaultInputs(model string) []string {
	if model == "moxa-e1214" {
		return []string{"loop_entry", "loop_exit", "ir_exit", "barrier_up", "barrier_down", "emergency"}
	}
	return []string{"loop_entry", "loop_platform", "loop_exit", "ir_entry", "ir_exit", "barrier_up", "barrier_down", "emergency"}
}

// step is how finely inputs are followed between two requests, so that an edge counter
// counts what a slow poller misses.
const step = 10 * time.Millisecond

// maxSteps bounds the work after a long pause.
const maxSteps = 200

// Device is one module. It is safe for concurrent use; time is given by its callers and
// never goes back.
type Device struct {
	cfg   Config
	scene sim.Scene
	under loopSet // of the barrier's own safety

	mu      sync.Mutex
	now     time.Time
	fault   Fault
	forced  map[string]bool // contacts that others work: emergency, tamper, ...
	in      []input
	out     []output
	barrier barrier
	counts  []bool  // counter running, per input
	rests   bool    // nothing happens by itself while the loops stay as they were last
	last    loopSet // occupied last

	look sync.Mutex   // of Update, guards seen; taken before mu
	seen []sim.Placed // scratch
}

type input struct {
	signal   string
	loops    loopSet // that work it
	limit    int     // of the barrier: 1 its upper switch, -1 its lower
	inverted bool    // wired as an opening contact
	on       bool    // contact closed
	edge     time.Time
	count    uint32
}

// loopSet has a bit for each of cfg.Loops, at most 64.
type loopSet uint64

// exits are the signals that the barrier's own safety listens to.
func exits(signal string) bool { return signal == "loop_exit" || signal == "ir_exit" }

type output struct {
	signal string
	on     bool
	until  time.Time // end of a pulse; zero: a level
}

// New makes a module at rest: barrier down, all outputs off.
func New(cfg Config, scene sim.Scene, start time.Time) *Device {
	nin, nout := models(cfg.Model)
	if cfg.Inputs == nil {
		cfg.Inputs = DefaultInputs(cfg.Model)
	}
	if cfg.Outputs == nil {
		cfg.Outputs = []string{"barrier_open", "barrier_close", "light_red", "light_green"}
	}
	if cfg.Travel == 0 {
		cfg.Travel = 2 * time.Second
	}
	if cfg.Pulse == 0 {
		cfg.Pulse = 400 * time.Millisecond
	}
	if cfg.Unit == 0 {
		cfg.Unit = 1
	}
	if cfg.Inverted == nil {
		cfg.Inverted = []string{"emergency"}
	}
	cfg.Loops = slices.Clone(cfg.Loops)
	for i := range cfg.Loops {
		if cfg.Loops[i].Length == 0 {
			cfg.Loops[i].Length = 2 * quant.Metre
		}
	}
	d := &Device{cfg: cfg, scene: scene, now: start, forced: map[string]bool{},
		in: make([]input, nin), out: make([]output, nout), counts: make([]bool, nin)}
	for i := range d.in {
		d.counts[i] = true
		if i < len(cfg.Inputs) {
			d.in[i].signal = cfg.Inputs[i]
		}
		in := &d.in[i]
		in.inverted = slices.Contains(cfg.Inverted, in.signal)
		in.loops = d.wired(func(signal string) bool { return signal == in.signal })
		switch in.signal {
		case "barrier_up":
			in.limit = 1
		case "barrier_down":
			in.limit = -1
		}
		in.on = d.contact(in, 0)
	}
	d.under = d.wired(exits)
	for i := range d.out {
		if i < len(cfg.Outputs) {
			d.out[i].signal = cfg.Outputs[i]
		}
	}
	return d
}

// SetFault changes what goes wrong from now on.
func (d *Device) SetFault(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.rests = f, false
}

// Set works a contact that is not a loop or a limit switch: emergency, tamper,
// door_open, rad_alarm_relay. on is the signal's meaning, not the wire's state.
func (d *Device) Set(signal string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forced[signal], d.rests = on, false
}

// Barrier tells where the barrier is: open is fully up.
func (d *Device) Barrier() (open, moving bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.barrier.pos == 1, d.barrier.dir != 0
}

// Lights tells which lamps burn.
func (d *Device) Lights() (red, green bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lit("light_red"), d.lit("light_green")
}

func (d *Device) lit(signal string) bool {
	return slices.ContainsFunc(d.out, func(o output) bool { return o.signal == signal && o.on })
}

// wired gives the loops whose signal is one of those.
func (d *Device) wired(one func(signal string) bool) (set loopSet) {
	for i, l := range d.cfg.Loops {
		if one(l.Signal) {
			set |= 1 << i
		}
	}
	return set
}

// Update lets time pass until now. The scene is asked without the device's lock, so that
// a scene may ask for the barrier.
func (d *Device) Update(now time.Time) {
	d.look.Lock()
	defer d.look.Unlock()
	d.mu.Lock()
	from := d.now
	d.mu.Unlock()
	if !now.After(from) {
		return
	}
	occupied, still := d.loops(now, now.Sub(from))
	if still && d.rest(now, occupied) {
		return
	}
	dt := step
	if n := now.Sub(from) / step; n > maxSteps {
		dt = now.Sub(from) / maxSteps
	}
	for t := from; t.Before(now); {
		if t = t.Add(dt); t.After(now) {
			t = now
		}
		if !still {
			occupied, _ = d.loops(t, 0)
		}
		d.advance(t, occupied)
		if still && d.rest(now, occupied) {
			return
		}
	}
}

// rest lets time pass in which nothing happens; it reports whether that is so.
func (d *Device) rest(until time.Time, occupied loopSet) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.rests || occupied != d.last {
		return false
	}
	d.now = until
	return true
}

// Nobody brakes or starts so hard, mm/s^2, or is out of sight so soon after a loop.
const (
	hardest = 10_000
	sight   = time.Second
)

// loops tells which of cfg.Loops are occupied at t, and whether they were so for all of a
// time before it: no vehicle's end can have passed an edge of a loop meanwhile.
func (d *Device) loops(t time.Time, before time.Duration) (set loopSet, still bool) {
	d.seen = d.seen[:0]
	if d.scene != nil {
		d.seen = d.scene.At(d.seen, t)
	}
	still = before <= sight
	span := before.Seconds()
	for i := range d.cfg.Loops {
		l := &d.cfg.Loops[i]
		lo, hi := float64(l.Station-l.Length/2), float64(l.Station+(l.Length+1)/2)
		for k := range d.seen {
			v := &d.seen[k]
			front, rear := v.X-lo, v.X-float64(v.Length)-hi
			if rear < 0 && front > 0 {
				set |= 1 << i
			}
			way := (math.Abs(v.V) + hardest*span) * span
			still = still && (front > way || front < -way) && (rear > way || rear < -way)
		}
	}
	return set, still
}

// advance moves the device to t.
func (d *Device) advance(t time.Time, occupied loopSet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rests, d.last = true, occupied
	for i := range d.out {
		o := &d.out[i]
		if !o.until.IsZero() && !t.Before(o.until) {
			o.on, o.until = false, time.Time{}
		}
		d.rests = d.rests && o.until.IsZero()
	}
	if !d.fault.BarrierStuck {
		d.barrier.move(t.Sub(d.now), d.cfg.Travel, occupied&d.under != 0)
		d.rests = d.rests && d.barrier.dir == 0
	}
	d.now = t
	for i := range d.in {
		in := &d.in[i]
		on := d.contact(in, occupied)
		if on == in.on {
			continue
		}
		in.on, in.edge = on, t
		if d.counts[i] && on {
			in.count++
		}
		if d.counts[i] && d.fault.Bounce {
			in.count++ // the second closing of the bounce
		}
	}
}

// contact gives the state of the wire of an input.
func (d *Device) contact(in *input, occupied loopSet) bool {
	return d.state(in, occupied) != in.inverted
}

// state gives the meaning of an input's signal.
func (d *Device) state(in *input, occupied loopSet) bool {
	if len(d.fault.Stuck) > 0 {
		if on, ok := d.fault.Stuck[in.signal]; ok {
			return on
		}
	}
	switch in.limit {
	case 1:
		return d.barrier.pos == 1
	case -1:
		return d.barrier.pos == 0
	}
	return occupied&in.loops != 0 || len(d.forced) > 0 && d.forced[in.signal]
}

// raw gives what an input channel reads at the moment, bounce included.
func (d *Device) raw(i int) bool {
	in := &d.in[i]
	if age := d.now.Sub(in.edge); d.fault.Bounce && !in.edge.IsZero() && age >= 5*time.Millisecond && age < 10*time.Millisecond {
		return !in.on
	}
	return in.on
}

// drive sets an output; pulse ends by itself.
func (d *Device) drive(i int, on, pulse bool) {
	o := &d.out[i]
	d.rests = false
	rising := on && !o.on
	o.on, o.until = on, time.Time{}
	if on && pulse {
		o.until = d.now.Add(d.cfg.Pulse)
	}
	if !rising || d.fault.BarrierStuck {
		return
	}
	switch o.signal {
	case "barrier_open":
		d.barrier.dir = 1
	case "barrier_close":
		d.barrier.dir = -1
	}
}

// barrier is a boom between 0 (down) and 1 (up).
type barrier struct {
	pos float64
	dir int // 1 up, -1 down, 0 at rest
}

// move lets the boom travel; its own safety turns it up again over an obstacle.
func (b *barrier) move(dt, travel time.Duration, obstructed bool) {
	if b.dir < 0 && obstructed {
		b.dir = 1
	}
	b.pos += float64(b.dir) * float64(dt) / float64(travel)
	if b.pos >= 1 || b.pos <= 0 {
		b.pos = max(0, min(1, b.pos))
		if b.dir > 0 && b.pos == 1 || b.dir < 0 && b.pos == 0 {
			b.dir = 0
		}
	}
}
