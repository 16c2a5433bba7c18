package tsa

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/devices"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

var start = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

func newTest(t testing.TB, stream bool, change func(*Config)) *Session {
	t.Helper()
	cfg, err := load(devices.Section{Decode: func(v any) error {
		if change != nil {
			change(v.(*Config))
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return newSession(cfg, stream)
}

// drain lets what waits for the end of a burst go.
func drain(s *Session, now time.Time, out *devices.Out) {
	for len(s.held) > 0 {
		at, _ := s.Deadline()
		if at.Before(now) {
			at = now
		}
		s.Tick(at, out)
	}
}

func decodeAll(t testing.TB, stream bool, text string) *devices.Out {
	t.Helper()
	s, out := newTest(t, stream, nil), &devices.Out{}
	s.Tick(start, out)
	s.Feed(start, []byte(text), out)
	drain(s, start, out)
	return out
}

func bodies(out *devices.Out) []obs.Radiation {
	var all []obs.Radiation
	for _, o := range out.Obs {
		if r, ok := o.Body.(*obs.Radiation); ok {
			all = append(all, *r)
		}
	}
	return all
}

// The lines are those of the protocol description and of the two public captures.
func TestLines(t *testing.T) {
	for _, row := range []struct {
		name, line string
		want       obs.Radiation
	}{
		{"a gamma background", "GB,000383,000389,000432,000423", obs.Radiation{Tag: "GB", Gamma: [4]int32{383, 389, 432, 423}}},
		{"a neutron background", "NB,000003,000000,000002,000000", obs.Radiation{Tag: "NB", Neutron: [4]int32{3, 0, 2, 0}}},
		{"a gamma slice", "GS,000063,000058,000051,000078", obs.Radiation{Tag: "GS", Gamma: [4]int32{63, 58, 51, 78}, Interval: 200, Occupied: true}},
		{"a gamma alarm", "GA,000198,000099,000093,000102", obs.Radiation{Tag: "GA", Gamma: [4]int32{198, 99, 93, 102}, Interval: 200, Occupied: true, Alarm: true}},
		{"a neutron scan", "NS,000001,000000,000001,000000", obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true}},
		{"a neutron alarm", "NA,000007,000002,000009,000004", obs.Radiation{Tag: "NA", Neutron: [4]int32{7, 2, 9, 4}, Interval: 1000, Occupied: true, Alarm: true}},
		{"a high gamma background", "GH,002383,002389,002432,002423", obs.Radiation{Tag: "GH", Gamma: [4]int32{2383, 2389, 2432, 2423}, Fault: "high_background"}},
		{"a low gamma background", "GL,000003,000389,000432,000423", obs.Radiation{Tag: "GL", Gamma: [4]int32{3, 389, 432, 423}, Fault: "low_background"}},
		{"a high neutron background", "NH,000063,000000,000002,000000", obs.Radiation{Tag: "NH", Neutron: [4]int32{63, 0, 2, 0}, Fault: "neutron_high_background"}},
		{"a speed", "SP,0.1314,05.189,008.35,000000", obs.Radiation{Tag: "SP", Speed: 2319, Occupied: true}},
		{"a saturated speed", "SP,0.0023,99.999,160.93,000000", obs.Radiation{Tag: "SP", Speed: 44703, Occupied: true, Flags: []obs.Flag{obs.SpeedOutOfRange}}},
		{"an end of occupancy", "GX,000637,002566,000000,000000", obs.Radiation{Tag: "GX", Occupancy: 637, Background: 2566}},
		{"an opened case", "TT,000000,000000,000000,000000", obs.Radiation{Tag: "TT", Fault: "tamper"}},
		{"a closed case", "TC,111111,111111,111111,111111", obs.Radiation{Tag: "TC"}},
		{"gamma settings", "SG1,002000,000068,05,10,05.0,P", obs.Radiation{Tag: "SG1", Setup: []string{"002000", "000068", "05", "10", "05.0", "P"}}},
		{"gamma settings, part 2", "SG2,1111,0.069,0.455,01,1010,A", obs.Radiation{Tag: "SG2", Setup: []string{"1111", "0.069", "0.455", "01", "1010", "A"}}},
		{"gamma settings, part 3", "SG3,0.069,0.455,020,000,1.10.1", obs.Radiation{Tag: "SG3", Setup: []string{"0.069", "0.455", "020", "000", "1.10.1"}}},
		{"neutron settings", "SN1,000050,03,0004,1200,01,120", obs.Radiation{Tag: "SN1", Setup: []string{"000050", "03", "0004", "1200", "01", "120"}}},
		{"neutron settings, part 2", "SN2,0.504,5.040,0.504,5.040,PP", obs.Radiation{Tag: "SN2", Setup: []string{"0.504", "5.040", "0.504", "5.040", "PP"}}},
		{"an unrounded neutron background", "NB1,3.58333373,0.00000000,2.65000033,0.00000000", obs.Radiation{Tag: "NB1", Values: []int64{358333373, 0, 265000033, 0}}},
		{"sequential test coefficients", "NC,-5.56666610,0.63818818", obs.Radiation{Tag: "NC", Values: []int64{-556666610, 63818818}}},
		{"sequential test bounds", "NX,9.50437640,-0.99599343", obs.Radiation{Tag: "NX", Values: []int64{950437640, -99599343}}},
		{"a sequential sum", "NZ,-3.24434947,-3.24434947", obs.Radiation{Tag: "NZ", Values: []int64{-324434947, -324434947}, Occupied: true}},
		{"window backgrounds", "AB1,408.55001800,582.75006000,289.75003000,288.39999300", obs.Radiation{Tag: "AB1", Values: []int64{40855001800, 58275006000, 28975003000, 28839999300}}},
		{"window shares", "AR,0.2603,0.3713,0.1846,0.1838", obs.Radiation{Tag: "AR", Values: []int64{26030000, 37130000, 18460000, 18380000}}},
		{"window ratios", "AC,1.41512668,1.71460711", obs.Radiation{Tag: "AC", Values: []int64{141512668, 171460711}}},
		{"window counts", "AS,000088,000110,000070,000045", obs.Radiation{Tag: "AS", Values: []int64{8800000000, 11000000000, 7000000000, 4500000000}, Interval: 200, Occupied: true}},
		{"window statistics with blanks", "AX,  0.2758, -0.1417, -1.4988,  0.4574,  0.8690", obs.Radiation{Tag: "AX", Values: []int64{27580000, -14170000, -149880000, 45740000, 86900000}, Occupied: true}},
		{"an energy alarm", "AA,000001,000001,000001,11111A", obs.Radiation{Tag: "AA", Setup: []string{"000001", "000001", "000001", "11111A"}, Occupied: true}},
		{"an unknown tag", "QZ7,hello,12", obs.Radiation{Tag: "QZ7", Setup: []string{"hello", "12"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, end := range []string{"\r\n", "\n", "\r"} {
				// A background line before it, so that the connection does not begin inside an occupancy.
				out := decodeAll(t, true, "NB,000000,000000,000000,000000"+end+row.line+end)
				if len(out.Errs) != 0 || len(out.Obs) != 2 {
					t.Fatalf("errors %v, %d observations", out.Errs, len(out.Obs))
				}
				if diff := cmp.Diff(row.want, bodies(out)[1]); diff != "" {
					t.Fatal(diff)
				}
				if string(out.Obs[1].Raw) != row.line {
					t.Fatalf("raw %q", out.Obs[1].Raw)
				}
			}
		})
	}
}

func TestMalformedLinesAreReportedWithTheirOffset(t *testing.T) {
	const good = "GB,000383,000389,000432,000423\r\n"
	for _, row := range []struct {
		name, line string
		offset     int
		reason     string
	}{
		{"a letter in a count", "GS,000063,0000A8,000051,000078", 14, "not a count of six digits"},
		{"a lost digit", "GS,000063,00008,000051,000078", 10, "not a count of six digits"},
		{"a lost field", "GS,000063,000058,000051", 23, "too few fields"},
		{"a field too many", "GS,000063,000058,000051,000078,000009", 31, "too many fields, or a time that is not understood"},
		{"a spectroscopic portal", "GB,Aa1,000058,000051,000078", 3, "a detector name: a spectroscopic portal's file, not a gross-count portal's"},
		{"no tag", "000058,000051,000078", 0, "no line tag"},
		{"a tag alone", "GS", 0, "no line tag"},
		{"a byte above ASCII", "GS,000063,\xff00058,000051,000078", 10, "not printable ASCII"},
		{"a speed without digits", "SP,0.13x4,05.189,008.35,000000", 3, "not a number"},
		{"a decimal without digits", "NC,-,0.63818818", 3, "not a number"},
		{"more commas than any line has", strings.Repeat("A,", 40), 49, "too many fields"},
		{"a megabyte without a line end", strings.Repeat("7", 1<<20), 0, "line longer than 1024 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			out := decodeAll(t, true, good+row.line+"\r\n"+good)
			if len(out.Errs) != 1 || len(out.Obs) != 2 {
				t.Fatalf("errors %v, %d observations", out.Errs, len(out.Obs))
			}
			if e := out.Errs[0]; e.Offset != int64(len(good)+row.offset) || e.Reason != row.reason {
				t.Fatalf("got %v, want offset %d: %s", e, len(good)+row.offset, row.reason)
			}
		})
	}
}

func TestDailyFileTimes(t *testing.T) {
	for _, row := range []struct {
		name, column string
		cfg          func(*Config)
		want         string
	}{
		{"time of day with the date of the settings", "03-35-15.175", func(c *Config) { c.Date, c.Zone = "2017-03-01", "+05:00" }, "2017-02-28T22:35:15.175Z"},
		{"time of day with colons", "03:35:15.175", func(c *Config) { c.Date = "2017-03-01" }, "2017-03-01T03:35:15.175Z"},
		{"time of day on the reader's day", "03-35-15.175", nil, "2026-01-15T03:35:15.175Z"},
		{"a date with an offset", "2016-05-31 09:30:00.899 -07", nil, "2016-05-31T16:30:00.899Z"},
		{"a date with hyphens and a long offset", "2016-05-31 09-30-00.899 +05:30", nil, "2016-05-31T04:00:00.899Z"},
		{"a date without an offset", "2016-05-31 09:30:00", func(c *Config) { c.Zone = "+05:00" }, "2016-05-31T04:30:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, out := newTest(t, true, row.cfg), &devices.Out{}
			s.Feed(start, []byte("GB,000383,000389,000432,000423,"+row.column+"\n"), out)
			if len(out.Errs) != 0 || len(out.Obs) != 1 {
				t.Fatalf("errors %v, %d observations", out.Errs, len(out.Obs))
			}
			if got := out.Obs[0].Stamp.At.Format(time.RFC3339Nano); got != row.want {
				t.Fatalf("at %s, want %s", got, row.want)
			}
			if out.Obs[0].Stamp.Origin != obs.Device {
				t.Fatal("the file's clock is not ours")
			}
		})
	}
	t.Run("midnight", func(t *testing.T) {
		out := decodeAll(t, true, "GB,000383,000389,000432,000423,23-59-59.900\nGB,000383,000389,000432,000423,00-00-04.900\n")
		if d := out.Obs[1].Stamp.At.Sub(out.Obs[0].Stamp.At); d != 5*time.Second {
			t.Fatalf("midnight is %s long", d)
		}
	})
}

func four(tag string, i int) string {
	return fmt.Sprintf("%s,%06d,%06d,%06d,%06d\r\n", tag, i, i, i, i)
}

func TestTheSlicesOfABurstAreSpreadBackwards(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	s.Tick(start, out)
	s.Feed(start, []byte(four("NB", 0)+four("GB", 400)), out)
	t0 := start.Add(3 * time.Second)
	s.Feed(t0, []byte("SP,0.1281,05.323,008.57,000000\r\n"+four("NS", 1)+four("GS", 1)+four("GS", 2)), out)
	s.Feed(t0.Add(4*time.Millisecond), []byte(four("GS", 3)+four("GS", 4)+four("GS", 5)), out)
	s.Feed(t0.Add(10*time.Millisecond), []byte(four("GS", 6)), out)
	if n := len(out.Obs); n != 4 {
		t.Fatalf("%d observations before the burst has ended, want the 4 before it", n)
	}
	at, ok := s.Deadline()
	if !ok || !at.Equal(t0.Add(110*time.Millisecond)) {
		t.Fatalf("deadline %s %v", at, ok)
	}
	s.Tick(at, out)
	s.Feed(t0.Add(205*time.Millisecond), []byte(four("GA", 7)), out)
	last := t0.Add(10 * time.Millisecond)
	for i, o := range out.Obs[4:] {
		want := last.Add(time.Duration(i-5) * 200 * time.Millisecond)
		if i == 6 {
			want = t0.Add(205 * time.Millisecond)
		}
		if !o.Stamp.At.Equal(want) {
			t.Errorf("slice %d at %s, want %s", i+1, o.Stamp.At, want)
		}
		if len(o.Body.(*obs.Radiation).Flags) != 0 {
			t.Errorf("slice %d is flagged", i+1)
		}
	}
	if len(out.Obs) != 11 {
		t.Fatalf("%d observations", len(out.Obs))
	}
}

func TestAConnectionInsideAnOccupancyIsMarked(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	s.Tick(start, out)
	now := start
	for i := range 3 {
		now = start.Add(time.Duration(i) * 200 * time.Millisecond)
		s.Feed(now, []byte(four("GS", 60+i)), out)
	}
	s.Feed(now, []byte("GX,000001,002566,000000,000000\r\n"), out)
	for i := range 6 {
		s.Feed(now.Add(time.Millisecond), []byte(four("GS", i)), out)
	}
	drain(s, now, out)
	for i, r := range bodies(out) {
		if got, want := len(r.Flags) == 1 && r.Flags[0] == obs.Truncated, i < 3; got != want {
			t.Errorf("line %d (%s): truncated %v, want %v", i, r.Tag, got, want)
		}
	}

	t.Run("a burst proves the beginning", func(t *testing.T) {
		s, out := newTest(t, false, nil), &devices.Out{}
		s.Feed(start, []byte(strings.Repeat(four("GS", 60), 6)), out)
		drain(s, start, out)
		for i, r := range bodies(out) {
			if len(r.Flags) != 0 {
				t.Errorf("slice %d is flagged", i)
			}
		}
	})
}

// All 450 occupancies of the public captures begin with six slices at once or more. A portal
// that has done so and now begins with one has lost lines on the way.
func TestABeginningWithoutItsBurstIsTruncated(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	now := start
	feed := func(text string) {
		s.Feed(now, []byte(text), out)
		now = now.Add(200 * time.Millisecond)
		s.Tick(now, out)
	}
	flagged := func() (n int) {
		for _, r := range bodies(out) {
			n += len(r.Flags)
		}
		out.Reset()
		return n
	}
	feed(four("GB", 400))
	for range 8 { // nothing is known of this portal's habits yet
		feed(four("GS", 60))
	}
	feed("GX,000001,002566,000000,000000\r\n" + four("GB", 400))
	feed(strings.Repeat(four("GS", 60), 6))
	feed(four("GS", 60) + "GX,000002,002566,000000,000000\r\n" + four("GB", 400))
	if n := flagged(); n != 0 {
		t.Fatalf("%d slices are flagged", n)
	}
	for range 8 {
		feed(four("GS", 60))
	}
	if n := flagged(); n != 8 {
		t.Errorf("%d of 8 slices are flagged", n)
	}
	feed("GX,000003,002566,000000,000000\r\n" + strings.Repeat(four("GS", 60), 6))
	if n := flagged(); n != 0 {
		t.Errorf("%d slices of the next one are flagged", n)
	}
}

func TestSilence(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	s.Tick(start, out)
	s.Feed(start.Add(time.Second), []byte(four("GB", 400)), out)
	at, ok := s.Deadline()
	if want := start.Add(11 * time.Second); !ok || !at.Equal(want) {
		t.Fatalf("deadline %s, want %s", at, want)
	}
	s.Feed(at.Add(-time.Millisecond), []byte("garbage from a wrong baud rate\r\n"), out)
	s.Tick(at, out)
	if h, ok := out.Obs[len(out.Obs)-1].Body.(*obs.Health); !ok || h.State != obs.Degraded {
		t.Fatalf("10 s without a line: %+v", out.Obs[len(out.Obs)-1].Body)
	}
	s.Feed(at.Add(time.Second), []byte(four("GB", 400)), out)
	if h, ok := out.Obs[len(out.Obs)-2].Body.(*obs.Health); !ok || h.State != obs.Online {
		t.Fatal("a line after the silence does not bring the portal back")
	}
	s.Tick(at.Add(11*time.Second), out)
	s.Tick(at.Add(31*time.Second), out)
	if out.Fail == nil {
		t.Fatal("30 s of silence and the link is kept")
	}

	t.Run("inside an occupancy the portal owes slices", func(t *testing.T) {
		s, out := newTest(t, false, nil), &devices.Out{}
		s.Feed(start, []byte(four("GB", 400)+four("NS", 1)), out)
		if at, _ := s.Deadline(); !at.Equal(start.Add(10 * time.Second)) {
			t.Fatalf("deadline %s", at)
		}
		s.Tick(start.Add(10*time.Second), out)
		if h, ok := out.Obs[len(out.Obs)-1].Body.(*obs.Health); out.Fail != nil || !ok || h.State != obs.Degraded {
			t.Fatal("10 s of silence inside an occupancy are not reported")
		}
		s.Tick(start.Add(31*time.Second), out)
		s.Tick(start.Add(32*time.Second), out)
		if len(out.Obs) != 3 || out.Fail == nil {
			t.Fatal("the lost end of an occupancy hides the silence for ever")
		}
	})

	// A link that stays open while nothing comes: the vehicle's first half is not in it.
	for name, quiet := range map[string]time.Duration{"reported": 0, "not watched": 1} {
		t.Run("slices after a silence are not the beginning, "+name, func(t *testing.T) {
			s, out := newTest(t, false, nil), &devices.Out{}
			s.cfg.Silence -= quiet * s.cfg.Silence
			s.Feed(start, []byte(four("GB", 400)), out)
			now := start.Add(12 * time.Second)
			s.Tick(start.Add(10*time.Second), out)
			out.Reset()
			for i := range 3 {
				s.Feed(now.Add(time.Duration(i)*200*time.Millisecond), []byte(four("GS", 60)), out)
			}
			drain(s, now.Add(time.Second), out)
			for i, o := range out.Obs {
				if r, ok := o.Body.(*obs.Radiation); ok && (len(r.Flags) != 1 || r.Flags[0] != obs.Truncated) {
					t.Errorf("line %d (%s) has the flags %v", i, r.Tag, r.Flags)
				}
			}
		})
	}
}

func TestAStreamWithoutTimesAdvancesByThePortalsRhythm(t *testing.T) {
	text := four("NB", 0) + four("GB", 400) + four("NB", 0) + four("GB", 400) + four("NS", 1) +
		strings.Repeat(four("GS", 80), 5) + four("NS", 1) + strings.Repeat(four("GS", 80), 5) +
		"GX,000001,002566,000000,000000\r\n" + four("NB", 0) + four("GB", 400)
	out := decodeAll(t, true, text)
	var got []int64
	for _, o := range out.Obs {
		got = append(got, o.Stamp.At.Sub(start).Milliseconds())
	}
	want := []int64{0, 0, 5000, 5000, 6000, 6200, 6400, 6600, 6800, 7000, 7000, 7200, 7400, 7600, 7800, 8000, 8000, 12860, 12860}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestRecordedPortals(t *testing.T) {
	for _, row := range []struct {
		file string
		want map[string]int
	}{
		{"tsa-vm250-day/day-part1.txt", map[string]int{"GX": 420, "GA": 25, "GB": 10469, "NS": 4236, "SP": 777, "GS": 22016}},
		{"tsa-4window/none-part1.csv", map[string]int{"GX": 15, "GA": 0, "NZ": 177}},
		{"tsa-4window/norm2-part1.csv", map[string]int{"GX": 15, "GA": 414, "NZ": 175, "AA": 1098}},
	} {
		t.Run(row.file, func(t *testing.T) {
			text := sharedtest.File(t, "radiation", row.file)
			out := decodeAll(t, true, string(text))
			if len(out.Errs) != 0 {
				t.Fatalf("%d errors, the first: %v", len(out.Errs), out.Errs[0])
			}
			if n := bytes.Count(text, []byte("\n")); len(out.Obs) != n {
				t.Fatalf("%d observations of %d lines", len(out.Obs), n)
			}
			got := map[string]int{}
			flagged, last, back := 0, time.Time{}, 0
			for _, o := range out.Obs {
				r := o.Body.(*obs.Radiation)
				got[r.Tag]++
				if r.Tag != "SP" && len(r.Flags) > 0 {
					flagged++
				}
				if r.Tag == "GS" || r.Tag == "GA" {
					if o.Stamp.At.Before(last) {
						back++
					}
					last = o.Stamp.At
				}
			}
			for tag, n := range row.want {
				if got[tag] != n {
					t.Errorf("%d %s lines, want %d", got[tag], tag, n)
				}
			}
			if flagged > 0 {
				t.Errorf("%d lines are flagged as truncated", flagged)
			}
			// A burst reaches back by a second, at most into the hold-in of the vehicle before.
			if back > got["GX"]/10 {
				t.Errorf("time runs backwards %d times", back)
			}
		})
	}
}

var corpus = "SG1,002000,000068,05,10,05.0,P\r\n" + four("NB", 0) + four("GB", 400) +
	"SP,0.1314,05.189,008.35,000000\r\nNS,000001,000000,000001,000000\r\n" + strings.Repeat(four("GS", 80), 7) +
	"NZ,-3.24434947,-3.24434947\nAX,  0.2758, -0.1417, -1.4988,  0.4574,  0.8690\r" + four("GA", 200) +
	"GX,000637,002566,000000,000000\r\nGS,000063,0000A8,000051,000078\r\n" + strings.Repeat("x", 1100) + "\r\n" +
	"GB,000383,000389,000432,000423,00-00-04.475\r\n" + four("GB", 400)

// whole is everything that must not depend on how the bytes were cut.
func whole(out *devices.Out) string {
	var b strings.Builder
	for _, o := range out.Obs {
		p, err := o.MarshalJSON()
		if err != nil {
			panic(err)
		}
		b.Write(append(p, '\n'))
	}
	for _, e := range out.Errs {
		fmt.Fprintln(&b, e.Offset, e.Reason, len(e.Frame))
	}
	return b.String()
}

func checkChunks(t interface{ Fatalf(string, ...any) }, text []byte, cuts []int, stream bool) {
	one, out1 := newSession(Config{Silence: time.Minute, zone: time.UTC}, stream), &devices.Out{}
	one.Feed(start, text, out1)
	drain(one, start, out1)
	many, out2 := newSession(Config{Silence: time.Minute, zone: time.UTC}, stream), &devices.Out{}
	for rest, i := text, 0; len(rest) > 0; i++ {
		n := 1
		if len(cuts) > 0 {
			n = min(max(cuts[i%len(cuts)], 1), len(rest))
		}
		many.Feed(start, rest[:n], out2)
		rest = rest[n:]
	}
	drain(many, start, out2)
	if a, b := whole(out1), whole(out2); a != b {
		t.Fatalf("fed whole:\n%s\nfed in pieces %v:\n%s", a, cuts, b)
	}
	if len(many.part) > MaxLine || cap(many.part) > MaxLine+64 {
		t.Fatalf("the line buffer grew to %d", cap(many.part))
	}
}

func TestHowBytesAreCutDoesNotMatter(t *testing.T) {
	checkChunks(t, []byte(corpus), nil, true) // one byte at a time
	checkChunks(t, []byte(corpus), nil, false)
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfN(rapid.IntRange(1, 200), 1, 8).Draw(t, "cuts")
		checkChunks(t, []byte(corpus), cuts, rapid.Bool().Draw(t, "stream"))
	})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(corpus), 7)
	f.Add([]byte("GS,000063,000058,000051,000078\r"), 1)
	f.Add([]byte("\r\n\n\r"), 2)
	f.Add([]byte("GB,1,2,3,4,2016-02-31 09:30:00.899 -07\n"), 3)
	f.Add([]byte("GB,000383,000389,000432,000423,23-59-59.999\r\nGS,000383,000389,000432,000423,00:00:00.000\r\n"), 5)
	f.Add([]byte("GS,000063,000058,000051,000078,2016-05-31 09:30:00.899 -07\r\nGX,000001,002566,000000,000000,2016-05-31 09-30-01.899 +05:30\r\n"), 11)
	f.Add([]byte("GX,000001,002566,000000,000000\r\n"+strings.Repeat(four("GS", 80), 6)+"GX,000002,002566,000000,000000\r\n"), 13)
	f.Add([]byte("SG1,002000,000068,05,10,05.0,P\r\nSG1,002000,000068,05,10,05.0,P\r\nSG1\r\nSG2,,,,,,\r\n"), 4)
	f.Add([]byte("GB,Aa1"+strings.Repeat(",000012", 512)+"\r\nGX,Red,1\r\n"), 17)
	f.Add([]byte("AA,000001,000001,000001,11111A\r\nQZ7,a,b\r\nAS,1,2,3,4\r\nAS,000088,000110,000070,000045\r\nNC,-5.6,0.6\r\n"), 9)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		checkChunks(t, text, []int{cut % 64}, true)
		s, out := newSession(Config{zone: time.UTC}, false), &devices.Out{}
		s.Feed(start, append(append([]byte{}, text...), '\n'), out)
		n := len(out.Obs) + len(s.held)
		s.Feed(start, []byte("GB,000383,000389,000432,000423\r\n"), out)
		if got := len(out.Obs) + len(s.held); got != n+1 {
			t.Fatalf("the good line after garbage gave %d observations", got-n)
		}
		for _, e := range out.Errs {
			if e.Offset < 0 || e.Offset > int64(len(text)+1) {
				t.Fatalf("offset %d of %d bytes", e.Offset, len(text))
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	text := []byte(four("GB", 400) + strings.Repeat(four("GS", 80), 4) + four("NS", 2) + strings.Repeat(four("GS", 80), 4))
	lines := float64(bytes.Count(text, []byte("\n")))
	s, out := newSession(Config{Silence: 10 * time.Second, zone: time.UTC}, false), &devices.Out{}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	now := start
	for b.Loop() {
		now = now.Add(200 * time.Millisecond)
		s.Feed(now, text, out)
		out.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
}
