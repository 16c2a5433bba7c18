package anpr

import (
	"hash/fnv"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"acsgd/sim"
)

// board is a plate: its size in millimetres and what stands where.
type board struct {
	w, h float64
	rows [][]string // groups of characters
}

// europe are the countries whose plates have a blue band at the left.
var europe = []string{"AT", "BE", "BG", "CZ", "DE", "EE", "ES", "FI", "FR", "HR", "HU", "IT", "LT", "LU", "LV", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "UA"}

// international is what stands on plates where it differs from ISO 3166.
var international = map[string]string{"RU": "RUS", "AT": "A", "BE": "B", "DE": "D", "EE": "EST", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H", "IT": "I",
	"LU": "L", "PT": "P", "SE": "S", "SI": "SLO"}

var (
	inkBlack = color.RGBA{24, 24, 26, 255}
	paper    = color.RGBA{236, 236, 230, 255}
	bandBlue = color.RGBA{28, 62, 150, 255}
	skyBlue  = color.RGBA{38, 158, 190, 255}
	sunny    = color.RGBA{250, 208, 60, 255}
	leaf     = color.RGBA{30, 150, 80, 255}
	scarlet  = color.RGBA{200, 34, 40, 255}
)

// circle is the direction of the i-th of n places on a circle.
func circle(i, n int) (x, y float64) {
	y, x = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	return x, y
}

// split cuts a plate's text where digits and letters meet.
func split(text string) []string {
	var out []string
	last := -1
	for _, c := range text {
		kind := 0
		if !unicode.IsDigit(c) {
			kind = 1
		}
		if kind != last {
			out = append(out, "")
			last = kind
		}
		out[len(out)-1] += string(c)
	}
	return out
}

// twoRows says whether a plate is of the high kind: half of the trailers have it, in China all.
func twoRows(p sim.Plate) bool {
	g := split(p.Text)
	switch p.Country {
	case "CN":
		return strings.HasSuffix(p.Text, "挂")
	case "KZ", "KG", "UZ":
		return len(g) == 3 && len(g[0]) == 2 && odd(p.Text)
	case "RU":
		return len(g) == 2 && len(g[0]) == 2 && odd(p.Text)
	}
	return false
}

func odd(text string) bool {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()&1 == 1
}

// lay finds the layout of a plate by its country.
func lay(p sim.Plate) board {
	g := split(p.Text)
	if len(g) == 0 {
		g = []string{""}
	}
	two := twoRows(p)
	if p.Country == "CN" {
		r := []rune(p.Text)
		if len(r) < 3 {
			return board{440, 140, [][]string{g}}
		}
		head, rest := string(r[:2]), string(r[2:])
		if two {
			return board{440, 220, [][]string{{head}, {rest}}}
		}
		return board{440, 140, [][]string{{head, rest}}}
	}
	if p.Country == "RU" && len(g) == 2 && len(g[1]) > 5 { // number and region of a trailer
		g = []string{g[0], g[1][:4], g[1][4:]}
	}
	if !two || len(g) < 2 {
		return board{520, 112, [][]string{g}}
	}
	return board{290, 190, [][]string{g[:1], g[1:]}}
}

// plateAt draws a plate whose middle is seen at the middle of r and that fills r as far as its
// shape lets it; lean gives the camera's view, nil the straight one.
func plateAt(m *image.RGBA, r image.Rectangle, p sim.Plate, lean *rand.Rand) {
	b := lay(p)
	w, h := float64(r.Dx()), float64(r.Dy())
	if k := b.w / b.h; w/h > k {
		w = h * k
	} else {
		h = w / k
	}
	cx, cy := float64(r.Min.X)+float64(r.Dx())/2, float64(r.Min.Y)+float64(r.Dy())/2
	q := [4]point{{cx - w/2, cy - h/2}, {cx + w/2, cy - h/2}, {cx + w/2, cy + h/2}, {cx - w/2, cy + h/2}}
	if lean != nil {
		turn, slant, far := (lean.Float64()-0.5)*0.05, (lean.Float64()-0.5)*0.12, (lean.Float64()-0.5)*0.06
		for i := range q {
			x, y := q[i].x-cx, q[i].y-cy
			y *= 1 + far*x/w
			q[i] = point{cx + x + slant*y, cy + y + turn*x}
		}
	}
	pen := newPen(m, b.w, b.h, q)
	pen.box(0, 0, b.w, b.h, 10)
	pen.fill(inkBlack)
	base := paper
	if p.Country == "CN" {
		base = color.RGBA{240, 190, 40, 255}
	}
	edge := 5.0
	for i := range 8 { // light from above
		f := float64(i) / 8
		pen.box(edge, edge+(b.h-2*edge)*f, b.w-2*edge, (b.h-2*edge)*(1.02-f), 6)
		pen.fill(mix(base, color.RGBA{190, 190, 188, 255}, f*0.5))
	}
	switch {
	case len(b.rows) == 2 && p.Country == "CN":
		b.chineseRear(pen)
	case len(b.rows) == 2:
		b.high(pen, p.Country)
	case p.Country == "CN":
		b.chinese(pen)
	default:
		b.long(pen, p.Country)
	}
}

// line draws groups of characters between x0 and x1, spread evenly.
func line(p *pen, groups []string, x0, x1, y, high float64, c color.RGBA) {
	need := 0.0
	for _, g := range groups {
		need += textWidth(g, high)
	}
	room := x1 - x0
	space := min(high*0.34, room/float64(2*len(groups)))
	gaps := space * float64(len(groups)-1)
	squeeze := min(1, (room-gaps)/need)
	left := room - gaps - need*squeeze
	x := x0 + left/2
	for _, g := range groups {
		p.text(g, x, y, high, textWidth(g, high)*squeeze)
		x += textWidth(g, high)*squeeze + space
	}
	p.fill(c)
}

func (b *board) chinese(p *pen) {
	g := b.rows[0]
	high := 90.0
	if len(g) < 2 {
		line(p, g, 15, b.w-15, 25, high, inkBlack)
		return
	}
	// Two characters, a dot, and the rest on equal pitches of 57 mm.
	x := 15.5
	for _, c := range g[0] {
		cell(p, c, x, 25, 45, high)
		x += 57
	}
	p.disc(x+5, 70, 5.5)
	x += 22
	pitch := min(57, (b.w-15.5-x+12)/float64(len([]rune(g[1]))))
	for _, c := range g[1] {
		cell(p, c, x, 25, pitch-12, high)
		x += pitch
	}
	p.fill(inkBlack)
}

func (b *board) chineseRear(p *pen) {
	x := 110.0
	for i, c := range b.rows[0][0] {
		if i > 0 {
			p.disc(b.w/2, 45, 7)
			x = b.w/2 + 30
		}
		cell(p, c, x, 15, 80, 60)
	}
	r := []rune(b.rows[1][0])
	pitch := 410 / float64(len(r))
	for i, c := range r {
		cell(p, c, 15+pitch*float64(i)+7, 90, min(65, pitch-14), 110)
	}
	p.fill(inkBlack)
}

// cell draws a character as wide as its cell; 1 keeps its shape.
func cell(p *pen, c rune, x, y, w, h float64) {
	o, ok := outlines()[c]
	if !ok {
		p.box(x, y, w, h, 0)
		return
	}
	own := w
	if c == '1' || c == 'I' {
		own = min(w, o.width*h)
	}
	p.glyph(o, x+(w-own)/2, y, own, h)
}

// band draws flag and letters of the country between x and x+w.
func band(p *pen, country string, x, w, h float64) {
	name := international[country]
	if name == "" {
		name = country
	}
	ink := inkBlack
	flagTop, flagHigh := h*0.18, h*0.26
	flag := func(colours ...color.RGBA) {
		for i, c := range colours {
			p.box(x+w*0.14, flagTop+flagHigh*float64(i)/float64(len(colours)), w*0.72, flagHigh/float64(len(colours)), 0)
			p.fill(c)
		}
	}
	switch {
	case slices.Contains(europe, country):
		p.box(x, 5, w, h-10, 4)
		p.fill(bandBlue)
		ink = paper
		if country != "TR" {
			for i := range 12 {
				dx, dy := circle(i, 12)
				p.disc(x+w/2+w*0.28*dx, h*0.32+w*0.28*dy, 2.2)
			}
			p.fill(sunny)
		}
	case country == "KZ":
		flag(skyBlue)
		p.disc(x+w/2, flagTop+flagHigh*0.45, w*0.16)
		p.fill(sunny)
	case country == "KG":
		flag(scarlet)
		p.disc(x+w/2, flagTop+flagHigh/2, w*0.14)
		p.fill(sunny)
	case country == "UZ":
		flag(skyBlue, paper, leaf)
	case country == "RU":
		flag(paper, bandBlue, scarlet)
	case country == "MN":
		flag(scarlet, bandBlue, scarlet)
	}
	high := h * 0.2
	width := min(textWidth(name, high), w*0.8)
	p.text(name, x+(w-width)/2, h*0.6, high, w*0.8)
	p.fill(ink)
}

// long draws a plate of one row.
func (b *board) long(p *pen, country string) {
	g := b.rows[0]
	top, high := 20.0, 74.0
	last := g[len(g)-1]
	switch {
	case country == "RU" && len(g) > 2 && len(last) <= 3 && unicode.IsDigit(rune(last[0])):
		line(p, g[:len(g)-1], 16, 385, top+4, 70, inkBlack)
		p.box(390, 5, 4, b.h-10, 0)
		p.fill(inkBlack)
		line(p, []string{last}, 400, 512, 14, 54, inkBlack)
		p.text("RUS", 412, 84, 16, 50)
		p.fill(inkBlack)
		for i, c := range []color.RGBA{paper, bandBlue, scarlet} {
			p.box(470, 84+float64(i)*5.3, 30, 5.3, 0)
			p.fill(c)
		}
	case country == "KZ" && len(g) > 2 && len(last) == 2:
		band(p, country, 6, 52, b.h)
		p.box(60, 5, 3, b.h-10, 0)
		p.box(405, 5, 4, b.h-10, 0)
		p.fill(inkBlack)
		line(p, g[:len(g)-1], 70, 400, top, high, inkBlack)
		line(p, []string{last}, 414, 510, top, high, inkBlack)
	case country == "UZ" && len(g) > 1 && len(g[0]) == 2:
		line(p, g[:1], 14, 112, top, high, inkBlack)
		p.box(116, 5, 4, b.h-10, 0)
		p.fill(inkBlack)
		line(p, g[1:], 126, 455, top, high, inkBlack)
		band(p, country, 458, 54, b.h)
	default:
		x := 14.0
		if country != "" {
			band(p, country, 5, 48, b.h)
			x = 60
		}
		line(p, g, x, b.w-14, top, high, inkBlack)
	}
}

// high draws a plate of two rows.
func (b *board) high(p *pen, country string) {
	band(p, country, 8, 58, b.h*0.55)
	line(p, b.rows[0], 80, b.w-16, 18, 70, inkBlack)
	line(p, b.rows[1], 16, b.w-16, 104, 70, inkBlack)
}
