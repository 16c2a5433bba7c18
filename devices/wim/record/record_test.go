package record

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/internal/quant"

	"github.com/google/go-cmp/cmp"
)

const division = 20 * quant.Kilogram

// golden is a record composed by hand from the list of members: an articulated lorry whose
// axles stand at 0, 3.7, 9.3, 10.6 and 11.9 m, at 1.4 m/s.
func golden(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/artic.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decode(t testing.TB, s string) *Record {
	t.Helper()
	r, err := Decode([]byte(s), division)
	if err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return r
}

func TestARecordBecomesItsWeighings(t *testing.T) {
	r := decode(t, golden(t))
	var got []string
	for _, w := range r.Weighings(How{}) {
		got = append(got, fmt.Sprintf("%d/%d %v ± %v on %s off %s %v ± %v stable %v %s %v %s", w.Axle, w.Axles, w.Mass, w.U,
			w.TOn.Format("05.000"), w.TOff.Format("05.000"), w.Speed, w.USpeed, w.Stable, w.Mode, w.Flags, w.Alibi))
	}
	want := []string{
		"1/0 6500kg ± 60kg on 03.250 off 03.786 1400mm/s ± 14mm/s stable false dynamic [simulated] 00017-000482",
		"2/0 11000kg ± 95kg on 05.893 off 06.429 1400mm/s ± 14mm/s stable false dynamic [simulated] 00017-000482",
		"3/0 7800kg ± 70kg on 09.893 off 10.429 1400mm/s ± 14mm/s stable false dynamic [simulated] 00017-000482",
		"4/0 7600kg ± 70kg on 10.829 off 11.364 1400mm/s ± 14mm/s stable false dynamic [simulated] 00017-000482",
		"5/0 7900kg ± 70kg on 11.757 off 12.293 1400mm/s ± 14mm/s stable false dynamic [simulated few_samples] 00017-000482",
		"0/5 40800kg ± 210kg on 03.250 off 13.100 1400mm/s ± 14mm/s stable false dynamic [simulated few_samples] 00017-000482",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if !r.Start.Equal(time.Date(2026, 3, 1, 6, 14, 3, 250e6, time.UTC)) || r.Device.Serial != "41-0093" || r.Groups[2].Axles[2] != 5 || r.Trace[:4] != "9f86" {
		t.Errorf("record %+v", r)
	}
}

// edit changes the golden record; each pair is what stands there and what shall.
func edit(t testing.TB, pairs ...string) string {
	t.Helper()
	s := golden(t)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("the record has no %q", pairs[i])
		}
		s = strings.Replace(s, pairs[i], pairs[i+1], 1)
	}
	return s
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	const flags = `"flags": ["simulated"]`
	axle := func(n int, member string) string { return fmt.Sprintf(`{"n": %d, "load_kg": 1%s}`, n, member) }
	var many []string
	for i := range 25 {
		many = append(many, axle(i+1, ""))
	}
	// small replaces the axles by a list, and what would not fit it.
	small := func(list, more string) string {
		return `{"version":1,"id":"a","device":{"id":"d"},"start":"2026-03-01T06:00:00Z","end":"2026-03-01T06:00:09Z","gross_kg":2,"axles":[` + list + `]` + more + `}`
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "unexpected EOF"},
		{"no object", "[]", "record is not a JSON object"},
		{"half a record", golden(t)[:300], "unexpected EOF"},
		{"two records", golden(t) + golden(t), "more behind the end of the record"},
		{"bytes that are no text", edit(t, "KRG-L2", "KRG\xffL2"), "text is not UTF-8"},
		{"an unknown member", edit(t, `"mode"`, `"modus"`), "modus: unknown member"},
		{"an unknown member of an axle", edit(t, `"samples"`, `"sample"`), "axles[0].sample: unknown member"},
		{"an unknown member of the device", edit(t, `"serial"`, `"Serial"`), "device.Serial: unknown member"},
		{"a member twice", edit(t, flags, flags+","+flags), "flags: stands twice"},
		{"no version", edit(t, `"version": 1,`, ``), "version: is missing"},
		{"another version", edit(t, `"version": 1`, `"version": 2`), "version: 2 is out of range, want 1 to 1"},
		{"no id", edit(t, `"id": "KRG-L2-2026-000117",`, ``), "id: is missing"},
		{"an empty id", edit(t, "KRG-L2-2026-000117", ""), "id: want 1 to 128 bytes of text"},
		{"a line end in the id", edit(t, "KRG-L2-2026-000117", `a\nb`), `id: control character in "a\nb"`},
		{"no device", edit(t, `"device": {"id": "ws-2", "serial": "41-0093", "firmware": "3.2.1", "verified_until": "2027-02-28"},`, ``), "device: is missing"},
		{"a number for a text", edit(t, `"id": "ws-2"`, `"id": 2`), "device.id: want a text"},
		{"a text for a number", edit(t, `"load_kg": 6500`, `"load_kg": "6500"`), "axles[0].load_kg: want a number"},
		{"null for a number", edit(t, `"load_kg": 6500`, `"load_kg": null`), "axles[0].load_kg: want a number"},
		{"an object for a list", edit(t, `"spacings_mm": [3700, 5600, 1310, 1300]`, `"spacings_mm": {}`), "spacings_mm: want a list"},
		{"a list for an object", edit(t, `{"id": "ws-2", "serial": "41-0093", "firmware": "3.2.1", "verified_until": "2027-02-28"}`, `[]`), "device: want an object"},
		{"nested for ever", `{"axles":[[[[[1]]]]]}`, "axles[0][0][0]: nested too deep"},
		{"no number", edit(t, `"load_kg": 6500`, `"load_kg": NaN`), "axles[0].load_kg: invalid character 'N'"},
		{"endless", edit(t, `"gross_kg": 40800`, `"gross_kg": 1e999`), "gross_kg: 1e999: not a decimal number"},
		{"minus", edit(t, `"load_kg": 6500`, `"load_kg": -6500`), "axles[0].load_kg: -6500 is out of range, want 0kg to 100000kg"},
		{"a negative gross mass", edit(t, `"gross_kg": 40800`, `"gross_kg": -1`), "gross_kg: -1 is out of range"},
		{"a negative uncertainty", edit(t, `"u_kg": 60`, `"u_kg": -60`), "axles[0].u_kg: -60 is out of range"},
		{"a fraction of an axle", edit(t, `"n": 2`, `"n": 2.5`), "axles[1].n: 2.5 is no whole number"},
		{"axles out of order", edit(t, `"n": 2`, `"n": 3`), "axles[1].n: 3, want 2, in driving order"},
		{"a gross mass that is another vehicle's", edit(t, `"gross_kg": 40800`, `"gross_kg": 40920`), "gross_kg: 40920kg, but the axles make 40800kg"},
		{"a group's load", edit(t, `"load_kg": 23300`, `"load_kg": 23400`), "groups[2].load_kg: 23400kg, but its axles make 23300kg"},
		{"a group of axles that are no neighbours", edit(t, `[3, 4, 5]`, `[3, 5]`), "groups[2].axles[1]: axle 5 of 5, want neighbours in driving order"},
		{"an axle in two groups", edit(t, `"axles": [2]`, `"axles": [1]`), "groups[1].axles[0]: axle 1 of 5"},
		{"a group of no axle", edit(t, `"axles": [2]`, `"axles": []`), "groups[1].axles: none"},
		{"a spacing too few", edit(t, `1310, 1300]`, `1310]`), "spacings_mm: 3 of them, want 4 of 5 axles"},
		{"a spacing of nothing", edit(t, `1310, 1300]`, `1310, 0]`), "spacings_mm[3]: 0 is out of range"},
		{"a spacing that does not fit", edit(t, `[3700, 5600`, `[3700, 4600`), "spacings_mm[1]: 4600, but t_on and speed make 5600"},
		{"an end before the start", edit(t, `11:14:13.100+05:00`, `11:14:13.100+06:00`), "end: 2026-03-01T05:14:13.100Z is before start"},
		{"an axle before the vehicle", edit(t, `"start": "2026-03-01T11:14:03.250`, `"start": "2026-03-01T11:14:03.251`), "axles[0].t_on: 2026-03-01T06:14:03.250Z is before start"},
		{"an axle behind the vehicle", edit(t, `"end": "2026-03-01T11:14:13.100`, `"end": "2026-03-01T11:14:12.100`), "axles[4].t_off: 2026-03-01T06:14:12.293Z is after end"},
		{"an axle that overtakes", edit(t, `"t_on": "2026-03-01T11:14:05.893`, `"t_on": "2026-03-01T11:14:03.250`), "axles[1].t_on: 2026-03-01T06:14:03.250Z is not after the axle before"},
		{"an axle that is off before it is on", edit(t, `"t_off": "2026-03-01T11:14:03.786`, `"t_off": "2026-03-01T11:14:03.250`), "axles[0].t_off: 2026-03-01T06:14:03.250Z is not after t_on"},
		{"an axle without a time", edit(t, `"t_on": "2026-03-01T11:14:05.893+05:00", "t_off": "2026-03-01T11:14:06.429+05:00", `, ``), "axles[1].t_on: some axles have one, some have not"},
		{"off without on", small(axle(1, "")+","+axle(2, `,"t_off":"2026-03-01T06:00:01Z"`), ""), "axles[1].t_off: without t_on"},
		{"a time without a zone", edit(t, `11:14:03.250+05:00`, `11:14:03.250`), `start: "2026-03-01T11:14:03.250" is no time such as`},
		{"a day that is none", edit(t, `2027-02-28`, `2027-02-30`), `device.verified_until: "2027-02-30" is no day`},
		{"an unknown flag", edit(t, `["simulated"]`, `["simulated", "tilted"]`), `flags[1]: "tilted", want one of`},
		{"an unknown mode", edit(t, `"dynamic"`, `"rolling"`), `mode: "rolling", want one of [static stopgo dynamic]`},
		{"an unknown direction", edit(t, `"forward"`, `"east"`), `direction: "east", want one of`},
		{"a digest that is none", edit(t, `"9f86d0`, `"9g86d0`), "trace_sha256: want 64 hexadecimal digits"},
		{"25 axles", small(strings.Join(many, ","), ""), "axles: 25 elements, want at most 24"},
		{"no axles of a moving vehicle", small("", `,"mode":"dynamic"`), "axles: none, which only mode static may have"},
		{"a spacing of a vehicle without axles", small("", `,"mode":"static","spacings_mm":[1000]`), "spacings_mm: 1 of them, want 0 of 0 axles"},
	} {
		r, err := Decode([]byte(c.in), division)
		if err == nil || r != nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestWhatIsRightIsTaken(t *testing.T) {
	for name, in := range map[string]string{
		"the sum rounded":            edit(t, `"gross_kg": 40800`, `"gross_kg": 40900`),
		"uneven driving":             edit(t, `[3700, 5600`, `[3700, 5000`),
		"no spacings":                edit(t, `"spacings_mm": [3700, 5600, 1310, 1300],`, ``),
		"no uncertainties":           edit(t, `"u_kg": 60, `, ``, `"u_kg": 210,`, ``),
		"a vehicle weighed whole":    `{"version":1,"id":"a","device":{"id":"d"},"start":"2026-03-01T06:00:00Z","end":"2026-03-01T06:00:09Z","gross_kg":40800.5,"mode":"static","axles":[]}`,
		"kilograms with an exponent": edit(t, `"gross_kg": 40800`, `"gross_kg": 4.08e4`),
	} {
		if _, err := Decode([]byte(in), division); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A record tells spacings by times and speeds as every scale does, or not at all.
func TestTimesAndSpeeds(t *testing.T) {
	times := func(s string) string { // takes t_on and t_off away
		for {
			i := strings.Index(s, `, "t_on"`)
			if i < 0 {
				return s
			}
			s = s[:i] + s[strings.Index(s[i:], `, "samples"`)+i:]
		}
	}
	const second, fifth = "2.643 8.507", "1400mm/s 1400mm/s" // 3700 and 11910 mm at 1.4 m/s
	for _, c := range []struct {
		name   string
		in     string
		how    How
		on     string // of the second and the fifth axle after the first, seconds; "" is unknown
		speeds string
		flags  string
	}{
		{"times and speed", golden(t), How{}, second, fifth, "[simulated]"},
		{"spacings and speed", times(golden(t)), How{}, "2.643 8.507", fifth, "[simulated]"},
		{"spacings alone", edit(t, `"speed_mms": 1400,`, ``), How{}, second, "0mm/s 0mm/s", "[simulated]"},
		{"neither", times(edit(t, `"speed_mms": 1400,`, ``)), How{}, "", "0mm/s 0mm/s", "[simulated]"},
		{"a speed without uncertainty is not used", edit(t, `"u_speed_mms": 14,`, ``), How{}, second, "0mm/s 0mm/s", "[simulated]"},
		{"unless the site knows it", edit(t, `"u_speed_mms": 14,`, ``), How{USpeed: 10_000}, second, fifth, "[simulated]"},
		{"an axle's own speed", edit(t, `"samples": 54`, `"speed_mms": 1390, "u_speed_mms": 9, "samples": 54`), How{}, second, "1390mm/s 1400mm/s", "[simulated]"},
		{"within the verified range", golden(t), How{SpeedMin: 278, SpeedMax: 1400}, second, fifth, "[simulated]"},
		{"above the verified range", golden(t), How{SpeedMin: 278, SpeedMax: 1399}, second, fifth, "[simulated speed_out_of_range]"},
		{"below the verified range", golden(t), How{SpeedMin: 1401}, second, fifth, "[simulated speed_out_of_range]"},
		{"a speed that is not known is in no range", edit(t, `"speed_mms": 1400,`, ``), How{SpeedMax: 1400}, second, "0mm/s 0mm/s", "[simulated speed_out_of_range]"},
		{"backwards", edit(t, `forward`, `reverse`), How{}, second, "-1400mm/s -1400mm/s", "[simulated]"},
	} {
		ws := decode(t, c.in).Weighings(c.how)
		on := ""
		if !ws[1].TOn.IsZero() && !ws[4].TOn.IsZero() {
			on = fmt.Sprintf("%.3f %.3f", ws[1].TOn.Sub(ws[0].TOn).Seconds(), ws[4].TOn.Sub(ws[0].TOn).Seconds())
		}
		speeds, flags := fmt.Sprint(ws[1].Speed, " ", ws[4].Speed), fmt.Sprint(ws[1].Flags)
		if on != c.on || speeds != c.speeds || flags != c.flags {
			t.Errorf("%s: on after %q s at %s %s, want %q s at %s %s", c.name, on, speeds, flags, c.on, c.speeds, c.flags)
		}
	}
}

func TestAnEndedVerificationLeavesNoUncertainty(t *testing.T) {
	for until, known := range map[string]bool{"2026-03-01": true, "2026-02-28": false} {
		for _, w := range decode(t, edit(t, "2027-02-28", until)).Weighings(How{}) {
			if (w.U > 0) != known {
				t.Errorf("verified until %s: axle %d ± %v", until, w.Axle, w.U)
			}
		}
	}
}

func TestARecordSurvivesItsText(t *testing.T) {
	r := decode(t, golden(t))
	b, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, decode(t, string(b))); d != "" {
		t.Errorf("%s: -want +got:\n%s", b, d)
	}
}

// The schema and the decoder know the same members, and both want the same ones.
func TestTheSchemaIsTheDecoders(t *testing.T) {
	type schema struct {
		Required   []string
		Properties map[string]json.RawMessage
		Items      json.RawMessage
	}
	read := func(b []byte) (s schema) {
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	top := read([]byte(Schema))
	var doc map[string]any
	if err := json.Unmarshal([]byte(golden(t)), &doc); err != nil {
		t.Fatal(err)
	}
	// The golden record has every member but the speed of an axle.
	doc["axles"].([]any)[0].(map[string]any)["speed_mms"] = 1400
	doc["axles"].([]any)[0].(map[string]any)["u_speed_mms"] = 14
	doc["axles"].([]any)[0].(map[string]any)["quality"] = []any{}
	check := func(path string, s schema, at map[string]any) {
		for name := range at {
			if s.Properties[name] == nil {
				t.Errorf("%s%s is decoded but not in the schema", path, name)
			}
		}
		for name := range s.Properties {
			was, has := at[name]
			if !has {
				t.Errorf("%s%s is in the schema but not in the golden record", path, name)
				continue
			}
			delete(at, name)
			err := again(t, doc)
			if want := slices.Contains(s.Required, name); (err != nil) != want && name != "t_on" {
				t.Errorf("without %s%s: %v, but required is %v", path, name, err, want)
			}
			at[name] = true // of no member's type
			if err := again(t, doc); err == nil || !strings.HasPrefix(err.Error(), path+name) {
				t.Errorf("%s%s that is true: %v", path, name, err)
			}
			at[name] = was
		}
	}
	check("", top, doc)
	check("device.", read(top.Properties["device"]), doc["device"].(map[string]any))
	check("axles[0].", read(read(top.Properties["axles"]).Items), doc["axles"].([]any)[0].(map[string]any))
	check("groups[0].", read(read(top.Properties["groups"]).Items), doc["groups"].([]any)[0].(map[string]any))
	for _, f := range known {
		if !strings.Contains(Schema, `"`+string(f)+`"`) {
			t.Errorf("flag %s is not in the schema", f)
		}
	}
}

func again(t *testing.T, doc map[string]any) error {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Decode(b, division)
	return err
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(golden(f)))
	f.Add([]byte(`{"version":1,"id":"a","device":{"id":"d"},"start":"2026-03-01T06:00:00Z","end":"2026-03-01T06:00:09Z","gross_kg":1,"mode":"static","axles":[]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := Decode(p, division)
		if err != nil {
			return
		}
		b, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(b, division)
		if err != nil {
			t.Fatalf("%s made %s, which is not taken: %v", p, b, err)
		}
		if d := cmp.Diff(r, again); d != "" {
			t.Errorf("%s: %s", p, d)
		}
		ws := r.Weighings(How{USpeed: 20_000, SpeedMax: 30_000})
		if len(ws) != len(r.Axles)+1 || ws[len(ws)-1].Axle != 0 {
			t.Errorf("%d weighings of %d axles", len(ws), len(r.Axles))
		}
		for i, w := range ws {
			if w.Mass < 0 || w.U < 0 {
				t.Errorf("weighing %d: %v ± %v", i, w.Mass, w.U)
			}
			if i > 0 && w.Axle != 0 && !w.TOn.IsZero() && w.TOn.Before(ws[i-1].TOn) {
				t.Errorf("axle %d comes on before the one before", w.Axle)
			}
		}
	})
}
