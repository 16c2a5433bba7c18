package checkpoint

import (
	"context"
	"net"
	"testing"
	"time"

	"acsgd/sim"
)

// talker has nothing to wait for until it has been looked at once, as a portal.
type talker struct{ started chan struct{} }

func (*talker) Feed(time.Time, []byte, *sim.Out) {}

func (m *talker) Tick(time.Time, *sim.Out) {
	select {
	case <-m.started:
	default:
		close(m.started)
	}
}

func (m *talker) Deadline() (time.Time, bool) {
	select {
	case <-m.started:
		return time.Now().Add(time.Hour), true
	default:
		return time.Time{}, false
	}
}

// A host may connect before the machine's time has begun to pass; the machine begins all
// the same.
func TestAHostBeforeTheFirstTick(t *testing.T) {
	for range 50 {
		m := &talker{make(chan struct{})}
		w := newWire(m)
		w.poke()
		ctx, stop := context.WithCancel(t.Context())
		go w.time(ctx)
		select {
		case <-m.started:
		case <-time.After(5 * time.Second):
			t.Fatal("the machine never began")
		}
		stop()
	}
}

// asker sends a question whenever none is open, and hears whether it was taken.
type asker struct {
	open     bool
	answered chan struct{}
}

func (m *asker) Tick(_ time.Time, out *sim.Out) {
	if !m.open {
		m.open = true
		out.Send = append(out.Send, '?')
	}
}

func (m *asker) Feed(time.Time, []byte, *sim.Out) {
	select {
	case <-m.answered:
	default:
		close(m.answered)
	}
}

func (*asker) Deadline() (time.Time, bool) { return time.Now().Add(10 * time.Millisecond), true }
func (m *asker) Reset()                    { m.open = false }

// What was sent while nobody was connected is sent again on the connection: a camera that
// waited for an answer to it would never say anything.
func TestWhatWasSentIntoNothingIsSentAgain(t *testing.T) {
	m := &asker{answered: make(chan struct{})}
	w := newWire(m)
	go w.time(t.Context())
	time.Sleep(50 * time.Millisecond) // its first question is lost
	host, machine := net.Pipe()
	go w.attach(t.Context(), machine)
	go func() {
		b := make([]byte, 1)
		for {
			if _, err := host.Read(b); err != nil {
				return
			}
			if _, err := host.Write([]byte("!")); err != nil {
				return
			}
		}
	}()
	select {
	case <-m.answered:
	case <-time.After(5 * time.Second):
		t.Fatal("the question was never sent on the connection")
	}
	host.Close()
}
