package fusion

import (
	"time"

	"acsgd/internal/quant"
)

// outlineMax is how many cross-sections a passage keeps.
const outlineMax = 128

// draw puts the profiler's slices in their places along the vehicle, by the speed that it
// had when each was seen, and finds the place of its first axle. Without a length it draws
// nothing.
func (v *visit) draw() {
	z, sh := v.Size, v.Shape
	z.Outline, z.Overhang = z.Outline[:0], 0
	if z.Length <= 0 || len(sh.Slices) == 0 {
		return
	}
	step := (len(sh.Slices) + outlineMax - 1) / outlineMax
	way, at := int64(0), int64(0) // um from the front, ms from the start
	to := func(ms int64) quant.Length {
		speed := v.Track.At(sh.Start.Add(time.Duration(at+ms) * time.Millisecond / 2))
		way, at = way+max(int64(speed), 1)*(ms-at), ms
		return quant.Length(way / 1000)
	}
	for i := 0; i < len(sh.Slices); i += step {
		s := &sh.Slices[i]
		z.Outline = append(z.Outline, Point{X: to(int64(s.T)), Z: s.Height, Left: s.Left, Right: s.Right})
	}
	whole := max(to(sh.End.Sub(sh.Start).Milliseconds()), 1)
	for i := range z.Outline {
		p := &z.Outline[i]
		p.X = quant.Length(int64(z.Length) * int64(p.X) / int64(whole))
	}
	z.Overhang = v.overhang()
}

// A first axle is so far behind the front of every road vehicle, mm.
const (
	leastOverhang = 300
	mostOverhang  = 3000
)

// overhang is how far the first axle is behind the front: it was on the scale's edge at a
// known moment, and the front in the scanner's plane at another. 0 is not known.
func (v *visit) overhang() quant.Length {
	if len(v.Track.Edges) == 0 || v.Track.Edges[0].Axle != 1 {
		return 0
	}
	on, front := v.Track.Edges[0].On, v.Shape.Start
	sign := quant.Length(1)
	if on.After(front) {
		on, front, sign = front, on, -1
	}
	way, _, ok := v.Track.Way(on, front)
	o := quant.Length(v.Shape.Station-v.Scale) - sign*way
	if !ok && !on.Equal(front) || o < leastOverhang || o > mostOverhang {
		return 0
	}
	return o
}
