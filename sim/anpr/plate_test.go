package anpr

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/sim"
)

func TestPlatesAreLaidOutByCountry(t *testing.T) {
	for _, c := range []struct {
		text, country string
		w, h          float64
		rows          string // rows parted by /, groups by a space
	}{
		{"389BK01", "KZ", 520, 112, "389 BK 01"},
		{"24AN01", "KZ", 290, 190, "24/AN 01"},
		{"25AN01", "KZ", 520, 112, "25 AN 01"},
		{"A123BC77", "RU", 520, 112, "A 123 BC 77"},
		{"AB123477", "RU", 520, 112, "AB 1234 77"},
		{"01A123BC", "UZ", 520, 112, "01 A 123 BC"},
		{"34ABC123", "TR", 520, 112, "34 ABC 123"},
		{"新F1234挂", "CN", 440, 220, "新F/1234挂"},
		{"新F12344", "CN", 440, 140, "新F 12344"},
		{"新", "CN", 440, 140, "新"},
		{"", "KZ", 520, 112, ""},
	} {
		b := lay(sim.Plate{Text: c.text, Country: c.country})
		var rows []string
		for _, r := range b.rows {
			rows = append(rows, strings.Join(r, " "))
		}
		if got := strings.Join(rows, "/"); got != c.rows || b.w != c.w || b.h != c.h {
			t.Errorf("%s %s: %q of %v x %v, want %q of %v x %v", c.country, c.text, got, b.w, b.h, c.rows, c.w, c.h)
		}
	}
}

func TestAnyTextIsDrawn(t *testing.T) {
	for _, text := range []string{"", "1", "-", "é?", "新", strings.Repeat("W8", 40)} {
		for _, country := range []string{"", "KZ", "KG", "UZ", "RU", "CN", "MN", "TR", "PL", "??"} {
			if _, err := jpeg.Decode(bytes.NewReader(Crop(sim.Plate{Text: text, Country: country}, 1))); err != nil {
				t.Errorf("%s %q: %v", country, text, err)
			}
		}
	}
}

func TestTheProjectionMeetsTheCorners(t *testing.T) {
	q := [4]point{{10, 12}, {90, 9}, {95, 40}, {8, 36}}
	p := newPen(image.NewRGBA(image.Rect(0, 0, 100, 50)), 520, 112, q)
	for i, c := range [4]point{{0, 0}, {520, 0}, {520, 112}, {0, 112}} {
		x, y := p.see(c.x, c.y)
		if math.Abs(float64(x)+float64(p.clip.Min.X)-q[i].x) > 1e-3 || math.Abs(float64(y)+float64(p.clip.Min.Y)-q[i].y) > 1e-3 {
			t.Errorf("corner %d is seen at %v, %v from %v, want %v", i, x, y, p.clip.Min, q[i])
		}
	}
}

// shape is the ink of a part of a picture on a grid of 10 x 14.
type shape [140]float64

func shapeOf(dark func(x, y int) float64, r image.Rectangle) (s shape) {
	for i := range s {
		x0, y0 := r.Min.X+i%10*r.Dx()/10, r.Min.Y+i/10*r.Dy()/14
		x1, y1 := max(x0+1, r.Min.X+(i%10+1)*r.Dx()/10), max(y0+1, r.Min.Y+(i/10+1)*r.Dy()/14)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				s[i] += dark(x, y) / float64((x1-x0)*(y1-y0))
			}
		}
	}
	return s
}

func (s shape) distance(o shape) (d float64) {
	for i := range s {
		d += (s[i] - o[i]) * (s[i] - o[i])
	}
	return d
}

// legible reads a crop as simply as can be: dark islands of a character's size, each told as
// the character of the font that it looks most like.
func legible(t *testing.T, picture []byte) string {
	m, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	dark := func(x, y int) float64 {
		return 1 - min(1, float64(color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y)/150)
	}
	const big = 140.0
	known := map[rune]shape{}
	narrow := map[rune]float64{}
	for _, c := range "0123456789ABCDEFGHIJKLMNPRSTUVWXYZ" { // O and Q as 0
		o := outlines()[c]
		g := image.NewRGBA(image.Rect(0, 0, int(o.width*big), int(big)))
		p := flat(g, g.Bounds())
		p.glyph(o, 0, 0, o.width*big, big)
		p.fill(color.RGBA{255, 255, 255, 255})
		known[c] = shapeOf(func(x, y int) float64 { return float64(g.RGBAAt(x, y).R) / 255 }, g.Bounds())
		narrow[c] = o.width
	}
	b := m.Bounds()
	seen := make([]bool, b.Dx()*b.Dy())
	var islands []image.Rectangle
	for y := range b.Dy() {
		for x := range b.Dx() {
			r := image.Rectangle{}
			todo := []image.Point{{X: x, Y: y}}
			for len(todo) > 0 {
				p := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if !p.In(b) || seen[p.Y*b.Dx()+p.X] || dark(p.X, p.Y) < 0.35 {
					continue
				}
				seen[p.Y*b.Dx()+p.X] = true
				r = r.Union(image.Rect(p.X, p.Y, p.X+1, p.Y+1))
				todo = append(todo, p.Add(image.Pt(1, 0)), p.Add(image.Pt(-1, 0)), p.Add(image.Pt(0, 1)), p.Add(image.Pt(0, -1)))
			}
			if r.Dy() >= 20 && r.Dy() < 45 && r.Dx() < 35 && r.Dx() > 2 {
				islands = append(islands, r)
			}
		}
	}
	slices.SortFunc(islands, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	var text []rune
	for _, r := range islands {
		s := shapeOf(dark, r)
		best, least := '?', math.Inf(1)
		for _, c := range "0123456789ABCDEFGHIJKLMNPRSTUVWXYZ" {
			wide := float64(r.Dx())/float64(r.Dy()) - narrow[c]
			if d := s.distance(known[c]) + 40*wide*wide; d < least {
				best, least = c, d
			}
		}
		text = append(text, best)
	}
	return string(text)
}

func TestPlatesCanBeRead(t *testing.T) {
	for _, p := range []sim.Plate{{Text: "453DXA12", Country: "KZ"}, {Text: "789BK01", Country: "KZ"}, {Text: "A123BC77", Country: "RU"},
		{Text: "01A368TM", Country: "UZ"}, {Text: "34PKT572", Country: "TR"}, {Text: "06KG7829H", Country: "KG"}, {Text: "GD9531E", Country: "PL"}} {
		for seed := range uint64(4) {
			fold := strings.NewReplacer("D", "0", "B", "8", "K", "X").Replace // too alike for the simple reader, leaning
			if d := cmp.Diff(fold(p.Text), fold(legible(t, Crop(p, seed)))); d != "" {
				t.Errorf("%s, seed %d (-want +read):\n%s", p.Country, seed, d)
			}
		}
	}
}

func BenchmarkCrop(b *testing.B) {
	for b.Loop() {
		Crop(sim.Plate{Text: "453DXA12", Country: "KZ"}, 5)
	}
}
