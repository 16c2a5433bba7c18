package reader

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// ErrAbsent is the answer of a program that was built without OpenCV.
var ErrAbsent = errors.New("this build has no second reader: it needs the build tag gocv (\"make run\" builds with it, \"make run-lite\" does not)")

// Command is the hidden command of the child, and Self the link to it.
const (
	Command = "vision-worker"
	Self    = "exec:self " + Command
)

// Work is the child: it reads jobs from standard input and writes answers to standard
// output until the input is closed, which also happens when the node is killed. open is
// nil in a build without a reader.
//
// What libraries print goes to standard error, so that it cannot stand between two frames.
func Work(open func(dir string) (Engine, error)) error {
	fd, err := syscall.Dup(1)
	if err != nil {
		return fmt.Errorf("duplicate standard output: %w", err)
	}
	syscall.CloseOnExec(fd)
	if err := syscall.Dup3(2, 1, 0); err != nil {
		return fmt.Errorf("redirect standard output: %w", err)
	}
	out := os.NewFile(uintptr(fd), "frames")
	return errors.Join(serve(os.Stdin, out, open, limitMemory, func() { os.Exit(0) }), out.Close())
}

// limitMemory bounds the data of this process. The limit is on data and not on addresses:
// the Go runtime reserves far more addresses than it ever uses.
func limitMemory(bytes int64) error {
	none := syscall.Rlimit{} // a core file of each bad picture would fill the disk
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &none); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	if bytes <= 0 {
		return nil
	}
	l := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &l); err != nil {
		return fmt.Errorf("limit memory to %d bytes: %w", bytes, err)
	}
	return nil
}

// incoming is a job, or why there is none.
type incoming struct {
	job *Job
	err error
}

// serve answers the jobs of one link until it ends. gone is called as soon as it ends, also
// while a job is in work: an engine may hang there, so waiting for it is no use.
func serve(in io.Reader, out io.Writer, open func(string) (Engine, error), limit func(int64) error, gone func()) error {
	var s setup
	if _, err := readFrame(in, &s); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	engine, hello, cause := prepare(s, open, limit)
	if engine != nil {
		defer engine.Close()
	}
	frame, err := appendFrame(nil, hello)
	if err != nil {
		return err
	}
	if _, err := out.Write(frame); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	if engine == nil {
		return cause
	}
	jobs := make(chan incoming, 1)
	go func() {
		for {
			j, err := takeJob(in)
			if errors.Is(err, io.EOF) {
				gone()
			}
			jobs <- incoming{j, err}
			if err != nil {
				return
			}
		}
	}()
	for {
		next := <-jobs
		if errors.Is(next.err, io.EOF) {
			return nil
		}
		if next.err != nil {
			return next.err
		}
		if frame, err = appendAnswer(frame[:0], engine.Read(next.job)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if _, err := out.Write(frame); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

// prepare sets the limits and loads the engine. Without one the greeting says why.
func prepare(s setup, open func(string) (Engine, error), limit func(int64) error) (Engine, greeting, error) {
	if open == nil {
		return nil, greeting{Error: ErrAbsent.Error(), Absent: true}, ErrAbsent
	}
	err := limit(s.Memory)
	if err != nil {
		return nil, greeting{Error: err.Error()}, err
	}
	engine, err := open(s.Dir)
	if err != nil {
		return nil, greeting{Error: err.Error()}, err
	}
	return engine, greeting{Ready: true}, nil
}
