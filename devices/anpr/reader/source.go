package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

const (
	// crashWindow is how long a crash counts, and manyCrashes from how many on the lane's
	// screen shows them.
	crashWindow = 10 * time.Minute
	manyCrashes = 3
)

// Source is the second reader of a lane. The lane hands it observations, its own goroutine
// has their pictures read and tells what was found. When more come than can be read, the
// oldest that waits is dropped: the newest is of the vehicle that stands there. What is
// dropped is counted and reported.
type Source struct {
	cfg  *Config
	env  devices.Env
	open line.Open
	kick chan struct{} // something waits, or was dropped

	mu      sync.Mutex // guards what follows
	waiting []task
	dropped int
	last    map[string]time.Time // newest picture of cameras that tell no vehicles apart

	// Of Run.
	book    book
	current *task // taken and not read yet
	crashes []time.Time
	faulty  string // the reason that was told
}

// Observes implements devices.Observer.
func (s *Source) Observes() []string { return s.cfg.Of }

// Observe implements devices.Observer.
func (s *Source) Observe(o obs.Observation) {
	t, ok := taskOf(&o, s.cfg.CropFirst)
	if !ok {
		return
	}
	s.mu.Lock()
	if s.due(&t) {
		if s.waiting = append(s.waiting, t); len(s.waiting) > s.cfg.Queue {
			s.waiting = append(s.waiting[:0], s.waiting[1:]...)
			s.dropped++
		}
	}
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// due reports whether a picture is to be read by the setting "every"; mu is held.
func (s *Source) due(t *task) bool {
	if s.cfg.Every == 0 || t.event != "" {
		return true
	}
	if last, ok := s.last[t.source]; ok && t.stamp.At.Sub(last).Abs() < s.cfg.Every {
		return false
	}
	if len(s.last) > 64 { // a lane has few cameras; bounded all the same
		clear(s.last)
	}
	s.last[t.source] = t.stamp.At
	return true
}

// next takes the oldest task; nil if none waits.
func (s *Source) next() (t *task, dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped, s.dropped = s.dropped, 0
	if len(s.waiting) == 0 {
		return nil, dropped
	}
	first := s.waiting[0]
	s.waiting = append(s.waiting[:0], s.waiting[1:]...)
	return &first, dropped
}

// Run implements devices.Source.
func (s *Source) Run(ctx context.Context, emit devices.Emit) (err error) {
	if s.env.Fetch == nil || s.env.Keep == nil {
		return devices.Permanent(errors.New("the second reader needs a store of pictures"))
	}
	child := NewChild(s.open, Limits{Dir: s.cfg.Models, Memory: s.cfg.Memory << 20, Start: s.cfg.Start, Read: s.cfg.Limit})
	defer func() { err = errors.Join(err, child.Close()) }()
	child.Crashed = func(err error) { s.crashed(err, emit) }
	if err := child.Start(ctx); err != nil {
		return err
	}
	s.env.Meter.Heard(time.Now(), 0)
	s.faulty = "" // each run tells its state anew
	s.troubled(time.Now(), emit)
	quiet := time.NewTimer(crashWindow)
	defer quiet.Stop()
	for {
		if s.current == nil {
			var dropped int
			if s.current, dropped = s.next(); dropped > 0 {
				s.report("%d pictures were dropped unread: more come than can be read", dropped)
			}
		}
		if s.current != nil {
			if err := s.read(ctx, child, s.current, emit); err != nil {
				return err
			}
			s.current = nil
			s.recovered(emit)
			continue
		}
		quiet.Reset(crashWindow / 10)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.kick:
		case <-quiet.C:
			s.recovered(emit)
		case <-child.Ended():
			if err := child.Start(ctx); err != nil {
				return err
			}
		}
	}
}

func (s *Source) report(format string, args ...any) {
	s.env.Report(&obs.DecodeError{Proto: Proto, Reason: fmt.Sprintf(format, args...)})
}

// read has the pictures of a task read until one shows a plate, and tells what was found.
// The error says that there is no child, or that ctx has ended: the task then stays.
func (s *Source) read(ctx context.Context, child *Child, t *task, emit devices.Emit) error {
	var empty *obs.Observation // what is told if no picture shows a plate
	for len(t.pictures) > 0 {
		pic := t.pictures[0]
		if s.book.has(t.key(pic)) {
			t.pictures = t.pictures[1:]
			continue
		}
		a, err := s.ask(ctx, child, t, pic)
		if _, ok := errors.AsType[*StartError](err); ok || ctx.Err() != nil {
			return err
		}
		s.book.done(t.key(pic))
		t.pictures = t.pictures[1:]
		if err == nil && a.Error != "" {
			err = errors.New(a.Error)
		}
		if err != nil {
			s.report("picture %s of %s: %v", pic.blob.SHA256[:min(12, len(pic.blob.SHA256))], t.source, err)
			continue
		}
		now := time.Now()
		s.env.Meter.Heard(now, int(pic.blob.Size))
		s.env.Meter.Frames(now, 1)
		o := &obs.Observation{Stamp: t.stamp, Body: s.book.enter(t, pic.blob.SHA256, &a)}
		if len(a.Plates) == 0 {
			empty = o
			continue
		}
		s.keepCrop(o, a.Plates[0].Crop)
		emit(*o, nil)
		return nil
	}
	if empty != nil {
		emit(*empty, nil)
	}
	return nil
}

// ask fetches one picture and has it read.
func (s *Source) ask(ctx context.Context, child *Child, t *task, pic shot) (Answer, error) {
	p, err := s.env.Fetch(pic.blob.SHA256)
	if err != nil {
		return Answer{}, err
	}
	j := &Job{Picture: p, Crop: pic.crop, Site: s.cfg.Site, Engine: s.cfg.Engine}
	if !pic.crop {
		j.Region = s.cfg.Region
		if r, ok := s.cfg.Regions[t.source]; ok {
			j.Region = r
		}
	}
	return child.Read(ctx, j)
}

// keepCrop keeps the straightened plate as evidence, in front of the picture it is from.
func (s *Source) keepCrop(o *obs.Observation, crop []byte) {
	if len(crop) == 0 {
		return
	}
	b, err := s.env.Keep("image/jpeg", crop)
	if err != nil {
		s.report("keep the picture of a plate: %v", err)
		return
	}
	b.Role = "plate"
	o.Blobs = []obs.Blob{b}
	p := o.Body.(*obs.Plate)
	p.Images = append([]string{b.SHA256}, p.Images...)
}

// crashed counts a crash, and says that the reader is in trouble when there are many.
func (s *Source) crashed(err error, emit devices.Emit) {
	now := time.Now()
	s.crashes = append(s.forget(now), now)
	s.crashes = s.crashes[max(0, len(s.crashes)-manyCrashes):]
	what := "while nothing was read"
	if t := s.current; t != nil && len(t.pictures) > 0 {
		sum := t.pictures[0].blob.SHA256
		what = "in picture " + sum[:min(12, len(sum))] + " of " + t.source
	}
	s.report("the second reader was started again: it ended %s: %v", what, err)
	s.troubled(now, emit)
}

// troubled says that the reader is in trouble if many crashes count.
func (s *Source) troubled(now time.Time, emit devices.Emit) {
	if len(s.forget(now)) >= manyCrashes { // without a number: a reason that changes is a new record each time
		s.tell(now, obs.Degraded, "second reader restarts again and again", emit)
	}
}

// forget drops the crashes that no longer count.
func (s *Source) forget(now time.Time) []time.Time {
	for len(s.crashes) > 0 && now.Sub(s.crashes[0]) > crashWindow {
		s.crashes = s.crashes[1:]
	}
	return s.crashes
}

// recovered says that the reader is well again once few crashes count.
func (s *Source) recovered(emit devices.Emit) {
	now := time.Now()
	if len(s.forget(now)) < manyCrashes && s.faulty != "" {
		s.tell(now, obs.Online, "", emit)
	}
}

func (s *Source) tell(now time.Time, state obs.HealthState, reason string, emit devices.Emit) {
	if s.faulty == reason {
		return
	}
	s.faulty = reason
	emit(obs.Observation{Stamp: obs.Stamp{At: obs.Unix(now)}, Body: &obs.Health{State: state, Reason: reason}}, nil)
}
