package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"acsgd/fusion"
	"acsgd/internal/auth"
	"acsgd/internal/evidence"
)

// rig is a console with one officer, driven over real sockets.
type rig struct {
	t      *testing.T
	hub    *Hub
	srv    *httptest.Server
	keep   *evidence.Store
	orders chan fusion.Order
	audit  []string
	past   noArchive
	pages  []json.RawMessage // what a search finds
	client *http.Client
}

// noArchive has no past but the passages that a test puts in.
type noArchive map[string]json.RawMessage

func (noArchive) Passages(context.Context, Query) (Page, error) { return Page{}, nil }
func (a noArchive) Passage(_ context.Context, id string) (json.RawMessage, error) {
	return a[id], nil
}
func (noArchive) Explanation(_ context.Context, id string) (any, error) {
	switch id {
	case "good":
		return map[string]bool{"same": true}, nil
	case "old":
		return nil, fmt.Errorf("%w: no tables", ErrUnexplained)
	case "broken":
		return nil, errors.New("disk")
	}
	return nil, nil
}
func (noArchive) Log(context.Context, uint64, int) (LogPage, error) { return LogPage{}, nil }

// searched is a past in which every search finds the same.
type searched struct {
	noArchive
	pages *[]json.RawMessage
}

func (s searched) Passages(context.Context, Query) (Page, error) {
	return Page{Passages: *s.pages}, nil
}

type commander chan fusion.Order

func (c commander) Order(_ context.Context, _ string, o fusion.Order) error { c <- o; return nil }

func newRig(t *testing.T) *rig {
	t.Helper()
	users, err := auth.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]string{"aigerim": "officer", "nurlan": "auditor"} {
		if err := users.Set(name, "a long password", role); err != nil {
			t.Fatal(err)
		}
	}
	keep, err := evidence.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, hub: NewHub("0123456789abcdef", 100), keep: keep, orders: make(chan fusion.Order, 8), past: noArchive{}}
	s, err := New(Config{Site: "Test", Mode: "simulator", Zone: "Asia/Almaty", Build: "b", Hub: r.hub, Users: users, Commander: commander(r.orders),
		Archive: searched{r.past, &r.pages}, Papers: papers{}, Evidence: keep, Devices: func() []Device { return nil }, Ages: func(time.Time) map[string]int64 { return map[string]int64{"lane/1": 7} },
		Audit:  func(_ context.Context, kind, user, _ string) { r.audit = append(r.audit, kind+" "+user) },
		Static: fstest.MapFS{"index.html": {Data: []byte("<html>page</html>")}, "index.html.gz": {Data: []byte("\x1f\x8b\x08\x00")}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r.srv = httptest.NewServer(s)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Jar: jar}
	t.Cleanup(func() { s.Stop(); r.srv.Close(); keep.Close() })
	return r
}

func (r *rig) post(path, body string, header ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.srv.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-ACSGD", "1")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func (r *rig) login(user string) {
	r.t.Helper()
	if code, body := r.post("/api/login", fmt.Sprintf(`{"user":%q,"password":"a long password"}`, user)); code != http.StatusNoContent {
		r.t.Fatalf("login: %d %s", code, body)
	}
}

func (r *rig) dial(origin string) (*websocket.Conn, error) {
	h := http.Header{}
	if origin != "" {
		h.Set("Origin", origin)
	}
	d := websocket.Dialer{Jar: r.client.Jar, Subprotocols: []string{"acsgd.v1.json"}}
	c, res, err := d.DialContext(r.t.Context(), "ws"+strings.TrimPrefix(r.srv.URL, "http")+"/api/stream", h)
	if res != nil && res.Body != nil {
		res.Body.Close()
	}
	return c, err
}

type frame struct {
	T string                     `json:"t"`
	E string                     `json:"e"`
	S uint64                     `json:"s"`
	N uint64                     `json:"n"`
	V map[string]json.RawMessage `json:"v"`
	A []fusion.Event             `json:"a"`
	D []struct {
		K   string
		Ver uint64
		P   map[string]json.RawMessage
		X   []string
	} `json:"d"`
	LogSeq uint64 `json:"log_seq"`
	Reason string `json:"reason"`
}

// until reads frames until one of the type comes.
func until(t *testing.T, c *websocket.Conn, typ string) frame {
	t.Helper()
	for {
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, p, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s: %v", typ, err)
		}
		var f frame
		if err := json.Unmarshal(p, &f); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		if f.T == typ {
			return f
		}
	}
}

func status(version uint64, barrier string) fusion.Output {
	return fusion.Output{Kind: fusion.Status, Lane: &fusion.LaneState{Lane: "1", Version: version, Barrier: barrier, Devices: []fusion.DeviceState{}}}
}

func event(text string) fusion.Output {
	return fusion.Output{Kind: fusion.Alarm, Event: &fusion.Event{Kind: "test", Lane: "1", Text: text}}
}

func (r *rig) publish(n uint64, outs ...fusion.Output) { r.hub.Publish("1", n, time.Now(), outs) }

func TestStreamGivesSnapshotThenChangedFieldsAndEveryEvent(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	r.publish(101, status(5, "closed"))
	c, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if w := until(t, c, "welcome"); w.S != 1 || w.E != "0123456789abcdef" {
		t.Errorf("welcome %+v", w)
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"t":"hello","topics":["lane/1"]}`)); err != nil {
		t.Fatal(err)
	}
	s := until(t, c, "snap")
	if !strings.Contains(string(s.V["lane/1"]), `"barrier":"closed"`) {
		t.Errorf("snapshot %s", s.V["lane/1"])
	}
	r.publish(102, status(6, "open"), event("first"))
	if l := until(t, c, "log"); l.N != 102 || len(l.A) != 1 || l.A[0].Text != "first" {
		t.Errorf("log %+v", l)
	}
	d := until(t, c, "delta")
	if len(d.D) != 1 || string(d.D[0].P["barrier"]) != `"open"` || d.D[0].P["devices"] != nil || d.D[0].Ver != 6 {
		t.Errorf("delta %+v", d.D)
	}
}

func TestABrowserThatComesBackGetsWhatItMissed(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	for n := uint64(101); n < 110; n++ {
		r.publish(n, event(fmt.Sprint(n)))
	}
	c, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hello := `{"t":"hello","topics":["lanes"],"resume":{"e":"0123456789abcdef","log_seq":106}}`
	if err := c.WriteMessage(websocket.TextMessage, []byte(hello)); err != nil {
		t.Fatal(err)
	}
	for n := uint64(107); n < 110; n++ {
		if l := until(t, c, "log"); l.N != n {
			t.Fatalf("log frame %d, want %d", l.N, n)
		}
	}
	for _, hello := range []string{
		`{"t":"hello","topics":["lanes"],"resume":{"e":"ffff","log_seq":106}}`,
		`{"t":"hello","topics":["lanes"],"resume":{"e":"0123456789abcdef","log_seq":3}}`,
	} {
		if err := c.WriteMessage(websocket.TextMessage, []byte(hello)); err != nil {
			t.Fatal(err)
		}
		if f := until(t, c, "resync"); f.Reason != "epoch" && f.Reason != "overflow" {
			t.Errorf("resync because of %q", f.Reason)
		}
	}
}

func TestABrowserThatDoesNotReadIsClosedAndTheOthersLoseNothing(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	stuck, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	good, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	for _, c := range []*websocket.Conn{stuck, good} {
		if err := c.WriteMessage(websocket.TextMessage, []byte(`{"t":"hello","topics":["lanes"]}`)); err != nil {
			t.Fatal(err)
		}
		until(t, c, "snap")
	}
	const events = 4000
	var wg sync.WaitGroup
	var got atomic.Int64
	wg.Go(func() {
		for got.Load() < events {
			got.Add(int64(len(until(t, good, "log").A)))
		}
	})
	text := strings.Repeat("x", 4000)
	for n := range uint64(events) {
		r.publish(101+n, event(text))
		for int64(n)-got.Load() > 16 { // as fast as the good browser reads
			runtime.Gosched()
		}
	}
	wg.Wait()
	if got.Load() != events {
		t.Errorf("the reading browser got %d of %d events", got.Load(), events)
	}
	if s := r.hub.Stats(); s.Slow == 0 {
		t.Errorf("the stuck browser is still served: %+v", s)
	}
}

func TestWhoMayNot(t *testing.T) {
	r := newRig(t)
	if _, err := r.dial(r.srv.URL); err == nil {
		t.Error("a stream without a session is opened")
	}
	if code, _ := r.post("/api/login", `{"user":"aigerim","password":"wrong"}`); code != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", code)
	}
	r.login("aigerim")
	for _, origin := range []string{"", "https://elsewhere.example"} {
		if c, err := r.dial(origin); err == nil {
			c.Close()
			t.Errorf("a stream from origin %q is opened", origin)
		}
	}
	order := `{"id":"o1","action":"hold","passage":"X-1-1"}`
	if code, _ := r.post("/api/lanes/1/orders", order, "X-ACSGD", ""); code != http.StatusForbidden {
		t.Errorf("an order without the header: %d", code)
	}
	if code, _ := r.post("/api/lanes/1/orders", order, "Origin", "https://elsewhere.example"); code != http.StatusForbidden {
		t.Errorf("an order from another site: %d", code)
	}
	if code, _ := r.post("/api/lanes/1/orders", `{"id":"o1","action":"hold","rank":"general"}`); code != http.StatusBadRequest {
		t.Errorf("an order with an unknown field: %d", code)
	}
	if code, _ := r.post("/api/lanes/1/orders", `{"id":"`+strings.Repeat("x", 70_000)+`"}`); code != http.StatusBadRequest {
		t.Errorf("a huge order: %d", code)
	}
	if code, body := r.post("/api/lanes/1/orders", order); code != http.StatusAccepted {
		t.Errorf("an officer's order: %d %s", code, body)
	}
	if o := <-r.orders; o.User != "aigerim" || o.Role != "officer" {
		t.Errorf("order %+v", o)
	}
	r.login("nurlan")
	if code, _ := r.post("/api/lanes/1/orders", order); code != http.StatusForbidden {
		t.Errorf("an auditor's order: %d", code)
	}
	if want := "login_refused aigerim"; len(r.audit) == 0 || r.audit[0] != want {
		t.Errorf("audit %v, want %q first", r.audit, want)
	}
}

func TestAnOrderOnAnOldPictureIsRefused(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	r.publish(101, fusion.Output{Kind: fusion.Updated, Passage: &fusion.Passage{ID: "X-1-1", Version: 9}})
	code, body := r.post("/api/lanes/1/orders", `{"id":"o1","action":"release","passage":"X-1-1","version":8}`)
	if code != http.StatusConflict || !strings.Contains(body, `"version":9`) {
		t.Errorf("%d %s", code, body)
	}
}

func TestEvidenceIsServedToThoseSignedInOnly(t *testing.T) {
	r := newRig(t)
	b, err := r.keep.Put("image/jpeg", []byte("\xff\xd8picture"))
	if err != nil {
		t.Fatal(err)
	}
	get := func() (int, []byte) {
		res, err := r.client.Get(r.srv.URL + "/api/evidence/" + b.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		p, _ := io.ReadAll(res.Body)
		return res.StatusCode, p
	}
	if code, _ := get(); code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", code)
	}
	r.login("nurlan")
	if code, p := get(); code != http.StatusOK || !bytes.Equal(p, []byte("\xff\xd8picture")) {
		t.Errorf("%d %q", code, p)
	}
}

func TestThePageIsHTMLAlsoWhenItIsCompressed(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/", "/index.html", "/lane/2"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if ct := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(ct, "text/html") {
			t.Errorf("%s: %d %s", path, res.StatusCode, ct)
		}
	}
}

func TestMembersWalksWhatJSONGives(t *testing.T) {
	b, err := json.Marshal(struct {
		A string            `json:"a"`
		B []int             `json:"b"`
		C map[string]string `json:"c"`
		D float64           `json:"d"`
	}{`x",{[\`, []int{1, 2}, map[string]string{"k}": "]"}, 1.5})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	members(b, func(name string, raw []byte) { got = append(got, name+"="+string(raw)) })
	want := []string{`a="x\",{[\\"`, `b=[1,2]`, `c={"k}":"]"}`, `d=1.5`}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("got %q", got)
	}
}
func TestTheExplanationOfAPassage(t *testing.T) {
	r := newRig(t)
	get := func(id string) (int, string) {
		res, err := r.client.Get(r.srv.URL + "/api/passages/" + id + "/explanation")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if code, _ := get("good"); code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", code)
	}
	r.login("nurlan")
	for id, want := range map[string]struct {
		code int
		text string
	}{"good": {http.StatusOK, `"same":true`}, "old": {http.StatusConflict, "no tables"},
		"broken": {http.StatusServiceUnavailable, "does not answer"}, "none": {http.StatusNotFound, "there is no passage none"}} {
		if code, body := get(id); code != want.code || !strings.Contains(body, want.text) {
			t.Errorf("%s: %d %s, want %d with %q", id, code, body, want.code, want.text)
		}
	}
}
