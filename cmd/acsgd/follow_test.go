package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"acsgd/fusion"
)

// follower is an officer's browser without a screen: it remembers all that it was shown.
// What an officer has seen must never be lost (decision D2).
type follower struct {
	t        *testing.T
	mu       sync.Mutex
	changed  *sync.Cond
	epoch    string
	passages map[string]bool           // ids
	log      map[uint64][]fusion.Event // by row
	orders   map[string]string         // decided orders: id to what came of it
	acked    map[string]bool           // orders that were acknowledged
	journal  []string                  // texts of faults of the journal
	closed   bool                      // the stream has ended
	sock     *websocket.Conn
}

func newFollower(t *testing.T) *follower {
	f := &follower{t: t, passages: map[string]bool{}, log: map[uint64][]fusion.Event{}, orders: map[string]string{}, acked: map[string]bool{}}
	f.changed = sync.NewCond(&f.mu)
	return f
}

type streamFrame struct {
	T string                     `json:"t"`
	E string                     `json:"e"`
	N uint64                     `json:"n"`
	V map[string]json.RawMessage `json:"v"`
	A []fusion.Event             `json:"a"`
	D []struct{ K string }       `json:"d"`
}

// follow opens the stream of a signed-in session and reads it until it ends.
func (f *follower) follow(s *session, topics ...string) {
	f.t.Helper()
	d := websocket.Dialer{Jar: s.client.Jar, Subprotocols: []string{"acsgd.v1.json"}, HandshakeTimeout: 10 * time.Second}
	sock, res, err := d.DialContext(f.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/api/stream", http.Header{"Origin": {s.url}})
	if res != nil && res.Body != nil {
		res.Body.Close()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	if err := sock.WriteJSON(map[string]any{"t": "hello", "topics": topics}); err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.sock, f.closed = sock, false
	f.mu.Unlock()
	go func() {
		defer sock.Close()
		for {
			_, b, err := sock.ReadMessage()
			var x streamFrame
			if err == nil {
				err = json.Unmarshal(b, &x)
			}
			f.mu.Lock()
			if err != nil {
				f.closed = true
			} else {
				f.take(&x)
			}
			f.changed.Broadcast()
			f.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

func (f *follower) take(x *streamFrame) {
	if f.epoch == "" {
		f.epoch = x.E
	}
	if f.epoch != x.E {
		f.t.Errorf("the journal is another one: epoch %s, before %s", x.E, f.epoch)
	}
	for k := range x.V {
		f.state(k)
	}
	for _, p := range x.D {
		f.state(p.K)
	}
	if x.T != "log" {
		return
	}
	for _, e := range x.A {
		if e.Kind == "fault" && strings.HasPrefix(e.Text, "the journal refuses") {
			f.journal = append(f.journal, e.Text) // of no row: it cannot be in the journal
			continue
		}
		f.log[x.N] = append(f.log[x.N], e)
		if e.Order != "" {
			f.orders[e.Order] = e.Text
		}
	}
}

func (f *follower) state(key string) {
	if id, ok := strings.CutPrefix(key, "passage/"); ok {
		f.passages[id] = true
	}
}

// until waits for a condition on what was shown; it fails the test when the time is over.
func (f *follower) until(what string, limit time.Duration, ok func() bool) {
	f.t.Helper()
	if !f.reached(limit, ok) {
		f.t.Fatalf("not within %v: %s", limit, what)
	}
}

func (f *follower) reached(limit time.Duration, ok func() bool) bool {
	late := false
	defer time.AfterFunc(limit, func() {
		f.mu.Lock()
		late = true
		f.changed.Broadcast()
		f.mu.Unlock()
	}).Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !ok() {
		if late {
			return false
		}
		f.changed.Wait()
	}
	return true
}

// ended waits until the stream has ended: all that was sent before has been read.
func (f *follower) ended() {
	f.t.Helper()
	f.until("end of the stream", 10*time.Second, func() bool { return f.closed })
}

// lost compares all that was shown with what a site answers, and names what is missing.
func (f *follower) lost(s *session) (missing []string) {
	f.t.Helper()
	kept, decided := map[uint64][]fusion.Event{}, map[string]bool{}
	for after, more := uint64(0), true; more; {
		var page struct {
			N    uint64
			A    []fusion.Event
			More bool
		}
		if code := s.get(fmt.Sprintf("/api/log?after=%d", after), &page); code != http.StatusOK {
			f.t.Fatalf("/api/log: %d", code)
		}
		for _, e := range page.A {
			kept[e.Seq] = append(kept[e.Seq], e)
			decided[e.Order] = true
		}
		more = page.More && page.N > after
		after = page.N
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, es := range f.log {
		for _, e := range es {
			if !contains(kept[e.Seq], e) {
				missing = append(missing, fmt.Sprintf("log entry of row %d: lane %s seq %d %s %q", n, e.Lane, e.Seq, e.Kind, e.Text))
			}
		}
	}
	for id := range f.acked {
		if !decided[id] {
			missing = append(missing, "acknowledged order "+id)
		}
	}
	for id := range f.passages {
		var p struct{ ID string }
		if code := s.get("/api/passages/"+id, &p); code != http.StatusOK || p.ID != id {
			missing = append(missing, fmt.Sprintf("passage %s: %d", id, code))
		}
	}
	return missing
}

func contains(es []fusion.Event, e fusion.Event) bool {
	for _, x := range es {
		if x.Lane == e.Lane && x.Kind == e.Kind && x.Text == e.Text && x.Passage == e.Passage && x.Order == e.Order && x.At.Equal(e.At) {
			return true
		}
	}
	return false
}
