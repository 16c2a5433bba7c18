package stgs

import (
	"errors"

	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/quant"
)

// tareFor is how many weights a tare line stands for: an indicator that tells its tare
// tells it in turn with the weight, and a tare that it no longer tells may be another.
const tareFor = 8

var (
	errTare    = errors.New("net without a known tare: gross cannot be told, the weight is not used")
	errAddress = errors.New("another address than the line before: set address")
)

// decoder makes readings of lines. It is a weigh.Decoder.
type decoder struct {
	address string // "" is any, but one
	scale   byte   // '0' to '9': lines that name another scale are passed over; 0 is any

	lines wim.Lines
	r     weigh.Reading
	take  func(*weigh.Reading)
	fail  func(int64, error, []byte)
	one   func(int64, []byte) // line, bound once

	heard string // address of the line before
	begun bool
	tare  quant.Mass
	fresh int  // weights that tare still stands for
	blind bool // net without tare has been reported

	stored []Line // answers of the alibi memory that nobody has taken yet
}

// storedMax bounds the answers that wait; only one is ever asked for at a time.
const storedMax = 4

func newDecoder(address string) *decoder {
	d := &decoder{address: address, lines: wim.Lines{Ends: "\r\n"}}
	d.one = d.line
	return d
}

// Feed implements weigh.Decoder.
func (d *decoder) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.take, d.fail = take, fail
	d.lines.Feed(p, d.one, fail)
}

// Pending implements weigh.Decoder: a line is whole with its end.
func (d *decoder) Pending() bool { return false }

// Flush implements weigh.Decoder.
func (d *decoder) Flush(_ func(*weigh.Reading), fail func(int64, error, []byte)) { d.lines.Flush(fail) }

func (d *decoder) line(at int64, p []byte) {
	l, err := Parse(p)
	if err == nil && d.address == "" {
		if d.begun && l.Address != d.heard {
			err = errAddress
			d.fresh = 0
		}
		d.begun, d.heard = true, l.Address
	}
	switch {
	case err != nil:
		d.fail(at, err, p)
	case d.address != "" && l.Address != d.address: // of another on the same line
	case l.Done, d.scale != 0 && l.Scale != 0 && l.Scale != d.scale:
	case l.Store != 0:
		if len(d.stored) < storedMax {
			d.stored = append(d.stored, l)
		}
	case l.Mode == Tare && (l.Status == Stable || l.Status == Unstable):
		d.tare, d.fresh = l.Weight, tareFor
	case l.Mode == Tare: // no number, no weight
		d.fresh = 0
	default:
		d.weight(at, &l, p)
	}
}

// weight hands a gross or net weight on.
func (d *decoder) weight(at int64, l *Line, p []byte) {
	d.r = weigh.Reading{Indicated: l.Weight, Raw: p, Sample: wim.Sample{
		Raw: l.Weight, Stable: l.Status == Stable, Motion: l.Status == Unstable, Zero: l.Zero, Net: l.Mode == Net,
		Overload: l.Status == Overload, Underload: l.Status == Underload, Fault: l.Status == Failed,
	}}
	switch {
	case l.Tared && l.Mode == Net: // the answer to REXT
		d.r.Sample.Raw, d.r.Net = l.Weight+l.Tare, l.Tare != 0
	case l.Mode != Net:
		d.blind = false
	case !l.weighed():
	case d.fresh > 0:
		d.blind = false
		d.r.Sample.Raw += d.tare
	default:
		d.r.Fault, d.r.Stable = true, false
		if !d.blind {
			d.fail(at, errTare, p)
		}
		d.blind = true
	}
	d.fresh = max(0, d.fresh-1)
	d.take(&d.r)
}
