package portal

import (
	"errors"
	"testing"
	"time"
)

var errTimeout = errors.New("request timed out")

// A request that is lost now and then is no trouble; many of them are, and too many in a row
// end the connection.
func TestLostAnswers(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	a := Answers{Retries: 3}
	if err := a.Lost(now, errTimeout); err == nil {
		t.Error("none was ever answered, and the connection goes on")
	}
	a.Got(now)
	run := func(d time.Duration, each int) (poor string) {
		t.Helper()
		for i := 0; i < int(d/(50*time.Millisecond)); i++ {
			now = now.Add(50 * time.Millisecond)
			if each > 0 && i%each == 0 {
				if err := a.Lost(now, errTimeout); err != nil {
					t.Fatal(err)
				}
				continue
			}
			a.Got(now)
			if s := a.Poor(now); s != "" {
				poor = s
			}
		}
		return poor
	}
	if s := run(2*time.Minute, 20); s != "" { // 60 a minute, of 1200
		t.Errorf("one of twenty is lost: %q", s)
	}
	if s := run(2*time.Minute, 5); s != poorly {
		t.Errorf("one of five is lost: %q, want %q", s, poorly)
	}
	if a.Poor(now) == "" || run(50*time.Second, 0) == "" {
		t.Error("it is well at once")
	}
	run(30*time.Second, 0)
	if s := a.Poor(now); s != "" {
		t.Errorf("after a minute of answers: %q", s)
	}
	for i := range 4 {
		err := a.Lost(now, errTimeout)
		if (err != nil) != (i == 3) || err != nil && err.Error() != "no answer to 4 requests: request timed out" {
			t.Errorf("lost %d in a row: %v", i+1, err)
		}
	}
}
