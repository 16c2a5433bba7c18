package anpr

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// sends is a source that hands out readings and notes what became of each.
type sends struct {
	list []obs.Observation
	got  []string
}

func (s *sends) Run(_ context.Context, emit devices.Emit) error {
	for i, o := range s.list {
		s.got = append(s.got, "")
		emit(o, func(err error) { s.got[i] += fmt.Sprint(err) })
	}
	return nil
}

func TestARepetitionIsHandedOnOnce(t *testing.T) {
	read := func(id, text string) obs.Observation {
		return obs.Observation{Body: &obs.Plate{EventID: id, Text: text}}
	}
	src := &sends{list: []obs.Observation{
		read("1", "A"), read("1", "A"), read("1", "B"), read("", "A"), read("", "A"), read("2", "A"), read("1", "A"), {Body: &obs.Health{}},
	}}
	var seen []string
	var pending []func(error)
	err := Once(src).Run(t.Context(), func(o obs.Observation, done func(error)) {
		p, ok := o.Body.(*obs.Plate)
		if !ok {
			seen = append(seen, "health")
			return
		}
		seen = append(seen, p.EventID+p.Text)
		pending = append(pending, done)
	})
	if want := "[1A 1B A A 2A health]"; err != nil || fmt.Sprint(seen) != want {
		t.Errorf("handed on %v, want %s (%v)", seen, want, err)
	}
	for i, g := range src.got {
		if g != "" {
			t.Errorf("reading %d was answered %q before it was durable", i, g)
		}
	}
	for _, done := range pending {
		done(nil)
	}
	for i, g := range src.got[:7] {
		if g != "<nil>" {
			t.Errorf("reading %d was answered %q, want nil once", i, g)
		}
	}
}

func TestARefusedReadingMayComeAgain(t *testing.T) {
	o := obs.Observation{Body: &obs.Plate{EventID: "1", Text: "A"}}
	src := &sends{list: []obs.Observation{o}}
	once := Once(src)
	for i, want := range []error{errors.New("disk full"), nil, nil} {
		src.got, src.list = nil, []obs.Observation{o}
		seen := 0
		if err := once.Run(t.Context(), func(_ obs.Observation, done func(error)) { seen++; done(want) }); err != nil {
			t.Fatal(err)
		}
		if src.got[0] != fmt.Sprint(want) || seen != min(1, 2-i) {
			t.Errorf("time %d: handed on %d times, answered %q, want %v", i, seen, src.got, want)
		}
	}
}

func TestOldReadingsAreForgotten(t *testing.T) {
	src := &sends{}
	for i := range remembered + 1 {
		src.list = append(src.list, obs.Observation{Body: &obs.Plate{EventID: fmt.Sprint(i)}})
	}
	src.list = append(src.list, src.list[0])
	s, seen := Once(src), 0
	if err := s.Run(t.Context(), func(_ obs.Observation, done func(error)) { seen++; done(nil) }); err != nil {
		t.Fatal(err)
	}
	if n := len(s.(*once).of); seen != remembered+2 || n != remembered {
		t.Errorf("%d handed on, %d known, want %d and %d", seen, n, remembered+2, remembered)
	}
}
