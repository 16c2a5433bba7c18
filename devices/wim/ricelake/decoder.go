package ricelake

import (
	"errors"

	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

var errTare = errors.New("net without a known tare: gross cannot be told, the weight is not used")

// decoder makes readings of frames. It is a weigh.Decoder.
type decoder struct {
	format Format
	ton    Ton

	lines wim.Lines
	r     weigh.Reading
	take  func(*weigh.Reading)
	fail  func(int64, error, []byte)
	one   func(int64, []byte) // frame, bound once
	blind bool                // net has been reported
}

func newDecoder(format Format, ton Ton) *decoder {
	d := &decoder{format: format, ton: ton, lines: wim.Lines{Begin: stx, Ends: "\r\n"}}
	if format == Cardinal {
		d.lines = wim.Lines{Begin: cr, Ends: "\x03"}
	}
	d.one = d.frame
	return d
}

// Feed implements weigh.Decoder.
func (d *decoder) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.take, d.fail = take, fail
	d.lines.Feed(p, d.one, fail)
}

// Pending implements weigh.Decoder: a frame is whole with its end.
func (d *decoder) Pending() bool { return false }

// Flush implements weigh.Decoder.
func (d *decoder) Flush(_ func(*weigh.Reading), fail func(int64, error, []byte)) { d.lines.Flush(fail) }

// frame takes the bytes of one frame with its end. No frame carries the tare, so a net
// weight is never one to use.
func (d *decoder) frame(at int64, p []byte) {
	var f Frame
	var err error
	if body := p[:len(p)-1]; d.format == Cardinal {
		f, err = parseCardinal(body)
	} else {
		f, err = parseRLWS(body, d.ton)
	}
	if err != nil {
		d.fail(at, err, p)
		return
	}
	none := f.Invalid || f.Range
	net := f.Net && !none
	if net && !d.blind {
		d.fail(at, errTare, p)
	}
	if !none {
		d.blind = net
	}
	d.r = weigh.Reading{Indicated: f.Weight, Raw: p, Sample: wim.Sample{
		Raw: f.Weight, Motion: f.Motion, Stable: !f.Motion && !none && !net, Zero: f.Zero, Net: f.Net,
		Overload: f.Range && !f.Minus, Underload: f.Range && f.Minus, Fault: f.Invalid || net,
	}}
	d.take(&d.r)
}
