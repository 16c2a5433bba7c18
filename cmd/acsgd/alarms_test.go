package main

import (
	"testing"
	"time"

	"acsgd/internal/browser"
)

// The first lorry of lane 4 raises a gamma alarm. The tile's border carries it until the
// officer has acknowledged it with F9; the radiation officer sees who did. The alarm itself
// stands until the lorry is decided.
func TestAnOfficerAcknowledgesAnAlarm(t *testing.T) {
	const open = `[data-testid="alarm-list"] [data-priority="1"][data-state="B"]`
	const seen = `[data-testid="alarm-list"] [data-priority="1"][data-state="C"]`
	d := startDemo(t, t.TempDir())
	first, second := browser.Open(t), browser.Open(t, browser.Size(1920, 1080))
	signIn(first, d, "officer")
	signIn(second, d, "radiation")
	const loud = `[data-testid="lane-4"][data-priority="1"]`
	const calm = `[data-testid="lane-4"]:not([data-priority="1"])` // an instrument of a slow machine may have a word too
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(open, "exceeds: radiation", 60*time.Second)
		p.WaitText(loud, "", 10*time.Second)
	}
	shot(first, "alarms-open")

	first.Click(open + " .state") // the row, and not the link in it
	first.Key("F9")
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(seen, "officer", 10*time.Second)
		p.WaitText(calm, "", 10*time.Second)
	}
	shot(first, "alarms-acknowledged")
	second.Key("a")
	second.WaitText(seen, "acknowledged", 10*time.Second)
	shot(second, "alarms-full")

	first.Click(id("lane-4"))
	first.WaitText(id("timeline"), "acknowledged: exceeds", 10*time.Second)
	first.Key("F3")
	first.Click(id("reason-radiation"))
	first.WaitText(id("decision-line"), "Held", 10*time.Second)
	if got := second.Eval(`document.querySelectorAll('` + seen + `').length`); got != "0" {
		second.WaitText(`[data-testid="alarm-list"] [data-state="A"]`, "over", 10*time.Second)
	}
	shot(first, "alarms-decided")

	first.Close()
	second.Close()
	d.stop()
	if out, errw, code := call(t, "", "replay", d.dir); code != exitFine {
		t.Errorf("replay: %d %s%s", code, out, errw)
	}
}
