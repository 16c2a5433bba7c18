// Package console is the officers' web server: sign-in, the stream "acsgd.v1", orders,
// evidence and history.
//
//	lanes ──Publish──▶ newest state by key (conflated), ring of log frames (lossless)
//	                     │ pump: at once for log and verdicts, state else every 33 ms
//	                     ▼
//	                   screen: frames that all browsers share
//	                     │ wake, a few at a time, the log before state
//	                     ▼
//	                   one writer a browser ──▶ socket
//
// Publish never blocks: a browser that does not read is bounded at 256 KiB of log and then
// closed with 4008; it resumes by (epoch, n). State is overwritten in place, events never
// drop (console.md 3, design decisions D12 and D31).
package console

import (
	"slices"
	"strings"
	"sync"
	"time"

	"acsgd/fusion"
)

// Bounds of the hub.
const (
	ringBytes   = 8 << 20                // log frames kept for resume
	clientBytes = 256 << 10              // log that a slow browser may have waiting
	pace        = 33 * time.Millisecond  // between two flushes of conflated state
	heartbeat   = 1 * time.Second        // at least one frame in this time
	patience    = 250 * time.Millisecond // for the write of a browser that is given up
)

// Hub holds what browsers are shown. Its methods are safe for concurrent use.
type Hub struct {
	epoch  string
	screen screen // the pump's

	mu       sync.Mutex // held for moments only: publishers take it
	subjects map[string]*subject
	closed   map[string]string // lane: its last closed passage
	log      ring
	clients  []*client      // in the order in which they came
	shown    map[string]int // topic: browsers that show it
	stats    HubStats
	stopped  bool
	streams  sync.WaitGroup // of clients

	news    bool      // the log has entries that the pump has not seen
	newer   bool      // state is newer than the screen
	changed bool      // state is newer than what all browsers have been given
	urgent  bool      // and it does not wait for the pace
	last    time.Time // when the last wave of state began
	pumping bool
	timer   *time.Timer
}

// HubStats are the hub's counters.
type HubStats struct {
	Subscribers int
	Events      uint64
	Slow        uint64
	Resumed     uint64
	Resynced    uint64
}

// NewHub returns a hub; epoch identifies the journal, head is its newest row: log entries
// up to it are in the archive and not in the ring.
func NewHub(epoch string, head uint64) *Hub {
	return &Hub{epoch: epoch, screen: screen{frames: map[shared][]byte{}}, subjects: map[string]*subject{}, closed: map[string]string{},
		log: ring{head: head, tail: head}, shown: map[string]int{}}
}

// Publish takes the outputs of one input, whose row in the journal is n (0: of no row). It
// never blocks on a browser and keeps nothing that outs points to.
func (h *Hub) Publish(lane string, n uint64, _ time.Time, outs []fusion.Output) {
	events, count := encodeEvents(outs)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Events += count
	urgent := false
	for i := range outs {
		o := &outs[i]
		switch o.Kind {
		case fusion.Updated:
			if o.Passage != nil {
				h.passage(lane, o.Passage)
			}
		case fusion.Status:
			h.lane(lane, o.Lane)
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Opened, fusion.Closed, fusion.Alarm:
			urgent = true
		}
	}
	h.urgent = h.changed && (h.urgent || urgent)
	if len(events) > 0 {
		h.log.append(n, events)
		h.news = true
	}
	h.wake()
}

func (h *Hub) lane(lane string, l *fusion.LaneState) {
	s := h.subject("lane/"+lane, lane, aLane)
	st, ok := s.newest.(*fusion.LaneState)
	if !ok {
		st = new(fusion.LaneState)
		s.newest, s.held = st, new(fusion.LaneState)
	}
	l.CopyTo(st)
	s.own, s.newer = l.Version, true
	h.newer, h.changed = true, true
}

func (h *Hub) passage(lane string, p *fusion.Passage) {
	s := h.subject("passage/"+p.ID, lane, full, brief)
	st, ok := s.newest.(*fusion.Passage)
	if !ok {
		st = new(fusion.Passage)
		s.newest, s.held = st, new(fusion.Passage)
	}
	p.CopyTo(st)
	s.own, s.newer = p.Version, true
	h.newer, h.changed = true, true
	if !p.Closed.IsZero() && h.closed[lane] != p.ID {
		if old := h.closed[lane]; old != "" {
			delete(h.subjects, "passage/"+old)
		}
		h.closed[lane] = p.ID
	}
}

// subject gives the subject of a key, which is shown as these kinds of objects.
func (h *Hub) subject(key, lane string, kinds ...kind) *subject {
	s := h.subjects[key]
	if s == nil {
		s = &subject{}
		for _, k := range kinds {
			s.objects = append(s.objects, &object{of: s, kind: k, key: key, detail: "lane/" + lane})
		}
		h.subjects[key] = s
	}
	return s
}

// Close ends all streams with 4000, browsers come back at once, and waits until they have
// ended.
func (h *Hub) Close() {
	h.mu.Lock()
	h.stopped = true
	for _, c := range h.clients {
		c.hasten()
		c.end(closeRestart, "server is stopping")
	}
	h.mu.Unlock()
	h.streams.Wait()
}

// Revoke ends the streams of a user whose session or roles have changed.
func (h *Hub) Revoke(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.clients {
		if c.user.Name == user {
			c.end(closeAuth, "session ended")
		}
	}
}

// Stats returns the counters.
func (h *Hub) Stats() HubStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stats
	s.Subscribers = len(h.clients)
	return s
}

// find gives a copy of a passage that browsers are shown; nil if they are not.
func (h *Hub) find(id string) *fusion.Passage {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.subjects["passage/"+id]
	if s == nil {
		return nil
	}
	p := new(fusion.Passage)
	s.newest.(*fusion.Passage).CopyTo(p)
	return p
}

// Version gives a passage's version as browsers have been shown it; ok is false if it is
// not shown.
func (h *Hub) Version(passage string) (v uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.subjects["passage/"+passage]
	if s == nil {
		return 0, false
	}
	return s.own, true
}

// Lanes lists the lanes that have published.
func (h *Hub) Lanes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ls []string
	for k := range h.subjects {
		if id, ok := strings.CutPrefix(k, "lane/"); ok {
			ls = append(ls, id)
		}
	}
	slices.Sort(ls)
	return ls
}
