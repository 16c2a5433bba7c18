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

// WaitingAlarm is an alarm that nobody has acknowledged.
type WaitingAlarm struct {
	ID, Lane string
	Version  uint64
}

// waiting watches the outputs for what waits for an officer.
type waiting struct {
	mu     sync.Mutex
	m      map[string]WaitingPassage
	alarms map[string][]WaitingAlarm // by lane
}

func newWaiting() *waiting {
	return &waiting{m: map[string]WaitingPassage{}, alarms: map[string][]WaitingAlarm{}}
}

// Publish implements lanes.Publisher.
func (w *waiting) Publish(lane string, _ uint64, _ time.Time, outs []fusion.Output) {
	for i := range outs {
		if l := outs[i].Lane; l != nil {
			w.mu.Lock()
			list := w.alarms[lane][:0]
			for k := range l.Alarms {
				if a := &l.Alarms[k]; a.State == fusion.Unacknowledged || a.State == fusion.Returned {
					list = append(list, WaitingAlarm{a.ID, lane, a.Version})
				}
			}
			w.alarms[lane] = list
			w.mu.Unlock()
		}
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

// WaitingAlarms lists the alarms that nobody has acknowledged.
func (s *Site) WaitingAlarms() (list []WaitingAlarm) {
	s.wait.mu.Lock()
	defer s.wait.mu.Unlock()
	for _, a := range s.wait.alarms {
		list = append(list, a...)
	}
	slices.SortFunc(list, func(a, b WaitingAlarm) int { return strings.Compare(a.ID, b.ID) })
	return list
}
