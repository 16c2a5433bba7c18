package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
)

func TestParseRefusesWhatItCannotOpen(t *testing.T) {
	for link, want := range map[string]string{
		"":                                   "no scheme",
		"10.1.2.3:4001":                      "not a byte link",
		"tcp:10.1.2.3":                       "missing port",
		"tcp:":                               "nothing behind",
		"tcp:h:1?keepalive=1":                "unknown parameter",
		"serial:/dev/ttyS0?baud=fast":        "baud",
		"serial:/dev/ttyS0?parity=maybe":     "parity",
		"serial:/dev/ttyS0?stop=3":           "stop",
		"serial:/dev/ttyS0?baud=1&speed=2":   "unknown parameter",
		"listen:0.0.0.0:5001?allow=10.0.0/8": "network",
		"pipe:x":                             "no in-process pipes",
		"replay:x?speed=-1":                  "speed",
		"modbus+tcp:10.0.0.1:502":            "not a byte link",
		"exec:/bin/sh -c true":               "want exec:self",
		"exec:self":                          "want exec:self",
		"exec:self x?memory=1":               "unknown parameter",
	} {
		if _, err := Parse(link); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want an error with %q", link, err, want)
		}
	}
}

func TestKeyNamesThePortThatALinkTakes(t *testing.T) {
	dir := t.TempDir()
	port := filepath.Join(dir, "ttyUSB0")
	if err := os.WriteFile(port, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	byID := filepath.Join(dir, "by-id")
	if err := os.Symlink(port, byID); err != nil {
		t.Fatal(err)
	}
	if a, b := Key("serial:"+port+"?baud=9600"), Key("modbus+rtu:"+byID); a != b || a == "" {
		t.Errorf("Key of one port by two names: %q and %q", a, b)
	}
	for link, want := range map[string]string{
		"tcp:Scale:4001":         "tcp:scale:4001",
		"listen:0.0.0.0:5001":    "listen:*:5001",
		"listen::5001":           "listen:*:5001",
		"listen:127.0.0.1:0":     "",
		"dir:/srv/n42/?every=1s": "dir:/srv/n42",
		"replay:day.jsonl":       "",
		"http://camera/stream":   "",
	} {
		if got := Key(link); got != want {
			t.Errorf("Key(%q) = %q, want %q", link, got, want)
		}
	}
}

func TestListenHandsOutEachConnectionAndRefusesStrangers(t *testing.T) {
	bound := make(chan net.Addr, 2)
	o := Opener{Bound: func(_ string, a net.Addr) { bound <- a }}
	for link, welcome := range map[string]bool{
		"listen:127.0.0.1:0?allow=10.0.0.0/8":           false,
		"listen:127.0.0.1:0?allow=10.0.0.1,127.0.0.1/8": true,
	} {
		open, err := o.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan Conn, 2)
		done := make(chan error)
		go func() {
			for {
				c, err := open(ctx)
				if err != nil {
					done <- err
					return
				}
				c.Write([]byte("x"))
				got <- c
			}
		}()
		addr := <-bound
		for range 2 {
			c, err := net.Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Read(make([]byte, 1))
			if (err == nil) != welcome {
				t.Errorf("%s: first byte: %v, welcome = %v", link, err, welcome)
			}
			c.Close()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("open after cancel: %v", err)
		}
		// The same Open with a new context binds the same port again.
		ctx, cancel = context.WithCancel(t.Context())
		go func() { _, err := open(ctx); done <- err }()
		if again := <-bound; again.String() != addr.String() {
			t.Errorf("bound %v again, want %v", again, addr)
		}
		cancel()
		<-done
	}
}

func TestPipeCarriesBytesBothWaysAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := NewPipes()
		o := Opener{Pipes: pipes}
		open, err := o.Parse("pipe:scale")
		if err != nil {
			t.Fatal(err)
		}
		far := make(chan Conn, 1)
		go func() {
			c, err := pipes.Accept(t.Context(), "scale")
			if err != nil {
				t.Error(err)
			}
			far <- c
		}()
		a, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := <-far
		// Both ends write before either reads: net.Pipe would hang here.
		for _, c := range []Conn{a, b} {
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []Conn{a, b} {
			p := make([]byte, 16)
			if n, err := c.Read(p); err != nil || string(p[:n]) != "hello" {
				t.Fatalf("read %q, %v", p[:n], err)
			}
		}
		a.SetReadDeadline(time.Now().Add(time.Second))
		at := time.Now()
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(at) != time.Second {
			t.Errorf("read of silence: %v after %v, want a deadline after 1s", err, time.Since(at))
		}
		a.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Minute, func() { a.SetReadDeadline(time.Unix(1, 0)) })
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline set while reading: %v", err)
		}
		b.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := b.Write(make([]byte, pipeBuffer+1)); n != pipeBuffer || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write to a full pipe: %d, %v", n, err)
		}
		b.Close()
		a.SetReadDeadline(time.Time{})
		if p, err := io.ReadAll(a); err != nil || len(p) != pipeBuffer {
			t.Errorf("what was written before the close: %d bytes, %v", len(p), err)
		}
		if _, err := a.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed pipe: %v", err)
		}
	})
}

func TestPipeOpenEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := NewPipes().Open("nobody")(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("open without another side: %v", err)
		}
	})
}

func TestARecordingPlaysBackAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe("x")
		var file bytes.Buffer
		c, err := Record(func(context.Context) (Conn, error) { return near, nil }, &file)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 8)
		time.Sleep(1500 * time.Millisecond)
		far.Write([]byte{1, 2})
		c.Read(p)
		c.Write([]byte{0xff})
		time.Sleep(2 * time.Second)
		far.Write([]byte{3})
		c.Read(p)
		want := `{"t":1.500000,"dir":"rx","hex":"0102"}
{"t":1.500000,"dir":"tx","hex":"ff"}
{"t":3.500000,"dir":"rx","hex":"03"}
`
		if file.String() != want {
			t.Fatalf("recording:\n%swant:\n%s", file.String(), want)
		}

		start := time.Now()
		r := Replay(io.NopCloser(strings.NewReader(want)), 2, "x", nil)
		r.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := r.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("before the first byte: %v", err)
		}
		r.SetReadDeadline(time.Time{})
		for i, at := range []time.Duration{750 * time.Millisecond, 1750 * time.Millisecond} {
			n, err := r.Read(p)
			if err != nil || n != 2-i || time.Since(start) != at {
				t.Errorf("read %d: %d bytes, %v, at %v, want at %v", i, n, err, time.Since(start), at)
			}
		}
		if _, err := r.Read(p); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		r.Close()
		if _, err := r.Read(p); err == nil {
			t.Error("read after close succeeded")
		}
	})
}

func TestAReplayIsPlayedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(path, []byte(`{"t":1e6,"dir":"rx","hex":"0a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	open, err := (&Opener{Dir: filepath.Dir(path)}).Parse("replay:x.jsonl?speed=0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := io.ReadAll(c); err != nil || string(p) != "\n" {
		t.Errorf("replay gave %q, %v", p, err)
	}
	c.Close()
	if _, err := open(t.Context()); !errors.Is(err, ErrEnd) {
		t.Errorf("second open: %v, want ErrEnd", err)
	}
}

func TestABadRecordingNamesItsLine(t *testing.T) {
	for _, bad := range []string{`{"t":1,"dir":"up","hex":""}`, `{"t":-1,"dir":"rx","hex":""}`, `{"t":1,"dir":"rx","hex":"0"}`, `x`} {
		var last error
		for _, err := range Entries(strings.NewReader("{\"t\":0,\"dir\":\"rx\",\"hex\":\"00\"}\n\n" + bad + "\n")) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "line 3") {
			t.Errorf("%s: %v, want an error in line 3", bad, last)
		}
	}
}

func TestSerialOnAPty(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pty here: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	res, err := NewReserve(1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	link := "serial:" + slave.Name() + "?baud=115200&parity=even"
	open, err := (&Opener{Reserve: res}).Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second open of one port: %v", err)
	}
	if res.Held() != 0 {
		t.Errorf("%d descriptors in reserve while the port is open", res.Held())
	}
	raw := []byte{2, 17, 19, 255, 3, 10, 13, 0} // XON, XOFF, CR and NUL pass unchanged
	if _, err := master.Write(raw); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(raw))
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("read % x, %v, want % x", got, err, raw)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if n, err := c.Read(got); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read of silence: %d, %v", n, err)
	}
	c.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write(raw); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(master, got); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("wrote % x, %v, want % x", got, err, raw)
	}
	// A device that does not take its bytes must not hold the driver for ever.
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write that is never taken: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	end := make(chan error)
	go func() { _, err := c.Read(got); end <- err }()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-end; !errors.Is(err, os.ErrClosed) {
		t.Errorf("read of a closed port: %v", err)
	}
	if res.Held() != perPort {
		t.Errorf("%d descriptors in reserve after the close, want %d", res.Held(), perPort)
	}
}

// TestAPortOpensLowWhereManyDescriptorsAreOpen needs the reserve: without it the port gets
// a descriptor beyond the set of select, and reading it fails.
func TestAPortOpensLowWhereManyDescriptorsAreOpen(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pty here: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	res, err := NewReserve(1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for range 1100 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Skipf("descriptors are limited here: %v", err)
		}
		defer f.Close()
	}
	read := func(o *Opener) error {
		open, err := o.Parse("serial:" + slave.Name())
		if err != nil {
			return err
		}
		c, err := open(t.Context())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := master.Write([]byte("x")); err != nil {
			return err
		}
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err = c.Read(make([]byte, 1))
		return err
	}
	if err := read(&Opener{Reserve: res}); err != nil {
		t.Errorf("with a reserve: %v", err)
	}
	if err := read(&Opener{Reserve: res}); err != nil {
		t.Errorf("with a reserve that was used before: %v", err)
	}
	if err := read(&Opener{}); err == nil || !strings.Contains(err.Error(), "serial library") {
		t.Errorf("without a reserve: %v, want the library's panic as an error", err)
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(`{"t":1.5,"dir":"rx","hex":"0102"}` + "\n\n" + `{"t":0,"dir":"tx","hex":""}`)
	f.Fuzz(func(t *testing.T, s string) {
		for e, err := range Entries(strings.NewReader(s)) {
			if err != nil {
				return
			}
			again, err := parseEntry(e.AppendJSON(nil))
			if err != nil || again.At != e.At || again.Tx != e.Tx || !bytes.Equal(again.Hex, e.Hex) {
				t.Errorf("%+v is written and read as %+v, %v", e, again, err)
			}
		}
	})
}
