// Package anpr holds what all number plate cameras share: the check of a picture's header
// before it is kept, and the conversion of what cameras write into obs.Plate.
//
// Every driver of the class promises: pictures are kept before the reading is emitted; a
// vehicle without a readable plate is a reading with Text ""; the camera's own identity of
// a vehicle is EventID, so that later readings of one vehicle can correct earlier ones; a
// camera's heart-beat is a sign of life and never a reading.
package anpr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// CheckRole says what is wrong with a camera's role in the settings of a driver.
func CheckRole(kind, role string) error {
	switch obs.PlateRole(role) {
	case "", obs.Front, obs.Rear, obs.Trailer:
		return nil
	}
	return fmt.Errorf("%s: role %q: want front, rear or trailer", kind, role)
}

// Text sets the text of p from what a camera wrote. The words that cameras write for a
// plate that is absent or could not be read give "". Original keeps the camera's own
// characters where they differ.
func Text(p *obs.Plate, written string) {
	written = strings.TrimSpace(written)
	switch strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(written)) {
	case "", "noplate", "unknown", "unknow", "none", "null":
		return
	}
	p.Text = plate.Normalise(written)
	if p.Text != written {
		p.Original = written
	}
}

// Percent reads a confidence of 0 to 100, with or without a fraction; what is no number
// or out of range gives 0 and false.
func Percent(s string) (quant.Prob, bool) { return Scaled(s, 10_000) }

// Scaled reads a confidence of which 1000000/scale is certainty.
func Scaled(s string, scale int64) (quant.Prob, bool) {
	v, err := quant.Decimal(strings.TrimSpace(s), scale)
	if err != nil || v < 0 || v > int64(quant.Certain) {
		return 0, false
	}
	return quant.Prob(v), true
}

// Chars sets the per-character confidence of p from a comma list of percentages, if it has
// one for each character of the text.
func Chars(p *obs.Plate, list string) {
	n := utf8.RuneCountInString(p.Text)
	if n == 0 || strings.Count(list, ",") != n-1 {
		return
	}
	chars := make([]obs.Char, 0, n)
	rest := p.Text
	for s := range strings.SplitSeq(list, ",") {
		v, ok := Percent(s)
		if !ok {
			return
		}
		_, size := utf8.DecodeRuneInString(rest)
		chars = append(chars, obs.Char{C: rest[:size], P: v})
		rest = rest[size:]
	}
	p.Chars = chars
}

// Container sets the container of p if the number is whole, and reports whether it is.
func Container(p *obs.Plate, number string) bool {
	id, ok := plate.Container(number)
	if ok && p.Container == "" {
		p.Container = id
	}
	return ok
}
