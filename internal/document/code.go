package document

import (
	"fmt"

	"github.com/skip2/go-qrcode"
)

// code draws text as a QR code of the given width. The code is drawn as areas, so it stays
// sharp on every printer; nothing to say, no code.
func (s *sheet) code(text string, x, y, w float64) {
	if text == "" {
		return
	}
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		s.SetError(fmt.Errorf("code of %d characters: %w", len(text), err))
		return
	}
	q.DisableBorder = true
	bits := q.Bitmap()
	m := w / float64(len(bits))
	s.SetFillColor(0, 0, 0)
	for i, line := range bits {
		for k := 0; k < len(line); k++ {
			if !line[k] {
				continue
			}
			from := k
			for k < len(line) && line[k] {
				k++
			}
			s.Rect(x+float64(from)*m, y+float64(i)*m, float64(k-from)*m, m, "F")
		}
	}
}
