package main

import (
	"bytes"
	"testing"
)

// TestEveryKindOfCameraTellsTheSameStory runs the plates' scenario with each program that
// posts its readings.
func TestEveryKindOfCameraTellsTheSameStory(t *testing.T) {
	for _, kind := range []string{"openalpr", "platerecognizer"} {
		t.Run(kind, func(t *testing.T) {
			sc := scene(t, "plates")
			sc.Gear.Camera = kind
			r, err := runVirtual(t.Context(), sc, virtualOptions{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if _, faults := r.Failed(); faults > 0 || len(r.Outcomes) == 0 {
				var b bytes.Buffer
				r.Print(&b)
				r.Describe(&b)
				t.Error(b.String())
			}
		})
	}
}
