package rpm_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/rpm/tsa"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// analyse decodes a recording as "acsgd radiation analyse" does.
func analyse(t testing.TB, text []byte) (reports []radiation.Report) {
	session, err := tsa.NewSession(devices.Section{}, devices.Env{Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	a := radiation.NewAnalyser(radiation.New(radiation.Config{}))
	now := start
	err = devices.Decode(session, bytes.NewReader(text), func() time.Time { return now }, 64<<10,
		func(o obs.Observation) {
			if r, ok := o.Body.(*obs.Radiation); ok {
				if rep, done := a.Feed(o.Stamp.At, r); done != nil {
					reports = append(reports, rep)
				}
			}
		}, func(e *obs.DecodeError) { t.Errorf("decode: %v", e) })
	if err != nil {
		t.Fatal(err)
	}
	if rep, done := a.Close(); done != nil {
		reports = append(reports, rep)
	}
	return reports
}

// untimed cuts the time column off, as the wire would be.
func untimed(text []byte) []byte {
	var b []byte
	for line := range bytes.SplitSeq(text, []byte("\r\n")) {
		if i := bytes.LastIndexByte(line, ','); i >= 0 {
			b = append(append(b, line[:i]...), '\r', '\n')
		}
	}
	return b
}

func TestRecordingsThroughDriverAndEngine(t *testing.T) {
	for _, row := range []struct {
		file                string
		occupancies, alarms int
	}{
		{"tsa-vm250-day/day-part1.txt", 420, 25},
		{"tsa-4window/none-part1.csv", 15, 0},
		{"tsa-4window/norm2-part1.csv", 15, 414},
	} {
		text := sharedtest.File(t, "radiation", row.file)
		for form, text := range map[string][]byte{"with times": text, "without times": untimed(text)} {
			t.Run(row.file+" "+form, func(t *testing.T) {
				reports := analyse(t, text)
				alarms := 0
				for _, r := range reports {
					alarms += len(r.VendorAlarms)
					if !slices.Equal(r.VendorAlarms, r.Alarms) {
						t.Errorf("occupancy %d: portal %v, engine %v", r.Occupancy, r.VendorAlarms, r.Alarms)
					}
					if r.Fault != "" {
						t.Errorf("occupancy %d: fault %q", r.Occupancy, r.Fault)
					}
					for _, nz := range r.Sents {
						if d := r.NeutronSPRT[nz.Interval] - nz.Sum; d > 10_000 || d < -10_000 {
							t.Errorf("occupancy %d interval %d: %d, sent %d", r.Occupancy, nz.Interval, r.NeutronSPRT[nz.Interval], nz.Sum)
						}
					}
				}
				if len(reports) != row.occupancies || alarms != row.alarms {
					t.Errorf("%d occupancies, %d alarms", len(reports), alarms)
				}
			})
		}
	}
}

func BenchmarkRecordedDay(b *testing.B) {
	text := sharedtest.File(b, "radiation", "tsa-vm250-day", "day-part1.txt")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = len(analyse(b, text))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/occupancy")
}
