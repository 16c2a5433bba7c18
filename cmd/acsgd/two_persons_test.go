package main

import (
	"strings"
	"testing"
	"time"

	"acsgd/internal/browser"
)

// The first lorry of lane 4 carries potash and raises a gamma alarm. An officer cannot
// release it, and his override only waits; the barrier opens when the radiation officer
// has confirmed it in a browser of her own.
func TestARadiationAlarmIsOverriddenByTwoPersons(t *testing.T) {
	const why = "Potash by its papers, K-40 all along the load"
	d := startDemo(t, t.TempDir())
	first, second := browser.Open(t), browser.Open(t)
	signIn(first, d, "officer")
	signIn(second, d, "radiation")
	for _, p := range []*browser.Page{first, second} {
		p.Click(id("lane-4"))
		p.WaitText(id("verdict-line"), "gamma alarm", 60*time.Second)
		p.WaitText(id("verdict-line"), "awaiting decision", 60*time.Second)
		p.WaitText(id("findings"), "needs two persons", 5*time.Second)
	}
	if disabled := first.Eval(`document.querySelector('` + id("btn-release") + `').disabled`); disabled != "true" {
		t.Error("a release is offered although there is a radiation alarm")
	}

	first.Key("F8")
	first.WaitText(id("dialog-override"), "Natural radioactivity confirmed", 5*time.Second)
	first.Click(id("reason-norm_confirmed"))
	if got := first.Eval(`document.querySelector('` + id("dialog-confirm") + `').disabled`); got != "true" {
		t.Error("an override without a code of the alarm is offered")
	}
	first.Click(id("code-8"))
	first.Type(id("override-note"), why)
	first.Click(id("dialog-confirm"))
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("pending-line"), "Override by officer waits for a second person", 10*time.Second)
	}
	shot(first, "two-persons-waiting")
	first.WaitText(id("btn-override"), "Waits for a second person", 5*time.Second) // not for the officer to confirm
	time.Sleep(3 * time.Second)                                                    // the barrier's own travel takes two
	for _, p := range []*browser.Page{first, second} {
		if got := p.Text(id("barrier-state")); got != "closed" {
			t.Fatalf("the barrier is %q after one of two persons", got)
		}
	}

	second.Key("F8")
	second.WaitText(id("dialog-override"), why, 5*time.Second)
	second.WaitText(id("dialog-override"), "Natural radioactivity confirmed", 5*time.Second)
	second.Click(id("dialog-confirm"))
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("barrier-state"), "open", 10*time.Second)
		p.WaitText(id("decision-line"), "Released by override · officer + radiation", 5*time.Second)
		p.WaitText(id("order-state"), "executed", 5*time.Second)
		p.WaitText(id("timeline"), "Override: officer + radiation: Natural radioactivity confirmed", 5*time.Second)
	}
	shot(second, "two-persons-open")

	for _, p := range []*browser.Page{first, second} {
		for _, e := range p.Console() {
			if !strings.Contains(e, "401") || !strings.Contains(e, "/api/me") {
				t.Errorf("error of a page: %s", e)
			}
		}
	}
	first.Close()
	second.Close()
	d.stop()
	if out, _, code := call(t, "", "audit", "verify", d.dir); code != exitFine {
		t.Errorf("audit verify: %d %s", code, out)
	}
}
