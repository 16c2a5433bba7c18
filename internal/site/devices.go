package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"acsgd/console"
	"acsgd/devices"
	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/config"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// device is one supervised instrument.
type device struct {
	cfg  *config.Device
	lane string
	sup  *devices.Supervisor
	src  devices.Source
	log  func(msg string, args ...any)
	last atomic.Int64 // Unix ms of the last observation
}

// classOf gives the class of a driver kind: "wim/tenso-m" is "wim".
func classOf(kind string) string {
	c, _, _ := strings.Cut(kind, "/")
	return c
}

// firstByte is how long an instrument may be silent after it was connected: a vacant portal
// owes a line every 5 s.
const firstByte = 12 * time.Second

// openDevices makes all sources; none runs and none is opened yet.
func (s *Site) openDevices() error {
	s.tests = map[string]*radiation.Config{}
	var errs []error
	n := 0
	for i := range s.opt.File.Lanes {
		l := &s.opt.File.Lanes[i]
		for k := range l.Devices {
			errs = append(errs, s.openDevice("lane.device", n, &l.Devices[k], l.ID))
			n++
		}
	}
	for k := range s.opt.File.Tracker {
		errs = append(errs, s.openDevice("tracker", k, &s.opt.File.Tracker[k], ""))
	}
	return errors.Join(errs...)
}

func (s *Site) openDevice(table string, i int, d *config.Device, lane string) error {
	drv, err := Find(s.opt.Catalog, d.Driver)
	if err != nil {
		return s.opt.File.At(table, i, "driver", fmt.Errorf("device %s: %w", d.Name, err))
	}
	dev := &device{cfg: d, lane: lane, log: s.log.Error}
	dev.sup = devices.NewSupervisor(devices.Supervision{Name: d.Name, Lane: lane, Log: s.log, Emit: s.emit(dev), Waiting: firstByte})
	env := dev.sup.Env(devices.Env{Keep: s.keep.Put, Fetch: s.keep.Get, Country: Country(s.opt.File), Broker: s.broker, Open: s.opener(d)})
	dev.src, err = drv.New(section(s.opt.File, table, i, d), env)
	if err != nil {
		return s.opt.File.At(table, i, "driver", fmt.Errorf("device %s: %w", d.Name, err))
	}
	tests, err := Tests(drv, section(s.opt.File, table, i, d), d)
	if err != nil {
		return s.opt.File.At(table, i, "radiation", fmt.Errorf("device %s: %w", d.Name, err))
	}
	s.tests[d.Name] = tests
	s.devs = append(s.devs, dev)
	if a, ok := dev.src.(devices.Actuator); ok && lane != "" {
		s.mover.add(lane, d, a)
	}
	if o, ok := dev.src.(devices.Observer); ok && lane != "" {
		if err := Observed(s.opt.File, lane, d, o); err != nil {
			return s.opt.File.At(table, i, "settings", err)
		}
		s.observers[lane] = append(s.observers[lane], observer{d.Name, o})
	}
	return nil
}

// observer is a device that wants to know what others of its lane have seen.
type observer struct {
	name string
	devices.Observer
}

// Observed refuses an observer that names a device which its lane does not have: it would
// wait for ever without a word.
func Observed(f *config.File, lane string, d *config.Device, o devices.Observer) error {
	for _, name := range o.Observes() {
		if name == d.Name || !f.HasDevice(lane, name) {
			return fmt.Errorf("device %s: there is no other device %q in lane %s", d.Name, name, lane)
		}
	}
	return nil
}

// Country is that of a site, from the pack that judges there; "" is not known.
func Country(f *config.File) string {
	c, _, ok := strings.Cut(f.Site.Pack, "-")
	if !ok || len(c) != 2 || c == "EU" {
		return ""
	}
	return c
}

// section is the configuration of one device as its driver sees it.
func section(f *config.File, table string, i int, d *config.Device) devices.Section {
	return devices.Section{Driver: d.Driver, Link: d.Link, Station: fmt.Sprintf("%dmm", d.Station), Dir: f.Dir(),
		Decode: func(v any) error { return f.DecodeSettings(table, i, d, v) }}
}

// Find gives a driver of the catalogue.
func Find(catalog []devices.Driver, kind string) (devices.Driver, error) {
	var near []string
	for _, d := range catalog {
		if d.Kind == kind {
			return d, nil
		}
		if classOf(d.Kind) == classOf(kind) {
			near = append(near, d.Kind)
		}
	}
	if len(near) > 0 {
		return devices.Driver{}, fmt.Errorf("there is no driver %q, want one of %s", kind, strings.Join(near, ", "))
	}
	return devices.Driver{}, fmt.Errorf("there is no driver %q; \"acsgd drivers\" lists them", kind)
}

// opener makes links, with a recorder where the site file asks for one.
func (s *Site) opener(d *config.Device) func(string) (line.Open, error) {
	return func(link string) (line.Open, error) {
		open, err := line.Parse(link)
		if err != nil || d.Record == "" {
			return open, err
		}
		f, err := os.OpenFile(d.Record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, fmt.Errorf("open recording of %s: %w", d.Name, err)
		}
		return line.Record(open, f), nil
	}
}

// emit hands a device's observations to its lane. Corridor sources have no lane: their
// observations are made durable in lane "" until the centre takes them.
func (s *Site) emit(dev *device) devices.Emit {
	return func(o obs.Observation, done func(error)) {
		dev.last.Store(time.Now().UnixMilli())
		if l := s.lanes[dev.lane]; l != nil {
			l.Emit(o, s.observed(dev, o, done))
			return
		}
		s.corridor(o, done)
	}
}

// observed lets the lane's observers know of an observation with pictures when it is durable
// and judged: then the passage of its pictures is there.
func (s *Site) observed(dev *device, o obs.Observation, done func(error)) func(error) {
	if len(s.observers[dev.lane]) == 0 || !pictured(&o) {
		return done
	}
	return func(err error) {
		for _, x := range s.observers[dev.lane] {
			if names := x.Observes(); err == nil && x.name != dev.cfg.Name && (len(names) == 0 || slices.Contains(names, dev.cfg.Name)) {
				x.Observe(o)
			}
		}
		if done != nil {
			done(err)
		}
	}
}

func pictured(o *obs.Observation) bool {
	return slices.ContainsFunc(o.Blobs, func(b obs.Blob) bool { return strings.HasPrefix(b.MediaType, "image/") })
}

func (d *device) run(ctx context.Context) {
	if err := d.sup.Run(ctx, d.src); err != nil && !errors.Is(err, context.Canceled) {
		d.log("device ended", "dev", d.cfg.Name, "err", err)
	}
}

// Devices implements the console's device list.
func (s *Site) devices() []console.Device {
	list := make([]console.Device, 0, len(s.devs))
	for _, d := range s.devs {
		st := d.sup.Status()
		row := console.Device{Lane: d.lane, Kind: d.cfg.Driver, Link: d.cfg.Link, Certificate: d.cfg.Verified,
			DeviceState: fusion.DeviceState{Name: d.cfg.Name, Class: classOf(d.cfg.Driver), State: st.State, Reason: st.Reason, Since: st.Since, Last: st.Counters.LastFrame},
			Counters: map[string]uint64{"frames": uint64(st.Counters.Frames), "decode_errors": uint64(st.Counters.DecodeErrors),
				"bytes": uint64(st.Counters.Bytes), "reconnects": uint64(st.Counters.Reconnects)}}
		if row.State == "" {
			row.State = obs.Offline
		}
		if ms := st.ClockOffset.Milliseconds(); ms > 0 {
			row.Counters["clock_offset_ms"] = uint64(ms)
		}
		for _, e := range st.Errors {
			row.Errors = append(row.Errors, console.DeviceError{At: e.At, Offset: e.Err.Offset, Reason: e.Err.Reason, Frame: fmt.Sprintf("%x", e.Err.Frame)})
		}
		list = append(list, row)
	}
	slices.SortStableFunc(list, func(a, b console.Device) int { return strings.Compare(a.Lane+a.Name, b.Lane+b.Name) })
	return list
}

// ages tells how long lanes and instruments have been silent. Cameras and portals speak
// only now and then: their drivers tell when they are silent for too long.
func (s *Site) ages(now time.Time) map[string]int64 {
	m := map[string]int64{}
	for id, l := range s.lanes {
		m["lane/"+id] = max(0, now.Sub(l.Alive()).Milliseconds())
	}
	for _, d := range s.devs {
		if c := classOf(d.cfg.Driver); d.lane == "" || c == "anpr" || c == "rpm" {
			continue
		}
		if t := d.sup.Status().Counters.LastFrame; !t.IsZero() {
			m["lane/"+d.lane+"/"+d.cfg.Name] = max(0, now.Sub(t).Milliseconds())
		}
	}
	return m
}

// mover carries out signals, one lane's in order, without ever blocking the lane.
type mover struct {
	s     *Site
	lanes map[string]*laneOutputs
}

type laneOutputs struct {
	name  string
	act   devices.Actuator
	real  bool // a link that leaves this machine
	queue chan fusion.Signal
}

func newMover(s *Site) *mover { return &mover{s: s, lanes: map[string]*laneOutputs{}} }

// queueLen bounds the movements that may wait: beyond it the newest is refused, loudly.
const queueLen = 32

func (m *mover) add(lane string, d *config.Device, a devices.Actuator) {
	m.lanes[lane] = &laneOutputs{name: d.Name, act: a, real: leaves(d.Link), queue: make(chan fusion.Signal, queueLen)}
}

// leaves reports whether a link goes to another machine or to a port: the simulator mode
// must never move a real barrier.
func leaves(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return true
	}
	h := u.Hostname()
	if h == "" {
		h, _, err = net.SplitHostPort(u.Opaque)
		if err != nil {
			return true
		}
	}
	ip := net.ParseIP(h)
	return h != "localhost" && (ip == nil || !ip.IsLoopback())
}

// Move implements lanes.Mover.
func (m *mover) Move(lane string, sig fusion.Signal) {
	o := m.lanes[lane]
	if o == nil {
		return // a lane without outputs: the officer lifts the barrier by hand
	}
	select {
	case o.queue <- sig:
	default:
		m.tell(lane, o, sig, errors.New("too many movements wait"))
	}
}

func (m *mover) run(ctx context.Context) {
	done := make(chan struct{})
	for lane, o := range m.lanes {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				select {
				case <-ctx.Done():
					return
				case sig := <-o.queue:
					m.do(ctx, lane, o, sig)
				}
			}
		}()
	}
	for range m.lanes {
		<-done
	}
}

func (m *mover) do(ctx context.Context, lane string, o *laneOutputs, sig fusion.Signal) {
	if o.real && m.s.opt.File.Site.Mode == "simulator" {
		m.tell(lane, o, sig, errors.New("simulator mode moves nothing real"))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := o.act.Do(ctx, devices.Command{Output: sig.Output, Action: sig.Action, Cause: sig.Passage + " " + sig.Cause})
	if err != nil {
		m.tell(lane, o, sig, err)
	}
}

// tell makes a refused movement an observation, so that the officer sees it and the
// journal has it.
func (m *mover) tell(lane string, o *laneOutputs, sig fusion.Signal, err error) {
	m.s.log.Warn("movement refused", "lane", lane, "dev", o.name, "err", err)
	now := obs.Unix(time.Now())
	h := &obs.Health{State: obs.Degraded, Reason: sig.Output + " " + sig.Action + ": " + err.Error()}
	m.s.lanes[lane].Emit(obs.Observation{Source: o.name, Lane: lane, Stamp: obs.Stamp{At: now, Arrived: now}, Body: h}, nil)
}
