package wim

import (
	"time"

	"acsgd/internal/quant"
)

// window is the last second of readings with their extremes. Each queue holds only what may
// still become an extreme, so that a reading is looked at twice however many there are.
type window struct {
	times   queue // of all readings; masses unused
	highest queue // falling
	lowest  queue // rising
}

// add takes a reading and tells whether the window is a second long, and how far apart its
// extremes are.
func (w *window) add(t time.Time, m quant.Mass) (full bool, spread quant.Mass) {
	at := t.UnixNano()
	w.times.push(reading{at, 0})
	for w.highest.some() && w.highest.back().m <= m {
		w.highest.drop()
	}
	w.highest.push(reading{at, m})
	for w.lowest.some() && w.lowest.back().m >= m {
		w.lowest.drop()
	}
	w.lowest.push(reading{at, m})
	// The newest reading that is a second old stays: the window reaches so far.
	for len(w.times.r) > w.times.from+1 && at-w.times.r[w.times.from+1].at >= int64(time.Second) {
		w.times.from++
	}
	from := w.times.front().at
	for w.highest.front().at < from {
		w.highest.from++
	}
	for w.lowest.front().at < from {
		w.lowest.from++
	}
	return at-from >= int64(time.Second), w.highest.front().m - w.lowest.front().m
}

type reading struct {
	at int64 // ns
	m  quant.Mass
}

// queue is readings in order of time; those before from are gone.
type queue struct {
	r    []reading
	from int
}

func (q *queue) some() bool     { return len(q.r) > q.from }
func (q *queue) front() reading { return q.r[q.from] }
func (q *queue) back() reading  { return q.r[len(q.r)-1] }
func (q *queue) drop()          { q.r = q.r[:len(q.r)-1] }

func (q *queue) push(x reading) {
	if len(q.r) == cap(q.r) && q.from > len(q.r)/2 {
		q.r, q.from = q.r[:copy(q.r, q.r[q.from:])], 0
	}
	q.r = append(q.r, x)
}
