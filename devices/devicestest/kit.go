package devicestest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// Script tells the kit what a driver's instrument says.
type Script struct {
	// Good is what an instrument sends on one connection after it was opened: at least one
	// frame, from outside our own encoder. For polled protocols it is the answer to the
	// first request.
	Good []byte
	// Want is how many observations Good gives, Health not counted.
	Want int
	// Then is fed after Good in the tests of recovery, where a second Good on the same
	// connection would not be understood; nil is Good again.
	Then []byte
	// Settings replaces those of the driver's Example if not "".
	Settings string
	// Stream sets Env.Stream.
	Stream bool
	// RawIsBytes states that the Raw parts of the observations, joined, are Good.
	RawIsBytes bool
	// LosesSync states that nothing after garbage on the same connection is understood;
	// the session must then give the link up.
	LosesSync bool
	// Once states that the source knows Good when it comes again, on another connection too,
	// and hands it out once.
	Once bool
	// NoLink leaves out the tests of the driver's New on a link, for transports that are
	// not byte links.
	NoLink bool
}

// Run checks a driver.
func Run(t *testing.T, d devices.Driver, s Script) {
	t.Helper()
	if s.Then == nil {
		s.Then = s.Good
	}
	k := kit{d: d, s: s}
	t.Run("the catalogue row is complete", k.row)
	t.Run("construction opens nothing", k.construct)
	if d.NewSession != nil {
		if len(s.Good) == 0 || s.Want == 0 {
			t.Fatal("the script has no good bytes or wants nothing")
		}
		t.Run("good bytes give their observations", k.good)
		t.Run("bytes one by one give the same", k.pieces)
		t.Run("good bytes twice are survived", k.duplicate)
		t.Run("half a frame is survived", k.half)
		t.Run("good bytes after garbage are found", k.garbage)
		t.Run("silence is survived", k.silence)
		t.Run("endless nonsense takes bounded memory", k.memory)
	}
	if !s.NoLink && d.New != nil && len(s.Good) > 0 {
		t.Run("the source runs, ends and runs again", k.shell)
	}
}

type kit struct {
	d devices.Driver
	s Script
}

func (k kit) section(t *testing.T) devices.Section {
	t.Helper()
	sec, err := section(k.d.Example)
	if err != nil {
		t.Fatalf("Example: %v", err)
	}
	if k.s.Settings != "" {
		sec.Decode = Settings(t, sec.Driver, sec.Link, k.s.Settings).Decode
	}
	return sec
}

func (k kit) env(t *testing.T) devices.Env {
	return devices.Env{Name: "dev", Lane: "L1", Log: logger(t), Stream: k.s.Stream,
		Report: func(*obs.DecodeError) {},
		Keep: func(mediaType string, p []byte) (obs.Blob, error) {
			return obs.Blob{SHA256: strings.Repeat("0", 64), Size: int64(len(p)), MediaType: mediaType}, nil
		},
		Open: func(string) (line.Open, error) {
			return func(context.Context) (line.Conn, error) {
				return nil, errors.New("the kit gives no link here")
			}, nil
		}}
}

func (k kit) row(t *testing.T) {
	d := k.d
	if d.Kind == "" || strings.Count(d.Kind, "/") != 1 || d.Summary == "" || strings.Contains(d.Summary, "\n") || d.Manual == "" {
		t.Errorf("kind %q, summary %q, manual of %d bytes: one is missing or not in form", d.Kind, d.Summary, len(d.Manual))
	}
	if d.New == nil {
		t.Error("New is nil")
	}
	if sec := k.section(t); sec.Driver != d.Kind || sec.Link == "" {
		t.Errorf("Example is of driver %q with link %q, want %q and a link", sec.Driver, sec.Link, d.Kind)
	}
	sec, err := section(strings.TrimRight(d.Example, "\n") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.New(sec, k.env(t)); err != nil {
		t.Errorf("New of the Example: %v", err)
	}
}

func (k kit) construct(t *testing.T) {
	opened := false
	env := k.env(t)
	env.Open = func(string) (line.Open, error) {
		return func(context.Context) (line.Conn, error) { opened = true; return nil, errors.New("opened") }, nil
	}
	before := runtime.NumGoroutine()
	if _, err := k.d.New(k.section(t), env); err != nil {
		t.Fatalf("New: %v", err)
	}
	if opened {
		t.Error("New opened its link")
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("New started %d goroutines", after-before)
	}
}

// begin is when the kit's dialogues happen.
var begin = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// outcome is what a session made of some bytes.
type outcome struct {
	v    *devices.Virtual
	obs  []obs.Observation
	errs []*obs.DecodeError
	fail error
}

func (k kit) open(t *testing.T) *outcome {
	t.Helper()
	s, err := k.d.NewSession(k.section(t), k.env(t))
	if err != nil {
		t.Fatalf("NewSession: %v", err)
	}
	o := &outcome{v: devices.NewVirtual("dev", "L1", s)}
	o.v.Emit = func(ob obs.Observation) error {
		if _, ok := ob.Body.(*obs.Health); !ok {
			o.obs = append(o.obs, ob)
		}
		return nil
	}
	o.v.Report = func(e *obs.DecodeError) { o.errs = append(o.errs, e) }
	o.fail = o.v.Open(begin)
	return o
}

func (o *outcome) feed(p []byte) {
	if o.fail == nil {
		o.fail = o.v.Feed(begin, p)
	}
}

func (k kit) good(t *testing.T) {
	o := k.open(t)
	o.feed(k.s.Good)
	if len(o.obs) != k.s.Want || len(o.errs) > 0 || o.fail != nil {
		t.Fatalf("%d observations, errors %v, link %v, want %d and no errors", len(o.obs), o.errs, o.fail, k.s.Want)
	}
	var raw []byte
	for i, ob := range o.obs {
		if ob.Stamp.At.IsZero() || ob.Stamp.At.Location() != time.UTC {
			t.Errorf("observation %d is of %v, want a time in UTC", i, ob.Stamp.At)
		}
		raw = append(raw, ob.Raw...)
	}
	if k.s.RawIsBytes && !bytes.Equal(raw, k.s.Good) {
		t.Errorf("Raw is % x, want % x", raw, k.s.Good)
	}
}

func (k kit) pieces(t *testing.T) {
	whole := k.open(t)
	whole.feed(k.s.Good)
	r := rand.New(rand.NewPCG(1, 2))
	for _, most := range []int{1, 1, 7, 64} {
		o := k.open(t)
		for p := k.s.Good; len(p) > 0; {
			n := min(len(p), 1+r.IntN(most))
			o.feed(append([]byte(nil), p[:n]...))
			p = p[n:]
		}
		if d := cmp.Diff(whole.obs, o.obs); d != "" {
			t.Fatalf("in pieces of at most %d (-whole +pieces):\n%s", most, d)
		}
		if len(o.errs) != len(whole.errs) {
			t.Errorf("in pieces of at most %d: errors %v, whole %v", most, o.errs, whole.errs)
		}
	}
	// A session must not keep the slice that it was fed.
	o := k.open(t)
	buf := append([]byte(nil), k.s.Good...)
	o.feed(buf)
	clear(buf)
	if d := cmp.Diff(whole.obs, o.obs); d != "" {
		t.Errorf("the fed slice is kept (-want +after it was overwritten):\n%s", d)
	}
}

func (k kit) duplicate(t *testing.T) {
	o := k.open(t)
	o.feed(k.s.Good)
	o.feed(k.s.Good)
	if len(o.obs) < k.s.Want {
		t.Errorf("%d observations, want at least %d", len(o.obs), k.s.Want)
	}
}

func (k kit) half(t *testing.T) {
	for cut := range k.s.Good {
		o := k.open(t)
		o.feed(k.s.Good[:cut])
		if len(o.obs) > k.s.Want {
			t.Fatalf("%d of %d bytes give %d observations", cut, len(k.s.Good), len(o.obs))
		}
		if o.fail == nil {
			o.fail = o.v.Finish(begin)
		}
		if len(o.obs) > k.s.Want {
			t.Errorf("%d of %d bytes and the end give %d observations, want at most %d", cut, len(k.s.Good), len(o.obs), k.s.Want)
		}
	}
}

func (k kit) garbage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 50 {
		noise := make([]byte, 1+r.IntN(300))
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		o := k.open(t)
		o.feed(k.s.Good)
		o.feed(noise)
		if k.s.LosesSync {
			continue
		}
		before := len(o.obs)
		for range 200 { // a length field made of noise may swallow good frames, not for ever
			if o.fail != nil || len(o.obs) > before {
				break
			}
			o.feed(k.s.Then)
		}
		if o.fail == nil && len(o.obs) == before {
			t.Fatalf("after %d bytes of garbage (case %d) good frames are never found again", len(noise), n)
		}
	}
	for i := range k.s.Good { // one wrong byte anywhere
		bad := append([]byte(nil), k.s.Good...)
		bad[i] ^= 0x55
		o := k.open(t)
		o.feed(bad)
		for _, e := range o.errs {
			if e.Offset < 0 || e.Offset > int64(len(bad)) || e.Reason == "" {
				t.Errorf("byte %d wrong: error %+v has no reason or lies outside the bytes", i, e)
			}
		}
	}
}

func (k kit) silence(t *testing.T) {
	o := k.open(t)
	now, n := begin, 0
	for now.Sub(begin) < 10*time.Minute && o.fail == nil {
		at, ok := o.v.Deadline()
		if !ok {
			break
		}
		if n++; n > 1_000_000 {
			t.Fatalf("a million ticks in %v of silence", now.Sub(begin))
		}
		if at.Before(now) {
			at = now
		}
		if at.Equal(now) && n > 1 {
			at = now.Add(time.Millisecond)
		}
		now = at
		o.fail = o.v.Tick(now)
		o.v.Sent = o.v.Sent[:0]
	}
	if len(o.obs) > 0 {
		t.Errorf("silence gives %d observations, the first %+v", len(o.obs), o.obs[0].Body)
	}
}

func (k kit) memory(t *testing.T) {
	var before, after runtime.MemStats
	for _, b := range []byte{k.s.Good[0], 0, 0xff, 'A'} {
		o := k.open(t)
		o.v.Report = func(*obs.DecodeError) {}
		block := bytes.Repeat([]byte{b}, 64<<10)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range 64 {
			o.feed(block)
			o.obs, o.v.Sent = o.obs[:0], o.v.Sent[:0]
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(o)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
			t.Errorf("4 MiB of %#02x make the heap grow by %d bytes", b, grown)
		}
	}
}
