package scenario

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/dims"
	"acsgd/sim/laneio"
)

// Instrument is one simulated instrument of a lane, and what a site file says of it.
type Instrument struct {
	Name     string // as in the site file: wim-1
	Class    string // as in fault tables: io, front, rear, wim, dims, rpm
	Driver   string // the protocol that it speaks, as a driver kind
	Station  quant.Length
	Role     string         // of cameras in the site file
	Settings map[string]any // of the driver
	Link     LinkKind
	Machine  *Faulty // nil for the I/O module, which is IO of the lane
	Second   *Faulty // the second platform of a scale, on a link of its own; nil: there is none
	// Thinned reports whether its stream is thinned at the moment, because nothing is near
	// and nothing is wrong; nil: never. A driver may then complain of a slow stream.
	Thinned func() bool
}

// LinkKind is the wire that an instrument hangs on in a run on real ports.
type LinkKind string

// The wires.
const (
	Modbus LinkKind = "modbus" // Modbus TCP, of the I/O module
	Serial LinkKind = "serial" // a pseudo terminal
	TCP    LinkKind = "tcp"    // the instrument listens
	Push   LinkKind = "push"   // the instrument dials

	ModbusTCP  LinkKind = "modbus+tcp"        // the instrument listens
	ModbusRTU  LinkKind = "modbus+rtu"        // a pseudo terminal
	ModbusOver LinkKind = "modbus+rtuovertcp" // the converter of a serial line listens
)

func classes() []string { return []string{"io", "front", "rear", "wim", "wim2", "dims", "rpm"} }

// Gear is all instruments of one lane with the world that they look at.
type Gear struct {
	ID    string // of the lane: "1"
	World *Lane
	IO    *laneio.Device
	List  []*Instrument

	ioFaults []window
	front    *mistaken
	rear     *mistaken
	open     []*Passing // whose faults may be in force
	changes  int
	virtual  bool
	placed   []sim.Placed // of Calm
}

// late lets the world exist before the I/O module that has its barrier.
type late struct{ d *laneio.Device }

// Barrier implements sim.Barrier.
func (b *late) Barrier() (open, moving bool) { return b.d.Barrier() }

// NewGear makes the instruments of one lane, from 1. Virtual thins the streams of an empty
// lane. pace is that of NewLane.
func NewGear(p *Plan, lane int, virtual bool, pace float64) (*Gear, error) {
	b := &late{}
	g := &Gear{ID: fmt.Sprint(lane), virtual: virtual, World: NewLane(p, lane, b, pace)}
	g.IO = laneio.New(laneio.Config{Loops: []laneio.Loop{
		{Signal: "loop_entry", Station: AtEntry}, {Signal: "loop_exit", Station: AtExit}}}, g.World, p.Start)
	b.d = g.IO
	seed := p.Seed*1000 + uint64(lane)
	g.add(&Instrument{Name: "io", Class: "io", Driver: "laneio/modbus", Station: AtEntry, Link: Modbus,
		Settings: map[string]any{"model": "moxa-e1212"}}, nil, 0)
	g.cameras(p, lane, seed)
	g.weigh(p, lane, seed, virtual)
	if err := g.scanner(p, seed, virtual); err != nil {
		return nil, err
	}
	g.portal(p, lane, seed, virtual)
	return g, nil
}

func (g *Gear) add(i *Instrument, m sim.Machine, seed uint64) {
	i.Name += "-" + g.ID
	if m != nil {
		i.Machine = NewFaulty(m, seed)
	}
	g.List = append(g.List, i)
}

// fastest is how fast vehicles drive in where streams are thinned, mm/s.
const fastest = 3000

func (g *Gear) scanner(p *Plan, seed uint64, virtual bool) error {
	cfg := dims.Config{Model: "lms511", Seed: seed + 200, Station: float64(AtScanner), Height: float64(ScannerTop), Hz: 25, Resolution: 1.0 / 6}
	if p.Scenario.Gear.Beams == "coarse" {
		cfg.Resolution = 0.5
	}
	i := &Instrument{Name: "dims", Class: "dims", Driver: "dims/cola", Station: AtScanner, Link: TCP,
		Settings: map[string]any{"model": "lms5xx", "height": fmt.Sprintf("%dmm", ScannerTop)}}
	scene := sim.Scene(g.World)
	if virtual {
		cfg.Idle = p.Scenario.Gear.Idle
		i.Settings["silence"] = (p.Scenario.Gear.Idle + 2*time.Second).String()
		// The last thinned scan may be so long ago when the fastest vehicle comes.
		reach := max(4000, fastest*cfg.Idle.Seconds()+1000)
		n := &near{scene: g.World, at: float64(AtScanner), before: reach, after: 3000}
		scene = n
		i.Thinned = func() bool { return n.empty && !i.Machine.failing() }
	}
	m, err := dims.New(cfg, scene)
	if err != nil {
		return fmt.Errorf("lane %s: %w", g.ID, err)
	}
	g.add(i, m, seed+21)
	return nil
}

// near is the part of a scene close to a station: for an instrument that sees nothing of
// the rest, and thins its stream where nothing is to be seen.
type near struct {
	scene             sim.Scene
	at, before, after float64
	empty             bool // at the last look
}

// At implements sim.Scene.
func (n *near) At(dst []sim.Placed, t time.Time) []sim.Placed {
	from := len(dst)
	dst = n.scene.At(dst, t)
	keep := dst[:from]
	for _, p := range dst[from:] {
		if p.X > n.at-n.before && p.X-float64(p.Length) < n.at+n.after {
			keep = append(keep, p)
		}
	}
	n.empty = len(keep) == from
	return keep
}

// Changes counts who came and who has left, with their faults: while it stays the same no
// Step has touched an instrument.
func (g *Gear) Changes() int { return g.changes }

// Step lets the world's time pass and puts faults in force.
func (g *Gear) Step(now time.Time) []*Passing {
	in := g.World.Step(now)
	g.changes += len(in)
	for _, p := range in {
		g.open = append(g.open, p)
		for _, f := range p.Faults {
			g.fault(p, f)
		}
	}
	kept := g.open[:0]
	for _, p := range g.open {
		if p.Out.IsZero() {
			kept = append(kept, p)
			continue
		}
		g.changes++
		for _, i := range g.List {
			for _, m := range []*Faulty{i.Machine, i.Second} {
				if m != nil {
					m.end(p.Vehicle.ID, now)
				}
			}
		}
		g.ioFaults = ended(g.ioFaults, p.Vehicle.ID, now)
		g.front.end(p.Vehicle.ID)
		g.rear.end(p.Vehicle.ID)
	}
	g.open = kept
	if !g.virtual {
		g.failIO(now)
	}
	return in
}

// failIO makes the module on its real port fail as planned.
func (g *Gear) failIO(now time.Time) {
	var f laneio.Fault
	for i := range g.ioFaults {
		if w := &g.ioFaults[i]; w.in(now) {
			f.Drop = f.Drop || w.Kind == Disconnect
			f.Half = f.Half || w.Kind == Silence
			f.WrongID = f.WrongID || w.Kind == Garbage
			if w.Kind == Delay {
				f.Delay = w.Delay
			}
		}
	}
	g.IO.SetFault(f)
}

// fault puts one fault of a vehicle in force.
func (g *Gear) fault(p *Passing, f FaultPlan) {
	w := window{FaultPlan: f, from: p.In.Add(f.From), vehicle: p.Vehicle.ID}
	if f.For > 0 {
		w.to = w.from.Add(f.For)
	}
	switch {
	case f.Kind == Misread && f.Device == "front":
		g.front.begin(p.Arrival, f.Plate)
	case f.Kind == Misread:
		g.rear.begin(p.Arrival, f.Plate)
	case f.Device == "io":
		g.ioFaults = append(g.ioFaults, w)
	default:
		for _, i := range g.List {
			switch {
			case i.Class == f.Device:
				i.Machine.begin(w)
			case i.Second != nil && f.Device == i.Class+"2":
				i.Second.begin(w)
			}
		}
	}
}

// ErrNoAnswer says that the I/O module is cut off or silent.
var ErrNoAnswer = errors.New("no answer")

// Calm reports whether no contact of the I/O module can change for the next fifth of a
// second: no vehicle's end is near a loop, the barrier is at rest, nothing is wrong.
func (g *Gear) Calm(now time.Time) bool {
	const reach = 1000 + fastest // a loop's half, and a second's way
	if _, moving := g.IO.Barrier(); moving || len(g.ioFaults) > 0 {
		return false
	}
	g.placed = g.World.At(g.placed[:0], now)
	for _, p := range g.placed {
		for _, loop := range [2]float64{float64(AtEntry), float64(AtExit)} {
			if math.Abs(p.X-loop) < reach || math.Abs(p.X-float64(p.Length)-loop) < reach {
				return false
			}
		}
	}
	return true
}

// PDU answers a Modbus request at now, unless a fault forbids it. Garbage and lost messages
// of a request line end in a time-out as well.
func (g *Gear) PDU(now time.Time, req []byte) ([]byte, error) {
	for i := range g.ioFaults {
		w := &g.ioFaults[i]
		if !w.in(now) {
			continue
		}
		switch w.Kind {
		case Disconnect, Silence:
			return nil, ErrNoAnswer
		case Garbage, Lost:
			r := rand.New(rand.NewPCG(uint64(now.UnixNano()), uint64(i)))
			if r.Float64() < w.share(0.3) {
				return nil, ErrNoAnswer
			}
		}
	}
	return g.IO.PDU(now, req), nil
}
