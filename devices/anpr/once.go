package anpr

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Once gives a source that hands a reading on once, however often and on however many
// connections it comes: cameras repeat what they think was not taken, and a recorded
// message can be played again. A reading is the same if the camera's identity of the
// vehicle, its text, time and pictures are; without an identity every reading is new, and
// a later reading of one vehicle that says something else corrects the earlier one.
//
// A repetition is durable when the first is: it is answered at once if that is so, with
// the first where that is under way, and handed on if the first was refused.
func Once(s devices.Source) devices.Source { return &once{Source: s, of: map[mark]*told{}} }

// remembered is how many readings are known: hours of one camera.
const remembered = 1024

type mark [sha256.Size]byte

// told is one reading.
type told struct {
	key     mark
	durable bool
	waiting []func(error) // repetitions that came meanwhile
}

type once struct {
	devices.Source
	mu    sync.Mutex
	of    map[mark]*told
	order [remembered]*told // a ring, the oldest at next
	next  int
}

// Run implements devices.Source.
func (s *once) Run(ctx context.Context, emit devices.Emit) error {
	return s.Source.Run(ctx, func(o obs.Observation, done func(error)) {
		p, ok := o.Body.(*obs.Plate)
		if !ok || p.EventID == "" {
			emit(o, done)
			return
		}
		t := s.known(markOf(&o, p), done)
		if t == nil {
			return
		}
		emit(o, func(err error) {
			for _, d := range s.settle(t, err) {
				d(err)
			}
			if done != nil {
				done(err)
			}
		})
	})
}

// known gives the entry of a reading that is new, or answers for one that is known and
// gives nil.
func (s *once) known(key mark, done func(error)) *told {
	s.mu.Lock()
	t := s.of[key]
	if t == nil {
		t = &told{key: key}
		if old := s.order[s.next]; old != nil {
			s.forget(old)
		}
		s.of[key], s.order[s.next] = t, t
		s.next = (s.next + 1) % remembered
		s.mu.Unlock()
		return t
	}
	var err error
	switch {
	case t.durable:
	case done != nil && len(t.waiting) < mostWaiting:
		t.waiting = append(t.waiting, done)
		done = nil
	default:
		err = errBusy
	}
	s.mu.Unlock()
	if done != nil {
		done(err)
	}
	return nil
}

// mostWaiting bounds how many repetitions wait for one reading.
const mostWaiting = 64

var errBusy = errors.New("too many repetitions of a reading that is not durable yet")

// settle notes what has become of a reading and gives those that wait for it.
func (s *once) settle(t *told, err error) []func(error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := t.waiting
	t.waiting, t.durable = nil, err == nil
	if err != nil {
		s.forget(t) // the repetition is welcome
	}
	return waiting
}

func (s *once) forget(t *told) {
	if s.of[t.key] == t {
		delete(s.of, t.key)
	}
}

func markOf(o *obs.Observation, p *obs.Plate) mark {
	h := sha256.New()
	put := func(text string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		h.Write([]byte(text))
	}
	put(p.EventID)
	put(p.Text)
	put(p.Container)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(p.Confidence)))
	if o.Stamp.Origin == obs.Device {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(o.Stamp.At.UnixNano())))
	}
	for _, i := range p.Images {
		put(i)
	}
	return mark(h.Sum(nil))
}
