package outline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// lorry is 10 m long, 2.5 m wide and 4.1 m high behind its cab, a little left in its lane,
// with mirrors at 0.5 m.
func lorry() *fusion.Passage {
	p := &fusion.Passage{Size: &fusion.Size{Length: 10_000, ULength: 110, Width: 2500, UWidth: 40, Height: 4100, UHeight: 30, Overhang: 1400},
		Axles: []fusion.AxleLoad{{Axle: 1}, {Axle: 2, Gap: 5000}, {Axle: 3, Gap: 1300}}}
	for x := quant.Length(0); x <= 10_000; x += 100 {
		s := fusion.Point{X: x, Z: 4100, Left: -1350, Right: 1150}
		if x < 2300 {
			s.Z = 3000
		}
		if x == 500 {
			s.Left, s.Right = s.Left-300, s.Right+300
		}
		p.Size.Outline = append(p.Size.Outline, s)
	}
	return p
}

func judged(p *fusion.Passage, quantity string, limit int64, verdict rules.Verdict) {
	l := rules.Value(limit * 1000)
	p.Findings = append(p.Findings, rules.Finding{Quantity: quantity, Limit: &l, Verdict: verdict})
}

// of gives the lines of a role.
func of(v *View, role Role) (lines []Line) {
	for _, l := range v.Lines {
		if l.Role == role {
			lines = append(lines, l)
		}
	}
	return lines
}

func TestBothViewsAreToScale(t *testing.T) {
	p := lorry()
	judged(p, "height", 4000, rules.Exceeds)
	judged(p, "width", 2550, rules.Within)
	d, ok := Of(p)
	if !ok {
		t.Fatal("not drawn")
	}
	if diff := cmp.Diff([]quant.Length{1400, 6400, 7700}, d.Axles); diff != "" {
		t.Error(diff)
	}
	if want := (Measure{Value: 4100, U: 30, Limit: 4000, Exceeds: true}); d.Height != want {
		t.Errorf("height %+v", d.Height)
	}
	low, high := d.Top.Bounds()
	if low.Y != -1550 || high.Y != 1550 { // the mirrors; the body is in the middle
		t.Errorf("from above it reaches from %v to %v", low.Y, high.Y)
	}
	if n := len(of(&d.Top, Wheel)); n != 6 {
		t.Errorf("%d wheels from above", n)
	}
	over := of(&d.Side, Excess)
	if len(over) != 1 || over[0].Points[0] != (Point{2300, 4000}) || over[0].Points[1] != (Point{2300, 4100}) {
		t.Errorf("beyond the height %v", over)
	}
	if len(of(&d.Top, Excess)) != 0 {
		t.Error("a width within its limit is marked: mirrors are beyond it, and do not count")
	}
	if n := len(of(&d.Side, Wheel)); n != 3 {
		t.Errorf("%d wheels from the side", n)
	}
}

func TestAxlesStandOnlyWhereAllArePlaced(t *testing.T) {
	for name, spoil := range map[string]func(p *fusion.Passage){
		"no overhang": func(p *fusion.Passage) { p.Size.Overhang = 0 },
		"a gap":       func(p *fusion.Passage) { p.Axles[2].Gap = 0 },
		"too far":     func(p *fusion.Passage) { p.Axles[2].Gap = 9000 },
	} {
		p := lorry()
		spoil(p)
		if d, ok := Of(p); !ok || len(d.Axles) != 0 || len(of(&d.Side, Wheel)) != 0 {
			t.Errorf("%s: axles at %v", name, d.Axles)
		}
	}
}

func TestASourceStandsWhereItsAlarmIs(t *testing.T) {
	p := lorry()
	p.Place = &radiation.Place{Middle: 6000, From: 5000, To: 12_000, U: 300, Length: 10_000, By: "length"}
	for name, o := range map[string]*radiation.Occupancy{"no portal": nil, "no alarm": {}} {
		if p.Radiation = o; len(drawn(t, p).Source.Lines) != 0 {
			t.Errorf("%s: a source is drawn", name)
		}
	}
	p.Radiation = &radiation.Occupancy{NeutronAlarm: true}
	d := drawn(t, p)
	area := of(&d.Source, Source)
	if len(area) != 2 || area[0].Points[0].X != 5000 || area[0].Points[2] != (Point{10_000, 4100}) || area[1].Points[0].X != 6000 {
		t.Errorf("source %v", area)
	}
	if len(of(&d.Side, Source)) != 0 {
		t.Error("a certificate would show it")
	}
	if !strings.Contains(string(d.SVG()), `class="source"`) {
		t.Error("the picture lacks it")
	}
	p.Place = nil
	if len(drawn(t, p).Source.Lines) != 0 {
		t.Error("a source without a place is drawn")
	}
}

func drawn(t *testing.T, p *fusion.Passage) Drawing {
	t.Helper()
	d, ok := Of(p)
	if !ok {
		t.Fatal("not drawn")
	}
	return d
}

func TestWithoutAShapeNothingIsDrawn(t *testing.T) {
	for name, spoil := range map[string]func(p *fusion.Passage){
		"no size":    func(p *fusion.Passage) { p.Size = nil },
		"no length":  func(p *fusion.Passage) { p.Size.Length = 0 },
		"few points": func(p *fusion.Passage) { p.Size.Outline = p.Size.Outline[:7] },
	} {
		p := lorry()
		spoil(p)
		if _, ok := Of(p); ok {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestThePictureIsWellFormed(t *testing.T) {
	p := lorry()
	judged(p, "height", 4000, rules.Exceeds)
	judged(p, "width", 2400, rules.Exceeds)
	judged(p, "length", 9000, rules.Exceeds)
	p.Size.Flags = []obs.Flag{obs.ClockUnset, obs.ScansLost}
	d, _ := Of(p)
	for _, l := range of(&d.Top, Excess) {
		for _, q := range l.Points {
			if q.Y > 1260 || q.Y < -1260 {
				t.Errorf("a mirror at %v is marked", q)
			}
		}
	}
	if n := len(of(&d.Top, Excess)); n != 4 { // before and behind the mirrors, on both sides
		t.Errorf("%d places beyond the width", n)
	}
	svg := d.SVG()
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"10.00 ± 0.11 m", "4.10 ± 0.03 m", "≤ 4.00", `class="over void"`, `class="excess"`} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if again := d.SVG(); !slices.Equal(svg, again) {
		t.Error("the same drawing gives another picture")
	}
	// Without edges (old records) the view from the side stands alone.
	for i := range p.Size.Outline {
		p.Size.Outline[i].Left, p.Size.Outline[i].Right = 0, 0
	}
	if d, ok := Of(p); !ok || len(d.Top.Lines) != 0 || len(d.SVG()) == 0 {
		t.Error("a passage without edges is not drawn from the side")
	}
}

func FuzzOf(f *testing.F) {
	f.Add(int32(10_000), int32(4000), int32(-1200), int32(1200), int32(2550))
	f.Add(int32(-5), int32(2147483647), int32(2147483647), int32(-2147483648), int32(0))
	f.Fuzz(func(t *testing.T, length, z, l, r, limit int32) {
		p := lorry()
		p.Size.Length = quant.Length(length)
		for i := range p.Size.Outline {
			if i%3 == 0 {
				p.Size.Outline[i] = fusion.Point{X: quant.Length(length), Z: quant.Length(z), Left: quant.Length(l), Right: quant.Length(r)}
			}
		}
		judged(p, "width", int64(limit), rules.Exceeds)
		judged(p, "length", int64(limit), rules.Exceeds)
		if d, ok := Of(p); ok {
			d.SVG()
		}
	})
}
