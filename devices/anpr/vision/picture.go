//go:build gocv

package vision

import (
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/reader"
)

// enough pixels show every plate of a lane camera; larger JPEGs are decoded at a half, a
// quarter or an eighth of their size, which costs less than decoding them whole.
const enough = 9 << 20

// decode checks and decodes a picture. shrunk is by what its sides were divided.
func decode(p []byte) (m gocv.Mat, shrunk int, err error) {
	c, err := anpr.CheckPicture(p)
	if err != nil {
		return m, 0, err
	}
	if c.Width < 8 || c.Height < 8 {
		return m, 0, fmt.Errorf("picture of %d x %d pixels, or its header is damaged", c.Width, c.Height)
	}
	flag, shrunk := gocv.IMReadColor, 1
	for px := c.Width * c.Height; c.MediaType == "image/jpeg" && px > enough && shrunk < 8; px /= 4 {
		shrunk *= 2
	}
	switch shrunk {
	case 2:
		flag = gocv.IMReadReducedColor2
	case 4:
		flag = gocv.IMReadReducedColor4
	case 8:
		flag = gocv.IMReadReducedColor8
	}
	m, err = gocv.IMDecode(p, flag)
	if err != nil {
		return m, 0, fmt.Errorf("decode %s: %w", c.MediaType, err)
	}
	if m.Empty() || m.Channels() != 3 {
		m.Close()
		return m, 0, fmt.Errorf("%s of %d x %d pixels cannot be decoded", c.MediaType, c.Width, c.Height)
	}
	return m, shrunk, nil
}

// part gives the pixels of a region of a picture; the zero region is all of it.
func part(m gocv.Mat, r reader.Region) image.Rectangle {
	whole := image.Rect(0, 0, m.Cols(), m.Rows())
	if r == (reader.Region{}) {
		return whole
	}
	w, h := m.Cols(), m.Rows()
	got := image.Rect(r.X*w/1000, r.Y*h/1000, (r.X+r.W)*w/1000, (r.Y+r.H)*h/1000).Intersect(whole)
	if got.Dx() < 8 || got.Dy() < 8 {
		return whole
	}
	return got
}

// resized gives a copy of another size.
func resized(m gocv.Mat, w, h int) gocv.Mat {
	to := gocv.NewMat()
	how := gocv.InterpolationCubic
	if w*2 < m.Cols() {
		how = gocv.InterpolationArea
	}
	gocv.Resize(m, &to, image.Pt(w, h), 0, 0, how)
	return to
}
