package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/auth"
)

// Four lanes publish side by side, each publication a new version with an event of the same
// number. Browsers that come at different times and change what they look at must get every
// event from their snapshot on, each before the state that it belongs to, frames without a
// gap, and in the end the newest state.
func TestNoStateIsAheadOfItsEventsAndNothingIsMissing(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	const lanes, versions = 4, 300
	var wg sync.WaitGroup
	for i := range 6 {
		c, err := r.dial(r.srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		wg.Go(func() {
			if err := follow(c, i, lanes, versions); err != nil {
				t.Errorf("browser %d: %v", i, err)
			}
		})
	}
	for l := range lanes {
		lane := strconv.Itoa(l + 1)
		wg.Go(func() {
			for v := uint64(1); v <= versions; v++ {
				s := fusion.Output{Kind: fusion.Status, Lane: &fusion.LaneState{Lane: lane, Version: v, Barrier: fmt.Sprint(v), Devices: []fusion.DeviceState{}}}
				e := fusion.Output{Kind: fusion.Alarm, Event: &fusion.Event{Kind: "test", Lane: lane, Text: fmt.Sprint(v)}}
				r.hub.Publish(lane, 100+(v-1)*lanes+uint64(l)+1, time.Now(), []fusion.Output{s, e})
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
}

// follow plays a browser until it has the last version of every lane.
func follow(c *websocket.Conn, i, lanes, versions int) error {
	say := func(s string) error { return c.WriteMessage(websocket.TextMessage, []byte(s)) }
	time.Sleep(time.Duration(i) * 20 * time.Millisecond)
	if err := say(`{"t":"hello","topics":["lanes"]}`); err != nil {
		return err
	}
	seq, frames := uint64(0), 0
	events, state := map[string]int{}, map[string]int{} // newest by lane
	show := func(key string, barrier json.RawMessage) error {
		id, _ := strings.CutPrefix(key, "lane/")
		v, err := strconv.Atoi(strings.Trim(string(barrier), `"`))
		if err != nil {
			return fmt.Errorf("%s shows %s", key, barrier)
		}
		if e, ok := events[id]; ok && v > e {
			return fmt.Errorf("lane %s shows %d after event %d", id, v, e)
		}
		if v < state[id] {
			return fmt.Errorf("lane %s goes back from %d to %d", id, state[id], v)
		}
		state[id] = v
		return nil
	}
	for done := 0; done < lanes; {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		_, p, err := c.ReadMessage()
		if err != nil {
			return fmt.Errorf("at %v: %w", state, err)
		}
		var f frame
		if err := json.Unmarshal(p, &f); err != nil {
			return err
		}
		if seq++; f.S != seq {
			return fmt.Errorf("frame %d follows %d", f.S, seq-1)
		}
		for _, e := range f.A {
			v, err := strconv.Atoi(e.Text)
			if err != nil {
				return err
			}
			if last, ok := events[e.Lane]; ok && v != last+1 {
				return fmt.Errorf("lane %s: event %d follows %d", e.Lane, v, last)
			}
			events[e.Lane] = v
		}
		for key, raw := range f.V {
			var o map[string]json.RawMessage
			if err := json.Unmarshal(raw, &o); err != nil {
				return err
			}
			if err := show(key, o["barrier"]); err != nil {
				return err
			}
		}
		for _, d := range f.D {
			if err := show(d.K, d.P["barrier"]); err != nil {
				return err
			}
		}
		if frames++; frames%20 == 0 { // look at a lane, and away again
			verb := [2]string{"sub", "unsub"}[frames/20%2]
			if err := say(fmt.Sprintf(`{"t":%q,"topics":["lane/%d"]}`, verb, i%lanes+1)); err != nil {
				return err
			}
		}
		done = 0
		for _, v := range state {
			if v == versions {
				done++
			}
		}
	}
	for id, v := range events {
		if v != versions {
			return fmt.Errorf("lane %s: event %d is the last, state is %d", id, v, versions)
		}
	}
	return nil
}

// What nobody looked at is not encoded; who comes to look must see it as it is now.
func TestASnapshotIsAsNewAsWhatWasPublished(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	c, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for v := range uint64(5) {
		r.publish(101+2*v, status(v, fmt.Sprint("b", v)), fusion.Output{Kind: fusion.Updated, Passage: &fusion.Passage{ID: "X-1-1", Lane: "1", Version: v, Verdict: rules.Verdict(fmt.Sprint("v", v))}}, event("e"))
		topic := [2]string{"lanes", "lane/1"}[v%2]
		if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"hello","topics":[%q]}`, topic)); err != nil {
			t.Fatal(err)
		}
		s := until(t, c, "snap")
		if want := fmt.Sprintf(`"verdict":"v%d"`, v); !strings.Contains(string(s.V["passage/X-1-1"]), want) {
			t.Errorf("%s: passage %s, want %s", topic, s.V["passage/X-1-1"], want)
		}
		if want := fmt.Sprintf(`"barrier":"b%d"`, v); !strings.Contains(string(s.V["lane/1"]), want) {
			t.Errorf("%s: lane %s, want %s", topic, s.V["lane/1"], want)
		}
		if s.LogSeq != 101+2*v {
			t.Errorf("%s: log_seq %d, want %d", topic, s.LogSeq, 101+2*v)
		}
	}
}

// The ring forgets in parts; a position that has left it is known as such.
func TestTheRingForgetsTheOldest(t *testing.T) {
	h := NewHub("0123456789abcdef", 100)
	c := newClient(h, auth.User{}, nil)
	c.follows = true
	text := strings.Repeat("x", 1<<20)
	for n := uint64(101); n < 121; n++ {
		h.Publish("1", n, time.Time{}, []fusion.Output{event(text)})
	}
	if size := h.log.bytes - h.log.start(0); size > ringBytes || size < ringBytes/2 {
		t.Errorf("the ring keeps %d bytes", size)
	}
	if h.log.tail+uint64(len(h.log.entries)) != 120 || h.log.since(h.log.tail) != h.log.first {
		t.Errorf("tail %d, %d entries", h.log.tail, len(h.log.entries))
	}
	if m := c.take(); len(m.log) != 0 || !c.slow {
		t.Errorf("a browser before the ring's start is sent %d entries", len(m.log))
	}
}

func TestCloseEndsEveryStreamAlsoOfWhoDoesNotRead(t *testing.T) {
	r := newRig(t)
	r.login("aigerim")
	for range 3 {
		c, err := r.dial(r.srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.WriteMessage(websocket.TextMessage, []byte(`{"t":"hello","topics":["lanes"]}`)); err != nil {
			t.Fatal(err)
		}
		until(t, c, "snap")
	}
	for n := range uint64(40) { // more than the sockets take, less than what closes a stream
		r.publish(101+n, event(strings.Repeat("x", 6000)))
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	r.hub.Close()
	if d, n := time.Since(start), r.hub.Stats().Subscribers; d > 2*time.Second || n != 0 {
		t.Errorf("%d streams are left after %v", n, d)
	}
	c, err := r.dial(r.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, closeRestart) {
		t.Errorf("a stream after the end: %v", err)
	}
}
