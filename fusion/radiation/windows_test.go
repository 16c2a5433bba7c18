package radiation

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"acsgd/internal/obs"
)

// result finds a test in an analysis.
func (a *Analysis) result(name string) TestResult {
	i := slices.IndexFunc(a.Tests, func(r TestResult) bool { return r.Name == name })
	if i < 0 {
		return TestResult{Reason: "not made"}
	}
	return a.Tests[i]
}

func TestEnergyWindowsOfTheTestTrack(t *testing.T) {
	for _, row := range []struct {
		file  string
		alarm bool
	}{{noneFile, false}, {norm2File, true}} {
		var least, most [2]int32
		n := 0
		for _, o := range Analyse(Config{}, lines(recorded(t, row.file))) {
			if len(o.Windows) != o.Count+9 { // of each burst 15 and the first, against 6 and 1
				t.Fatalf("%d windows, %d slices", len(o.Windows), o.Count)
			}
			for i, name := range []string{TestRatio, TestDistance} {
				r := o.Analysis.result(name)
				if r.Reason != "" || r.Alarm != row.alarm {
					t.Errorf("%s occupancy %d: %+v", row.file, o.Number, r)
				}
				if n == 0 || r.Sigma < least[i] {
					least[i] = r.Sigma
				}
				if n == 0 || r.Sigma > most[i] {
					most[i] = r.Sigma
				}
			}
			n++
		}
		t.Logf("%s: %d occupancies, ratio %d to %d, distance %d to %d", row.file, n, least[0], most[0], least[1], most[1])
	}
}

// The portal sends (w3+w4)/w1 and (w1+w2)/(w3+w4) of its background: AC; and shares: AR.
func TestTheRatioIsThePortals(t *testing.T) {
	for _, file := range []string{noneFile, norm2File} {
		e, n := New(Config{}), 0
		var o Occupancy
		var ac []int64 // comes just before its AB1
		for _, s := range recorded(t, file) {
			switch s.r.Tag {
			case "AC":
				ac = s.r.Values
			case "AB1":
				e.Feed(s.at, s.r)
				o = Occupancy{WindowBG: e.windows.Rates, WindowSpan: 200, Windows: make([]Window, 5), Count: 5}
			case "AR":
				total := float64(sum(o.WindowBG))
				for w, v := range s.r.Values {
					if math.Abs(float64(o.WindowBG[w])/total-float64(v)/scale) > 1e-4 {
						t.Fatalf("share %d: %d of %v, portal %d", w, o.WindowBG[w], o.WindowBG, v)
					}
				}
			}
			if s.r.Tag == "AB1" && ac != nil {
				sp, why := (*Templates)(nil).spectra(&o)
				r := (sp.rates[0] + sp.rates[1]) / (sp.rates[2] + sp.rates[3])
				if why != "" || math.Abs(r-float64(ac[1])/scale) > 1e-4 {
					t.Fatalf("%s: %f, portal %d, %s", s.at, r, ac[1], why)
				}
				n++
			}
		}
		if n < 300 {
			t.Fatalf("%d ratios compared", n)
		}
	}
}

// What takes from all energies alike moves neither test; the distance is a' Cov^-1 a.
func TestSpectralStatistics(t *testing.T) {
	s := spectra{rates: [4]float64{443, 584, 289, 271}}
	for w, b := range s.rates {
		s.own[w] = b * 20
	}
	for _, f := range []float64{1, 0.6} {
		c := [4]float64{443 * f, 584 * f, 289 * f, 271 * f}
		if z, d := s.ratio(&c), s.distance(&c); math.Abs(z) > 1e-9 || d > 1e-9 {
			t.Errorf("of %g of the background: %g, %g", f, z, d)
		}
	}
	c := [4]float64{520, 600, 280, 275}
	// By Cramer's rule on the three equations.
	var cov [3][3]float64
	var a [3]float64
	for j := range a {
		r := s.rates[0] / s.rates[j+1]
		a[j] = c[0] - r*c[j+1]
		for k := range a {
			cov[j][k] = c[0]
		}
		cov[j][j] += r * r * c[j+1]
	}
	det := func(m [3][3]float64) float64 {
		return m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) - m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) + m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
	}
	want := 0.0
	for j := range a {
		m := cov
		for k := range a {
			m[k][j] = a[k]
		}
		want += a[j] * det(m) / det(cov)
	}
	if d := s.distance(&c); math.Abs(d-want) > 1e-9*want {
		t.Errorf("distance %g, want %g", d, want)
	}
	r := 1027.0 / 560
	if z, want := s.ratio(&c), (1120-r*555)/math.Sqrt(1120+r*r*555+r*r*555*555*(1/20540.0+1/11200.0)); math.Abs(z-want) > 1e-9 {
		t.Errorf("ratio %g, want %g", z, want)
	}
}

// spectral draws an occupancy of 60 slices with windows.
func spectral(r *rand.Rand, rates [4]float64) *Occupancy {
	o := &Occupancy{HasBG: true, Background: [4]int32{397, 397, 397, 397}, BackgroundT: 20, Count: 51, Interval: 200, WindowSpan: 200}
	for w, b := range [4]float64{443, 584, 289, 271} {
		o.WindowBG[w] = int32(float64(poisson(r, b*0.5)+poisson(r, b*0.5)) * 1000) // a second
	}
	o.WindowBG = [4]int32{443_000, 584_000, 289_000, 271_000}
	for i := range 60 {
		w := Window{At: int32(i) * 200}
		for k, b := range rates {
			w.Counts[k] = poisson(r, b*0.2)
		}
		o.Windows = append(o.Windows, w)
	}
	return o
}

func TestTheClassesMeanIsTakenOff(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	// A lorry that takes 45 % and hardens the rest, as on the test track, more.
	hard := [4]float64{443 * 0.55 * 0.84, 584 * 0.55 * 0.99, 289 * 0.55 * 1.1, 271 * 0.55 * 1.19}
	var clean []*Occupancy
	for range 300 {
		clean = append(clean, spectral(r, hard))
	}
	tpl := &Templates{Classes: []Class{{To: math.MaxInt32, Windows: hardness(clean[:100])}}}
	false_, uncalibrated := 0, 0
	var mean float64
	for _, o := range clean[100:] {
		for _, x := range tpl.windowTests(o, nil) {
			if x.Reason != "" {
				t.Fatal(x.Reason)
			}
			if x.Alarm {
				false_++
			}
		}
		for _, x := range (*Templates)(nil).windowTests(o, nil) {
			if x.Alarm {
				uncalibrated++
			}
		}
		s, _ := tpl.spectra(o)
		var c [4]float64
		for i := range o.Windows {
			for w, k := range o.Windows[i].Counts {
				c[w] += float64(k)
			}
		}
		mean += s.ratio(&c) / 200
	}
	if false_ > 0 || uncalibrated > 0 || math.Abs(mean) > 0.2 {
		t.Errorf("%d false alarms calibrated, %d not, mean ratio %f", false_, uncalibrated, mean)
	}
	// A soft source that the shadow hides from the sum.
	found := 0
	for range 100 {
		o := spectral(r, hard)
		for i := 25; i < 35; i++ {
			o.Windows[i].Counts[0] += poisson(r, 300*0.2)
		}
		if x := tpl.windowTests(o, nil); x[0].Alarm || x[1].Alarm {
			found++
		}
	}
	t.Logf("300 counts/s in the lowest window found in %d of 100", found)
	if found < 90 {
		t.Errorf("found %d of 100", found)
	}
}

func TestWindowsOfAVehicleThatStands(t *testing.T) {
	p := newPortal(Config{})
	p.feed(obs.Radiation{Tag: "AB1", Values: []int64{443 * scale, 584 * scale, 289 * scale, 271 * scale}})
	counts := int64(0)
	for i := range 3000 {
		p.slice1(60)
		c := int64(50 + i%7)
		counts += c
		p.feed(obs.Radiation{Tag: "AS", Values: []int64{c * scale, 70 * scale, 35 * scale, 33 * scale}, Interval: 200, Occupied: true})
		if i%5 == 0 {
			p.feed(obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true})
		}
	}
	p.end()
	o := p.last(t)
	for _, w := range o.Windows {
		counts -= int64(w.Counts[0])
	}
	if len(o.Windows) > MaxSlices || o.WindowSpan != 1600 || counts != 0 {
		t.Fatalf("%d windows of %d ms, %d counts lost", len(o.Windows), o.WindowSpan, counts)
	}
	if r := o.Analysis.result(TestRatio); r.Reason != "" || r.Alarm {
		t.Fatalf("%+v", r)
	}
}

func TestWindowsThatCannotBeTestedSaySo(t *testing.T) {
	ab1 := obs.Radiation{Tag: "AB1", Values: []int64{443 * scale, 584 * scale, 289 * scale, 271 * scale}}
	as := obs.Radiation{Tag: "AS", Values: []int64{80 * scale, 110 * scale, 55 * scale, 50 * scale}, Interval: 200, Occupied: true}
	for _, row := range []struct {
		name string
		do   func(*portal)
		want string
	}{
		{"a portal without energy windows", func(p *portal) { p.slices(20, 60) }, "not made"},
		{"no background", func(p *portal) {
			p.slices(1, 60)
			p.feed(as)
			p.slices(19, 60)
		}, "no background of the energy windows"},
		{"an old background", func(p *portal) {
			p.feed(ab1)
			p.now = p.now.Add(6 * time.Minute)
			p.background(3)
			p.slices(20, 60)
		}, "stale background of the energy windows"},
		{"no counts", func(p *portal) { p.feed(ab1); p.slices(20, 60) }, "no counts in the energy windows"},
		{"counts of a part", func(p *portal) {
			p.feed(ab1)
			p.slices(20, 60)
			for range 10 {
				p.feed(as)
			}
		}, "counts in the energy windows lost"},
		{"shares and the gamma background instead", func(p *portal) {
			p.feed(obs.Radiation{Tag: "AR", Values: []int64{27_930_000, 36_780_000, 18_220_000, 17_070_000}})
			for range 20 {
				p.slices(1, 60)
				p.feed(as)
			}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPortal(Config{})
			row.do(p)
			p.end()
			if r := p.last(t).Analysis.result(TestRatio); r.Reason != row.want || r.Alarm {
				t.Fatalf("%+v, want %q", r, row.want)
			}
		})
	}
}
