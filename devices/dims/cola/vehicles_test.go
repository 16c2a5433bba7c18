package cola

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/dims/profile"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simdims "acsgd/sim/dims"
)

// road is a scene: vehicles on their tracks, past a plane at 0.
type road struct {
	v []*sim.Vehicle
	k []sim.Track
}

func (r *road) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, k := range r.k {
		if x, v, ok := k.At(t); ok && x > -3000 && x < float64(r.v[i].Length)+3000 {
			dst = append(dst, sim.Placed{Vehicle: r.v[i], X: x, V: v})
		}
	}
	return dst
}

// pass lets v drive through the plane at constant speed from t on; it returns when it is
// two seconds behind.
func (r *road) pass(v *sim.Vehicle, t time.Time, mms float64) time.Time {
	r.v = append(r.v, v)
	r.k = append(r.k, sim.Track{{Start: t, X: -1500, V: mms}})
	return t.Add(time.Duration((float64(v.Length)+3000)/mms*1e9) + 2*time.Second)
}

// rig is one profiler: scanners above a road and the driver's sessions.
type rig struct {
	now      time.Time
	scanners []sim.Machine
	sessions []devices.Session
	out      devices.Out
	seen     []*obs.Profile
	traces   [][]byte
	health   []string
	errs     []*obs.DecodeError
}

func newRig(t testing.TB, scene sim.Scene, settings string, scanners ...simdims.Config) *rig {
	t.Helper()
	r := &rig{now: start}
	cfg := Defaults()
	if err := section(settings).Decode(&cfg); err != nil {
		t.Fatal(err)
	}
	if len(scanners) == 2 {
		cfg.Second = "tcp:127.0.0.1:1"
	}
	env := devices.Env{Keep: func(_ string, p []byte) (obs.Blob, error) {
		r.traces = append(r.traces, bytes.Clone(p))
		return obs.Blob{Size: int64(len(p))}, nil
	}}
	if err := cfg.check(); err != nil {
		t.Fatal(err)
	}
	m := newMeasurer(cfg, env)
	for k, c := range scanners {
		c.Seed += uint64(k)
		model, err := simdims.New(c, scene)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSession(cfg, m.sink(k), false)
		if err != nil {
			t.Fatal(err)
		}
		r.scanners, r.sessions = append(r.scanners, model), append(r.sessions, s)
		s.Tick(r.now, &r.out)
		r.flush(t, k)
	}
	return r
}

func (r *rig) flush(t testing.TB, k int) {
	t.Helper()
	for len(r.out.Send) > 0 {
		var back sim.Out
		ask := bytes.Clone(r.out.Send)
		r.out.Send = r.out.Send[:0]
		r.scanners[k].Feed(r.now, ask, &back)
		r.sessions[k].Feed(r.now, back.Send, &r.out)
	}
	for _, o := range r.out.Obs {
		switch b := o.Body.(type) {
		case *obs.Profile:
			r.seen = append(r.seen, b)
		case *obs.Health:
			r.health = append(r.health, string(b.State)+": "+b.Reason)
		}
	}
	r.errs = append(r.errs, r.out.Errs...)
	if r.out.Fail != nil {
		t.Fatalf("at %s: %v", r.now, r.out.Fail)
	}
	r.out.Reset()
}

// run lets time pass.
func (r *rig) run(t testing.TB, until time.Time) {
	t.Helper()
	var wire sim.Out
	for {
		k, at := 0, until
		for i := range r.scanners {
			if d, ok := r.scanners[i].Deadline(); ok && d.Before(at) {
				k, at = i, d
			}
		}
		if r.tick(t, at) {
			continue
		}
		if !at.Before(until) {
			r.now = until
			return
		}
		r.now = at
		wire.Send = wire.Send[:0]
		r.scanners[k].Tick(at, &wire)
		r.sessions[k].Feed(at, wire.Send, &r.out)
		r.flush(t, k)
	}
}

// tick lets the first session act that wants to before that time.
func (r *rig) tick(t testing.TB, before time.Time) bool {
	for k := range r.sessions {
		if d, ok := r.sessions[k].Deadline(); ok && d.Before(before) {
			r.now = d
			r.sessions[k].Tick(d, &r.out)
			r.flush(t, k)
			return true
		}
	}
	return false
}

const mm = quant.Millimetre

func part(name string, from, to, bottom, top, left, right int) sim.Part {
	return sim.Part{Name: name, From: quant.Length(from) * mm, To: quant.Length(to) * mm, Bottom: quant.Length(bottom) * mm,
		Top: quant.Length(top) * mm, Left: quant.Length(left) * mm, Right: quant.Length(right) * mm}
}

func car(id string, rng *rand.Rand) *sim.Vehicle {
	w, h, l := 850+rng.IntN(100), 1400+rng.IntN(500), 4000+rng.IntN(900)
	return &sim.Vehicle{ID: id, Length: quant.Length(l), Width: quant.Length(2 * w), Height: quant.Length(h), Parts: []sim.Part{
		part("body", 0, l, 250, 900, -w, w), part("body", 1000, l-700, 900, h, -w+120, w-120),
		part("mirror", 1300, 1420, 900, 1050, -w-180, -w), part("mirror", 1300, 1420, 900, 1050, w, w+180)}}
}

// lorry is a cab with mirrors and a whip antenna, a body, and for a road train a drawbar
// and a trailer.
func lorry(id string, rng *rand.Rand, train bool) *sim.Vehicle {
	w, h := 1200+rng.IntN(100), 2800+rng.IntN(1300)
	cab, body := 2000+rng.IntN(300), 6000+rng.IntN(8000)
	top := min(2900+rng.IntN(700), h)
	if train {
		body = 6000 + rng.IntN(1500)
	}
	end := cab + 300 + body
	p := []sim.Part{part("cab", 0, cab, 300, top, -1220, 1220),
		part("mirror", 350, 550, 1700, 2400, -1450, -1230), part("mirror", 350, 550, 1700, 2400, 1230, 1450),
		part("antenna", 900, 910, top, top+1200, 700, 710),
		part("body", cab, cab+300, 700, 1200, -1100, 1100), part("body", cab+300, end, 1000, h, -w, w)}
	if train {
		p = append(p, part("drawbar", end, end+1600, 500, 700, -100, 100), part("tarpaulin", end+1600, end+8600, 1000, h, -w, w))
		end += 8600
	}
	return &sim.Vehicle{ID: id, Length: quant.Length(end), Width: quant.Length(2 * max(w, 1220)), Height: quant.Length(max(h, top)), Parts: p}
}

const calibrated = 25 * time.Second

var (
	twoScanners = []simdims.Config{{Seed: 1, X: -3000, Height: 6030, Roll: 0.4, Sway: 150, Bias: 8}, {Seed: 9, X: 3000, Height: 5980, Roll: -0.3, Sway: 150, Bias: -6}}
	twoSettings = "x = \"-3m\"\nsecond_x = \"3m\"\n"
	oneScanner  = []simdims.Config{{Seed: 1, Height: 6030, Roll: 0.4, Sway: 150, Bias: 8}}
)

func TestTwoHundredVehicles(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 60
	}
	for _, row := range []struct {
		name     string
		settings string
		scanners []simdims.Config
		dh, dw   float64 // 95 % of the vehicles up to 10 km/h
	}{
		{"two scanners at 0.1667 degrees and 25 Hz", twoSettings, twoScanners, 40, 60},
		{"one scanner above the middle", "", oneScanner, 40, 80},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, 5))
			scene := &road{}
			r := newRig(t, scene, row.settings, row.scanners...)
			r.run(t, start.Add(calibrated))
			var truth []*sim.Vehicle
			var speed []float64
			for i := range n {
				id := fmt.Sprintf("v%d", i)
				var v *sim.Vehicle
				switch i % 4 {
				case 0:
					v = car(id, rng)
				case 1, 2:
					v = lorry(id, rng, false)
				default:
					v = lorry(id, rng, true)
				}
				kmh := 1 + 14*rng.Float64()
				scene.v, scene.k = scene.v[:0], scene.k[:0]
				r.run(t, scene.pass(v, r.now, kmh/3.6*1000))
				truth, speed = append(truth, v), append(speed, kmh)
				if len(r.seen) != i+1 {
					t.Fatalf("vehicle %d (%s, %.1f km/h): %d profiles", i, v.ID, kmh, len(r.seen))
				}
			}
			var dh, dw, uh, uw []float64
			coveredH, coveredW := 0, 0
			for i, p := range r.seen {
				h, w := math.Abs(float64(p.Height-truth[i].Height)), math.Abs(float64(p.Width-truth[i].Width))
				if !slices.Equal(p.Flags, remarksOf(len(row.scanners))) {
					t.Errorf("vehicle %d at %.1f km/h: flags %v", i, speed[i], p.Flags)
				}
				coveredH += b2i(h <= float64(p.UHeight))
				coveredW += b2i(w <= float64(p.UWidth))
				if speed[i] <= 10 {
					dh, dw = append(dh, h), append(dw, w)
				}
				uh, uw = append(uh, float64(p.UHeight)), append(uw, float64(p.UWidth))
			}
			t.Logf("95 %%: height %.0f mm, width %.0f mm; medians %.0f and %.0f; u %.0f and %.0f; inside u %d and %d of %d",
				quantile(dh, .95), quantile(dw, .95), quantile(dh, .5), quantile(dw, .5), quantile(uh, .5), quantile(uw, .5), coveredH, coveredW, n)
			if q := quantile(dh, .95); q > row.dh {
				t.Errorf("95 %% of the heights are within %.0f mm, want %.0f", q, row.dh)
			}
			if q := quantile(dw, .95); q > row.dw {
				t.Errorf("95 %% of the widths are within %.0f mm, want %.0f", q, row.dw)
			}
			if min(coveredH, coveredW)*100 < 95*n {
				t.Errorf("u covers %d heights and %d widths of %d", coveredH, coveredW, n)
			}
			if len(r.traces) != n {
				t.Fatalf("%d traces", len(r.traces))
			}
			for i, trace := range r.traces {
				if i%10 != 0 {
					continue
				}
				again, err := profile.Replay(trace)
				if err != nil {
					t.Fatal(err)
				}
				if d := diff(r.seen[i], &again); d != "" {
					t.Fatalf("vehicle %d replays otherwise: %s", i, d)
				}
			}
		})
	}
}

// remarksOf are the flags of a good profile: the simulated calendar stands in 1970.
func remarksOf(scanners int) []obs.Flag {
	if scanners == 1 {
		return []obs.Flag{obs.ClockUnset, obs.OneScanner}
	}
	return []obs.Flag{obs.ClockUnset}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func quantile(v []float64, q float64) float64 {
	s := slices.Clone(v)
	slices.SortFunc(s, cmp.Compare[float64])
	return s[int(q*float64(len(s)-1)+0.5)]
}
