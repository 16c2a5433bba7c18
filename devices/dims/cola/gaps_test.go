package cola

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
	"acsgd/sim"
	simdims "acsgd/sim/dims"
)

// late is a machine whose bytes arrive that much later than they were sent.
type late struct {
	sim.Machine
	by   time.Duration
	held []delayed
}

type delayed struct {
	at   time.Time
	sent []byte
}

func (l *late) Tick(now time.Time, out *sim.Out) {
	for len(l.held) > 0 && !l.held[0].at.After(now) {
		out.Send = append(out.Send, l.held[0].sent...)
		l.held = l.held[1:]
	}
	if at, ok := l.Machine.Deadline(); ok && !at.After(now) {
		var own sim.Out
		l.Machine.Tick(now, &own)
		l.held = append(l.held, delayed{now.Add(l.by), slices.Clone(own.Send)})
	}
}

func (l *late) Deadline() (time.Time, bool) {
	at, ok := l.Machine.Deadline()
	if len(l.held) > 0 && (!ok || l.held[0].at.Before(at)) {
		return l.held[0].at, true
	}
	return at, ok
}

// TestTheClocksOfTwoScannersAreAligned: the link of the second scanner is slower, which no
// clock of either end shows; the fronts and rears of vehicles do. A part of a period is
// corrected. A second scanner whose scans come too late to belong to those of the first is
// as good as none, and its vehicles say so.
func TestTheClocksOfTwoScannersAreAligned(t *testing.T) {
	for _, row := range []struct {
		by    time.Duration
		says  string
		flags []obs.Flag
	}{
		{30 * time.Millisecond, "online: the clocks of the two scanners differ by -", remarksOf(2)},
		{120 * time.Millisecond, "degraded: the scans of the two scanners arrive -", remarksOf(1)},
	} {
		scene := &road{}
		r := newRig(t, scene, twoSettings, twoScanners...)
		r.scanners[1] = &late{Machine: r.scanners[1], by: row.by}
		r.run(t, start.Add(calibrated))
		rng := rand.New(rand.NewPCG(6, 6))
		for i := range 12 {
			r.run(t, scene.pass(simdims.Draw(rng, simdims.Kind(i%4), fmt.Sprint("v", i)), r.now, 1500))
		}
		ms := -1
		for _, h := range r.health {
			if rest, ok := strings.CutPrefix(h, row.says); ok {
				_, _ = fmt.Sscanf(rest, "%d ms", &ms)
			}
		}
		if math.Abs(float64(ms)-float64(row.by.Milliseconds())) > 12 {
			t.Errorf("%s late is found as %d ms; health %q", row.by, ms, r.health)
		}
		if f := r.seen[11].Flags; !slices.Equal(f, row.flags) {
			t.Errorf("%s late: flags of the last %v, want %v", row.by, f, row.flags)
		}
	}
}

// TestALinkThatBreaksUnderAVehicleIsTold: scan counters begin anew with the next connection,
// so only the time says that scans are missing.
func TestALinkThatBreaksUnderAVehicleIsTold(t *testing.T) {
	v := simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck")
	scene := &road{}
	r := newRig(t, scene, "", oneScanner...)
	r.run(t, start.Add(calibrated))
	end := scene.pass(v, r.now, 2000)
	r.run(t, r.now.Add(2500*time.Millisecond))
	// The connection is gone for 400 ms; the engine and what it knows stay.
	sink := r.sessions[0].(*Session).sink
	r.scanners[0].(*simdims.Scanner).Hangup()
	s, err := NewSession(Defaults(), sink, false)
	if err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(400 * time.Millisecond)
	r.sessions[0] = s
	s.Tick(r.now, &r.out)
	r.flush(t, 0)
	r.run(t, end)
	if len(r.seen) != 1 {
		t.Fatalf("%d profiles", len(r.seen))
	}
	p := r.seen[0]
	if !slices.Contains(p.Flags, obs.ScansLost) || p.Lost < 8 || p.Lost > 12 {
		t.Errorf("flags %v, %d lost", p.Flags, p.Lost)
	}
	near(t, "height", float64(p.Height), float64(v.Height), 40)
}

// TestALinkThatWasLateDoesNotBendAVehicle: scans are 800 ms late for a minute, and from the
// middle of a vehicle on they are not.
func TestALinkThatWasLateDoesNotBendAVehicle(t *testing.T) {
	v := simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck")
	scene := &road{}
	r := newRig(t, scene, "height = \"6.03m\"\nroll_deg = 0.4\nspeed = \"2m/s\"\nu_speed = \"10mm/s\"", oneScanner...)
	slow := &late{Machine: r.scanners[0], by: 800 * time.Millisecond}
	r.scanners[0] = slow
	r.run(t, start.Add(time.Minute))
	end := scene.pass(v, r.now, 2000)
	r.run(t, r.now.Add(4*time.Second))
	slow.by = 0
	r.run(t, end)
	if len(r.seen) != 1 {
		t.Fatalf("%d profiles", len(r.seen))
	}
	p := r.seen[0]
	near(t, "length", float64(p.Length), float64(v.Length), float64(p.ULength))
	if !slices.Equal(p.Flags, remarksOf(1)) {
		t.Errorf("flags %v", p.Flags)
	}
}

// TestWithoutTheSecondScannerTheWidthSaysSo: the second scanner dies before the vehicle.
func TestWithoutTheSecondScannerTheWidthSaysSo(t *testing.T) {
	v := simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck")
	width := func(dead bool) *obs.Profile {
		scene := &road{}
		r := newRig(t, scene, twoSettings, twoScanners...)
		r.run(t, start.Add(calibrated))
		if dead {
			r.scanners[1].(*simdims.Scanner).Hangup()
			r.scanners, r.sessions = r.scanners[:1], []devices.Session{r.sessions[0]}
		}
		r.run(t, scene.pass(v, r.now, 1500))
		if len(r.seen) != 1 {
			t.Fatalf("%d profiles", len(r.seen))
		}
		return r.seen[0]
	}
	both, one := width(false), width(true)
	if slices.Contains(both.Flags, obs.OneScanner) || !slices.Contains(one.Flags, obs.OneScanner) {
		t.Errorf("flags %v with both, %v with one", both.Flags, one.Flags)
	}
	if one.UWidth <= both.UWidth {
		t.Errorf("the width is known to %d mm with both and to %d mm with one", both.UWidth, one.UWidth)
	}
	for _, p := range []*obs.Profile{both, one} {
		near(t, "width", float64(p.Width), float64(v.Width), float64(p.UWidth))
		near(t, "height", float64(p.Height), float64(v.Height), float64(p.UHeight))
	}
}

// TestMirrorsAndAerialsAreInTheRawSizesAlone drives a low lorry, whose mirrors no roof hides.
func TestMirrorsAndAerialsAreInTheRawSizesAlone(t *testing.T) {
	v := &sim.Vehicle{ID: "low", Length: 8000, Width: 2440, Height: 2700}
	for _, p := range simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck").Parts {
		p.Top = min(p.Top, v.Height)
		switch p.Name {
		case "mirror":
			p.Bottom, p.Top = 1900, 2400
		case "antenna":
			p.Top = v.Height + 1200
		case "rail":
			continue
		case "body":
			p.To, p.Left, p.Right = v.Length, -1220, 1220
		}
		v.Parts = append(v.Parts, p)
	}
	scene := &road{}
	for _, row := range []struct {
		settings string
		width    float64
	}{{twoSettings, 2440}, {twoSettings + "mirrors = \"include\"", 2440 + 700}} {
		r := newRig(t, scene, row.settings, twoScanners...)
		r.run(t, start.Add(calibrated))
		r.run(t, scene.pass(v, r.now, 300)) // slow: the mirrors are in many slices
		if len(r.seen) != 1 {
			t.Fatalf("%d profiles", len(r.seen))
		}
		p := r.seen[0]
		near(t, "raw width", float64(p.RawWidth), 3140, 60)
		near(t, "height", float64(p.Height), 2700, 40)
		if p.RawHeight < 3000 {
			t.Errorf("raw height %d, the aerial reaches 3900", p.RawHeight)
		}
		if !strings.Contains(row.settings, "include") {
			near(t, "width", float64(p.Width), row.width, 60)
		}
	}
}
