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

// told is one frame that a reading was made of.
type told struct {
	frame   string // its own name
	vehicle string // the name of the vehicle's first frame
	camera  string
	text    string
	best    quant.Prob
	at      time.Time
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
	vehicle = id
	for i := 1; i <= frames; i++ {
		t := &b.told[(b.next+frames-i)%frames]
		switch {
		case id != "" && t.frame == id:
			return t.vehicle, true
		case t.vehicle == "" || t.camera != camera || t.text != p.Text || p.Text == "" || at.Sub(t.at).Abs() > apart:
			continue
		}
		if p.Confidence <= t.best {
			return t.vehicle, false
		}
		vehicle = t.vehicle
		break
	}
	if id != "" {
		b.told[b.next] = told{id, vehicle, camera, p.Text, p.Confidence, at}
		b.next = (b.next + 1) % frames
	}
	return vehicle, true
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
