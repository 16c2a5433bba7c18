package config

import (
	"strings"
	"testing"

	"acsgd/internal/quant"
)

const good = `
[site]
code = "KORGAS"

[[lane]]
id = "1"
window = "5s"

  [[lane.device]]
  name = "wim-1"
  driver = "wim/tenso-m"
  link = "serial:/dev/ttyS4?baud=19200"
  station = "12.40m"
    [lane.device.settings]
    division = "20kg"
    address = 1

  [[lane.device]]
  name = "rpm-1"
  driver = "rpm/tsa"
  link = "tcp:10.1.2.3:1600"
`

func TestGoodFile(t *testing.T) {
	f, err := Parse("site.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	d := &f.Lanes[0].Devices[0]
	if d.Station != 12400 || f.Lanes[0].Green != "auto" || f.Site.Mode != "enforcement" {
		t.Errorf("read %+v", f.Lanes[0])
	}
	var s struct {
		Division quant.Mass `toml:"division"`
		Address  int        `toml:"address"`
	}
	if err := f.DecodeSettings("lane.device", 0, d, &s); err != nil || s.Division != 20000 {
		t.Errorf("settings %+v, %v", s, err)
	}
}

func TestEveryProblemNamesFileAndLine(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"an unknown key with a suggestion": {`window = "5s"`, `windw = "5s"`, `site.toml:7: unknown key "lane.windw", did you mean "window"?`},
		"a bare number for a length":       {`station = "12.40m"`, `station = 12.4`, `site.toml:13: `},
		"two devices on one port":          {`tcp:10.1.2.3:1600`, `serial:/dev/ttyS4`, `site.toml:21: device rpm-1: link serial:/dev/ttyS4 is taken by wim-1`},
		"a name that stands twice":         {`"rpm-1"`, `"wim-1"`, `site.toml:19: device name "wim-1" stands twice, the first is site.toml:10`},
		"a word that is no choice":         {`window = "5s"`, `green = "yes"`, `site.toml:7: lane.green "yes"`},
		"a broken line":                    {`window = "5s"`, `window = `, `site.toml:7: `},
		"a bad unit of time":               {`window = "5s"`, `window = "5"`, `site.toml:7: `},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("site.toml", []byte(strings.Replace(good, tc.from, tc.to, 1)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestSettingsAreStrict(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"an unknown setting":        {`address = 1`, `adress = 1`, `site.toml:16: device wim-1 (wim/tenso-m): unknown setting "adress"`},
		"a bare number for a mass":  {`division = "20kg"`, `division = 20`, `site.toml:15: device wim-1: division: `},
		"a mass in a length's unit": {`division = "20kg"`, `division = "20m"`, `site.toml:15: device wim-1: division: `},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("site.toml", []byte(strings.Replace(good, tc.from, tc.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			var s struct {
				Division quant.Mass `toml:"division"`
				Address  int        `toml:"address"`
			}
			err = f.DecodeSettings("lane.device", 0, &f.Lanes[0].Devices[0], &s)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

// TestTheFolderOfOccupancies is from the site file's folder.
func TestTheFolderOfOccupancies(t *testing.T) {
	for text, want := range map[string]string{"": "", "n42": "/etc/acsgd/n42", "/var/n42": "/var/n42"} {
		f := File{Path: "/etc/acsgd/site.toml", Radiation: Radiation{N42Dir: text}}
		if got := f.N42Dir(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
