package fusion_test

import (
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// posterior is that of the declared neighbour 123AB02 of a read, after further readings.
func posterior(t *testing.T, further ...func(*rig)) quant.Prob {
	t.Helper()
	p := params()
	p.Devices = append(p.Devices, fusion.Instrument{Name: "reader", Class: "anpr", Driver: "anpr/reader"},
		fusion.Instrument{Name: "cam2", Class: "anpr", Station: 2000, Role: "front"})
	r := newRig(t, p, declaration("d1", "123AB02", "12ABC02", 22000, "3926909709"))
	r.see("io", t0, &obs.Presence{Signal: "loop_entry", On: true})
	r.see("cam", t0.Add(time.Second), &obs.Plate{Text: "K23AX02", Confidence: 700_000, Images: []string{"a"}})
	for _, f := range further {
		f(r)
	}
	list := r.core.Passages(nil)
	if len(list) != 1 || len(list[0].Match.Declared) == 0 {
		t.Fatalf("%d passages, want one with a candidate", len(list))
	}
	return list[0].Match.Declared[0].Posterior
}

// TestTwoReadersOfOnePictureDoNotConfirmOneAnother: a second camera that reads the same
// wrong characters makes the declared neighbour less likely, for it looked for itself. A
// second reader of the same picture was deceived by the same dirt and changes nothing.
func TestTwoReadersOfOnePictureDoNotConfirmOneAnother(t *testing.T) {
	read := func(source, parent string) func(*rig) {
		return func(r *rig) {
			r.see(source, t0.Add(time.Second), &obs.Plate{Text: "K23AX02", Confidence: 700_000, Parent: parent, EventID: "1"})
		}
	}
	alone, second, camera := posterior(t), posterior(t, read("reader", "a")), posterior(t, read("cam2", ""))
	if second != alone {
		t.Errorf("posterior %v with the camera alone, %v with a second reader that agrees", alone, second)
	}
	if camera == alone {
		t.Errorf("posterior %v with the camera alone and with a second camera: the test tells nothing", alone)
	}
	sees := func(r *rig) {
		r.see("reader", t0.Add(time.Second), &obs.Plate{Text: "123AB02", Confidence: 800_000, Parent: "a", EventID: "1"})
	}
	if got := posterior(t, sees); got <= alone {
		t.Errorf("posterior %v with a second reader that reads the declared plate, %v without it", got, alone)
	}
}
