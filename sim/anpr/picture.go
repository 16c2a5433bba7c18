package anpr

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
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

// Crop draws the plate alone, as a camera cuts it out of its picture: a JPEG of 240 x 60.
func Crop(p sim.Plate, seed uint64) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 240, 60))
	fill(m, m.Bounds(), color.RGBA{58, 60, 64, 255})
	plateAt(m, image.Rect(5, 4, 235, 56), p)
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
	plateAt(c.m, c.rect(0.425, 0.775, 0.575, 0.842), v.Plate)
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

// plateAt draws a plate into r: white with a black border, the country's band at the left.
func plateAt(m *image.RGBA, r image.Rectangle, p sim.Plate) {
	h := r.Dy()
	edge := max(1, h/16)
	fill(m, r, color.RGBA{25, 25, 25, 255})
	in := r.Inset(edge)
	base := color.RGBA{240, 240, 234, 255}
	if p.Country == "CN" {
		base = color.RGBA{236, 190, 40, 255}
	}
	for y := in.Min.Y; y < in.Max.Y; y++ { // light from above
		f := float64(y-in.Min.Y) / float64(max(1, in.Dy()))
		fill(m, image.Rect(in.Min.X, y, in.Max.X, y+1), mix(base, color.RGBA{200, 200, 198, 255}, f*0.6))
	}
	text := in
	if p.Country != "CN" {
		band := in
		band.Max.X = band.Min.X + h*2/5
		fill(m, band, color.RGBA{30, 70, 150, 255})
		write(m, band.Inset(max(1, h/12)), p.Country, color.RGBA{235, 235, 235, 255})
		text.Min.X = band.Max.X
	}
	write(m, text.Inset(max(1, h/9)), p.Text, color.RGBA{22, 22, 24, 255})
}

// write draws a text as large as fits into r, in its middle.
func write(m *image.RGBA, r image.Rectangle, text string, c color.RGBA) {
	n := len([]rune(text))
	if n == 0 || r.Dx() <= 0 || r.Dy() <= 0 {
		return
	}
	cell := min(float64(r.Dx())/float64(6*n-1), float64(r.Dy())/7*0.8)
	tall := min(float64(r.Dy())/7, cell*1.7)
	x0 := float64(r.Min.X) + (float64(r.Dx())-cell*float64(6*n-1))/2
	y0 := float64(r.Min.Y) + (float64(r.Dy())-tall*7)/2
	for _, ch := range text {
		for row, dots := range glyph(ch) {
			for col := range 5 {
				if dots>>(4-col)&1 == 0 {
					continue
				}
				fill(m, image.Rect(int(x0+float64(col)*cell), int(y0+float64(row)*tall),
					int(math.Ceil(x0+float64(col+1)*cell)), int(math.Ceil(y0+float64(row+1)*tall))), c)
			}
		}
		x0 += 6 * cell
	}
}

// label writes what cameras write into their pictures.
func label(m *image.RGBA, text string) {
	h := max(8, m.Bounds().Dy()/26)
	r := image.Rect(h/2, h/2, h/2+len(text)*h*6/8, h/2+h)
	write(m, r.Add(image.Pt(1, 1)), text, color.RGBA{20, 20, 20, 255})
	write(m, r, text, color.RGBA{250, 250, 250, 255})
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
