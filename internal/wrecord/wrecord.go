// Package wrecord reads and writes the weight record ("W") of the FHWA Traffic Monitoring
// Guide: one vehicle a line of fixed columns, in files named .wgt.
//
//	column  1      W
//	        2-3    state
//	        4-9    station, zero filled
//	        10     direction of travel
//	        11     lane of travel
//	        12-21  year, month, day, hour
//	        22-23  class of the vehicle, 01 to 15
//	        24-26  open
//	        27-32  total weight
//	        33-34  number of axles, 01 to 13
//	        35-    weight of axle k at 35+10(k-1) and spacing to the next at 40+10(k-1),
//	               five columns each
//
// The columns are those that a public reader of such files uses. The units of weights and
// spacings were not found in a text that could be read, so they are the caller's: a count is
// so many grams and so many millimetres. Whether a file conforms to a certain edition of the
// guide must be looked up there.
//
// A record tells the hour and no more, so it serves statistics and never joins a vehicle with
// other measurements.
package wrecord

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxAxles is the largest number of axles that a record holds.
const MaxAxles = 13

// Unclassified is the class of a vehicle whose class is not known.
const Unclassified = 15

// head is the number of columns before the first axle, maxLine that of the longest record.
const (
	head    = 34
	maxLine = head + 10*MaxAxles - 5
)

// Record is one vehicle. Weights and spacings are counts of the file's units.
type Record struct {
	State     int    // 0 to 99
	Station   string // 1 to 6 letters and digits; zeros before it say nothing
	Direction int    // 0 to 9
	Lane      int    // 0 to 9
	Hour      time.Time
	Class     int    // 1 to 15
	Open      string // columns 24-26, blanks cut behind
	Total     int64
	Weights   []int64 // 1 to MaxAxles
	Spacings  []int64 // from each axle to the next; 0 is not known
}

const (
	maxTotal = 999_999
	maxField = 99_999
)

// Append appends r as a line without its end. Hour is written as its own clock shows it.
func Append(dst []byte, r *Record) ([]byte, error) {
	n := len(r.Weights)
	switch {
	case r.State < 0 || r.State > 99:
		return dst, fmt.Errorf("columns 2-3: state %d, want 0 to 99", r.State)
	case !stationFits(r.Station):
		return dst, fmt.Errorf("columns 4-9: station %q, want 1 to 6 letters and digits", r.Station)
	case r.Direction < 0 || r.Direction > 9:
		return dst, fmt.Errorf("column 10: direction %d, want 0 to 9", r.Direction)
	case r.Lane < 0 || r.Lane > 9:
		return dst, fmt.Errorf("column 11: lane %d, want 0 to 9", r.Lane)
	case r.Hour.Year() < 1 || r.Hour.Year() > 9999:
		return dst, fmt.Errorf("columns 12-15: year %d", r.Hour.Year())
	case r.Class < 1 || r.Class > 15:
		return dst, fmt.Errorf("columns 22-23: class %d, want 1 to 15", r.Class)
	case !openFits(r.Open):
		return dst, fmt.Errorf("columns 24-26: %q, want up to 3 characters", r.Open)
	case r.Total < 0 || r.Total > maxTotal:
		return dst, fmt.Errorf("columns 27-32: total weight %d, want 0 to %d", r.Total, maxTotal)
	case n < 1 || n > MaxAxles:
		return dst, fmt.Errorf("columns 33-34: %d axles, want 1 to %d", n, MaxAxles)
	case len(r.Spacings) != n-1:
		return dst, fmt.Errorf("columns 33-34: %d axles with %d spacings", n, len(r.Spacings))
	}
	for k := range n {
		if w := r.Weights[k]; w < 0 || w > maxField {
			return dst, fmt.Errorf("columns %s: weight %d of axle %d, want 0 to %d", columns(weightAt(k), 5), w, k+1, maxField)
		}
		if k < n-1 && (r.Spacings[k] < 0 || r.Spacings[k] > maxField) {
			return dst, fmt.Errorf("columns %s: spacing %d behind axle %d, want 0 to %d", columns(weightAt(k)+5, 5), r.Spacings[k], k+1, maxField)
		}
	}
	dst = fmt.Appendf(dst, "W%02d%s%s%d%d%04d%s%02d%-3s%06d%02d", r.State, strings.Repeat("0", 6-len(r.Station)), r.Station,
		r.Direction, r.Lane, r.Hour.Year(), r.Hour.Format("010215"), r.Class, r.Open, r.Total, n)
	for k := range n {
		dst = fmt.Appendf(dst, "%05d", r.Weights[k])
		if k < n-1 {
			dst = fmt.Appendf(dst, "%05d", r.Spacings[k])
		}
	}
	return dst, nil
}

func weightAt(k int) int { return head + 10*k }

func stationFits(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 6
}

func openFits(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= 3 && strings.TrimRight(s, " ") == s
}

// columns names columns as a person counts them: "27-32".
func columns(from, n int) string { return fmt.Sprintf("%d-%d", from+1, from+n) }

// Parse reads a line, without its end or with it; blanks behind the last axle are passed
// over. zone is where the station's clock stands. Errors name the columns.
func Parse(line string, zone *time.Location) (*Record, error) {
	line = strings.TrimRight(line, " \r\n")
	if len(line) < head {
		return nil, fmt.Errorf("%d columns, want at least %d", len(line), head)
	}
	for i := range min(len(line), maxLine) {
		if line[i] < ' ' || line[i] > '~' {
			return nil, fmt.Errorf("column %d: byte %#02x", i+1, line[i])
		}
	}
	if line[0] != 'W' {
		return nil, fmt.Errorf("column 1: %q, want W", line[:1])
	}
	p := &cursor{line: line}
	r := &Record{State: int(p.number(1, 2, "state")), Station: strings.TrimLeft(line[3:9], "0 "),
		Direction: int(p.number(9, 1, "direction")), Lane: int(p.number(10, 1, "lane")), Hour: p.hour(11, zone),
		Class: int(p.number(21, 2, "class")), Open: strings.TrimRight(line[23:26], " "), Total: p.number(26, 6, "total weight")}
	if r.Station == "" {
		r.Station = "0"
	}
	if !stationFits(r.Station) {
		p.fault(3, 6, "station", "letters and digits")
	}
	if r.Class < 1 || r.Class > 15 {
		p.fault(21, 2, "class", "01 to 15")
	}
	n := int(p.number(32, 2, "number of axles"))
	if p.err == nil {
		p.err = r.axles(p, n)
	}
	if p.err != nil {
		return nil, p.err
	}
	return r, nil
}

// axles reads the n axles and holds them against the total: each of them was rounded.
func (r *Record) axles(p *cursor, n int) error {
	if n < 1 || n > MaxAxles {
		p.fault(32, 2, "number of axles", "01 to 13")
		return p.err
	}
	if want := head + 10*n - 5; len(p.line) != want {
		return fmt.Errorf("columns 33-34: %d axles end with column %d, the line with column %d", n, want, len(p.line))
	}
	sum := int64(0)
	for k := range n {
		w := p.number(weightAt(k), 5, fmt.Sprintf("weight of axle %d", k+1))
		r.Weights = append(r.Weights, w)
		sum += w
		if k < n-1 {
			r.Spacings = append(r.Spacings, p.number(weightAt(k)+5, 5, fmt.Sprintf("spacing behind axle %d", k+1)))
		}
	}
	if d := r.Total - sum; p.err == nil && max(d, -d) > int64(n) {
		return fmt.Errorf("columns 27-32: total weight %d, but the axles make %d", r.Total, sum)
	}
	return p.err
}

// cursor reads fields; the first error stays.
type cursor struct {
	line string
	err  error
}

func (p *cursor) fault(from, n int, what, want string) {
	if p.err == nil {
		at := "columns " + columns(from, n)
		if n == 1 {
			at = "column " + strconv.Itoa(from+1)
		}
		p.err = fmt.Errorf("%s: %s %q, want %s", at, what, p.line[from:from+n], want)
	}
}

// number reads digits, zero or blank filled.
func (p *cursor) number(from, n int, what string) int64 {
	s := strings.TrimLeft(p.line[from:from+n], " ")
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil || s[0] == '+' {
		p.fault(from, n, what, "digits")
		return 0
	}
	return int64(v)
}

func (p *cursor) hour(from int, zone *time.Location) time.Time {
	t, err := time.ParseInLocation("2006010215", p.line[from:from+10], zone)
	if err != nil {
		p.fault(from, 10, "hour", "YYYYMMDDHH")
	}
	return t
}
