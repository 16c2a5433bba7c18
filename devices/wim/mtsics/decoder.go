package mtsics

import (
	"bytes"

	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

// Decoder splits a byte stream into lines and reads the weight answers among them.
type Decoder struct {
	offset int64 // of buf[0]
	buf    []byte
	skip   bool // the rest of a line that was cut
	frame  Frame
}

// Feed decodes p. frame gets each weight answer, valid during the call; fail gets what
// could not be understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	for len(p) > 0 {
		n, whole := bytes.IndexByte(p, '\n')+1, true
		if n == 0 {
			n, whole = len(p), false
		}
		if d.skip {
			d.offset += int64(n)
			d.skip = !whole
			p = p[n:]
			continue
		}
		if room := MaxLine - len(d.buf); n > room {
			n, whole = room, false
		}
		d.buf = append(d.buf, p[:n]...)
		p = p[n:]
		switch {
		case whole:
			d.line(frame, fail)
		case len(d.buf) == MaxLine:
			fail(d.offset, errLong, d.buf)
			d.skip = true
		default:
			continue
		}
		d.offset += int64(len(d.buf))
		d.buf = d.buf[:0]
	}
}

// line reads the whole line in buf.
func (d *Decoder) line(frame func(*Frame), fail func(int64, error, []byte)) {
	body, ok := bytes.CutSuffix(d.buf, []byte("\r\n"))
	if !ok {
		fail(d.offset, errEnd, d.buf)
		return
	}
	d.frame = Frame{Raw: d.buf, Offset: d.offset}
	switch is, err := parse(string(body), &d.frame); {
	case err != nil:
		fail(d.offset, err, d.buf)
	case is:
		frame(&d.frame)
	}
}

// Flush ends the stream: a line that has no end yet will get none.
func (d *Decoder) Flush(fail func(offset int64, err error, raw []byte)) {
	if len(d.buf) > 0 {
		fail(d.offset, errCut, d.buf)
		d.offset += int64(len(d.buf))
		d.buf = d.buf[:0]
	}
	d.skip = false
}

// readings makes readings of frames.
type readings struct {
	Decoder
	r weigh.Reading
}

var _ weigh.Decoder = (*readings)(nil)

// Feed implements weigh.Decoder.
func (d *readings) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Feed(p, func(f *Frame) { take(d.of(f)) }, fail)
}

// Pending implements weigh.Decoder: the end of a line is known when it comes.
func (d *readings) Pending() bool { return false }

// Flush implements weigh.Decoder.
func (d *readings) Flush(_ func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Flush(fail)
}

// of gives what a frame says.
func (d *readings) of(f *Frame) *weigh.Reading {
	d.r = weigh.Reading{Indicated: f.Weight, Raw: f.Raw, Sample: wim.Sample{
		Raw: f.Weight, Motion: f.Status == Dynamic, Stable: f.Status == Stable,
		Overload: f.Status == Overload, Underload: f.Status == Underload, Fault: f.Status == Busy,
	}}
	return &d.r
}
