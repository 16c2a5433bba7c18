package cola

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

var start = time.Date(2026, 1, 15, 6, 0, 0, 0, time.UTC)

func section(settings string) devices.Section {
	return devices.Section{Decode: func(v any) error {
		_, err := toml.Decode(settings, v)
		return err
	}}
}

func session(t testing.TB, settings string, env devices.Env) devices.Session {
	t.Helper()
	s, err := Driver().NewSession(section(settings), env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deviceHalf gives what the device sent, in order.
func deviceHalf(t testing.TB, file string) (all []byte, at []float64, frames [][]byte) {
	for _, l := range bytes.Split(sharedtest.File(t, "profiler", file), []byte("\n")) {
		var e struct {
			T   float64
			Dir string
			Hex string
		}
		if len(bytes.TrimSpace(l)) == 0 {
			continue
		}
		if err := json.Unmarshal(l, &e); err != nil {
			t.Fatal(err)
		}
		if e.Dir == "rx" {
			p, err := hex.DecodeString(e.Hex)
			if err != nil {
				t.Fatal(err)
			}
			all, at, frames = append(all, p...), append(at, e.T), append(frames, p)
		}
	}
	return all, at, frames
}

func TestTheDevicesHalfOfARecordedSessionIsEnough(t *testing.T) {
	for _, row := range []struct {
		file         string
		scans, beams int
		rssi         bool
		first        string
	}{
		{"lms111-colab-session.jsonl", 57, 541, false, "counter 4, 1948810585 us, [93 80 86 89 82]"}, // 60 less 3 duplicates
		{"lms511-colab-session-1.jsonl", 60, 1141, true, "counter 10335, 1387959194 us, [1305 1300 1299 1299 1307]"},
		{"lms511-colab-session-2.jsonl", 30, 1141, true, ""},
	} {
		t.Run(row.file, func(t *testing.T) {
			all, _, _ := deviceHalf(t, row.file)
			for _, chunk := range []int{1, 1448, 0} {
				var got []*obs.Profile
				s := session(t, "", devices.Env{Stream: true, Raw: true})
				err := devices.Decode(s, bytes.NewReader(all), func() time.Time { return start }, chunk,
					func(o obs.Observation) {
						p, ok := o.Body.(*obs.Profile)
						if !ok {
							t.Fatalf("a %s among scans", o.Body.Kind())
						}
						if !bytes.HasPrefix(o.Raw, []byte{2, 2, 2, 2}) {
							t.Fatal("the frame is missing")
						}
						got = append(got, p)
					}, func(e *obs.DecodeError) { t.Error(e) })
				if err != nil || len(got) != row.scans {
					t.Fatalf("%d scans, %v; want %d", len(got), err, row.scans)
				}
				s1 := got[0].Scan
				if first := fmt.Sprintf("counter %d, %d us, %v", s1.Counter, s1.Micros, s1.Dist[:5]); row.first != "" && first != row.first {
					t.Errorf("first scan %s, want %s", first, row.first)
				}
				for i, p := range got {
					if len(p.Scan.Dist) != row.beams || (p.Scan.RSSI != nil) != row.rssi || p.Flags[len(p.Flags)-1] != obs.ClockUnset {
						t.Fatalf("scan %d: %d beams, flags %v", i, len(p.Scan.Dist), p.Flags)
					}
					if i > 0 && !p.Start.After(got[i-1].Start) {
						t.Fatalf("scan %d is not later than the one before", i)
					}
				}
			}
		})
	}
}

func TestDialogueOfTheRecording(t *testing.T) {
	_, at, frames := deviceHalf(t, "lms511-colab-session-1.jsonl")
	v := devices.NewVirtual("dims", "L1", session(t, `height = "2m"`, devices.Env{}))
	var states []obs.HealthState
	v.Emit = func(o obs.Observation) error {
		if h, ok := o.Body.(*obs.Health); ok {
			states = append(states, h.State)
		}
		return nil
	}
	v.Report = func(e *obs.DecodeError) { t.Error(e) }
	if err := v.Open(start); err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		if err := v.Feed(start.Add(time.Duration(at[i]*float64(time.Second))), f); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	var sent []string
	var r Reader
	r.Feed(v.Sent)
	for {
		f, ok, _ := r.Next()
		if !ok {
			break
		}
		m, _ := Split(f.Payload)
		sent = append(sent, m.Cmd+" "+m.Name)
	}
	want := []string{"sMN SetAccessMode", "sWN EIHstCola", "sRN FirmwareVersion", "sRN SCdevicestate", "sRN LMPoutputRange",
		"sWN LMDscandatacfg", "sMN LMCstartmeas", "sMN Run", "sEN LMDscandata"}
	if d := cmp.Diff(want, sent); d != "" {
		t.Error(d)
	}
	if len(states) == 0 || states[0] != obs.Online {
		t.Errorf("states %v", states)
	}
}

func TestNoLockStep(t *testing.T) {
	frame := scanFrame(7, 1000)
	v := devices.NewVirtual("", "", session(t, `height = "6m"`, devices.Env{}))
	var bodies []string
	v.Emit = func(o obs.Observation) error {
		if h, ok := o.Body.(*obs.Health); ok {
			bodies = append(bodies, string(h.State))
		}
		return nil
	}
	if err := v.Open(start); err != nil {
		t.Fatal(err)
	}
	if err := v.Feed(start.Add(time.Millisecond), frame); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"online"}, bodies); d != "" {
		t.Error(d)
	}
}

// scanFrame is a scan with some empty road, of that counter and device time.
func scanFrame(counter uint16, us uint32) []byte {
	s := Scan{Frequency: 2500, Measuring: 540, Channels: []Channel{{Kind: [5]byte([]byte("DIST1")), Bits: 16, Start: -50000, Step: 1667, Values: make([]uint16, 1141)}}}
	f := binaryFrame(&s)
	p := f[8 : len(f)-1]
	p[26], p[27] = byte(counter>>8), byte(counter)
	for i := range 4 {
		p[28+i] = byte(us >> (24 - 8*i))
		p[32+i] = p[28+i]
	}
	return Append(nil, Binary, p)
}

func TestSilence(t *testing.T) {
	v := devices.NewVirtual("", "", session(t, `height = "6m"`, devices.Env{}))
	var states []string
	v.Emit = func(o obs.Observation) error {
		if h, ok := o.Body.(*obs.Health); ok {
			states = append(states, fmt.Sprintf("%s at %s", h.State, o.Stamp.At.Sub(start)))
		}
		return nil
	}
	now := start
	if err := v.Open(now); err != nil {
		t.Fatal(err)
	}
	for k := range 5 {
		now = now.Add(40 * time.Millisecond)
		if err := v.Feed(now, scanFrame(uint16(k), uint32(40000*k))); err != nil {
			t.Fatal(err)
		}
	}
	var failed error
	for failed == nil {
		at, ok := v.Deadline()
		if !ok || at.After(start.Add(10*time.Second)) {
			t.Fatal("silence is never noticed")
		}
		now, failed = at, v.Tick(at)
	}
	if now.Sub(start) != 1200*time.Millisecond || !strings.Contains(failed.Error(), "no scan for 1s") {
		t.Errorf("failed at %s: %v", now.Sub(start), failed)
	}
	if d := cmp.Diff([]string{"online at 40ms", "degraded at 320ms"}, states); d != "" {
		t.Error(d)
	}
}

func TestARefusedLoginIsPermanent(t *testing.T) {
	v := devices.NewVirtual("", "", session(t, "", devices.Env{}))
	if err := v.Open(start); err != nil {
		t.Fatal(err)
	}
	err := v.Feed(start, Append(nil, Binary, []byte("sAN SetAccessMode \x00")))
	if !devices.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestADeviceInTextIsFound(t *testing.T) {
	v := devices.NewVirtual("", "", session(t, "", devices.Env{}))
	if err := v.Open(start); err != nil {
		t.Fatal(err)
	}
	v.Sent = nil
	for range 1 {
		at, _ := v.Deadline()
		if err := v.Tick(at); err != nil {
			t.Fatal(err)
		}
	}
	if want := "\x02sMN SetAccessMode 03 F4724744\x03"; string(v.Sent) != want {
		t.Fatalf("after a silent second %q, want %q", v.Sent, want)
	}
	v.Sent = nil
	for _, answer := range []string{"sAN SetAccessMode 1", "sWA EIHstCola"} {
		if err := v.Feed(start.Add(1500*time.Millisecond), Append(nil, ASCII, []byte(answer))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasSuffix(v.Sent, devicestest.Unhex(t, golden["firmware"])) {
		t.Errorf("after EIHstCola it goes on with %q", v.Sent)
	}
}

func TestClockFollowsTheLeastDelay(t *testing.T) {
	var c clock
	const drift = 1 + 50e-6 // the device's crystal is slow
	var worst time.Duration
	for k := range 25 * 300 {
		true_ := time.Duration(float64(k) * 40e6)
		us := uint32(4290_000_000 + int64(float64(true_)/drift)/1000) // wraps on the way
		delay := time.Duration(k*7919%20) * time.Millisecond
		if k%100 == 0 {
			delay = 200 * time.Microsecond
		}
		c.add(us, start.Add(true_+delay))
		if k > 25*60 {
			worst = max(worst, (c.at(us).Sub(start) - true_).Abs())
		}
	}
	if worst > 3*time.Millisecond {
		t.Errorf("the host time of a scan is off by up to %s", worst)
	}
	if c.add(5, start.Add(time.Hour)) {
		t.Error("a restart of the device goes unnoticed")
	}
}

func TestTheExampleIsAWholeDevice(t *testing.T) {
	var file struct {
		Lane struct {
			Device []struct {
				Name, Driver, Link, Station string
				Settings                    toml.Primitive
			}
		}
	}
	meta, err := toml.Decode(example, &file)
	if err != nil {
		t.Fatal(err)
	}
	d := file.Lane.Device[0]
	sec := devices.Section{Driver: d.Driver, Link: d.Link, Station: d.Station,
		Decode: func(v any) error { return meta.PrimitiveDecode(d.Settings, v) }}
	if _, err := Driver().New(sec, devices.Env{}); err != nil || d.Driver != Kind {
		t.Fatal(err)
	}
	if left := meta.Undecoded(); len(left) > 0 {
		t.Fatalf("settings nobody reads: %v", left)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for settings, want := range map[string]string{
		`dialect = "c"`: "want auto, a or b", `password = "x"`: "8 hexadecimal", `height = "1cm"`: "between 1 m",
		`frequency_hz = 25.0`: "set together", `model = "s300"`: "lms1xx or lms5xx", `mirrors = "maybe"`: "exclude or include",
	} {
		if _, err := Driver().NewSession(section(settings), devices.Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", settings, err, want)
		}
	}
}

func FuzzSession(f *testing.F) {
	f.Add(scanFrame(1, 1), 100)
	f.Add([]byte("\x02sSN LMDscandata "+lmsText+"\x03\x02sFA 3\x03"), 7)
	f.Fuzz(func(t *testing.T, in []byte, chunk int) {
		run := func(chunk int) (got []string) {
			s := session(t, "", devices.Env{Stream: true, Raw: true})
			err := devices.Decode(s, bytes.NewReader(in), func() time.Time { return start }, chunk,
				func(o obs.Observation) { b, _ := o.Report(); got = append(got, string(b)) },
				func(e *obs.DecodeError) { got = append(got, fmt.Sprint(e.Offset, e.Reason)) })
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if d := cmp.Diff(run(1+len(in)), run(1+(chunk&0xff)%50)); d != "" {
			t.Fatal(d)
		}
	})
}

// diff compares two profiles.
func diff(a, b *obs.Profile) string { return cmp.Diff(a, b) }
