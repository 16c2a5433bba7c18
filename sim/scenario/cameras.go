package scenario

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// Camera is how the cameras of one lane are; what is not said is as of all lanes.
type Camera struct {
	Lane   int           `toml:"lane"`             // from 1
	Kind   string        `toml:"camera"`           // as GearConfig.Camera
	CER    *float64      `toml:"character_errors"` // share of characters that are read wrongly
	Twice  float64       `toml:"twice"`            // share of vehicles that are reported again
	Unread float64       `toml:"unread"`           // share of vehicles whose plate is not read
	Clock  time.Duration `toml:"clock"`            // how far their clocks are ahead
}

// cameraKind is one way in which the cameras of a run tell what they see.
type cameraKind struct {
	driver   string
	link     LinkKind
	settings map[string]any // of the driver, besides the role
	make     func(cfg anpr.Config, scene sim.Scene) sim.Machine
}

// The login of cameras that ask for one.
const cameraUser, cameraPassword = "lane", "simulated"

// cameraKinds are the words of GearConfig.Camera.
func cameraKinds() map[string]cameraKind {
	asked := func(more map[string]any) map[string]any {
		more["user"], more["password"] = cameraUser, cameraPassword
		return more
	}
	return map[string]cameraKind{
		"isapi": {driver: "anpr/isapi", link: Push, make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewISAPI(cfg, scene) }},
		"dahua": {driver: "anpr/dahua", link: Push, settings: map[string]any{"confidence": 255},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewDahua(cfg, scene) }},
		"dahua-snap": {driver: "anpr/dahua", link: TCP, settings: asked(map[string]any{"mode": "snap", "confidence": 255}),
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine {
				return anpr.NewDahuaSnap(cfg, anpr.Snap{User: cameraUser, Password: cameraPassword}, scene)
			}},
		// One connection a camera: nothing is fetched from its list.
		"isapi-stream": {driver: "anpr/isapi", link: TCP, settings: asked(map[string]any{"mode": "stream", "poll": "off"}),
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine {
				return anpr.NewISAPIServer(cfg, anpr.Stream{User: cameraUser, Password: cameraPassword}, scene).Conn()
			}},
		"onvif": {driver: "anpr/onvif", link: TCP, settings: asked(map[string]any{"path": "/onvif-media/media.amp?profile=p1"}),
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine {
				c := anpr.NewRTSP(cfg, scene)
				c.User, c.Password = cameraUser, cameraPassword
				return c
			}},
		"axis": {driver: "anpr/axis", link: Push, make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewAxis(cfg, scene) }},
		"openalpr": {driver: "anpr/openalpr", link: Push, settings: map[string]any{"forward": anpr.Ninety},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewOpenALPR(cfg, scene) }},
		"platerecognizer": {driver: "anpr/platerecognizer", link: Push, settings: map[string]any{"forward": anpr.Ninety},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewPlateRecognizer(cfg, scene) }},
	}
}

func cameraWords() []string { return slices.Sorted(maps.Keys(cameraKinds())) }

// camera says how the cameras of a lane are.
func (s *Scenario) camera(lane int) Camera {
	c := Camera{Lane: lane}
	for _, x := range s.Gear.Cameras {
		if x.Lane == lane {
			c = x
		}
	}
	c.Kind = cmp.Or(c.Kind, s.Gear.Camera)
	if c.CER == nil {
		c.CER = &s.Gear.CER
	}
	return c
}

// cameras checks the cameras of single lanes.
func (c *check) cameras() {
	const table = "instruments.cameras"
	seen := map[int]bool{}
	for i, x := range c.s.Gear.Cameras {
		if x.Lane < 1 || x.Lane > c.s.Lanes || seen[x.Lane] {
			c.bad(table+".lane", i, table+".lane %d: want 1 to %d, each once", x.Lane, c.s.Lanes)
		}
		seen[x.Lane] = true
		c.word(table+".camera", i, x.Kind, cameraWords()...)
		if x.CER != nil && (*x.CER < 0 || *x.CER > 0.5) {
			c.bad(table+".character_errors", i, table+".character_errors %v: want 0 to 0.5", *x.CER)
		}
		if x.Twice < 0 || x.Twice > 1 || x.Unread < 0 || x.Unread > 1 {
			c.bad(table+".camera", i, table+": twice %v, unread %v: want 0 to 1", x.Twice, x.Unread)
		}
		if x.Clock.Abs() > 24*time.Hour {
			c.bad(table+".clock", i, table+".clock %v: want up to a day", x.Clock)
		}
	}
}

func (g *Gear) cameras(p *Plan, lane int, seed uint64) {
	how := p.Scenario.camera(lane)
	kind := cameraKinds()[how.Kind]
	g.front = &mistaken{scene: g.World, role: "front", copies: map[string]*sim.Vehicle{}}
	g.rear = &mistaken{scene: g.World, role: "rear", copies: map[string]*sim.Vehicle{}}
	for i, c := range []struct {
		class, model, role string
		at                 quant.Length
		scene              *mistaken
	}{{"front", "front", "front", AtFront, g.front}, {"rear", "trailer", "rear", AtRear, g.rear}} {
		m := kind.make(anpr.Config{Name: c.class + "-" + g.ID, Station: float64(c.at), Role: c.model, CER: *how.CER, Twice: how.Twice, Unread: how.Unread, Clock: how.Clock,
			Plain: p.Scenario.Gear.Pictures == "none", Channel: i + 1, Seed: seed + 400 + uint64(i)}, c.scene)
		set := map[string]any{"role": c.role}
		if kind.link == TCP && kind.driver != "anpr/onvif" {
			set["channel"] = i + 1 // is what is asked for
		}
		maps.Copy(set, kind.settings)
		g.add(&Instrument{Name: c.class, Class: c.class, Driver: kind.driver, Station: c.at, Role: c.role, Link: kind.link, Settings: set}, m, seed+40+uint64(i))
	}
}
