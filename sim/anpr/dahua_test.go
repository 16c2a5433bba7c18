package anpr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/dahua"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// parade moves n lorries at 2 m/s past a camera, eight seconds after one another.
type parade struct {
	n     int
	begin time.Time
}

func (p parade) At(dst []sim.Placed, t time.Time) []sim.Placed {
	return queue(p.n).At(dst, start.Add(t.Sub(p.begin)))
}

// road joins a machine with a source of the driver, on connections that come and go.
type road struct {
	t     *testing.T
	pipes *line.Pipes
	// lose says of a piece of what the driver sends that it is lost, cut after how many bytes
	// of a piece from the camera the connection breaks; negative: it does not.
	lose func() bool
	cut  func(p []byte) int

	mu     sync.Mutex
	heard  []obs.Observation
	health []string
	stored map[string][]byte
	commit func(done func(error))
}

func newRoad(t *testing.T) *road {
	return &road{t: t, pipes: line.NewPipes(), lose: func() bool { return false }, cut: func([]byte) int { return -1 },
		stored: map[string][]byte{}, commit: func(done func(error)) { done(nil) }}
}

func (r *road) env() devices.Env {
	return devices.Env{Name: "cam", Open: func(string) (line.Open, error) { return r.pipes.Open("p"), nil }, Report: func(*obs.DecodeError) {},
		Keep: func(mediaType string, p []byte) (obs.Blob, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			b := obs.BlobOf(mediaType, p)
			r.stored[b.SHA256] = bytes.Clone(p)
			return b, nil
		}}
}

func (r *road) emit(o obs.Observation, done func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch b := o.Body.(type) {
	case *obs.Health:
		r.health = append(r.health, b.Reason)
	case *obs.Plate:
		for _, i := range b.Images {
			if r.stored[i] == nil {
				r.t.Errorf("picture %s of a reading is not stored before it", i)
			}
		}
		r.heard = append(r.heard, o)
		if done != nil {
			r.commit(done)
		}
		return
	}
	if done != nil {
		done(nil)
	}
}

// machine is a simulated camera.
type machine interface {
	sim.Machine
	Reset()
}

// run lets the camera and the driver talk for d.
func (r *road) run(settings string, m machine, d time.Duration) {
	t := r.t
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src, err := dahua.New(devicestest.Settings(t, dahua.Kind, "pipe:p", settings), r.env())
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			if err := src.Run(ctx, r.emit); ctx.Err() == nil {
				t.Logf("the source ends: %v", err)
				time.Sleep(500 * time.Millisecond) // what a supervisor does
			}
		}
	}()
	for end := time.Now().Add(d); time.Now().Before(end); {
		c, err := r.pipes.Accept(ctx, "p")
		if err != nil {
			t.Fatal(err)
		}
		r.talk(c, m, end)
		c.Close()
		m.Reset()
	}
	cancel()
	<-over
}

// talk is one connection.
func (r *road) talk(c line.Conn, m machine, end time.Time) {
	in := make(chan []byte, 64)
	go func() {
		defer close(in)
		for {
			buf := make([]byte, 4096)
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			if !r.lose() {
				in <- buf[:n]
			}
		}
	}()
	for ; time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		var out sim.Out
		now := time.Now()
		m.Tick(now, &out)
		for more := true; more && !out.Close; {
			select {
			case p, ok := <-in:
				if !ok {
					return
				}
				m.Feed(now, p, &out)
			default:
				more = false
			}
		}
		if n := r.cut(out.Send); len(out.Send) > 0 && n >= 0 {
			out.Send, out.Close = out.Send[:min(n, len(out.Send))], true
		}
		if len(out.Send) > 0 {
			if _, err := c.Write(out.Send); err != nil {
				return
			}
		}
		if out.Close {
			synctest.Wait()
			return
		}
	}
}

// vehicles are the readings by the camera's identity of the vehicle, the last of each.
func (r *road) vehicles() (list []*obs.Plate) {
	at := map[string]int{}
	for _, o := range r.heard {
		p := o.Body.(*obs.Plate)
		if i, ok := at[p.EventID]; ok && p.EventID != "" {
			list[i] = p
			continue
		}
		at[p.EventID] = len(list)
		list = append(list, p)
	}
	return list
}

// agree holds what was heard against what the camera has said.
func (r *road) agree(shots []anpr.Shot, clock time.Duration) {
	r.t.Helper()
	if len(r.heard) != len(shots) {
		r.t.Fatalf("%d readings of %d reports", len(r.heard), len(shots))
	}
	for i, o := range r.heard {
		p, s := o.Body.(*obs.Plate), shots[i]
		if p.Text != s.Text || p.Direction != "forward" || p.Text != "" && p.Country != s.Plate.Country {
			r.t.Errorf("heard %+v, said %+v", p, s)
		}
		if want := s.At.Add(clock).Truncate(time.Millisecond); !o.Stamp.At.Equal(want) || o.Stamp.Origin != obs.Device {
			r.t.Errorf("heard of %v, said of %v", o.Stamp.At, want)
		}
		if got, want := int(p.Confidence), s.Percent*10_000; p.Text != "" && (got < want-4000 || got > want+4000) {
			r.t.Errorf("confidence %d, want %d within a half of 255", got, want)
		}
	}
}

const scale = "confidence = 255\n"

func TestDahuaPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoad(t)
		cam := anpr.NewDahua(anpr.Config{Name: "cam", Station: 1000, CER: 0.1, Unread: 0.1, Width: 320, Seed: 4}, parade{12, time.Now()})
		cam.Record = true
		r.run(scale, cam, 2*time.Minute)
		r.agree(cam.Shots, 0)
		if len(r.heard) < 12 || cam.Accepted != len(r.heard) || cam.Repeated+cam.Refused+cam.Dropped+cam.Waiting() != 0 || len(r.health) > 0 {
			t.Errorf("%d readings, %d accepted, %d repeated, %d refused, health %q", len(r.heard), cam.Accepted, cam.Repeated, cam.Refused, r.health)
		}
		for _, o := range r.heard {
			images := o.Body.(*obs.Plate).Images
			if len(images) != 2 || o.Blobs[0].Role != "plate" || o.Blobs[1].Role != "overview" {
				t.Fatalf("pictures %+v", o.Blobs)
			}
			for k, width := range []int{240, 320} {
				if m, err := jpeg.DecodeConfig(bytes.NewReader(r.stored[images[k]])); err != nil || m.Width != width {
					t.Errorf("picture %d: %+v, %v", k, m, err)
				}
			}
		}
	})
}

// The camera repeats until it is answered with true: whatever is lost on the way, each
// vehicle is one reading.
func TestDahuaPushWithLosses(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			r := newRoad(t)
			luck := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			chance := func(p float64) bool {
				mu.Lock()
				defer mu.Unlock()
				return luck.Float64() < p
			}
			r.lose = func() bool { return chance(0.25) }
			r.cut = func(p []byte) int {
				if chance(0.2) {
					return len(p) / 2
				}
				return -1
			}
			r.commit = func(done func(error)) { // 50 ms, or later than the answer is due
				wait := 50 * time.Millisecond
				if chance(0.3) {
					wait = 1500 * time.Millisecond
				}
				time.AfterFunc(wait, func() { done(nil) })
			}
			cam := anpr.NewDahua(anpr.Config{Name: "cam", Station: 1000, Width: 160, Seed: seed}, parade{12, time.Now()})
			cam.Record = true
			r.run(scale, cam, 5*time.Minute)
			r.agree(cam.Shots, 0)
			if len(r.heard) != 12 || cam.Waiting() != 0 || cam.Repeated == 0 {
				t.Errorf("seed %d: %d readings of 12 vehicles, %d repeated, %d not taken", seed, len(r.heard), cam.Repeated, cam.Waiting())
			}
		})
	}
}

// What the store refuses is asked for again, and is one vehicle.
func TestDahuaPushToAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoad(t)
		full := time.Now().Add(time.Minute)
		r.commit = func(done func(error)) {
			if time.Now().Before(full) {
				done(errors.New("disk full"))
				r.heard = r.heard[:len(r.heard)-1] // it is not in the journal
				return
			}
			done(nil)
		}
		cam := anpr.NewDahua(anpr.Config{Name: "cam", Station: 1000, Plain: true}, parade{12, time.Now()})
		cam.Record = true
		r.run(scale, cam, 3*time.Minute)
		r.agree(cam.Shots, 0)
		if cam.Refused == 0 || cam.Waiting() != 0 || len(r.heard) != 12 {
			t.Errorf("%d refused, %d not taken, %d readings", cam.Refused, cam.Waiting(), len(r.heard))
		}
	})
}

func TestDahuaClocks(t *testing.T) {
	for clock, want := range map[time.Duration]string{2 * time.Minute: "2m0s fast", -time.Hour: "1h0m0s slow", 3 * time.Second: ""} {
		for _, mode := range []string{"push", "snap"} {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(24 * time.Hour) // away from where times begin to be taken for one
				r := newRoad(t)
				cfg := anpr.Config{Name: "cam", Station: 1000, Plain: true, Clock: clock}
				var shots []anpr.Shot
				if scene := (parade{3, time.Now()}); mode == "push" {
					cam := anpr.NewDahua(cfg, scene)
					cam.Record = true
					r.run(scale, cam, 30*time.Second)
					shots = cam.Shots
				} else {
					cam := anpr.NewDahuaSnap(cfg, anpr.Snap{}, scene)
					cam.Record = true
					r.run(scale+`mode = "snap"`, cam, 30*time.Second)
					shots = cam.Shots
				}
				r.agree(shots, clock)
				got := strings.Join(r.health, "|")
				if want == "" && got != "" || !strings.Contains(got, want) || len(r.health) > 1 {
					t.Errorf("%s, %v: health %q, want %q in it, once", mode, clock, got, want)
				}
			})
		}
	}
}

func TestDahuaSnapshotStream(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		how      anpr.Snap
		images   int
	}{
		"plain":                         {"", anpr.Snap{}, 2},
		"one picture":                   {"", anpr.Snap{Single: true}, 1},
		"a text with each picture":      {"", anpr.Snap{Texts: true}, 2},
		"boundaries in its pictures":    {"", anpr.Snap{False: true}, 2},
		"brackets encoded":              {"encode = true\n", anpr.Snap{Encoded: true}, 2},
		"with a login":                  {"user = \"acsgd\"\npassword = \"secret\"\n", anpr.Snap{User: "acsgd", Password: "secret"}, 2},
		"events told twice":             {"", anpr.Snap{RepeatEvery: 2}, 2},
		"heart-beats at another pace":   {"heartbeat = \"2s\"\nsilence = \"5s\"\n", anpr.Snap{}, 2},
		"login with nonces of a second": {"user = \"acsgd\"\npassword = \"secret\"\n", anpr.Snap{User: "acsgd", Password: "secret", NonceLife: time.Second}, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoad(t)
			cam := anpr.NewDahuaSnap(anpr.Config{Name: "cam", Station: 1000, CER: 0.1, Unread: 0.1, Width: 160, Seed: 3}, c.how, parade{10, time.Now()})
			cam.Record = true
			r.run(scale+"mode = \"snap\"\n"+c.settings, cam, 100*time.Second)
			r.agree(cam.Shots, 0)
			if len(r.heard) != 10 || cam.Lost+cam.Wrong != 0 {
				t.Errorf("%s: %d readings of 10 vehicles, %d lost, %d wrong logins", name, len(r.heard), cam.Lost, cam.Wrong)
			}
			for _, o := range r.heard {
				if n := len(o.Body.(*obs.Plate).Images); n != c.images {
					t.Errorf("%s: %d pictures, want %d", name, n, c.images)
				}
			}
		})
	}
}

// A stream that is cut in a picture, or falls silent, is asked for anew, and no event that
// was told is lost.
func TestDahuaSnapshotStreamThatBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoad(t)
		cam := anpr.NewDahuaSnap(anpr.Config{Name: "cam", Station: 1000, Width: 160}, anpr.Snap{User: "u", Password: "p", CutEvery: 3}, parade{12, time.Now()})
		cam.Record = true
		r.run(scale+"mode = \"snap\"\nuser = \"u\"\npassword = \"p\"", cam, 2*time.Minute)
		r.agree(cam.Shots, 0)
		if cam.Cuts != 4 || len(r.vehicles()) != 12 || cam.Lost != 0 {
			t.Errorf("%d cuts, %d vehicles of 12, %d lost", cam.Cuts, len(r.vehicles()), cam.Lost)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRoad(t)
		begin := time.Now()
		cam := anpr.NewDahuaSnap(anpr.Config{Name: "cam", Station: 1000, Plain: true}, anpr.Snap{Deaf: begin.Add(20 * time.Second)}, parade{5, begin})
		r.run(scale+"mode = \"snap\"", cam, time.Minute)
		if cam.Asked != 3 { // 20 s after the last heart-beat, which was after 15 s, and 20 s later
			t.Errorf("the stream was asked for %d times in a minute, want 3", cam.Asked)
		}
		if len(r.heard) != 3 {
			t.Errorf("%d readings before the camera fell silent, want 3", len(r.heard))
		}
	})
}

// A login that is wrong is not tried until the camera locks its account.
func TestDahuaLocksNoAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoad(t)
		cam := anpr.NewDahuaSnap(anpr.Config{Name: "cam", Station: 1000, Plain: true}, anpr.Snap{User: "u", Password: "p"}, parade{2, time.Now()})
		r.run("mode = \"snap\"\nuser = \"u\"\npassword = \"wrong\"", cam, 50*time.Minute)
		if cam.Wrong == 0 || cam.Wrong > 2 || len(r.heard) != 0 {
			t.Errorf("%d wrong logins in 50 minutes, want one or two", cam.Wrong)
		}
	})
}

// The bytes of a camera are those of its seed.
func TestDahuaEqualSeedsGiveEqualBytes(t *testing.T) {
	say := func(seed uint64) string {
		var all []byte
		cam := anpr.NewDahua(anpr.Config{Station: 1000, CER: 0.1, Width: 160, Seed: seed}, queue(3))
		snap := anpr.NewDahuaSnap(anpr.Config{Station: 1000, CER: 0.1, Width: 160, Seed: seed}, anpr.Snap{}, queue(3))
		var first sim.Out
		snap.Feed(start, []byte("GET /cgi-bin/snapManager.cgi?action=attachFileProc&channel=1&heartbeat=5&Flags[0]=Event&Events=[TrafficJunction] HTTP/1.1\r\n\r\n"), &first)
		for now := start; now.Before(start.Add(20 * time.Second)); now = now.Add(80 * time.Millisecond) {
			var out sim.Out
			cam.Tick(now, &out)
			sent := len(out.Send) > 0
			snap.Tick(now, &out)
			all = append(all, out.Send...)
			if sent {
				cam.Feed(now, []byte("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"Result\":true}"), &out)
			}
		}
		return fmt.Sprint(len(all), string(all))
	}
	if say(1) != say(1) || say(1) == say(2) {
		t.Error("equal seeds give different bytes, or different ones equal bytes")
	}
}
