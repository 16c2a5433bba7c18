package browser

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// heard keeps what the tab reports about itself. The driver calls it on its reading
// goroutine, so it only appends.
func (p *Page) heard(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if ev.Request != nil {
			p.keepRequest(ev.Request.URL)
		}
	case *network.EventWebSocketCreated:
		p.keepRequest(ev.URL)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == "error" || ev.Type == "assert" {
			p.keepError(arguments(ev.Args))
		}
	case *runtime.EventExceptionThrown:
		p.keepError(exception(ev.ExceptionDetails))
	case *log.EventEntryAdded:
		if ev.Entry != nil && ev.Entry.Level == "error" {
			p.keepError(strings.TrimSpace(ev.Entry.Text + " " + ev.Entry.URL))
		}
	}
}

func (p *Page) keepRequest(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, url)
}

func (p *Page) keepError(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.console = append(p.console, text)
}

// Console lists the errors of the page since Open, oldest first: console.error and failed
// console.assert, exceptions and rejections that nothing caught, and what the browser
// itself reports as an error (a resource that did not load, a breach of the page's policy).
func (p *Page) Console() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.console)
}

// Requests lists the URLs that the page asked for since Open, in order: documents, scripts,
// images, fetches, redirects and WebSockets, whether or not an answer came. URLs that need
// no network (data:, blob:) are listed too.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// arguments joins the arguments of a console call as the developer tools would.
func arguments(args []*runtime.RemoteObject) string {
	words := make([]string, 0, len(args))
	for _, a := range args {
		var s string
		switch {
		case a == nil:
		case json.Unmarshal(a.Value, &s) == nil:
			words = append(words, s)
		case len(a.Value) > 0:
			words = append(words, string(a.Value))
		default:
			words = append(words, a.Description)
		}
	}
	return strings.Join(words, " ")
}

// exception is the message and place of what nothing caught.
func exception(d *runtime.ExceptionDetails) string {
	if d == nil {
		return "exception"
	}
	text := d.Text
	if d.Exception != nil && d.Exception.Description != "" {
		text += " " + d.Exception.Description
	}
	if d.URL == "" {
		return text
	}
	return fmt.Sprintf("%s (%s:%d)", text, d.URL, d.LineNumber+1)
}
