package fusion

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lane is a core that knows its lane and nothing else.
func lane(seq uint64) *Core {
	c := new(Core)
	c.Step(nil, Input{Seq: seq, Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Body: Tuned{Kind: TuneParams, Version: "p", Value: &Params{Site: "T", Lane: "1"}}})
	return c
}

func TestTheIDOfAnAlarmNamesTheInputThatRaisedIt(t *testing.T) {
	c := lane(41)
	c.Step(nil, Input{Seq: 42, Now: c.s.Now, Body: Tuned{Kind: TuneRules, Version: "broken"}})
	c.announced(nil, "fault", 2, "another one of the same input")
	if a := c.s.Lane.Alarms; len(a) != 2 || a[0].ID != "T-1-42" || a[1].ID != "T-1-42.2" {
		t.Errorf("alarms %+v", a)
	}
}

// The list is bounded. What can be spared best goes first: acknowledged before shelved, these
// before what nobody has seen; of equal ones the lower priority, then the older. A high
// alarm never goes for a low one, and each that goes is told.
func TestWhatCanBeSparedLeavesAFullList(t *testing.T) {
	c := lane(1)
	for i := range maxAlarms {
		c.raise(Standing{Kind: alarmDevice, Device: strconv.Itoa(i), Priority: 1 + i%3, Text: "alarm " + strconv.Itoa(i), Active: true}, alarmDevice)
	}
	c.s.Lane.Alarms[10].State = Acknowledged
	c.s.Lane.Alarms[20].State = Shelved
	for i, want := range []string{"alarm 10", "alarm 20", "alarm 2", "alarm 5"} {
		c.out = nil
		c.announced(nil, "fault", 1, "new "+strconv.Itoa(i))
		if len(c.s.Lane.Alarms) != maxAlarms || len(c.out) != 1 || !strings.HasSuffix(c.out[0].Event.Text, ": "+want) {
			t.Fatalf("%d alarms after new %d, told %+v, want that %s has gone", len(c.s.Lane.Alarms), i, c.out[0].Event, want)
		}
	}
	for i := range c.s.Lane.Alarms {
		c.s.Lane.Alarms[i].Priority, c.s.Lane.Alarms[i].State = 1, Unacknowledged
	}
	c.out = nil
	if id := c.announced(nil, "fault", 3, "a small one"); id != "" || len(c.out) != 1 || !strings.HasSuffix(c.out[0].Event.Text, ": a small one") {
		t.Errorf("a small alarm stands as %q in a list of high ones", id)
	}
}

func TestAlarmsComeBackFromASnapshotAsTheyWere(t *testing.T) {
	c := lane(1)
	c.announced(nil, "fault", 2, "one")
	c.raise(Standing{Kind: alarmDevice, Device: "wim", Priority: 2, Text: "wim offline", Active: true}, alarmDevice)
	o := Order{ID: "o1", Action: Shelve, Alarm: c.s.Lane.Alarms[1].ID, Minutes: 15, Reason: "repair", User: "aigerim", Role: "officer"}
	c.Step(nil, Input{Seq: 2, Now: c.s.Now.Add(time.Second), Body: Ordered{o}})
	snap, err := c.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var d Core
	if err := d.UnmarshalBinary(snap); err != nil {
		t.Fatal(err)
	}
	at, ok := d.Deadline()
	if want := c.s.Now.Add(15 * time.Minute); !ok || !at.Equal(want) {
		t.Errorf("a restored core wakes at %v, want %v", at, want)
	}
	for i, core := range []*Core{c, &d} {
		core.Step(nil, Input{Seq: 3, Now: at, Body: Tick{}})
		if got := core.s.Lane.Alarms[1]; got.State != Unacknowledged || got.By != "" || !got.Until.IsZero() {
			t.Errorf("core %d after the time on the shelf: %+v", i, got)
		}
	}
	a, _ := json.Marshal(c.s.Lane)
	b, _ := json.Marshal(d.s.Lane)
	if string(a) != string(b) {
		t.Errorf("went on as\n%s\nrestored as\n%s", a, b)
	}
}
