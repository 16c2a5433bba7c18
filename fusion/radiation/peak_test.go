package radiation

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/internal/quant"
)

// lorry is a vehicle in a synthetic portal: 16 m at 2.2 m/s, which takes 40 % of the
// background over its length and ramps of 1.5 m.
type lorry struct {
	point  float64 // counts/s of a point source at closest approach, 2 m away
	at     float64 // m behind the front
	load   float64 // counts/s of a load of 10 m behind the cab
	right  float64 // share of the right pillar in the source
	upper  float64 // share of the upper panels
	length float64 // m; 0 = 16
	speed  float64 // m/s; 0 = 2.2
	beams  bool    // the portal has told the speed
}

func (l lorry) pass(r *rand.Rand) *Occupancy {
	if l.length == 0 {
		l.length = 16
	}
	if l.speed == 0 {
		l.speed = 2.2
	}
	o := &Occupancy{HasBG: true, Background: [4]int32{393, 396, 437, 429}, BackgroundT: 20, Interval: 200, Hold: 2000, Start: day}
	inside := l.length / l.speed // s
	o.Live = 1000
	n := 5 + int(math.Ceil((inside+2)/0.2))
	o.End = day.Add(time.Duration(1000+inside*1000+2000) * time.Millisecond)
	if l.beams {
		o.Beams = quant.Speed(l.speed * 1000)
	}
	ramp := func(x float64) float64 { return max(0, min(1, x/1.5+0.5)) }
	for i := range n {
		t := float64(i)*0.2 - 0.9 // the middle of the slice, after the front has come
		x := t * l.speed          // what of the vehicle is between the pillars, m behind its front
		shadow := 1 - 0.4*ramp(x)*ramp(l.length-x)
		y := (x - l.at) / 2
		net := l.point * math.Pow(1+y*y, -1.5)
		net += l.load * ramp((x-4)/2) * ramp((14-x)/2)
		s := Slice{At: int32(200 * (i + 1))}
		for p, b := range o.Background {
			side, level := 1-l.right, 1-l.upper
			if p >= 2 {
				side = l.right
			}
			if p%2 == 1 {
				level = l.upper
			}
			s.Gamma[p] = poisson(r, 0.2*(float64(b)*shadow+net*side*level))
		}
		o.Slices = append(o.Slices, s)
	}
	o.Count = n
	return o
}

// known gives an analysis against the shadow that the lorry really has.
func (l lorry) known(r *rand.Rand) (*Occupancy, *Analysis) {
	o := l.pass(r)
	a := &Analysis{}
	ramp := func(x float64) float64 { return max(0, min(1, x/1.5+0.5)) }
	length, speed := l.length, l.speed
	if length == 0 {
		length = 16
	}
	if speed == 0 {
		speed = 2.2
	}
	for i := range o.Slices {
		x := (float64(i)*0.2 - 0.9) * speed
		a.Expected = append(a.Expected, int32(math.Round(1000*(1-0.4*ramp(x)*ramp(length-x)))))
	}
	o.GammaAlarm = true
	a.shape(o, nil)
	o.Analysis = a
	return o, a
}

func TestShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, row := range []struct {
		name    string
		lorry   lorry
		shape   Shape
		plateau bool
		least   int // of 100
	}{
		{"a point source", lorry{point: 800, at: 9, right: 0.5, upper: 0.5, beams: true}, Compact, false, 95},
		{"a weak point source", lorry{point: 400, at: 9, right: 0.5, upper: 0.5, beams: true}, Compact, false, 80},
		{"a point source, speed unknown", lorry{point: 800, at: 9, right: 0.5, upper: 0.5}, Compact, false, 85},
		{"a load", lorry{load: 300, right: 0.5, upper: 0.5, beams: true}, Distributed, false, 95},
		{"a weak load", lorry{load: 150, right: 0.5, upper: 0.5, beams: true}, Distributed, false, 85},
		{"a load, speed unknown", lorry{load: 300, right: 0.5, upper: 0.5}, Distributed, false, 95},
		{"a point source in a load", lorry{load: 300, point: 600, at: 9, right: 0.5, upper: 0.5, beams: true}, Compact, true, 90},
		{"a point source in a car", lorry{point: 600, at: 2, length: 4.5, speed: 3, right: 0.5, upper: 0.5, beams: true}, Compact, false, 90},
	} {
		found, shape, plateau := 0, map[Shape]int{}, 0
		for range 100 {
			_, a := row.lorry.known(r)
			if a.Peak == nil {
				continue
			}
			found++
			shape[a.Peak.Shape]++
			if a.Peak.OnPlateau {
				plateau++
			}
		}
		on := plateau
		if !row.plateau {
			on = found - plateau
		}
		t.Logf("%s: %d peaks, %v, %d on a plateau", row.name, found, shape, plateau)
		if shape[row.shape] < row.least || on < row.least {
			t.Errorf("%s: %v of %d, %d on a plateau", row.name, shape, found, plateau)
		}
	}
}

// Peaks of alarms alone, and of real vehicles with a source they are compact.
func TestPeaksOverLearnedShadows(t *testing.T) {
	clean := realDay(t)
	r := rand.New(rand.NewPCG(21, 22))
	tpl := learn(t, occupancies(clean), 10)
	shapes, n := map[Shape]int{}, 0
	for _, v := range clean {
		o := v.o
		if a := tpl.Analyse(o); !a.Alarm && a.Peak != nil {
			t.Errorf("occupancy %d: %+v without an alarm", o.Number, *a.Peak)
		}
		if len(o.Slices) < 40 {
			continue
		}
		s := v.inject(r, 900, 0.7)
		s.GammaAlarm = true
		if a := tpl.Analyse(s); a.Peak != nil {
			shapes[a.Peak.Shape]++
		}
		n++
	}
	t.Logf("of %d vehicles with a source of 900 counts/s: %v", n, shapes)
	if shapes[Compact] < n*85/100 {
		t.Errorf("%v of %d", shapes, n)
	}
}

func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, row := range []struct {
		name   string
		length quant.Length
		by     string
	}{{"by the length", 16_000, "length"}, {"by the beams", 0, "speed"}} {
		in, worst, n := 0, 0.0, 0
		var uMost int32
		for range 300 {
			l := lorry{point: 700, at: 1 + 14*r.Float64(), right: 0.8, upper: 0.3, beams: true}
			o, a := l.known(r)
			pl, ok := Locate(o, row.length)
			if !ok || pl.By != row.by || pl.From > pl.Middle || pl.Middle > pl.To || pl.Length != int32(row.length) {
				t.Fatalf("%s: %+v, %v, %+v", row.name, pl, ok, a.Peak)
			}
			d := math.Abs(float64(pl.Middle) - l.at*1000)
			worst, n, uMost = max(worst, d), n+1, max(uMost, pl.U)
			if d <= float64(pl.U) {
				in++
			}
			if a.Peak.Side < 300 || a.Peak.High > -100 { // 0.6 and -0.4 are true
				t.Errorf("side %d, height %d", a.Peak.Side, a.Peak.High)
			}
		}
		t.Logf("%s: %d of %d within the uncertainty, worst %.0f mm, half-width up to %d mm", row.name, in, n, worst, uMost)
		if in < 285 {
			t.Errorf("%s: %d of %d within the uncertainty", row.name, in, n)
		}
	}
	o, _ := lorry{point: 700, at: 8, right: 0.5, upper: 0.5}.known(r)
	if pl, ok := Locate(o, 0); ok {
		t.Errorf("without length and speed: %+v", pl)
	}
	if _, ok := Locate(nil, 16_000); ok {
		t.Error("nothing was located")
	}
}

// Peaks of vehicles on the real day; most have none.
func TestPeaksOfTheRealDay(t *testing.T) {
	alarms, peaks, quiet := 0, 0, 0
	for _, o := range Analyse(Config{}, lines(recorded(t, dayFile))) {
		k := o.Analysis.Peak
		switch {
		case o.VendorGamma:
			if alarms++; k == nil {
				t.Errorf("occupancy %d alarmed and has no peak", o.Number)
				continue
			}
			pl, ok := Locate(o, 0)
			t.Logf("occupancy %d: %+v, %d counts/s, %+v %v", o.Number, *k, o.Analysis.Net, pl, ok)
		case k != nil:
			peaks++
		default:
			quiet++
		}
	}
	t.Logf("%d alarms, %d peaks without, %d vehicles without a peak", alarms, peaks, quiet)
	if alarms != 4 || peaks != 0 {
		t.Errorf("%d alarms, %d peaks without templates and alarm", alarms, peaks)
	}
}

// The test track's source stood in one place of the vehicle.
func TestTheRecordedSourceStaysInItsPlace(t *testing.T) {
	var places []float64
	for _, o := range Analyse(Config{}, lines(recorded(t, norm2File))) {
		k := o.Analysis.Peak
		if k == nil || k.Shape != Compact {
			t.Fatalf("occupancy %d: %+v", o.Number, k)
		}
		s := o.Analysis.Spectrum
		if s == nil || s.Class != Medium {
			t.Errorf("occupancy %d: %+v", o.Number, s)
		}
		for w, want := range [4]int32{520, 420, 60, 6} {
			if d := s.Shares[w] - want; d > 25 || d < -25 {
				t.Errorf("occupancy %d: shares %v", o.Number, s.Shares)
			}
		}
		front, rear := o.edges()
		places = append(places, float64(k.At-front)/float64(rear-front))
		pl, ok := Locate(o, 0)
		t.Logf("%d: %+v, %v %+v, speed %d +- %d, %d ms inside, %+v", o.Number, *k, s.Shares, pl, o.Beams, o.BeamsU, rear-front, ok)
	}
	var m, sq float64
	for _, p := range places {
		m += p / float64(len(places))
	}
	for _, p := range places {
		sq += (p - m) * (p - m) / float64(len(places))
	}
	if sd := math.Sqrt(sq); sd > 0.03 {
		t.Errorf("places %v, standard deviation %f", places, sd)
	}
}

func BenchmarkAnalysis(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, row := range []struct {
		name  string
		lorry lorry
	}{{"lorry", lorry{point: 800, at: 9, beams: true}}, {"crawling", lorry{point: 800, at: 9, speed: 0.15, beams: true}}} {
		o := row.lorry.pass(r)
		s := spectral(r, [4]float64{443, 584, 289, 271})
		o.WindowBG, o.WindowSpan, o.GammaAlarm = s.WindowBG, 200, true
		for range len(o.Slices)/60 + 1 {
			o.Windows = append(o.Windows, s.Windows...)
		}
		a := &Analysis{}
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				(*Templates)(nil).analyse(o, a)
			}
			if a.Peak == nil || a.Spectrum == nil {
				b.Fatalf("%d slices: %+v", len(o.Slices), a)
			}
		})
	}
}

// BenchmarkAnalysisOfTheRealDay is of vehicles with a source, against learned shadows.
func BenchmarkAnalysisOfTheRealDay(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	clean := realDay(b)
	tpl := learn(b, occupancies(clean), 10)
	var all []*Occupancy
	for _, v := range clean {
		s := v.inject(r, 900, 0.7)
		s.GammaAlarm = true
		all = append(all, s)
	}
	a := &Analysis{}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		tpl.analyse(all[n%len(all)], a)
	}
}

// Where a portal has panels in one place only, they cannot tell a side or a height.
func TestOnePanelTellsNoSide(t *testing.T) {
	for _, row := range []struct {
		counts     [4]int32
		side, high bool
	}{
		{[4]int32{900, 0, 0, 0}, false, false},
		{[4]int32{900, 400, 0, 0}, false, true},
		{[4]int32{900, 0, 400, 0}, true, false},
		{[4]int32{900, 400, 400, 400}, true, true},
	} {
		p := excess{o: &Occupancy{Slices: Slices{{Gamma: row.counts}}}, tau: 0.2, remains: [MaxSlices]float64{1}}
		for c, n := range row.counts {
			if n > 0 {
				p.bg[c] = 400
			}
		}
		side, high := p.lean(-1000, 1000)
		if (side != 0) != row.side || (high != 0) != row.high {
			t.Errorf("%v: side %d, high %d", row.counts, side, high)
		}
	}
}
