package scenario

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"acsgd/sim"
)

// window is one fault in force.
type window struct {
	FaultPlan
	from, to time.Time // to zero: until told otherwise
	vehicle  string    // id of the vehicle it belongs to
	begun    bool      // a link has been cut
}

func (w *window) in(now time.Time) bool {
	return !now.Before(w.from) && (w.to.IsZero() || now.Before(w.to))
}

// Faulty is an instrument that can be made to fail. It implements sim.Machine; faults may
// be begun and ended from another goroutine.
type Faulty struct {
	m   sim.Machine
	rng *rand.Rand

	mu      sync.Mutex // guards what follows
	windows []window
	out     sim.Out
	late    []parcel
}

type parcel struct {
	due time.Time
	p   []byte
}

var _ sim.Machine = (*Faulty)(nil)

// NewFaulty makes an instrument that can fail; without faults it is m.
func NewFaulty(m sim.Machine, seed uint64) *Faulty {
	return &Faulty{m: m, rng: rand.New(rand.NewPCG(seed, 0x6661756c))}
}

// begin puts a fault in force.
func (f *Faulty) begin(w window) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.windows = append(f.windows, w)
}

// end ends the open faults of a vehicle that has gone.
func (f *Faulty) end(vehicle string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.windows = ended(f.windows, vehicle, now)
}

func ended(ws []window, vehicle string, now time.Time) []window {
	for i := range ws {
		if ws[i].vehicle == vehicle && ws[i].to.IsZero() {
			ws[i].to = now
		}
	}
	return slices.DeleteFunc(ws, func(w window) bool { return !w.to.IsZero() && now.Sub(w.to) > time.Second })
}

// active gives the fault of a kind that is in force at now.
func (f *Faulty) active(now time.Time, k FaultKind) *window {
	for i := range f.windows {
		if w := &f.windows[i]; w.Kind == k && w.in(now) {
			return w
		}
	}
	return nil
}

// failing reports whether a fault is planned or in force.
func (f *Faulty) failing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.windows) > 0 || len(f.late) > 0
}

// Cut reports whether the link cannot be opened at now.
func (f *Faulty) Cut(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cut(now)
}

func (f *Faulty) cut(now time.Time) bool { return f.active(now, Disconnect) != nil }

// Hangup tells the instrument that its link is gone.
func (f *Faulty) Hangup() {
	switch m := f.m.(type) {
	case interface{ Hangup() }:
		m.Hangup()
	case interface{ Reset() }:
		m.Reset()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.late = f.late[:0]
}

// Feed implements sim.Machine.
func (f *Faulty) Feed(now time.Time, p []byte, out *sim.Out) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut(now) || f.active(now, Silence) != nil {
		f.pass(now, out)
		return
	}
	f.m.Feed(now, p, &f.out)
	f.pass(now, out)
}

// Tick implements sim.Machine.
func (f *Faulty) Tick(now time.Time, out *sim.Out) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.m.Deadline(); !ok || !at.After(now) {
		f.m.Tick(now, &f.out)
	}
	f.pass(now, out)
}

// Deadline implements sim.Machine.
func (f *Faulty) Deadline() (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.m.Deadline()
	if len(f.late) > 0 && (!ok || f.late[0].due.Before(at)) {
		return f.late[0].due, true
	}
	for i := range f.windows { // a link is cut on time, also where nothing is said
		if w := &f.windows[i]; w.Kind == Disconnect && !w.begun && (!ok || w.from.Before(at)) {
			at, ok = w.from, true
		}
	}
	return at, ok
}

// pass hands on what the instrument says, with what goes wrong on the way.
func (f *Faulty) pass(now time.Time, out *sim.Out) {
	if len(f.windows) == 0 && len(f.late) == 0 {
		out.Send = append(out.Send, f.out.Send...)
		out.Close = out.Close || f.out.Close
		f.out.Send, f.out.Close = f.out.Send[:0], false
		return
	}
	send, closed := f.out.Send, f.out.Close
	f.out.Send, f.out.Close = f.out.Send[:0], false
	for i := range f.windows { // also a cut that was over before anybody looked
		f.windows[i].begun = f.windows[i].begun || !now.Before(f.windows[i].from)
	}
	if f.cut(now) {
		out.Close = true
		f.late = f.late[:0]
		return
	}
	if f.active(now, Silence) != nil {
		send = nil
	}
	if w := f.active(now, Lost); w != nil && f.rng.Float64() < w.share(0.3) {
		send = nil
	}
	if w := f.active(now, Garbage); w != nil && len(send) > 0 {
		f.damage(send, w.share(0.01))
	}
	twice := false
	if w := f.active(now, Duplicate); w != nil {
		twice = len(send) > 0 && f.rng.Float64() < w.share(1)
	}
	if w := f.active(now, Delay); len(send) > 0 && (w != nil || len(f.late) > 0) {
		due := now // a line keeps its order, also when the delay is over
		if w != nil {
			due = now.Add(w.Delay)
		}
		if n := len(f.late); n > 0 && f.late[n-1].due.After(due) {
			due = f.late[n-1].due
		}
		f.late = append(f.late, parcel{due, slices.Clone(send)})
		send = nil
	}
	for len(f.late) > 0 && !f.late[0].due.After(now) {
		out.Send = append(out.Send, f.late[0].p...)
		f.late = f.late[1:]
	}
	out.Send = append(out.Send, send...)
	if twice {
		out.Send = append(out.Send, send...)
	}
	out.Close = out.Close || closed
}

func (w *window) share(usual float64) float64 {
	if w.Share > 0 {
		return w.Share
	}
	return usual
}

// damage changes a share of the bytes.
func (f *Faulty) damage(p []byte, share float64) {
	for i := range p {
		if f.rng.Float64() < share {
			p[i] ^= byte(1 + f.rng.IntN(255))
		}
	}
}

// mistaken is the scene as a camera sees it that reads another plate.
type mistaken struct {
	scene sim.Scene
	role  string // front, rear

	mu     sync.Mutex
	copies map[string]*sim.Vehicle
}

// At implements sim.Scene.
func (m *mistaken) At(dst []sim.Placed, t time.Time) []sim.Placed {
	from := len(dst)
	dst = m.scene.At(dst, t)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range dst[from:] {
		if v := m.copies[dst[from+i].ID]; v != nil {
			dst[from+i].Vehicle = v
		}
	}
	return dst
}

// begin lets the camera mistake one vehicle's plate.
func (m *mistaken) begin(a *Arrival, plate string) {
	v := *a.Vehicle
	if m.role == "rear" && v.Trailer.Text != "" {
		v.Trailer.Text = plate
	} else {
		v.Front.Text = plate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.copies[v.ID] = &v
}

// end forgets a vehicle that has gone.
func (m *mistaken) end(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.copies, id)
}
