package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/internal/browser"
)

// shot keeps a picture of the page where ACSGD_SHOTS names a folder.
func shot(p *browser.Page, name string) {
	if dir := os.Getenv("ACSGD_SHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// id selects an element that the page marks for tests.
func id(s string) string { return `[data-testid="` + s + `"]` }

// signIn signs a demo user in and turns the page to English.
func signIn(p *browser.Page, d *demo, user string) {
	p.Goto(d.url)
	p.WaitText(id("login-form"), "", 10*time.Second)
	p.Type(id("login-user"), user)
	p.Type(id("login-password"), d.passwords[user])
	p.Click(id("login-submit"))
	p.WaitText(id("overview"), "", 10*time.Second)
	for _, next := range []string{"RU", "EN"} { // it begins in Kazakh
		p.Click(id("btn-lang"))
		p.WaitText(id("btn-lang"), next, 5*time.Second)
	}
}

// An officer signs in, watches a violating lorry arrive in lane 2, holds it, and the
// barrier stays closed. Nothing that the page loads comes from elsewhere.
func TestAnOfficerHoldsAnOverloadedLorry(t *testing.T) {
	d := startDemo(t, t.TempDir(), "--lanes", "2")
	p := browser.Open(t, browser.Size(1920, 1080))
	p.Goto(d.url)
	p.WaitText(id("login-form"), "", 10*time.Second)
	shot(p, "login")
	signIn(p, d, "officer")
	p.WaitText(id("lane-2"), "matched", 60*time.Second)
	shot(p, "overview")
	p.Click(id("lane-2"))
	p.WaitText(id("verdict-line"), "EXCEEDS", 60*time.Second)
	p.WaitText(id("findings"), "10.00 t", 5*time.Second)
	p.WaitText("body", "awaiting decision", 60*time.Second)
	shot(p, "lane-overloaded")
	p.Click(id("why-finding-0")) // how the worst finding came about
	p.WaitText(id("derivation"), "tables 2-", 10*time.Second)
	for _, want := range []string{"Measured", "by wim-2", "Limit", "row axle_limits.csv:", "Compared", "Excess", "Result"} {
		if got := p.Text(id("derivation")); !strings.Contains(got, want) {
			t.Errorf("the derivation lacks %q:\n%s", want, got)
		}
	}
	shot(p, "lane-derivation")
	p.Click(id("why-finding-0"))
	p.Click(id("btn-hold"))
	p.Click(id("reason-overload"))
	p.WaitText(id("decision-line"), "Held", 10*time.Second)
	time.Sleep(3 * time.Second) // the barrier's own travel takes two
	if got := p.Text(id("barrier-state")); !strings.Contains(strings.ToLower(got), "closed") {
		t.Errorf("the barrier is %q after a hold", got)
	}
	shot(p, "lane-held")
	if got := p.Text(id("papers")); !strings.Contains(got, "Weighing certificate") || !strings.Contains(got, "Protocol of exceeded limits") {
		t.Errorf("documents of a judged passage: %q", got)
	}
	link := p.Eval(`document.querySelector('[data-testid="paper-overload"]').getAttribute("href")`)
	passage, rest, _ := strings.Cut(strings.TrimPrefix(link, "/api/passages/"), "/")
	if rest != "overload.pdf?lang=en" {
		t.Errorf("the link of the document is %q", link)
	}
	const load = `fetch(document.querySelector('[data-testid="paper-weighing"]').href).then(r => r.status + " " + r.headers.get("content-type"))`
	if got := p.Eval(load); got != "200 application/pdf" {
		t.Errorf("the page gets %q for a document", got)
	}
	p.Goto(d.url + "/#/passage/" + passage)
	p.WaitText(id("passage-screen"), "Weighing certificate", 10*time.Second)
	shot(p, "passage")
	for _, u := range p.Requests() {
		if !strings.HasPrefix(u, d.url) && !strings.HasPrefix(u, "ws"+strings.TrimPrefix(d.url, "http")) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			t.Errorf("the page asked for %s", u)
		}
	}
	errs := slices.DeleteFunc(p.Console(), func(s string) bool { return strings.Contains(s, "401") && strings.Contains(s, "/api/me") })
	if len(errs) > 0 {
		t.Errorf("errors of the page: %q", errs)
	}
	p.Close()
	d.stop()
	documents(t, d.dir, passage)
	explains(t, d.dir, passage)
	if out, _, code := call(t, "", "audit", "verify", d.dir); code != exitFine {
		t.Errorf("audit verify: %d %s", code, out)
	}
	if out, errw, code := call(t, "", "replay", "--raw", d.dir); code != exitFine {
		t.Errorf("replay: %d %s%s", code, out, errw)
	}
}
