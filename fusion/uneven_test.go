package fusion_test

import (
	"strings"
	"testing"
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/obs"
)

func TestAStopUnderTheScannerMakesTheLengthUnknownAndNeverTooLong(t *testing.T) {
	const stop = 8 * time.Second
	stopped := func(b *obs.Weighing) {
		b.Speed, b.USpeed, b.Mode, b.Flags = 0, 0, obs.StopGo, []obs.Flag{obs.StoppedOnPlatform}
	}
	for name, change := range map[string]func(*obs.Weighing){
		"an axle stood on the platform":     func(b *obs.Weighing) { stopped(b) },
		"it stood still between two axles":  func(b *obs.Weighing) { b.Flags = []obs.Flag{obs.InMotion} },
		"it rolled back, and which is open": func(b *obs.Weighing) { b.Flags = []obs.Flag{obs.RollBack} },
	} {
		r := newRig(t, params(), goods)
		l := legal("123AB02", t0.Add(time.Second))
		halt := l.in.Add(7 * time.Second) // its second axle is on the platform, its front before the scanner
		late := func(at time.Time) time.Time {
			if at.After(halt) {
				return at.Add(stop)
			}
			return at
		}
		for _, s := range l.sights() {
			switch b := s.b.(type) {
			case *obs.Weighing:
				if b.Axle == 2 {
					change(b)
				}
				b.TOn, b.TOff = late(b.TOn), late(b.TOff)
			case *obs.Profile:
				b.End = late(b.End)
			}
			r.see(s.dev, late(s.at), s.b)
		}
		p := r.last()
		if p.Size.Length != 0 || strings.Contains(findings(p, rules.Exceeds), "length") || !strings.Contains(findings(p, rules.Undetermined), "length(speed not known)") {
			t.Errorf("%s: length %v ± %v, exceeds %s, undetermined %s", name, p.Size.Length, p.Size.ULength, findings(p, rules.Exceeds), findings(p, rules.Undetermined))
		}
	}
}
