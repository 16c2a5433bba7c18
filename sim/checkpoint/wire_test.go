package checkpoint

import (
	"context"
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
