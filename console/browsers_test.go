package console

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/gorilla/websocket"
)

// browsers is the other end of BenchmarkFanOut: many browsers that show all lanes. They run
// in a process of their own, which is this test binary with browsersEnv set, so that the
// server's share of the cores can be told from theirs, and which stands back for it: they
// would be on other machines.
type browsers struct {
	URL     string
	Reading int
	Stuck   int // say hello and read nothing
}

const browsersEnv = "ACSGD_TEST_BROWSERS"

// readings is what the reading browsers have seen: ages in ms of the oldest state or event
// in a frame, when it lay in the browser's socket and when the browser had read it.
type readings struct {
	State, Events       ages
	StateRead, LogRead  ages
	Frames, Logs, Ended int64
	CPU                 float64 // seconds that the browsers have taken
}

type ages struct{ P50, P99 float64 }

func agesOf(h *hdrhistogram.Histogram) ages {
	return ages{float64(h.ValueAtQuantile(50)) / 1000, float64(h.ValueAtQuantile(99)) / 1000}
}

func TestMain(m *testing.M) {
	if order := os.Getenv(browsersEnv); order != "" {
		if err := serve([]byte(order)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// start starts the process and returns when every browser has its snapshot. The function
// that it gives ends the process and returns what it has seen.
func (w browsers) start(b *testing.B) (finish func() readings) {
	b.Helper()
	order, err := json.Marshal(w)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), browsersEnv+"="+string(order)), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	d := json.NewDecoder(out)
	var r readings
	if err := d.Decode(&r); err != nil { // the first line says that all are there
		b.Fatal(err)
	}
	return func() readings {
		b.Helper()
		in.Close()
		if err := d.Decode(&r); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
		return r
	}
}

// serve is the browsers' process: it ends with its standard input.
func serve(order []byte) error {
	var w browsers
	if err := json.Unmarshal(order, &w); err != nil {
		return err
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10); err != nil {
		return err
	}
	t := &tally{}
	for _, h := range []**hdrhistogram.Histogram{&t.state, &t.stateRead, &t.events, &t.eventsRead} {
		*h = hdrhistogram.New(1, 60e6, 3)
	}
	var ready, all sync.WaitGroup
	conns := make([]*websocket.Conn, 0, w.Reading+w.Stuck)
	for i := range w.Reading + w.Stuck {
		d := websocket.Dialer{ReadBufferSize: 16 << 10, NetDialContext: dialStamped} // a frame a read
		if i >= w.Reading {
			d.NetDialContext = dialNarrow
		}
		ws, res, err := d.DialContext(context.Background(), fmt.Sprintf("%s/?u=%d", w.URL, i), nil)
		if err != nil {
			return fmt.Errorf("browser %d: %w", i, err)
		}
		res.Body.Close()
		if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"hello","topics":["lanes"]}`)); err != nil {
			return err
		}
		conns = append(conns, ws)
		if i < w.Reading {
			ready.Add(1)
			all.Go(func() { t.watch(ws, ready.Done) })
		}
	}
	ready.Wait()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(readings{}); err != nil {
		return err
	}
	spent := cpu()
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	r := readings{CPU: (cpu() - spent).Seconds(), Ended: t.ended.Load(), Frames: t.frames.Load()}
	for _, c := range conns {
		c.Close()
	}
	all.Wait()
	r.State, r.StateRead, r.Events, r.LogRead = agesOf(t.state), agesOf(t.stateRead), agesOf(t.events), agesOf(t.eventsRead)
	r.Logs = t.events.TotalCount()
	return out.Encode(r)
}

// dialNarrow dials with a small receive buffer: who does not read is soon noticed.
func dialNarrow(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetReadBuffer(4096)
}

// stamped is a connection that knows when the kernel received what was read last.
type stamped struct {
	net.Conn
	raw syscall.RawConn
	oob [64]byte
	at  time.Time
}

func dialStamped(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil, err
	}
	if ctl := raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1) }); ctl != nil {
		return nil, ctl
	}
	return &stamped{Conn: c, raw: raw}, err
}

func (s *stamped) Read(p []byte) (n int, err error) {
	var oobn int
	wait := s.raw.Read(func(fd uintptr) bool {
		n, oobn, _, _, err = syscall.Recvmsg(int(fd), p, s.oob[:], syscall.MSG_DONTWAIT)
		return err != syscall.EAGAIN
	})
	switch {
	case wait != nil:
		return 0, wait
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	s.at = time.Now()
	if ms, err := syscall.ParseSocketControlMessage(s.oob[:oobn]); err == nil && len(ms) == 1 && ms[0].Header.Type == syscall.SO_TIMESTAMPNS && len(ms[0].Data) == 16 {
		s.at = time.Unix(int64(binary.NativeEndian.Uint64(ms[0].Data)), int64(binary.NativeEndian.Uint64(ms[0].Data[8:])))
	}
	return n, nil
}

type tally struct {
	mu                 sync.Mutex
	state, stateRead   *hdrhistogram.Histogram
	events, eventsRead *hdrhistogram.Histogram
	frames             atomic.Int64
	ended              atomic.Int64
}

// watch reads a stream as cheaply as it can: the server is what is measured. Every event is
// looked at, and every eighth frame of state.
func (t *tally) watch(ws *websocket.Conn, ready func()) {
	var buf bytes.Buffer
	for n := 0; ; {
		_, r, err := ws.NextReader()
		if err == nil {
			buf.Reset()
			_, err = buf.ReadFrom(r)
		}
		if err != nil {
			t.ended.Add(1)
			return
		}
		switch p := buf.Bytes(); {
		case bytes.HasPrefix(p, []byte(`{"t":"snap"`)):
			ready()
		case bytes.HasPrefix(p, []byte(`{"t":"log"`)):
			t.note(t.events, t.eventsRead, ws, oldest(p, `"at":"`))
		case bytes.HasPrefix(p, []byte(`{"t":"delta"`)):
			t.frames.Add(1)
			if n++; n%8 == 0 {
				t.note(t.state, t.stateRead, ws, oldest(p, `"updated":"`))
			}
		}
	}
}

// oldest gives the oldest time in a frame.
func oldest(p []byte, key string) (at time.Time) {
	for {
		i := bytes.Index(p, []byte(key))
		if i < 0 {
			return at
		}
		p = p[i+len(key):]
		if t, err := time.Parse(time.RFC3339Nano, string(p[:bytes.IndexByte(p, '"')])); err == nil && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
}

func (t *tally) note(arrived, read *hdrhistogram.Histogram, ws *websocket.Conn, at time.Time) {
	socket, now := ws.NetConn().(*stamped).at, time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = arrived.RecordValue(min(socket.Sub(at), time.Minute).Microseconds()) // bounded on this line
	_ = read.RecordValue(min(now.Sub(at), time.Minute).Microseconds())
}
