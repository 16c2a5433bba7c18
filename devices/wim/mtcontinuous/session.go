package mtcontinuous

import (
	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

const proto = "mt-continuous"

// NewSession makes the machine of one connection. It only listens.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	return weigh.Listen(proto, &readings{Decoder: Decoder{Checksum: c.Checksum}}, fullLen, c.Settings, c.Listening, sec, env)
}

// readings makes readings of frames.
type readings struct {
	Decoder
	r weigh.Reading
}

// Feed implements weigh.Decoder.
func (d *readings) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Feed(p, func(f *Frame) { take(d.of(f)) }, fail)
}

// Flush implements weigh.Decoder.
func (d *readings) Flush(take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Flush(func(f *Frame) { take(d.of(f)) }, fail)
}

// of gives what a frame says. A weight out of range is none; a net frame gives gross with
// the tare that it carries.
func (d *readings) of(f *Frame) *weigh.Reading {
	d.r = weigh.Reading{Indicated: f.Weight, Raw: f.Raw, Sample: wim.Sample{
		Raw: f.Gross(), Motion: f.Motion, Stable: !f.Motion && !f.Range, Net: f.Net,
		Overload: f.Range && !f.Negative, Underload: f.Range && f.Negative, Fault: f.PowerUp,
	}}
	return &d.r
}
