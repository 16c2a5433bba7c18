//go:build gocv

package vision

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"

	"gocv.io/x/gocv"

	"acsgd/devices/anpr/ctc"
	"acsgd/internal/plate"
)

// Our own networks; own/CARD.md says what they were trained on and what they cannot do.
var (
	//go:embed own/finder.onnx
	ownFinder []byte
	//go:embed own/plates.onnx
	ownReader []byte
	//go:embed own/alphabet.txt
	ownAlphabet string
)

// own are our networks, run by OpenCV: a finder of plates and a recogniser with CTC.
type own struct {
	finder, reader gocv.Net
	symbols        []plate.Symbol
}

func openOwn() (*own, error) {
	o := &own{symbols: []plate.Symbol{separator}}
	for l := range strings.Lines(ownAlphabet) {
		o.symbols = append(o.symbols, symbolOf(strings.TrimRight(l, "\r\n")))
	}
	var err error
	if o.finder, err = gocv.ReadNetFromONNXBytes(ownFinder); err != nil {
		return nil, fmt.Errorf("own finder: %w", err)
	}
	if o.reader, err = gocv.ReadNetFromONNXBytes(ownReader); err != nil {
		return nil, errors.Join(fmt.Errorf("own recogniser: %w", err), o.finder.Close())
	}
	return o, nil
}

// The sizes of the networks' inputs and of the finder's map, see train/networks.py.
const (
	finderWide, finderHigh = 512, 384
	finderStride           = 4
	ownWide, ownHigh       = 160, 32
)

// find implements engine: the whole picture first, then its parts at twice the scale.
func (o *own) find(m gocv.Mat, level int) ([]quad, bool, error) {
	switch level {
	case 0:
		q, err := o.plates(m, image.Rect(0, 0, m.Cols(), m.Rows()))
		return q, true, err
	case 1:
		if max(m.Cols(), m.Rows()) <= finderWide*3/2 {
			return nil, false, nil
		}
		var out []quad
		w, h := m.Cols()*5/8, m.Rows()*5/8
		for _, at := range []image.Point{{0, m.Rows() - h}, {m.Cols() - w, m.Rows() - h}, {0, 0}, {m.Cols() - w, 0}} {
			q, err := o.plates(m, image.Rectangle{at, at.Add(image.Pt(w, h))})
			if err != nil {
				return nil, false, err
			}
			out = append(out, q...)
		}
		return out, true, nil
	}
	return nil, false, nil
}

// plates finds plates in a part of a picture.
func (o *own) plates(m gocv.Mat, at image.Rectangle) ([]quad, error) {
	view := m.Region(at)
	defer view.Close()
	f := min(float64(finderWide)/float64(at.Dx()), float64(finderHigh)/float64(at.Dy()))
	w, h := min(int(float64(at.Dx())*f+0.5), finderWide), min(int(float64(at.Dy())*f+0.5), finderHigh)
	grey, err := greyed(view, w, h, finderWide, finderHigh)
	if err != nil {
		return nil, err
	}
	prob, _, err := forward(&o.finder, grey, finderHigh, finderWide)
	if err != nil {
		return nil, fmt.Errorf("find plates: %w", err)
	}
	const mw, mh = finderWide / finderStride, finderHigh / finderStride
	if len(prob) != mw*mh {
		return nil, fmt.Errorf("find plates: a map of %d values, want %d", len(prob), mw*mh)
	}
	found := outlines(prob, mw, mh, float64(w)/float64(at.Dx())/finderStride, float64(h)/float64(at.Dy())/finderStride,
		outlining{threshold: 0.4, least: 0.4, unclip: 0.9, side: 1})
	for i := range found {
		for k := range found[i].p {
			found[i].p[k].x += float64(at.Min.X)
			found[i].p[k].y += float64(at.Min.Y)
		}
	}
	return found, nil
}

// look implements engine.
func (o *own) look(m gocv.Mat, q quad, crop, wider bool) ([]*ctc.Matrix, error) {
	switch {
	case wider && crop:
		q = q.grown(-0.08, -0.05, -0.08, -0.05)
	case wider:
		q = q.grown(0.15, 0.08, 0.15, 0.08)
	}
	l := upright(m, q)
	grey, err := greyed(l, ownWide, ownHigh, ownWide, ownHigh)
	l.Close()
	if err != nil {
		return nil, err
	}
	p, steps, err := forward(&o.reader, grey, ownHigh, ownWide)
	if err != nil {
		return nil, fmt.Errorf("recognise: %w", err)
	}
	if len(p) != steps*len(o.symbols) {
		return nil, fmt.Errorf("recognise: %d values of %d steps, want %d classes", len(p), steps, len(o.symbols))
	}
	return []*ctc.Matrix{gather(p, steps, o.symbols)}, nil
}

// greyed gives a picture as grey values, (v/255-0.5)/0.5, scaled to w x h at the upper left
// of wide x high.
func greyed(m gocv.Mat, w, h, wide, high int) ([]float32, error) {
	g := gocv.NewMat()
	defer g.Close()
	gocv.CvtColor(m, &g, gocv.ColorBGRToGray)
	s := resized(g, w, h)
	defer s.Close()
	px, err := s.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	out := make([]float32, wide*high)
	for y := range h {
		to, from := out[y*wide:][:w], px[y*w:]
		for x := range to {
			to[x] = float32(from[x])/127.5 - 1
		}
	}
	return out, nil
}

// forward runs a network on one plane of h x w and gives its output and the length of the
// output's second dimension.
func forward(n *gocv.Net, data []float32, h, w int) (out []float32, steps int, err error) {
	plane, err := gocv.NewMatWithSizesFromBytes([]int{1, 1, h, w}, gocv.MatTypeCV32F, bytesOf(data))
	if err != nil {
		return nil, 0, err
	}
	defer plane.Close()
	n.SetInput(plane, "")
	o := n.Forward("")
	defer o.Close()
	size := o.Size()
	if len(size) < 3 {
		return nil, 0, fmt.Errorf("an output of %v", size)
	}
	p, err := o.DataPtrFloat32()
	if err != nil {
		return nil, 0, err
	}
	return append([]float32(nil), p...), size[1], nil
}

func (o *own) close() error { return errors.Join(o.finder.Close(), o.reader.Close()) }

// bytesOf gives values as OpenCV holds them: this machine's order is the little-endian one
// of both processors that the networks' library is made for.
func bytesOf(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}
