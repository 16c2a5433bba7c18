// Package devices holds what every instrument driver promises: Source, Emit, Driver and
// Session, and the supervisor that runs sources for ever.
//
// A driver never dials, never retries, never logs a passing vehicle and never reads a
// clock: it is handed bytes and the time, and hands out observations and bytes to send.
// So the same driver runs on a serial line, on TCP, from a recording and in virtual time.
package devices

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// Emit hands over one observation. It may block for back-pressure and returns when the
// observation is accepted or the context given to Run has ended. One goroutine at a time
// per Source. If done is not nil it is called exactly once, from any goroutine: with nil
// when the observation is durable, else with the reason why it is not. Acknowledgements
// to a device are sent from done only.
type Emit func(o obs.Observation, done func(error))

// Source is one instrument. Run produces observations until ctx ends (then it returns nil
// or the context's error) or its link fails (then it returns the cause). Run may be called
// again after it returned; the supervisor decides when.
type Source interface {
	Run(ctx context.Context, emit Emit) error
}

// Actuator is a Source that can also move something: a barrier, a light.
// Do returns when the device has acknowledged the write, or with the reason why not; a
// pulse is never repeated automatically. It is safe for concurrent use with Run.
type Actuator interface {
	Do(ctx context.Context, c Command) error
}

// Observer is a Source that also wants to know what other devices of its lane have seen: the
// second reader of number plates reads the pictures that cameras took.
type Observer interface {
	// Observes names the devices whose observations it wants; nil is all of its lane.
	Observes() []string
	// Observe is told of an observation that names a picture, once it is durable and judged.
	// It is called by the lane itself, from one goroutine, so it must not block; what it has no
	// room for it drops and reports. o and what it points to stay as they are.
	Observe(o obs.Observation)
}

// Command is one movement that the lane wants.
type Command struct {
	Output string // barrier, light
	Action string // open, close; red, green
	Cause  string // passage id and order or rule, for the record
}

// Session is one dialogue with one device as a pure machine: no clock, no goroutine, no
// I/O. A new Session is made for each connection.
type Session interface {
	// Feed takes the bytes that arrived at now. p is not retained.
	Feed(now time.Time, p []byte, out *Out)
	// Tick is called once when the link opens (p nothing has arrived yet), and again
	// whenever Deadline has passed.
	Tick(now time.Time, out *Out)
	// Deadline reports when Tick wants to be called next; ok is false if never.
	Deadline() (at time.Time, ok bool)
}

// Out collects what a Session wants done, in order.
type Out struct {
	Send []byte             // bytes for the device, now
	Obs  []obs.Observation  // Stamp.At, Err, Origin, Raw, Blobs and Body filled
	Acks []Ack              // bytes for the device once observations are durable
	Errs []*obs.DecodeError // what could not be understood; the session has resynchronised
	// Frames counts decoded frames for the health screen, where a session decodes many for
	// one observation; fewer than len(Obs) counts as len(Obs).
	Frames int
	Fail   error // not nil: the link is useless, close it and return this
}

// Ack is an answer that may be sent only when the first After observations of the Out it
// stands in are durable. If one of them is refused, the answer Else is sent (nil: none).
type Ack struct {
	After int
	Then  []byte
	Else  []byte
}

// Emit adds an observation of body seen at "at" by our own clock.
func (o *Out) Emit(at time.Time, raw []byte, body obs.Body) {
	ob := obs.Observation{Stamp: obs.Stamp{At: obs.Unix(at)}, Body: body}
	if len(raw) <= obs.MaxRaw {
		ob.Raw = append([]byte(nil), raw...)
	}
	o.Obs = append(o.Obs, ob)
}

// Ack sends then once all observations emitted so far are durable.
func (o *Out) Ack(then []byte) {
	o.Acks = append(o.Acks, Ack{After: len(o.Obs), Then: append([]byte(nil), then...)})
}

// Err adds a decode error.
func (o *Out) Err(proto string, offset int64, reason string, frame []byte) {
	o.Errs = append(o.Errs, &obs.DecodeError{Proto: proto, Offset: offset, Reason: reason,
		Frame: append([]byte(nil), frame[:min(len(frame), 64)]...)})
}

// Reset empties o for reuse.
func (o *Out) Reset() {
	o.Send, o.Obs, o.Acks, o.Errs, o.Fail = o.Send[:0], o.Obs[:0], o.Acks[:0], o.Errs[:0], nil
	o.Frames = 0
}

// Env is what the site gives a driver.
type Env struct {
	Name string       // instrument name from the site file
	Lane string       // "" for corridor sources
	Log  *slog.Logger // never nil
	// Keep stores evidence and returns when it is synced to disk. Same bytes, same blob.
	Keep func(mediaType string, p []byte) (obs.Blob, error)
	// Fetch gives evidence back by its SHA-256; nil where nothing is kept.
	Fetch func(sha256 string) ([]byte, error)
	// Country is that of the site, ISO 3166-1 alpha-2; "" is not known.
	Country string
	// Report takes decode errors for the counters and the health screen; never nil.
	Report func(*obs.DecodeError)
	// Stream asks for one observation a decoded frame instead of one a vehicle ("decode").
	Stream bool
	// Raw asks for raw traces and scans inside the observations ("decode --set raw=true").
	Raw bool
	// Open opens byte links by URL; nil is line.Parse. Drivers use Link.
	Open func(link string) (line.Open, error)
	// Meter counts for the health screen; nil counts nothing. The shells of this package
	// (Stream, Listen, Poll) fill it.
	Meter *Meter
	// Broker is the site's MQTT session, shared by its sources; nil where there is none.
	Broker Broker
}

// Link makes the Open of a URL; it performs no I/O.
func (e Env) Link(url string) (line.Open, error) {
	if e.Open != nil {
		return e.Open(url)
	}
	return line.Parse(url)
}

// filled gives an Env whose functions can be called.
func (e Env) filled() Env {
	if e.Report == nil {
		e.Report = func(*obs.DecodeError) {}
	}
	if e.Log == nil {
		e.Log = slog.New(slog.DiscardHandler)
	}
	return e
}

// Broker is one MQTT session that many sources share; package devices/mqtt makes it.
type Broker interface {
	// Subscribe hands every message whose topic matches the filter to take, one at a time,
	// until stop is called; take must not block. ack tells the broker that the message is
	// safe; without it the broker sends it again after the next reconnection. lost is
	// called, at most once, when the session is gone; the subscription is then over. ctx
	// bounds the connecting, where there is no session yet.
	Subscribe(ctx context.Context, filter string, qos byte, take func(Message), lost func(error)) (stop func(), err error)
	// Publish sends a message and returns when the broker has it.
	Publish(ctx context.Context, topic string, qos byte, retain bool, payload []byte) error
}

// Message is one MQTT message. Payload belongs to the receiver.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
	Ack      func()
}

// Section is the configuration of one device.
type Section struct {
	Driver  string // catalogue kind
	Link    string // URL: serial: tcp: listen: pipe: replay: modbus+tcp: mqtt: http: ...
	Station string // distance from the lane datum, with its unit
	// Decode fills v (a pointer to a struct with toml tags, holding the defaults) from the
	// settings table; unknown keys and bad units are errors that name file and line. It gives
	// the same at every call, and sections of different devices may be decoded concurrently.
	Decode func(v any) error
	// Dir is the folder from which relative paths of the settings are, that of the site file;
	// "" is the working directory.
	Dir string
}

// Path gives a path of the settings from Dir, unless it is absolute.
func (s *Section) Path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// Driver is one row of the catalogue. New and NewSession validate and allocate; they
// perform no I/O.
type Driver struct {
	Kind    string // "wim/tenso-m", unique
	Summary string // one line for the list
	Manual  string // the driver's manual: models, wiring, settings, frames, quirks, sources
	Example string // a complete [[lane.device]] table, decoded by a test
	New     func(Section, Env) (Source, error)
	// NewSession makes the pure machine for "decode", replay and virtual time; nil where
	// the protocol has no byte stream of its own (polled registers).
	NewSession func(Section, Env) (Session, error)
	// NewSessions makes the machines of an instrument whose settings may name further links,
	// for virtual time: one maker a link, called for each connection; nil where NewSession is
	// all. What they see they tell as one instrument.
	NewSessions func(Section, Env) ([]func() (Session, error), error)
	// Buffered tells how many slices from before an occupancy a portal sends with its first
	// one; nil where it is as many as the alarm engine expects.
	Buffered func(Section) (int, error)
	// Port is the default TCP port of listening drivers, 0 otherwise.
	Port int
	// Schema is the JSON Schema of what the device must send, where that is our own format.
	Schema string
}

// permanent marks an error that a retry cannot mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks err as one that no retry can mend: wrong model answered, access refused.
// The supervisor then waits for a changed configuration.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[permanent](err)
	return ok
}
