package fusion_test

import (
	"strings"
	"testing"
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/obs"
)

// Two lorries bumper to bumper: the first stands at the barrier, the second in the portal,
// whose beams have not been free between them. Neither can move before the first is judged.
func TestAVehicleAtTheBarrierIsJudgedAlthoughThePortalBehindItStaysOccupied(t *testing.T) {
	r := newRig(t, params(), goods)
	for _, s := range legal("123AB02", t0.Add(time.Second)).sights() {
		if b, ok := s.b.(*obs.Radiation); ok && b.Tag == "GX" {
			continue
		}
		r.see(s.dev, s.at, s.b)
	}
	r.arrive()
	for range 150 {
		r.see("rpm", r.now.Add(200*time.Millisecond), &obs.Radiation{Tag: "GS", Gamma: [4]int32{64, 64, 64, 64}, Interval: 200, Occupied: true})
		r.wait(0)
	}
	p := r.last()
	if !p.Final || p.Verdict != rules.Undetermined || !strings.Contains(findings(p, rules.Undetermined), "radiation") {
		t.Errorf("final %v, verdict %s after 30 s at the barrier: %s", p.Final, p.Verdict, findings(p, rules.Undetermined))
	}
}
