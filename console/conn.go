package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
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
	pingEvery   = 10 * time.Second
	helloWait   = 10 * time.Second
	socketsUser = 16
	socketsAll  = 1200
	maxTopics   = 64
)

// client is one browser. The fields above mu belong to the hub's lock.
type client struct {
	hub     *Hub
	user    auth.User
	kick    chan struct{}
	pending []entry
	backlog int
	slow    bool
	topics  []string // sorted; empty before hello
	view    string   // topics, joined: browsers with equal views share bytes
	snaps   []string // topics whose snapshot is due
	resync  string   // reason of a resync frame that is due
	ver     uint64   // hub version that the browser stands at
	due     bool     // changed state is to be sent, not the log alone
	pongs   []int64
	ending  bool

	sock *websocket.Conn
	seq  uint64 // of the writer
	buf  []byte

	once   sync.Once
	code   int
	reason string
	gone   chan struct{}
}

// end asks the writer to close with a code. It never blocks.
func (c *client) end(code int, reason string) {
	c.once.Do(func() {
		c.code, c.reason = code, reason
		close(c.gone)
	})
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

var errLimit = errors.New("too many streams")

// join adds a client to the hub.
func (h *Hub) join(c *client) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := 0
	for o := range h.clients {
		if o.user.Name == c.user.Name {
			mine++
		}
	}
	if mine >= socketsUser || len(h.clients) >= socketsAll {
		return errLimit
	}
	h.clients[c] = struct{}{}
	return nil
}

func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}

// stream serves one WebSocket until it ends.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, u auth.User, alive func() bool) {
	if s.stopped() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	sock, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := &client{hub: s.hub, user: u, kick: make(chan struct{}, 1), gone: make(chan struct{}), sock: sock}
	if err := s.hub.join(c); err != nil {
		c.close(closeTwice, err.Error())
		return
	}
	defer s.hub.leave(c)
	var wg sync.WaitGroup
	wg.Go(func() { c.write(s, alive) })
	c.read()
	c.end(websocket.CloseNormalClosure, "")
	wg.Wait()
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
		if !c.take(&f) {
			return
		}
	}
}

// take applies one frame of the browser; false ends the stream.
func (c *client) take(f *clientFrame) bool {
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
		c.topics = nil
		c.subscribe(f.Topics)
		c.resume(f)
	case "sub":
		c.subscribe(f.Topics)
	case "unsub":
		c.topics = slices.DeleteFunc(c.topics, func(t string) bool { return slices.Contains(f.Topics, t) })
		c.view = strings.Join(c.topics, "|")
	case "ping":
		c.pongs = append(c.pongs, int64(f.C))
		if len(c.pongs) > 8 {
			c.pongs = c.pongs[1:]
		}
	case "lag": // how far a browser is behind its screen; counted nowhere yet, never an error
	}
	select {
	case c.kick <- struct{}{}:
	default:
	}
	return true
}

// subscribe adds topics; their snapshots are sent before any further delta.
func (c *client) subscribe(topics []string) {
	for _, t := range topics {
		if !slices.Contains(c.topics, t) && len(c.topics) < maxTopics {
			c.topics = append(c.topics, t)
		}
		if !slices.Contains(c.snaps, t) {
			c.snaps = append(c.snaps, t)
		}
	}
	slices.Sort(c.topics)
	c.view = strings.Join(c.topics, "|")
}

// resume queues the log that the browser has missed, or tells it to fetch what the ring no
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
	case from < h.logTail:
		c.resync = "overflow"
		h.stats.Resynced++
	default:
		h.stats.Resumed++
		c.pending, c.backlog = append(c.pending[:0], h.since(from)...), 0
	}
}

// since gives the log entries that a browser may not have whose newest row is "from". Lanes
// publish side by side, so what came after that row may bear a lower number; entries of no
// row bear the number of the newest. What the browser has already it knows.
func (h *Hub) since(from uint64) []entry {
	if from == h.logTail {
		return h.log
	}
	i := slices.IndexFunc(h.log, func(e entry) bool { return e.n >= from })
	switch {
	case i < 0:
		return nil
	case h.log[i].n == from:
		i++
	}
	return h.log[i:]
}

// write is the only writer of the socket.
func (c *client) write(s *Server, alive func() bool) {
	beat := time.NewTicker(heartbeat)
	ping := time.NewTicker(pingEvery)
	defer beat.Stop()
	defer ping.Stop()
	defer c.sock.Close()
	if !c.send(c.welcome(s)) {
		return
	}
	for {
		select {
		case <-c.gone:
			c.close(c.code, c.reason)
			return
		case <-c.kick:
			if !c.flush() {
				select {
				case <-c.gone:
					c.close(c.code, c.reason)
				default:
				}
				return
			}
		case now := <-beat.C:
			if !alive() {
				c.close(closeAuth, "session ended")
				return
			}
			if !c.send(c.beat(s, now)) { // every second, because it carries the ages
				return
			}
		case <-ping.C:
			if err := c.sock.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)); err != nil {
				return
			}
		}
	}
}

func (c *client) next(t string) []byte {
	c.seq++
	return head(c.buf[:0], t, c.hub.epoch, c.seq, time.Now())
}

// flush sends what is due: the log first, then snapshots, then changed state.
func (c *client) flush() (ok bool) {
	h := c.hub
	h.mu.Lock()
	if c.slow {
		h.mu.Unlock()
		return true // the writer's loop sees the end and closes
	}
	if len(c.topics) == 0 && len(c.snaps) == 0 && c.resync == "" && len(c.pongs) == 0 {
		c.pending, c.backlog = c.pending[:0], 0 // before hello: the snapshot will tell
		h.mu.Unlock()
		return true
	}
	pending, snaps, resync, pongs := c.pending, c.snaps, c.resync, c.pongs
	c.pending, c.backlog, c.snaps, c.resync, c.pongs = nil, 0, nil, "", nil
	topics, from := c.topics, c.ver
	bodies := make([][]byte, 0, len(snaps))
	for _, t := range snaps {
		bodies = append(bodies, h.snapshot(nil, t))
	}
	var delta []byte
	switch {
	case len(snaps) == 0 && !c.due:
	case len(snaps) == 0:
		delta = h.delta(topics, c.view, from)
		c.due, c.ver = false, h.ver
	default:
		if len(snaps) < len(topics) {
			rest := slices.DeleteFunc(slices.Clone(topics), func(t string) bool { return slices.Contains(snaps, t) })
			delta = h.delta(rest, strings.Join(rest, "|"), from)
		}
		c.due, c.ver = false, h.ver
	}
	h.mu.Unlock()

	for _, p := range pongs {
		b := append(c.next("pong"), `,"c":`...)
		if !c.send(append(strconv.AppendInt(b, p, 10), '}')) {
			return false
		}
	}
	if resync != "" {
		b := append(c.next("resync"), `,"reason":`...)
		if !c.send(append(appendString(b, resync), '}')) {
			return false
		}
	}
	for _, e := range pending {
		b := append(c.next("log"), `,"n":`...)
		b = strconv.AppendUint(b, e.n, 10)
		b = append(append(append(b, `,"a":[`...), e.body...), `]}`...)
		if !c.send(b) {
			return false
		}
	}
	for _, body := range bodies {
		if !c.send(append(c.next("snap"), body...)) {
			return false
		}
	}
	if delta != nil && !c.send(append(c.next("delta"), delta...)) {
		return false
	}
	return true
}

// send writes one frame; false ends the stream.
func (c *client) send(b []byte) bool {
	c.buf = b
	if err := c.sock.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return false
	}
	return c.sock.WriteMessage(websocket.TextMessage, b) == nil
}

func (c *client) close(code int, reason string) {
	if code == 0 {
		code = websocket.CloseNormalClosure
	}
	// The browser may be gone already; then there is nobody to tell.
	_ = c.sock.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(writeWait))
	_ = c.sock.Close()
}

func (c *client) welcome(s *Server) []byte {
	b := append(c.next("welcome"), `,"user":`...)
	b = append(b, s.userJSON(c.user)...)
	b = append(b, `,"server":`...)
	b = append(b, s.info...)
	return append(b, `,"hb_ms":1000,"schema":1}`...)
}

func (c *client) beat(s *Server, now time.Time) []byte {
	ages, err := json.Marshal(s.cfg.Ages(now))
	if err != nil {
		ages = []byte("{}")
	}
	c.hub.mu.Lock()
	logHead := c.hub.logHead
	c.hub.mu.Unlock()
	b := append(c.next("hb"), `,"ages":`...)
	b = append(b, ages...)
	b = append(b, `,"log_head":`...)
	b = strconv.AppendUint(b, logHead, 10)
	b = append(b, `,"now":`...)
	b = strconv.AppendInt(b, now.UnixMilli(), 10)
	return append(b, '}')
}
