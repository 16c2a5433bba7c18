//go:build gocv

package vision

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"gocv.io/x/gocv"

	"acsgd/devices/anpr/ctc"
	"acsgd/internal/plate"
)

// ppocr is PP-OCRv4: a text finder (DB) and a recogniser (SVTR with CTC).
type ppocr struct {
	finder, reader *net
	symbols        []plate.Symbol // of each class; 0 is the blank, ignored what is no plate's
}

// ignored marks classes that are no character of a plate, separator those that stand
// between characters.
const (
	ignored   plate.Symbol = 255
	separator plate.Symbol = 0
)

func openPPOCR(dir string) (*ppocr, error) {
	if err := startRuntime(dir); err != nil {
		return nil, err
	}
	p := &ppocr{}
	var err error
	if p.symbols, err = readKeys(filepath.Join(dir, keysFile)); err != nil {
		return nil, err
	}
	if p.finder, err = openNet(filepath.Join(dir, finderFile)); err != nil {
		return nil, err
	}
	if p.reader, err = openNet(filepath.Join(dir, readerFile)); err != nil {
		return nil, errors.Join(err, p.finder.close())
	}
	return p, nil
}

// readKeys reads the dictionary: class 0 is the blank, then one class a line, then the space.
func readKeys(path string) ([]plate.Symbol, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	out := make([]plate.Symbol, 0, len(lines)+2)
	out = append(out, separator)
	for _, l := range lines {
		out = append(out, symbolOf(strings.TrimRight(l, "\r")))
	}
	return append(out, separator), nil
}

// symbolOf gives the symbol of a written character.
func symbolOf(key string) plate.Symbol {
	switch {
	case key == "" || strings.ContainsAny(key, " -.·•:_'|,`~*"):
		return separator
	}
	n := plate.Normalise(key)
	if utf8.RuneCountInString(n) != 1 {
		return ignored
	}
	r, _ := utf8.DecodeRuneInString(n)
	s := plate.SymbolOf(r)
	if s.Class() == plate.Unknown {
		return ignored
	}
	return s
}

// sides are the longer sides of the picture that the finder sees, by level: most lane
// cameras show plates large enough for the first.
var sides = []int{640, 960, 1280}

// find implements engine.
func (p *ppocr) find(m gocv.Mat, level int) ([]quad, bool, error) {
	size := max(m.Cols(), m.Rows())
	if level >= len(sides) || level > 0 && sides[level] > size*3/2 {
		return nil, false, nil // enlarged further, a picture shows no more
	}
	prob, w, h, fx, fy, err := p.texts(m, sides[level])
	if err != nil {
		return nil, false, err
	}
	return outlines(prob, w, h, fx, fy, outlining{threshold: 0.3, least: 0.5, unclip: 1.6, side: 3}), true, nil
}

// look implements engine. Finders cut first and last characters, so a line of a scene is
// read a little wider too; a crop once, narrowed, beside a space as the recogniser was
// trained with: both measured to read best.
func (p *ppocr) look(m gocv.Mat, q quad, crop, wider bool) ([]*ctc.Matrix, error) {
	stretch := 1.0
	switch {
	case crop && wider:
		return nil, nil
	case crop:
		stretch = narrower
	case wider:
		q = q.grown(0.12, 0.05, 0.12, 0.05)
	}
	l, err := p.cut(m, q, stretch, crop)
	return []*ctc.Matrix{l}, err
}

// cut straightens one line, stretches it and reads it.
func (p *ppocr) cut(m gocv.Mat, q quad, stretch float64, padded bool) (*ctc.Matrix, error) {
	l := upright(m, q)
	defer l.Close()
	return p.recognise(l, q.width()/max(q.height(), 1)*stretch, padded)
}

// findStep: the network halves its input five times.
const findStep = 32

// texts gives the map of text of a picture, and by what the picture's width and height were
// multiplied for it.
func (p *ppocr) texts(m gocv.Mat, side int) (prob []float32, w, h int, fx, fy float64, err error) {
	scale := float64(side) / float64(max(m.Cols(), m.Rows()))
	w = max(findStep, int(float64(m.Cols())*scale/findStep+0.5)*findStep)
	h = max(findStep, int(float64(m.Rows())*scale/findStep+0.5)*findStep)
	data := planes(m, w, h, w, [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225})
	out, dims, err := p.finder.run(data, 1, 3, int64(h), int64(w))
	if err != nil {
		return nil, 0, 0, 0, 0, fmt.Errorf("find text: %w", err)
	}
	if n := len(dims); n < 2 || dims[n-1] != int64(w) || dims[n-2] != int64(h) {
		return nil, 0, 0, 0, 0, fmt.Errorf("find text: the map has the size %v, want %d x %d", dims, h, w)
	}
	return out, w, h, float64(w) / float64(m.Cols()), float64(h) / float64(m.Rows()), nil
}

const (
	lineHeight = 48
	leastLine  = 32
	mostLine   = 640
	// narrower is by how much a line is narrowed: plates' letters are wider than print.
	narrower = 0.85
	// paddedLine is the width that the recogniser was trained with; narrower lines stand at
	// the left of it. Without, it loses first and last characters of tight crops.
	paddedLine = 320
)

// recognise reads one line of text, as so many times wider than high, padded to the
// recogniser's own width or not.
func (p *ppocr) recognise(line gocv.Mat, aspect float64, padded bool) (*ctc.Matrix, error) {
	w := min(max(int(aspect*lineHeight+0.5), leastLine), mostLine)
	wide := (w + 7) / 8 * 8
	if padded {
		wide = max(wide, paddedLine)
	}
	half := [3]float32{0.5, 0.5, 0.5}
	out, dims, err := p.reader.run(planes(line, w, lineHeight, wide, half, half), 1, 3, lineHeight, int64(wide))
	if err != nil {
		return nil, fmt.Errorf("recognise: %w", err)
	}
	if len(dims) != 3 || int(dims[2]) != len(p.symbols) {
		return nil, fmt.Errorf("recognise: output of the size %v, want %d classes", dims, len(p.symbols))
	}
	return gather(out, int(dims[1]), p.symbols), nil
}

// gather joins the classes of a recogniser into symbols.
func gather(out []float32, steps int, symbols []plate.Symbol) *ctc.Matrix {
	m := ctc.NewMatrix(steps)
	classes := len(symbols)
	for t := range steps {
		row, to := out[t*classes:(t+1)*classes], m.Row(t)
		for i, v := range row {
			if s := symbols[i]; s != ignored {
				to[s] += v
			}
		}
	}
	return m
}

// planes scales a BGR picture to w x h and gives its three planes, (v/255-mean)/deviation,
// in rows of wide values; what is beyond w is 0.
func planes(m gocv.Mat, w, h, wide int, mean, deviation [3]float32) []float32 {
	scaled := resized(m, w, h)
	defer scaled.Close()
	px := scaled.ToBytes()
	out := make([]float32, 3*wide*h)
	for c := range 3 {
		var table [256]float32
		for v := range table {
			table[v] = (float32(v)/255 - mean[c]) / deviation[c]
		}
		for y := range h {
			to := out[(c*h+y)*wide:][:w]
			from := px[y*w*3+c:]
			for x := range to {
				to[x] = table[from[3*x]]
			}
		}
	}
	return out
}

func (p *ppocr) close() error { return errors.Join(p.finder.close(), p.reader.close()) }
