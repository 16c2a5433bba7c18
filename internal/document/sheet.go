package document

import (
	"bytes"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
)

// The fonts are free; fonts/LICENSE is theirs. How they were made: internal/DESIGN.md.
//
//go:embed fonts/DejaVuSansCondensed.ttf fonts/DejaVuSansCondensed-Bold.ttf
var fontFiles embed.FS

const family = "dejavu"

// An A4 page in millimetres.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 14.0
	width      = pageWidth - 2*margin
	top        = 20.0 // of the text, below the running head
	bottom     = pageHeight - 17
	marked     = 9.0 // height of the simulator's band
)

// maxPages bounds a paper: what needs more is not a paper that anybody reads.
const maxPages = 400

type colour [3]int

var (
	black = colour{20, 20, 24}
	grey  = colour{96, 100, 108}
	pale  = colour{236, 239, 243}
	rule  = colour{150, 156, 166}
	red   = colour{176, 16, 24}
	blush = colour{252, 234, 234}
	amber = colour{150, 90, 0}
	blue  = colour{28, 62, 110}
)

// sheet is a paper that grows downwards: y is where the next thing goes.
type sheet struct {
	*fpdf.Fpdf
	w     *words
	y     float64
	start float64 // y of the first thing on a page
	sim   bool
	left  string // of the running head
	right string
	foot  string
}

// newSheet begins a paper. Everything that a PDF library would take from the machine (the
// time, the order of maps) is set, so that the same record gives the same bytes.
func newSheet(w *words, title, keywords string, at time.Time, sim bool) (*sheet, error) {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(at.UTC())
	f.SetModificationDate(at.UTC())
	f.SetTitle(title, true)
	f.SetCreator("ACSGD", false)
	f.SetProducer("ACSGD", false)
	f.SetKeywords(keywords, false)
	f.SetLang(string(w.lang))
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(false, 0)
	for style, name := range map[string]string{"": "fonts/DejaVuSansCondensed.ttf", "B": "fonts/DejaVuSansCondensed-Bold.ttf"} {
		b, err := fontFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("font of the papers: %w", err)
		}
		f.AddUTF8FontFromBytes(family, style, b)
	}
	s := &sheet{Fpdf: f, w: w, sim: sim, start: top}
	if sim {
		s.start += marked
	}
	s.page()
	return s, f.Error()
}

func (s *sheet) page() {
	if s.PageCount() >= maxPages {
		s.SetErrorf("more than %d pages", maxPages)
	}
	if s.Ok() {
		s.AddPage()
	}
	s.y = s.start
}

// need begins a new page where less than h is left.
func (s *sheet) need(h float64) {
	if s.y+h > bottom && s.y > s.start {
		s.page()
	}
}

// printable replaces what the fonts do not have by a box, so that nobody takes a name that
// lost its letters for the whole name; control characters become spaces.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case drawable(r):
			return r
		}
		return '□'
	}, text)
}

// drawable reports whether the fonts have a character: Latin with its extensions, Greek and
// Cyrillic letters, punctuation and the signs of the papers.
func drawable(r rune) bool {
	for _, x := range [...][2]rune{{0x20, 0x7e}, {0xa0, 0xac}, {0xae, 0x17f}, {0x391, 0x3a1}, {0x3a3, 0x3a9}, {0x3b1, 0x3c9}, {0x400, 0x482}, {0x48a, 0x4ff},
		{0x2010, 0x2014}, {0x2018, 0x201e}, {0x2020, 0x2022}, {0x2026, 0x2026}, {0x2030, 0x2030}, {0x2032, 0x2033}, {0x20ac, 0x20ac}, {0x20b8, 0x20b8},
		{0x2116, 0x2116}, {0x2190, 0x2193}, {0x2212, 0x2212}, {0x2248, 0x2248}, {0x2260, 0x2260}, {0x2264, 0x2265}, {0x25a0, 0x25a1}, {0x25b2, 0x25b2},
		{0x25b6, 0x25b6}, {0x25cf, 0x25cf}, {0x2713, 0x2713}, {0x2717, 0x2717}} {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

// style is how text looks.
type style struct {
	size   float64 // points
	bold   bool
	colour colour
	align  byte // L, C, R; 0 is L
}

var (
	plain = style{size: 8.5, colour: black}
	small = style{size: 7, colour: grey}
	bold  = style{size: 8.5, bold: true, colour: black}
)

func (x style) in(c colour) style      { x.colour = c; return x }
func (x style) to(align byte) style    { x.align = align; return x }
func (x style) of(pt float64) style    { x.size = pt; return x }
func (x style) line() float64          { return x.size * 0.3528 * 1.28 } // mm from line to line
func (x style) ascent() float64        { return x.size * 0.3528 * 0.98 }
func (s *sheet) font(x style)          { s.SetFont(family, map[bool]string{true: "B"}[x.bold], x.size) }
func (s *sheet) ink(c colour)          { s.SetDrawColor(c[0], c[1], c[2]) }
func (s *sheet) paint(c colour)        { s.SetFillColor(c[0], c[1], c[2]) }
func (s *sheet) pen(w float64)         { s.SetLineWidth(w) }
func (s *sheet) long(t string) float64 { return s.GetStringWidth(t) }

// put draws one line whose top left, middle or right corner is at x, y.
func (s *sheet) put(x, y float64, st style, text string) {
	s.font(st)
	text = printable(text)
	switch st.align {
	case 'C':
		x -= s.long(text) / 2
	case 'R':
		x -= s.long(text)
	}
	s.SetTextColor(st.colour[0], st.colour[1], st.colour[2])
	if text != "" {
		s.Text(x, y+st.ascent(), text)
	}
}

// wrap divides text into lines no longer than w; a word that is longer is cut.
func (s *sheet) wrap(st style, text string, w float64) []string {
	s.font(st)
	var lines []string
	line := ""
	for _, word := range strings.Split(printable(text), " ") {
		try := word
		if line != "" {
			try = line + " " + word
		}
		if s.long(try) <= w {
			line = try
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = word
		for s.long(line) > w {
			n := s.fit(line, w)
			lines, line = append(lines, line[:n]), line[n:]
		}
	}
	return append(lines, line)
}

// fit is how many bytes of a word fit into w, at least one character.
func (s *sheet) fit(word string, w float64) int {
	n := 0
	for i := range word {
		if i > 0 && s.long(word[:i]) > w {
			break
		}
		n = i
	}
	if n == 0 {
		for i := range word {
			if i > 0 {
				return i
			}
		}
		return len(word)
	}
	return n
}

// lines draws wrapped lines in a column and gives their height.
func (s *sheet) lines(x, y, w float64, st style, lines []string) float64 {
	at := x
	switch st.align {
	case 'C':
		at = x + w/2
	case 'R':
		at = x + w
	}
	for i, l := range lines {
		s.put(at, y+float64(i)*st.line(), st, l)
	}
	return float64(len(lines)) * st.line()
}

// para draws a paragraph over the whole width, over as many pages as it needs.
func (s *sheet) para(st style, text string) {
	for _, l := range s.wrap(st, text, width) {
		s.need(st.line())
		s.y += s.lines(margin, s.y, width, st, []string{l})
	}
	s.y += 1
}

// title draws the paper's name, and beside it the room that is left for the code.
func (s *sheet) title(name, sub string, room float64) {
	st := style{size: 17, bold: true, colour: blue}
	for _, l := range s.wrap(st, name, width-room) {
		s.y += s.lines(margin, s.y, width, st, []string{l})
	}
	s.y += 1
	st = small
	s.y += s.lines(margin, s.y, width, st, s.wrap(st, sub, width-room)) + 1
}

// head draws the head of a section; it is not left alone at the end of a page.
func (s *sheet) head(text string, room float64) {
	s.need(9 + room)
	s.y += 2.5
	s.paint(blue)
	s.Rect(margin, s.y+0.4, 1.2, 4, "F")
	s.put(margin+3, s.y, style{size: 10, bold: true, colour: blue}, text)
	s.y += 6
}

// notice draws a framed remark that must not be overlooked.
func (s *sheet) notice(c colour, text string) {
	st := bold.in(c)
	lines := s.wrap(st, text, width-6)
	h := float64(len(lines))*st.line() + 2.4
	s.need(h + 1.5)
	s.ink(c)
	s.pen(0.35)
	s.Rect(margin, s.y, width, h, "D")
	s.lines(margin+3, s.y+1.1, width-6, st, lines)
	s.y += h + 1.8
}

// field is a labelled box of a form.
type field struct {
	label, value string
	part         float64 // of the width
	strong       bool
	missing      bool // the value says that there is none
}

// fields draws one row of boxes.
func (s *sheet) fields(row ...field) {
	label := style{size: 6.3, colour: grey}
	h := 8.6
	cut := make([][2][]string, len(row))
	look := make([]style, len(row))
	for i, f := range row {
		look[i] = style{size: 9, colour: black, bold: f.strong}
		if f.missing {
			look[i] = style{size: 8.5, colour: amber}
		}
		w := width*f.part - 3
		cut[i] = [2][]string{s.wrap(label, f.label, w), s.wrap(look[i], f.value, w)}
		h = max(h, 1.8+float64(len(cut[i][0]))*label.line()+float64(len(cut[i][1]))*look[i].line())
	}
	s.need(min(h, bottom-s.start))
	x := margin
	s.ink(rule)
	s.pen(0.15)
	for i, f := range row {
		w := width * f.part
		s.Rect(x, s.y, w, h, "D")
		n := s.lines(x+1.5, s.y+0.8, w-3, label, cut[i][0])
		s.lines(x+1.5, s.y+0.9+n, w-3, look[i], cut[i][1])
		x += w
	}
	s.y += h
}

// signatures draw lines to sign on, side by side.
func (s *sheet) signatures(who ...string) {
	s.need(36)
	s.head(s.w.t("sec.signatures"), 26)
	w := width / float64(len(who))
	y := s.y
	for i, key := range who {
		x := margin + float64(i)*w
		s.put(x, y, bold, s.w.t(key))
		s.ink(black)
		s.pen(0.2)
		for k, label := range []string{"f.name", "f.signature", "f.date"} {
			ly := y + 11 + float64(k)*8
			s.Line(x, ly, x+w-8, ly)
			s.put(x, ly+0.3, style{size: 6.3, colour: grey}, s.w.t(label))
		}
	}
	s.y = y + 32
}

// finish numbers the pages, sets the marks and gives the bytes.
func (s *sheet) finish() ([]byte, error) {
	n := s.PageCount()
	for i := 1; i <= n && s.Ok(); i++ {
		s.SetPage(i)
		s.SetFont(family, "", 1) // font and colour are those of the last page: set them on this one
		s.paint(black)
		s.running(i, n)
	}
	var b bytes.Buffer
	if err := s.Output(&b); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return b.Bytes(), nil
}

// running draws what stands on every page.
func (s *sheet) running(i, n int) {
	y := 9.0
	s.put(margin, y, style{size: 8, bold: true, colour: blue}, s.left)
	s.put(pageWidth-margin, y, style{size: 8, colour: black, align: 'R'}, s.right)
	s.ink(blue)
	s.pen(0.4)
	s.Line(margin, y+5, pageWidth-margin, y+5)
	s.ink(rule)
	s.pen(0.15)
	s.Line(margin, bottom+3, pageWidth-margin, bottom+3)
	s.put(margin, bottom+4, style{size: 6.3, colour: grey}, s.foot)
	s.put(pageWidth-margin, bottom+4, style{size: 7, colour: grey, align: 'R'}, s.w.t("doc.page", "n", strconv.Itoa(i), "of", strconv.Itoa(n)))
	if s.sim {
		s.simulated(y + 6.5)
	}
}

// simulated marks a page of a simulator's record: a band above and the words across.
func (s *sheet) simulated(y float64) {
	text := s.w.t("doc.simulator")
	s.paint(red)
	s.Rect(margin, y, width, marked-2, "F")
	s.put(pageWidth/2, y+1.2, style{size: 11, bold: true, colour: colour{255, 255, 255}, align: 'C'}, text)
	st := style{size: 46, bold: true, colour: red, align: 'C'}
	s.font(st)
	if w := s.long(text); w > 250 {
		st.size *= 250 / w
	}
	s.SetAlpha(0.13, "Normal")
	s.TransformBegin()
	s.TransformRotate(52, pageWidth/2, pageHeight/2)
	s.put(pageWidth/2, pageHeight/2-st.ascent()/2, st, text)
	s.TransformEnd()
	s.SetAlpha(1, "Normal")
}
