package document

// column is one column of a table.
type column struct {
	head  string
	part  float64 // of the width
	align byte
}

// row is one row of a table.
type row struct {
	cells  []string
	look   style    // zero: plain
	under  []string // further lines over the whole width, below the cells
	shaded bool
}

const pad = 1.2 // mm around a cell's text

// table draws rows under a head that is repeated on every page. A row is not divided unless
// it is higher than a page.
func (s *sheet) table(cols []column, rows []row) {
	s.tableHead(cols, s.rowHeight(cols, &row{}))
	for i := range rows {
		r := &rows[i]
		if r.look.size == 0 {
			r.look = plain
		}
		h := s.rowHeight(cols, r)
		if s.y+h > bottom && s.y > s.start {
			s.page()
			s.tableHead(cols, 0)
		}
		s.row(cols, r, h)
	}
	s.y += 1.5
}

var headLook = style{size: 7, bold: true, colour: grey}

func (s *sheet) tableHead(cols []column, room float64) {
	h := 0.0
	cut := make([][]string, len(cols))
	for i, c := range cols {
		cut[i] = s.wrap(headLook, c.head, width*c.part-2*pad)
		h = max(h, float64(len(cut[i]))*headLook.line()+2*pad)
	}
	s.need(h + room)
	s.paint(pale)
	s.Rect(margin, s.y, width, h, "F")
	x := margin
	for i, c := range cols {
		s.lines(x+pad, s.y+pad, width*c.part-2*pad, headLook.to(c.align), cut[i])
		x += width * c.part
	}
	s.y += h
	s.ink(rule)
	s.pen(0.25)
	s.Line(margin, s.y, margin+width, s.y)
}

var underLook = style{size: 7.3, colour: grey}

func (s *sheet) rowHeight(cols []column, r *row) float64 {
	n := 1
	for i, c := range cols {
		if i < len(r.cells) {
			n = max(n, len(s.wrap(r.look, r.cells[i], width*c.part-2*pad)))
		}
	}
	h := float64(n)*r.look.line() + 2*pad
	for _, u := range r.under {
		h += float64(len(s.wrap(underLook, u, width-2*pad-4))) * underLook.line()
	}
	return h
}

func (s *sheet) row(cols []column, r *row, h float64) {
	if r.shaded && s.y+h <= bottom {
		s.paint(blush)
		s.Rect(margin, s.y, width, h, "F")
	}
	x, deep := margin, 0.0
	for i, c := range cols {
		if i < len(r.cells) {
			lines := s.wrap(r.look, r.cells[i], width*c.part-2*pad)
			if limit := int((bottom - s.start - 2*pad) / r.look.line()); len(lines) > limit && limit > 0 {
				lines = append(lines[:limit-1], "…") // more than a page in one cell
			}
			deep = max(deep, s.lines(x+pad, s.y+pad, width*c.part-2*pad, r.look.to(c.align), lines))
		}
		x += width * c.part
	}
	s.y += pad + deep
	for _, u := range r.under {
		for _, l := range s.wrap(underLook, u, width-2*pad-4) {
			s.need(underLook.line())
			s.y += s.lines(margin+pad+4, s.y, width, underLook, []string{l})
		}
	}
	s.y += pad
	s.ink(rule)
	s.pen(0.12)
	s.Line(margin, s.y, margin+width, s.y)
}
