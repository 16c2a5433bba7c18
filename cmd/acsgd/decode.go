package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/devices/rpm/generic"
	"acsgd/devices/tracker"
	"acsgd/internal/config"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/site"
)

type decodeCmd struct {
	Driver string            `required:"" help:"Driver kind, see 'acsgd drivers'."`
	Set    map[string]string `help:"A setting of the driver, KEY=VALUE; may stand several times." mapsep:"none"`
	Start  time.Time         `default:"2000-01-01T00:00:00Z" help:"What the clock stands at, unless the bytes carry time."`
	Jsonl  string            `help:"A file of vectors, one JSON object a line; 'record' reads FILE as a record file." placeholder:"FILE|record"`
	Raw    bool              `help:"Scans and traces inside the observations."`
	Whole  bool              `name:"vehicles" help:"One observation a vehicle or axle, as a lane gets it, instead of one a frame."`
	File   string            `arg:"" optional:"" default:"-" help:"The bytes, '-' is standard input."`
}

// Help says more.
func (decodeCmd) Help() string {
	return "Prints one JSON object a line for each observation; what cannot be understood is a line with offset and reason, and decoding goes on behind it. Exit 1 if there was any. Of polled devices (laneio/modbus, wim/modbus, rpm/aspect, rpm/contacts, and rpm/generic with registers; Modbus TCP) the input is a record file with requests and answers."
}

// Run decodes.
func (d *decodeCmd) Run(s *std, log *slog.Logger) error {
	drv, err := site.Find(catalog.Drivers(), d.Driver)
	if err != nil {
		return usage{err}
	}
	if drv.NewSession == nil && d.Jsonl != "" && d.Jsonl != "record" {
		return usage{fmt.Errorf("%s is polled: vectors of answers mean nothing without the requests", drv.Kind)}
	}
	raw := d.Raw
	if v, ok := d.Set["raw"]; ok {
		if raw, err = strconv.ParseBool(v); err != nil {
			return usage{fmt.Errorf("--set raw=%s: want true or false", v)}
		}
		delete(d.Set, "raw")
	}
	env := devices.Env{Name: drv.Kind, Log: log, Report: func(*obs.DecodeError) {}, Stream: !d.Whole, Raw: raw, Keep: hashOnly}
	if d.Jsonl != "" && d.Jsonl != "record" {
		return d.vectors(s, drv, env)
	}
	in, err := open(s, d.File)
	if err != nil {
		return usage{err}
	}
	defer in.Close()
	polled := drv.NewSession == nil
	if drv.Kind == generic.Kind {
		if polled, err = generic.Polled(devices.Section{Driver: drv.Kind, Decode: d.settings}); err != nil {
			return usage{err}
		}
	}
	if polled {
		return d.polled(s, drv, env, in)
	}
	sess, err := drv.NewSession(devices.Section{Driver: drv.Kind, Decode: d.settings}, env)
	if err != nil {
		return usage{err}
	}
	return d.stream(s, drv.Kind, sess, in)
}

// hashOnly names evidence without keeping it.
func hashOnly(mediaType string, p []byte) (obs.Blob, error) { return obs.BlobOf(mediaType, p), nil }

// settings decodes --set like the settings table of a site file.
func (d *decodeCmd) settings(v any) error {
	m := map[string]any{}
	for k, s := range d.Set {
		m[k] = value(s)
	}
	return config.DecodeMap(m, v)
}

// value guesses the TOML type of a word.
func value(s string) any {
	if b, err := strconv.ParseBool(s); err == nil && (s == "true" || s == "false") {
		return b
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}

func open(s *std, name string) (io.ReadCloser, error) {
	if name == "-" || name == "" {
		return io.NopCloser(s.in), nil
	}
	return os.Open(name)
}

// printer writes observations and errors as lines.
type printer struct {
	w      *bufio.Writer
	kind   string
	faults int
}

func (p *printer) observation(o obs.Observation) {
	o.Source = p.kind
	b, err := o.Report()
	if err != nil {
		p.fault(&obs.DecodeError{Reason: err.Error()})
		return
	}
	p.w.Write(b)
	p.w.WriteByte('\n')
}

func (p *printer) fault(e *obs.DecodeError) {
	p.faults++
	b, err := json.Marshal(map[string]any{"error": map[string]any{"offset": e.Offset, "reason": e.Reason}})
	if err != nil {
		return // a number and a string always encode
	}
	p.w.Write(b)
	p.w.WriteByte('\n')
}

func (d *decodeCmd) stream(s *std, kind string, sess devices.Session, in io.Reader) error {
	p := &printer{w: bufio.NewWriter(s.out), kind: kind}
	clock := func() time.Time { return d.Start.UTC() }
	var err error
	if d.Jsonl == "record" {
		err = played(sess, in, d.Start.UTC(), p)
	} else {
		err = devices.Decode(sess, in, clock, 0, p.observation, p.fault)
	}
	if err != nil {
		p.fault(&obs.DecodeError{Reason: err.Error()})
	}
	return p.end()
}

// played feeds the device's side of a record file at its own times.
func played(sess devices.Session, in io.Reader, start time.Time, p *printer) error {
	v := devices.NewVirtual("", "", sess)
	v.Emit = func(o obs.Observation) error { p.observation(o); return nil }
	v.Report = p.fault
	if err := v.Open(start); err != nil {
		return err
	}
	now := start
	for e, err := range line.Entries(in) {
		if err != nil {
			return err
		}
		if e.Tx {
			continue
		}
		now = start.Add(e.At)
		if err := v.Feed(now, e.Hex); err != nil {
			return err
		}
	}
	return v.Finish(now)
}

func (d *decodeCmd) vectors(s *std, drv devices.Driver, env devices.Env) error {
	f, err := open(s, d.Jsonl)
	if err != nil {
		return usage{err}
	}
	defer f.Close()
	r := tracker.Runner{Kind: drv.Kind, Start: d.Start.UTC(), New: tracker.Sessions(drv, env)}
	switch err := r.Run(f, s.out); {
	case errors.Is(err, tracker.ErrFaults):
		return errFaults
	default:
		return err
	}
}
