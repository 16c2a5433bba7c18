package wrecord

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Lines composed by hand, column by column, from the table in the package comment.
const (
	// W 08 001234 3 1 2026030106 09 ___ 000408 05, axles 65 110 78 76 79 with 37 56 13 13 between.
	artic = "W080012343120260301" + "06" + "09" + "   " + "000408" + "05" + "00065" + "00037" + "00110" + "00056" + "00078" + "00013" + "00076" + "00013" + "00079"
	// W 99 00AB12 0 9 1999123123 15 x1_ 000018 01, one axle.
	short = "W9900AB1209" + "1999123123" + "15" + "x1 " + "000018" + "01" + "00018"
)

var almaty = time.FixedZone("", 5*3600)

func TestGoldenLines(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want Record
	}{
		"five axles": {artic, Record{State: 8, Station: "1234", Direction: 3, Lane: 1, Hour: time.Date(2026, 3, 1, 6, 0, 0, 0, almaty), Class: 9,
			Total: 408, Weights: []int64{65, 110, 78, 76, 79}, Spacings: []int64{37, 56, 13, 13}}},
		"one axle": {short, Record{State: 99, Station: "AB12", Direction: 0, Lane: 9, Hour: time.Date(1999, 12, 31, 23, 0, 0, 0, almaty), Class: 15,
			Open: "x1", Total: 18, Weights: []int64{18}}},
	} {
		got, err := Parse(c.line, almaty)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(&c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if line, err := Append(nil, &c.want); err != nil || string(line) != c.line {
			t.Errorf("%s: %q, %v, want %q", name, line, err, c.line)
		}
		if _, err := Parse(c.line+"   \r\n", almaty); err != nil {
			t.Errorf("%s with blanks and a line end behind it: %v", name, err)
		}
	}
	if len(artic) != 79 || artic[26:32] != "000408" || artic[34:39] != "00065" || artic[39:44] != "00037" {
		t.Errorf("the golden line has %d columns", len(artic))
	}
}

// put writes text over the golden line from a column on, counted from 1.
func put(column int, text string) string {
	return artic[:column-1] + text + artic[column-1+len(text):]
}

func TestLinesThatAreNoneNameTheColumns(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"empty", "", "0 columns, want at least 34"},
		{"cut in the head", artic[:33], "33 columns"},
		{"cut in an axle", artic[:70], "columns 33-34: 5 axles end with column 79, the line with column 70"},
		{"an axle too many", artic + "0001300079", "columns 33-34: 5 axles end with column 79, the line with column 89"},
		{"another record", put(1, "S"), `column 1: "S", want W`},
		{"a state of letters", put(2, "KZ"), `columns 2-3: state "KZ", want digits`},
		{"a station with a comma", put(7, ","), `columns 4-9: station "001,34"`},
		{"no direction", put(10, " "), `column 10: direction " ", want digits`},
		{"a month that is none", put(16, "13"), `columns 12-21: hour "2026130106", want YYYYMMDDHH`},
		{"an hour that is none", put(20, "24"), `columns 12-21: hour`},
		{"class 0", put(22, "00"), `columns 22-23: class "00", want 01 to 15`},
		{"class 16", put(22, "16"), `columns 22-23: class "16", want 01 to 15`},
		{"a total with a point", put(27, "0040.8"), `columns 27-32: total weight "0040.8", want digits`},
		{"a total with a sign", put(27, "+00408"), `columns 27-32: total weight "+00408", want digits`},
		{"a total of blanks", put(27, "      "), `columns 27-32: total weight "      ", want digits`},
		{"a total that is another vehicle's", put(27, "000414"), "columns 27-32: total weight 414, but the axles make 408"},
		{"no axles", put(33, "00"), `columns 33-34: number of axles "00", want 01 to 13`},
		{"14 axles", put(33, "14"), `columns 33-34: number of axles "14", want 01 to 13`},
		{"a weight with a minus", put(45, "-0110"), `columns 45-49: weight of axle 2 "-0110", want digits`},
		{"a spacing of letters", put(50, "0005O"), `columns 50-54: spacing behind axle 2 "0005O", want digits`},
		{"a byte that is no character", put(60, "\x00"), "column 60: byte 0x00"},
	} {
		if r, err := Parse(c.line, time.UTC); err == nil || r != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	for name, line := range map[string]string{"blank filled": put(27, "   408"), "rounded": put(27, "000413"), "a spacing that is not known": put(50, "00000")} {
		if _, err := Parse(line, time.UTC); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for want, change := range map[string]func(*Record){
		"columns 2-3: state 100":                       func(r *Record) { r.State = 100 },
		`columns 4-9: station "1234567"`:               func(r *Record) { r.Station = "1234567" },
		`columns 4-9: station ""`:                      func(r *Record) { r.Station = "" },
		"column 10: direction 10":                      func(r *Record) { r.Direction = 10 },
		"column 11: lane -1":                           func(r *Record) { r.Lane = -1 },
		"columns 22-23: class 0":                       func(r *Record) { r.Class = 0 },
		`columns 24-26: "1234"`:                        func(r *Record) { r.Open = "1234" },
		"columns 27-32: total weight 1000000":          func(r *Record) { r.Total = 1_000_000 },
		"columns 33-34: 0 axles":                       func(r *Record) { r.Weights, r.Spacings = nil, nil },
		"columns 33-34: 14 axles":                      func(r *Record) { r.Weights, r.Spacings = make([]int64, 14), make([]int64, 13) },
		"columns 33-34: 5 axles with 3 spacings":       func(r *Record) { r.Spacings = r.Spacings[:3] },
		"columns 45-49: weight 100000 of axle 2":       func(r *Record) { r.Weights[1] = 100_000 },
		"columns 40-44: spacing 100000 behind axle 1,": func(r *Record) { r.Spacings[0] = 100_000 },
	} {
		r, err := Parse(artic, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		if b, err := Append([]byte("x"), r); err == nil || string(b) != "x" || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q, %v, want %s", b, err, want)
		}
	}
}

func TestAFileIsReadBeyondItsFaults(t *testing.T) {
	in := artic + "\r\n\n" + artic[:50] + "\n" + short + "\n" + strings.Repeat("x", 5000) + "\n" + artic
	var lines []int
	var errs []string
	for n, r := range Read(strings.NewReader(in), time.UTC) {
		if r.Err != nil {
			errs = append(errs, r.Err.Error())
			if (n == 5) != errors.Is(r.Err, ErrFile) {
				t.Errorf("line %d: %v", n, r.Err)
			}
			continue
		}
		lines = append(lines, n)
	}
	if d := cmp.Diff([]int{1, 4}, lines); d != "" || len(errs) != 2 || !strings.HasPrefix(errs[0], "line 3, columns 33-34: ") || !strings.HasPrefix(errs[1], "line 5: a line of more") {
		t.Errorf("lines %v, errors %q", lines, errs)
	}
}

func TestEveryRecordSurvivesItsLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxAxles).Draw(t, "axles")
		r := &Record{State: rapid.IntRange(0, 99).Draw(t, "state"), Station: rapid.StringMatching(`[1-9A-Z][0-9A-Z]{0,5}`).Draw(t, "station"),
			Direction: rapid.IntRange(0, 9).Draw(t, "direction"), Lane: rapid.IntRange(0, 9).Draw(t, "lane"),
			Hour:  time.Date(2000, 1, 1, rapid.IntRange(0, 400_000).Draw(t, "hour"), 0, 0, 0, time.UTC),
			Class: rapid.IntRange(1, 15).Draw(t, "class"), Open: rapid.StringMatching(`[!-~]{0,3}`).Draw(t, "open")}
		for range n {
			r.Weights = append(r.Weights, rapid.Int64Range(0, 76_000).Draw(t, "weight"))
			r.Total += r.Weights[len(r.Weights)-1]
		}
		for range n - 1 {
			r.Spacings = append(r.Spacings, rapid.Int64Range(0, maxField).Draw(t, "spacing"))
		}
		line, err := Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(string(line), time.UTC)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if d := cmp.Diff(r, got); d != "" {
			t.Fatalf("%q (-want +got):\n%s", line, d)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(artic)
	f.Add(short)
	f.Add(put(27, "   408"))
	f.Fuzz(func(t *testing.T, line string) {
		r, err := Parse(line, time.UTC)
		if err != nil {
			if err.Error() == "" || r != nil {
				t.Errorf("%q: %v, %v", line, r, err)
			}
			return
		}
		again, err := Append(nil, r)
		if err != nil {
			t.Fatalf("%q is read but cannot be written: %v", line, err)
		}
		back, err := Parse(string(again), time.UTC)
		if err != nil {
			t.Fatalf("%q became %q: %v", line, again, err)
		}
		if d := cmp.Diff(r, back); d != "" {
			t.Errorf("%q became %q:\n%s", line, again, d)
		}
	})
}
