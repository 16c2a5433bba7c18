package yaohua

import (
	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/quant"
)

const proto = "yaohua"

// NewSession makes the machine of one connection. It only listens, but in command mode.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	d := &readings{Decoder: Decoder{Format: c.Format}, unit: units[c.Unit]}
	if c.Format != Command {
		return weigh.Listen(proto, d, layouts[c.Format].n, c.Settings, c.Listening, sec, env)
	}
	d.address = c.Address[0]
	if c.Period == 0 {
		c.Period = c.Poll
	}
	l, err := weigh.Listen(proto, d, layouts[c.Format].n, c.Settings, c.Listening, sec, env)
	if err != nil {
		return nil, err
	}
	return weigh.Asking(l, "", ask(d.address, gross), c.Poll), nil
}

// readings makes readings of frames.
type readings struct {
	Decoder
	unit    quant.Mass
	address byte // of command mode; 0: there is none
	r       weigh.Reading
}

// Feed implements weigh.Decoder.
func (d *readings) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Feed(p, func(f *Frame) { d.pass(f, take) }, fail)
}

// Flush implements weigh.Decoder.
func (d *readings) Flush(take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Flush(func(f *Frame) { d.pass(f, take) }, fail)
}

// pass hands a weight on. A tare is none, and neither is the answer of another indicator on
// the line, or to another request.
func (d *readings) pass(f *Frame, take func(*weigh.Reading)) {
	if f.Tare || d.address != 0 && (f.Address != d.address || f.Answers != gross) {
		return
	}
	take(d.of(f))
}

// of gives what a frame says. No format tells stability: it is derived. A net frame does
// not carry the tare, so the load on the platform is not known: it is a fault.
func (d *readings) of(f *Frame) *weigh.Reading {
	w := f.Weight(d.unit)
	d.r = weigh.Reading{Indicated: w, Steadied: true, Raw: f.Raw, Sample: wim.Sample{
		Raw: w, Overload: f.Over, Underload: f.Under, Net: f.Net, Fault: f.Net,
	}}
	return &d.r
}
