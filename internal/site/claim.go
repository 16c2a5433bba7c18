package site

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Claim is the right to a data directory: one process at a time has it. It ends with Close
// or with the process, however that ends.
type Claim struct{ f *os.File }

// NewClaim claims dir, which is made if need be. A directory that another process has
// claimed is refused with that process's number. Nothing in the directory is touched
// before: not journal nor archive, and not the bus, which has no lock of its own.
func NewClaim(dir string) (*Claim, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		b, _ := io.ReadAll(io.LimitReader(f, 32)) // who it is is only told, never relied on
		return nil, errors.Join(fmt.Errorf("data directory %s is in use by another site (process %s): %w", dir, strings.TrimSpace(string(b)), err), f.Close())
	}
	c := &Claim{f}
	// A full disk must not keep a site from starting that only wants to show it.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return c, nil
}

// Close gives the directory back. It is safe to call twice.
func (c *Claim) Close() error {
	if err := c.f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("give data directory back: %w", err)
	}
	return nil
}
