package site

import (
	"slices"
	"strings"
	"sync"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
)

// WaitingPassage is a passage that waits for an officer.
type WaitingPassage struct {
	ID, Lane string
	Verdict  rules.Verdict // as it stands
}

// waiting watches the outputs for passages that wait for an officer.
type waiting struct {
	mu sync.Mutex
	m  map[string]WaitingPassage
}

// Publish implements lanes.Publisher.
func (w *waiting) Publish(lane string, _ uint64, _ time.Time, outs []fusion.Output) {
	for i := range outs {
		if p := outs[i].Passage; p != nil {
			w.mu.Lock()
			if p.Phase == fusion.Awaiting && p.Closed.IsZero() {
				w.m[p.ID] = WaitingPassage{p.ID, lane, p.Verdict}
			} else {
				delete(w.m, p.ID)
			}
			w.mu.Unlock()
		}
	}
}

// Waiting lists the passages that wait for an officer.
func (s *Site) Waiting() []WaitingPassage {
	s.wait.mu.Lock()
	defer s.wait.mu.Unlock()
	list := make([]WaitingPassage, 0, len(s.wait.m))
	for _, p := range s.wait.m {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b WaitingPassage) int { return strings.Compare(a.ID, b.ID) })
	return list
}
