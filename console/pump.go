package console

import (
	"runtime"
	"time"
)

// turn is how many writers the pump wakes at a time: what is published meanwhile waits for
// so many writes and not for a thousand.
const turn = 32

// wake starts the pump if something is due that browsers wait for, or has it started when
// it will be.
func (h *Hub) wake() {
	if h.pumping || len(h.clients) == 0 {
		return
	}
	if h.news || h.due() {
		h.pumping = true
		go h.pump()
		return
	}
	if h.changed && h.timer == nil {
		h.timer = time.AfterFunc(pace-time.Since(h.last), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.timer = nil
			h.wake()
		})
	}
}

// due reports whether changed state is to be shown now.
func (h *Hub) due() bool { return h.changed && (h.urgent || time.Since(h.last) >= pace) }

// pump gives the browsers' writers what is due until nothing is. There is one pump at a
// time, it waits for no browser, and the log overtakes state that is on its way.
func (h *Hub) pump() {
	var log, state []*client // whose turn is yet to come
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.news:
			h.news = false
			log = h.everyone(log)
		case len(log) > 0:
			log = h.give(log, nil)
		case len(state) > 0:
			if h.newer {
				h.show() // a wave takes its time: who comes late in it gets what is new then
			}
			state = h.give(state, &h.screen)
		case h.due():
			h.changed, h.urgent, h.last = false, false, time.Now()
			state = h.everyone(state)
		default:
			h.pumping = false
			h.wake() // at the pace
			return
		}
	}
}

// everyone gives all browsers, always in the same order: each has its pace.
func (h *Hub) everyone(dst []*client) []*client { return append(dst[:0], h.clients...) }

// give wakes the writers of the first browsers of a wave, for the log or, if s is given,
// for what is new on the screen; it gives the rest of the wave. Publishers may go on
// meanwhile.
func (h *Hub) give(wave []*client, s *screen) (rest []*client) {
	n := min(turn, len(wave))
	awake := wave[:0:n]
	for _, c := range wave[:n] {
		switch {
		case c.slow:
		case h.behind(c) > clientBytes:
			h.drop(c)
		case s != nil && c.look(s), s == nil && c.follows && c.at < h.log.end():
			awake = append(awake, c)
		}
	}
	h.mu.Unlock()
	defer h.mu.Lock()
	for _, c := range awake {
		c.wake()
	}
	runtime.Gosched()
	return wave[n:]
}

// behind gives the bytes of log that a browser has waiting; what it missed before it came
// back does not count.
func (h *Hub) behind(c *client) uint64 {
	if !c.follows {
		return 0
	}
	return h.log.bytes - max(h.log.start(c.at), c.since)
}

// drop gives a browser up that does not read. It comes back with its position.
func (h *Hub) drop(c *client) {
	c.slow, c.update = true, update{}
	h.stats.Slow++
	c.hasten()
	c.end(closeSlow, "too slow")
}

// show makes the screen what has been published. What nobody looks at is not encoded, and
// publishers may go on while the rest is.
func (h *Hub) show() {
	h.newer = false
	var all, stale []*object
	for _, s := range h.subjects {
		newer := s.newer
		if newer {
			s.newest, s.held, s.newer = s.held, s.newest, false
		}
		for _, o := range s.objects {
			o.stale = o.stale || newer
			if o.stale && h.watched(o) {
				o.own, o.stale = s.own, false
				stale = append(stale, o)
			}
			all = append(all, o)
		}
	}
	h.screen.logHead, h.screen.logEnd = h.log.head, h.log.end()
	h.screen.ver++
	h.mu.Unlock()
	defer h.mu.Lock()
	h.screen.set(all, stale)
}

// watched reports whether a browser may be shown an object.
func (h *Hub) watched(o *object) bool {
	lanes, detail := h.shown["lanes"] > 0, h.shown[o.detail] > 0
	switch o.kind {
	case full:
		return detail
	case brief:
		return lanes
	default:
		return lanes || detail
	}
}
