// Package checkpoint is a whole simulated checkpoint on real wires of this machine:
// pseudo terminals, TCP, Modbus TCP, HTTP and MQTT, with traffic that drives through its
// lanes. The software under test connects to it as it would to hardware.
package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/dims"
	"acsgd/sim/laneio"
	"acsgd/sim/modbus"
	"acsgd/sim/rpm"
	"acsgd/sim/wim"
)

// Config says what is simulated. Zero values are defaults.
type Config struct {
	Lanes   int           // default 4
	Seed    uint64        // equal seeds give equal traffic; default 1
	Headway time.Duration // between a vehicle that leaves and the next one; default 3 s
	Lead    time.Duration // how long before a vehicle its declaration is lodged; default 8 s
	Stories []sim.Story   // of the first vehicles of each lane, shifted by one a lane
	Log     *slog.Logger
	// Lodge takes the declaration of a vehicle that will come.
	Lodge func(a sim.Arrival, n int) error
	// Expected, if set, hears of every vehicle as it drives in.
	Expected func(lane string, a sim.Arrival, at time.Time)
	MQTT     string // broker of the Frigate camera, "" for none
	Reader   string // link of a second reader in every lane, "" for none
	// CER is the share of characters that the cameras read wrongly; default 0.002.
	CER float64
}

// Places in a lane, mm from its datum.
const (
	atEntry   quant.Length = 0
	atCamera  quant.Length = 2000
	atScale   quant.Length = 4000
	atScanner quant.Length = 9000
	atPortal  quant.Length = 12_000
	atRear    quant.Length = 14_000
	atExit    quant.Length = 40_000
	scanner   quant.Length = 6200 // above the road
)

// Lane is one simulated lane and the links of its instruments.
type Lane struct {
	ID      string
	Traffic *sim.Traffic
	Scene   *sim.Lane
	IO      *laneio.Device

	front   maker
	rear    maker
	links   map[string]string
	run     []func(ctx context.Context)
	held    []net.Listener // ports that the host will listen on, kept until all are chosen: else two would get the same
	queue   []queued
	stories []sim.Story
	n       int
}

type queued struct {
	a  sim.Arrival
	at time.Time // earliest entry
}

// Checkpoint is a simulated checkpoint.
type Checkpoint struct {
	cfg   Config
	lanes []*Lane
}

// barrier lets the lane exist before its I/O module does.
type barrier struct{ d *laneio.Device }

// Barrier implements sim.Barrier.
func (b *barrier) Barrier() (open, moving bool) { return b.d.Barrier() }

// New opens all ports; Run lets the traffic begin.
func New(cfg Config) (*Checkpoint, error) {
	if cfg.Lanes == 0 {
		cfg.Lanes = 4
	}
	if cfg.Seed == 0 {
		cfg.Seed = 1
	}
	if cfg.Headway == 0 {
		cfg.Headway = 3 * time.Second
	}
	if cfg.Lead == 0 {
		cfg.Lead = 8 * time.Second
	}
	if cfg.CER == 0 {
		cfg.CER = 0.002
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Checkpoint{cfg: cfg}
	for i := range cfg.Lanes {
		l, err := c.lane(i)
		if err != nil {
			return nil, fmt.Errorf("simulated lane %d: %w", i+1, err)
		}
		c.lanes = append(c.lanes, l)
	}
	var errs []error
	for _, l := range c.lanes {
		for _, ln := range l.held {
			errs = append(errs, ln.Close())
		}
		l.held = nil
	}
	return c, errors.Join(errs...)
}

func (c *Checkpoint) lane(i int) (*Lane, error) {
	b := &barrier{}
	id := fmt.Sprint(i + 1)
	seed := c.cfg.Seed*1000 + uint64(i)
	l := &Lane{ID: id, Scene: sim.NewLane(sim.DefaultLayout(), b), Traffic: sim.NewTraffic(seed, "L"+id), links: map[string]string{}}
	for k := range c.cfg.Stories {
		l.stories = append(l.stories, c.cfg.Stories[(k+i)%len(c.cfg.Stories)])
	}
	l.IO = laneio.New(laneio.Config{Loops: []laneio.Loop{
		{Signal: "loop_entry", Station: atEntry}, {Signal: "loop_exit", Station: atExit}}}, l.Scene, time.Now().Round(0))
	b.d = l.IO
	var errs []error
	errs = append(errs, l.modbus(), l.scale(i, seed), l.profiler(seed), l.portal(i, seed), l.cameras(i, seed, c.cfg))
	return l, errors.Join(errs...)
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

func (l *Lane) modbus() error {
	ln, err := listen()
	if err != nil {
		return err
	}
	l.links["io"] = "modbus+tcp:" + ln.Addr().String()
	l.run = append(l.run, func(ctx context.Context) {
		if err := l.IO.Serve(ctx, ln, func() time.Time { return time.Now().Round(0) }); err != nil && ctx.Err() == nil {
			panic(err) // a port that we hold ourselves
		}
	})
	return nil
}

// scale puts a fast Mettler Toledo stream on a serial line, or on a TCP converter in every
// second lane, and a polled Tenso-M on the serial line of every fourth.
func (l *Lane) scale(i int, seed uint64) error {
	m := wim.Default(seed + 100)
	m.Station = atScale
	m.Drift = 20 * quant.Gram // a minute: at the model's 1 kg every vehicle is refused after an hour
	var machine sim.Machine
	if i%4 == 3 {
		m.Platform = 1 * quant.Metre // a polled scale is slower: a longer platform makes up for it
		machine = wim.NewTenso(m, l.Scene)
	} else {
		machine = wim.NewMT(m, l.Scene)
	}
	w := newWire(machine)
	if i%4 == 1 {
		ln, err := listen()
		if err != nil {
			return err
		}
		l.links["scale"] = "tcp:" + ln.Addr().String()
		l.run = append(l.run, func(ctx context.Context) { w.serve(ctx, ln) })
		return nil
	}
	line, err := newLine()
	if err != nil {
		return err
	}
	l.links["scale"] = "serial:" + line.Name() + "?baud=115200"
	l.run = append(l.run, func(ctx context.Context) { line.run(ctx, w) })
	return nil
}

func (l *Lane) profiler(seed uint64) error {
	s, err := dims.New(dims.Config{Model: "lms511", Seed: seed + 200, Station: float64(atScanner), Height: float64(scanner), Hz: 25, Resolution: 0.1667}, l.Scene)
	if err != nil {
		return err
	}
	ln, err := listen()
	if err != nil {
		return err
	}
	l.links["scanner"] = "tcp:" + ln.Addr().String()
	l.run = append(l.run, func(ctx context.Context) { newWire(s).serve(ctx, ln) })
	return nil
}

// portal is one of the TSA family, or in every fourth lane an Aspect.
func (l *Lane) portal(i int, seed uint64) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	cfg := rpm.Config{Station: float64(atPortal), Seed: seed + 300}
	var p sim.Machine = rpm.New(cfg, l.Scene)
	l.links["portal"] = "tcp:" + ln.Addr().String()
	if i%4 == 2 {
		p = modbus.TCP(rpm.NewAspect(rpm.AspectConfig{Config: cfg}, l.Scene))
		l.links["portal"] = "modbus+tcp:" + ln.Addr().String() + "?timeout=300ms"
	}
	l.run = append(l.run, func(ctx context.Context) { newWire(p).serve(ctx, ln) })
	return nil
}

// Run lets the instruments and the traffic run until ctx ends.
func (c *Checkpoint) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, l := range c.lanes {
		for _, f := range l.run {
			wg.Go(func() { f(ctx) })
		}
		wg.Go(func() { c.drive(ctx, l) })
	}
	wg.Wait()
}

// prepared is how many vehicles of a lane have lodged their declarations ahead.
const prepared = 3

// drive lets vehicles come, one after the other: the next drives in when nobody waits.
func (c *Checkpoint) drive(ctx context.Context, l *Lane) {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	next := time.Now().Add(c.cfg.Lead)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now := time.Now().Round(0)
		l.Scene.Step(now)
		for len(l.queue) < prepared {
			c.prepare(l, now)
		}
		if l.Scene.Clear() && now.After(next) && now.After(l.queue[0].at) {
			a := l.queue[0].a
			l.queue = l.queue[1:]
			l.Scene.Enter(now, a.Vehicle, a.Speed)
			if c.cfg.Expected != nil {
				c.cfg.Expected(l.ID, a, now)
			}
			next = now.Add(c.cfg.Headway + 4*time.Second)
		}
	}
}

func (c *Checkpoint) prepare(l *Lane, now time.Time) {
	var a sim.Arrival
	if l.n < len(l.stories) {
		a = l.Traffic.Of(l.stories[l.n])
	} else {
		a = l.Traffic.Next()
	}
	l.n++
	if a.Papers && c.cfg.Lodge != nil {
		lodged := a
		if a.Misread {
			lodged.Vehicle = mistype(a.Vehicle)
		}
		if err := c.cfg.Lodge(lodged, l.n); err != nil {
			c.cfg.Log.Error("declaration not lodged", "lane", l.ID, "err", err)
		}
	}
	l.queue = append(l.queue, queued{a, now.Add(c.cfg.Lead)})
}

// Lanes are the simulated lanes.
func (c *Checkpoint) Lanes() []*Lane { return c.lanes }

// SiteFile writes the site file of the simulated checkpoint: what an engineer would write
// for real hardware, with the addresses of this machine.
func (c *Checkpoint) SiteFile(head string) string {
	var b strings.Builder
	b.WriteString(head)
	for i, l := range c.lanes {
		fmt.Fprintf(&b, "\n[[lane]]\nid          = %q\ndirection   = \"import\"\nwindow      = \"4s\"\ngreen       = \"auto\"\ndeclaration = \"expected\"\nsecondary   = \"beyond\"\n", l.ID)
		dev := func(name, driver, link string, at quant.Length, more string) {
			fmt.Fprintf(&b, "\n  [[lane.device]]\n  name    = \"%s-%s\"\n  driver  = %q\n  link    = %q\n  station = \"%dmm\"\n%s", name, l.ID, driver, link, at, more)
		}
		dev("io", "laneio/modbus", l.links["io"], atEntry, "    [lane.device.settings]\n    model = \"moxa-e1212\"\n")
		l.cameraDevices(dev)
		scale := "    [lane.device.settings]\n    platform_length = \"0.75m\"\n    division        = \"20kg\"\n    speed_max       = \"15km/h\"\n"
		if i%4 == 3 {
			dev("wim", "wim/tenso-m", l.links["scale"], atScale, strings.Replace(scale, "0.75m", "1.0m", 1)+"    poll            = \"10ms\"\n")
		} else {
			dev("wim", "wim/mt-continuous", l.links["scale"], atScale, scale)
		}
		dev("dims", "dims/cola", l.links["scanner"], atScanner, fmt.Sprintf("    [lane.device.settings]\n    model  = \"lms5xx\"\n    height = \"%dmm\"\n", scanner))
		portal := "rpm/tsa"
		if i%4 == 2 {
			portal = "rpm/aspect"
		}
		dev("rpm", portal, l.links["portal"], atPortal, "")
		if c.cfg.Reader != "" {
			b.WriteString(l.readerDevice(c.cfg.Reader))
		}
	}
	return b.String()
}
