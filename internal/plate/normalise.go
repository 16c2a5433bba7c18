package plate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Normalise brings a written plate to the form in which plates are compared: full-width
// forms become plain, letters upper case, Cyrillic and Greek look-alikes Latin, digits of
// other scripts 0-9; everything that is neither letter nor digit is dropped, and so is the
// colour character that some recognisers put before a Chinese plate (蓝浙AX2P12). The
// caller keeps the original for evidence. Normalise(Normalise(s)) == Normalise(s).
func Normalise(s string) string {
	if plain(s) {
		return s
	}
	b := make([]byte, 0, len(s)+4)
	for _, r := range s {
		if r = fold(r); r != 0 {
			b = utf8.AppendRune(b, r)
		}
	}
	for {
		first, n := utf8.DecodeRune(b)
		second, _ := utf8.DecodeRune(b[n:])
		if !isColour(first) || !isProvince(second) {
			return string(b)
		}
		b = b[n:]
	}
}

// plain reports whether s needs no change.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// fold maps one character to its compared form; 0 drops it.
func fold(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of ASCII
		r -= 0xFEE0
	}
	if r < utf8.RuneSelf {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return 0
	}
	switch {
	case r >= 0x0660 && r <= 0x0669: // Arabic-Indic digits
		return '0' + r - 0x0660
	case r >= 0x06F0 && r <= 0x06F9: // the same, as in Iran
		return '0' + r - 0x06F0
	}
	r = unicode.ToUpper(r)
	if i := strings.IndexRune(lookAlikes, r); i >= 0 {
		return rune(latinOf[utf8.RuneCountInString(lookAlikes[:i])])
	}
	if unicode.IsLetter(r) && r != utf8.RuneError {
		return r
	}
	return 0
}

// The identical glyphs of other scripts. Russian plates use only such letters (GOST R
// 50577); the Ukrainian and Belarusian І and Latin I are one glyph too.
const (
	lookAlikes = "АВЕКМНОРСТУХІЈЅ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
	latinOf    = "ABEKMHOPCTYXIJS" + "ABEZHIKMNOPTYX"
)

func isColour(r rune) bool { return r != 0 && strings.ContainsRune("蓝黄白黑绿", r) }

func isProvince(r rune) bool { return r != 0 && strings.ContainsRune(provinces, r) }

// SplitUnits takes the text of a declaration's vehicle field apart into normalised plates,
// in the order written: the tractor first, then trailers. Real declarations join them with
// a slash, a comma, a semicolon, a plus sign, a bar or a line end ("014KR01 / 01KG1234A").
// Blanks separate plates only where every piece is a plate of a national system and the
// whole is not, because many people write one plate with blanks. Empty pieces and
// placeholders without a letter or digit are left out, and a plate that repeats is kept
// once.
func SplitUnits(s string) []string {
	var units []string
	for _, piece := range strings.FieldsFunc(s, isJoint) {
		for _, p := range splitBlanks(piece) {
			if p != "" && !contains(units, p) {
				units = append(units, p)
			}
		}
	}
	return units
}

func isJoint(r rune) bool {
	switch r {
	case '/', '\\', ',', ';', '+', '|', '&', '\n', '\r', '\t', '，', '；', '／', '、':
		return true
	}
	return false
}

// splitBlanks divides "389BK01 24AN01" and leaves "389 BK 01" whole.
func splitBlanks(s string) []string {
	whole := Normalise(s)
	fields := strings.Fields(s)
	if len(fields) < 2 || Known(whole) {
		return []string{whole}
	}
	// Each cut may be a joint: take the division into the fewest plates.
	for cut := 1; cut < len(fields); cut++ {
		a, b := Normalise(strings.Join(fields[:cut], "")), Normalise(strings.Join(fields[cut:], ""))
		if Known(a) && Known(b) {
			return []string{a, b}
		}
	}
	return []string{whole}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
