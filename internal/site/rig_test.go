package site

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/reader"
	"acsgd/devices/rpm/tsa"
	"acsgd/internal/config"
	"acsgd/internal/obs"
)

// instruments are devices that say what a test tells them to say.
type instruments struct {
	mu    sync.Mutex
	in    map[string]chan said
	moves []devices.Command
	hang  bool // their sources do not end when they are told to
}

type said struct {
	o    obs.Observation
	done func(error)
}

func (x *instruments) of(name string) chan said {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.in[name] == nil {
		x.in[name] = make(chan said)
	}
	return x.in[name]
}

func (x *instruments) moved() []devices.Command {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]devices.Command(nil), x.moves...)
}

type instrument struct {
	all *instruments
	in  chan said
}

// Run implements devices.Source.
func (i *instrument) Run(ctx context.Context, emit devices.Emit) error {
	for {
		select {
		case <-ctx.Done():
			if i.all.hang {
				select {}
			}
			return ctx.Err()
		case s := <-i.in:
			emit(s.o, s.done)
		}
	}
}

// Do implements devices.Actuator.
func (i *instrument) Do(_ context.Context, c devices.Command) error {
	i.all.mu.Lock()
	defer i.all.mu.Unlock()
	i.all.moves = append(i.all.moves, c)
	return nil
}

// drivers are the drivers of test sites: a portal and a second reader as they are, the others ours.
func (x *instruments) drivers() []devices.Driver {
	list := []devices.Driver{tsa.Driver(), reader.Driver()}
	for _, class := range []string{"laneio", "wim", "dims", "anpr"} {
		list = append(list, devices.Driver{Kind: class + "/test", New: func(_ devices.Section, env devices.Env) (devices.Source, error) {
			return &instrument{all: x, in: x.of(env.Name)}, nil
		}})
	}
	return list
}

// rig is a site in this process.
type rig struct {
	t    *testing.T
	dir  string
	file *config.File
	site *Site
	dev  *instruments
	end  context.CancelFunc
	done chan error
	log  *logLines
}

// logLines keeps what a site logs.
type logLines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

const siteHead = `
[site]
code = "T"
name = "Test"
mode = "simulator"
data = %q
store = %q
[console]
listen = "127.0.0.1:0"
[metrics]
listen = "127.0.0.1:0"
[declarations]
every = "50ms"
`

const laneText = `
[[lane]]
id = "%[1]s"
window = "300ms"
declaration = "optional"
  [[lane.device]]
  name = "io-%[1]s"
  driver = "laneio/test"
  link = "tcp:127.0.0.1:1%[1]s"
`

// more is a further device of the lane before it.
func more(name, driver, link string) string {
	return fmt.Sprintf("  [[lane.device]]\n  name = %q\n  driver = %q\n  link = %q\n  station = \"4000mm\"\n", name, driver, link)
}

// newRig starts a site on dir; lanes is the rest of its site file.
func newRig(t *testing.T, dir, store, lanes string) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
	r.open(store, lanes)
	r.run()
	return r
}

func (r *rig) open(store, lanes string) {
	r.t.Helper()
	r.parse(fmt.Sprintf(siteHead, r.dir, store) + lanes)
	var err error
	if r.site, err = Start(r.t.Context(), r.options()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) parse(text string) {
	r.t.Helper()
	var err error
	if r.file, err = config.Parse(filepath.Join(r.dir, "site.toml"), []byte(text)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) options() Options {
	return Options{File: r.file, Catalog: r.dev.drivers(), Static: fstest.MapFS{"index.html": {Data: []byte("<html></html>")}},
		Build: "test", Log: slog.New(slog.NewTextHandler(r.log, nil))}
}

func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	r.end, r.done = cancel, make(chan error, 1)
	go func() { r.done <- r.site.Run(ctx) }()
	r.t.Cleanup(func() {
		if r.end != nil {
			r.stop()
		}
		if r.t.Failed() {
			r.log.mu.Lock()
			r.t.Logf("log of the site:\n%s", r.log.b.String())
			r.log.mu.Unlock()
		}
	})
	r.wait("the lanes turn", func() bool {
		for _, l := range r.site.lanes {
			if l.Stats().Steps < 2 { // parameters and rule packs
				return false
			}
		}
		return true
	})
}

// stop ends the site in order.
func (r *rig) stop() {
	r.t.Helper()
	if r.end == nil {
		return
	}
	r.end()
	r.end = nil
	if err := <-r.done; err != nil {
		r.t.Errorf("the site ended with %v", err)
	}
	if err := r.site.Close(); err != nil {
		r.t.Errorf("close the site: %v", err)
	}
}

// wait waits for a condition.
func (r *rig) wait(what string, ok func() bool) {
	r.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-limit.C:
			r.t.Fatalf("not in time: %s", what)
		case <-look.C:
		}
	}
}

// see lets an instrument say something and waits until it is durable and judged.
func (r *rig) see(name string, at time.Time, body obs.Body) {
	r.t.Helper()
	done := make(chan error, 1)
	o := obs.Observation{Stamp: obs.Stamp{At: obs.Unix(at)}, Body: body}
	select {
	case r.dev.of(name) <- said{o, func(err error) { done <- err }}:
	case <-time.After(30 * time.Second):
		r.t.Fatalf("nobody listens to %s", name)
	}
	if err := <-done; err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
}

// passage lets a vehicle drive over the loop of a lane and gives its id.
func (r *rig) passage(lane string) string {
	r.t.Helper()
	r.see("io-"+lane, time.Now(), &obs.Presence{Signal: "loop_entry", On: true})
	var id string
	for _, p := range r.snapshot(lane) {
		id = p
	}
	r.see("io-"+lane, time.Now(), &obs.Presence{Signal: "loop_entry"})
	if id == "" {
		r.t.Fatal("no passage was opened")
	}
	return id
}

// snapshot lists the passages that a lane shows, by a core of its own from the journal.
func (r *rig) snapshot(lane string) []string {
	r.t.Helper()
	c, err := r.site.rebuild(r.t.Context(), lane, []uint64{^uint64(0)})
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []string
	for _, p := range c.Passages(nil) {
		ids = append(ids, p.ID)
	}
	return ids
}

// kept is what the tests look at in a passage of the archive.
type kept struct {
	ID       string          `json:"id"`
	Verdict  string          `json:"verdict"`
	Final    bool            `json:"final"`
	Size     json.RawMessage `json:"size"`
	Findings []struct {
		Quantity, Verdict, Reason string
	} `json:"findings"`
}

// archived gives a passage of the archive; nil if it has none.
func (r *rig) archived(id string) *kept {
	b, err := r.site.store.Passage(r.t.Context(), id)
	if err != nil || b == nil {
		return nil
	}
	p := &kept{}
	if err := json.Unmarshal(b, p); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// judged waits until the archive has the final verdict of a passage.
func (r *rig) judged(id string) (p *kept) {
	r.t.Helper()
	r.wait("the verdict of "+id, func() bool { p = r.archived(id); return p != nil && p.Final })
	return p
}

// state gives one row of the console's device list.
func (r *rig) state(name string) (state string, decodeErrors uint64, offsets []int64) {
	for _, d := range r.site.devices() {
		if d.Name != name {
			continue
		}
		for _, e := range d.Errors {
			offsets = append(offsets, e.Offset)
		}
		return string(d.State), d.Counters["decode_errors"], offsets
	}
	return "", 0, nil
}

// health asks the health page.
func (r *rig) health() int {
	r.t.Helper()
	res, err := http.Get("http://" + r.site.opt.Metrics.Addr().String() + "/healthz")
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// portal is a radiation portal on a TCP port: a cable that can be pulled.
type portal struct {
	t     *testing.T
	addr  string
	mu    sync.Mutex
	ln    net.Listener
	conn  net.Conn
	mute  bool // says nothing when it is connected to
	muted bool // and has been
}

func newPortal(t *testing.T) *portal {
	p := &portal{t: t, addr: "127.0.0.1:0"}
	p.plugIn()
	t.Cleanup(p.pull)
	return p
}

// plugIn listens and says that the portal is vacant, as often as it is connected to.
func (p *portal) plugIn() {
	p.t.Helper()
	ln, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.ln, p.addr = ln, ln.Addr().String()
	p.mu.Unlock()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conn, p.muted = c, p.mute
			p.mu.Unlock()
			if p.mute {
				continue
			}
			p.say("GB,000383,000389,000432,000423\r\nNB,000001,000000,000001,000000\r\n")
		}
	}()
}

// pull takes the cable out: the connection breaks and nobody listens.
func (p *portal) pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ln.Close()
	if p.conn != nil {
		p.conn.Close()
	}
}

func (p *portal) say(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return
	}
	if _, err := p.conn.Write([]byte(s)); err != nil {
		p.t.Log("portal: ", err) // pulled
	}
}
