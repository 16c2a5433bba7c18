package cola

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
	simdims "acsgd/sim/dims"
)

// TestADeviceInTheOtherDialectIsMovedToOurs drives every setting against a device of either
// dialect and of either family, up to a measured vehicle.
func TestADeviceInTheOtherDialectIsMovedToOurs(t *testing.T) {
	v := car("car", rand.New(rand.NewPCG(4, 4)))
	for _, family := range [][2]string{{"lms511", "lms5xx"}, {"lms111", "lms1xx"}} {
		for _, text := range []bool{false, true} {
			for _, dialect := range []string{"auto", "a", "b"} {
				t.Run(fmt.Sprintf("%s, in text %v, asked for %s", family[0], text, dialect), func(t *testing.T) {
					scene := &road{}
					r := newRig(t, scene, fmt.Sprintf("height = \"6m\"\ndialect = %q\nmodel = %q", dialect, family[1]),
						simdims.Config{Model: family[0], Text: text})
					r.run(t, scene.pass(v, r.now.Add(10*time.Second), 1000))
					if len(r.seen) != 1 {
						t.Fatalf("%d profiles, health %q", len(r.seen), r.health)
					}
					near(t, "height", float64(r.seen[0].Height), float64(v.Height), 60)
					want := Binary
					if dialect == "a" {
						want = ASCII
					}
					if got := r.sessions[0].(*Session).reader.Dialect; got != want {
						t.Errorf("scans come in %s, want %s", got, want)
					}
				})
			}
		}
	}
}

// TestADeviceThatDoesNotChangeIsFollowed: some firmware refuses EIHstCola, some answers it
// and goes on as before.
func TestADeviceThatDoesNotChangeIsFollowed(t *testing.T) {
	for _, answer := range []string{"sFA 1", "sWA EIHstCola"} {
		v := devices.NewVirtual("", "", session(t, `height = "6m"`, devices.Env{}))
		now := start
		if err := v.Open(now); err != nil {
			t.Fatal(err)
		}
		scans := 0
		v.Emit = func(o obs.Observation) error {
			if h, ok := o.Body.(*obs.Health); ok && h.State == obs.Online {
				scans++
			}
			return nil
		}
		for range 40 { // a device that understands text only
			var r Reader
			r.Feed(v.Sent)
			v.Sent = nil
			for {
				f, ok, _ := r.Next()
				if !ok {
					break
				}
				m, _ := Split(f.Payload)
				if f.Dialect != ASCII {
					continue
				}
				say := "sRA " + m.Name
				switch {
				case m.Name == "EIHstCola":
					say = answer
				case m.Cmd == "sMN":
					say = "sAN " + m.Name + " 1"
				case m.Name == scanName:
					say = "sEA LMDscandata 1\x03\x02sSN LMDscandata " + lmsText
				}
				if err := v.Feed(now, Append(nil, ASCII, []byte(say))); err != nil {
					t.Fatal(err)
				}
			}
			if at, ok := v.Deadline(); ok && scans == 0 {
				now = at
				if err := v.Tick(now); err != nil {
					t.Fatal(err)
				}
			}
		}
		if scans == 0 {
			t.Errorf("after %q no scan arrives", answer)
		}
	}
}
