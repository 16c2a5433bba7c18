package anprtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// rig is a running source on a port of this machine.
type rig struct {
	t    *testing.T
	s    Sender
	addr string

	mu     sync.Mutex
	plates []*obs.Plate
	errs   []string
}

// limit is how long a case waits for what must happen at once.
const limit = 10 * time.Second

// start runs the driver with settings beside its path; it ends with the test.
func start(t *testing.T, s Sender, settings string) *rig {
	t.Helper()
	r := &rig{t: t, s: s}
	bound := make(chan string, 1)
	opener := &line.Opener{Bound: func(_ string, a net.Addr) { bound <- a.String() }}
	src := r.source(settings, opener.Parse)
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- src.Run(ctx, r.emit) }()
	t.Cleanup(func() {
		cancel()
		<-end
	})
	select {
	case r.addr = <-bound:
	case err := <-end:
		end <- err
		t.Fatalf("the source ended: %v", err)
	}
	return r
}

func (r *rig) source(settings string, open func(string) (line.Open, error)) devices.Source {
	r.t.Helper()
	env := devices.Env{Name: "cam", Lane: "L1", Open: open,
		Keep:   func(mediaType string, p []byte) (obs.Blob, error) { return obs.BlobOf(mediaType, p), nil },
		Report: r.report}
	src, err := r.s.Driver.New(devicestest.Settings(r.t, r.s.Driver.Kind, "listen:127.0.0.1:0", fmt.Sprintf("path = %q\n", r.s.Path)+settings), env)
	if err != nil {
		r.t.Fatal(err)
	}
	return src
}

func (r *rig) emit(o obs.Observation, done func(error)) {
	if p, ok := o.Body.(*obs.Plate); ok {
		r.mu.Lock()
		r.plates = append(r.plates, p)
		r.mu.Unlock()
	}
	if done != nil {
		done(nil)
	}
}

func (r *rig) report(e *obs.DecodeError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Reason == "" || e.Proto == "" {
		r.t.Errorf("an error without a reason: %+v", e)
	}
	r.errs = append(r.errs, e.Reason)
}

// count is how often a plate was read.
func (r *rig) count(plate string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.plates {
		if p.Text == plate {
			n++
		}
	}
	return n
}

// total is how many readings there are.
func (r *rig) total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.plates)
}

// faults are the errors that were reported so far.
func (r *rig) faults() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.errs)
}

func (r *rig) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = nil
}

// plate gives the reading of a plate, nil if there is none.
func (r *rig) plate(text string) *obs.Plate {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.plates {
		if p.Text == text {
			return p
		}
	}
	return nil
}

// reported waits for an error that holds any of the texts; without one any error will do.
func (r *rig) reported(texts ...string) bool {
	r.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, e := range r.faults() {
			if len(texts) == 0 || slices.ContainsFunc(texts, func(want string) bool { return strings.Contains(e, want) }) {
				return true
			}
		}
	}
	r.t.Errorf("no error says any of %q: %q", texts, r.faults())
	return false
}

func (r *rig) dial() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(60 * time.Second))
	return c
}

// send sends bytes on a fresh connection and closes our half of it. It gives the status of
// the first answer, 0 if there is none, and returns once the driver has closed its half.
func (r *rig) send(p []byte) int {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	c.Write(p) // a driver that has heard enough closes before the end
	if t, ok := c.(*net.TCPConn); ok {
		t.CloseWrite() // fails where the driver has closed
	}
	return answer(c)
}

// answer reads the first answer, skipping 100, and the rest of the connection.
func answer(c io.Reader) int {
	b := bufio.NewReader(c)
	for {
		resp, err := http.ReadResponse(b, nil)
		if err != nil {
			return 0
		}
		io.Copy(io.Discard, resp.Body) // a text for people
		resp.Body.Close()
		if resp.StatusCode != http.StatusContinue {
			io.Copy(io.Discard, b)
			return resp.StatusCode
		}
	}
}

// next sends the next good event on a fresh connection: it is read, with its picture.
func (r *rig) next(id string) {
	r.t.Helper()
	plate := "7" + strings.ToUpper(id) + "99"
	if code := r.send(r.s.request(r.s.event(id, plate, JPEG(640, 480, 2000)), -1)); code != 200 {
		r.t.Errorf("the next good event is answered %d, errors so far %q", code, r.faults())
	}
	if p := r.plate(plate); p == nil || len(p.Images) != 1 {
		r.t.Errorf("the next good event gives %+v, want its reading with one picture", p)
	}
}
