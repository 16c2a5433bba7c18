package anpr_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/frigate"
	"acsgd/devices/anpr/isapi"
	"acsgd/devices/anpr/openalpr"
	"acsgd/devices/anpr/platerecognizer"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

var start = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// queue moves lorries at 2 m/s, eight seconds after one another.
type queue int

func (q queue) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i := range int(q) {
		x := 2000 * (t.Sub(start).Seconds() - 8*float64(i))
		if x < -3000 || x > 30_000 {
			continue
		}
		v := &sim.Vehicle{ID: fmt.Sprint("v", i), Length: 14_000,
			Front:   sim.Plate{Text: fmt.Sprintf("%03dBK%02d", 100+i, 1+i%20), Country: "KZ"},
			Trailer: sim.Plate{Text: fmt.Sprintf("01KG%04dA", i), Country: "KG"}}
		dst = append(dst, sim.Placed{Vehicle: v, X: x, V: 2000})
	}
	return dst
}

// TestTheDriverHearsWhatTheCameraSays joins the simulated camera with the driver.
func TestTheDriverHearsWhatTheCameraSays(t *testing.T) {
	for _, role := range []string{"front", "trailer"} {
		stored := map[string][]byte{}
		env := devices.Env{Keep: func(mediaType string, p []byte) (obs.Blob, error) {
			b := obs.Blob{SHA256: fmt.Sprintf("%064x", len(stored)), Size: int64(len(p)), MediaType: mediaType}
			stored[b.SHA256] = bytes.Clone(p)
			return b, nil
		}}
		s, err := isapi.NewSession(devices.Section{}, env)
		if err != nil {
			t.Fatal(err)
		}
		cam := anpr.NewISAPI(anpr.Config{Name: "cam", Station: 1000, Role: role, CER: 0.1, Unread: 0.1, Twice: 0.2, Clock: 2 * time.Second, Width: 320, Seed: 4}, queue(12))
		cam.Record = true
		v := devices.NewVirtual("cam", "L1", s)
		var heard []obs.Observation
		v.Emit = func(o obs.Observation) error { heard = append(heard, o); return nil }
		v.Report = func(e *obs.DecodeError) { t.Error(e) }
		for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(40 * time.Millisecond) {
			var out sim.Out
			cam.Tick(now, &out)
			for len(out.Send) > 0 {
				if err := v.Feed(now, out.Send); err != nil {
					t.Fatal(err)
				}
				out = sim.Out{}
				cam.Feed(now, v.Sent, &out)
				v.Sent = v.Sent[:0]
			}
		}
		if len(heard) != len(cam.Shots) || len(heard) < 12 || cam.Refused != 0 {
			t.Fatalf("%s: %d readings of %d reports, %d refused", role, len(heard), len(cam.Shots), cam.Refused)
		}
		for i, o := range heard {
			p, shot := o.Body.(*obs.Plate), cam.Shots[i]
			if p.Text != shot.Text || p.Country != shot.Plate.Country || len(p.Chars) != len(shot.Sure) || int(p.Confidence) != shot.Percent*10_000 {
				t.Errorf("%s: heard %+v, said %+v", role, p, shot)
			}
			if (p.Role == obs.Trailer) != (role == "trailer") || !o.Stamp.At.Equal(shot.At.Add(2*time.Second).Truncate(time.Millisecond)) {
				t.Errorf("%s: role %q, at %v, said at %v", role, p.Role, o.Stamp.At, shot.At)
			}
			if len(p.Images) != 2 {
				t.Fatalf("%s: %d pictures", role, len(p.Images))
			}
			for k, width := range []int{240, 320} {
				m, err := jpeg.DecodeConfig(bytes.NewReader(stored[p.Images[k]]))
				if err != nil || m.Width != width {
					t.Errorf("%s: picture %d: %+v, %v", role, k, m, err)
				}
			}
			if shot.Again && p.EventID != heard[i-1].Body.(*obs.Plate).EventID {
				t.Errorf("%s: the second report of one vehicle has another event id", role)
			}
		}
	}
}

// driven joins a machine with a driver's session for two minutes.
func driven(t *testing.T, m sim.Machine, s devices.Session) (heard []obs.Observation) {
	t.Helper()
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { heard = append(heard, o); return nil }
	v.Report = func(e *obs.DecodeError) { t.Error(e) }
	for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(40 * time.Millisecond) {
		var out sim.Out
		m.Tick(now, &out)
		for len(out.Send) > 0 {
			if err := v.Feed(now, out.Send); err != nil {
				t.Fatal(err)
			}
			out = sim.Out{}
			m.Feed(now, v.Sent, &out)
			v.Sent = v.Sent[:0]
		}
	}
	return heard
}

// TestWebhooksAreUnderstood joins the simulated recognition programs with their drivers.
func TestWebhooksAreUnderstood(t *testing.T) {
	cfg := anpr.Config{Name: "cam", Station: 1000, CER: 0.1, Unread: 0.1, Twice: 0.2, Clock: 2 * time.Second, Width: 320, Seed: 4}
	agent, stream := anpr.NewOpenALPR(cfg, queue(12)), anpr.NewPlateRecognizer(cfg, queue(12))
	agent.Record, stream.Record = true, true
	for _, c := range []struct {
		driver  devices.Driver
		machine sim.Machine
		shots   *[]anpr.Shot
		each    int // readings a report, of which the last tells the direction
		refused *int
	}{
		{openalpr.Driver(), agent, &agent.Shots, 2, &agent.Refused},
		{platerecognizer.Driver(), stream, &stream.Shots, 1, &stream.Refused},
	} {
		s, err := c.driver.NewSession(devicestest.Settings(t, c.driver.Kind, "", "forward = 90"), devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		heard := driven(t, c.machine, s)
		shots := *c.shots
		again := 0 // a second frame with the same text says nothing new
		for _, s := range shots {
			if s.Again && c.each == 2 {
				again++
			}
		}
		if n := len(shots) * c.each; len(heard) > n || len(heard) < n-again || len(shots) < 10 || *c.refused != 0 {
			t.Fatalf("%s: %d readings of %d reports, %d refused", c.driver.Kind, len(heard), len(shots), *c.refused)
		}
		ids, wrong, forward := map[string]string{}, 0, 0
		for _, o := range heard {
			p := o.Body.(*obs.Plate)
			at := slices.IndexFunc(shots, func(s anpr.Shot) bool { return s.At.Add(cfg.Clock).Equal(o.Stamp.At) })
			if at < 0 {
				t.Errorf("%s: a reading of %v, when nothing was reported", c.driver.Kind, o.Stamp.At)
				continue
			}
			shot := shots[at]
			if p.Text != shot.Text || p.Country != shot.Plate.Country || p.Text != "" && int(p.Confidence)/10_000 != shot.Percent || len(p.Images) < 1 {
				t.Errorf("%s: heard %+v, said %+v", c.driver.Kind, p, shot)
			}
			if p.Text != "" && (len(p.Candidates) == 0 || p.Candidates[0].P >= p.Confidence) {
				t.Errorf("%s: candidates %+v of %s", c.driver.Kind, p.Candidates, p.Text)
			}
			if p.Direction == "forward" {
				if forward++; len(p.Images) != c.each {
					t.Errorf("%s: %d pictures", c.driver.Kind, len(p.Images))
				}
			}
			if v, known := ids[p.EventID]; known && v != shot.Vehicle {
				t.Errorf("%s: %s is two vehicles", c.driver.Kind, p.EventID)
			}
			ids[p.EventID] = shot.Vehicle
			if p.Text != shot.Plate.Text {
				wrong++
			}
		}
		if forward != len(shots) {
			t.Errorf("%s: %d of %d drive forward", c.driver.Kind, forward, len(shots))
		}
		if wrong == 0 {
			t.Errorf("%s: nothing was misread at an error rate of 10 %%", c.driver.Kind)
		}
	}
}

// TestFrigateIsUnderstood joins the simulated recorder with the driver.
func TestFrigateIsUnderstood(t *testing.T) {
	f := anpr.NewFrigate(anpr.Config{Name: "lane1", Station: 1000, CER: 0.1, Unread: 0.2, Seed: 2}, queue(12))
	f.Record = true
	h := frigate.NewHandler(frigate.Config{Camera: "lane1"})
	var out devices.Out
	for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(40 * time.Millisecond) {
		for _, m := range f.Tick(now) {
			h.Message(now, m.Topic, m.Payload, &out)
		}
	}
	if len(out.Errs) > 0 || len(out.Obs) != len(f.Shots) || len(out.Obs) != 12 {
		t.Fatalf("%d readings of %d reports, errors %v", len(out.Obs), len(f.Shots), out.Errs)
	}
	for i, o := range out.Obs {
		if p := o.Body.(*obs.Plate); p.Text != f.Shots[i].Text || p.Text != "" && int(p.Confidence) != f.Shots[i].Percent*10_000 {
			t.Errorf("heard %+v, said %+v", p, f.Shots[i])
		}
	}
}
