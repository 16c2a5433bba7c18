package weigh

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Joint is where two platforms of one instrument meet: it holds a vehicle that one has
// weighed until the other has it too, or cannot have it any more, and emits both as one. It
// is safe for concurrent use by its two Sides.
type Joint struct {
	pairing Pairing
	env     devices.Env

	mu     sync.Mutex
	sides  [2]half
	health obs.Health // as told last
	until  time.Time  // the last crossing of the vehicle that was given last
}

// half is what is known of one platform.
type half struct {
	axles  []obs.Weighing // of the vehicle that is on it
	whole  []passed       // vehicles that wait for the other platform
	busy   bool           // a load is on it
	down   bool           // its link is away
	health obs.Health
}

// passed is a vehicle that has passed one platform.
type passed struct {
	list  []obs.Weighing // axles, then the vehicle
	trace []byte
	at    time.Time // when it was told
}

const (
	jointWait  = 3 * time.Second  // beyond the way from one platform to the other
	jointStop  = 30 * time.Second // for a vehicle without a speed
	jointMost  = 2 * time.Minute  // while the other platform is busy
	jointQueue = 16               // vehicles that wait at most
)

// NewJoint makes the meeting point of the two platforms of s.
func NewJoint(s Settings, env devices.Env) *Joint {
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	j := &Joint{env: env, health: obs.Health{State: obs.Online},
		pairing: Pairing{Distance: s.PlatformDistance, Length: s.PlatformLength, Division: s.Division, Span: s.SpanU}}
	for k := range j.sides {
		j.sides[k].health.State = obs.Online
	}
	return j
}

// Side gives one connection of platform k, 0 the first that vehicles meet.
func (j *Joint) Side(k int) *Side { return &Side{j: j, k: k} }

// Side is one connection to one platform.
type Side struct {
	j      *Joint
	k      int
	traces [][]byte // of the vehicles that the session is about to tell
	busy   func() bool
}

// Env gives a session of this side its surroundings: traces come here, not into the evidence.
func (s *Side) Env(env devices.Env) devices.Env {
	env.Raw = false
	env.Keep = func(mediaType string, p []byte) (obs.Blob, error) {
		s.traces = append(s.traces, bytes.Clone(p))
		return obs.Blob{MediaType: mediaType}, nil
	}
	return env
}

// Watch gives the Side a way to ask whether a load is on its platform.
func (s *Side) Watch(busy func() bool) { s.busy = busy }

// Take moves what a session of this side wants from in to out: weighings wait for the other
// platform, all else goes through. in is empty afterwards.
func (s *Side) Take(now time.Time, in, out *devices.Out) {
	j := s.j
	j.mu.Lock()
	defer j.mu.Unlock()
	h := &j.sides[s.k]
	if s.busy != nil {
		h.busy = s.busy()
	}
	if h.down && in.Frames > 0 {
		h.down, h.health = false, obs.Health{State: obs.Online}
		j.tell(now, out)
	}
	for i := range in.Obs {
		switch b := in.Obs[i].Body.(type) {
		case *obs.Weighing:
			if b.HasRaw { // a streamed frame, of this platform alone
				out.Obs = append(out.Obs, in.Obs[i])
				continue
			}
			s.weighing(now, b)
		case *obs.Health:
			h.health = *b
			j.tell(now, out)
		default:
			out.Obs = append(out.Obs, in.Obs[i])
		}
	}
	out.Send = append(out.Send, in.Send...)
	out.Errs = append(out.Errs, in.Errs...)
	out.Frames += in.Frames
	if in.Fail != nil {
		out.Fail = in.Fail
	}
	in.Reset()
	j.emit(now, out)
}

// weighing keeps a record of this side; the lock is held.
func (s *Side) weighing(now time.Time, w *obs.Weighing) {
	h := &s.j.sides[s.k]
	if w.Axle == 1 {
		h.axles = nil // what stood there was never ended: its link broke
	}
	h.axles = append(h.axles, *w)
	if w.Axle != 0 {
		return
	}
	p := passed{list: h.axles, at: now}
	h.axles = nil
	if len(s.traces) > 0 {
		p.trace, s.traces = s.traces[0], s.traces[1:]
	}
	h.whole = append(h.whole, p)
}

// Deadline reports when a vehicle has waited long enough for the other platform.
func (s *Side) Deadline() (at time.Time, ok bool) {
	j := s.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.sides {
		for i := range j.sides[k].whole {
			if t := j.patience(k, &j.sides[k].whole[i]); !ok || t.Before(at) {
				at, ok = t, true
			}
		}
	}
	return at, ok
}

// begin forgets that links were away.
func (j *Joint) begin() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.sides {
		j.sides[k].down = false
	}
}

// Down notes that the link of platform k is away, until a frame comes from there. It reports
// whether the other's is away too.
func (j *Joint) Down(now time.Time, k int, why error, out *devices.Out) (other bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	h := &j.sides[k]
	h.down, h.busy, h.axles = true, false, nil
	h.health = obs.Health{State: obs.Degraded, Reason: why.Error()}
	j.tell(now, out)
	j.emit(now, out)
	return j.sides[1-k].down
}

// tell emits the health of both platforms where it has changed: that of the worse.
func (j *Joint) tell(now time.Time, out *devices.Out) {
	rank := map[obs.HealthState]int{obs.Online: 0, obs.Degraded: 1, obs.Offline: 2}
	worst := obs.Health{State: obs.Online}
	for k, name := range [2]string{"first", "second"} {
		if h := j.sides[k].health; rank[h.State] > rank[worst.State] {
			worst = h
			worst.Reason = name + " platform: " + h.Reason
		}
	}
	if worst != j.health {
		j.health = worst
		out.Emit(now, nil, &worst)
	}
}

// patience is how long vehicle p of side k waits for the other platform.
func (j *Joint) patience(k int, p *passed) time.Time {
	other := &j.sides[1-k]
	if other.down && len(other.whole) == 0 {
		return p.at
	}
	wait := jointWait
	if k == 0 {
		wait = jointStop
		if v := slowest(p.list); v > 0 {
			wait = jointWait + time.Duration(2*float64(j.pairing.Distance)/float64(v)*1e9)
		}
	}
	if (other.busy || len(other.axles) > 0) && wait < jointMost {
		wait = jointMost
	}
	return p.at.Add(wait)
}

// slowest is the least speed of the axles; 0 if one has none.
func slowest(list []obs.Weighing) float64 {
	v := 0.0
	for i := range list {
		switch s := float64(list[i].Speed); {
		case list[i].Axle == 0:
		case s == 0:
			return 0
		case v == 0 || s < v:
			v = s
		}
	}
	return v
}

// emit hands out the vehicles that both platforms have, and those that have waited enough.
func (j *Joint) emit(now time.Time, out *devices.Out) {
	for {
		a, b := first(&j.sides[0]), first(&j.sides[1])
		switch {
		case a == nil && b == nil:
			return
		case a != nil && b != nil && j.same(a, b):
			j.drop(0)
			j.drop(1)
			j.give(now, a, b, out)
		case a != nil && b != nil && j.before(b, a):
			j.drop(1) // the first platform has missed it, for it has the next one already
			j.give(now, nil, b, out)
		case a != nil && b != nil:
			j.drop(0)
			j.give(now, a, nil, out)
		case a != nil && (!now.Before(j.patience(0, a)) || len(j.sides[0].whole) > jointQueue):
			j.drop(0)
			j.give(now, a, nil, out)
		case b != nil && (!now.Before(j.patience(1, b)) || len(j.sides[1].whole) > jointQueue):
			j.drop(1)
			j.give(now, nil, b, out)
		default:
			return
		}
	}
}

func first(h *half) *passed {
	if len(h.whole) == 0 {
		return nil
	}
	return &h.whole[0]
}

// drop takes the first vehicle off; a pointer to it stays good.
func (j *Joint) drop(k int) { j.sides[k].whole = j.sides[k].whole[1:] }

// same reports whether both platforms tell of one vehicle: an axle at least is on both. Of a
// vehicle that stopped, its times lie in one another.
func (j *Joint) same(a, b *passed) bool {
	pa, _ := split(a.list)
	pb, _ := split(b.list)
	pairs, _ := j.pairing.match(pa, pb)
	for _, m := range pairs {
		if m.a >= 0 && m.b >= 0 {
			return true
		}
	}
	return false
}

// before reports whether a vehicle of the second platform passed before one of the first.
func (j *Joint) before(b, a *passed) bool { return j.start(b, 1).Before(j.start(a, 0)) }

// start is when a vehicle came on to the first platform.
func (j *Joint) start(p *passed, side int) time.Time {
	w := &p.list[0]
	if side == 0 || w.Speed == 0 {
		return w.TOn
	}
	return w.TOn.Add(-time.Duration(float64(j.pairing.Distance) / float64(w.Speed) * 1e9))
}

// give emits one vehicle; one of a and b may be nil.
func (j *Joint) give(now time.Time, a, b *passed, out *devices.Out) {
	if a == nil || b == nil {
		p, side := a, 0
		if a == nil {
			p, side = b, 1
		}
		// What one platform says of a vehicle that was given already is its rest.
		if len(p.list) > 1 && !j.start(p, side).After(j.until) {
			out.Err("weigh", 0, fmt.Sprintf("%d axles of a vehicle that was told already, by one of two platforms", len(p.list)-1), nil)
			return
		}
	}
	var la, lb []obs.Weighing
	var ta, tb []byte
	if a != nil {
		la, ta = a.list, a.trace
	}
	if b != nil {
		lb, tb = b.list, b.trace
	}
	list := j.pairing.Join(la, lb)
	for i := range list {
		w := list[i]
		at := w.TOff
		if at.IsZero() {
			at = now
		}
		out.Emit(at, nil, &w)
	}
	if n := len(list); n > 1 {
		j.until = list[n-1].TOff
	}
	if j.env.Keep == nil {
		return
	}
	blob, err := j.env.Keep(PairTraceType, j.pairing.trace(ta, tb))
	if err != nil {
		j.env.Log.Warn("weighing trace not kept", "dev", j.env.Name, "err", err)
		return
	}
	blob.Role = "trace"
	o := &out.Obs[len(out.Obs)-1]
	o.Blobs = append(o.Blobs, blob)
}
