//go:build gocv

package vision

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"

	"gocv.io/x/gocv"
)

var (
	black = color.RGBA{}
	gray  = color.RGBA{R: 127, G: 127, B: 127, A: 255}
)

// blob limits of a finder's map.
type outlining struct {
	threshold float64 // of the map
	least     float64 // mean of the map inside an outline
	unclip    float64 // how much of area/perimeter an outline is grown: finders mark the core of a text
	side      float64 // least height of an outline in pixels of the map
}

// outlines gives the outlines of text in a finder's map, in pixels of the picture, the
// highest first. Differentiable binarisation: M. Liao et al., AAAI 2020, section 3.
func outlines(prob []float32, w, h int, fx, fy float64, o outlining) []quad {
	bits := make([]byte, w*h)
	for i, v := range prob[:w*h] {
		if float64(v) > o.threshold {
			bits[i] = 255
		}
	}
	mask, err := gocv.NewMatFromBytes(h, w, gocv.MatTypeCV8U, bits)
	if err != nil {
		return nil
	}
	defer mask.Close()
	found := gocv.FindContours(mask, gocv.RetrievalList, gocv.ChainApproxSimple)
	defer found.Close()
	var out []quad
	for i := range found.Size() {
		c := found.At(i)
		if c.Size() < 4 {
			continue
		}
		q, ok := smallest(c)
		if !ok || q.height() < o.side {
			continue
		}
		if q.score = inside(prob, w, h, &q); q.score < o.least {
			continue
		}
		wide, high := q.width(), q.height()
		d := wide * high * o.unclip / (2 * (wide + high)) / max(high, 1)
		q = q.grown(d, d, d, d)
		for k := range q.p {
			q.p[k].x /= fx
			q.p[k].y /= fy
		}
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b quad) int {
		return cmp.Or(cmp.Compare(b.height()*b.score, a.height()*a.score), cmp.Compare(a.p[0].x, b.p[0].x), cmp.Compare(a.p[0].y, b.p[0].y))
	})
	return out
}

// finer is by what places of the map are multiplied for the smallest rectangle, whose
// corners come in whole numbers.
const finer = 16

// smallest gives the smallest rectangle around a contour.
func smallest(c gocv.PointVector) (quad, bool) {
	points := c.ToPoints()
	for i := range points {
		points[i] = points[i].Mul(finer)
	}
	v := gocv.NewPointVectorFromPoints(points)
	defer v.Close()
	q, ok := turned(gocv.MinAreaRect(v))
	for i := range q.p {
		q.p[i].x = q.p[i].x/finer + 0.5
		q.p[i].y = q.p[i].y/finer + 0.5
	}
	return q, ok
}

// turned orders the corners of a rotated rectangle as its text runs: plates are never
// turned by more than 45 degrees.
func turned(r gocv.RotatedRect) (quad, bool) {
	if len(r.Points) != 4 {
		return quad{}, false
	}
	var q quad
	for i, p := range r.Points {
		q.p[i] = point{float64(p.X), float64(p.Y)}
	}
	// Of the four turns take the one whose upper edge runs most to the right.
	best, turn := math.Inf(-1), 0
	for i := range 4 {
		a, b := q.p[i], q.p[(i+1)%4]
		d := dist(a, b)
		if d == 0 {
			return quad{}, false
		}
		if v := (b.x - a.x) / d; v > best+1e-9 {
			best, turn = v, i
		}
	}
	var o quad
	for i := range 4 {
		o.p[i] = q.p[(turn+i)%4]
	}
	if o.p[0].y > o.p[3].y { // counter-clockwise
		o.p[0], o.p[3] = o.p[3], o.p[0]
		o.p[1], o.p[2] = o.p[2], o.p[1]
	}
	return o, true
}

// inside is the mean of the map in a quad, taken on a grid.
func inside(prob []float32, w, h int, q *quad) float64 {
	const across, down = 24, 6
	sum, n := 0.0, 0
	for i := range across {
		for k := range down {
			u, v := (float64(i)+0.5)/across, (float64(k)+0.5)/down
			x := (q.p[0].x*(1-u)+q.p[1].x*u)*(1-v) + (q.p[3].x*(1-u)+q.p[2].x*u)*v
			y := (q.p[0].y*(1-u)+q.p[1].y*u)*(1-v) + (q.p[3].y*(1-u)+q.p[2].y*u)*v
			if p := image.Pt(int(x), int(y)); p.In(image.Rect(0, 0, w, h)) {
				sum += float64(prob[p.Y*w+p.X])
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
