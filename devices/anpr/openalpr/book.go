package openalpr

import (
	"sync"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// book remembers the frames of one source, whichever connection they came on, so that the
// many frames of one vehicle, and the group that sums them up, are one vehicle. It is safe
// for concurrent use.
type book struct {
	mu   sync.Mutex
	told [frames]told // a ring, the oldest at next
	next int
}

// told is one frame.
type told struct {
	frame   string // its own name
	vehicle string // the name of the vehicle's first frame
	camera  string
	text    string
	best    quant.Prob // of the vehicle's frames so far
	at      time.Time
	news    bool // a reading was made of it
}

const (
	// frames is how many are remembered: minutes of a busy agent.
	frames = 512
	// apart is how long after a frame the same text is another vehicle.
	apart = 5 * time.Second
)

// frame gives the identity of the vehicle on a frame, and whether the frame says what was
// not said before: another text, or the same with a better confidence. A frame that comes
// again is news, so that one that was refused can be taken.
func (b *book) frame(id, camera string, p *obs.Plate, at time.Time) (vehicle string, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.told {
		if t := &b.told[i]; id != "" && t.frame == id {
			return t.vehicle, t.news
		}
	}
	n := told{id, id, camera, p.Text, p.Confidence, at, true}
	for i := 1; i <= frames; i++ { // the newest first
		t := &b.told[(b.next+frames-i)%frames]
		if t.vehicle != "" && t.camera == camera && t.text == p.Text && p.Text != "" && at.Sub(t.at).Abs() <= apart {
			n.vehicle, n.news, n.best = t.vehicle, p.Confidence > t.best, max(p.Confidence, t.best)
			break
		}
	}
	if id != "" {
		b.told[b.next] = n
		b.next = (b.next + 1) % frames
	}
	return n.vehicle, n.news
}

// group gives the identity of a group: that of a vehicle on one of its frames, else the
// best frame's own.
func (b *book) group(g *group) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, u := range g.UUIDs {
		index := 0
		if i < len(g.Indexes) {
			index = g.Indexes[i]
		}
		id := name(u, index)
		for k := range b.told {
			if id != "" && b.told[k].frame == id {
				return b.told[k].vehicle
			}
		}
	}
	if g.BestUUID == "" && len(g.UUIDs) > 0 {
		return g.UUIDs[0]
	}
	return g.BestUUID
}
