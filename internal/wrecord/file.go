package wrecord

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// longest bounds a line while reading.
const longest = 4096

// ErrFile is the error of a line that is much longer than a record.
var ErrFile = errors.New("a line of more than 4096 bytes: this is no file of weight records")

// Read yields the records of a file with their line numbers, from 1. A line that is none
// gives an error that names it, and reading goes on behind it; an error of the reader, or a
// line without end, ends the sequence. Empty lines are passed over.
func Read(r io.Reader, zone *time.Location) iter.Seq2[int, Result] {
	return func(yield func(int, Result) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, longest), longest)
		n := 0
		for s.Scan() {
			n++
			if strings.TrimSpace(s.Text()) == "" {
				continue
			}
			rec, err := Parse(s.Text(), zone)
			if err != nil {
				err = fmt.Errorf("line %d, %w", n, err)
			}
			if !yield(n, Result{rec, err}) {
				return
			}
		}
		switch err := s.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(n+1, Result{nil, fmt.Errorf("line %d: %w", n+1, ErrFile)})
		case err != nil:
			yield(n+1, Result{nil, fmt.Errorf("line %d: %w", n+1, err)})
		}
	}
}

// Result is a record, or why a line is none.
type Result struct {
	Record *Record
	Err    error
}
