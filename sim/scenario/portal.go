package scenario

import (
	"cmp"
	"fmt"
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
	Form   string `toml:"form"`   // rpm/generic: "lines" (default) or "registers"
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
		genericRegisters: func(cfg rpm.Config, scene sim.Scene, _ bool) (sim.Machine, LinkKind, map[string]any) {
			return modbus.TCP(rpm.NewRegisters(cfg, scene)), ModbusTCP, map[string]any{"interval": "200ms", "source": "sim/rpm, Registers",
				"block": literals(`[{ id = "all", table = "input", addr = 512, count = 20 }]`), "point": registerMap()}
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

// genericRegisters is the key of rpm/generic with registers.
const genericRegisters = "rpm/generic registers"

// registerMap says where the numbers of a rpm.Registers are.
func registerMap() literals {
	var all []string
	add := func(name string, at int, more string) {
		all = append(all, fmt.Sprintf("{ name = %q, block = \"all\", off = %d, %s }", name, at, more))
	}
	for bit, name := range []string{"occupied", "alarm_gamma", "alarm_neutron", "tamper"} {
		add(name, 0, fmt.Sprintf("bit = %d", bit))
	}
	add("fault_detector", 0, "bit = 4, invert = true")
	add("elapsed", 1, `type = "u32", words = "high_first"`)
	for i := range 4 {
		add(fmt.Sprint("gamma", i+1), 3+2*i, `type = "u32", words = "low_first"`)
		add(fmt.Sprint("background", i+1), 11+i, `type = "u16", num = 1, den = 10`)
	}
	add("neutron1", 15, `type = "u16"`)
	add("neutron_background_mcps", 16, `type = "u32", words = "high_first"`)
	add("counter", 18, `type = "u16"`)
	add("speed_mms", 19, `type = "u16"`)
	return literals("[" + strings.Join(all, ", ") + "]")
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

func portalDrivers() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(portals())), func(k string) bool { return k == genericRegisters })
}

// portals checks the portals of single lanes.
func (c *check) portals() {
	seen := map[int]bool{}
	for i, p := range c.s.Gear.Portals {
		if p.Lane < 1 || p.Lane > c.s.Lanes || seen[p.Lane] {
			c.bad("instruments.portal.lane", i, "instruments.portal.lane %d: want 1 to %d, each once", p.Lane, c.s.Lanes)
		}
		seen[p.Lane] = true
		c.word("instruments.portal.driver", i, p.Driver, portalDrivers()...)
		if p.Form != "" {
			c.word("instruments.portal.form", i, p.Form, "lines", "registers")
		}
		if p.Form != "" && p.Driver != "rpm/generic" {
			c.bad("instruments.portal.form", i, "instruments.portal.form is of rpm/generic, not of %s", p.Driver)
		}
		if p.Driver == "" {
			c.bad("instruments.portal.driver", i, "instruments.portal.driver is missing: want %s", strings.Join(portalDrivers(), ", "))
		}
	}
}

// portal adds the portal of a lane.
func (g *Gear) portal(p *Plan, lane int, seed uint64, virtual bool) {
	kind, key := "", ""
	for _, x := range p.Scenario.Gear.Portals {
		if x.Lane == lane {
			if kind, key = x.Driver, x.Driver; x.Form == "registers" {
				key = genericRegisters
			}
		}
	}
	kind, key = cmp.Or(kind, "rpm/tsa"), cmp.Or(key, "rpm/tsa")
	m, link, settings := portals()[key](rpm.Config{Station: float64(AtPortal), Seed: seed + 300}, g.World, virtual)
	g.add(&Instrument{Name: "rpm", Class: "rpm", Driver: kind, Station: AtPortal, Link: link, Settings: settings}, m, seed+31)
}
