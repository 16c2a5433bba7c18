package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/modbus"
	"acsgd/sim/wim"
)

// Scale is the weighing instrument of one lane.
type Scale struct {
	Lane   int      `toml:"lane"`  // from 1
	Driver string   `toml:"scale"` // the protocol that it speaks, as a driver kind
	Format string   `toml:"format"`
	Model  string   `toml:"model"` // wim/modbus
	Wire   LinkKind `toml:"wire"`  // serial, tcp; wim/modbus: modbus+tcp, modbus+rtu, modbus+rtuovertcp
	Mode   Mode     `toml:"mode"`
}

// Mode is how a lane weighs.
type Mode string

// The modes.
const (
	Rolling Mode = "rolling" // axle by axle, on a short platform near the entry
	Twin    Mode = "twin"    // axle by axle, on two short platforms one behind the other
	Group   Mode = "group"   // rolling, on a platform that carries a group of axles
	Stop    Mode = "stop"    // axle by axle, each at rest on a short platform behind the portal: a matter of the vehicles' motion
	Whole   Mode = "static"  // at rest at the stop line, on a platform that carries the vehicle whole: no axle is known
)

// Where the platforms of Stop and Whole begin. The longest lorries stand whole on the
// platform of Whole when they wait at the stop line, and clear of the camera, portal and
// scanner before it when they stop on the other.
const (
	AtStop  quant.Length = 24_000
	AtWhole quant.Length = 20_500

	wholeLength = 20_000 // mm
	groupLength = 3200   // mm
	twinWay     = 3000   // mm from the first edge of one platform of Twin to the other's
)

// rollingRate is how many samples a second rolling axles need.
const rollingRate = 50

// indicator is one protocol as it is simulated.
type indicator struct {
	formats []string // of Scale.Format, the default first; nil: none
	rate    float64  // samples a second
	make    func(s Scale, m wim.Model, scene sim.Scene) sim.Machine
}

// indicators are the protocols of scales by the kinds of their drivers.
func indicators() map[string]indicator {
	return map[string]indicator{
		"wim/tenso-m": {nil, 100, func(_ Scale, m wim.Model, scene sim.Scene) sim.Machine {
			x := wim.NewTenso(m, scene)
			x.Lost = 1e-6 // a sound line; faults are ordered
			return x
		}},
		"wim/mt-continuous": {nil, 100, func(_ Scale, m wim.Model, scene sim.Scene) sim.Machine { return wim.NewMT(m, scene) }},
		"wim/yaohua": {[]string{"a9", "a26", "a23p", "a12e"}, 60, func(s Scale, m wim.Model, scene sim.Scene) sim.Machine {
			x := wim.NewYaohua(m, scene)
			x.Format = s.Format
			return x
		}},
		"wim/mt-sics": {nil, 20, func(_ Scale, m wim.Model, scene sim.Scene) sim.Machine { return wim.NewSICS(m, scene) }},
		"wim/st-gs": {nil, 10, func(_ Scale, m wim.Model, scene sim.Scene) sim.Machine {
			return wim.NewText(wim.StandardString, m, scene)
		}},
		"wim/rice-lake": {[]string{"rlws", "cardinal"}, 10, func(s Scale, m wim.Model, scene sim.Scene) sim.Machine {
			form := wim.RiceLake
			if s.Format == "cardinal" {
				form = wim.CardinalForm
			}
			return wim.NewText(form, m, scene)
		}},
		"wim/modbus": {nil, 100, func(s Scale, m wim.Model, scene sim.Scene) sim.Machine {
			x := wim.NewTransmitter(wim.Layout(s.Model), m, scene)
			if s.Wire == ModbusTCP {
				return modbus.TCP(x)
			}
			return modbus.RTU(x, 115200)
		}},
	}
}

func scaleDrivers() []string { return slices.Sorted(maps.Keys(indicators())) }

func models() []string { return []string{string(wim.Laumas), string(wim.WTX), string(wim.PT113)} }

// scale is what a lane weighs with.
func (s *Scenario) scale(lane int) Scale {
	x := Scale{Lane: lane}
	for _, l := range s.Gear.Scales {
		if l.Lane == lane {
			x = l
		}
	}
	if x.Driver == "" {
		x.Driver = s.Gear.Scale
	}
	if x.Driver == "mixed" {
		x.Driver = []string{"wim/mt-continuous", "wim/tenso-m"}[lane%2]
	}
	x.Mode = cmp.Or(x.Mode, Rolling)
	if f := indicators()[x.Driver].formats; f != nil {
		x.Format = cmp.Or(x.Format, f[0])
	}
	if x.Driver == "wim/modbus" {
		x.Model, x.Wire = cmp.Or(x.Model, models()[0]), cmp.Or(x.Wire, ModbusTCP)
	}
	x.Wire = cmp.Or(x.Wire, Serial)
	return x
}

// scales checks the scales of single lanes.
func (c *check) scales() {
	seen := map[int]bool{}
	for i := range c.s.Gear.Scales {
		g := &c.s.Gear.Scales[i]
		if g.Lane < 1 || g.Lane > c.s.Lanes || seen[g.Lane] {
			c.bad("instruments.lane.lane", i, "instruments.lane.lane %d: want 1 to %d, each once", g.Lane, c.s.Lanes)
		}
		seen[g.Lane] = true
		c.word("instruments.lane.scale", i, g.Driver, scaleDrivers()...)
		c.word("instruments.lane.mode", i, string(g.Mode), string(Rolling), string(Twin), string(Group), string(Stop), string(Whole))
		c.scale(i, c.s.scale(g.Lane), *g)
	}
	if len(seen) < c.s.Lanes && c.s.scale(0).tooSlow() {
		c.bad("instruments.scale", -1, "instruments.scale %s is too slow for rolling axles: want a mode for each lane", c.s.Gear.Scale)
	}
}

// scale checks one of them: x with its defaults, g as the file has it.
func (c *check) scale(i int, x, g Scale) {
	ind, ok := indicators()[x.Driver]
	if !ok {
		return // told already
	}
	if x.tooSlow() {
		c.bad("instruments.lane.mode", i, "%s sends %.0f samples a second, rolling axles need %d: want mode %q or %q", x.Driver, ind.rate, rollingRate, Stop, Whole)
	}
	if g.Format != "" && ind.formats == nil {
		c.bad("instruments.lane.format", i, "%s has one format", x.Driver)
	} else {
		c.word("instruments.lane.format", i, g.Format, ind.formats...)
	}
	if x.Mode == Twin && x.Driver == "wim/modbus" {
		c.bad("instruments.lane.mode", i, "two platforms are not simulated over wim/modbus")
	}
	wires := []string{string(Serial), string(TCP)}
	if x.Driver == "wim/modbus" {
		wires = []string{string(ModbusTCP), string(ModbusRTU), string(ModbusOver)}
		c.word("instruments.lane.model", i, g.Model, models()...)
	} else if g.Model != "" {
		c.bad("instruments.lane.model", i, "model belongs to wim/modbus, %s has format", x.Driver)
	}
	c.word("instruments.lane.wire", i, string(g.Wire), wires...)
}

func (s Scale) tooSlow() bool {
	ind, ok := indicators()[s.Driver]
	return ok && (s.Mode == Rolling || s.Mode == Twin || s.Mode == Group) && ind.rate < rollingRate
}

// station is where its platform begins.
func (s Scale) station() quant.Length {
	switch s.Mode {
	case Stop:
		return AtStop
	case Whole:
		return AtWhole
	}
	return AtScale
}

// model is the platform with its cells and the indicator's filter.
func (s Scale) model(seed uint64) wim.Model {
	m := wim.Default(seed)
	m.Station = s.station()
	m.Drift = 20 * quant.Gram // a minute: an indicator tracks its zero, a day's wander stays small
	if s.Mode == Group {
		m.Platform, m.Capacity = groupLength, 60*quant.Tonne
	}
	if s.Mode == Whole {
		m.Platform, m.Capacity, m.Noise, m.Filter = wholeLength, 80*quant.Tonne, 5*quant.Kilogram, 200*time.Millisecond
	}
	return m
}

// settings are those of the driver in the site file.
func (s Scale) settings() map[string]any {
	set := map[string]any{"platform_length": "0.75m", "division": "20kg", "speed_max": "15km/h"}
	if s.Mode == Whole {
		set = map[string]any{"mode": "static", "platform_length": fmt.Sprintf("%dmm", wholeLength), "division": "20kg"}
	}
	if s.Mode == Group {
		set["mode"], set["platform_length"] = "groups", fmt.Sprintf("%dmm", groupLength)
	}
	if s.Mode == Twin {
		set["platform_distance"] = fmt.Sprintf("%dmm", twinWay)
	}
	if s.Format != "" {
		set["format"] = s.Format
	}
	switch s.Driver {
	case "wim/modbus":
		set["model"] = s.Model
		fallthrough
	case "wim/tenso-m":
		set["poll"] = "10ms" // twice the rate that rolling axles need
	}
	return set
}

// weigh adds the scale of a lane.
func (g *Gear) weigh(p *Plan, lane int, seed uint64, virtual bool) {
	s := p.Scenario.scale(lane)
	if virtual && s.Driver == "wim/modbus" {
		s.Wire = ModbusTCP // there is no line, only requests and answers
	}
	m := s.model(seed + 100)
	i := &Instrument{Name: "wim", Class: "wim", Driver: s.Driver, Station: m.Station, Link: s.Wire, Settings: s.settings()}
	x := s.indicator(g.World, m, i, virtual)
	g.add(i, x, seed+11)
	if s.Mode == Twin {
		n := s.model(seed + 600)
		n.Vehicles, n.Station = m.Seed, m.Station+twinWay
		i.Second = NewFaulty(s.indicator(g.World, n, i, virtual), seed+12)
	}
}

// indicator makes one platform with its indicator.
func (s Scale) indicator(world sim.Scene, m wim.Model, i *Instrument, virtual bool) sim.Machine {
	scene := world
	if virtual { // an axle scale waits for a further axle
		scene = &near{scene: world, at: float64(m.Station), before: 4000, after: 14_000 + max(0, float64(m.Platform)-platform)}
	}
	x := indicators()[s.Driver].make(s, m, scene)
	if mt, ok := x.(*wim.MT); ok && virtual {
		mt.Thin = true
		i.Settings["silence"] = "3s"
	}
	return x
}
