package n42doc

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// writer appends XML. Elements open and close in pairs; nothing else looks at the nesting.
type writer struct{ b []byte }

func (w *writer) raw(parts ...string) {
	for _, s := range parts {
		w.b = append(w.b, s...)
	}
}

// text appends character data. What XML cannot carry becomes U+FFFD.
func (w *writer) text(s string) {
	for _, r := range s {
		switch {
		case r == '<':
			w.raw("&lt;")
		case r == '>':
			w.raw("&gt;")
		case r == '&':
			w.raw("&amp;")
		case r == '"':
			w.raw("&quot;")
		case r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF:
			w.b = utf8.AppendRune(w.b, utf8.RuneError)
		default:
			w.b = utf8.AppendRune(w.b, r)
		}
	}
}

// element appends an element with a text; nothing if the text is empty.
func (w *writer) element(name, text string) {
	if text == "" {
		return
	}
	w.raw("<")
	w.raw(name)
	w.raw(">")
	w.text(text)
	w.raw("</")
	w.raw(name)
	w.raw(">")
}

// value is element with a text of the schema's NonBlankString.
func (w *writer) value(name, text string) { w.element(name, nonBlank(text)) }

// nonBlank makes a text fit the schema's pattern, which wants words, then one run without
// white space, then words. What has more punctuation gets its spaces tied together: it
// looks the same.
func nonBlank(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return "unknown"
	}
	word := func(r rune) bool {
		return r == ' ' || !unicode.In(r, unicode.P, unicode.Z, unicode.C)
	}
	rest := strings.TrimLeftFunc(s, word)
	rest = strings.TrimRightFunc(rest, word)
	if strings.Contains(rest, " ") {
		return strings.ReplaceAll(s, " ", "\u00A0")
	}
	return s
}

const stampForm = "2006-01-02T15:04:05.000Z"

func (w *writer) stamp(name string, t time.Time) {
	w.raw("<")
	w.raw(name)
	w.raw(">")
	w.b = t.UTC().AppendFormat(w.b, stampForm)
	w.raw("</")
	w.raw(name)
	w.raw(">")
}

// duration appends an element with a duration of at least a millisecond.
func (w *writer) duration(name string, d time.Duration) {
	w.raw("<")
	w.raw(name)
	w.raw(">PT")
	w.decimal(max(d.Milliseconds(), 1), 3)
	w.raw("S</")
	w.raw(name)
	w.raw(">")
}

// decimal appends v / 10^places without needless zeros.
func (w *writer) decimal(v int64, places int) {
	if v < 0 {
		w.b = append(w.b, '-')
		v = -v
	}
	pow := int64(1)
	for range places {
		pow *= 10
	}
	w.b = strconv.AppendInt(w.b, v/pow, 10)
	f := v % pow
	if f == 0 {
		return
	}
	w.b = append(w.b, '.')
	for f > 0 {
		pow /= 10
		w.b = append(w.b, byte('0'+f/pow))
		f %= pow
	}
}
