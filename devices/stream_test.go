package devices

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// lines is a session that emits one Presence a line. A line "ack N" asks for an
// acknowledgement, "bad" is a decode error, "say X" sends X at once, "both" emits two
// observations acknowledged apart, "fail" gives up, "panic" panics.
type lines struct {
	part   []byte
	every  time.Duration
	next   time.Time
	offset int64
}

func (s *lines) Feed(now time.Time, p []byte, out *Out) {
	for _, c := range p {
		s.offset++
		if c != '\n' {
			s.part = append(s.part, c)
			continue
		}
		s.line(now, string(s.part), out)
		s.part = s.part[:0]
	}
}

func (s *lines) line(now time.Time, l string, out *Out) {
	word, rest, _ := strings.Cut(l, " ")
	switch word {
	case "bad":
		out.Err("lines", s.offset, "bad line", []byte(l))
	case "say":
		out.Send = append(out.Send, rest...)
	case "fail":
		out.Fail = errors.New(rest)
	case "panic":
		panic(rest)
	case "ack":
		out.Emit(now, []byte(l), &obs.Presence{Signal: rest})
		out.Acks = append(out.Acks, Ack{After: len(out.Obs), Then: []byte("+" + rest), Else: []byte("-" + rest)})
	case "both":
		out.Emit(now, nil, &obs.Presence{Signal: "1"})
		out.Ack([]byte("one"))
		out.Emit(now, nil, &obs.Presence{Signal: "2"})
		out.Ack([]byte("two"))
		out.Emit(now, nil, &obs.Presence{Signal: "3"})
	default:
		out.Emit(now, []byte(l), &obs.Presence{Signal: l})
	}
}

func (s *lines) Tick(now time.Time, out *Out) {
	if s.every > 0 {
		out.Send = append(out.Send, "tick\n"...)
		s.next = now.Add(s.every)
	}
}

func (s *lines) Deadline() (time.Time, bool) { return s.next, s.every > 0 }

func (s *lines) Finish(_ time.Time, out *Out) {
	if len(s.part) > 0 {
		out.Err("lines", s.offset, "half a line", s.part)
	}
}

// once is an Open that gives c.
func once(c line.Conn) line.Open {
	return func(context.Context) (line.Conn, error) { return c, nil }
}

// caught collects what a source hands out.
type caught struct {
	obs  []obs.Observation
	done []func(error)
	errs []*obs.DecodeError
}

func (c *caught) emit(o obs.Observation, done func(error)) {
	c.obs = append(c.obs, o)
	c.done = append(c.done, done)
}

func (c *caught) signals() string {
	var s []string
	for _, o := range c.obs {
		switch b := o.Body.(type) {
		case *obs.Presence:
			s = append(s, b.Signal)
		case *obs.Health:
			s = append(s, string(b.State))
		}
	}
	return strings.Join(s, " ")
}

func (c *caught) env() Env {
	return Env{Name: "dev", Meter: &Meter{}, Report: func(e *obs.DecodeError) { c.errs = append(c.errs, e) }}
}

// reader gathers what the device hears.
func reader(t *testing.T, c line.Conn) func() string {
	var mu sync.Mutex
	var got []byte
	go func() {
		p := make([]byte, 1024)
		for {
			n, err := c.Read(p)
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, p[:n]...)
			mu.Unlock()
		}
	}()
	return func() string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		s := string(got)
		got = nil
		return s
	}
}

func TestStreamTicksFeedsAndSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := line.Pipe("x")
		var c caught
		env := c.env()
		s := Stream(once(near), func() Session { return &lines{every: time.Second} }, env)
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error)
		go func() { end <- s.Run(ctx, c.emit) }()
		heard := reader(t, far)
		if got := heard(); got != "tick\n" {
			t.Errorf("at the opening the device heard %q, want a tick", got)
		}
		time.Sleep(2500 * time.Millisecond)
		fmt.Fprint(far, "a\nsay hi\nbad\nb")
		if got := heard(); got != "tick\ntick\nhi" {
			t.Errorf("after 2.5 s the device heard %q", got)
		}
		fmt.Fprint(far, "c\n")
		synctest.Wait()
		if got := c.signals(); got != "a bc" {
			t.Errorf("observations %q, want a bc", got)
		}
		if len(c.errs) != 1 || c.errs[0].Offset != 13 {
			t.Errorf("decode errors %v, want one at offset 13", c.errs)
		}
		if at := c.obs[1].Stamp.Arrived; !at.Equal(time.Now()) {
			t.Errorf("arrived %v, want %v", at, time.Now())
		}
		if n := env.Meter.Counters(); n.Bytes != 16 || n.Frames != 2 {
			t.Errorf("counters %+v, want 16 bytes and 2 frames", n)
		}
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Errorf("Run after cancel: %v", err)
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the link is still open after Run: %v", err)
		}
	})
}

func TestStreamAcknowledgesInOrderOnlyWhatIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := line.Pipe("x")
		var c caught
		s := Stream(once(near), func() Session { return &lines{} }, c.env())
		go s.Run(t.Context(), c.emit)
		heard := reader(t, far)
		fmt.Fprint(far, "ack a\nack b\nack c\nsay now\n")
		if got := heard(); got != "now" {
			t.Fatalf("before anything is durable the device heard %q", got)
		}
		c.done[1](nil)
		if got := heard(); got != "" {
			t.Fatalf("b durable, a not: the device heard %q", got)
		}
		c.done[0](nil)
		if got := heard(); got != "+a+b" {
			t.Fatalf("a and b durable: the device heard %q", got)
		}
		c.done[2](errors.New("disk full"))
		if got := heard(); got != "-c" {
			t.Fatalf("c refused: the device heard %q", got)
		}

		fmt.Fprint(far, "both\n")
		synctest.Wait()
		one, two, three := c.done[3], c.done[4], c.done[5]
		if three != nil {
			t.Error("an observation behind the last acknowledgement has a done")
		}
		two(nil)
		if got := heard(); got != "" {
			t.Errorf("only the second is durable: the device heard %q", got)
		}
		one(errors.New("refused")) // both acknowledgements cover it, and have no Else
		if got := heard(); got != "" {
			t.Errorf("after a refusal the device heard %q", got)
		}
		far.Close()
	})
}

func TestStreamAcknowledgesADeviceThatHasClosedItsHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, durable := range []bool{true, false} {
			var c caught
			h := &halfClosed{in: strings.NewReader("ack a\nhalf")}
			start := time.Now()
			end := make(chan error, 1)
			go func() { end <- Stream(once(h), func() Session { return &lines{} }, c.env()).Run(t.Context(), c.emit) }()
			time.Sleep(time.Second)
			synctest.Wait()
			if durable {
				c.done[0](nil)
			}
			err := <-end
			if durable && (h.out.String() != "+a" || !errors.Is(err, io.EOF)) {
				t.Errorf("heard %q, %v, want +a and EOF", h.out.String(), err)
			}
			if !durable && (h.out.Len() > 0 || time.Since(start) != ackLimit) {
				t.Errorf("nothing durable: heard %q after %v", h.out.String(), time.Since(start))
			}
			if len(c.errs) != 1 || c.errs[0].Reason != "half a line" {
				t.Errorf("decode errors %v, want half a line", c.errs)
			}
		}
	})
}

// halfClosed is a connection whose other end writes in, closes its half and goes on reading.
type halfClosed struct {
	in  *strings.Reader
	out bytes.Buffer
}

func (h *halfClosed) Read(p []byte) (int, error)       { return h.in.Read(p) }
func (h *halfClosed) Write(p []byte) (int, error)      { return h.out.Write(p) }
func (h *halfClosed) Close() error                     { return nil }
func (h *halfClosed) SetReadDeadline(time.Time) error  { return nil }
func (h *halfClosed) SetWriteDeadline(time.Time) error { return nil }
func (h *halfClosed) Peer() string                     { return "half" }

func TestStreamReturnsWhyTheLinkEnded(t *testing.T) {
	for name, tc := range map[string]struct {
		send string
		want string
	}{
		"the device closes":        {"a\n", "EOF"},
		"the session gives up":     {"fail wrong model\n", "wrong model"},
		"the device never listens": {"say " + strings.Repeat("x", 70000) + "\n", "timeout"},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := line.Pipe("x")
			var c caught
			end := make(chan error)
			go func() {
				end <- Stream(once(near), func() Session { return &lines{} }, c.env()).Run(t.Context(), c.emit)
			}()
			fmt.Fprint(far, tc.send)
			if name == "the device closes" {
				far.Close()
			}
			if err := <-end; err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want %q", name, err, tc.want)
			}
		})
	}
}

func TestASessionThatAsksForThePastDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := line.Pipe("x")
		defer far.Close()
		s := &past{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var c caught
		if err := Stream(once(near), func() Session { return s }, c.env()).Run(ctx, c.emit); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if s.n > 1002 {
			t.Errorf("%d ticks in a second", s.n)
		}
	})
}

type past struct{ n int }

func (*past) Feed(time.Time, []byte, *Out) {}
func (p *past) Tick(time.Time, *Out)       { p.n++ }
func (*past) Deadline() (time.Time, bool)  { return time.Unix(1, 0), true }

func TestListenServesManyDevicesAndLetsOneFailAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		var c caught
		env := c.env()
		env.Meter.begin(time.Now(), true)
		s := Listen(pipes.Open("gw"), func() Session { return &lines{} }, env, ListenConfig{Max: 3, Idle: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error)
		go func() { end <- s.Run(ctx, c.emit) }()
		var dev [3]line.Conn
		for i := range dev {
			var err error
			if dev[i], err = pipes.Accept(ctx, "gw"); err != nil {
				t.Fatal(err)
			}
		}
		extra, _ := pipes.Accept(ctx, "gw")
		if _, err := extra.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a fourth connection: %v, want it closed", err)
		}
		if len(c.errs) != 1 || !strings.Contains(c.errs[0].Reason, "refused") {
			t.Errorf("the refusal is reported as %v", c.errs)
		}
		fmt.Fprint(dev[0], "panic out of luck\n")
		fmt.Fprint(dev[1], strings.Repeat("z", 2000)+"\n")
		time.Sleep(40 * time.Second)
		fmt.Fprint(dev[2], "ack k\n")
		synctest.Wait()
		if len(c.obs) != 2 || len(c.errs) != 2 || !strings.Contains(c.errs[1].Reason, "out of luck") {
			t.Fatalf("%d observations, errors %v", len(c.obs), c.errs)
		}
		c.done[1](nil)
		if got := reader(t, dev[2])(); got != "+k" {
			t.Errorf("device 2 heard %q", got)
		}
		time.Sleep(25 * time.Second) // device 1 has been silent for over a minute, device 2 not
		if _, err := dev[1].Write([]byte("a\n")); err == nil {
			t.Error("an idle connection was not closed")
		}
		if _, err := dev[2].Write([]byte("b\n")); err != nil {
			t.Errorf("a lively connection was closed: %v", err)
		}
		synctest.Wait()
		again, err := pipes.Accept(ctx, "gw")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(again, "again\n")
		synctest.Wait()
		if got := c.obs[len(c.obs)-1].Body.(*obs.Presence).Signal; got != "again" {
			t.Errorf("the slot of a closed connection is not free: %q", got)
		}
		if !env.Meter.up.Load() {
			t.Error("a listening source does not count as up")
		}
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if _, err := again.Write([]byte("x")); err == nil {
			t.Error("a connection is open after Run")
		}
	})
}

func TestPollAsksAtItsPaceAndEndsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c caught
		var at []time.Duration
		start := time.Now()
		err := Poll(50*time.Millisecond, func(_ context.Context, now time.Time, out *Out) error {
			at = append(at, now.Sub(start))
			out.Emit(now, nil, &obs.Presence{Signal: fmt.Sprint(len(at))})
			if len(at) == 2 {
				time.Sleep(120 * time.Millisecond) // a slow answer makes no burst after it
			}
			if len(at) == 4 {
				return errors.New("no answer")
			}
			return nil
		}, c.env()).Run(t.Context(), c.emit)
		if err == nil || err.Error() != "no answer" {
			t.Errorf("Run: %v", err)
		}
		if got := fmt.Sprint(at); got != "[0s 50ms 170ms 200ms]" {
			t.Errorf("polled at %v", got)
		}
		if got := c.signals(); got != "1 2 3 4" {
			t.Errorf("observations %q", got)
		}
	})
}
