//go:build gocv

package vision

import (
	"image"
	"math"

	"gocv.io/x/gocv"
)

// point is a place in a picture, in pixels.
type point struct{ x, y float64 }

// quad is the outline of a line of text: its corners from the upper left one clockwise,
// as the text runs.
type quad struct {
	p     [4]point
	score float64 // mean of the finder's map inside
}

func (q *quad) width() float64  { return (dist(q.p[0], q.p[1]) + dist(q.p[3], q.p[2])) / 2 }
func (q *quad) height() float64 { return (dist(q.p[0], q.p[3]) + dist(q.p[1], q.p[2])) / 2 }

func (q *quad) middle() point {
	return point{(q.p[0].x + q.p[1].x + q.p[2].x + q.p[3].x) / 4, (q.p[0].y + q.p[1].y + q.p[2].y + q.p[3].y) / 4}
}

// tilt is the angle of the text to the horizontal, in radians.
func (q *quad) tilt() float64 {
	return math.Atan2(q.p[1].y-q.p[0].y+q.p[2].y-q.p[3].y, q.p[1].x-q.p[0].x+q.p[2].x-q.p[3].x)
}

func dist(a, b point) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// grown gives the outline with its four sides moved: by shares of the height, to the left,
// up, to the right, down.
func (q *quad) grown(left, up, right, down float64) quad {
	h, w := q.height(), max(q.width(), 1)
	at := func(u, v float64) point { // u along the text, v across, both from 0 to 1
		top := point{q.p[0].x + (q.p[1].x-q.p[0].x)*u, q.p[0].y + (q.p[1].y-q.p[0].y)*u}
		low := point{q.p[3].x + (q.p[2].x-q.p[3].x)*u, q.p[3].y + (q.p[2].y-q.p[3].y)*u}
		return point{top.x + (low.x-top.x)*v, top.y + (low.y-top.y)*v}
	}
	l, r := -left*h/w, 1+right*h/w
	return quad{[4]point{at(l, -up), at(r, -up), at(r, 1+down), at(l, 1+down)}, q.score}
}

// box is the smallest upright rectangle around it.
func (q *quad) box() image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range q.p {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
}

// upright cuts a quad out of a picture as an upright rectangle of its own size. One that
// stands upright already is not drawn anew: that would cost small crops their sharpness.
func upright(m gocv.Mat, q quad) gocv.Mat {
	r := q.box()
	level := q.p[0].y == q.p[1].y && q.p[1].x == q.p[2].x && q.p[2].y == q.p[3].y && q.p[3].x == q.p[0].x
	if level && r.In(image.Rect(0, 0, m.Cols(), m.Rows())) && !r.Empty() {
		return m.Region(r)
	}
	h := 48
	return straighten(m, q, min(max(int(q.width()/max(q.height(), 1)*float64(h)+0.5), 16), 1024), h)
}

// straighten cuts a quad out of a picture as an upright rectangle of the given size.
func straighten(m gocv.Mat, q quad, w, h int) gocv.Mat {
	from := make([]gocv.Point2f, 4)
	for i, p := range q.p {
		from[i] = gocv.Point2f{X: float32(p.x), Y: float32(p.y)}
	}
	a := gocv.NewPoint2fVectorFromPoints(from)
	defer a.Close()
	b := gocv.NewPoint2fVectorFromPoints([]gocv.Point2f{{X: 0, Y: 0}, {X: float32(w), Y: 0}, {X: float32(w), Y: float32(h)}, {X: 0, Y: float32(h)}})
	defer b.Close()
	t := gocv.GetPerspectiveTransform2f(a, b)
	defer t.Close()
	to := gocv.NewMat()
	gocv.WarpPerspectiveWithParams(m, &to, t, image.Pt(w, h), gocv.InterpolationLinear, gocv.BorderReplicate, black)
	return to
}
