package roc

import (
	"fmt"
	"testing"
	"time"

	"acsgd/internal/sharedtest"
)

func show(t *testing.T, s *Study) {
	t.Logf("%s: clean %d, left out %d, learned %d, injected %d", s.Background, s.Clean, s.LeftOut, s.Learned, s.Injected)
	for _, o := range s.Outcomes {
		text := ""
		for f := range sources {
			text += "\n    "
			for k := range Strengths {
				e := o.Detected[f][k]
				text += fmt.Sprintf(" %.2f(%.2f-%.2f)", e.P, e.Lo, e.Hi)
			}
		}
		t.Logf("%-20s thr %d false %d crossed %d %s", o.Detector, o.Threshold, o.False, o.Crossed, text)
	}
	for _, r := range s.Ratio {
		t.Logf("ratio %.2f %.2f %.2f", r.P, r.Lo, r.Hi)
	}
}

func TestTry(t *testing.T) {
	text := sharedtest.File(t, "radiation", "tsa-vm250-day", "day-part1.txt")
	at := time.Now()
	s, err := Real(t.Context(), Config{Seed: 1}, text)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(at))
	show(t, s)
	at = time.Now()
	s, err = Model(t.Context(), Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(at))
	show(t, s)
}
