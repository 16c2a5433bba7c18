package mtsics

import (
	"bytes"

	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

// Decoder reads the weight answers among the lines of a connection. The zero Decoder is
// ready.
type Decoder struct {
	lines wim.Lines
	frame Frame
}

// Feed decodes p. frame gets each weight answer, valid during the call; fail gets what
// could not be understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	d.lines.Ends = "\n"
	d.lines.Feed(p, func(at int64, line []byte) {
		body, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if !ok {
			fail(at, errEnd, line)
			return
		}
		d.frame = Frame{Raw: line, Offset: at}
		switch is, err := parse(string(body), &d.frame); {
		case err != nil:
			fail(at, err, line)
		case is:
			frame(&d.frame)
		}
	}, fail)
}

// Flush ends the stream: a line that has no end yet will get none.
func (d *Decoder) Flush(fail func(offset int64, err error, raw []byte)) { d.lines.Flush(fail) }

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
