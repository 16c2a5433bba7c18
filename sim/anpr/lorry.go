package anpr

import (
	"image"
	"image/color"
	"math/rand/v2"
)

// canvas is a picture with places in shares of its width and height.
type canvas struct {
	m    *image.RGBA
	w, h float64
}

func (c *canvas) rect(x0, y0, x1, y1 float64) image.Rectangle {
	return image.Rect(int(x0*c.w), int(y0*c.h), int(x1*c.w), int(y1*c.h))
}

func (c *canvas) box(x0, y0, x1, y1 float64, k color.RGBA) { fill(c.m, c.rect(x0, y0, x1, y1), k) }

// shade fills a box from colour a at its top to b at its bottom, its corners rounded by
// round (a share of the picture's height).
func (c *canvas) shade(x0, y0, x1, y1, round float64, a, b color.RGBA) {
	r := c.rect(x0, y0, x1, y1)
	k := round * c.h
	for y := r.Min.Y; y < r.Max.Y; y++ {
		in := 0.0
		if d := min(float64(y-r.Min.Y), float64(r.Max.Y-1-y)); d < k {
			t := 1 - d/k
			in = k * t * t
		}
		fill(c.m, image.Rect(r.Min.X+int(in), y, r.Max.X-int(in), y+1), mix(a, b, float64(y-r.Min.Y)/float64(max(1, r.Dy()))))
	}
}

// slope fills a shape whose left and right edges run straight from top to bottom.
func (c *canvas) slope(y0, y1, left0, right0, left1, right1 float64, a, b color.RGBA) {
	top, bottom := int(y0*c.h), int(y1*c.h)
	for y := top; y < bottom; y++ {
		f := float64(y-top) / float64(max(1, bottom-top))
		l, r := left0+(left1-left0)*f, right0+(right1-right0)*f
		fill(c.m, image.Rect(int(l*c.w), y, int(r*c.w), y+1), mix(a, b, f))
	}
}

var (
	sky     = color.RGBA{176, 203, 228, 255}
	haze    = color.RGBA{222, 230, 235, 255}
	steppe  = color.RGBA{168, 160, 126, 255}
	dry     = color.RGBA{140, 131, 98, 255}
	tarmac  = color.RGBA{122, 123, 126, 255}
	near    = color.RGBA{98, 99, 103, 255}
	marking = color.RGBA{226, 226, 220, 255}
	black   = color.RGBA{28, 29, 32, 255}
	glass   = color.RGBA{44, 58, 74, 255}
	bright  = color.RGBA{152, 176, 196, 255}
)

// ground draws the sky, the land and the lane.
func (c *canvas) ground() {
	c.slope(0, 0.36, 0, 1, 0, 1, sky, haze)
	c.slope(0.33, 0.36, 0, 1, 0, 1, color.RGBA{158, 170, 176, 255}, color.RGBA{150, 158, 150, 255}) // hills far away
	c.slope(0.36, 1, 0, 1, 0, 1, steppe, dry)
	c.slope(0.36, 1, 0.40, 0.60, -0.12, 1.12, tarmac, near)
	c.slope(0.36, 1, 0.405, 0.409, -0.06, -0.02, marking, marking)
	c.slope(0.36, 1, 0.591, 0.595, 1.02, 1.06, marking, marking)
	// The canopy of the checkpoint stands on posts beside the lane.
	for _, x := range []float64{0.07, 0.91} {
		c.box(x, 0.07, x+0.018, 0.80, color.RGBA{120, 126, 132, 255})
		c.box(x+0.013, 0.07, x+0.018, 0.80, color.RGBA{98, 104, 110, 255})
	}
	c.slope(0, 0.08, 0, 1, 0, 1, color.RGBA{96, 102, 108, 255}, color.RGBA{136, 142, 148, 255})
}

// shadowUnder draws the lorry's shadow on the road.
func (c *canvas) shadowUnder() {
	c.slope(0.86, 0.95, 0.26, 0.76, 0.20, 0.82, color.RGBA{50, 50, 53, 255}, color.RGBA{88, 89, 93, 255})
}

var paints = []color.RGBA{
	{178, 36, 34, 255}, {32, 74, 148, 255}, {232, 232, 228, 255}, {26, 104, 66, 255},
	{222, 146, 28, 255}, {92, 98, 106, 255}, {240, 214, 58, 255}, {64, 140, 184, 255},
}

func (c *canvas) wheels(x0, x1 float64) {
	for _, x := range []float64{x0, x1} {
		c.shade(x, 0.76, x+0.065, 0.925, 0.03, color.RGBA{38, 38, 40, 255}, color.RGBA{20, 20, 22, 255})
	}
}

// cab draws the front of a tractor with its trailer behind it.
func (c *canvas) cab(r *rand.Rand) {
	c.shadowUnder()
	paint := paints[r.IntN(len(paints))]
	dark := mix(paint, black, 0.35)
	cover := mix(paints[r.IntN(len(paints))], color.RGBA{235, 235, 232, 255}, 0.7)
	c.shade(0.275, 0.10, 0.725, 0.74, 0.01, cover, mix(cover, black, 0.3)) // the trailer's front wall
	c.wheels(0.285, 0.65)
	c.shade(0.300, 0.155, 0.700, 0.86, 0.05, mix(paint, haze, 0.25), dark)
	c.shade(0.345, 0.165, 0.655, 0.225, 0.02, mix(paint, black, 0.15), paint) // sun visor
	c.shade(0.325, 0.235, 0.675, 0.475, 0.03, black, black)
	c.shade(0.332, 0.245, 0.668, 0.465, 0.03, bright, glass)
	c.slope(0.25, 0.46, 0.42, 0.47, 0.36, 0.39, mix(bright, haze, 0.6), glass) // reflection
	c.slope(0.455, 0.470, 0.36, 0.49, 0.36, 0.49, black, black)                // wipers
	c.slope(0.455, 0.470, 0.53, 0.64, 0.53, 0.64, black, black)
	for _, x := range []float64{0.262, 0.702} { // mirrors on their arms
		c.box(x-0.004, 0.262, x+0.042, 0.272, black)
		c.shade(x, 0.25, x+0.036, 0.385, 0.02, black, color.RGBA{70, 76, 84, 255})
	}
	c.shade(0.385, 0.515, 0.615, 0.715, 0.02, black, color.RGBA{48, 50, 54, 255}) // grille
	for i := range 5 {
		y := 0.535 + float64(i)*0.036
		c.box(0.392, y, 0.608, y+0.012, color.RGBA{124, 130, 136, 255})
	}
	c.shade(0.475, 0.575, 0.525, 0.645, 0.03, color.RGBA{214, 218, 222, 255}, color.RGBA{130, 134, 140, 255}) // emblem
	c.shade(0.300, 0.735, 0.700, 0.885, 0.02, mix(paint, black, 0.55), black)                                 // bumper
	for _, x := range []float64{0.312, 0.612} {
		c.shade(x, 0.655, x+0.076, 0.735, 0.02, color.RGBA{250, 250, 240, 255}, color.RGBA{196, 204, 210, 255})
		c.box(x, 0.738, x+0.076, 0.750, color.RGBA{232, 150, 40, 255})
	}
}

// trailerRear draws the doors of a trailer.
func (c *canvas) trailerRear(r *rand.Rand) {
	c.shadowUnder()
	paint := mix(paints[r.IntN(len(paints))], color.RGBA{236, 236, 232, 255}, 0.55)
	c.wheels(0.30, 0.635)
	c.shade(0.285, 0.085, 0.715, 0.735, 0.008, mix(paint, haze, 0.2), mix(paint, black, 0.25))
	c.box(0.285, 0.085, 0.715, 0.100, mix(paint, black, 0.4))
	c.box(0.4975, 0.10, 0.5025, 0.735, mix(paint, black, 0.55)) // between the doors
	for _, x := range []float64{0.345, 0.435, 0.560, 0.650} {   // bars and handles
		c.box(x, 0.11, x+0.007, 0.725, color.RGBA{150, 154, 158, 255})
		c.box(x-0.012, 0.50, x+0.022, 0.515, color.RGBA{104, 108, 112, 255})
		for _, y := range []float64{0.17, 0.37, 0.61} {
			c.box(x-0.004, y, x+0.011, y+0.016, color.RGBA{92, 96, 100, 255})
		}
	}
	for i := range 14 { // reflecting stripes
		k := color.RGBA{196, 34, 34, 255}
		if i%2 == 1 {
			k = color.RGBA{234, 234, 230, 255}
		}
		x := 0.290 + float64(i)*0.030
		c.box(x, 0.705, x+0.030, 0.725, k)
	}
	c.shade(0.300, 0.755, 0.700, 0.860, 0.01, color.RGBA{74, 76, 80, 255}, black)
	for _, x := range []float64{0.308, 0.628} {
		c.shade(x, 0.770, x+0.064, 0.835, 0.01, color.RGBA{206, 38, 34, 255}, color.RGBA{122, 18, 18, 255})
		c.box(x+0.044, 0.775, x+0.060, 0.830, color.RGBA{236, 156, 46, 255})
	}
}
