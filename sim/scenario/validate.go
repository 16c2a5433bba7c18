package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/sim"
)

// check collects problems.
type check struct {
	s    *Scenario
	errs []error
}

func (c *check) bad(key string, nth int, format string, args ...any) {
	c.errs = append(c.errs, c.s.src.at(toml.Key(strings.Split(key, ".")), nth, fmt.Sprintf(format, args...)))
}

// word checks that got is one of the words; several with | where many.
func (c *check) word(key string, nth int, got string, words ...string) {
	for _, w := range strings.Split(got, "|") {
		if got != "" && !slices.Contains(words, w) {
			c.bad(key, nth, "%s %q: want %s", key, got, strings.Join(words, ", "))
			return
		}
	}
}

func stories() []string {
	var out []string
	for _, s := range []sim.Story{sim.Clean, sim.Overloaded, sim.TooHigh, sim.Undeclared, sim.Understated, sim.Potash, sim.Smuggled, sim.Prohibited, sim.Misread} {
		out = append(out, string(s))
	}
	return out
}

func (s *Scenario) validate() []error {
	c := &check{s: s}
	if s.Name == "" {
		c.bad("name", -1, "name is missing")
	}
	if s.Lanes < 1 || s.Lanes > 64 {
		c.bad("lanes", -1, "lanes %d: want 1 to 64", s.Lanes)
	}
	if len(s.Vehicles) == 0 && s.Traffic == nil {
		c.bad("vehicle", -1, "no [[vehicle]] and no [traffic]: nothing happens")
	}
	if s.Length < 0 || s.Length > 31*24*time.Hour {
		c.bad("length", -1, "length %v: want 0s to 744h", s.Length)
	}
	if s.Window < 0 || s.Window > time.Minute {
		c.bad("window", -1, "window %v: want 0s to 1m", s.Window)
	}
	c.word("accuracy", -1, s.Accuracy, "check", "skip")
	c.word("officer.decides", -1, s.Officer.Decides, "secondary", "nobody")
	c.word("instruments.camera", -1, s.Gear.Camera, cameraWords()...)
	c.word("instruments.pictures", -1, s.Gear.Pictures, "none", "jpeg")
	c.word("instruments.scale", -1, s.Gear.Scale, append(scaleDrivers(), "mixed")...)
	c.scales()
	c.portals()
	c.cameras()
	c.word("instruments.beams", -1, s.Gear.Beams, "fine", "coarse")
	if s.Gear.Idle < 200*time.Millisecond || s.Gear.Idle > 10*time.Second {
		c.bad("instruments.idle", -1, "instruments.idle %v: want 200ms to 10s", s.Gear.Idle)
	}
	if s.Gear.CER < 0 || s.Gear.CER > 0.5 {
		c.bad("instruments.character_errors", -1, "instruments.character_errors %v: want 0 to 0.5", s.Gear.CER)
	}
	if t := s.Traffic; t != nil {
		if t.Headway < time.Second {
			c.bad("traffic.headway", -1, "traffic.headway %v: want 1s or more", t.Headway)
		}
		if t.Vehicles <= 0 && s.Length == 0 {
			c.bad("traffic", -1, "traffic without an end: give vehicles or the scenario's length")
		}
		for _, st := range t.Stories {
			c.word("traffic.stories", -1, st, stories()...)
		}
	}
	names := map[string]bool{}
	for i := range s.Vehicles {
		v := &s.Vehicles[i]
		if names[v.Name] {
			c.bad("vehicle.name", i, "vehicle.name %q stands twice", v.Name)
		}
		names[v.Name] = true
		c.vehicle(i, v)
		c.way(i, v)
		c.expect(i, &v.Expect)
	}
	return c.errs
}

func (c *check) vehicle(i int, v *Vehicle) {
	if v.Lane < 1 || v.Lane > c.s.Lanes {
		c.bad("vehicle.lane", i, "vehicle.lane %d: want 1 to %d", v.Lane, c.s.Lanes)
	}
	c.word("vehicle.after", i, v.After, "free", "time", "tail")
	if v.After == "tail" && (v.Gap < 300 || v.Gap > 20_000) {
		c.bad("vehicle.gap", i, "vehicle.gap %v: want 30cm to 20m", v.Gap)
	}
	c.word("vehicle.story", i, v.Story, stories()...)
	c.word("vehicle.papers", i, v.Papers, "lodged", "none", "late")
	t, ok := sim.TemplateByID(v.Template)
	switch {
	case v.Template == "" && v.Story == "":
		c.bad("vehicle.template", i, "vehicle without template or story")
	case v.Template != "" && !ok:
		var ids []string
		for _, t := range sim.Templates() {
			ids = append(ids, t.ID)
		}
		c.bad("vehicle.template", i, "vehicle.template %q: want %s", v.Template, strings.Join(ids, ", "))
	case ok && len(v.Axles) > 0 && len(v.Axles) != len(t.Loaded):
		c.bad("vehicle.axles", i, "vehicle.axles has %d masses, template %s has %d axles", len(v.Axles), t.ID, len(t.Loaded))
	case v.Load != nil && (*v.Load < 0 || *v.Load > 3):
		c.bad("vehicle.load", i, "vehicle.load %v: want 0 to 3", *v.Load)
	}
	for _, m := range v.Axles {
		if m < 0 || m > 40_000_000 {
			c.bad("vehicle.axles", i, "vehicle.axles %v: want 0t to 40t", m)
		}
	}
	if v.Speed < 150 || v.Speed > 8000 {
		c.bad("vehicle.speed", i, "vehicle.speed %v: want 0.15m/s to 8m/s", v.Speed)
	}
	for _, l := range []struct {
		key    string
		v, max int32
	}{{"height", int32(v.Height), 5500}, {"width", int32(v.Width), 4500}, {"length", int32(v.Length), 30_000}} {
		if l.v < 0 || l.v > l.max {
			c.bad("vehicle."+l.key, i, "vehicle.%s %dmm: want up to %dmm", l.key, l.v, l.max)
		}
	}
	for _, g := range v.Goods {
		if len(g.HS) < 4 || strings.Trim(g.HS, "0123456789") != "" {
			c.bad("vehicle.goods", i, "vehicle.goods: hs %q: want 4 to 10 digits", g.HS)
		}
	}
}

// way checks what happens on the vehicle's way: motion, sources, faults.
func (c *check) way(i int, v *Vehicle) {
	for _, m := range v.Motion {
		c.word("vehicle.motion.do", -1, cmp.Or(m.Do, "?"), "stop", "roll_back", "speed")
		c.word("vehicle.motion.over", -1, m.Over, "entry", "scale", "scanner", "portal")
		switch {
		case m.Do == "stop" && m.Over == "" && m.At == 0:
			c.bad("vehicle.motion", -1, "a stop of %s names no place: over or at", v.Name)
		case m.Do == "roll_back" && (m.By < 50 || m.By > 10_000):
			c.bad("vehicle.motion.by", -1, "vehicle.motion.by %v: want 5cm to 10m", m.By)
		case m.Do == "speed" && (m.To < 150 || m.To > 8000):
			c.bad("vehicle.motion.to", -1, "vehicle.motion.to %v: want 0.15m/s to 8m/s", m.To)
		}
	}
	if len(v.Motion) > 0 && v.After == "tail" {
		c.bad("vehicle.motion", -1, "%s follows nose to tail: its motion is that of the vehicle before it", v.Name)
	}
	for _, f := range v.Faults {
		c.word("vehicle.fault.device", -1, cmp.Or(f.Device, "?"), classes()...)
		c.word("vehicle.fault.kind", -1, cmp.Or(string(f.Kind), "?"),
			string(Disconnect), string(Silence), string(Garbage), string(Duplicate), string(Lost), string(Delay), string(Misread))
		switch {
		case f.Share < 0 || f.Share > 1:
			c.bad("vehicle.fault.share", -1, "vehicle.fault.share %v: want 0 to 1", f.Share)
		case f.Kind == Delay && (f.Delay <= 0 || f.Delay > time.Minute):
			c.bad("vehicle.fault.delay", -1, "vehicle.fault.delay %v: want up to 1m", f.Delay)
		case f.Kind == Misread && (f.Plate == "" || f.Device != "front" && f.Device != "rear"):
			c.bad("vehicle.fault", -1, "a misread of %s needs device front or rear, and a plate", v.Name)
		}
	}
}

func (c *check) expect(i int, e *Expect) {
	c.word("vehicle.expect.seen", i, e.Seen, "once", "any", "merged")
	c.word("vehicle.expect.verdict", i, e.Verdict, verdicts...)
	c.word("vehicle.expect.path", i, e.Path, "green", "officer")
	c.word("vehicle.expect.match", i, e.Match, "matched", "ambiguous", "none")
	for _, m := range e.Missing {
		c.word("vehicle.expect.missing", i, m, classes()...)
	}
	for _, list := range []struct {
		name string
		f    []Finding
	}{{"finding", e.Finding}, {"not", e.Not}, {"may", e.May}} {
		for _, f := range list.f {
			c.word("vehicle.expect."+list.name+".quantity", -1, f.Quantity, "axle", "group", "gross", "length", "width", "height",
				"goods", "radiation", "declared_mass", "declaration", "rules")
			c.word("vehicle.expect."+list.name+".verdict", -1, f.Verdict, verdicts...)
		}
	}
}
