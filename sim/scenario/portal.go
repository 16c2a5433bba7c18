package scenario

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"acsgd/sim"
	"acsgd/sim/modbus"
	"acsgd/sim/rpm"
)

// Portal is the radiation portal of one lane.
type Portal struct {
	Lane   int    `toml:"lane"`   // from 1
	Driver string `toml:"driver"` // the protocol that it speaks, as a driver kind
}

// literals are TOML as it stands.
type literals string

// portals are the protocols of portals by the kinds of their drivers.
func portals() map[string]func(cfg rpm.Config, scene sim.Scene, virtual bool) (m sim.Machine, link LinkKind, settings map[string]any) {
	lines := func(cfg rpm.Config, scene sim.Scene, _ bool) (sim.Machine, LinkKind, map[string]any) {
		return rpm.New(cfg, scene), TCP, nil
	}
	return map[string]func(rpm.Config, sim.Scene, bool) (sim.Machine, LinkKind, map[string]any){
		"rpm/tsa": lines,
		"rpm/generic": func(cfg rpm.Config, scene sim.Scene, virtual bool) (sim.Machine, LinkKind, map[string]any) {
			m, link, _ := lines(cfg, scene, virtual)
			return m, link, map[string]any{"interval": "200ms", "buffered": 5, "source": "TSA lines", "line": tsaLines()}
		},
		"rpm/aspect": func(cfg rpm.Config, scene sim.Scene, virtual bool) (sim.Machine, LinkKind, map[string]any) {
			a := rpm.AspectConfig{Config: cfg, Base: 256}
			if !virtual { // on a real wire its unit is searched for
				a.Unit = 2
			}
			return modbus.TCP(rpm.NewAspect(a, scene)), ModbusTCP, nil
		},
		"rpm/contacts": func(cfg rpm.Config, scene sim.Scene, _ bool) (sim.Machine, LinkKind, map[string]any) {
			return modbus.TCP(rpm.NewContacts(cfg, scene)), ModbusTCP, nil
		},
	}
}

// tsaLines are line expressions for what a TSA portal sends.
func tsaLines() literals {
	four := func(name string) string {
		var b strings.Builder
		for _, digit := range "1234" {
			b.WriteString(`,(?P<` + name + string(digit) + `>\d{6})`)
		}
		return b.String()
	}
	var all []string
	for _, l := range [][3]string{
		{"background", "GB" + four("gamma"), ""},
		{"background", "G[HL]" + four("gamma"), `fault = "background"`},
		{"background", "NB" + four("neutron"), ""},
		{"background", "NH" + four("neutron"), `fault = "neutron background"`},
		{"slice", "G(?:S|(?P<alarm>A))" + four("gamma"), ""},
		{"neutron", "N(?:S|(?P<alarm>A))" + four("neutron"), ""},
		{"speed", `SP,[0-9.]+,[0-9.]+,(?P<speed_kmh>[0-9.]+),\d{6}`, ""},
		{"end", `GX,(?P<counter>\d{6}),(?P<neutron_background_mcps>\d{6}),\d{6},\d{6}`, ""},
		{"fault", "TT,.*", `fault = "tamper"`},
		{"fault", "TC,.*", "clear = true"},
		{"ignore", "S[GN][123],.*", ""},
	} {
		more := ""
		if l[2] != "" {
			more = ", " + l[2]
		}
		all = append(all, "{ kind = \""+l[0]+"\", match = '"+l[1]+"'"+more+" }")
	}
	return literals("[" + strings.Join(all, ", ") + "]")
}

func portalDrivers() []string { return slices.Sorted(maps.Keys(portals())) }

// portals checks the portals of single lanes.
func (c *check) portals() {
	seen := map[int]bool{}
	for i, p := range c.s.Gear.Portals {
		if p.Lane < 1 || p.Lane > c.s.Lanes || seen[p.Lane] {
			c.bad("instruments.portal.lane", i, "instruments.portal.lane %d: want 1 to %d, each once", p.Lane, c.s.Lanes)
		}
		seen[p.Lane] = true
		c.word("instruments.portal.driver", i, p.Driver, portalDrivers()...)
		if p.Driver == "" {
			c.bad("instruments.portal.driver", i, "instruments.portal.driver is missing: want %s", strings.Join(portalDrivers(), ", "))
		}
	}
}

// portal adds the portal of a lane.
func (g *Gear) portal(p *Plan, lane int, seed uint64, virtual bool) {
	kind := ""
	for _, x := range p.Scenario.Gear.Portals {
		if x.Lane == lane {
			kind = x.Driver
		}
	}
	kind = cmp.Or(kind, "rpm/tsa")
	m, link, settings := portals()[kind](rpm.Config{Station: float64(AtPortal), Seed: seed + 300}, g.World, virtual)
	g.add(&Instrument{Name: "rpm", Class: "rpm", Driver: kind, Station: AtPortal, Link: link, Settings: settings}, m, seed+31)
}
