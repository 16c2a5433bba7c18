package wim

import (
	"errors"
	"strings"
)

// LineMax is the longest line of an indicator that sends text; no known one has 40 bytes.
const LineMax = 256

var (
	// ErrLong is the fault of a line without an end.
	ErrLong  = errors.New("no end of line within 256 bytes")
	errCut   = errors.New("line without an end")
	errStart = errors.New("bytes outside a frame")
	errTwice = errors.New("a frame begins before the last one has ended")
)

// Lines splits the bytes of one connection into lines. A line goes on behind any of Ends, so
// that CR LF gives a line and an empty one, which is passed over. With Begin a line starts
// there, wherever it is met, and at no other byte.
type Lines struct {
	Begin byte // 0: any byte
	Ends  string

	at   int64 // bytes taken
	from int64 // of buf[0], from the start of the connection
	buf  []byte
	skip bool // the rest of a line that was too long
}

// Feed takes bytes. line gets each line with its end, valid during the call; fail gets what
// is none: the offset it begins at, why, and its bytes.
func (l *Lines) Feed(p []byte, line func(offset int64, b []byte), fail func(offset int64, err error, raw []byte)) {
	for _, b := range p {
		l.at++
		switch {
		case l.Begin != 0 && b == l.Begin:
			if len(l.buf) > 0 && !l.bare() {
				err := errTwice
				if l.buf[0] != l.Begin {
					err = errStart
				}
				fail(l.from, err, l.buf)
			}
			l.buf, l.from, l.skip = append(l.buf[:0], b), l.at-1, false
		case strings.IndexByte(l.Ends, b) >= 0:
			if len(l.buf) > 0 {
				l.buf = append(l.buf, b)
				l.end(line, fail)
			}
			l.buf, l.skip = l.buf[:0], false
		case l.skip:
		default:
			if len(l.buf) == 0 {
				l.from = l.at - 1
			}
			l.buf = append(l.buf, b)
			if len(l.buf) == LineMax {
				fail(l.from, ErrLong, l.buf)
				l.buf, l.skip = l.buf[:0], true
			}
		}
	}
}

func (l *Lines) end(line func(int64, []byte), fail func(int64, error, []byte)) {
	if l.Begin != 0 && l.buf[0] != l.Begin {
		fail(l.from, errStart, l.buf)
		return
	}
	line(l.from, l.buf)
}

// bare reports whether nothing of a line is there but Begin: a run of them begins one line.
func (l *Lines) bare() bool { return len(l.buf) == 1 && l.Begin != 0 && l.buf[0] == l.Begin }

// Flush reports a line that has no end because the connection has one.
func (l *Lines) Flush(fail func(offset int64, err error, raw []byte)) {
	if len(l.buf) > 0 && !l.bare() {
		fail(l.from, errCut, l.buf)
	}
	l.buf = l.buf[:0]
}
