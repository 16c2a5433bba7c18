package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// eval is Eval with the name of the step for the failure.
func (p *Page) eval(what, js string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	// The value crosses as text, so that undefined, NaN and cycles have one too.
	wrapped := "Promise.resolve((0,eval)(" + quote(js) + ")).then(v => typeof v === 'string' ? v : String(JSON.stringify(v)))"
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](wrapped, func(q *runtime.EvaluateParams) {
		q.AwaitPromise = new(true)
	}))
	if err != nil {
		p.t.Fatalf("browser: %s: %v%s", what, err, p.seen())
	}
	return v
}

// quote writes a string as a JavaScript literal.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // impossible: a string always has a JSON form
	}
	return string(b)
}

// first is the expression for the element that a CSS selector names, or an exception.
func first(selector string) string {
	return fmt.Sprintf("(document.querySelector(%s) ?? (() => { throw new Error('nothing matches ' + %[1]s) })())", quote(selector))
}

// Text is the text that the first element matching the CSS selector shows, trimmed, as
// rendered (hidden parts are left out). No such element fails the test.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return p.eval("reading "+selector, first(selector)+".innerText.trim()")
}

// WaitText returns when the first element matching the CSS selector shows text that
// contains want (with want "": when it is there), and fails the test after the timeout.
func (p *Page) WaitText(selector, want string, timeout time.Duration) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout+patience)
	defer cancel()
	shown := fmt.Sprintf("() => { const e = document.querySelector(%s); return !!e && e.innerText.includes(%s) }", quote(selector), quote(want))
	_, err := chromedp.Run(ctx, chromedp.PollFunction[bool](shown,
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(timeout)))
	if err != nil {
		last := p.eval("reading "+selector, fmt.Sprintf("document.querySelector(%s)?.innerText ?? '(no such element)'", quote(selector)))
		p.t.Fatalf("browser: waiting %s for %q in %s: %v; it shows %q%s", timeout, want, selector, err, last, p.seen())
	}
}

// Click presses the left mouse button in the middle of the first element matching the CSS
// selector, after scrolling it into view. An element that stays hidden or absent fails the
// test.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do("clicking "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Type focuses the first element matching the CSS selector and types text into it, key by
// key, after what stands there already.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.do("typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// Key presses and releases one key wherever the focus is: a character, or a name as in
// KeyboardEvent.key ("Enter", "F2", "Escape", "ArrowDown"), after any of "Control+",
// "Alt+", "Shift+" and "Meta+".
func (p *Page) Key(name string) {
	p.t.Helper()
	key, mods, err := parseKey(name)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do("pressing "+name, chromedp.KeyEvent(key, chromedp.KeyModifiers(mods...)))
}

// parseKey splits a name into the driver's character for the key and its modifiers.
func parseKey(name string) (string, []kb.Modifier, error) {
	var mods []kb.Modifier
	rest := name
	for _, m := range []struct {
		prefix string
		mod    kb.Modifier
	}{{"Control+", kb.ModifierCtrl}, {"Alt+", kb.ModifierAlt}, {"Shift+", kb.ModifierShift}, {"Meta+", kb.ModifierMeta}} {
		if r, ok := strings.CutPrefix(rest, m.prefix); ok {
			rest, mods = r, append(mods, m.mod)
		}
	}
	if len([]rune(rest)) == 1 {
		return rest, mods, nil
	}
	// A key name may have several characters (left, right, keypad); the lowest is the
	// plain key, and the choice must not depend on the order of a map.
	var found rune
	for r, k := range kb.Keys {
		if k.Key == rest && (found == 0 || r < found) {
			found = r
		}
	}
	if found == 0 {
		return "", nil, fmt.Errorf("browser: no key is called %q", name)
	}
	return string(found), mods, nil
}
