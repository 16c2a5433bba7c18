package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"acsgd/internal/auth"
)

// Close codes of the stream (console.md 3.2, D31).
const (
	closeRestart = 4000
	closeAuth    = 4001
	closeTopic   = 4003
	closeSlow    = 4008
	closeTwice   = 4009
)

// Limits of one socket.
const (
	maxInbound  = 4 << 10
	writeWait   = 5 * time.Second
	readWait    = 25 * time.Second
	pingBeats   = 10 // a ping every 10th heartbeat
	helloWait   = 10 * time.Second
	socketsUser = 16
	socketsAll  = 1200
	maxTopics   = 64
)

// newUpgrader gives what opens sockets. A browser has a buffer only while it is written to;
// a frame that fits in it is one system call.
func newUpgrader(origin func(*http.Request) bool) websocket.Upgrader {
	return websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 16 << 10, WriteBufferPool: new(sync.Pool),
		Subprotocols: []string{"acsgd.v1.json"}, CheckOrigin: origin}
}

// view is a set of topics, never changed once it is made.
type view struct {
	topics []string // sorted
	name   string   // the topics, joined: browsers with equal views share frames
}

func newView(topics []string) view {
	slices.Sort(topics)
	return view{topics, strings.Join(topics, "|")}
}

// without gives the view less some topics.
func (v view) without(topics []string) view {
	if len(topics) == 0 {
		return v
	}
	return newView(slices.DeleteFunc(slices.Clone(v.topics), func(t string) bool { return slices.Contains(topics, t) }))
}

// client is one browser.
type client struct {
	hub  *Hub
	user auth.User
	sock *websocket.Conn
	kick chan struct{} // wakes the writer

	// Under the hub's lock.
	topics  []string // that the browser shows
	asked   []string // of these, whose snapshot the next flush is to give
	askedAt uint64   // version of the screen when it asked
	snaps   []string // whose snapshot is due
	view    view     // what is on its screen
	ver     uint64   // version of the screen that it stands at
	update  update   // what is new on the screen
	follows bool     // it is sent the log, from its first snapshot or its resume on
	at      uint64   // position of the next entry that it is to be sent
	since   uint64   // bytes of the log when it came back
	resync  string   // reason of a resync frame that is due
	pongs   []int64
	slow    bool // it is given up

	// The writer's.
	seq  uint64
	head []byte

	once   sync.Once
	code   int
	reason string
	gone   chan struct{}
}

// wake lets the writer look for what is due. It never blocks.
func (c *client) wake() {
	select {
	case c.kick <- struct{}{}:
	default: // it is awake already
	}
}

// end asks the writer to close with a code. It never blocks.
func (c *client) end(code int, reason string) {
	c.once.Do(func() {
		c.code, c.reason = code, reason
		close(c.gone)
	})
	c.wake()
}

// hasten makes a write that is stuck in the socket fail soon.
func (c *client) hasten() {
	if c.sock != nil {
		_ = c.sock.NetConn().SetWriteDeadline(time.Now().Add(patience)) // a closed socket is as good
	}
}

func (c *client) ended() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

type clientFrame struct {
	T      string   `json:"t"`
	Topics []string `json:"topics"`
	Resume *struct {
		E      string `json:"e"`
		LogSeq *int64 `json:"log_seq"`
	} `json:"resume"`
	C float64 `json:"c"`
}

func newClient(h *Hub, u auth.User, sock *websocket.Conn) *client {
	return &client{hub: h, user: u, sock: sock, kick: make(chan struct{}, 1), gone: make(chan struct{})}
}

// join adds a client to the hub; if it may not be, it gives the code to close with.
func (h *Hub) join(c *client) (code int, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := 0
	for _, o := range h.clients {
		if o.user.Name == c.user.Name {
			mine++
		}
	}
	switch {
	case h.stopped:
		return closeRestart, "server is stopping"
	case mine >= socketsUser || len(h.clients) >= socketsAll:
		return closeTwice, "too many streams"
	}
	h.clients = append(h.clients, c)
	h.streams.Add(1)
	return 0, ""
}

func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.unsubscribe(slices.Clone(c.topics))
	h.clients = slices.DeleteFunc(h.clients, func(o *client) bool { return o == c })
	h.streams.Done()
}

// stream opens one WebSocket. It is served beside the request, whose buffers and stack a
// long stream would hold; Close waits for it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, u auth.User, alive func() bool) {
	if s.stopped() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	sock, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := newClient(s.hub, u, sock)
	if code, reason := s.hub.join(c); code != 0 {
		c.close(code, reason)
		return
	}
	go func() {
		defer s.hub.leave(c)
		var wg sync.WaitGroup
		wg.Go(func() { c.write(s, alive) })
		c.read()
		c.end(websocket.CloseNormalClosure, "")
		wg.Wait()
	}()
}

// read takes the browser's frames; it is the only reader.
func (c *client) read() {
	c.sock.SetReadLimit(maxInbound)
	deadline := func() { _ = c.sock.SetReadDeadline(time.Now().Add(readWait)) } // an error shows at the next read
	deadline()
	c.sock.SetPongHandler(func(string) error { deadline(); return nil })
	for {
		_, p, err := c.sock.ReadMessage()
		if err != nil {
			return
		}
		deadline()
		var f clientFrame
		if err := json.Unmarshal(p, &f); err != nil {
			c.end(closeTopic, "frame is not JSON")
			return
		}
		if !c.obey(&f) {
			return
		}
	}
}

// obey applies one frame of the browser; false ends the stream.
func (c *client) obey(f *clientFrame) bool {
	h := c.hub
	for _, t := range f.Topics {
		if !known(t) {
			c.end(closeTopic, "unknown topic "+t)
			return false
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch f.T {
	case "hello":
		c.unsubscribe(slices.Clone(c.topics))
		c.subscribe(f.Topics)
		c.resume(f)
	case "sub":
		c.subscribe(f.Topics)
	case "unsub":
		c.unsubscribe(f.Topics)
	case "ping":
		c.pongs = append(c.pongs, int64(f.C))
		if len(c.pongs) > 8 {
			c.pongs = c.pongs[1:]
		}
	case "lag": // how far a browser is behind its screen; counted nowhere yet, never an error
	}
	c.wake()
	return true
}

// subscribe adds topics; the next flush gives their snapshots, and deltas follow.
func (c *client) subscribe(topics []string) {
	h := c.hub
	for _, t := range topics {
		if !slices.Contains(c.topics, t) {
			if len(c.topics) >= maxTopics {
				continue
			}
			c.topics = append(c.topics, t)
			h.shown[t]++
		}
		if !slices.Contains(c.asked, t) {
			c.asked = append(c.asked, t)
		}
	}
	c.askedAt = h.screen.ver
	h.newer, h.changed = true, true // what nobody has looked at is not encoded yet
	h.wake()
}

// unsubscribe takes topics away at once.
func (c *client) unsubscribe(topics []string) {
	away := func(t string) bool { return slices.Contains(topics, t) }
	for _, t := range c.topics {
		if h := c.hub; away(t) {
			if h.shown[t]--; h.shown[t] == 0 {
				delete(h.shown, t)
			}
		}
	}
	c.view = c.view.without(topics)
	c.asked, c.snaps = slices.DeleteFunc(c.asked, away), slices.DeleteFunc(c.snaps, away)
	c.topics = slices.DeleteFunc(c.topics, away)
}

// look prepares what brings the browser to the newest version of the screen and reports
// whether there is anything.
func (c *client) look(s *screen) bool {
	if len(c.asked) > 0 && c.askedAt < s.ver {
		c.view = newView(slices.Clone(c.topics))
		c.snaps, c.asked = append(c.snaps, c.asked...), nil
		if !c.follows { // what came before, the snapshot tells
			c.follows, c.at = true, s.logEnd
		}
	}
	if c.update = s.since(c.view, c.snaps, c.ver); c.update.ver == 0 {
		c.ver = s.ver
		return false
	}
	return true
}

// resume takes the log up where the browser stands, or tells it to fetch what the ring no
// longer holds.
func (c *client) resume(f *clientFrame) {
	h := c.hub
	if f.Resume == nil || f.Resume.LogSeq == nil || *f.Resume.LogSeq < 0 {
		return
	}
	from := uint64(*f.Resume.LogSeq)
	switch {
	case f.Resume.E != "" && f.Resume.E != h.epoch:
		c.resync = "epoch"
		h.stats.Resynced++
	case from < h.log.tail:
		c.resync = "overflow"
		h.stats.Resynced++
	default:
		h.stats.Resumed++
		c.follows, c.at, c.since = true, h.log.since(from), h.log.bytes
	}
}
