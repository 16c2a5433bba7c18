package anpr_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/isapi"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// asked joins a camera that is asked with the driver's sessions in virtual time: a link is
// opened again two seconds after it has failed.
type asked struct {
	t      *testing.T
	cam    *anpr.ISAPIServer
	links  []*askedLink
	stored map[string][]byte
	plates []obs.Observation
	health []string
	errs   []*obs.DecodeError
	fails  []string
	away   func(link int, now time.Time) bool // the link cannot be opened, or breaks
}

type askedLink struct {
	k     int
	open  func() (devices.Session, error)
	v     *devices.Virtual
	conn  *anpr.ISAPIConn
	up    bool
	retry time.Time
}

func ask(t *testing.T, cam *anpr.ISAPIServer, settings string) *asked {
	t.Helper()
	a := &asked{t: t, cam: cam, stored: map[string][]byte{}}
	env := devices.Env{Keep: func(mediaType string, p []byte) (obs.Blob, error) {
		b := obs.Blob{SHA256: fmt.Sprintf("%064x", len(a.stored)), Size: int64(len(p)), MediaType: mediaType}
		a.stored[b.SHA256] = bytes.Clone(p)
		return b, nil
	}}
	makers, err := isapi.NewSessions(devicestest.Settings(t, isapi.Kind, "tcp:10.0.0.1:80", settings), env)
	if err != nil {
		t.Fatal(err)
	}
	for k, m := range makers {
		l := &askedLink{k: k, open: m, v: devices.NewVirtual("cam", "L1", nil)}
		l.v.Emit = func(o obs.Observation) error {
			switch b := o.Body.(type) {
			case *obs.Plate:
				a.plates = append(a.plates, o)
			case *obs.Health:
				a.health = append(a.health, strings.TrimSpace(string(b.State)+" "+b.Reason))
			}
			return nil
		}
		l.v.Report = func(e *obs.DecodeError) { a.errs = append(a.errs, e) }
		a.links = append(a.links, l)
	}
	return a
}

// run lets time pass.
func (a *asked) run(from time.Time, d time.Duration) {
	for now := from; now.Before(from.Add(d)); now = now.Add(40 * time.Millisecond) {
		a.cam.Look(now)
		for _, l := range a.links {
			a.step(l, now)
		}
	}
}

func (a *asked) step(l *askedLink, now time.Time) {
	away := a.away != nil && a.away(l.k, now)
	switch {
	case !l.up && (away || now.Before(l.retry)):
		return
	case !l.up:
		s, err := l.open()
		if err != nil {
			a.t.Fatal(err)
		}
		l.up, l.conn = true, a.cam.Conn()
		a.note(l, now, l.v.Renew(now, s))
	case away:
		a.drop(l, now)
		return
	}
	if at, ok := l.v.Deadline(); l.up && ok && !at.After(now) {
		a.note(l, now, l.v.Tick(now))
	}
	var out sim.Out
	if l.up {
		l.conn.Tick(now, &out)
	}
	for l.up && (len(out.Send) > 0 || len(l.v.Sent) > 0) {
		for p := out.Send; len(p) > 0 && l.up; p = p[min(len(p), 1460):] {
			a.note(l, now, l.v.Feed(now, p[:min(len(p), 1460)]))
		}
		if out.Close && l.up {
			a.note(l, now, l.v.Finish(now))
			a.drop(l, now)
		}
		out = sim.Out{}
		if l.up {
			sent := bytes.Clone(l.v.Sent)
			l.v.Sent = l.v.Sent[:0]
			l.conn.Feed(now, sent, &out)
		}
	}
}

func (a *asked) note(l *askedLink, now time.Time, err error) {
	if err != nil && l.up {
		a.fails = append(a.fails, err.Error())
		a.drop(l, now)
	}
}

func (a *asked) drop(l *askedLink, now time.Time) {
	l.conn.Reset()
	l.up, l.retry = false, now.Add(2*time.Second)
}

// vehicles gives the texts of the readings, one for each event id, in order.
func (a *asked) vehicles() (texts []string, late int) {
	seen := map[string]bool{}
	for _, o := range a.plates {
		p := o.Body.(*obs.Plate)
		if p.Late {
			late++
		}
		if !seen[p.EventID] {
			texts = append(texts, p.Text)
		}
		seen[p.EventID] = true
	}
	return texts, late
}

func said(cam *anpr.ISAPIServer) (texts []string) {
	for _, s := range cam.Events.Shots {
		if !s.Again {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

// TestTheStreamIsHeard: every way in which a camera may write its stream gives every
// vehicle once, with both pictures whole.
func TestTheStreamIsHeard(t *testing.T) {
	for name, how := range map[string]anpr.Stream{
		"plain":                  {},
		"Digest with MD5":        {User: "lane", Password: "secret"},
		"Digest with SHA-256":    {User: "lane", Password: "secret", SHA256: true},
		"chunks":                 {Chunked: true},
		"JSON":                   {JSON: true},
		"boundary in pictures":   {False: true},
		"parts without a length": {NoLength: true, Beat: 2 * time.Second},
		"pictures later":         {Later: 1500 * time.Millisecond},
		"pictures later in JSON": {Later: 3 * time.Second, JSON: true},
		"repeats":                {RepeatEvery: 2},
	} {
		t.Run(name, func(t *testing.T) {
			cam := anpr.NewISAPIServer(anpr.Config{Name: "cam", Station: 1000, CER: 0.1, Unread: 0.1, Twice: 0.2, Width: 320, Seed: 4}, how, queue(10))
			cam.Events.Record = true
			settings := "mode = \"stream\"\npoll = \"off\"\n"
			if how.User != "" {
				settings += "user = \"lane\"\npassword = \"secret\"\n"
			}
			a := ask(t, cam, settings)
			a.run(start, 2*time.Minute)
			texts, late := a.vehicles()
			if want := said(cam); !slices.Equal(texts, want) || late > 0 || len(want) < 10 {
				t.Fatalf("heard %v, %d late, said %v", texts, late, want)
			}
			if len(a.errs) > 0 || len(a.fails) > 0 || len(a.health) > 0 || cam.Refused > 0 {
				t.Errorf("errors %v, failures %v, health %v, %d logins refused", a.errs, a.fails, a.health, cam.Refused)
			}
			pictured := map[string]bool{}
			for _, o := range a.plates {
				p := o.Body.(*obs.Plate)
				if len(p.Images) < 2 {
					continue // the rest comes with the same event again
				}
				pictured[p.EventID] = true
				for k, width := range []int{240, 320} {
					m, err := jpeg.Decode(bytes.NewReader(a.stored[p.Images[k]]))
					if err != nil || m.Bounds().Dx() != width {
						t.Errorf("picture %d: %v", k, err)
					}
				}
			}
			if len(pictured) != len(texts) {
				t.Errorf("%d of %d vehicles have pictures", len(pictured), len(texts))
			}
		})
	}
}

// TestWhatWasMissedIsFetched: the stream is cut in the middle of pictures and is away for a
// while; every vehicle is heard once all the same, at its time.
func TestWhatWasMissedIsFetched(t *testing.T) {
	for name, c := range map[string]struct {
		how   anpr.Stream
		clock time.Duration
	}{
		"cuts":                   {anpr.Stream{CutEvery: 3, User: "lane", Password: "secret", NonceLife: 20 * time.Second}, 0},
		"cuts and a wrong clock": {anpr.Stream{CutEvery: 4, User: "lane", Password: "secret"}, -2 * time.Minute},
		"a wrong zone":           {anpr.Stream{User: "lane", Password: "secret"}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			cam := anpr.NewISAPIServer(anpr.Config{Name: "cam", Station: 1000, Width: 320, Clock: c.clock, Seed: 4}, c.how, queue(20))
			cam.Events.Record = true
			a := ask(t, cam, "mode = \"stream\"\nuser = \"lane\"\npassword = \"secret\"\npoll_every = \"10s\"\n")
			a.away = func(link int, now time.Time) bool {
				since := now.Sub(start)
				return link == 0 && since > 60*time.Second && since < 90*time.Second
			}
			a.run(start, 4*time.Minute)
			texts, late := a.vehicles()
			want := said(cam)
			slices.Sort(texts)
			slices.Sort(want)
			if !slices.Equal(texts, want) || len(want) != 20 || late < 3 {
				t.Fatalf("heard %d %v, %d late, said %d %v", len(texts), texts, late, len(want), want)
			}
			if cam.Refused != 0 || c.how.CutEvery > 0 && cam.Cuts < 4 {
				t.Errorf("%d logins refused, %d cuts", cam.Refused, cam.Cuts)
			}
			at := map[string]time.Time{}
			for _, s := range cam.Events.Shots {
				at[s.Text] = s.At
			}
			for _, o := range a.plates {
				if p := o.Body.(*obs.Plate); p.Late {
					if d := o.Stamp.At.Sub(at[p.Text]).Abs(); d > time.Second || o.Stamp.Origin != obs.Device {
						t.Errorf("%s is fetched at %v, %v off, origin %d", p.Text, o.Stamp.At, d, o.Stamp.Origin)
					}
				}
			}
			health := strings.Join(a.health, "|")
			wantHealth := map[time.Duration]string{0: "", -2 * time.Minute: "degraded camera 44:a6:42:00:00:04: instrument clock is 2m0s slow (limit 10s)",
				time.Hour: "degraded camera 44:a6:42:00:00:04: instrument clock is 1h0m0s fast, 1h0m0s as a wrong time zone makes it (limit 10s)"}[c.clock]
			if health != wantHealth {
				t.Errorf("health %q, want %q", health, wantHealth)
			}
		})
	}
}

// TestFetchedBesidePush: a camera that pushes and is asked on a second link: what a refused
// push loses is fetched, and nothing twice.
func TestFetchedBesidePush(t *testing.T) {
	cfg := anpr.Config{Name: "cam", Station: 1000, Plain: true, Seed: 4}
	cam := anpr.NewISAPIServer(cfg, anpr.Stream{User: "poll", Password: "p"}, queue(12))
	cam.Events.Record = true
	a := ask(t, cam, "poll = \"tcp:10.0.0.1:80\"\npoll_user = \"poll\"\npoll_password = \"p\"\npoll_every = \"5s\"\n")
	pusher := anpr.NewISAPI(cfg, queue(12))
	in := a.links[0]
	a.links = a.links[1:]
	s, err := in.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := in.v.Renew(start, s); err != nil {
		t.Fatal(err)
	}
	for now := start; now.Before(start.Add(3 * time.Minute)); now = now.Add(40 * time.Millisecond) {
		var out sim.Out
		pusher.Tick(now, &out)
		if d := now.Sub(start); d > 30*time.Second && d < 50*time.Second {
			pusher.Reset() // nobody takes it
			out = sim.Out{}
		}
		for len(out.Send) > 0 {
			if err := in.v.Feed(now, out.Send); err != nil {
				t.Fatal(err)
			}
			out = sim.Out{}
			pusher.Feed(now, in.v.Sent, &out)
			in.v.Sent = in.v.Sent[:0]
		}
		a.run(now, 40*time.Millisecond)
	}
	texts, late := a.vehicles()
	want := said(cam)
	slices.Sort(texts)
	slices.Sort(want)
	if !slices.Equal(texts, want) || late < 2 || late > 3 || cam.Lists < 30 || len(a.errs)+len(a.fails) > 0 {
		t.Errorf("heard %v, %d late, %d lists, said %v; errors %v, failures %v", texts, late, cam.Lists, want, a.errs, a.fails)
	}
}

// TestASilentStreamIsGivenUp, and is asked for again.
func TestASilentStreamIsGivenUp(t *testing.T) {
	cam := anpr.NewISAPIServer(anpr.Config{Name: "cam", Station: 1000, Plain: true, Seed: 4}, anpr.Stream{Deaf: start.Add(20 * time.Second)}, queue(0))
	a := ask(t, cam, "mode = \"stream\"\npoll = \"off\"\n")
	a.run(start, time.Minute)
	if len(a.fails) != 1 || !strings.Contains(a.fails[0], "silent for 30s") {
		t.Errorf("failures %q", a.fails)
	}
}

// TestAWrongPasswordDoesNotLockTheAccount: two wrong logins at most, over both links.
func TestAWrongPasswordDoesNotLockTheAccount(t *testing.T) {
	cam := anpr.NewISAPIServer(anpr.Config{Name: "cam", Station: 1000, Plain: true, Seed: 4}, anpr.Stream{User: "lane", Password: "right"}, queue(0))
	a := ask(t, cam, "mode = \"stream\"\nuser = \"lane\"\npassword = \"wrong\"\n")
	a.run(start, 30*time.Minute)
	if cam.Refused != 2 || len(a.fails) < 3 || !strings.Contains(a.fails[len(a.fails)-1], "not tried again before 07:14 UTC") {
		t.Errorf("%d wrong logins, last failure %q of %d", cam.Refused, a.fails[len(a.fails)-1], len(a.fails))
	}
}
