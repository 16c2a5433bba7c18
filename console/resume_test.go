package console

import (
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/auth"
)

// Lanes publish side by side: a row may come after one with a higher number. A browser that
// was cut off between the two must get it.
func TestAResumeMissesNoRowThatCameOutOfOrder(t *testing.T) {
	h := NewHub("0123456789abcdef", 100)
	publish := func(n uint64, text string) {
		h.Publish("1", n, time.Time{}, []fusion.Output{{Kind: fusion.Alarm, Event: &fusion.Event{Kind: "test", Lane: "1", Text: text}}})
	}
	for _, row := range []struct {
		n    uint64
		text string
	}{{101, "a"}, {103, "b"}, {102, "c"}, {105, "d"}, {0, "of no row"}, {104, "e"}} {
		publish(row.n, row.text)
	}
	for _, row := range []struct {
		from uint64
		want string
	}{
		{100, "a b c d of no row e"},
		{101, "b c d of no row e"},
		{103, "c d of no row e"},
		{105, "of no row e"},
		{106, ""},
	} {
		c := newClient(h, auth.User{}, nil)
		from := int64(row.from)
		f := &clientFrame{T: "hello"}
		f.Resume = &struct {
			E      string `json:"e"`
			LogSeq *int64 `json:"log_seq"`
		}{"0123456789abcdef", &from}
		c.resume(f)
		var got []string
		for _, e := range c.take().log {
			_, text, _ := strings.Cut(string(e.body), `"text":"`)
			text, _, _ = strings.Cut(text, `"`)
			got = append(got, text)
		}
		if s := strings.Join(got, " "); s != row.want || c.resync != "" {
			t.Errorf("from %d: %q, resync %q, want %q", row.from, s, c.resync, row.want)
		}
	}
	if h.log.head != 105 {
		t.Errorf("head %d, want 105", h.log.head)
	}
}
