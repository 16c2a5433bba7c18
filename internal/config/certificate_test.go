package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const certificate = `{"number":"12-345","class":"wim","serial":"7001","standard":"OIML R 134-1:2006","issuer":"KazStandard",
"issued":"2026-03-02","expires":"2027-03-01","ranges":[{"from_mms":278,"to_mms":2778,"mass_class":"2"}]}`

func TestACertificateIsReadBesideTheSiteFile(t *testing.T) {
	for name, tc := range map[string]struct{ file, from, to, toml, want string }{
		"as it should be":       {},
		"no such file":          {file: "other.json", want: "site.toml:11: device wim-1: certificate scale-1.json: open "},
		"a name that is wrong":  {from: `"serial"`, to: `"serail"`, want: `site.toml:11: device wim-1: certificate scale-1.json: read certificate: json: unknown field "serail"`},
		"no serial":             {from: `"7001"`, to: `""`, want: "site.toml:11: device wim-1: certificate scale-1.json: serial is missing"},
		"of another class":      {from: `"wim"`, to: `"dims"`, want: `it is of a device of class "dims", this one is "wim"`},
		"ends before it begins": {from: "2027", to: "2025", want: "expires 2025-03-01 before it was issued"},
		"of the simulator":      {from: `{"number"`, to: `{"simulator":true,"number"`, want: "it was issued in simulator mode and counts only there"},
		"simulator mode":        {from: `{"number"`, to: `{"simulator":true,"number"`, toml: "mode = \"simulator\"\n"},
		"further text":          {from: `]}`, to: `]} {}`, want: "further text after its end"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.file == "" {
				tc.file = "scale-1.json"
			}
			if err := os.WriteFile(filepath.Join(dir, tc.file), []byte(strings.Replace(certificate, tc.from, tc.to, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(good, "  driver = \"wim/tenso-m\"\n", "  certificate = \"scale-1.json\"\n  driver = \"wim/tenso-m\"\n", 1)
			text = strings.Replace(text, "code = \"KORGAS\"\n", "code = \"KORGAS\"\n"+tc.toml, 1)
			path := filepath.Join(dir, "site.toml")
			f, err := Parse(path, []byte(text))
			switch {
			case tc.want == "" && err != nil:
				t.Fatal(err)
			case tc.want == "":
				if c := f.Lanes[0].Devices[0].Verified; c == nil || c.Number != "12-345" || c.Ranges[0].To != 2778 {
					t.Errorf("certificate %+v", c)
				}
			case err == nil || !strings.Contains(err.Error(), tc.want):
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}
