package line

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Entry is one line of a recording: bytes that passed a link in one direction.
type Entry struct {
	At  time.Duration // since the recording began
	Tx  bool          // from the host to the device; else from the device
	Hex []byte        // the bytes themselves
}

type jsonEntry struct {
	T   float64 `json:"t"`
	Dir string  `json:"dir"`
	Hex string  `json:"hex"`
}

// AppendJSON appends the entry as a line of a recording, line feed included.
func (e Entry) AppendJSON(dst []byte) []byte {
	dir := "rx"
	if e.Tx {
		dir = "tx"
	}
	dst = append(dst, `{"t":`...)
	dst = strconv.AppendFloat(dst, e.At.Seconds(), 'f', 6, 64)
	dst = append(dst, `,"dir":"`...)
	dst = append(dst, dir...)
	dst = append(dst, `","hex":"`...)
	dst = hex.AppendEncode(dst, e.Hex)
	return append(dst, "\"}\n"...)
}

// parseEntry reads one line of a recording.
func parseEntry(p []byte) (Entry, error) {
	var j jsonEntry
	if err := json.Unmarshal(p, &j); err != nil {
		return Entry{}, err
	}
	if j.Dir != "rx" && j.Dir != "tx" {
		return Entry{}, fmt.Errorf("dir %q, want rx or tx", j.Dir)
	}
	if math.IsNaN(j.T) || j.T < 0 || j.T > 1e9 {
		return Entry{}, fmt.Errorf("t = %v, want seconds from the start", j.T)
	}
	b, err := hex.DecodeString(j.Hex)
	if err != nil {
		return Entry{}, err
	}
	at := time.Duration(math.Round(j.T*1e6)) * time.Microsecond
	return Entry{At: at, Tx: j.Dir == "tx", Hex: b}, nil
}

// Entries reads a recording line by line; it stops after the first error, which names
// its line. Lines hold at most 4 MiB; empty lines are skipped.
func Entries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		sc := bufio.NewScanner(r)
		sc.Buffer(make([]byte, 0, 4096), 4<<20)
		for n := 1; sc.Scan(); n++ {
			if len(sc.Bytes()) == 0 {
				continue
			}
			e, err := parseEntry(sc.Bytes())
			if err != nil {
				err = fmt.Errorf("recording, line %d: %w", n, err)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := sc.Err(); err != nil {
			yield(Entry{}, fmt.Errorf("read recording: %w", err))
		}
	}
}

// Record wraps open so that every byte that passes is also written to w as a recording
// that replay: plays back. Times count from this call. A failed write to w fails the
// link: an incomplete recording must not go unnoticed.
func Record(open Open, w io.Writer) Open {
	rec := &recorder{w: w, start: time.Now()}
	return func(ctx context.Context) (Conn, error) {
		c, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &recorded{Conn: c, rec: rec}, nil
	}
}

type recorder struct {
	mu    sync.Mutex
	w     io.Writer
	buf   []byte
	start time.Time
}

func (r *recorder) add(tx bool, p []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buf = Entry{At: time.Since(r.start), Tx: tx, Hex: p}.AppendJSON(r.buf[:0])
	if _, err := r.w.Write(r.buf); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

type recorded struct {
	Conn
	rec *recorder
}

// Read implements Conn.
func (c *recorded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		err = errors.Join(err, c.rec.add(false, p[:n]))
	}
	return n, err
}

// Write implements Conn.
func (c *recorded) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > 0 {
		err = errors.Join(err, c.rec.add(true, p[:n]))
	}
	return n, err
}

// replay plays the rx lines of a file. speed 2 is twice as fast, 0 as fast as it is read.
func (o *Opener) replay(u parts) (Open, error) {
	speed := 1.0
	if s := u.query.Get("speed"); s != "" {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= 0) || v > 1e6 {
			return nil, fmt.Errorf("speed = %q, want a factor, 0 for as fast as possible", s)
		}
		speed = v
	}
	if err := u.only("speed"); err != nil {
		return nil, err
	}
	path := u.rest
	if o.Dir != "" && !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, path)
	}
	var mu sync.Mutex
	ended := false
	return func(ctx context.Context) (Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return nil, fmt.Errorf("replay %s: %w", path, ErrEnd)
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open recording: %w", err)
		}
		return Replay(f, speed, path, func() { mu.Lock(); ended = true; mu.Unlock() }), nil
	}, nil
}

// player is a Conn that gives the rx bytes of a recording at their times.
type player struct {
	f      io.ReadCloser
	next   func() (Entry, error, bool)
	stop   func()
	speed  float64
	start  time.Time
	path   string
	atEnd  func()
	left   []byte
	due    time.Time
	dead   *deadline
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex // Close may come while Read runs
}

// Replay makes a Conn of a recording: its rx lines are read at their times divided by
// speed (0: at once), what is written goes nowhere. After the last line atEnd is called,
// if not nil, and Read gives io.EOF. Closing closes f.
func Replay(f io.ReadCloser, speed float64, name string, atEnd func()) Conn {
	next, stop := iter.Pull2(Entries(f))
	if atEnd == nil {
		atEnd = func() {}
	}
	return &player{f: f, next: next, stop: stop, speed: speed, start: time.Now(), path: name, atEnd: atEnd,
		dead: newDeadline(), closed: make(chan struct{})}
}

// Peer implements Conn.
func (c *player) Peer() string { return "replay:" + c.path }

// SetReadDeadline implements Conn.
func (c *player) SetReadDeadline(t time.Time) error { c.dead.set(t); return nil }

// SetWriteDeadline implements Conn; writes never block.
func (c *player) SetWriteDeadline(time.Time) error { return nil }

// Write implements Conn: a recording hears nothing.
func (c *player) Write(p []byte) (int, error) { return len(p), nil }

// Close implements Conn.
func (c *player) Close() error {
	var err error
	c.once.Do(func() {
		close(c.closed)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stop()
		err = c.f.Close()
	})
	return err
}

// Read implements Conn.
func (c *player) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isClosed(c.closed) {
		return 0, io.ErrClosedPipe
	}
	if err := c.load(); err != nil {
		return 0, err
	}
	if err := c.await(); err != nil {
		return 0, err
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// load finds the next rx line if the last one is used up.
func (c *player) load() error {
	for len(c.left) == 0 {
		e, err, ok := c.next()
		if !ok {
			c.atEnd()
			return io.EOF
		}
		if err != nil {
			c.atEnd()
			return err
		}
		if e.Tx {
			continue
		}
		c.left = e.Hex
		c.due = c.start
		if c.speed > 0 {
			c.due = c.start.Add(time.Duration(float64(e.At) / c.speed))
		}
	}
	return nil
}

// await returns when the bytes in left are due.
func (c *player) await() error {
	dead := c.dead.wait()
	if isClosed(dead) {
		return fmt.Errorf("read %s: %w", c.path, os.ErrDeadlineExceeded)
	}
	wait := time.Until(c.due)
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.closed:
		return io.ErrClosedPipe
	case <-dead:
		return fmt.Errorf("read %s: %w", c.path, os.ErrDeadlineExceeded)
	}
}
