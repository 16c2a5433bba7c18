package captures

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// Line is one line of a portal as it was on the wire.
type Line struct {
	At   time.Duration // after the first line of the recording
	Wire []byte        // without the file's time column, with CR LF
	Tag  string        // GB, GS, GX, ...
}

// slice reports whether the line is a gamma slice: the beams are interrupted.
func (l *Line) slice() bool { return l.Tag == "GS" || l.Tag == "GA" }

// end reports whether the line ends an occupancy.
func (l *Line) end() bool { return l.Tag == "GX" }

// maxLine is the longest line that a portal's file may have.
const maxLine = 4 << 10

// ReadLines reads a portal's file and turns it into what was on the wire. Each line ends
// in a time column, "HH-MM-SS.mmm" or "YYYY-MM-DD HH:MM:SS.mmm ±ZZ"; a step back of more
// than half a day is midnight. An error names file and line.
func ReadLines(path string) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("portal recording: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	lines, err := readLines(f)
	if err != nil {
		return nil, fmt.Errorf("portal recording %s: %w", path, err)
	}
	return lines, nil
}

func readLines(r io.Reader) ([]Line, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, maxLine), maxLine)
	var lines []Line
	var first, last time.Time
	for n := 1; sc.Scan(); n++ {
		text := bytes.TrimRight(sc.Bytes(), "\r")
		if len(text) == 0 {
			continue
		}
		i, j := bytes.IndexByte(text, ','), bytes.LastIndexByte(text, ',')
		if i < 0 {
			return nil, fmt.Errorf("line %d has no fields", n)
		}
		at, err := clock(string(text[j+1:]))
		if err != nil {
			return nil, fmt.Errorf("line %d: time column: %w", n, err)
		}
		if first.IsZero() {
			first, last = at, at
		}
		for last.Sub(at) > 12*time.Hour {
			at = at.AddDate(0, 0, 1)
		}
		if at.Before(last) {
			at = last // two clocks a few milliseconds apart wrote the file
		}
		last = at
		lines = append(lines, Line{At: at.Sub(first), Wire: append(append([]byte(nil), text[:j]...), "\r\n"...), Tag: string(text[:i])})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("behind line %d: %w", len(lines), err)
	}
	return lines, nil
}

// clock reads a time column; without a date it is a time of the year 0.
func clock(s string) (time.Time, error) {
	if len(s) <= len("15-04-05.000") {
		return time.Parse("15-04-05.000", s)
	}
	return time.Parse("2006-01-02 15:04:05.000 -07", s)
}

// Shorten presses every vacancy of more than limit into limit. No line is left out, and
// the lines of an occupancy keep their distances: a driver tells the burst at its
// beginning from live slices by their times.
func Shorten(lines []Line, limit time.Duration) []Line {
	out := make([]Line, len(lines))
	copy(out, lines)
	var base time.Duration // when the current stretch begins, played
	for from := 0; from < len(lines); {
		to := from // the first slice behind the vacancy, or the end of the lines
		for to < len(lines) && !lines[to].slice() {
			to++
		}
		start, end := lines[max(0, from-1)].At, lines[min(to, len(lines)-1)].At
		span := end - start
		short := min(span, limit)
		for i := from; i < to; i++ {
			out[i].At = base
			if span > 0 {
				out[i].At += time.Duration(float64(lines[i].At-start) * float64(short) / float64(span))
			}
		}
		base += short
		for from = to; from < len(lines); from++ { // the occupancy, its end line included
			out[from].At = base + lines[from].At - end
			if lines[from].end() {
				from++
				break
			}
		}
		if from > 0 {
			base = out[from-1].At
		}
	}
	return out
}

// BeforeAlarm gives the index of the line from which n whole occupancies are played before
// the first one with an alarm of the portal; 0 where there are fewer, or no alarm.
func BeforeAlarm(lines []Line, n int) int {
	var ends []int // of the occupancies so far
	for i := range lines {
		switch {
		case lines[i].end():
			ends = append(ends, i)
		case lines[i].Tag != "GA":
		case len(ends) > n:
			return ends[len(ends)-1-n] + 1
		default:
			return 0
		}
	}
	return 0
}
