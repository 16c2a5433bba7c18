package anpr

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Picture is what a picture's header says. Width and Height are 0 where the header is cut
// or damaged: such a picture is evidence still, but nothing may decode it.
type Picture struct {
	MediaType     string
	Width, Height int
}

const (
	// MaxSide and MaxPixels bound the pictures that are taken: the largest traffic cameras
	// have about 13,000 x 9,000 pixels, and what claims more would cost a reader gigabytes.
	MaxSide   = 16384
	MaxPixels = 128 << 20
)

// errNoPicture says that bytes are no JPEG, PNG or BMP.
var errNoPicture = errors.New("not a JPEG, PNG or BMP picture")

// CheckPicture reads the header of a picture without decoding it. The error says that it
// is no picture, or of a size that must not be decoded.
func CheckPicture(p []byte) (Picture, error) {
	var c Picture
	switch {
	case len(p) >= 3 && p[0] == 0xFF && p[1] == 0xD8:
		c.MediaType = "image/jpeg"
		c.Width, c.Height = jpegSize(p)
	case len(p) >= 24 && string(p[:8]) == "\x89PNG\r\n\x1a\n":
		c.MediaType = "image/png"
		if string(p[12:16]) == "IHDR" {
			c.Width = int(min(binary.BigEndian.Uint32(p[16:]), 1<<30))
			c.Height = int(min(binary.BigEndian.Uint32(p[20:]), 1<<30))
		}
	case len(p) >= 26 && string(p[:2]) == "BM":
		c.MediaType = "image/bmp"
		c.Width = int(min(binary.LittleEndian.Uint32(p[18:]), 1<<30))
		c.Height = int(min(binary.LittleEndian.Uint32(p[22:]), 1<<30))
	default:
		return c, errNoPicture
	}
	if c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels {
		return c, fmt.Errorf("picture of %d x %d pixels is larger than is taken", c.Width, c.Height)
	}
	return c, nil
}

// jpegSize finds the frame header: marker SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC
// (CC). Source: ITU-T T.81 B.1.1.3 and B.2.2.
func jpegSize(p []byte) (w, h int) {
	for i := 2; i+9 < len(p); {
		if p[i] != 0xFF {
			return 0, 0
		}
		m := p[i+1]
		switch {
		case m == 0xFF: // fill byte
			i++
			continue
		case m == 0x01 || m >= 0xD0 && m <= 0xD8: // without length
			i += 2
			continue
		case m == 0xD9 || m == 0xDA: // the image data come before any frame header
			return 0, 0
		case m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC:
			return int(binary.BigEndian.Uint16(p[i+7:])), int(binary.BigEndian.Uint16(p[i+5:]))
		}
		n := int(binary.BigEndian.Uint16(p[i+2:]))
		if n < 2 {
			return 0, 0
		}
		i += 2 + n
	}
	return 0, 0
}
