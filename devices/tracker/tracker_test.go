package tracker

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsgd/devices"
	"acsgd/internal/obs"
)

func TestStampDoesNotBelieveImpossibleTimes(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		at   time.Time
		want obs.Origin
	}{
		{"just now", now, obs.Device},
		{"a month late", now.AddDate(0, -1, 0), obs.Device},
		{"23 hours ahead", now.Add(23 * time.Hour), obs.Device},
		{"two days ahead", now.Add(48 * time.Hour), obs.DeviceUnsynced},
		{"the clock of a device without a fix", time.Unix(0, 0), obs.DeviceUnsynced},
	} {
		if s := Stamp(now, c.at); s.Origin != c.want || !s.At.Equal(c.at) {
			t.Errorf("%s: %+v, want origin %d", c.name, s, c.want)
		}
	}
}

func TestPlaceRefusesWhatIsNoPlace(t *testing.T) {
	for _, c := range []struct {
		lat, lon int64
		want     bool
	}{{44e7, 80e7, true}, {0, 0, false}, {0, 80e7, true}, {91e7, 0, false}, {-90e7, -180e7, true}, {10, 181e7, false}} {
		if la, lo, ok := Place(c.lat, c.lon); ok != c.want || ok && (int64(la) != c.lat || int64(lo) != c.lon) {
			t.Errorf("Place(%d, %d) = %d, %d, %t", c.lat, c.lon, la, lo, ok)
		}
	}
}

func TestKnots(t *testing.T) {
	if got := Knots(18_000); got != 33_336 {
		t.Errorf("18 kn are %d, want 33336", got)
	}
}

func TestChunkHandsOutNothingTwice(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var c Chunk[obs.Fix]
		for range rapid.IntRange(1, 300).Draw(r, "takes") {
			n := rapid.IntRange(0, 20).Draw(r, "n")
			fixes := c.Take(n)
			if len(fixes) != n || cap(fixes) != n {
				r.Fatalf("%d of %d fixes, want %d", len(fixes), cap(fixes), n)
			}
			for i := range fixes {
				if fixes[i].Device != "" {
					r.Fatal("a fix was handed out twice")
				}
				fixes[i].Device = "x"
			}
		}
	})
}

func TestValuesAreWrittenAsJSON(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendDecimal(nil, 0, 0), "0"}, {AppendDecimal([]byte("x"), 24079, 3), "x24.079"}, {AppendDecimal(nil, 24000, 3), "24"},
		{AppendDecimal(nil, 5, 3), "0.005"}, {AppendDecimal(nil, 12, 1), "1.2"}, {AppendDecimal(nil, 120, 2), "1.2"},
		{AppendHex([]byte("x"), []byte{1, 0xAB}), `x"01ab"`}, {AppendText([]byte("x"), []byte("a\"<b\xff")), `x"a\"\u003cb\ufffd"`},
	} {
		if string(c.got) != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestAllow(t *testing.T) {
	if !Allow(nil).Has("x") || Allow([]string{"y"}).Has("x") || !Allow([]string{"y"}).Has("y") {
		t.Error("the empty list lets all in, another its own only")
	}
}

// echo is a protocol as small as can be: every byte is a fix and is answered with itself;
// an exclamation mark is an error, a full stop ends the link.
type echo struct{ n int64 }

func (e *echo) Feed(now time.Time, p []byte, out *devices.Out) {
	for _, b := range p {
		switch b {
		case '!':
			out.Err("echo", e.n, "bang", p)
		case '.':
			out.Fail = errors.New("the end")
		default:
			out.Emit(now, []byte{b}, &obs.Fix{Device: string(b)})
			out.Ack([]byte{b})
		}
		e.n++
	}
}
func (*echo) Tick(time.Time, *devices.Out)                      { /* silent */ }
func (*echo) Deadline() (at time.Time, ok bool)                 { return at, false }
func (e *echo) Finish(now time.Time, out *devices.Out)          { out.Send = append(out.Send, 0xEE) }
func (e *echo) make(map[string]string) (devices.Session, error) { return &echo{}, nil }

func TestRunner(t *testing.T) {
	in := `{"id":"a","transport":"tcp","payload_hex":"6162","prelude_hex":["7a21"],"options":{}}

{"id":"b","payload_text":"x!"}
{"id":"c","payload_hex":"6","options":{}}
{"id":"d","payload_text":"x.","wire_hex":"792e"}
not json
`
	var w bytes.Buffer
	err := Runner{Kind: "tracker/echo", New: (&echo{}).make}.Run(strings.NewReader(in), &w)
	if !errors.Is(err, ErrFaults) {
		t.Errorf("error %v", err)
	}
	want := []string{
		`a [tracker/echo a][tracker/echo b] ee,61,62 1:prelude: bang`,
		`b [tracker/echo x] ee,78 1:bang`,
		`c  -1:payload: encoding/hex: odd length hex string`,
		`d [tracker/echo y] 79 -1:the end`,
		`  -1:vector: invalid character 'o' in literal null (expecting 'u')`,
	}
	var got []string
	for line := range strings.Lines(w.String()) {
		var r struct {
			ID           string
			Observations []struct {
				Device, At string
				Fix        *obs.Fix
			}
			Replies []string `json:"replies_hex"`
			Errors  []struct {
				Offset json.Number
				Reason string
			}
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		s := r.ID + " "
		for _, o := range r.Observations {
			s += "[" + o.Device + " " + o.Fix.Device + "]"
			if o.At != "2000-01-01T00:00:00.000Z" {
				t.Errorf("at %s", o.At)
			}
		}
		if len(r.Observations) > 0 {
			s += " "
		}
		s += strings.Join(r.Replies, ",")
		for _, e := range r.Errors {
			s += " " + e.Offset.String() + ":" + e.Reason
		}
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOptionsBecomeSettings(t *testing.T) {
	var got struct {
		Transport string
		Lenient   bool
		Limit     int
	}
	d := devices.Driver{Kind: "x", NewSession: func(s devices.Section, _ devices.Env) (devices.Session, error) {
		return &echo{}, s.Decode(&got)
	}}
	in := `{"id":"a","transport":"udp","layer":"frame","options":{"lenient":true,"limit":7,"other":{"a":1}}}`
	if err := (Runner{New: Sessions(d, devices.Env{})}).Run(strings.NewReader(in), &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if got.Transport != "udp" || !got.Lenient || got.Limit != 7 {
		t.Errorf("settings %+v", got)
	}
}
