//go:build gocv

package vision

import (
	"gocv.io/x/gocv"

	"acsgd/devices/anpr/ctc"
)

// joint is both engines: readers that were made differently err differently, so what both
// see counts. PP-OCRv4 finds.
type joint struct {
	*ppocr
	own *own
}

// aside is the weight of our own recogniser on tight crops, which are mostly of Chinese
// plates, whose first character it knows less well.
const aside = 0.3

// look implements engine.
func (j *joint) look(m gocv.Mat, q quad, crop, wider bool) ([]*ctc.Matrix, error) {
	a, err := j.ppocr.look(m, q, crop, wider)
	if err != nil {
		return nil, err
	}
	b, err := j.own.look(m, q, crop, wider)
	if crop {
		for _, l := range b {
			l.Weight = aside
		}
	}
	return append(a, b...), err
}
