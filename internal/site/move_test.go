package site

import (
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
)

// What the core wants moved reaches the lane's outputs, after a restart too.
func TestAnOrderMovesTheBarrierAlsoAfterARestart(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	r.see("io-1", time.Now(), &obs.Presence{Signal: "barrier_down", On: true})
	order := func(r *rig, id string) {
		t.Helper()
		p := r.passage("1")
		r.judged(p)
		o := fusion.Order{ID: id, Action: fusion.Override, Passage: p, User: "saule", Role: "supervisor", Reason: "instrument", Text: "nothing was measured here"}
		before := len(r.dev.moved())
		if err := r.site.Order(t.Context(), "1", o); err != nil {
			t.Fatal(err)
		}
		r.wait("a movement for "+p, func() bool {
			for _, m := range r.dev.moved()[before:] {
				if m.Output == "barrier" && m.Action == "open" {
					return true
				}
			}
			return false
		})
		for _, c := range []obs.Presence{{Signal: "barrier_down"}, {Signal: "barrier_up", On: true}, {Signal: "loop_exit", On: true},
			{Signal: "loop_exit"}, {Signal: "barrier_up"}, {Signal: "barrier_down", On: true}} {
			r.see("io-1", time.Now(), &c)
		}
	}
	order(r, "one")
	r.stop()
	order(newRig(t, r.dir, "", lane("1")), "two")
}
