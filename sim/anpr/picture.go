package anpr

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"time"

	"acsgd/sim"
)

// View says what an overview picture shows.
type View struct {
	Plate  sim.Plate
	Rear   bool // the doors of a trailer, not a cab
	Width  int  // pixels; the height is 9/16 of it
	At     time.Time
	Camera string
	Seed   uint64
}

// Crop draws the plate alone, as a camera cuts it out of its picture: a JPEG, 240 x 59 for the
// usual plate.
func Crop(p sim.Plate, seed uint64) []byte {
	b := lay(p)
	w := 230.0
	if b.h > 112 {
		w = 8000 / b.h * 3.2
	}
	m := image.NewRGBA(image.Rect(0, 0, int(w)+10, int(w*b.h/b.w)+10))
	fill(m, m.Bounds(), color.RGBA{58, 60, 64, 255})
	plateAt(m, m.Bounds().Inset(5), p, rand.New(rand.NewPCG(seed, 2)))
	soften(m)
	grain(m, seed, 7)
	return encode(m, 85)
}

// Overview draws a lorry in daylight before the camera: a JPEG.
func Overview(v View) []byte {
	w := max(v.Width, 160)
	h := w * 9 / 16
	c := canvas{m: image.NewRGBA(image.Rect(0, 0, w, h)), w: float64(w), h: float64(h)}
	c.ground()
	r := rand.New(rand.NewPCG(v.Seed, 1))
	if v.Rear {
		c.trailerRear(r)
	} else {
		c.cab(r)
	}
	// The plate is as wide as a real one on a lorry of 2.5 m, made a third larger so that
	// it can be read on a screen.
	place := c.rect(0.425, 0.775, 0.575, 0.842)
	if twoRows(v.Plate) {
		place = c.rect(0.455, 0.745, 0.545, 0.850)
	}
	plateAt(c.m, place, v.Plate, r)
	soften(c.m)
	label(c.m, v.At.UTC().Format("2006-01-02 15:04:05")+"  "+strings.ToUpper(v.Camera))
	grain(c.m, v.Seed, 5)
	return encode(c.m, 78)
}

func encode(m image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic("jpeg: " + err.Error()) // a buffer takes everything, and the size is allowed
	}
	return b.Bytes()
}

func fill(m draw.Image, r image.Rectangle, c color.RGBA) {
	draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func mix(a, b color.RGBA, f float64) color.RGBA {
	f = min(max(f, 0), 1)
	part := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*f) }
	return color.RGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), 255}
}

// label writes what cameras write into their pictures.
func label(m *image.RGBA, text string) {
	h := max(8, m.Bounds().Dy()/26)
	r := image.Rect(h/2, h/2, h/2+len(text)*h, h/2+h+4)
	p := flat(m, r)
	for d, c := range []color.RGBA{{20, 20, 20, 255}, {250, 250, 250, 255}} {
		p.text(text, float64(1-d), float64(1-d), float64(h)*0.9, float64(r.Dx()))
		p.fill(c)
	}
}

// soften takes the edges off, as a lens does.
func soften(m *image.RGBA) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	before := bytes.Clone(m.Pix)
	for y := 1; y < h-1; y++ {
		for i := y*m.Stride + 4; i < y*m.Stride+(w-1)*4; i++ {
			s := int(before[i])*4 + int(before[i-4]) + int(before[i+4]) + int(before[i-m.Stride]) + int(before[i+m.Stride])
			m.Pix[i] = uint8(s / 8)
		}
	}
}

// grain adds the noise of a sensor.
func grain(m *image.RGBA, seed uint64, depth int) {
	state := seed | 1
	for i := 0; i < len(m.Pix); i += 4 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		d := int(state>>40)%(2*depth+1) - depth
		for k := range 3 {
			m.Pix[i+k] = uint8(min(max(int(m.Pix[i+k])+d, 0), 255))
		}
	}
}
