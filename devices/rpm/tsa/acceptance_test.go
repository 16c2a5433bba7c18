package tsa

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// A spectroscopic portal's file uses the same tags for lines of hundreds of channels. It is
// told by its name, not by the length of its lines.
func TestASpectroscopicPortalIsToldByItsDetectors(t *testing.T) {
	for name, line := range map[string]string{
		"a line that is too long":         "GB,Aa1" + strings.Repeat(",000012", 512),
		"more fields than any of ours":    "GS,Ca2,0001" + strings.Repeat(",3", 64),
		"a few fields":                    "GB,Aa1,000012,000013,000014",
		"a decision in place of a number": "GX,Green,000001,2009-01-14T15:42:57.880Z-05:00,a.dat,05.2,06.1",
		"a red one":                       "GX,Red,000001,2009-01-14T15:42:57.880Z-05:00,a.dat,05.2,06.1",
	} {
		for _, cut := range []int{0, 1, 700} {
			s, out := newTest(t, true, nil), &devices.Out{}
			text := line + "\r\n" + four("GB", 400)
			for cut > 0 && len(text) > cut {
				s.Feed(start, []byte(text[:cut]), out)
				text = text[cut:]
			}
			s.Feed(start, []byte(text), out)
			if len(out.Errs) != 1 || !strings.Contains(out.Errs[0].Reason, "spectroscopic") || len(out.Obs) != 1 {
				t.Errorf("%s, in pieces of %d: %d observations, errors %v", name, cut, len(out.Obs), out.Errs)
			}
		}
	}
}

// A connection that never sends a line end takes no memory and is reported once.
func TestAnEndlessLineTakesNoMemory(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	s.Tick(start, out)
	p := []byte(strings.Repeat("GS,000063,", 100))
	s.Feed(start, p, out)
	s.Feed(start, p, out)
	if allocs := testing.AllocsPerRun(1000, func() { s.Feed(start, p, out) }); allocs != 0 || cap(s.part) > MaxLine {
		t.Errorf("%v allocations for each kilobyte, a buffer of %d", allocs, cap(s.part))
	}
	s.Finish(start, out)
	if len(out.Errs) != 1 || len(out.Obs) != 0 {
		t.Errorf("%d observations, errors %v", len(out.Obs), out.Errs)
	}
}

// The two bytes of a line end may come seconds apart, in two segments, and a keep-alive of
// empty lines between them says nothing.
func TestALineEndInTwoSegments(t *testing.T) {
	s, out := newTest(t, false, nil), &devices.Out{}
	s.Tick(start, out)
	for i := range 3 {
		now := start.Add(time.Duration(i) * 5 * time.Second)
		s.Feed(now, []byte("GB,000383,000389,000432,000423\r"), out)
		if len(out.Obs) != i+1 {
			t.Fatalf("the line waits for the second byte of its end")
		}
		s.Feed(now.Add(4*time.Second), []byte("\n"), out)
		s.Feed(now.Add(4*time.Second), []byte("\r\n\r\n"), out)
	}
	if len(out.Errs) != 0 || len(out.Obs) != 3 {
		t.Errorf("%d observations, errors %v", len(out.Obs), out.Errs)
	}
	// Empty lines are no sign of life: a serial server may send them for a dead portal.
	s.Tick(start.Add(20*time.Second), out)
	if h, ok := out.Obs[len(out.Obs)-1].Body.(*obs.Health); !ok || h.State != obs.Degraded {
		t.Error("a portal that sends line ends alone is not silent")
	}
}

func TestUnknownTagsAreCounted(t *testing.T) {
	s, out := newTest(t, true, nil), &devices.Out{}
	s.Feed(start, []byte("QZ7,hello\r\n"+four("GB", 400)+"XY,1,2,3,03-35-15.175\r\nqz,1\r\n"), out)
	if s.Strange() != 2 || len(out.Obs) != 3 || len(out.Errs) != 1 {
		t.Errorf("%d strange lines, %d observations, errors %v", s.Strange(), len(out.Obs), out.Errs)
	}
}

// A portal that stops within an occupancy is told as silent after the time that it is set
// to, wherever in the occupancy, and the link is made anew after 30 s and more.
func TestAPortalThatStopsWithinAnOccupancy(t *testing.T) {
	for name, before := range map[string]string{
		"after a speed":          "SP,0.1314,05.189,008.35,000000\r\n",
		"after a neutron line":   four("NS", 1),
		"within the burst":       four("NS", 1) + strings.Repeat(four("GS", 60), 3),
		"after the burst":        strings.Repeat(four("GS", 60), 6),
		"within a line":          strings.Repeat(four("GS", 60), 6) + "GS,0000",
		"after the end":          strings.Repeat(four("GS", 60), 6) + "GX,000001,002566,000000,000000\r\n",
		"after an unknown line":  four("NS", 1) + "QZ7,hello\r\n",
		"after an energy alarm":  "AA,000001,000001,000001,11111A\r\n",
		"while the case is open": "TT,000000,000000,000000,000000\r\n",
	} {
		s, out := newTest(t, false, nil), &devices.Out{}
		s.Tick(start, out)
		s.Feed(start.Add(time.Second), []byte(four("GB", 400)+before), out)
		told, failed := time.Duration(0), time.Duration(0)
		for range 20 {
			at, ok := s.Deadline()
			if !ok || failed != 0 {
				break
			}
			out.Obs = out.Obs[:0]
			s.Tick(at, out)
			for _, o := range out.Obs {
				if h, ok := o.Body.(*obs.Health); ok && h.State == obs.Degraded && told == 0 {
					told = at.Sub(start)
				}
			}
			if out.Fail != nil {
				failed = at.Sub(start)
			}
		}
		if told != 11*time.Second || failed != 31*time.Second {
			t.Errorf("%s: told after %v, given up after %v", name, told, failed)
		}
	}
}

// A link that is new in the middle of an occupancy brings slices of it: they are marked,
// whatever else has come first, until the portal is heard to be vacant.
func TestANewLinkWithinAnOccupancy(t *testing.T) {
	for name, first := range map[string]string{
		"a slice":                 "",
		"a neutron line":          four("NS", 1),
		"a speed":                 "SP,0.1314,05.189,008.35,000000\r\n",
		"the rest of a line":      "0063,000058\r\n",
		"the rest of a good line": "63,000063,000058,000051,000078\r\n",
		"settings":                "SG1,002000,000068,05,10,05.0,P\r\n",
	} {
		s, out := newTest(t, false, nil), &devices.Out{}
		s.Tick(start, out)
		s.Feed(start, []byte(first), out)
		now := start
		for range 12 {
			now = now.Add(200 * time.Millisecond)
			s.Feed(now, []byte(four("GS", 60)), out)
		}
		s.Feed(now.Add(200*time.Millisecond), []byte("GX,000007,002566,000000,000000\r\n"), out)
		for i, r := range bodies(out) {
			if r.Tag == "GS" && (len(r.Flags) != 1 || r.Flags[0] != obs.Truncated) {
				t.Errorf("%s: slice %d is taken for a vehicle's beginning", name, i)
			}
		}
	}
}

// Two daily files that were cut anywhere and are read one after the other give the times of
// one: the state of the beams and the day go on.
func TestMidnightInEveryPlace(t *testing.T) {
	var lines []string
	at := 24*time.Hour - 6*time.Second
	add := func(step time.Duration, line string) {
		at += step
		d := at % (24 * time.Hour)
		lines = append(lines, fmt.Sprintf("%s,%02d-%02d-%02d.%03d\r\n", line, int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60, d.Milliseconds()%1000))
	}
	add(0, "GB,000400,000400,000400,000400")
	for range 60 {
		add(200*time.Millisecond, "GS,000080,000080,000080,000080")
	}
	add(2*time.Second, "GX,000001,002566,000000,000000")
	out := decodeAll(t, true, strings.Join(lines, ""))
	for i := 1; i < len(out.Obs); i++ {
		if d := out.Obs[i].Stamp.At.Sub(out.Obs[i-1].Stamp.At); d < 0 || d > 2*time.Second {
			t.Errorf("line %d is %v after the one before it", i, d)
		}
	}
	for i, r := range bodies(out) {
		if len(r.Flags) > 0 {
			t.Errorf("line %d has the flags %v", i, r.Flags)
		}
	}
}

// The controller's RS-232, opened in the middle of a line.
func TestOnASerialLine(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pty here: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	src, err := Driver().New(devices.Section{Link: "serial:" + slave.Name() + "?baud=9600"}, devices.Env{Open: line.Parse})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() {
		time.Sleep(200 * time.Millisecond) // until the port is open
		text := "0389,000432,000423\r\n" + four("NB", 1) + four("GB", 400) + "TC,111111,111111,111111,111111\r\n"
		for _, c := range []byte(text) { // a byte at a time, as from a UART
			if _, err := master.Write([]byte{c}); err != nil {
				return
			}
		}
	}()
	var tags []string
	_ = src.Run(ctx, func(o obs.Observation, done func(error)) { // ends with the context
		if r, ok := o.Body.(*obs.Radiation); ok {
			tags = append(tags, r.Tag)
		}
		if done != nil {
			done(nil)
		}
		if len(tags) == 3 {
			cancel()
		}
	})
	if got := strings.Join(tags, " "); got != "NB GB TC" {
		t.Errorf("lines %q", got)
	}
}
