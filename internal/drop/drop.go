// Package drop takes files out of a folder that other systems drop them into.
package drop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Folder is a watched folder. Dir, Max and Examine must be set; it is used by one goroutine.
//
// A file is taken when it is complete: size and time of change are the same at two looks,
// or it was not there at the look before although it was written earlier, so it was
// renamed in. Hidden files and names that end in .part or .tmp are left alone.
//
// A file that is accepted goes to done/, every other to refused/; beside it lies
// NAME.problems.json, the report. done/accepted.sha256 lists the SHA-256 of all accepted
// files in the form of sha256sum: the same bytes are never accepted again, also after a kill
// between acceptance and move. A kill in the moment between the return of accept and that
// list repeats one call with the same bytes.
type Folder struct {
	Dir string
	Max int64 // bytes of a file; of a longer one Examine gets one more than that
	// Examine reads one file. accept makes it durable; nil refuses the file, an error leaves
	// it where it is and the next look tries again.
	Examine func(name string, raw []byte) (report any, accept func() error)
	// Refused, if not nil, is told of every file that was refused, once it has been moved.
	Refused func(report any)
	// Fault, if not nil, is told of everything that keeps a file from being handled: an
	// unreadable file, a full disk, an error of accept. The file is tried again.
	Fault func(error)

	seen   map[string]state
	looked time.Time
	sums   map[[sha256.Size]byte]bool
}

const (
	doneDir    = "done"
	refusedDir = "refused"
	ledgerName = "accepted.sha256"
)

type state struct {
	size  int64
	mtime time.Time
}

// Run looks into the folder at once and then every "every" until ctx ends, and returns its
// error; an error before that is a folder that cannot be read or made.
func (w *Folder) Run(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return fmt.Errorf("watch %s: interval %s is not positive", w.Dir, every)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := w.Look(ctx, time.Now()); err != nil {
			return fmt.Errorf("watch %s: %w", w.Dir, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Look takes all complete files once. now is the time of this look. Faults of single files
// go to Fault; the error is about the folder itself or ctx.
func (w *Folder) Look(ctx context.Context, now time.Time) error {
	if err := w.open(); err != nil {
		return err
	}
	entries, err := os.ReadDir(w.Dir)
	if err != nil {
		return err
	}
	before, lastLook := w.seen, w.looked
	w.seen, w.looked = make(map[string]state, len(entries)), now
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".part") || strings.HasSuffix(name, ".tmp") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				w.fault(fmt.Errorf("look at %s: %w", name, err))
			}
			continue
		}
		s := state{info.Size(), info.ModTime()}
		w.seen[name] = s
		old, known := before[name]
		stable := known && old.size == s.size && old.mtime.Equal(s.mtime)
		renamed := !known && !lastLook.IsZero() && s.mtime.Before(lastLook)
		if !stable && !renamed {
			continue
		}
		if err := w.take(name); err != nil {
			w.fault(fmt.Errorf("file %s: %w", name, err))
		}
	}
	return nil
}

func (w *Folder) fault(err error) {
	if w.Fault != nil {
		w.Fault(err)
	}
}

// open makes the folders and reads the list of accepted files, once.
func (w *Folder) open() error {
	if w.sums != nil {
		return nil
	}
	for _, d := range []string{doneDir, refusedDir} {
		if err := os.MkdirAll(filepath.Join(w.Dir, d), 0o750); err != nil {
			return err
		}
	}
	b, err := os.ReadFile(w.ledger())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	w.sums = map[[sha256.Size]byte]bool{}
	for line := range strings.Lines(string(b)) {
		var sum [sha256.Size]byte
		// A line that a power cut tore off has no sum; its file is handed over again.
		if len(line) > 64 && strings.HasSuffix(line, "\n") {
			if n, err := hex.Decode(sum[:], []byte(line[:64])); err == nil && n == len(sum) {
				w.sums[sum] = true
			}
		}
	}
	return nil
}

func (w *Folder) ledger() string { return filepath.Join(w.Dir, doneDir, ledgerName) }

// take handles one complete file.
func (w *Folder) take(name string) error {
	raw, err := w.read(filepath.Join(w.Dir, name))
	if err != nil {
		return err
	}
	report, accept := w.Examine(name, raw)
	sum := sha256.Sum256(raw)
	if accept == nil {
		if err := w.move(name, refusedDir, sum, report); err != nil {
			return err
		}
		if w.Refused != nil {
			w.Refused(report)
		}
		return nil
	}
	if !w.sums[sum] {
		if err := accept(); err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		if err := w.enter(sum, name); err != nil {
			return err
		}
	}
	return w.move(name, doneDir, sum, report)
}

// read reads a file up to one byte more than it may have; Examine refuses the longer ones.
func (w *Folder) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	return io.ReadAll(io.LimitReader(f, w.Max+1))
}

// enter appends to the list of accepted files and syncs it.
func (w *Folder) enter(sum [sha256.Size]byte, name string) (err error) {
	f, err := os.OpenFile(w.ledger(), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line := hex.EncodeToString(sum[:]) + "  " + strings.NewReplacer("\n", "?", "\r", "?").Replace(name) + "\n"
	// A torn last line would swallow this one.
	if end, err := f.Seek(0, io.SeekEnd); err == nil && end > 0 {
		last := []byte{0}
		if _, err := f.ReadAt(last, end-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	if _, err = f.WriteString(line); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	w.sums[sum] = true
	return nil
}

// move writes the report and moves the file beside it. An earlier file of the same name
// with other bytes keeps its place; the new one gets its SHA-256 into the name.
func (w *Folder) move(name, dir string, sum [sha256.Size]byte, report any) error {
	to := filepath.Join(w.Dir, dir, name)
	if b, err := w.read(to); err == nil && sha256.Sum256(b) != sum || name == ledgerName {
		ext := filepath.Ext(name)
		to = filepath.Join(w.Dir, dir, strings.TrimSuffix(name, ext)+"-"+hex.EncodeToString(sum[:8])+ext)
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := writeSynced(to+".problems.json", append(b, '\n')); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(w.Dir, name), to); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(to)), syncDir(w.Dir))
}

// writeSynced replaces path as a whole, so that a reader or a power cut never sees half.
func writeSynced(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
