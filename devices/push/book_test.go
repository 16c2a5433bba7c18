package push

import (
	"errors"
	"fmt"
	"testing"

	"acsgd/internal/obs"
)

func plates(n int) []obs.Observation {
	var list []obs.Observation
	for range n {
		list = append(list, obs.Observation{Body: &obs.Plate{}})
	}
	return list
}

func TestBook(t *testing.T) {
	b := NewBook(3)
	look := func(when, id, body string, want Standing) {
		t.Helper()
		if got := b.Look(id, []byte(body)); got != want {
			t.Errorf("%s: standing %d, want %d", when, got, want)
		}
	}
	look("never seen", "a", "x", Fresh)
	list := plates(2)
	b.Enter("a", []byte("x"), list, true)
	look("nothing durable", "a", "x", Waiting)
	b.Settle(list[0].Body, nil)
	look("half of it durable", "a", "x", Waiting)
	b.Settle(list[1].Body, errors.New("disk full"))
	look("the other half refused", "a", "x", Fresh)
	list = plates(1)
	b.Enter("a", []byte("x"), list, true)
	b.Settle(list[0].Body, nil)
	look("durable", "a", "x", Durable)
	look("another one with its id", "a", "y", Other)
	b.Enter("decoded", nil, plates(1), false)
	look("where nobody says what is durable", "decoded", "", Durable)
	for i := range 9 {
		list := plates(1)
		b.Enter(fmt.Sprint(i), nil, list, true)
		b.Settle(list[0].Body, nil)
	}
	look("long ago", "a", "x", Fresh)
	look("the last", "8", "", Durable)
	if len(b.entries) != 3 || len(b.order) != 3 || len(b.of) != 0 {
		t.Errorf("the book holds %d messages in order of %d and %d observations, want 3, 3 and none", len(b.entries), len(b.order), len(b.of))
	}
}

func TestObject(t *testing.T) {
	for in, want := range map[string]int{`{}x`: 2, `{"a":{"b":"}\"}"}}{`: 18, `{"a":"}`: 0, `{"a":1`: 0, `{{{{}}}}`: 0} {
		o := Object{Deep: 3}
		for i := range len(in) {
			if n := o.End([]byte(in[:i])); n > 0 && n != want {
				t.Errorf("%q ends at %d", in[:i], n)
			}
		}
		o = Object{Deep: 3}
		if got := o.End([]byte(in)); got != want || o.TooDeep() != (in[1] == '{') {
			t.Errorf("%q: end at %d, too deep %v, want %d", in, got, o.TooDeep(), want)
		}
	}
}
