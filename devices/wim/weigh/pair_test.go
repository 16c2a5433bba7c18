package weigh_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/tensom"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

const distance = 3000 // mm from first edge to first edge

// twin are two platforms, their indicators and the sessions of one instrument.
type twin struct {
	t    *testing.T
	m    [2]sim.Machine
	v    [2]*devices.Virtual
	out  [2]sim.Out
	dead [2]bool
	all  []obs.Observation
}

func newTwin(t *testing.T, makers []func() (devices.Session, error), m [2]sim.Machine) *twin {
	t.Helper()
	w := &twin{t: t, m: m}
	for k := range m {
		s, err := makers[k]()
		if err != nil {
			t.Fatal(err)
		}
		w.v[k] = devices.NewVirtual("wim", "L01", s)
		w.v[k].Emit = func(o obs.Observation) error { w.all = append(w.all, o); return nil }
		w.v[k].Report = func(e *obs.DecodeError) { t.Logf("decode error: %v", e) }
	}
	return w
}

// run lets both links carry for d; a dead indicator says nothing.
func (w *twin) run(d time.Duration) []obs.Observation {
	w.t.Helper()
	for now := epoch; now.Before(epoch.Add(d)); now = now.Add(time.Millisecond) {
		for k := range w.m {
			if now.Equal(epoch) {
				w.must(w.v[k].Open(now))
			}
			if at, ok := w.v[k].Deadline(); ok && !at.After(now) {
				w.must(w.v[k].Tick(now))
			}
			if w.dead[k] {
				continue
			}
			if at, ok := w.m[k].Deadline(); ok && !at.After(now) || now.Equal(epoch) {
				w.m[k].Tick(now, &w.out[k])
			}
			if len(w.v[k].Sent) > 0 {
				w.m[k].Feed(now, w.v[k].Sent, &w.out[k])
				w.v[k].Sent = w.v[k].Sent[:0]
			}
			if p := w.out[k].Send; len(p) > 0 {
				w.must(w.v[k].Feed(now, p))
				w.out[k].Send = p[:0]
			}
		}
	}
	return w.all
}

func (w *twin) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// platforms are the models of both platforms; they are not alike, the vehicle is.
func platforms(seed uint64) [2]simwim.Model {
	a, b := simwim.Default(seed), simwim.Default(seed+1000)
	a.Vehicles, b.Vehicles = seed, seed
	b.Station = distance
	return [2]simwim.Model{a, b}
}

// paired are settings of two platforms in a section.
func paired(fill func(*weigh.Settings)) devices.Section {
	return devices.Section{Link: "tcp:first:1", Decode: func(v any) error {
		set := func(s *weigh.Settings) {
			s.SecondLink, s.PlatformDistance, s.SpeedMax = "tcp:second:1", distance, 4200
			if fill != nil {
				fill(s)
			}
		}
		switch c := v.(type) {
		case *mtcontinuous.Config:
			set(&c.Settings)
			c.Silence = 0
		case *tensom.Config:
			set(&c.Settings)
			c.Poll = 10 * time.Millisecond
		}
		return nil
	}}
}

func weighings(all []obs.Observation) (ws []obs.Weighing, blobs []obs.Blob) {
	for _, o := range all {
		if w, ok := o.Body.(*obs.Weighing); ok {
			ws = append(ws, *w)
			blobs = append(blobs, o.Blobs...)
		}
	}
	return ws, blobs
}

func mtTwin(t *testing.T, seed uint64, r road, ev evidence) *twin {
	t.Helper()
	makers, err := mtcontinuous.Driver().NewSessions(paired(nil), devices.Env{Name: "wim", Keep: ev.keep})
	if err != nil {
		t.Fatal(err)
	}
	p := platforms(seed)
	return newTwin(t, makers, [2]sim.Machine{simwim.NewMT(p[0], r), simwim.NewMT(p[1], r)})
}

func TestTwoPlatformsWeighEveryAxleTwiceThroughTheBytes(t *testing.T) {
	r, ev := crossing(), evidence{}
	makers, err := tensom.Driver().NewSessions(paired(nil), devices.Env{Name: "wim", Keep: ev.keep})
	if err != nil {
		t.Fatal(err)
	}
	p := platforms(7)
	a, b := simwim.NewTenso(p[0], r), simwim.NewTenso(p[1], r)
	a.Lost, b.Lost = 0, 0
	for name, w := range map[string]*twin{
		"mt-continuous": mtTwin(t, 7, r, ev),
		"tenso-m":       newTwin(t, makers, [2]sim.Machine{a, b}),
	} {
		t.Run(name, func(t *testing.T) {
			ws, blobs := weighings(w.run(75 * time.Second))
			if len(ws) != 6+3 || len(blobs) != 2 {
				t.Fatalf("%d weighings and %d blobs, want 9 and 2: %+v", len(ws), len(blobs), ws)
			}
			i := 0
			for n, c := range r {
				from := i
				for k, a := range c.v.Axles {
					x := &ws[i]
					i++
					if d := x.Mass - a.Mass; x.Axle != k+1 || len(x.Flags) > 0 || x.U == 0 || max(d, -d) > x.U+10*quant.Kilogram {
						t.Errorf("%s axle %d = %+v, truth %v", c.v.ID, k+1, *x, a.Mass)
					}
					if d := math.Abs(float64(x.Speed) - c.mms); d > 1.5*float64(x.USpeed) || x.USpeed == 0 || float64(x.USpeed) > 0.01*c.mms {
						t.Errorf("%s axle %d at %v ± %v, truth %.0f mm/s", c.v.ID, k+1, x.Speed, x.USpeed, c.mms)
					}
				}
				whole := &ws[i]
				i++
				if whole.Axle != 0 || whole.Axles != len(c.v.Axles) || whole.U == 0 || len(whole.Flags) > 0 {
					t.Errorf("%s whole = %+v", c.v.ID, *whole)
				}
				again, err := weigh.Replay(ev[blobs[n].SHA256])
				if err != nil {
					t.Fatal(err)
				}
				got, _ := json.Marshal(again)
				want, _ := json.Marshal(ws[from:i])
				if string(got) != string(want) {
					t.Errorf("replay of %s\n got %s\nwant %s", c.v.ID, got, want)
				}
			}
		})
	}
}

func TestAPlatformThatIsSilentLeavesTheOtherOnesWeighingWithARemark(t *testing.T) {
	for k := range 2 {
		ev := evidence{}
		r := road{crossing()[0]}
		w := mtTwin(t, 3, r, ev)
		w.dead[k] = true
		ws, blobs := weighings(w.run(75 * time.Second))
		if len(ws) != 6 || len(blobs) != 1 {
			t.Fatalf("platform %d silent: %d weighings, %d blobs, want 6 and 1", k+1, len(ws), len(blobs))
		}
		for i, x := range ws {
			if x.U == 0 || len(x.Flags) != 1 || x.Flags[0] != obs.OnePlatform {
				t.Errorf("platform %d silent: weighing %d = %+v, want a remark and an uncertainty", k+1, i, x)
			}
			if x.Axle == 0 {
				continue
			}
			on := r[0].at.Add(time.Duration(float64(r[0].v.Axles[i].Offset) / r[0].mms * 1e9))
			if d := x.TOn.Sub(on); d.Abs() > 80*time.Millisecond {
				t.Errorf("platform %d silent: axle %d on at %v, want the first platform's %v", k+1, x.Axle, x.TOn, on)
			}
		}
		if again, err := weigh.Replay(ev[blobs[0].SHA256]); err != nil || len(again) != 6 {
			t.Errorf("platform %d silent: replay %d, %v", k+1, len(again), err)
		}
	}
}

// axleAt is a record of one platform.
func axleAt(n int, at time.Duration, kg, u int64, mms quant.Speed) obs.Weighing {
	on := epoch.Add(at)
	return obs.Weighing{Axle: n, Mass: quant.Kg(kg), U: quant.Kg(u), TOn: on, TOff: on.Add(time.Duration(750 / float64(max(mms, 1)) * 1e9)),
		Speed: mms, USpeed: mms / 100, Stable: true, Mode: obs.Dynamic}
}

func whole(axles ...obs.Weighing) []obs.Weighing {
	w := obs.Weighing{Axles: len(axles), U: quant.Kg(100), Mode: obs.Dynamic}
	for _, a := range axles {
		w.Mass += a.Mass
	}
	return append(axles, w)
}

var pairing = weigh.Pairing{Distance: 3000, Length: 750, Division: 20 * quant.Kilogram, Span: 1000}

func TestPairing(t *testing.T) {
	const s = time.Second
	// At 1 m/s the second platform comes three seconds later; the tandem is 1.3 m apart.
	a := []obs.Weighing{axleAt(1, 0, 7000, 100, 1000), axleAt(2, 4*s, 8000, 100, 1000), axleAt(3, 5300*time.Millisecond, 8200, 100, 1000)}
	b := []obs.Weighing{axleAt(1, 3*s, 7040, 100, 1000), axleAt(2, 7*s, 8040, 100, 1000), axleAt(3, 8300*time.Millisecond, 8240, 100, 1000)}
	missed := func(list []obs.Weighing, k int) []obs.Weighing {
		l := append(append([]obs.Weighing(nil), list[:k]...), list[k+1:]...)
		for i := range l {
			l[i].Axle = i + 1
		}
		return l
	}
	with := func(list []obs.Weighing, k int, change func(*obs.Weighing)) []obs.Weighing {
		l := append([]obs.Weighing(nil), list...)
		change(&l[k])
		return l
	}
	for _, c := range []struct {
		name   string
		a, b   []obs.Weighing
		masses []int64
		flags  []obs.Flag // of the axle that is not like the others, 1-based odd
		odd    int
		judged bool // the odd axle has an uncertainty
		speed  bool // and a speed
	}{
		{"both saw all", a, b, []int64{7020, 8020, 8220}, nil, 1, true, true},
		{"the second missed the middle one", a, missed(b, 1), []int64{7020, 8000, 8220}, []obs.Flag{obs.OnePlatform}, 2, true, true},
		{"the first missed the first one", missed(a, 0), b, []int64{7040, 8020, 8220}, []obs.Flag{obs.OnePlatform}, 1, true, true},
		{"the loads contradict each other", a, with(b, 2, func(w *obs.Weighing) { w.Mass = quant.Kg(8500) }),
			[]int64{7020, 8020, 8200}, []obs.Flag{obs.PlatformsDisagree}, 3, false, true},
		{"the speeds contradict the way", a, with(b, 0, func(w *obs.Weighing) { w.TOn = w.TOn.Add(200 * time.Millisecond) }),
			[]int64{7020, 8020, 8220}, nil, 1, true, false},
		{"the second could not weigh it", a, with(b, 1, func(w *obs.Weighing) { w.U, w.Flags = 0, []obs.Flag{obs.FewSamples} }),
			[]int64{7020, 8000, 8220}, []obs.Flag{obs.OnePlatform}, 2, true, true},
		{"overloaded on one", a, with(b, 1, func(w *obs.Weighing) { w.U, w.Flags = 0, []obs.Flag{obs.Overload} }),
			[]int64{7020, 8000, 8220}, []obs.Flag{obs.Overload}, 2, false, true},
		{"it stopped on the second", a, with(b, 1, func(w *obs.Weighing) {
			w.Speed, w.USpeed, w.Mode, w.Flags = 0, 0, obs.StopGo, []obs.Flag{obs.StoppedOnPlatform}
		}),
			[]int64{7020, 8020, 8220}, []obs.Flag{obs.StoppedOnPlatform}, 2, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pairing.Join(whole(c.a...), whole(c.b...))
			if len(got) != len(c.masses)+1 {
				t.Fatalf("%d records, want %d: %+v", len(got), len(c.masses)+1, got)
			}
			var sum quant.Mass
			for i, kg := range c.masses {
				w := &got[i]
				sum += w.Mass
				// 7020 lies between divisions: either neighbour is right.
				if d := w.Mass - quant.Kg(kg); w.Axle != i+1 || max(d, -d) > 20*quant.Kilogram {
					t.Errorf("axle %d = %v, want %d kg", w.Axle, w.Mass, kg)
				}
				if i > 0 && !w.TOn.After(got[i-1].TOn) {
					t.Errorf("axle %d comes before the one before it", w.Axle)
				}
			}
			x := &got[c.odd-1]
			if len(x.Flags) != len(c.flags) || len(c.flags) == 1 && x.Flags[0] != c.flags[0] {
				t.Errorf("flags %v, want %v", x.Flags, c.flags)
			}
			if (x.U > 0) != c.judged || (x.Speed > 0) != c.speed {
				t.Errorf("axle %d: u %v, speed %v, want %v and %v", x.Axle, x.U, x.Speed, c.judged, c.speed)
			}
			last := got[len(got)-1]
			if last.Axle != 0 || last.Mass != sum || last.Axles != len(c.masses) || (last.U > 0) != c.judged {
				t.Errorf("whole %+v, want the sum %v", last, sum)
			}
		})
	}
}

func TestAJoinedUncertaintyIsNeverBelowTheSpansNorAboveTheBetterPlatforms(t *testing.T) {
	for _, c := range []struct{ ua, ub int64 }{{100, 100}, {60, 300}, {300, 60}, {20, 20}} {
		got := pairing.Join(whole(axleAt(1, 0, 8000, c.ua, 1000)), whole(axleAt(1, 3*time.Second, 8000, c.ub, 1000)))
		u := got[0].U
		if least := quant.Kg(16); u < least || u > quant.Kg(min(c.ua, c.ub))+12*quant.Kilogram {
			t.Errorf("± %d and ± %d kg give ± %v", c.ua, c.ub, u)
		}
	}
}

func TestADamagedPairTraceIsRefused(t *testing.T) {
	ev := evidence{}
	_, blobs := weighings(mtTwin(t, 5, road{crossing()[1]}, ev).run(75 * time.Second))
	good := ev[blobs[0].SHA256]
	for _, bad := range [][]byte{nil, good[:5], good[:20], good[:len(good)/2], good[:len(good)-1], append(append([]byte(nil), good...), 0)} {
		if _, err := weigh.Replay(bad); err == nil {
			t.Errorf("%d bytes of %d were taken", len(bad), len(good))
		}
	}
}
