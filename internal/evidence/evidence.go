// Package evidence keeps pictures and raw traces: content-addressed files under one
// directory that no name from a device can leave, synced before the journal names them.
package evidence

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"acsgd/internal/obs"
)

// MaxSize is the largest blob that is kept.
const MaxSize = 64 << 20

// ErrNotFound is returned by Open for evidence that is not kept.
var ErrNotFound = errors.New("evidence not found")

// Store is an evidence directory. Its methods are safe for concurrent use.
type Store struct{ root *os.Root }

// Open opens or makes the evidence directory dir.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make evidence directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open evidence directory: %w", err)
	}
	return &Store{root: root}, nil
}

// Close releases the directory.
func (s *Store) Close() error { return s.root.Close() }

// path spreads the files over 256 directories.
func path(sum string) string { return sum[:2] + "/" + sum[2:] }

// Put keeps p and returns when its bytes and its name are on disk. The same bytes give the
// same blob and are written once.
func (s *Store) Put(mediaType string, p []byte) (obs.Blob, error) {
	if len(p) > MaxSize {
		return obs.Blob{}, fmt.Errorf("keep evidence of %d bytes: more than %d", len(p), MaxSize)
	}
	sum := sha256.Sum256(p)
	name := hex.EncodeToString(sum[:])
	b := obs.Blob{SHA256: name, Size: int64(len(p)), MediaType: mediaType}
	if st, err := s.root.Stat(path(name)); err == nil && st.Size() == b.Size {
		return b, nil
	}
	if err := s.write(name, p); err != nil {
		return obs.Blob{}, fmt.Errorf("keep evidence %s: %w", name[:12], err)
	}
	return b, nil
}

func (s *Store) write(name string, p []byte) (err error) {
	dir := name[:2]
	switch err := s.root.Mkdir(dir, 0o750); {
	case err == nil:
		if err := s.sync("."); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	// Drawn, not counted: a process that was killed leaves its files, and in a container the
	// next one has the same number.
	tmp := fmt.Sprintf("%s/.%s", dir, rand.Text())
	f, err := s.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, werr := f.Write(p)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	if err := s.root.Rename(tmp, path(name)); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	return s.sync(dir)
}

// sync makes the names in a directory durable.
func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens the blob with the given SHA-256 (64 hex digits) for reading.
func (s *Store) Open(sum string) (io.ReadSeekCloser, error) {
	if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
		return nil, fmt.Errorf("evidence %q: not a SHA-256", sum)
	}
	f, err := s.root.Open(path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return f, err
}

// Get reads the whole blob with the given SHA-256, and checks that it is this one.
func (s *Store) Get(sum string) ([]byte, error) {
	f, err := s.Open(sum)
	if err != nil {
		return nil, fmt.Errorf("evidence %s: %w", sum, err)
	}
	defer f.Close()
	p, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("evidence %s: %w", sum, err)
	case len(p) > MaxSize:
		return nil, fmt.Errorf("evidence %s: more than %d bytes", sum, MaxSize)
	}
	if got := obs.BlobOf("", p).SHA256; got != sum {
		return nil, fmt.Errorf("evidence %s: its bytes have the hash %s", sum, got)
	}
	return p, nil
}

// Verify re-reads one blob and compares it with its name.
func (s *Store) Verify(sum string) error {
	f, err := s.Open(sum)
	if err != nil {
		return fmt.Errorf("evidence %s: %w", sum, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("evidence %s: %w", sum, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("evidence %s: its bytes have the hash %s", sum, got)
	}
	return nil
}

// Sweep removes blobs written before the given time for which keep answers false, and
// left-over temporary files. It returns how many were removed.
func (s *Store) Sweep(before time.Time, keep func(sum string) bool) (int, error) {
	removed := 0
	err := fs.WalkDir(s.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.ModTime().Before(before) {
			return err
		}
		if d.Name()[0] != '.' && len(p) == 65 && keep(p[:2]+p[3:]) {
			return nil
		}
		if err := s.root.Remove(p); err != nil {
			return fmt.Errorf("sweep evidence: %w", err)
		}
		removed++
		return nil
	})
	return removed, err
}
