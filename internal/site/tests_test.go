package site

import (
	"strings"
	"testing"

	"acsgd/devices/catalog"
	"acsgd/fusion/radiation"
	"acsgd/internal/config"
)

// What a site file says of a portal's own test reaches the core, and what a driver knows of
// its portal does without being said.
func TestThePortalsTestOfASiteFile(t *testing.T) {
	const head = "[site]\ncode = \"A\"\n[[lane]]\nid = \"1\"\n[[lane.device]]\nname = \"rpm-1\"\nstation = \"1m\"\n"
	const lines = "[lane.device.settings]\ninterval = \"200ms\"\nline = [{kind=\"background\", match='B(?P<gamma1>\\d+)'}, {kind=\"slice\", match='S(?P<gamma1>\\d+)'}, {kind=\"end\", match='E'}]\n"
	for name, c := range map[string]struct {
		text string
		want radiation.Config
		bad  string
	}{
		"a TSA portal says it all":        {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n", radiation.Config{}, ""},
		"all of it":                       {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nk = 4.5\nwindow = 10\nmask = \"1011\"\nbuffered = 7\n", radiation.Config{K: 4500, Window: 10, Mask: "1011", Buffered: 7}, ""},
		"none buffered":                   {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nbuffered = 0\nk = 4\n", radiation.Config{K: 4000, Buffered: -1}, ""},
		"polled registers buffer none":    {"driver = \"rpm/aspect\"\nlink = \"modbus+tcp:h:1\"\n", radiation.Config{Buffered: -1}, ""},
		"lines that buffer none":          {"driver = \"rpm/generic\"\nlink = \"tcp:h:1\"\n" + lines, radiation.Config{Buffered: -1}, ""},
		"lines that buffer three":         {"driver = \"rpm/generic\"\nlink = \"tcp:h:1\"\n" + strings.Replace(lines, "interval", "buffered = 3\ninterval", 1), radiation.Config{Buffered: 3}, ""},
		"the site file has the last word": {"driver = \"rpm/aspect\"\nlink = \"modbus+tcp:h:1\"\n[lane.device.radiation]\nbuffered = 2\n", radiation.Config{Buffered: 2}, ""},
		"no threshold":                    {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nk = 0\n", radiation.Config{}, "k 0: want 0.001 to 99.9 sigma"},
		"a threshold that is no number":   {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nk = nan\n", radiation.Config{}, "k NaN: want"},
		"a window of nothing":             {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nwindow = 0\n", radiation.Config{}, "window 0: want 1 to 50 slices"},
		"a mask of three, and too many":   {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nmask = \"101\"\nbuffered = 51\n", radiation.Config{}, "buffered 51: want 0 to 50"},
		"a word that is not known":        {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nmsk = \"1010\"\n", radiation.Config{}, `unknown key "lane.device.radiation.msk", did you mean "mask"?`},
		"of a scale, which has no portal": {"driver = \"wim/tenso-m\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nk = 4\n", radiation.Config{}, "radiation belongs to a radiation portal"},
		"a threshold that is a word":      {"driver = \"rpm/tsa\"\nlink = \"tcp:h:1\"\n[lane.device.radiation]\nk = \"4\"\n", radiation.Config{}, "incompatible types"},
	} {
		got, err := radiation.Config{}, error(nil)
		f, err := config.Parse("site.toml", []byte(head+c.text))
		if err == nil {
			d := &f.Lanes[0].Devices[0]
			drv, e := Find(catalog.Drivers(), d.Driver)
			if e != nil {
				t.Fatal(e)
			}
			var tests *radiation.Config
			if tests, err = Tests(drv, section(f, "lane.device", 0, d), d); tests != nil {
				got = *tests
			}
		}
		switch {
		case c.bad == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		case c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad)):
			t.Errorf("%s: %+v, error %v; want %q", name, got, err, c.bad)
		}
	}
}
