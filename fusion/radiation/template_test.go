package radiation

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsgd/internal/obs"
)

// poisson draws by inversion: exact, and fast enough for slices.
func poisson(r *rand.Rand, mean float64) int32 {
	limit, p, k := math.Exp(-mean), r.Float64(), int32(0)
	for p > limit {
		p *= r.Float64()
		k++
	}
	return k
}

// passing is an occupancy and how fast its vehicle drove, m/s.
type passing struct {
	o     *Occupancy
	speed float64
}

// inject adds a point source of k counts/s at closest approach, 2 m away, somewhere in the
// middle half of the vehicle, so much of it in one pillar.
func (p passing) inject(r *rand.Rand, k, share float64) *Occupancy {
	at := (0.25 + 0.5*r.Float64()) * float64(len(p.o.Slices))
	left := share
	if r.IntN(2) == 0 {
		left = 1 - share
	}
	return p.add(r, func(i int) (float64, float64) {
		x := p.speed * 0.2 * (float64(i) + 0.5 - at) / 2
		mean := 0.2 * k * math.Pow(1+x*x, -1.5)
		return mean * left, mean * (1 - left)
	})
}

// load adds a source of k counts/s that is spread over 60 % of the occupancy.
func (p passing) load(r *rand.Rand, k float64) *Occupancy {
	n := float64(len(p.o.Slices))
	ramp := func(slices float64) float64 { return 1 / (1 + math.Exp(-slices*0.2*p.speed)) }
	return p.add(r, func(i int) (float64, float64) {
		u := float64(i) + 0.5
		mean := 0.2 * k * ramp(u-0.3*n) * ramp(0.9*n-u)
		return mean / 2, mean / 2
	})
}

func (p passing) add(r *rand.Rand, means func(i int) (left, right float64)) *Occupancy {
	c := *p.o
	c.Slices = slices.Clone(c.Slices)
	for i := range c.Slices {
		left, right := means(i)
		for k, m := range [4]float64{left / 2, left / 2, right / 2, right / 2} {
			c.Slices[i].Gamma[k] += poisson(r, m)
		}
	}
	return &c
}

// tuned is the portal's rule without its threshold, written down apart from the engine.
func tuned(o *Occupancy) float64 {
	best := math.Inf(-1)
	for _, g := range [][]int{{0, 1, 2, 3}, {0, 1}, {2, 3}} {
		n, b := 0.0, 0.0
		for _, p := range g {
			b += float64(o.Background[p])
		}
		for i := range o.Slices {
			for _, p := range g {
				n += float64(o.Slices[i].Gamma[p])
				if i >= 5 {
					n -= float64(o.Slices[i-5].Gamma[p])
				}
			}
			if i >= 4 {
				best = max(best, (n-b)/math.Sqrt(b))
			}
		}
	}
	return best
}

// over is how far an occupancy is above the thresholds, of all three tests.
func over(t *Templates, o *Occupancy) float64 {
	best := math.Inf(-1)
	for _, r := range t.Analyse(o).Tests {
		if r.Reason == "" {
			best = max(best, float64(r.Sigma-r.Threshold))
		}
	}
	return best
}

// realDay gives the alarm-free occupancies of the recorded day that are not too short.
func realDay(t testing.TB) (clean []passing) {
	e := New(Config{})
	var speeds []float64
	for _, s := range recorded(t, dayFile) {
		if s.r.Tag == "SP" && s.r.Speed < 16_667 {
			speeds = append(speeds, float64(s.r.Speed)/1000)
		}
		o := e.Feed(s.at, s.r)
		if o == nil {
			continue
		}
		if learnable(o) && len(o.Slices) >= 20 {
			p := passing{o, 2.15}
			if len(speeds) > 0 {
				slices.Sort(speeds)
				p.speed = speeds[len(speeds)/2]
			}
			clean = append(clean, p)
		}
		speeds = speeds[:0]
	}
	return clean
}

func occupancies(all []passing) (o []*Occupancy) {
	for _, p := range all {
		o = append(o, p.o)
	}
	return o
}

func learn(t testing.TB, clean []*Occupancy, falsePermille int) *Templates {
	t.Helper()
	tpl, err := Learn(clean, falsePermille)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// score is one way of judging.
type score func(o *Occupancy) float64

// found gives for several ways of judging the share of sources that are above the threshold
// which one in a hundred clean vehicles exceeds, for a point of 600 and of 300 counts/s and a
// load of 600 and of 300.
func found(clean []float64, loud [4][]float64) (p [4]float64) {
	slices.Sort(clean)
	limit := clean[len(clean)*99/100]
	for i := range loud {
		n := 0
		for _, z := range loud[i] {
			if z > limit {
				n++
			}
		}
		p[i] = float64(n) / float64(len(loud[i]))
	}
	return p
}

// The engine finds what the fixed threshold leaves in the vehicle's shadow, on real vehicles
// that it has not learned from. The reference's own figures at 1 % false alarms are 0.76 for
// 600 counts/s, 0.50 by the portal's rule with the best threshold; ours are 0.97 and 0.63 for
// 300.
func TestWeakSourcesAreFoundOnTheRealDay(t *testing.T) {
	all := realDay(t)
	r := rand.New(rand.NewPCG(1, 2))
	falseAlarms := 0
	var clean [2][]float64
	var loud [2][4][]float64
	for f := range folds {
		var train, test []passing
		for i, p := range all {
			if i%folds == f {
				test = append(test, p)
			} else {
				train = append(train, p)
			}
		}
		tpl := learn(t, occupancies(train), 10)
		ways := [2]score{func(o *Occupancy) float64 { return over(tpl, o) }, tuned}
		for _, p := range test {
			if tpl.Analyse(p.o).Alarm {
				falseAlarms++
			}
			with := [4]*Occupancy{p.inject(r, 600, 0.7), p.inject(r, 300, 0.7), p.load(r, 600), p.load(r, 300)}
			for w, z := range ways {
				clean[w] = append(clean[w], z(p.o))
				for i, o := range with {
					loud[w][i] = append(loud[w][i], z(o))
				}
			}
		}
	}
	ours, plain := found(clean[0], loud[0]), found(clean[1], loud[1])
	rate := float64(falseAlarms) / float64(len(all))
	t.Logf("%d clean occupancies; point of 600, 300, load of 600, 300: %.3f, by the portal's rule tuned %.3f; learned thresholds gave %.4f false", len(all), ours, plain, rate)
	if ours[0] < 0.90 || ours[1] < 2*plain[1] || ours[1] < 0.40 || ours[2] < plain[2] || ours[3] < plain[3] || rate > 0.02 {
		t.Errorf("found %.3f, by the portal's rule %.3f, false %.4f", ours, plain, rate)
	}
}

// The portal's alarms that are no artefact are ours too; the artefact of a shadowed background
// is not. Templates of vehicles elsewhere give no false alarm.
func TestTheRealDaysAlarms(t *testing.T) {
	learned := learn(t, occupancies(realDay(t)), 10)
	for name, tpl := range map[string]*Templates{"learned": learned, "reference": Reference()} {
		e := New(Config{})
		e.Use(tpl)
		alarms := 0
		for _, s := range recorded(t, dayFile) {
			o := e.Feed(s.at, s.r)
			if o == nil {
				continue
			}
			r := o.Analysis.Tests[0]
			switch o.Number {
			case 637, 194, 255:
				if !r.Alarm || o.Boot == 0 && o.Number != 637 {
					t.Errorf("%s: occupancy %d: %+v", name, o.Number, r)
				}
			case 630:
				if o.Analysis.Alarm {
					t.Errorf("%s: occupancy 630: %+v", name, o.Analysis.Tests)
				}
			default:
				if o.Analysis.Alarm {
					alarms++
				}
			}
		}
		t.Logf("%s: %d further alarms", name, alarms)
		if alarms > 6 || name == "reference" && alarms > 0 {
			t.Errorf("%s: %d further alarms", name, alarms)
		}
	}
}

// vehicles makes clean passages by a rough model: cars and lorries of differing depth, with a
// gap behind the cab, ramps and statistics; one in ten stops on the way.
func vehicles(r *rand.Rand, count int) (all []passing) {
	bg := [4]float64{393, 396, 437, 429}
	for len(all) < count {
		length, depth := 15+5*r.Float64(), 0.35+0.15*r.Float64()
		if r.IntN(4) == 0 {
			length, depth = 4+2*r.Float64(), 0.25+0.08*r.Float64()
		}
		speed := 2.15 * math.Exp(0.35*r.NormFloat64())
		stop, stopAt := 0.0, length*r.Float64()
		if r.IntN(10) == 0 {
			stop = 2 + 5*r.Float64()
		}
		n := leadSlices + int(math.Ceil((length/speed+stop)/0.2)) + tailSlices
		o := &Occupancy{HasBG: true, Interval: 200, Count: n}
		drift := 1 + 0.02*r.NormFloat64()
		for p := range bg {
			o.Background[p] = int32(math.Floor(bg[p]*drift + r.NormFloat64()*math.Sqrt(bg[p]/20)))
		}
		for i := range n {
			time := (float64(i) + 0.5 - leadSlices) * 0.2
			x := speed * time // of the beams behind the front
			if x > stopAt {
				x = max(stopAt, x-speed*stop)
			}
			d := depth * max(0, min(1, (x+0.75)/1.5)) * max(0, min(1, (length+0.75-x)/1.5))
			s := Slice{At: int32(i) * 200}
			for p := range bg {
				dip := d
				if length > 10 && p%2 == 0 && x > 0.28*length && x < 0.28*length+1.5 {
					dip *= 0.85
				}
				s.Gamma[p] = poisson(r, 0.2*bg[p]*drift*(1-dip))
			}
			o.Slices = append(o.Slices, s)
		}
		all = append(all, passing{o, speed})
	}
	return all
}

// Without the recording the same holds on a model.
func TestWeakSourcesAreFoundOnAModel(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	tpl := learn(t, occupancies(vehicles(r, 500)), 10)
	if err := tpl.Check(); err != nil {
		t.Fatal(err)
	}
	falseAlarms, test := 0, vehicles(r, 1000)
	var ways [2]score = [2]score{func(o *Occupancy) float64 { return over(tpl, o) }, tuned}
	var clean [2][]float64
	var loud [2][4][]float64
	for _, p := range test {
		if tpl.Analyse(p.o).Alarm {
			falseAlarms++
		}
		with := [4]*Occupancy{p.inject(r, 600, 0.7), p.inject(r, 300, 0.7), p.load(r, 600), p.load(r, 300)}
		for w, z := range ways {
			clean[w] = append(clean[w], z(p.o))
			for i, o := range with {
				loud[w][i] = append(loud[w][i], z(o))
			}
		}
	}
	ours, plain := found(clean[0], loud[0]), found(clean[1], loud[1])
	t.Logf("%.3f, by the portal's rule tuned %.3f; %d of %d false", ours, plain, falseAlarms, len(test))
	if ours[0] < 0.90 || ours[1] < 2*plain[1] || ours[2] < plain[2] || ours[3] < plain[3] || falseAlarms > 25 {
		t.Errorf("found %.3f, by the portal's rule %.3f, %d false", ours, plain, falseAlarms)
	}
}

// even is a vehicle that leaves the published shadow, in whole counts.
func even(n int) *Occupancy {
	o := &Occupancy{HasBG: true, Interval: 200, Background: [4]int32{400, 400, 400, 400}, Count: n}
	for i := range n {
		g := int32(math.Round(80 * remains(i*Parts/n)))
		o.Slices = append(o.Slices, Slice{At: int32(i) * 200, Gamma: [4]int32{g, g, g, g}})
	}
	return o
}

// A source alarms where it is, on its side, and does not lift what is expected there.
func TestASourceDoesNotHideItself(t *testing.T) {
	tpl := Reference()
	quiet := tpl.Analyse(even(56))
	if quiet.Alarm || len(quiet.Expected) != 56 || quiet.Templates != "reference-1" {
		t.Fatalf("a clean vehicle: %+v", quiet)
	}
	for _, c := range []struct {
		side        string
		left, right int32
	}{{"sum", 40, 40}, {"left", 42, 18}, {"right", 18, 42}} {
		o := even(56)
		for i := range o.Slices {
			x := (float64(i) + 0.5 - 30) / 4.5
			k := math.Pow(1+x*x, -1.5)
			left, right := int32(math.Round(float64(c.left)*k)), int32(math.Round(float64(c.right)*k))
			for p, add := range [4]int32{left, left, right, right} {
				o.Slices[i].Gamma[p] += add
			}
		}
		a := tpl.Analyse(o)
		r := a.Tests[0]
		if !a.Alarm || !r.Alarm || r.Group != c.side || r.At < 28*200 || r.At > 31*200 {
			t.Errorf("%s: %+v", c.side, a.Tests)
		}
		if side := a.Tests[1]; c.side != "sum" && side.Group != c.side {
			t.Errorf("%s: %+v", c.side, side)
		}
		for i := range a.Expected {
			if d := a.Expected[i] - quiet.Expected[i]; d > 60 || d < -60 {
				t.Errorf("%s: slice %d: %d permille expected, %d without the source", c.side, i, a.Expected[i], quiet.Expected[i])
				break
			}
		}
	}
}

// The stronger, the surer: neither a source that is unlike those looked for nor one that floods
// the whole occupancy is explained away.
func TestStrongSourcesAlarmWhateverTheirForm(t *testing.T) {
	tpl := Reference()
	for name, form := range map[string]func(i, p int) float64{
		"a point":        func(i, _ int) float64 { x := float64(i-30) / 4.5; return math.Pow(1+x*x, -1.5) },
		"one slice":      func(i, _ int) float64 { return max(0, 1-math.Abs(float64(i-30))) },
		"one panel":      func(i, p int) float64 { return max(0, 1-math.Abs(float64(p))) * max(0, 1-math.Abs(float64(i-30))/4) },
		"everywhere":     func(int, int) float64 { return 1 },
		"at the rear":    func(i, _ int) float64 { return max(0, 1-math.Abs(float64(i-55))/4) },
		"two of them":    func(i, _ int) float64 { return max(0, 1-math.Abs(float64(i-15))/4, 1-math.Abs(float64(i-45))/4) },
		"from the front": func(i, _ int) float64 { return float64(60-i) / 60 },
	} {
		for k := 100.0; k < 2e5; k *= 3 {
			o := even(60)
			for i := range o.Slices {
				for p := range 4 {
					o.Slices[i].Gamma[p] += int32(k * form(i, p))
				}
			}
			if a := tpl.Analyse(o); !a.Alarm {
				t.Errorf("%s of %.0f counts: %+v", name, k, a.Tests)
			}
		}
	}
}

func onePillar() *Occupancy {
	o := even(56)
	o.Background[2], o.Background[3] = 0, 0
	for i := range o.Slices {
		o.Slices[i].Gamma[2], o.Slices[i].Gamma[3] = 0, 0
	}
	return o
}

// A test that could not be made never looks like one that found nothing.
func TestWhatCannotBeJudgedSaysWhy(t *testing.T) {
	change := func(f func(o *Occupancy)) *Occupancy { o := even(56); f(o); return o }
	damaged := Reference()
	damaged.Classes[2].Spread = damaged.Classes[2].Spread[1:]
	none := Reference()
	none.Classes = nil
	for name, c := range map[string]struct {
		t    *Templates
		o    *Occupancy
		want [3]string
	}{
		"no templates":  {nil, even(56), [3]string{"no templates", "no templates", "no templates"}},
		"no class":      {none, even(56), [3]string{"no templates", "no templates", "no templates"}},
		"fault":         {Reference(), change(func(o *Occupancy) { o.Fault = "tamper" }), [3]string{"tamper", "tamper", "tamper"}},
		"no background": {Reference(), change(func(o *Occupancy) { o.Background = [4]int32{} }), [3]string{"no background", "no background", "no background"}},
		"very short":    {Reference(), even(4), [3]string{"too short", "too short", "too short"}},
		"short":         {Reference(), even(9), [3]string{"shorter than the vehicles learned from", "shorter than the vehicles learned from", ""}},
		"stood":         {Reference(), even(121), [3]string{"longer than the vehicles learned from", "longer than the vehicles learned from", ""}},
		"stood long":    {Reference(), change(func(o *Occupancy) { o.Thinned, o.MaxSigma = 2, -1000 }), [3]string{"too long", "too long", ""}},
		"one pillar":    {Reference(), onePillar(), [3]string{"", "one pillar", ""}},
		"damaged":       {damaged, even(56), [3]string{"templates are damaged", "templates are damaged", ""}},
		"all of them":   {Reference(), even(56), [3]string{}},
	} {
		a := c.t.Analyse(c.o)
		for i, r := range a.Tests[:3] {
			if r.Reason != c.want[i] || r.Reason != "" && (r.Alarm || r.Sigma != 0) || r.Reason == "" && r.Threshold <= 0 {
				t.Errorf("%s: %+v, want %q", name, r, c.want[i])
			}
		}
		if a.Alarm {
			t.Errorf("%s: alarm", name)
		}
	}
	// Yet what exceeds the background itself alarms in a vehicle that is like none.
	loud := even(200)
	for i := 100; i < 110; i++ {
		loud.Slices[i].Gamma = [4]int32{100, 100, 100, 100}
	}
	if a := Reference().Analyse(loud); !a.Alarm || !a.Tests[2].Alarm || a.Tests[2].Sigma != 10000 {
		t.Errorf("%+v", a.Tests)
	}
}

func TestLearning(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	clean := occupancies(vehicles(r, 120))
	t.Run("the same vehicles teach the same", func(t *testing.T) {
		a, b := learn(t, clean, 10), learn(t, clean, 10)
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(x, y) || len(x) > 20_000 {
			t.Fatalf("%d bytes, %d bytes", len(x), len(y))
		}
		var back Templates
		if err := json.Unmarshal(x, &back); err != nil || back.Check() != nil {
			t.Fatal(err, back.Check())
		}
		if z, _ := json.Marshal(back.Analyse(clean[0])); !bytes.Equal(z, must(json.Marshal(a.Analyse(clean[0])))) {
			t.Fatal("templates read back judge differently")
		}
	})
	t.Run("alarms and faults teach nothing", func(t *testing.T) {
		bad := slices.Clone(clean)
		for i := range 20 {
			o := *clean[i]
			o.Slices = slices.Repeat(o.Slices, 2)
			switch i % 5 {
			case 0:
				o.VendorAlarm = true
			case 1:
				o.GammaAlarm = true
			case 2:
				o.NeutronAlarm = true
			case 3:
				o.Fault = "tamper"
			case 4:
				o.Guarded = true
			}
			bad = append(bad, &o)
		}
		if !bytes.Equal(must(json.Marshal(learn(t, bad, 10))), must(json.Marshal(learn(t, clean, 10)))) {
			t.Error("they did")
		}
	})
	t.Run("too few vehicles teach nothing", func(t *testing.T) {
		for n, ok := range map[int]bool{0: false, leastLearned - 1: false, leastLearned: true} {
			tpl, err := Learn(clean[:n], 10)
			if (err == nil) != ok || (tpl != nil) != ok || err != nil && !strings.Contains(err.Error(), "want at least 40") {
				t.Errorf("%d: %+v, %v", n, tpl, err)
			}
		}
	})
	t.Run("fewer false alarms take higher thresholds", func(t *testing.T) {
		last := int32(0)
		for _, permille := range []int{100, 30, 10, 3, 1} {
			tpl := learn(t, clean, permille)
			if tpl.Threshold < last {
				t.Errorf("%d permille: %d after %d", permille, tpl.Threshold, last)
			}
			last = tpl.Threshold
		}
	})
	t.Run("vehicles without spread", func(t *testing.T) {
		same := slices.Repeat([]*Occupancy{even(56)}, 50)
		tpl := learn(t, same, 10)
		if err := tpl.Check(); err != nil || tpl.Threshold < leastLimit {
			t.Error(err, tpl.Threshold)
		}
	})
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestCheckRefusesWhatWasNotLearned(t *testing.T) {
	if err := Reference().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(t *Templates){
		"threshold": func(t *Templates) { t.Threshold = 0 },
		"pillars":   func(t *Templates) { t.Pillars = -1 },
		"level":     func(t *Templates) { t.Level = 0 },
		"classes":   func(t *Templates) { t.Classes = nil },
		"order":     func(t *Templates) { t.Classes[1].To = t.Classes[0].To },
		"from":      func(t *Templates) { t.Classes[0].From = 26 },
		"profile":   func(t *Templates) { t.Classes[0].Profile[3] = 2001 },
		"tilt":      func(t *Templates) { t.Classes[0].Tilt[3] = -1001 },
		"short":     func(t *Templates) { t.Classes[0].TiltSpread = t.Classes[0].TiltSpread[:9] },
		"negative":  func(t *Templates) { t.Classes[0].Spread[0] = -400_000 },
		"not one":   func(t *Templates) { t.Classes[0].Spread[1] = 1 << 30 },
	} {
		tpl := Reference()
		spoil(tpl)
		if tpl.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whatever was counted: a result, and a number that is one.
func TestAnyCountsHaveAnOutcome(t *testing.T) {
	tpl := Reference()
	rapid.Check(t, func(t *rapid.T) {
		o := &Occupancy{HasBG: true, Interval: rapid.SampledFrom([]int32{0, 100, 200, 1000, 4000}).Draw(t, "interval")}
		for p := range o.Background {
			o.Background[p] = rapid.Int32Range(0, maxCount).Draw(t, "background")
		}
		n, most := rapid.IntRange(0, 130).Draw(t, "n"), rapid.SampledFrom([]int32{0, 3, 100, maxCount}).Draw(t, "most")
		for i := range n {
			var c [4]int32
			for p := range c {
				c[p] = rapid.Int32Range(0, most).Draw(t, "counts")
			}
			o.Slices = append(o.Slices, Slice{At: int32(i), Gamma: c})
		}
		a := tpl.Analyse(o)
		for _, r := range a.Tests {
			if r.Reason == "" && (r.Sigma == math.MinInt32 || r.Group == "") || r.Alarm != (r.Reason == "" && r.Sigma > r.Threshold) {
				t.Fatalf("%+v", r)
			}
		}
		for _, e := range a.Expected {
			if e < 0 || e > 10_000 {
				t.Fatalf("expected %d", e)
			}
		}
	})
}

func TestMatrices(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var m matrix
	for range 3 * Parts {
		var v vector
		for i := range v {
			v[i] = r.NormFloat64()
		}
		for i := range m {
			for j := range m {
				m[i][j] += v[i] * v[j] / Parts
			}
		}
	}
	inverse := m
	if !inverse.invert() {
		t.Fatal("not inverted")
	}
	for i := range m {
		v := inverse.mul((*vector)(&m[i]))
		for j, x := range v {
			if want := map[bool]float64{true: 1}[i == j]; math.Abs(x-want) > 1e-9 {
				t.Fatalf("%d %d: %g", i, j, x)
			}
		}
	}
	clipped := m
	clipped.clip() // has no negative eigenvalues
	for i := range m {
		for j := range m {
			if math.Abs(clipped[i][j]-m[i][j]) > 1e-6 {
				t.Fatalf("%d %d: %g became %g", i, j, m[i][j], clipped[i][j])
			}
		}
	}
	m[3][3] -= 10
	if bad := m; bad.invert() {
		t.Error("inverted what is not positive definite")
	}
	if m.clip(); true {
		for i := range m {
			m[i][i] += 1e-6
		}
		if !m.invert() {
			t.Error("still has a negative eigenvalue")
		}
	}
	for x := 1e-6; x < 1e6; x *= 1.7 {
		if d := ln(x) - math.Log(x); math.Abs(d) > 1e-13*max(1, math.Abs(math.Log(x))) {
			t.Errorf("ln(%g) is %g off", x, d)
		}
	}
}

// Vehicles that stop beside the panels fit no profile. Where the learned ones show it they are
// held against as much more, and no longer set the threshold of all others.
func TestVehiclesThatHaltAreLearnedApart(t *testing.T) {
	drive := func(odd bool) []*Occupancy {
		all := occupancies(vehicles(rand.New(rand.NewPCG(9, 10)), 400))
		for i, o := range all {
			o.Beams = 2000
			if i%20 > 0 {
				continue
			}
			o.Beams = 6000
			for k := range o.Slices {
				if odd && k > len(o.Slices)/3 && k < len(o.Slices)/2 {
					for p := range o.Background { // nothing stands before the panels for a while
						o.Slices[k].Gamma[p] = o.Background[p] / 5
					}
				}
			}
		}
		return all
	}
	halting := drive(true)
	odd, like := learn(t, halting, 10), learn(t, drive(false), 10)
	blind := slices.Clone(halting)
	for i, o := range blind {
		c := *o
		c.Beams = 2000
		blind[i] = &c
	}
	one := learn(t, blind, 10)
	a, b, c := odd.Classes[0], like.Classes[0], one.Classes[0]
	if a.Pace != 2000 || a.Halting < 1500 || b.Halting != 0 || c.Halting != 0 {
		t.Errorf("halting: %d at %v, ordinary vehicles %d, unknown %d", a.Halting, a.Pace, b.Halting, c.Halting)
	}
	if odd.Threshold > one.Threshold*9/10 {
		t.Errorf("threshold %d, %d where they are not known", odd.Threshold, one.Threshold)
	}
	o := *halting[0]
	fast := odd.Analyse(&o).Tests[0].Sigma
	o.Beams = 2000
	if slow := odd.Analyse(&o).Tests[0].Sigma; slow <= 0 || fast < slow*900/a.Halting || fast > slow*1100/a.Halting {
		t.Errorf("%d, %d where it halts, %d permille", slow, fast, a.Halting)
	}
	odd.Classes[0].Halting = -1
	if odd.Check() == nil {
		t.Error("a negative spread is taken")
	}
}

// The exponential tail meets the quantiles of one.
func TestTail(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	z := make([]float64, 2000)
	for i := range z {
		z[i] = r.ExpFloat64() * 500
	}
	for p, want := range map[float64]float64{0.1: 1151, 0.01: 2303, 0.001: 3454, 0.0001: 4605} {
		if got := tail(slices.Clone(z), p); got < want*0.9 || got > want*1.3 {
			t.Errorf("%g: %.0f, want %.0f", p, got, want)
		}
	}
	if got := tail(nil, 0.01); got != leastLimit {
		t.Errorf("of nothing: %g", got)
	}
}

func BenchmarkAnalyse(b *testing.B) {
	all := occupancies(vehicles(rand.New(rand.NewPCG(3, 3)), 200))
	tpl := learn(b, all, 10)
	var a Analysis
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tpl.analyse(all[i%len(all)], &a)
	}
}

func BenchmarkLearn(b *testing.B) {
	all := occupancies(vehicles(rand.New(rand.NewPCG(3, 3)), 400))
	for b.Loop() {
		learn(b, all, 10)
	}
}

func feedBackground(e *Engine, at time.Time, cps [4]int32) {
	e.Feed(at, &obs.Radiation{Tag: "GB", Gamma: cps})
}

func feedSlice(e *Engine, at time.Time, c [4]int32) {
	e.Feed(at, &obs.Radiation{Tag: "GS", Gamma: c, Interval: 200, Occupied: true})
}

// A kind of vehicles of which there are enough is learned by itself; one of few joins the
// next. None is left out of what the thresholds are set on, however they are ordered.
func TestKindsOfVehicles(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	of := func(n, slices int, remains float64) (all []*Occupancy) {
		for range n {
			o := *even(slices)
			o.Slices = make(Slices, slices)
			for i := range o.Slices {
				s := Slice{At: int32(200 * i)}
				for p, b := range o.Background {
					s.Gamma[p] = poisson(r, float64(b)*0.2*remains)
				}
				o.Slices[i] = s
			}
			o.Count = slices
			all = append(all, &o)
		}
		return all
	}
	cars, vans, lorries, long := of(leastOfClass, 20, 0.75), of(30, 40, 0.7), of(leastOfClass-30, 55, 0.6), of(leastOfClass, 70, 0.5)
	var all []*Occupancy
	for i := range leastOfClass { // by turns, as a list of lanes may be
		for _, kind := range [][]*Occupancy{cars, vans, lorries, long} {
			if i < len(kind) {
				all = append(all, kind[i])
			}
		}
	}
	got := learn(t, all, 10)
	if len(got.Classes) != 3 {
		t.Fatalf("%d classes", len(got.Classes))
	}
	for i, want := range []struct {
		to, count int
		middle    int32 // of the profile, permille
	}{{25, leastOfClass, 750}, {60, leastOfClass, 607}, {87, leastOfClass, 500}} {
		c := &got.Classes[i]
		if d := c.Profile[Parts/2] - want.middle; c.To != want.to || c.Count != want.count || d < -20 || d > 20 {
			t.Errorf("class %d: up to %d slices, %d vehicles, %d permille in the middle", i, c.To, c.Count, c.Profile[Parts/2])
		}
	}
	if got.Classes[1].From != 26 || got.Classes[2].From != 61 {
		t.Errorf("from %d and %d slices", got.Classes[1].From, got.Classes[2].From)
	}
	alarms := 0
	for _, o := range append(append(of(500, 20, 0.75), of(500, 55, 0.6)...), of(500, 70, 0.5)...) {
		if got.Analyse(o).Alarm {
			alarms++
		}
	}
	if alarms > 45 { // 15 of 1500 may
		t.Errorf("%d of 1500 clean vehicles alarm", alarms)
	}
	small := learn(t, slices.Concat(cars[:200], long[:100]), 10)
	if len(small.Classes) != 1 || small.Classes[0].Count != 300 {
		t.Errorf("few vehicles: %d classes", len(small.Classes))
	}
}
