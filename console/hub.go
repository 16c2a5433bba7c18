// Package console is the officers' web server: sign-in, the stream "acsgd.v1", orders,
// evidence and history.
//
//	lanes ──Publish──▶ Hub: newest state by key (conflated), ring of log frames (lossless)
//	                     │ wake: at once for log and verdicts, state else every 33 ms
//	                     ▼
//	                   one writer a browser ──▶ socket
//
// Publish never blocks: a browser that does not read is bounded at 256 KiB of log and then
// closed with 4008; it resumes by (epoch, n). State is overwritten in place, events never
// drop (console.md 3, design decisions D12 and D31).
package console

import (
	"bytes"
	"encoding/json"
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

// field is one top-level member of an object, with the hub version that set it last.
type field struct {
	name string
	raw  []byte
	ver  uint64
	gone bool
}

// object is the newest state of one key. Publish keeps a copy of the state; it is encoded
// when a browser is about to be shown it, so that what nobody looks at costs a copy.
type object struct {
	key    string
	lane   string
	own    uint64 // the object's own version, which orders carry
	ver    uint64 // hub version of its last change
	fields []field
	brief  bool // a summary for the topic "lanes"

	state any    // *fusion.Passage or *fusion.LaneState, shared by the full and the brief object
	stale uint64 // hub version of the state if it is not in fields yet; 0 if it is
}

// shared names a delta frame: the topics and the hub version that it starts from.
type shared struct {
	view string
	from uint64
}

// entry is one frame of the log: the events of one journal row.
type entry struct {
	n    uint64
	lane string
	at   time.Time
	body []byte // the events, encoded, comma separated
}

// Hub holds what browsers are shown. Its methods are safe for concurrent use.
type Hub struct {
	epoch string

	mu      sync.Mutex
	ver     uint64
	full    map[string]*object // by key
	brief   map[string]*object
	closed  map[string]string // lane: its last closed passage
	log     []entry
	logSize int
	logHead uint64 // n of the newest entry
	logTail uint64 // n of the newest entry that has left the ring
	clients map[*client]struct{}
	dirty   bool
	last    time.Time // of the last flush
	cache   map[shared][]byte
	cached  uint64 // hub version that cache is of
	timer   *time.Timer
	stats   HubStats
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
	return &Hub{epoch: epoch, full: map[string]*object{}, brief: map[string]*object{}, closed: map[string]string{},
		clients: map[*client]struct{}{}, logHead: head, logTail: head, cache: map[shared][]byte{}}
}

// Publish takes the outputs of one input, whose row in the journal is n (0: of no row). It
// never blocks on a browser and keeps nothing that outs points to.
func (h *Hub) Publish(lane string, n uint64, now time.Time, outs []fusion.Output) {
	var events []byte
	count := uint64(0)
	for i := range outs {
		if e := outs[i].Event; e != nil {
			if b, err := json.Marshal(e); err == nil {
				if len(events) > 0 {
					events = append(events, ',')
				}
				events = append(events, b...)
			}
			count++
		}
	}
	urgent := false
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Events += count
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
	if len(events) > 0 {
		h.append(entry{n: n, lane: lane, at: now, body: events})
	}
	h.wake(urgent, len(events) > 0)
}

func (h *Hub) lane(lane string, l *fusion.LaneState) {
	o := h.object(h.full, "lane/"+lane, lane, false)
	st, ok := o.state.(*fusion.LaneState)
	if !ok {
		st = new(fusion.LaneState)
		o.state = st
	}
	l.CopyTo(st)
	h.touch(o, l.Version)
}

func (h *Hub) passage(lane string, p *fusion.Passage) {
	key := "passage/" + p.ID
	full, brief := h.object(h.full, key, lane, false), h.object(h.brief, key, lane, true)
	st, ok := full.state.(*fusion.Passage)
	if !ok {
		st = new(fusion.Passage)
		full.state, brief.state = st, st
	}
	p.CopyTo(st)
	h.touch(full, p.Version)
	h.touch(brief, p.Version)
	if !p.Closed.IsZero() && h.closed[lane] != p.ID {
		if old := h.closed[lane]; old != "" {
			delete(h.full, "passage/"+old)
			delete(h.brief, "passage/"+old)
		}
		h.closed[lane] = p.ID
	}
}

func (h *Hub) object(m map[string]*object, key, lane string, brief bool) *object {
	o := m[key]
	if o == nil {
		o = &object{key: key, lane: lane, brief: brief}
		m[key] = o
	}
	return o
}

// touch notes that an object has a new state.
func (h *Hub) touch(o *object, own uint64) {
	h.ver++
	o.own, o.stale = own, h.ver
	h.dirty = true
}

// short is what the topic "lanes" shows of a passage.
func short(p *fusion.Passage) *fusion.Passage {
	b := *p
	b.History = nil
	if p.Radiation != nil {
		r := *p.Radiation
		r.Slices, r.Neutron = nil, nil
		b.Radiation = &r
	}
	if p.Size != nil {
		s := *p.Size
		s.Outline = nil
		b.Size = &s
	}
	return &b
}

// fresh encodes an object's state if that is not done yet, compares it with what browsers
// have and marks the fields that changed.
func (o *object) fresh() {
	if o.stale == 0 {
		return
	}
	ver, v := o.stale, o.state
	o.stale = 0
	if p, ok := v.(*fusion.Passage); ok && o.brief {
		v = short(p)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return // our own structs always encode; a broken one must not stop the stream
	}
	seen := 0
	members(b, func(name string, raw []byte) {
		i := slices.IndexFunc(o.fields, func(f field) bool { return f.name == name })
		seen++
		switch {
		case i < 0:
			o.fields = append(o.fields, field{name: name, raw: bytes.Clone(raw), ver: ver})
			o.ver = ver
		case o.fields[i].gone || !bytes.Equal(o.fields[i].raw, raw):
			o.fields[i].raw = append(o.fields[i].raw[:0:0], raw...)
			o.fields[i].ver, o.fields[i].gone = ver, false
			o.ver = ver
		}
	})
	if seen < len(o.fields) {
		o.removed(b, ver)
	}
}

// removed marks fields that the object no longer has.
func (o *object) removed(b []byte, ver uint64) {
	has := map[string]bool{}
	members(b, func(name string, _ []byte) { has[name] = true })
	for i := range o.fields {
		if f := &o.fields[i]; !has[f.name] && !f.gone {
			f.gone, f.raw, f.ver = true, nil, ver
			o.ver = ver
		}
	}
}

// members walks the top-level members of a JSON object that encoding/json has written.
func members(b []byte, f func(name string, raw []byte)) {
	i := 1
	for i < len(b) && b[i] == '"' {
		end := i + 1 + bytes.IndexByte(b[i+1:], '"') // our field names hold no escapes
		name := string(b[i+1 : end])
		i = end + 2
		start, depth, quoted := i, 0, false
		for ; i < len(b); i++ {
			c := b[i]
			if quoted {
				if c == '\\' {
					i++
				} else if c == '"' {
					quoted = false
				}
				continue
			}
			switch c {
			case '"':
				quoted = true
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if depth < 0 || (depth == 0 && c == ',') {
				break
			}
		}
		f(name, b[start:i])
		i++
	}
}

// append adds a frame to the ring. Events of no row stand at the newest row.
func (h *Hub) append(e entry) {
	if e.n == 0 {
		e.n = h.logHead
	}
	h.logHead = max(h.logHead, e.n)
	h.log = append(h.log, e)
	h.logSize += len(e.body)
	drop := 0
	for h.logSize > ringBytes {
		h.logSize -= len(h.log[drop].body)
		h.logTail = max(h.logTail, h.log[drop].n)
		drop++
	}
	if drop > 0 {
		h.log = append(h.log[:0:0], h.log[drop:]...)
	}
	for c := range h.clients {
		if c.slow {
			continue
		}
		c.backlog += len(e.body)
		c.pending = append(c.pending, e)
		if c.backlog > clientBytes {
			h.drop(c)
		}
	}
}

// drop gives a browser up that does not read: its memory is freed at once, and a write
// that is stuck in its socket fails soon. It comes back with its position.
func (h *Hub) drop(c *client) {
	c.slow, c.pending, c.backlog = true, nil, 0
	h.stats.Slow++
	if c.sock != nil {
		_ = c.sock.NetConn().SetWriteDeadline(time.Now().Add(patience)) // a closed socket is as good
	}
	c.end(closeSlow, "too slow")
}

// wake lets the writers run: with everything if it is urgent or the pace allows, with the
// log alone if there are events; state that changes beside it waits for the pace.
func (h *Hub) wake(urgent, events bool) {
	wait := pace - time.Since(h.last)
	if urgent || (h.dirty && wait <= 0) {
		h.flush()
		return
	}
	if events {
		h.kick(false)
	}
	if h.dirty && h.timer == nil {
		h.timer = time.AfterFunc(wait, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.timer = nil
			if h.dirty {
				h.flush()
			}
		})
	}
}

func (h *Hub) flush() {
	h.dirty, h.last = false, time.Now()
	h.kick(true)
}

// kick wakes all writers; state says that changed state is due and not the log alone.
func (h *Hub) kick(state bool) {
	for c := range h.clients {
		c.due = c.due || state
		select {
		case c.kick <- struct{}{}:
		default: // it is awake already
		}
	}
}

// Close ends all streams with 4000: browsers come back at once.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		c.end(closeRestart, "server is stopping")
	}
}

// Revoke ends the streams of a user whose session or roles have changed.
func (h *Hub) Revoke(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
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

// Version gives a passage's version as browsers have been shown it; ok is false if it is
// not shown.
func (h *Hub) Version(passage string) (v uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.full["passage/"+passage]
	if o == nil {
		return 0, false
	}
	return o.own, true
}

// Lanes lists the lanes that have published.
func (h *Hub) Lanes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ls []string
	for k := range h.full {
		if id, ok := strings.CutPrefix(k, "lane/"); ok {
			ls = append(ls, id)
		}
	}
	slices.Sort(ls)
	return ls
}
