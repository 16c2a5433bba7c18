//go:build gocv

package vision

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gocv.io/x/gocv"

	"acsgd/devices/anpr/ctc"
	"acsgd/devices/anpr/reader"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// engine is a pair of networks: one finds lines of text, the other reads them.
type engine interface {
	// find gives the outlines of what may be plates. level 0 is quick, each next one looks
	// closer; ok is false beyond the last.
	find(m gocv.Mat, level int) (q []quad, ok bool, err error)
	// look reads one line in a picture: by each recogniser once as it was found, or, wider,
	// once more cut a little larger. crop: the picture is the plate alone.
	look(m gocv.Mat, q quad, crop, wider bool) ([]*ctc.Matrix, error)
	close() error
}

// The engines by name, the one that measures better on photographs first (make bench-plates).
const (
	Joint = "joint" // PP-OCRv4 finds, both recognisers read
	PPOCR = "ppocr"
	Own   = "own"
)

// Reader reads plates with one engine or the other. It implements reader.Engine.
type Reader struct {
	engines  map[string]engine
	missing  map[string]error
	decoders map[string]*ctc.Decoder
}

var _ reader.Engine = (*Reader)(nil)

// Open loads the networks: our own are part of the program, those of PP-OCRv4 and
// onnxruntime are in dir ("": the folder ocr beside the program). The error says why
// neither engine can be had.
func Open(dir string) (reader.Engine, error) {
	// One core, as in ort.go; gocv 0.31 has no call for it, and OpenCV asks at its first use.
	if err := os.Setenv("OPENCV_FOR_THREADS_NUM", "1"); err != nil {
		return nil, fmt.Errorf("second reader: %w", err)
	}
	if dir == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("second reader: where the program stands: %w", err)
		}
		dir = filepath.Join(filepath.Dir(exe), "ocr")
	}
	r := &Reader{engines: map[string]engine{}, missing: map[string]error{}, decoders: map[string]*ctc.Decoder{}}
	p, err := openPPOCR(dir)
	if err == nil {
		r.engines[PPOCR] = p
	} else {
		r.missing[PPOCR] = err
	}
	o, err := openOwn()
	if err == nil {
		r.engines[Own] = o
	} else {
		r.missing[Own] = err
	}
	if p != nil && o != nil {
		r.engines[Joint] = &joint{p, o}
	}
	if len(r.engines) == 0 {
		return nil, fmt.Errorf("second reader: no engine: %w", errors.Join(r.missing[PPOCR], r.missing[Own]))
	}
	return r, nil
}

// Close frees the networks.
func (r *Reader) Close() error {
	var errs []error
	delete(r.engines, Joint) // is made of the others
	for _, e := range r.engines {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}

// choose gives the engine of a job.
func (r *Reader) choose(name string) (string, engine, error) {
	switch name {
	case "":
		for _, n := range []string{Joint, PPOCR, Own} {
			if e := r.engines[n]; e != nil {
				return n, e, nil
			}
		}
	case Joint, PPOCR, Own:
		if e := r.engines[name]; e != nil {
			return name, e, nil
		}
		return name, nil, fmt.Errorf("engine %s: %w", name, errors.Join(r.missing[PPOCR], r.missing[Own]))
	}
	return name, nil, fmt.Errorf("engine %q: want %s, %s or %s", name, Joint, PPOCR, Own)
}

// Read implements reader.Engine.
func (r *Reader) Read(j *reader.Job) reader.Answer {
	t0 := time.Now()
	name, e, err := r.choose(j.Engine)
	a := reader.Answer{Engine: name}
	if err == nil {
		a.Plates, err = r.read(e, j)
	}
	if err != nil {
		a.Error, a.Plates = err.Error(), nil
	}
	a.Micros = time.Since(t0).Microseconds()
	return a
}

func (r *Reader) decoder(site []string) *ctc.Decoder {
	key := strings.Join(site, ",")
	d := r.decoders[key]
	if d == nil {
		if len(r.decoders) > 16 {
			clear(r.decoders)
		}
		d = ctc.NewDecoder(site)
		r.decoders[key] = d
	}
	return d
}

func (r *Reader) read(e engine, j *reader.Job) ([]reader.Plate, error) {
	m, shrunk, err := decode(j.Picture)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	s := sight{e: e, d: r.decoder(j.Site), m: m}
	if j.Crop {
		err = s.crop()
	} else {
		at := part(m, j.Region)
		if at != image.Rect(0, 0, m.Cols(), m.Rows()) {
			s.m = m.Region(at)
			defer s.m.Close()
		}
		s.off, err = at.Min, s.scene()
	}
	if err != nil {
		return nil, err
	}
	return s.plates(shrunk), nil
}

// line is one line of text that was read, or two that make one plate.
type line struct {
	quad
	rows  int
	seen  []*ctc.Matrix
	said  ctc.Decoded
	likes float64
}

func (l *line) best() ctc.Reading { return l.said.Readings[0] }

// sight is the reading of one picture.
type sight struct {
	e     engine
	d     *ctc.Decoder
	m     gocv.Mat
	off   image.Point // of m in the picture
	lines []line
}

const (
	mostLines = 10 // of one pass are read
	mostFound = 5  // plates of a picture are told
)

// crop reads a picture that is one plate: as one row, and where it is high as two.
func (s *sight) crop() error {
	w, h := float64(s.m.Cols()), float64(s.m.Rows())
	all := rect(0, 0, w, h)
	if err := s.add(all, true); err != nil {
		return err
	}
	if w/h > twoRows {
		return nil
	}
	a, err := s.e.look(s.m, rect(0, 0, w, h*0.52), true, false)
	if err != nil {
		return err
	}
	b, err := s.e.look(s.m, rect(0, h*0.44, w, h), true, false)
	if err != nil {
		return err
	}
	s.join(all, a, b)
	return nil
}

// twoRows is the width over the height of a crop below which it may have two rows.
const twoRows = 2.9

func rect(x0, y0, x1, y1 float64) quad {
	return quad{[4]point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, 1}
}

// scene looks for plates, closer as long as nothing convinces.
func (s *sight) scene() error {
	if w, h := float64(s.m.Cols()), float64(s.m.Rows()); h < plateHigh && w > 2*h && w < 7*h {
		if err := s.add(rect(0, 0, w, h), true); err != nil { // a plate cut out is found as a whole
			return err
		}
	}
	for level := 0; ; level++ {
		found, ok, err := s.e.find(s.m, level)
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		n := 0
		for _, q := range found {
			if q.width() < 1.2*q.height() || s.known(&q) {
				continue
			}
			if n++; n > mostLines {
				break
			}
			if err := s.add(q, false); err != nil {
				return err
			}
		}
		if err := s.pairs(); err != nil {
			return err
		}
		if i := s.likeliest(); i >= 0 && s.lines[i].likes > convincing {
			return nil
		}
	}
}

// plateHigh is the height in pixels below which a wide picture may be one plate.
const plateHigh = 240

// convincing is the likeness from which a picture is not looked at more closely.
const convincing = 0.3

// known reports whether a line at this place has been read well already.
func (s *sight) known(q *quad) bool {
	for i := range s.lines {
		l := &s.lines[i]
		if dist(l.middle(), q.middle()) < 0.3*q.height() && math.Abs(l.width()-q.width()) < 0.1*q.width() && l.likes > convincing {
			return true
		}
	}
	return false
}

// add reads the line in q. What is no plate at the first look is not looked at again, nor
// what leaves no doubt.
func (s *sight) add(q quad, crop bool) error {
	seen, err := s.e.look(s.m, q, crop, false)
	if err != nil {
		return err
	}
	l := line{quad: q, rows: 1, seen: seen}
	if !s.decode(&l) {
		return nil
	}
	if l.likes > hopeless && (l.best().P < certain || l.best().Seen < plain) {
		wider, err := s.e.look(s.m, q, crop, true)
		if err != nil {
			return err
		}
		l.seen = append(l.seen, wider...)
		s.decode(&l)
	}
	s.lines = append(s.lines, l)
	return nil
}

const (
	hopeless = -6   // likeness below which a line is no plate
	certain  = 0.98 // share of a reading, and
	plain    = -0.1 // logarithm of its probability, from which nothing is in doubt
)

// decode reads a line from its looks; false if nothing legible is there.
func (s *sight) decode(l *line) bool {
	l.said = s.d.Decode(l.seen...)
	if len(l.said.Readings) == 0 {
		return false
	}
	l.likes = likeness(l.said, l.width()/max(l.height(), 1), l.height()/float64(s.m.Rows()))
	return true
}

// join reads two rows as one plate.
func (s *sight) join(q quad, upper, lower []*ctc.Matrix) {
	l := line{quad: q, rows: 2}
	for i := range min(len(upper), len(lower)) {
		l.seen = append(l.seen, ctc.Append(upper[i], lower[i]))
	}
	l.said = s.d.Decode(l.seen...)
	if len(l.said.Readings) == 0 || !ctc.TwoRows(l.best().Code) {
		return
	}
	l.likes = likeness(l.said, 4, q.height()/2/float64(s.m.Rows()))
	s.lines = append(s.lines, l)
}

// pairs joins what finders part: rows that stand one above the other, and pieces of one
// row, such as a region's number in a field of its own.
func (s *sight) pairs() error {
	for i, n := 0, len(s.lines); i < n; i++ {
		for k := range n {
			a, b := &s.lines[i], &s.lines[k]
			if i == k || a.rows != 1 || b.rows != 1 {
				continue
			}
			if above(&a.quad, &b.quad) {
				q := a.quad
				q.p[2], q.p[3] = b.p[2], b.p[3]
				s.join(q, a.seen, b.seen)
			}
			if q, ok := beside(&a.quad, &b.quad); ok && !s.known(&q) {
				if err := s.add(q, false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// beside gives the outline of two pieces of one row, a at the left of b.
func beside(a, b *quad) (quad, bool) {
	ha, hb := a.height(), b.height()
	t := a.tilt()
	d := point{b.p[0].x - a.p[1].x, (b.p[0].y+b.p[3].y)/2 - (a.p[1].y+a.p[2].y)/2}
	gap := d.x*math.Cos(t) + d.y*math.Sin(t)
	across := d.y*math.Cos(t) - d.x*math.Sin(t)
	if ha > 2*hb || hb > 2*ha || math.Abs(t-b.tilt()) > 0.15 || gap < -0.3*ha || gap > 1.2*max(ha, hb) || math.Abs(across) > 0.35*max(ha, hb) ||
		(a.width()+b.width()+gap)/max(ha, hb) > 8 {
		return quad{}, false
	}
	q := quad{[4]point{a.p[0], b.p[1], b.p[2], a.p[3]}, min(a.score, b.score)}
	if hb < ha { // the lower piece is the smaller: its edge follows the higher one's
		up := (ha - hb) / 2
		q.p[1].x, q.p[1].y = q.p[1].x+up*math.Sin(t), q.p[1].y-up*math.Cos(t)
		q.p[2].x, q.p[2].y = q.p[2].x-up*math.Sin(t), q.p[2].y+up*math.Cos(t)
	}
	return q, true
}

// above reports whether line b stands close under line a, as the rows of one plate do.
func above(a, b *quad) bool {
	ha, hb := a.height(), b.height()
	d := point{b.middle().x - a.middle().x, b.middle().y - a.middle().y}
	t := a.tilt()
	along := d.x*math.Cos(t) + d.y*math.Sin(t)
	across := d.y*math.Cos(t) - d.x*math.Sin(t)
	return ha < 2*hb && hb < 2*ha && math.Abs(t-b.tilt()) < 0.2 &&
		across > 0.6*(ha+hb)/2 && across < 1.5*(ha+hb)/2 && math.Abs(along) < 0.35*max(a.width(), b.width())
}

// likeliest is the index of the likeliest plate; -1 for none.
func (s *sight) likeliest() int {
	best := -1
	for i := range s.lines {
		if best < 0 || s.lines[i].likes > s.lines[best].likes {
			best = i
		}
	}
	return best
}

// plates orders what was read and turns it into the answer. Of lines at one place the
// likeliest is told.
func (s *sight) plates(shrunk int) []reader.Plate {
	slices.SortStableFunc(s.lines, func(a, b line) int { return cmp.Compare(b.likes, a.likes) })
	var out []reader.Plate
	var told []*line
	for i := range s.lines {
		l := &s.lines[i]
		if l.likes < leastLikeness || len(out) == mostFound || slices.ContainsFunc(told, func(t *line) bool { return overlap(t, l) }) {
			continue
		}
		told = append(told, l)
		out = append(out, s.plate(l, shrunk))
	}
	return out
}

// leastLikeness is the likeness below which a line is no plate.
const leastLikeness = -7

// overlap reports whether the middle of one line lies in the other.
func overlap(a, b *line) bool {
	x, y := a.box(), b.box()
	c := x.Intersect(y)
	return 2*c.Dx()*c.Dy() > min(x.Dx()*x.Dy(), y.Dx()*y.Dy())
}

func (s *sight) plate(l *line, shrunk int) reader.Plate {
	best := l.best()
	p := reader.Plate{Text: best.Code.String(), Country: shown(best.Code), Rows: l.rows}
	// What the networks call certain is wrong now and then; how often was not measured on a
	// lane, so nothing is told as more than 0.99.
	sure := 1.0
	for i, c := range l.said.Sure {
		c = min(c, 0.999)
		sure = float64(sure * c)
		p.Chars = append(p.Chars, obs.Char{C: string(best.Code.At(i).Rune()), P: quant.ProbOf(c)})
	}
	p.Confidence = quant.ProbOf(min(sure, best.P, 0.99))
	for _, c := range l.said.Readings {
		if c.P < 1e-3 {
			break
		}
		p.Candidates = append(p.Candidates, obs.Candidate{Text: c.Code.String(), P: quant.ProbOf(min(c.P, 0.99))})
	}
	b := l.box().Add(s.off)
	p.Box = [4]int{b.Min.X * shrunk, b.Min.Y * shrunk, b.Dx() * shrunk, b.Dy() * shrunk}
	for i, c := range l.p {
		p.Corners[i] = [2]int{(int(c.x) + s.off.X) * shrunk, (int(c.y) + s.off.Y) * shrunk}
	}
	p.Crop = cut(s.m, l.quad)
	return p
}

// shown is the country that the characters themselves show: Chinese provinces, and Cyrillic
// letters that Mongolia alone uses. The order of digits and letters shows none.
func shown(c plate.Code) string {
	for i := range c.Len() {
		switch c.At(i).Class() {
		case plate.Han:
			return "CN"
		case plate.Cyrillic:
			return "MN"
		}
	}
	return ""
}

// cut gives a JPEG of the straightened plate with a little around it.
func cut(m gocv.Mat, q quad) []byte {
	q = q.grown(0.25, 0.2, 0.25, 0.2)
	h := 64
	w := min(max(int(q.width()/max(q.height(), 1)*float64(h)), h), 8*h)
	c := straighten(m, q, w, h)
	defer c.Close()
	b, err := gocv.IMEncode(gocv.JPEGFileExt, c)
	if err != nil {
		return nil
	}
	defer b.Close()
	return slices.Clone(b.GetBytes())
}
