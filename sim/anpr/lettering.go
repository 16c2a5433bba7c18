package anpr

import (
	_ "embed"
	"image"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// din holds digits and Latin capitals, han the characters of Chinese plates and the Cyrillic
// letters that have no Latin twin; see fonts/LICENSE and section 1 of internal/DESIGN.md.
var (
	//go:embed fonts/din.ttf
	din []byte
	//go:embed fonts/han.otf
	han []byte
)

// point is a place on the plate in millimetres, or in the picture in pixels; y grows downwards.
type point struct{ x, y float64 }

// outline is the shape of a character: a capital letter is 1 high and stands on y = 1, and
// the shape's left edge is x = 0.
type outline struct {
	segments []segment
	width    float64
}

type segment struct {
	op   sfnt.SegmentOp
	args [3]point
}

// outlines reads the fonts once: drawing is then only transforming.
var outlines = sync.OnceValue(func() map[rune]outline {
	all := map[rune]outline{}
	for _, f := range []struct {
		data  []byte
		chars string
		tall  rune // its height is 1; 0: each character is made 1 high
	}{
		{din, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:/", 'H'},
		{han, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂警学港澳临БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ", 0},
	} {
		face, err := sfnt.Parse(f.data)
		if err != nil {
			panic("font: " + err.Error()) // it is built in
		}
		var b sfnt.Buffer
		ppem := fixed.I(int(face.UnitsPerEm()))
		glyph := func(c rune) (sfnt.Segments, fixed.Rectangle26_6) {
			i, err := face.GlyphIndex(&b, c)
			if err != nil || i == 0 {
				panic("font: no " + string(c))
			}
			box, _, err := face.GlyphBounds(&b, i, ppem, font.HintingNone)
			if err != nil {
				panic("font: " + err.Error())
			}
			s, err := face.LoadGlyph(&b, i, ppem, nil)
			if err != nil {
				panic("font: " + err.Error())
			}
			return s, box
		}
		for _, c := range f.chars {
			_, box := glyph(c)
			if f.tall != 0 {
				own := box
				_, box = glyph(f.tall)
				box.Min.X, box.Max.X = own.Min.X, own.Max.X
			}
			segments, _ := glyph(c)
			high := float64(box.Max.Y - box.Min.Y)
			o := outline{width: float64(box.Max.X-box.Min.X) / high}
			for _, s := range segments {
				t := segment{op: s.Op}
				for k, a := range s.Args {
					t.args[k] = point{float64(a.X-box.Min.X) / high, float64(a.Y-box.Min.Y) / high}
				}
				o.segments = append(o.segments, t)
			}
			all[c] = o
		}
	}
	all['Ү'] = all['Y']
	all['Ө'] = all['O'] // and a bar, see pen.text
	return all
})

// pen draws on a plane that is seen in a picture. What is drawn between two calls of fill has
// one colour.
type pen struct {
	m      *image.RGBA
	clip   image.Rectangle
	at     [8]float64 // of the projection: see see
	raster *vector.Rasterizer
}

// newPen looks at a plane w wide and h high whose corners are seen at q, from the upper left
// one clockwise.
func newPen(m *image.RGBA, w, h float64, q [4]point) *pen {
	p := &pen{m: m}
	// The projection of the unit square on a quadrangle (Heckbert 1989), its sides then divided
	// by w and h.
	d1, d2 := point{q[1].x - q[2].x, q[1].y - q[2].y}, point{q[3].x - q[2].x, q[3].y - q[2].y}
	s := point{q[0].x - q[1].x + q[2].x - q[3].x, q[0].y - q[1].y + q[2].y - q[3].y}
	det := d1.x*d2.y - d2.x*d1.y
	g := (s.x*d2.y - d2.x*s.y) / det
	k := (d1.x*s.y - s.x*d1.y) / det
	p.at = [8]float64{
		(q[1].x - q[0].x + g*q[1].x) / w, (q[3].x - q[0].x + k*q[3].x) / h, q[0].x,
		(q[1].y - q[0].y + g*q[1].y) / w, (q[3].y - q[0].y + k*q[3].y) / h, q[0].y,
		g / w, k / h,
	}
	x0, y0, x1, y1 := q[0].x, q[0].y, q[0].x, q[0].y
	for _, c := range q[1:] {
		x0, y0, x1, y1 = min(x0, c.x), min(y0, c.y), max(x1, c.x), max(y1, c.y)
	}
	p.clip = image.Rect(int(x0)-2, int(y0)-2, int(math.Ceil(x1))+2, int(math.Ceil(y1))+2).Intersect(m.Bounds())
	p.raster = vector.NewRasterizer(p.clip.Dx(), p.clip.Dy())
	return p
}

// flat looks at the picture's own pixels in r.
func flat(m *image.RGBA, r image.Rectangle) *pen {
	w, h := float64(r.Dx()), float64(r.Dy())
	x, y := float64(r.Min.X), float64(r.Min.Y)
	return newPen(m, w, h, [4]point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}})
}

// see is where a point of the plane is seen, from the corner of clip.
func (p *pen) see(x, y float64) (float32, float32) {
	d := 1 + p.at[6]*x + p.at[7]*y
	return float32((p.at[0]*x+p.at[1]*y+p.at[2])/d - float64(p.clip.Min.X)),
		float32((p.at[3]*x+p.at[4]*y+p.at[5])/d - float64(p.clip.Min.Y))
}

func (p *pen) move(x, y float64) { p.raster.MoveTo(p.see(x, y)) }
func (p *pen) line(x, y float64) { p.raster.LineTo(p.see(x, y)) }

// box adds a rectangle; round is the radius of its corners.
func (p *pen) box(x, y, w, h, round float64) {
	if w <= 0 || h <= 0 {
		return
	}
	r := min(round, w/2, h/2)
	first := true
	for _, c := range [4]struct{ x, y, from float64 }{{x + w - r, y + r, 3}, {x + w - r, y + h - r, 0}, {x + r, y + h - r, 1}, {x + r, y + r, 2}} {
		for i := range 5 {
			sin, cos := math.Sincos((c.from + float64(i)/4) * math.Pi / 2)
			if first {
				p.move(c.x+r*cos, c.y+r*sin)
				first = false
				continue
			}
			p.line(c.x+r*cos, c.y+r*sin)
		}
	}
	p.raster.ClosePath()
}

// disc adds a circle.
func (p *pen) disc(x, y, r float64) { p.box(x-r, y-r, 2*r, 2*r, r) }

// glyph adds a character, its upper left corner at x, y.
func (p *pen) glyph(o outline, x, y, w, h float64) {
	kx := 0.0
	if o.width > 0 {
		kx = w / o.width
	}
	at := func(a point) (float32, float32) { return p.see(x+a.x*kx, y+a.y*h) }
	for i, s := range o.segments {
		ax, ay := at(s.args[0])
		switch s.op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				p.raster.ClosePath()
			}
			p.raster.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			p.raster.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			bx, by := at(s.args[1])
			p.raster.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.args[1])
			cx, cy := at(s.args[2])
			p.raster.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	p.raster.ClosePath()
}

// text adds a line of characters that is high and begins at x; it is made narrower where it
// would be wider than most. It gives the width taken.
func (p *pen) text(text string, x, y, high, most float64) float64 {
	squeeze := 1.0
	if w := textWidth(text, high); w > most {
		squeeze = most / w
	}
	all := outlines()
	gap := high * between * squeeze
	start := x
	for _, c := range text {
		if c == ' ' {
			x += high * 0.3 * squeeze
			continue
		}
		o, ok := all[c]
		if !ok { // nothing else stands on plates; a box shows that something stood there
			p.box(x, y, high*0.5*squeeze, high, 0)
			x += high*0.5*squeeze + gap
			continue
		}
		w := o.width * high * squeeze
		p.glyph(o, x, y, w, high)
		if c == 'Ө' {
			p.box(x, y+high*0.45, w, high*0.1, 0)
		}
		x += w + gap
	}
	return x - gap - start
}

// between is the space between two characters, of their height.
const between = 0.14

// textWidth is how wide a line of characters of a height is.
func textWidth(text string, high float64) float64 {
	all := outlines()
	w, n := 0.0, 0
	for _, c := range text {
		o, ok := all[c]
		switch {
		case c == ' ':
			w += 0.3 - between
		case ok:
			w += o.width
		default:
			w += 0.5
		}
		n++
	}
	return (w + between*float64(max(0, n-1))) * high
}

// fill colours everything added since the last fill.
func (p *pen) fill(c color.RGBA) {
	p.raster.Draw(p.m, p.clip, image.NewUniform(c), image.Point{})
	p.raster.Reset(p.clip.Dx(), p.clip.Dy())
}
