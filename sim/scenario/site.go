package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SecondLink behind an instrument's name names its second link.
const SecondLink = "/2"

// SiteFile writes the site file of a lane's worth of gear each: what an engineer would
// write for real hardware. head holds the tables before the lanes; links gives the address
// of each instrument by its name, and of its second platform by its name and SecondLink.
func (s *Scenario) SiteFile(head string, gears []*Gear, links map[string]string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, g := range gears {
		fmt.Fprintf(&b, "\n[[lane]]\nid          = %q\ndirection   = \"import\"\nwindow      = %q\ngreen       = \"auto\"\ndeclaration = \"expected\"\nsecondary   = \"beyond\"\n", g.ID, s.Window)
		for _, i := range g.List {
			fmt.Fprintf(&b, "\n  [[lane.device]]\n  name    = %q\n  driver  = %q\n  link    = %q\n  station = \"%dmm\"\n", i.Name, i.Driver, links[i.Name], i.Station)
			if i.Role != "" {
				fmt.Fprintf(&b, "  role    = %q\n", i.Role)
			}
			set := maps.Clone(i.Settings)
			if i.Second != nil {
				set["second_link"] = links[i.Name+SecondLink]
			}
			if len(set) == 0 {
				continue
			}
			b.WriteString("    [lane.device.settings]\n")
			var keys []string
			for k := range set {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				fmt.Fprintf(&b, "    %s = %s\n", k, literal(set[k]))
			}
		}
	}
	return b.String()
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}

// Head is the beginning of a simulated site's file: mode, place and law. data is its
// directory, code its name in passage ids.
func (s *Scenario) Head(code, data string) string {
	return fmt.Sprintf("# Scenario %s: simulated hardware.\n[site]\ncode = %q\nname = %q\nmode = \"simulator\"\nzone = \"Asia/Almaty\"\ndata = %q\npack = %q\n", s.Name, code, s.Title, data, s.Pack)
}
