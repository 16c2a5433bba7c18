package line

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// EndedError says that the program behind an exec: link has ended, and how.
type EndedError struct {
	Name  string // of the command
	State string // "exit status 2", "signal: aborted"
	Said  string // what it wrote last to standard error, one line; may be empty
}

// Error implements error.
func (e *EndedError) Error() string {
	if e.Said == "" {
		return e.Name + " ended: " + e.State
	}
	return e.Name + " ended: " + e.State + ": " + e.Said
}

// closeGrace is how long a child may take to end after its input was closed.
const closeGrace = time.Second

// exec starts this very program with the given words, once for each connection, and talks
// to its standard input and output. Other programs are not started: a site file names
// instruments and runs no commands.
func (o *Opener) exec(u parts) (Open, error) {
	words := strings.Fields(u.rest)
	if len(words) < 2 || words[0] != "self" {
		return nil, errors.New("want exec:self and a command of this program")
	}
	if err := u.only(); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Conn, error) {
		path, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		c, err := start(exec.Command(path, words[1:]...), words[1])
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", words[1], err)
		}
		return c, nil
	}, nil
}

// child is a process as a Conn.
type child struct {
	name  string
	cmd   *exec.Cmd
	in    *os.File // what it reads
	out   *os.File // what it writes
	said  tail
	ended chan struct{} // closed once it has been waited for
	once  sync.Once
	err   error // of closing
}

// start runs a command with pipes of our own: those of package exec know no deadlines.
func start(cmd *exec.Cmd, name string) (Conn, error) {
	itsIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, itsOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, itsIn.Close(), in.Close())
	}
	c := &child{name: name, cmd: cmd, in: in, out: out, ended: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = itsIn, itsOut, &c.said
	cmd.WaitDelay = closeGrace // for whoever has inherited its standard error
	// A group of its own: what a terminal tells this program is not told to the child, which
	// ends when its input is closed. That also holds when this program is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Start()
	err = errors.Join(err, itsIn.Close(), itsOut.Close())
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	go func() {
		cmd.Wait() // its error is the state of the process, which why tells
		close(c.ended)
	}()
	return c, nil
}

// Read implements Conn. When the child has ended the error is an *EndedError.
func (c *child) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	if n > 0 || !errors.Is(err, io.EOF) {
		return n, err
	}
	return 0, c.why()
}

// Write implements Conn.
func (c *child) Write(p []byte) (int, error) {
	n, err := c.in.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return n, c.why()
	}
	return n, err
}

// why waits for the end of a child that has closed its pipes, and says how it came.
func (c *child) why() error {
	c.wait()
	return &EndedError{Name: c.name, State: c.cmd.ProcessState.String(), Said: c.said.reason()}
}

// wait waits for the child, and kills it if it does not end by itself.
func (c *child) wait() {
	t := time.NewTimer(closeGrace)
	defer t.Stop()
	select {
	case <-c.ended:
		return
	case <-t.C:
	}
	c.cmd.Process.Kill() // fails only if it has just ended
	<-c.ended
}

// Close closes the child's input and waits for its end, which it forces after a moment.
func (c *child) Close() error {
	c.once.Do(func() {
		c.err = errors.Join(c.in.Close(), c.out.Close())
		c.wait()
	})
	return c.err
}

// SetReadDeadline implements Conn.
func (c *child) SetReadDeadline(t time.Time) error { return c.out.SetReadDeadline(t) }

// SetWriteDeadline implements Conn.
func (c *child) SetWriteDeadline(t time.Time) error { return c.in.SetWriteDeadline(t) }

// Peer implements Conn.
func (c *child) Peer() string { return fmt.Sprintf("%s, process %d", c.name, c.cmd.Process.Pid) }

// tail keeps the beginning and the end of what a child says on its standard error: a Go
// program names its fault first and dumps its goroutines after, a C++ one names it last.
type tail struct {
	mu    sync.Mutex
	first []byte
	last  []byte
}

const tailSize = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(p), tailSize-len(t.first))
	t.first = append(t.first, p[:n]...)
	if t.last = append(t.last, p[n:]...); len(t.last) > 2*tailSize {
		t.last = append(t.last[:0], t.last[len(t.last)-tailSize:]...)
	}
	return len(p), nil
}

// faults are how runtimes begin the line that names why they end.
var faults = [...]string{"fatal error:", "panic:", "runtime: out of memory", "terminate called", "what():", "SIG"}

// reason gives the line that names the fault, else the last one.
func (t *tail) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := ""
	for l := range bytes.Lines(append(bytes.Clone(t.first), t.last...)) {
		s := strings.TrimSpace(string(l))
		for _, f := range faults {
			if strings.HasPrefix(s, f) {
				return clip(s)
			}
		}
		if s != "" {
			last = s
		}
	}
	return clip(last)
}

func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
