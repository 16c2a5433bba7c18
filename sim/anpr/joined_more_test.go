package anpr_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/axis"
	"acsgd/devices/anpr/onvif"
	"acsgd/devices/devicestest"
	"acsgd/devices/pull"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// store keeps evidence in memory.
type store map[string][]byte

func (s store) keep(mediaType string, p []byte) (obs.Blob, error) {
	b := obs.Blob{SHA256: fmt.Sprintf("%064x", len(s)), Size: int64(len(p)), MediaType: mediaType}
	s[b.SHA256] = bytes.Clone(p)
	return b, nil
}

// surest gives for each event the reading that the core would let stand: the surest, the
// newest of equal ones; in the order of their first readings.
func surest(list []obs.Observation) (best []*obs.Plate, stamps []obs.Stamp) {
	at := map[string]int{}
	for _, o := range list {
		p, ok := o.Body.(*obs.Plate)
		if !ok {
			continue
		}
		i, known := at[p.EventID]
		switch {
		case !known:
			at[p.EventID] = len(best)
			best, stamps = append(best, p), append(stamps, o.Stamp)
		case p.Text != "" && p.Confidence >= best[i].Confidence:
			best[i] = p
		}
	}
	return best, stamps
}

// TestAxisIsCorrectedByItsLaterEvents joins the simulated camera with the driver: of each
// vehicle the text of its best event stands, whatever the first one said.
func TestAxisIsCorrectedByItsLaterEvents(t *testing.T) {
	for _, role := range []string{"front", "trailer"} {
		kept := store{}
		s, err := axis.NewSession(devicestest.Settings(t, axis.Kind, "", "role = \""+role+"\""), devices.Env{Keep: kept.keep})
		if err != nil {
			t.Fatal(err)
		}
		const ahead = 2 * time.Second
		cam := anpr.NewAxis(anpr.Config{Name: "cam", Station: 1000, Role: role, CER: 0.1, Unread: 0.1, Twice: 0.2, Clock: ahead, Width: 320, Seed: 4}, queue(12))
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
		best, stamps := surest(heard)
		changed := 0
		for _, o := range heard {
			p := o.Body.(*obs.Plate)
			for _, b := range best {
				if b.EventID == p.EventID && b.Text != p.Text {
					changed++
				}
			}
		}
		var shots []anpr.Shot
		for _, s := range cam.Shots {
			if !s.Again {
				shots = append(shots, s)
			}
		}
		if len(best) != 12 || len(shots) != 12 || cam.Refused != 0 || changed == 0 {
			t.Fatalf("%s: %d vehicles of %d, %d refused, %d readings corrected", role, len(best), len(shots), cam.Refused, changed)
		}
		// Vehicles that are not read are heard of when they are lost, so the order differs.
		for _, shot := range shots {
			found := false
			for i, p := range best {
				if p.Text != shot.Text || stamps[i].At.Sub(shot.At.Add(ahead)).Abs() > time.Second {
					continue
				}
				found = true
				if int(p.Confidence) != shot.Percent*10_000 || p.Text != "" && p.Country != shot.Plate.Country || p.Direction != "forward" || string(p.Role) != role {
					t.Errorf("%s: heard %+v, said %+v", role, p, shot)
				}
			}
			if !found {
				t.Errorf("%s: %+v is not heard", role, shot)
			}
		}
		widths := map[int]int{}
		for _, o := range heard {
			for _, b := range o.Blobs {
				m, err := jpeg.DecodeConfig(bytes.NewReader(kept[b.SHA256]))
				if b.Role != "event" && err != nil {
					t.Errorf("%s: picture %s: %v", role, b.Role, err)
				}
				widths[m.Width]++
			}
		}
		if widths[320] == 0 || widths[240] == 0 {
			t.Errorf("%s: pictures of widths %v, want plates and scenes", role, widths)
		}
	}
}

// TestONVIFGivesOneVehicleOneReadingThatCounts joins the simulated camera with the driver,
// its frames in XML and in JSON.
func TestONVIFGivesOneVehicleOneReadingThatCounts(t *testing.T) {
	for _, inJSON := range []bool{false, true} {
		kept := store{}
		cam := anpr.NewONVIF(anpr.Config{Name: "cam", Station: 1000, CER: 0.1, Unread: 0.1, Twice: 0.3, Clock: -time.Second, Width: 320, Seed: 4}, queue(12))
		cam.Record, cam.JSON = true, inJSON
		h := onvif.NewHandler(onvif.Config{Role: "front"}, devices.Env{Keep: kept.keep})
		var out devices.Out
		messages := 0
		for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(40 * time.Millisecond) {
			for _, m := range cam.Tick(now) {
				h.Message(now, m.Topic, m.Payload, &out)
				messages++
			}
		}
		best, _ := surest(out.Obs)
		// A vehicle gives its first, its better and its pictured reading, and no more.
		if len(out.Errs) > 0 || len(best) != len(cam.Shots) || len(best) < 12 || len(out.Obs) > 5*len(best) || messages < 100 {
			t.Fatalf("%d readings of %d vehicles, %d seen, in %d messages, errors %v", len(out.Obs), len(best), len(cam.Shots), messages, out.Errs)
		}
		for _, shot := range cam.Shots {
			found := false
			for _, p := range best {
				if p.Text != shot.Text || found {
					continue
				}
				found = true
				if p.Text != "" && (p.Country != shot.Plate.Country || int(p.Confidence) < shot.Percent*10_000-60_000 || p.Direction != "forward") {
					t.Errorf("heard %+v, said %+v", p, shot)
				}
			}
			if !found {
				t.Errorf("%+v is not heard", shot)
			}
		}
		pictured := map[string]bool{}
		for _, o := range out.Obs {
			if p := o.Body.(*obs.Plate); len(p.Images) == 2 {
				pictured[p.EventID] = true
			}
			if s := o.Stamp; s.Origin != obs.Device {
				t.Errorf("%+v: want the camera's time", s)
			}
		}
		read := 0
		for _, s := range cam.Shots {
			if s.Text != "" {
				read++
			}
		}
		if len(pictured) != read {
			t.Errorf("pictures of %d vehicles, %d were read", len(pictured), read)
		}
	}
}

// TestONVIFOverRTSP joins the camera that is asked over RTSP with the driver's session:
// login, stream, signs of life, and packets that are lost.
func TestONVIFOverRTSP(t *testing.T) {
	for _, c := range []struct {
		name, password string
		lose           int
	}{{"all packets", "secret", 0}, {"every 40th packet is lost", "secret", 40}, {"a wrong password", "wrong", 0}} {
		cam := anpr.NewRTSP(anpr.Config{Name: "cam", Station: 1000, Width: 320, Seed: 4}, queue(6))
		cam.Record, cam.User, cam.Password, cam.Lose = true, "root", "secret", c.lose
		login, err := pull.NewLogin("root", c.password, false)
		if err != nil {
			t.Fatal(err)
		}
		kept := store{}
		v := devices.NewVirtual("cam", "L1", onvif.NewStream(onvif.NewHandler(onvif.Config{Role: "front"}, devices.Env{Keep: kept.keep}), login, "rtsp://10.20.1.11:554/onvif-media/media.amp?profile=p1"))
		var heard []obs.Observation
		faults := 0
		v.Emit = func(o obs.Observation) error { heard = append(heard, o); return nil }
		v.Report = func(*obs.DecodeError) { faults++ }
		if err := v.Open(start); err != nil {
			t.Fatal(err)
		}
		var failed error
		for now := start; now.Before(start.Add(time.Minute)) && failed == nil; now = now.Add(20 * time.Millisecond) {
			var out sim.Out
			if len(v.Sent) > 0 {
				cam.Feed(now, v.Sent, &out)
				v.Sent = v.Sent[:0]
			}
			cam.Tick(now, &out)
			for p := out.Send; len(p) > 0 && failed == nil; { // in pieces, as a network has them
				n := min(len(p), 1000)
				failed = v.Feed(now, p[:n])
				p = p[n:]
			}
			if at, ok := v.Deadline(); ok && !now.Before(at) && failed == nil {
				failed = v.Tick(now)
			}
		}
		if c.password == "wrong" {
			if failed == nil || len(heard) != 0 || cam.Denied > 2 {
				t.Errorf("%s: %v, %d readings, denied %d times", c.name, failed, len(heard), cam.Denied)
			}
			continue
		}
		best, _ := surest(heard)
		if failed != nil || len(best) != 6 || (faults > 0) != (c.lose > 0) || cam.Alive < 4 || cam.Denied != 1 {
			t.Fatalf("%s: %d vehicles of 6, %d faults, %d signs of life, denied %d times, link %v", c.name, len(best), faults, cam.Alive, cam.Denied, failed)
		}
		for i, p := range best {
			if p.Text != cam.Shots[i].Text {
				t.Errorf("%s: heard %+v, said %+v", c.name, p, cam.Shots[i])
			}
		}
		if c.lose == 0 && len(kept) != 12 {
			t.Errorf("%s: %d pictures, want two of each vehicle", c.name, len(kept))
		}
	}
}
