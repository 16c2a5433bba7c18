package console

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// write is the only writer of the socket.
func (c *client) write(s *Server, alive func() bool) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	defer c.sock.Close()
	beats := 0
	for ok := c.send("welcome", c.welcome(s)); ok && !c.ended(); {
		select {
		case <-c.kick:
			ok = c.flush()
		case now := <-beat.C: // every second, because it carries the ages
			if !alive() {
				c.end(closeAuth, "session ended")
				break
			}
			ok = c.send("hb", c.beat(s, now))
			if beats++; ok && beats%pingBeats == 0 {
				ok = c.sock.WriteControl(websocket.PingMessage, nil, now.Add(writeWait)) == nil
			}
		}
	}
	if c.ended() {
		c.close(c.code, c.reason)
	}
}

// flush sends what is due: answers, the log, then state.
func (c *client) flush() (ok bool) {
	m := c.take()
	for _, p := range m.pongs {
		if !c.send("pong", append(strconv.AppendInt([]byte(`,"c":`), p, 10), '}')) {
			return false
		}
	}
	if m.resync != "" && !c.send("resync", append(appendString([]byte(`,"reason":`), m.resync), '}')) {
		return false
	}
	for _, e := range m.log {
		if !c.send("log", e.body) {
			return false
		}
	}
	for _, b := range m.snapshots {
		if !c.send("snap", b) {
			return false
		}
	}
	return m.delta == nil || c.send("delta", m.delta)
}

// mail is what is due to a browser.
type mail struct {
	pongs  []int64
	resync string
	log    []entry
	update
}

// take gives what is due. The log is as new as the state or newer: no state is ahead of its
// events.
func (c *client) take() (m mail) {
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.slow {
		return m // the writer's loop sees the end and closes
	}
	m.pongs, m.resync = c.pongs, c.resync
	c.pongs, c.resync = nil, ""
	if m.update = c.update; m.ver != 0 {
		c.ver, c.snaps, c.update = m.ver, nil, update{}
	}
	if !c.follows {
		return m
	}
	var ok bool
	if m.log, ok = h.log.from(c.at); !ok {
		h.drop(c)
		return mail{}
	}
	c.at = h.log.end()
	return m
}

// send writes one frame of type t, of which body is what follows the head; false ends the
// stream.
func (c *client) send(t string, body []byte) bool {
	if c.ended() {
		return false
	}
	now := time.Now()
	if err := c.sock.SetWriteDeadline(now.Add(writeWait)); err != nil {
		return false
	}
	w, err := c.sock.NextWriter(websocket.TextMessage)
	if err != nil {
		return false
	}
	c.seq++
	c.head = head(c.head[:0], t, c.hub.epoch, c.seq, now)
	if _, err := w.Write(c.head); err != nil {
		return false
	}
	if _, err := w.Write(body); err != nil {
		return false
	}
	return w.Close() == nil
}

func (c *client) close(code int, reason string) {
	if code == 0 {
		code = websocket.CloseNormalClosure
	}
	// The browser may be gone already; then there is nobody to tell.
	_ = c.sock.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience))
	_ = c.sock.Close()
}

func (c *client) welcome(s *Server) []byte {
	b := []byte(`,"user":`)
	b = append(b, s.userJSON(c.user)...)
	b = append(b, `,"server":`...)
	b = append(b, s.info...)
	return append(b, `,"hb_ms":1000,"schema":1}`...)
}

func (c *client) beat(s *Server, now time.Time) []byte {
	ages, at := s.ages(now)
	c.hub.mu.Lock()
	logHead := c.hub.log.head
	c.hub.mu.Unlock()
	b := []byte(`,"ages":`)
	b = append(b, ages...)
	b = append(b, `,"log_head":`...)
	b = strconv.AppendUint(b, logHead, 10)
	b = append(b, `,"now":`...)
	b = strconv.AppendInt(b, at.UnixMilli(), 10)
	return append(b, '}')
}

// ageing is the encoded ages, which the heartbeats of a moment share.
type ageing struct {
	mu   sync.Mutex
	at   time.Time
	json []byte
}

// ages gives the ages as they were at most 100 ms before now, and when that was.
func (s *Server) ages(now time.Time) (b []byte, at time.Time) {
	a := &s.ageing
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.at) > 100*time.Millisecond {
		b, err := json.Marshal(s.cfg.Ages(now))
		if err != nil {
			b = []byte("{}")
		}
		a.at, a.json = now, b
	}
	return a.json, a.at
}
