package line

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// perPort is how many descriptors one open serial port takes: itself and a signal pipe.
const perPort = 3

// Reserve keeps low file descriptors from start-up on and gives some up just before a
// serial port is opened. The serial library waits with select, whose set ends at 1023; a
// port that got a higher descriptor could not be read. nil is a Reserve that does nothing.
type Reserve struct {
	mu   sync.Mutex
	held []int
	want int
	over bool // closed
}

// NewReserve takes descriptors for n serial ports. Call it before anything else opens
// files or sockets.
func NewReserve(n int) (*Reserve, error) {
	r := &Reserve{want: n * perPort}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return nil, errors.Join(err, r.drop(len(r.held)))
	}
	return r, nil
}

// fill takes descriptors below the limit of select until the reserve is full.
func (r *Reserve) fill() error {
	for len(r.held) < r.want {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("reserve a descriptor: %w", err)
		}
		if fd >= unix.FD_SETSIZE {
			return errors.Join(fmt.Errorf("reserve a descriptor: only %d is free, select ends at %d", fd, unix.FD_SETSIZE-1), unix.Close(fd))
		}
		r.held = append(r.held, fd)
	}
	return nil
}

func (r *Reserve) drop(n int) error {
	var errs []error
	for ; n > 0 && len(r.held) > 0; n-- {
		last := len(r.held) - 1
		errs = append(errs, unix.Close(r.held[last]))
		r.held = r.held[:last]
	}
	return errors.Join(errs...)
}

// Held tells how many descriptors are in reserve.
func (r *Reserve) Held() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.held)
}

// Close gives all descriptors up.
func (r *Reserve) Close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want, r.over = 0, true
	return r.drop(len(r.held))
}

// open opens a port on descriptors of the reserve.
func (r *Reserve) open(path string, mode *serial.Mode) (serial.Port, error) {
	if r == nil {
		return serial.Open(path, mode)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.drop(perPort); err != nil {
		return nil, err
	}
	r.want = max(0, r.want-perPort)
	port, err := serial.Open(path, mode)
	if err != nil {
		r.want += perPort
		// A reserve that cannot be refilled now is refilled at the next Close.
		return nil, errors.Join(err, r.fill())
	}
	return port, nil
}

// refill takes the descriptors of a closed port back.
func (r *Reserve) refill() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	r.want += perPort
	if err := r.fill(); err != nil {
		r.want = len(r.held) // all low ones are taken; the next open uses what is left
	}
}

// lockPath takes the lock of a serial port for this process: the port's own exclusive
// mode does not bind root. The lock ends when the file is closed.
func lockPath(port string) (*os.File, error) {
	real, err := filepath.EvalSymlinks(port)
	if err != nil {
		return nil, fmt.Errorf("find port: %w", err)
	}
	name := "acsgd" + strings.ReplaceAll(filepath.Clean(real), string(filepath.Separator), "_") + ".lock"
	var errs []error
	for _, dir := range []string{"/run/lock", os.TempDir()} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, fmt.Errorf("lock %s: port in use by another link", port)
			}
			return nil, fmt.Errorf("lock %s: %w", port, err)
		}
		return f, nil
	}
	return nil, fmt.Errorf("lock %s: %w", port, errors.Join(errs...))
}
