package document

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // decoded beside JPEG
	"strconv"

	"github.com/go-pdf/fpdf"
)

// Bounds of the pictures in a paper.
const (
	photosMax   = 6
	photoPixels = 40_000_000 // of the original
	photoSide   = 900        // pixels of what is printed
)

// photos draws the pictures of the plates, two in a row, each with what was read in it and
// the beginning of its SHA-256.
func (p *paper) photos() {
	p.head(p.w.t("sec.photos"), 46)
	list := p.rec.Photos
	if len(list) == 0 {
		p.para(plain, p.w.t("say.no_photos"))
		return
	}
	more := max(len(list)-photosMax, 0)
	list = list[:len(list)-more]
	const gap, high = 4.0, 42.0
	w := (width - gap) / 2
	for i := 0; i < len(list); i += 2 {
		p.need(high + 12)
		y, deep := p.y, 0.0
		for k := i; k < min(i+2, len(list)); k++ {
			deep = max(deep, p.photo(k, &list[k], margin+float64(k-i)*(w+gap), y, w, high))
		}
		p.y = y + deep + 2
	}
	if more > 0 {
		p.para(small, p.w.t("say.photo_more", "n", strconv.Itoa(more)))
	}
}

// photo draws one picture into a box and gives the height with its caption.
func (p *paper) photo(n int, x *Photo, left, y, w, h float64) float64 {
	p.ink(rule)
	p.pen(0.15)
	p.Rect(left, y, w, h, "D")
	b, size, fault := printablePhoto(x)
	if fault != "" {
		p.lines(left+2, y+h/2-2, w-4, plain.in(amber).to('C'), p.wrap(plain, p.w.t("say.photo_bad", "why", p.w.t("why."+fault)), w-4))
	} else {
		k := min((w-1)/float64(size.X), (h-1)/float64(size.Y))
		iw, ih := float64(size.X)*k, float64(size.Y)*k
		name := "photo" + strconv.Itoa(n)
		opt := fpdf.ImageOptions{ImageType: "JPEG"}
		p.RegisterImageOptionsReader(name, opt, bytes.NewReader(b))
		p.ImageOptions(name, left+(w-iw)/2, y+(h-ih)/2, iw, ih, false, opt, 0, "")
	}
	plate := x.Plate
	if plate == "" {
		plate = p.w.t("doc.no_plate")
	}
	cap1 := p.w.slug("role_plate", x.Role)
	if cap1 != "" {
		cap1 += ": "
	}
	cap1 += plate
	if t := p.w.at(x.At, p.offset); t != "" {
		cap1 += ", " + t
	}
	st := style{size: 7.3, colour: black}
	deep := h + 1
	deep += p.lines(left, y+deep, w, st, p.wrap(st, cap1, w))
	st.colour = grey
	sum := x.SHA256[:min(16, len(x.SHA256))]
	deep += p.lines(left, y+deep, w, st, p.wrap(st, x.Device+" · SHA-256 "+sum+"…", w))
	return deep
}

// printablePhoto decodes a picture, makes it small and writes it as JPEG: what a paper
// shows is bounded whatever a camera sends, and formats that a PDF cannot hold do no harm.
func printablePhoto(x *Photo) (b []byte, size image.Point, fault string) {
	if x.Bytes == nil {
		if x.Fault == "" {
			return nil, size, "missing"
		}
		return nil, size, x.Fault
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(x.Bytes))
	if err != nil {
		return nil, size, "unreadable"
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > photoPixels/cfg.Height {
		return nil, size, "too_large"
	}
	img, _, err := image.Decode(bytes.NewReader(x.Bytes))
	if err != nil {
		return nil, size, "unreadable"
	}
	img = shrink(img, photoSide)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, size, "unreadable"
	}
	return out.Bytes(), img.Bounds().Size(), ""
}

// shrink makes a picture smaller by a whole number: each pixel is the mean of a square.
// Transparent parts become white.
func shrink(img image.Image, side int) image.Image {
	r := img.Bounds()
	k := (max(r.Dx(), r.Dy()) + side - 1) / side
	full := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(full, full.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(full, full.Bounds(), img, r.Min, draw.Over)
	if k <= 1 {
		return full
	}
	out := image.NewRGBA(image.Rect(0, 0, max(r.Dx()/k, 1), max(r.Dy()/k, 1)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetRGBA(x, y, mean(full, x*k, y*k, k))
		}
	}
	return out
}

func mean(img *image.RGBA, x, y, k int) color.RGBA {
	var sum [3]int
	n := 0
	for j := y; j < min(y+k, img.Rect.Dy()); j++ {
		for i := x; i < min(x+k, img.Rect.Dx()); i++ {
			c := img.RGBAAt(i, j)
			sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
			n++
		}
	}
	if n == 0 {
		return color.RGBA{255, 255, 255, 255}
	}
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}
