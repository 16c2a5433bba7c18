package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/browser"
	"acsgd/internal/journal"
	"acsgd/lanes"
	"acsgd/sim"
)

// Cameras that misread every third character: no declaration fits the first lorry, which has
// one. The officer types what stands on the plate, by the keyboard alone; the declaration is
// found, and journal and archive hold both texts and who has said so.
func TestAnOfficerCorrectsAMisreadPlate(t *testing.T) {
	truth := sim.NewTraffic(1000, "L1").Of(sim.Clean).Vehicle.Front.Text
	d := startDemo(t, t.TempDir(), "--lanes", "1", "--misread", "0.35")
	p := browser.Open(t, browser.Size(1920, 1080))
	signIn(p, d, "officer")
	p.Click(id("lane-1"))
	p.WaitText(id("verdict-line"), "no declaration found", 60*time.Second)
	p.WaitText("body", "awaiting decision", 60*time.Second)
	p.WaitText(id("plates-match"), "no declaration", 5*time.Second)
	read := p.Text(id("plates-line") + " b")
	if read == truth || read == "—" {
		t.Fatalf("the camera has read %q of %q: no misreading to correct", read, truth)
	}
	if got := p.Eval(`[...document.querySelectorAll('` + id("plate-front") + ` .first')].map(e => e.textContent).join('')`); !strings.HasPrefix(strings.ReplaceAll(got, "–", ""), read) {
		t.Errorf("the plate's characters are %q, read was %q", got, read)
	}
	shot(p, "plates-misread")

	p.Key("F7")
	p.WaitText(id("dialog-correct"), "front-1", 10*time.Second)
	field := func(what string) string {
		return p.Eval(`document.querySelector('` + id("correct-text") + `').` + what)
	}
	if got := field("value"); got != read {
		t.Errorf("the field begins with %q, want %q", got, read)
	}
	p.WaitText(id("dialog-confirm"), "Reading is right", 5*time.Second)
	shot(p, "plates-correct-first")
	p.Key("*")
	p.WaitText(id("correct-said"), "No plate has the character *", 5*time.Second)
	p.Key("Home")
	for range []rune(read) {
		p.Key("Delete")
	}
	p.WaitText(id("correct-said"), "Type what stands on the plate", 5*time.Second)
	if got := p.Eval(`document.querySelector('` + id("dialog-confirm") + `').disabled`); got != "true" {
		t.Error("an empty plate can be saved")
	}
	// A keyboard that is switched to Russian: the letters that look alike are the same.
	cyrillic := strings.NewReplacer("A", "А", "B", "в", "C", "С", "E", "е", "H", "Н", "K", "к", "M", "М", "O", "О", "P", "р", "T", "т", "X", "Х", "Y", "у")
	for _, c := range cyrillic.Replace(truth) {
		p.Key(string(c))
	}
	if got := field("value"); got != truth {
		t.Errorf("%q was typed, and the field has %q", cyrillic.Replace(truth), got)
	}
	p.WaitText(id("dialog-confirm"), "Save correction", 5*time.Second)
	shot(p, "plates-correct-typed")
	p.Key("Enter")
	p.WaitText(id("plates-match"), "matched", 10*time.Second)
	p.WaitText(id("plate-front"), "Camera read "+read+"; corrected by officer", 10*time.Second)
	p.WaitText(id("plates-line"), truth, 5*time.Second)
	p.WaitText(id("match-state"), "matched", 5*time.Second)
	p.WaitText(id("timeline"), "plate corrected: "+read+" → "+truth+" (front-1)", 5*time.Second)
	shot(p, "plates-corrected")

	// What an officer has said once stands there already; Esc leaves all as it is.
	p.Eval(`document.activeElement.blur()`)
	p.Click(id("correct-front"))
	p.WaitText(id("correct-said"), "recorded already", 5*time.Second)
	p.Key("Escape")
	p.WaitText(id("plate-front"), "corrected by officer", 5*time.Second)
	for _, e := range p.Console() {
		if !strings.Contains(e, "401") || !strings.Contains(e, "/api/me") {
			t.Errorf("error of the page: %s", e)
		}
	}
	p.Close()
	d.stop()
	auditClean(t, d.dir)
	replayClean(t, d.dir)
	journaled(t, d.dir, read, truth)
}

// journaled compares what the journal holds of a correction with what was typed.
func journaled(t *testing.T, dir, read, truth string) {
	t.Helper()
	var order fusion.Order
	var seen *fusion.Passage
	_, err := lanes.Replay(t.Context(), filepath.Join(dir, "journal"), func(rec *journal.Record, outs []fusion.Output) {
		if rec.Kind == lanes.KindOrdered {
			var o fusion.Order
			if err := json.Unmarshal(rec.Payload, &o); err != nil {
				t.Errorf("row %d: %v", rec.N, err)
			}
			if o.Action == fusion.CorrectPlate {
				order = o
			}
		}
		for i := range outs {
			if p := outs[i].Passage; p != nil && p.ID == order.Passage && order.Passage != "" {
				seen = p
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if order.Plate != truth || order.PlateDevice != "front-1" || order.PlateSeq == 0 || order.User != "officer" {
		t.Errorf("the journal's order is %+v", order)
	}
	if seen == nil {
		t.Fatal("the journal has no passage that was corrected")
	}
	i := slices.IndexFunc(seen.Plates, func(r fusion.PlateRead) bool { return r.Source == "front-1" })
	if i < 0 {
		t.Fatalf("plates: %+v", seen.Plates)
	}
	if r := seen.Plates[i]; r.Text != read || r.Corrected != truth || r.By != "officer" || r.Confirmed.IsZero() || len(r.Chars) != len([]rune(read)) {
		t.Errorf("the record holds %+v", r)
	}
}
