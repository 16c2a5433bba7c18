package anpr

import (
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// heard feeds one event of each of some offsets, a second apart, and gives the health told.
func heard(c *Clocks, camera string, at *time.Time, offsets ...time.Duration) []string {
	var told []string
	for _, off := range offsets {
		var out devices.Out
		*at = at.Add(time.Second)
		c.Heard(camera, *at, at.Add(-off), &out)
		for _, o := range out.Obs {
			h := o.Body.(*obs.Health)
			told = append(told, strings.TrimSpace(string(h.State)+" "+h.Reason))
		}
	}
	return told
}

func TestClocks(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	const sec = time.Second
	for _, c := range []struct {
		name    string
		offsets []time.Duration
		want    string
		off     time.Duration
	}{
		{"transport delay is no offset", []time.Duration{sec, 40 * sec, sec / 2, 90 * sec}, "", sec / 2},
		{"a slow clock is told once", []time.Duration{70 * sec, 71 * sec, 69 * sec}, "degraded instrument clock is 1m10s slow (limit 10s)", 69 * sec},
		{"a late first event is not believed for long", []time.Duration{70 * sec, sec},
			"degraded instrument clock is 1m10s slow (limit 10s)|online", sec},
		{"a fast clock", []time.Duration{sec, -11 * sec}, "degraded instrument clock is 11s fast (limit 10s)", -11 * sec},
		{"a drifting clock is told of again", []time.Duration{-20 * sec, -25 * sec, -31 * sec},
			"degraded instrument clock is 20s fast (limit 10s)|degraded instrument clock is 31s fast (limit 10s)", -31 * sec},
		{"a wrong zone is named", []time.Duration{-5*time.Hour + 800*time.Millisecond},
			"degraded instrument clock is 4h59m59s fast, 5h0m0s as a wrong time zone makes it (limit 10s)", -5*time.Hour + 800*time.Millisecond},
		{"half hours are zones too", []time.Duration{5*time.Hour + 45*time.Minute + 2*sec},
			"degraded instrument clock is 5h45m2s slow, 5h45m0s as a wrong time zone makes it (limit 10s)", 5*time.Hour + 45*time.Minute + 2*sec},
		{"a clock that runs wrong is no zone", []time.Duration{5*time.Hour + 7*time.Minute}, "degraded instrument clock is 5h7m0s slow (limit 10s)", 5*time.Hour + 7*time.Minute},
		{"years are no zone", []time.Duration{50 * 365 * 24 * time.Hour}, "degraded instrument clock is 438000h0m0s slow (limit 10s)", 50 * 365 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, at := NewClocks(0), at
			if got := strings.Join(heard(k, "", &at, c.offsets...), "|"); got != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
			off, ok := k.Offset("")
			if !ok || off != c.off {
				t.Errorf("offset %v %v, want %v", off, ok, c.off)
			}
			want := at
			if off.Abs() > ClockLimit {
				want = at.Add(off)
			}
			if got := k.Correct("", at); !got.Equal(want) {
				t.Errorf("corrected to %v, want %v", got, want)
			}
		})
	}
}

// TestClocksOfSeveralCameras: the worst is told, and the fault ends with the last of them.
func TestClocksOfSeveralCameras(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	c := NewClocks(time.Minute)
	var told []string
	for _, step := range []struct {
		camera string
		off    time.Duration
	}{{"a", 0}, {"b", 2 * time.Minute}, {"a", -3 * time.Minute}, {"b", 0}} {
		told = append(told, heard(c, step.camera, &at, step.off)...)
	}
	for range 21 { // set right: believed when the old smallest difference is forgotten
		at = at.Add(time.Minute)
		told = append(told, heard(c, "a", &at, 0)...)
	}
	want := "degraded camera b: instrument clock is 2m0s slow (limit 1m0s)|degraded camera a: instrument clock is 3m0s fast (limit 1m0s)|online"
	if got := strings.Join(told, "|"); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if c.Fault() != "" {
		t.Errorf("fault %q remains", c.Fault())
	}
}

func TestClocksAreBounded(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	c := NewClocks(0)
	for i := range 3 * maxClocks {
		heard(c, strings.Repeat("x", i), &at, 0)
	}
	if len(c.all) != maxClocks {
		t.Fatalf("%d clocks, want %d", len(c.all), maxClocks)
	}
	at = at.Add(clockRest + time.Hour)
	heard(c, "new", &at, 0)
	if len(c.all) != 1 {
		t.Errorf("%d clocks after a day of silence, want 1", len(c.all))
	}
}
