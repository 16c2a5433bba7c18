package scenario

import (
	"maps"
	"slices"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// cameraKind is one way in which the cameras of a run tell what they see.
type cameraKind struct {
	driver   string
	link     LinkKind
	settings map[string]any // of the driver, besides the role
	make     func(cfg anpr.Config, scene sim.Scene) sim.Machine
}

// cameraKinds are the words of GearConfig.Camera.
func cameraKinds() map[string]cameraKind {
	return map[string]cameraKind{
		"isapi": {driver: "anpr/isapi", link: Push, make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewISAPI(cfg, scene) }},
		"dahua": {driver: "anpr/dahua", link: Push, settings: map[string]any{"confidence": 255},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewDahua(cfg, scene) }},
		"dahua-snap": {driver: "anpr/dahua", link: TCP,
			settings: map[string]any{"mode": "snap", "confidence": 255, "user": "lane", "password": "simulated"},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine {
				return anpr.NewDahuaSnap(cfg, anpr.Snap{User: "lane", Password: "simulated"}, scene)
			}},
		// One connection a camera: nothing is fetched from its list.
		"isapi-stream": {driver: "anpr/isapi", link: TCP,
			settings: map[string]any{"mode": "stream", "poll": "off", "user": "lane", "password": "simulated"},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine {
				return anpr.NewISAPIServer(cfg, anpr.Stream{User: "lane", Password: "simulated"}, scene).Conn()
			}},
		"axis": {driver: "anpr/axis", link: Push, make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewAxis(cfg, scene) }},
		"openalpr": {driver: "anpr/openalpr", link: Push, settings: map[string]any{"forward": anpr.Ninety},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewOpenALPR(cfg, scene) }},
		"platerecognizer": {driver: "anpr/platerecognizer", link: Push, settings: map[string]any{"forward": anpr.Ninety},
			make: func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewPlateRecognizer(cfg, scene) }},
	}
}

func cameraWords() []string { return slices.Sorted(maps.Keys(cameraKinds())) }

func (g *Gear) cameras(p *Plan, seed uint64) {
	cfg := p.Scenario.Gear
	kind := cameraKinds()[cfg.Camera]
	g.front = &mistaken{scene: g.World, role: "front", copies: map[string]*sim.Vehicle{}}
	g.rear = &mistaken{scene: g.World, role: "rear", copies: map[string]*sim.Vehicle{}}
	for i, c := range []struct {
		class, model, role string
		at                 quant.Length
		scene              *mistaken
	}{{"front", "front", "front", AtFront, g.front}, {"rear", "trailer", "rear", AtRear, g.rear}} {
		m := kind.make(anpr.Config{Name: c.class + "-" + g.ID, Station: float64(c.at), Role: c.model, CER: cfg.CER,
			Plain: cfg.Pictures == "none", Channel: i + 1, Seed: seed + 400 + uint64(i)}, c.scene)
		set := map[string]any{"role": c.role}
		if kind.link == TCP {
			set["channel"] = i + 1 // is what is asked for
		}
		maps.Copy(set, kind.settings)
		g.add(&Instrument{Name: c.class, Class: c.class, Driver: kind.driver, Station: c.at, Role: c.role, Link: kind.link, Settings: set}, m, seed+40+uint64(i))
	}
}
