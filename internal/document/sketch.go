package document

import (
	"regexp"
	"strconv"

	"acsgd/fusion"
	"acsgd/internal/quant"
)

// sketchMax is how many axles a sketch shows.
const sketchMax = 16

var codeOf = regexp.MustCompile(`^A(\d{1,2})\*?(?:([CT])(\d{1,2}))?$`)

// split reads an axle code: axles of the powered unit, what is towed (C, T or "") and its
// axles. ok is false where the code does not count the axles.
func split(code string, axles int) (powered int, towed string, behind int, ok bool) {
	m := codeOf.FindStringSubmatch(code)
	if m == nil {
		return 0, "", 0, false
	}
	powered, err := strconv.Atoi(m[1])
	if err != nil || powered < 1 {
		return 0, "", 0, false
	}
	if m[2] != "" {
		if behind, err = strconv.Atoi(m[3]); err != nil || behind < 1 {
			return 0, "", 0, false
		}
	}
	return powered, m[2], behind, powered+behind == axles
}

// sketch draws the vehicle by its axle code, with the load above and the spacing below each
// axle. The places of the axles follow the spacings, stretched so that the numbers fit.
func (p *paper) sketch() {
	axles := p.p.Axles
	switch {
	case len(axles) == 0:
		p.para(plain.in(amber), p.w.t("say.sketch_none"))
		return
	case len(axles) > sketchMax:
		p.para(plain, p.w.t("say.sketch_many"))
		return
	}
	const high = 46.0
	p.need(high)
	y := p.y
	road := y + 33.0
	x := axlePlaces(axles, margin+16, margin+width-16)
	p.body(x, road)
	for i := range axles {
		p.wheel(x[i], road)
		load := p.w.t("doc.not_measured")
		look := style{size: 8, bold: true, colour: black, align: 'C'}
		if weighed(&axles[i]) {
			load = p.w.int(round(int64(axles[i].Mass)))
		} else {
			look = style{size: 6, colour: amber, align: 'C'}
		}
		if void(axles[i].Flags) {
			look.colour = amber
		}
		p.put(x[i], y+1.5, look, load)
		p.put(x[i], y+5.3, style{size: 6.3, colour: grey, align: 'C'}, strconv.Itoa(axles[i].Axle))
	}
	p.put(margin, y+1.5, style{size: 7, colour: grey}, p.w.t("unit.kg"))
	p.put(margin, road+3.2, style{size: 7, colour: grey}, p.w.t("unit.mm"))
	p.ink(rule)
	p.pen(0.2)
	p.Line(margin, road, margin+width, road)
	for i := 1; i < len(axles); i++ {
		p.spacing(x[i-1], x[i], road+3, axles[i].Gap)
	}
	p.put(margin+width, road+8, style{size: 6.3, colour: grey, align: 'R'}, "")
	p.put(margin, road+8, style{size: 6.3, colour: grey}, "← "+p.w.t("say.direction"))
	p.y = y + high
}

// round gives kilograms of grams, half away from zero.
func round(g int64) int64 {
	if g < 0 {
		return -((-g + 500) / 1000)
	}
	return (g + 500) / 1000
}

// axlePlaces spreads axles between two places: each spacing has a least room, the rest is
// shared in proportion.
func axlePlaces(axles []fusion.AxleLoad, from, to float64) []float64 {
	x := make([]float64, len(axles))
	n := len(axles) - 1
	if n == 0 {
		x[0] = from + (to-from)/3
		return x
	}
	const usual = 3000 // mm, for a spacing that is not known
	gap := func(i int) float64 {
		if g := axles[i].Gap; g > 0 {
			return float64(min(g, 15_000))
		}
		return usual
	}
	total := 0.0
	for i := 1; i <= n; i++ {
		total += gap(i)
	}
	least := min(10.5, (to-from)/float64(n))
	k := (to - from - least*float64(n)) / total
	k = min(k, 0.02) // a short vehicle is not stretched over the whole width
	x[0] = from
	for i := 1; i <= n; i++ {
		x[i] = x[i-1] + least + k*gap(i)
	}
	return x
}

func (p *paper) wheel(x, road float64) {
	p.paint(colour{60, 64, 72})
	p.Circle(x, road-3.1, 3.1, "F")
	p.paint(colour{255, 255, 255})
	p.Circle(x, road-3.1, 1.2, "F")
}

// body draws cab and load above the axles: what is towed apart from what tows.
func (p *paper) body(x []float64, road float64) {
	n := len(x)
	powered, towed, _, ok := split(p.p.AxleCode, n)
	const deck, roof, cab = 7.5, 22.0, 17.5 // above the road
	p.ink(blue)
	p.pen(0.35)
	p.paint(colour{246, 248, 251})
	front := x[0] - 6
	if !ok { // no shape is known: a frame that says so
		p.SetDashPattern([]float64{1.5, 1}, 0)
		p.Rect(front, road-roof, x[n-1]+6-front, roof-deck+2, "DF")
		p.SetDashPattern(nil, 0)
		return
	}
	last := x[powered-1] + 5
	cabEnd := x[0] + 5.5
	p.Rect(front, road-cab, cabEnd-front, cab-4, "DF")        // cab
	p.Line(front+0.8, road-cab+6.5, cabEnd-2, road-cab+6.5)   // window
	p.Rect(cabEnd, road-deck+1, max(last-cabEnd, 1), 2, "DF") // chassis
	switch towed {
	case "":
		p.Rect(cabEnd+1, road-roof, max(last-cabEnd-1, 4), roof-deck+1, "DF")
	case "C":
		begin := cabEnd + 1
		p.Rect(begin, road-roof, x[n-1]+6-begin, roof-deck+1, "DF")
	case "T":
		p.Rect(cabEnd+1, road-roof, max(last-cabEnd-1, 4), roof-deck+1, "DF")
		begin := x[powered] - 5
		begin = max(begin, last+2)
		p.Line(last, road-deck+2, begin, road-deck+2) // drawbar
		p.Rect(begin, road-roof, max(x[n-1]+6-begin, 4), roof-deck+1, "DF")
	}
}

// spacing draws one dimension between two axles.
func (p *paper) spacing(a, b, y float64, gap quant.Length) {
	p.ink(rule)
	p.pen(0.15)
	p.Line(a, y-1.5, a, y+1.5)
	p.Line(b, y-1.5, b, y+1.5)
	p.Line(a, y, b, y)
	text, look := p.w.int(int64(gap)), style{size: 6.5, colour: black, align: 'C'}
	if gap <= 0 {
		text, look.colour = "?", amber
	}
	p.put((a+b)/2, y+0.4, look, text)
}
