package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"acsgd/internal/line"
)

// recorder writes what passes one link as a record file, which "replay:" plays back. The
// nil recorder records nothing.
type recorder struct {
	f     *os.File
	w     *bufio.Writer
	start time.Time
	buf   []byte
	err   error
}

func newRecorder(dir, name string, start time.Time) (*recorder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &recorder{f: f, w: bufio.NewWriterSize(f, 64<<10), start: start}, nil
}

// add records bytes; tx is from the host to the instrument.
func (r *recorder) add(now time.Time, tx bool, p []byte) {
	if r == nil || r.err != nil || len(p) == 0 {
		return
	}
	r.buf = line.Entry{At: now.Sub(r.start), Tx: tx, Hex: p}.AppendJSON(r.buf[:0])
	_, r.err = r.w.Write(r.buf)
}

// Close ends the recording.
func (r *recorder) Close() error { return errors.Join(r.err, r.w.Flush(), r.f.Close()) }
