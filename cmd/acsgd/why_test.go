package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestUnlikeNamesWhatDiffers(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{`{"id":"a","radiation":{"x":1}}`, `{"id":"a","radiation":{"x":1}}`, ""},
		{`{"verdict":"within"}`, `{"verdict":"exceeds"}`, "verdict"},
		{`{"radiation":{"x":1,"y":{"z":1}}}`, `{"radiation":{"x":1,"y":{"z":2}}}`, "radiation.y"},
		{`{"radiation":{"x":1}}`, `{"radiation":{"x":1,"hold_ms":2000},"place":{"m":1}}`, "place radiation.hold_ms"},
		{`{"radiation":{"x":1},"gone":[1]}`, `{"radiation":null}`, "gone radiation"},
	} {
		got := unlike("", json.RawMessage(c.a), json.RawMessage(c.b), 2)
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s and %s differ in %q, want %q", c.a, c.b, s, c.want)
		}
	}
}
