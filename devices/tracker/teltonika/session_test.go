package teltonika

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/tracker"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// Frames that the vendor prints in its protocol documentation, checksums and all.
const (
	login   = "000F333536333037303432343431303133"
	one8    = "000000000000003608010000016B40D8EA30010000000000000000000000000000000105021503010101425E0F01F10000601A014E0000000000000000010000C7CF"
	two8    = "000000000000004308020000016B40D57B480100000000000000000000000000000001010101000000000000016B40D5C198010000000000000000000000000000000101010101000000020000252C"
	one8E   = "000000000000004A8E010000016B412CEE000100000000000000000000000000000000010005000100010100010011001D00010010015E2C880002000B000000003544C87A000E000000001DD7E06A00000100002994"
	getinfo = "000000000000000F0C010500000007676574696E666F0100004312"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fed is what a session made of bytes.
type fed struct{ out devices.Out }

func feed(s devices.Session, pieces ...[]byte) *fed {
	f := &fed{}
	s.Tick(now, &f.out)
	for _, p := range pieces {
		p = bytes.Clone(p)
		s.Feed(now, p, &f.out)
		for i := range p { // p is not retained
			p[i] = 0xAA
		}
	}
	return f
}

// String shows all that matters: answers, fixes with attributes, errors.
func (f *fed) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "send %x\n", f.out.Send)
	for _, a := range f.out.Acks {
		fmt.Fprintf(&b, "after %d %x else %x\n", a.After, a.Then, a.Else)
	}
	for _, o := range f.out.Obs {
		j, err := o.Report()
		fmt.Fprintf(&b, "%s %v origin %d raw %x\n", j, err, o.Stamp.Origin, o.Raw)
	}
	for _, e := range f.out.Errs {
		fmt.Fprintf(&b, "error %d %s\n", e.Offset, e.Reason)
	}
	fmt.Fprintf(&b, "fail %v\n", f.out.Fail)
	return b.String()
}

// wellWritten fails unless what is written into the journal is what encoding/json, which
// checks that every attribute is JSON, makes of the same observation when it is read again.
func (f *fed) wellWritten(t testing.TB) {
	t.Helper()
	for _, o := range f.out.Obs {
		got, err := o.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		var again obs.Observation
		if err := json.Unmarshal(got, &again); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		want, err := json.Marshal(&again)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s (%v)", got, want, err)
		}
	}
}

func (f *fed) fixes() (l []*obs.Fix) {
	for _, o := range f.out.Obs {
		if x, ok := o.Body.(*obs.Fix); ok {
			l = append(l, x)
		}
	}
	return l
}

func attrs(t testing.TB, j string) (a obs.Attrs) {
	t.Helper()
	if err := json.Unmarshal([]byte(j), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func open(t testing.TB, change ...func(*Config)) *session {
	t.Helper()
	cfg := Defaults()
	for _, f := range change {
		f(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return newSession(cfg)
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: devicestest.Unhex(t, login, one8), Then: devicestest.Unhex(t, one8), Want: 1, Settings: `login = "1m"`})
}

func TestVendorExample8(t *testing.T) {
	f := feed(open(t), devicestest.Unhex(t, login, one8))
	want := []*obs.Fix{{Time: time.Date(2019, 6, 10, 10, 4, 46, 0, time.UTC), Device: "356307042441013",
		Attributes: attrs(t, `{"priority":1,"event":1,"suspect":"position","rssi":3,"in1":true,"power":24.079,"operator":24602,"iButton":"0000000000000000"}`)}}
	if diff := cmp.Diff(want, f.fixes()); diff != "" {
		t.Errorf("fix (-want +got):\n%s", diff)
	}
	if got := hex.EncodeToString(f.out.Send); got != "01" {
		t.Errorf("login answered %s", got)
	}
	if diff := cmp.Diff([]devices.Ack{{After: 1, Then: []byte{0, 0, 0, 1}, Else: []byte{0, 0, 0, 0}}}, f.out.Acks); diff != "" {
		t.Errorf("acks (-want +got):\n%s", diff)
	}
	if got := hex.EncodeToString(f.out.Obs[0].Raw); got != strings.ToLower(one8) {
		t.Errorf("raw %s", got)
	}
}

func TestTwoRecordsAreAcknowledgedTogetherAndAfterBoth(t *testing.T) {
	f := feed(open(t), devicestest.Unhex(t, login, two8, one8E))
	if len(f.fixes()) != 3 || len(f.out.Errs) > 0 {
		t.Fatalf("got\n%s", f)
	}
	want := []devices.Ack{{After: 2, Then: []byte{0, 0, 0, 2}, Else: make([]byte, 4)}, {After: 3, Then: []byte{0, 0, 0, 1}, Else: make([]byte, 4)}}
	if diff := cmp.Diff(want, f.out.Acks); diff != "" {
		t.Errorf("acks (-want +got):\n%s", diff)
	}
}

func TestDialogue(t *testing.T) {
	crc := func(h string) string { // flips one bit of the time
		b := devicestest.Unhex(t, h)
		b[14] ^= 1
		return hex.EncodeToString(b)
	}
	for _, c := range []struct {
		name, in  string
		fixes     int
		send      string
		acks      int
		errs      []string
		fail      string
		configure func(*Config)
	}{
		{name: "keep-alive bytes between frames", in: "ff" + login + "ffff" + one8 + "ff", fixes: 1, send: "01", acks: 1},
		{name: "the IMEI repeated", in: login + login + one8, fixes: 1, send: "0101", acks: 1},
		{name: "a stranger", in: login + one8, send: "00", errs: []string{"0 device 356307042441013 is not on the allow list"},
			fail: "teltonika: device 356307042441013 is not on the allow list", configure: func(c *Config) { c.Allow = []string{"123456789012345"} }},
		{name: "records before the IMEI", in: one8, errs: []string{"0 records of a device that has not said its IMEI"}},
		{name: "a wrong checksum", in: login + crc(one8) + one8E, fixes: 1, send: "01", acks: 1,
			errs: []string{"79 the packet says checksum 0xc7cf, its bytes give 0x2aa2"}},
		{name: "an answer to a command", in: login + getinfo + one8, fixes: 1, send: "01", acks: 1},
		{name: "garbage, then a good frame", in: login + "0000000100000000aabb" + one8, fixes: 1, send: "01", acks: 1,
			errs: []string{"17 neither an IMEI nor a packet of records begins here"}},
		{name: "an endless length", in: login + "00000000ffffffff08010000" + one8, fixes: 1, send: "01", acks: 1,
			errs: []string{"17 neither an IMEI nor a packet of records begins here"}},
		{name: "an IMEI with letters", in: "000f41424344454647484950515253" + login + one8, fixes: 1, send: "01", acks: 1,
			errs: []string{"0 neither an IMEI nor a packet of records begins here"}},
	} {
		f := feed(open(t, func(cfg *Config) {
			if c.configure != nil {
				c.configure(cfg)
			}
		}), devicestest.Unhex(t, c.in))
		var errs []string
		for _, e := range f.out.Errs {
			errs = append(errs, fmt.Sprintf("%d %s", e.Offset, e.Reason))
		}
		fail := ""
		if f.out.Fail != nil {
			fail = f.out.Fail.Error()
		}
		if len(f.fixes()) != c.fixes || hex.EncodeToString(f.out.Send) != c.send || len(f.out.Acks) != c.acks || !slices.Equal(errs, c.errs) || fail != c.fail {
			t.Errorf("%s: want %d fixes, send %s, %d acks, errors %q, fail %q; got\n%s", c.name, c.fixes, c.send, c.acks, c.errs, c.fail, f)
		}
	}
}

func TestCountsMustAgree(t *testing.T) {
	b := devicestest.Unhex(t, login, two8)
	at := len(b) - 5
	b[at] = 3 // the second count, checksum made right again
	binary.BigEndian.PutUint32(b[at+1:], uint32(crc16(b[17+8:at+1])))
	f := feed(open(t), b)
	if len(f.out.Obs) != 0 || len(f.out.Acks) != 0 || len(f.out.Errs) != 1 || !strings.Contains(f.out.Errs[0].Reason, "second record count is 3, the first 2") {
		t.Errorf("got\n%s", f)
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	good := devicestest.Unhex(t, one8E)
	for bit := range len(good) * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		s := open(t)
		if f := feed(s, devicestest.Unhex(t, login), b); len(f.out.Obs) != 0 || len(f.out.Acks) != 0 {
			t.Fatalf("bit %d flipped: accepted\n%s", bit, f)
		}
	}
}

func TestLoginHasATimeLimit(t *testing.T) {
	s := open(t)
	var out devices.Out
	s.Tick(now, &out)
	at, ok := s.Deadline()
	if !ok || !at.Equal(now.Add(time.Minute)) {
		t.Fatalf("deadline %v %t", at, ok)
	}
	s.Tick(at, &out)
	if out.Fail == nil {
		t.Error("a silent connection was kept")
	}
	s = open(t)
	feed(s, devicestest.Unhex(t, login))
	if at, ok := s.Deadline(); ok {
		t.Errorf("deadline %v after the login", at)
	}
}

func TestHalfAFrameAtTheEndIsReported(t *testing.T) {
	s := open(t)
	f := feed(s, devicestest.Unhex(t, login, one8)[:40])
	s.Finish(now, &f.out)
	if len(f.out.Errs) != 1 || f.out.Errs[0].Offset != 17 {
		t.Errorf("got\n%s", f)
	}
}

func TestSealInputIsReportedWhenItChanges(t *testing.T) {
	s := open(t, func(c *Config) { c.SealInput = 1 })
	f := feed(s, devicestest.Unhex(t, login, two8, one8))
	var got []string
	for _, o := range f.out.Obs {
		if x, ok := o.Body.(*obs.Seal); ok {
			got = append(got, x.ID+" "+x.State+" "+x.Source)
		}
	}
	if want := []string{"356307042441013 open in1", "356307042441013 sealed in1"}; !slices.Equal(got, want) {
		t.Errorf("seals %v, want %v", got, want)
	}
	if a := f.out.Acks[len(f.out.Acks)-1]; a.After != len(f.out.Obs) {
		t.Errorf("the answer waits for %d of %d observations", a.After, len(f.out.Obs))
	}
}

func TestDatagram(t *testing.T) {
	// The body of the vendor's TCP example in a datagram of the documented layout.
	body := one8[16 : len(one8)-8]
	head := "CAFE0105" + login
	b := devicestest.Unhex(t, fmt.Sprintf("%04X", (len(head)+len(body))/2), head, body)
	s := open(t, func(c *Config) { c.Transport = "udp" })
	f := feed(s, b, b)
	if len(f.fixes()) != 2 || len(f.out.Errs) > 0 || f.fixes()[0].Device != "356307042441013" {
		t.Fatalf("got\n%s", f)
	}
	want := devices.Ack{After: 1, Then: devicestest.Unhex(t, "0005CAFE010501"), Else: devicestest.Unhex(t, "0005CAFE010500")}
	if diff := cmp.Diff(want, f.out.Acks[0]); diff != "" {
		t.Errorf("ack (-want +got):\n%s", diff)
	}
}

// shared reads the reference vectors.
func shared(t testing.TB) []map[string]json.RawMessage {
	t.Helper()
	var l []map[string]json.RawMessage
	for line := range bytes.Lines(append(sharedtest.File(t, "trackers", "teltonika.jsonl"), sharedtest.File(t, "trackers", "documents.jsonl")...)) {
		var v map[string]json.RawMessage
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		if string(v["protocol"]) == `"teltonika"` {
			l = append(l, v)
		}
	}
	return l
}

type expectation struct {
	Positions []struct {
		Time   time.Time `json:"fix_time"`
		NoFix  bool      `json:"no_fix_in_message"`
		Valid  bool      `json:"valid"`
		Lat    float64   `json:"lat"`
		Lon    float64   `json:"lon"`
		Alt    float64   `json:"alt_m"`
		Speed  float64   `json:"speed_kmh"`
		Course float64   `json:"course_deg"`
	} `json:"positions"`
	Replies []string `json:"reply_hex"`
}

// differ compares fixes with the expectation, which lists messages without a position too.
func (e expectation) differ(id string, fixes []obs.Fix) string {
	want := e.Positions
	if len(fixes) < len(want) { // answers to commands are no fixes
		want = slices.DeleteFunc(slices.Clone(want), func(p struct {
			Time   time.Time `json:"fix_time"`
			NoFix  bool      `json:"no_fix_in_message"`
			Valid  bool      `json:"valid"`
			Lat    float64   `json:"lat"`
			Lon    float64   `json:"lon"`
			Alt    float64   `json:"alt_m"`
			Speed  float64   `json:"speed_kmh"`
			Course float64   `json:"course_deg"`
		}) bool {
			return p.NoFix
		})
	}
	if len(fixes) != len(want) {
		return fmt.Sprintf("%d fixes, want %d", len(fixes), len(want))
	}
	for i, p := range want {
		f := fixes[i]
		if p.NoFix {
			if f.Valid {
				return fmt.Sprintf("fix %d without a position is valid", i)
			}
			continue
		}
		// The reference calls a record without coordinates a valid fix at (0,0).
		valid := p.Valid && (p.Lat != 0 || p.Lon != 0)
		near := func(a float64, b obs.Milli, tol float64) bool { return math.Abs(a-float64(b)/1000) <= tol }
		if !f.Time.Equal(p.Time) || f.Valid != valid || math.Abs(p.Lat*1e7-float64(f.Lat)) > 1 || math.Abs(p.Lon*1e7-float64(f.Lon)) > 1 ||
			!near(p.Alt, f.Alt, 0) || !near(p.Speed, f.Speed, 0) || !near(p.Course, f.Course, 0.001) {
			return fmt.Sprintf("fix %d is %+v, want %+v", i, f, p)
		}
	}
	return ""
}

type decoded struct {
	ID           string
	Observations []struct {
		Device string
		Fix    *obs.Fix
	}
	Replies []string `json:"replies_hex"`
	Errors  []struct{ Reason string }
}

func decodeVector(t *testing.T, v map[string]json.RawMessage, options string) (d decoded, fixes []obs.Fix) {
	t.Helper()
	v["options"] = json.RawMessage(options)
	line, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	// The error only says that a line has errors, which are looked at below.
	_ = tracker.Runner{Kind: Kind, New: tracker.Sessions(Driver(), devices.Env{})}.Run(bytes.NewReader(line), &w)
	if err := json.Unmarshal(w.Bytes(), &d); err != nil {
		t.Fatalf("%s: %v", w.Bytes(), err)
	}
	for _, o := range d.Observations {
		if o.Fix != nil {
			fixes = append(fixes, *o.Fix)
		}
	}
	return d, fixes
}

func TestVectors(t *testing.T) {
	for _, v := range shared(t) {
		var id, layer string
		var integrity map[string]bool
		var e expectation
		for key, to := range map[string]any{"id": &id, "layer": &layer, "integrity": &integrity, "expected": &e} {
			if raw, ok := v[key]; ok {
				if err := json.Unmarshal(raw, to); err != nil {
					t.Fatal(err)
				}
			}
		}
		bad := false
		for _, ok := range integrity {
			bad = bad || !ok
		}
		d, fixes := decodeVector(t, v, `{}`)
		switch {
		case bad:
			if len(fixes) > 0 || len(d.Replies) > 0 || len(d.Errors) != 1 {
				t.Errorf("%s: accepted with bad integrity: %+v", id, d)
			}
			if len(e.Replies) == 0 || len(e.Replies[0]) != 8 {
				continue // a command or photo
			}
			d, fixes = decodeVector(t, v, `{"integrity":"lenient"}`)
			if why := e.differ(id, fixes); why != "" || !slices.Equal(d.Replies, e.Replies) {
				t.Errorf("%s: lenient: %s; replies %v; %+v", id, why, d.Replies, d.Errors)
			}
		case layer == "stream": // the framer's test: an IMEI, with or without a keep-alive
			if !slices.Equal(d.Replies, []string{"01"}) {
				t.Errorf("%s: replies %v", id, d.Replies)
			}
		case strings.HasPrefix(id, "doc-"):
			if len(d.Errors) > 0 || !slices.Equal(d.Replies, e.Replies) || len(fixes) != len(e.Replies) {
				t.Errorf("%s: %+v, want replies %v", id, d, e.Replies)
			}
		default:
			if string(v["transport"]) == `"udp"` { // the reference forgets the packet id
				e.Replies[0] = e.Replies[0][:4] + "cafe" + e.Replies[0][8:]
			}
			if why := e.differ(id, fixes); why != "" || len(d.Errors) > 0 || !slices.Equal(d.Replies, e.Replies) && len(d.Replies)+len(e.Replies) > 0 {
				t.Errorf("%s: %s; replies %v want %v; errors %v", id, why, d.Replies, e.Replies, d.Errors)
			}
		}
	}
}

func TestEveryAttributeIsWrittenAsJSON(t *testing.T) {
	for _, frame := range append(mix(t), devicestest.Unhex(t, one8), devicestest.Unhex(t, two8), devicestest.Unhex(t, one8E)) {
		f := feed(open(t), devicestest.Unhex(t, login), frame)
		if len(f.out.Obs) == 0 {
			t.Fatalf("%x gave nothing: %s", frame, f)
		}
		f.wellWritten(t)
	}
}

// corpus is everything that the tests know, login first.
func corpus(t testing.TB) []byte {
	return devicestest.Unhex(t, login, one8, two8, "ff", getinfo, one8E)
}

func TestPiecesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := corpus(t)
		for range rapid.IntRange(0, 3).Draw(r, "faults") {
			i := rapid.IntRange(0, len(b)-1).Draw(r, "at")
			switch rapid.IntRange(0, 2).Draw(r, "kind") {
			case 0:
				b[i] = rapid.Byte().Draw(r, "byte")
			case 1:
				b = slices.Delete(b, i, min(len(b), i+rapid.IntRange(1, 9).Draw(r, "cut")))
			case 2:
				b = slices.Insert(b, i, rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(r, "junk")...)
			}
		}
		var pieces [][]byte
		for rest := b; len(rest) > 0; {
			n := rapid.IntRange(1, min(len(rest), 40)).Draw(r, "piece")
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		if whole, parts := feed(open(t), b).String(), feed(open(t), pieces...).String(); whole != parts {
			r.Fatalf("whole:\n%s\nin pieces:\n%s", whole, parts)
		}
	})
}

func FuzzSession(f *testing.F) {
	f.Add(corpus(f), uint8(1), false)
	f.Add(devicestest.Unhex(f, login, one8)[:50], uint8(7), true)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 12, 0x8E, 1}, uint8(3), false)
	f.Fuzz(func(t *testing.T, b []byte, step uint8, soft bool) {
		set := func(c *Config) {
			if soft {
				c.Integrity = lenient
			}
		}
		for _, udp := range []bool{false, true} {
			make := func() *session {
				return open(t, set, func(c *Config) {
					if udp {
						c.Transport = "udp"
					}
				})
			}
			whole := feed(make(), b)
			whole.wellWritten(t)
			if len(whole.out.Errs) > len(b)+1 || len(whole.out.Obs) > len(b) {
				t.Fatalf("%d errors and %d observations of %d bytes", len(whole.out.Errs), len(whole.out.Obs), len(b))
			}
			if !soft {
				parts := feed(make(), slices.Collect(slices.Chunk(b, max(1, int(step))))...)
				if w, p := whole.String(), parts.String(); w != p {
					t.Fatalf("whole:\n%s\nin pieces:\n%s", w, p)
				}
			}
			if udp || whole.out.Fail != nil {
				continue
			}
			// Behind whatever came, enough good frames are found again.
			s := make()
			feed(s, b)
			feed(s, bytes.Repeat(devicestest.Unhex(t, login, one8), 2+s.cfg.MaxFrame/80))
			if s.imei != "356307042441013" {
				t.Fatal("the dialogue did not recover")
			}
		}
	})
}

func TestAllocations(t *testing.T) {
	s := open(t)
	var out devices.Out
	s.Feed(now, devicestest.Unhex(t, login), &out)
	frame := devicestest.Unhex(t, one8E)
	got := testing.AllocsPerRun(1000, func() {
		out.Reset()
		s.Feed(now, frame, &out)
	})
	if got > 2 {
		t.Errorf("%.1f allocations a frame, want at most 2", got)
	}
}

func BenchmarkVendorFrame8E(b *testing.B) { benchmark(b, nil, devicestest.Unhex(b, one8E)) }

// BenchmarkMix decodes the reference mix: budget 600 ns a frame, 2 allocations.
//
// The mix is that of the peers in the project's reference on trackers, section 6: all TCP
// frames of the shared vectors that carry positions and whose length and checksum are
// right. They are 21 frames of codecs 7, 8, 8E and 16, of 55 to 1037 bytes (256 on
// average) with 1 to 14 records (60 in all) and 905 IO values. An operation is one whole
// frame with all its records: from bytes to observations with the copy of the frame as
// evidence, checksum, structure and both counts checked, and the answer that waits. What
// it does not do is name IO values and write them as text: they stay ids and bytes of the
// frame until somebody wants them, which is what the best of the peers gives too.
// BenchmarkMixJournaled has that share as well.
func BenchmarkMix(b *testing.B) { benchmark(b, nil, mix(b)...) }

// BenchmarkMixJournaled decodes the same frames and writes every observation, with every
// attribute named, in the form that goes into the journal.
func BenchmarkMixJournaled(b *testing.B) {
	var buf []byte
	benchmark(b, func(o *obs.Observation) {
		var err error
		if buf, err = o.AppendJSON(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}, mix(b)...)
}

func mix(b testing.TB) (frames [][]byte) {
	for _, v := range shared(b) {
		var h, transport string
		var in map[string]bool
		for key, to := range map[string]any{"payload_hex": &h, "transport": &transport, "integrity": &in} {
			if v[key] != nil {
				if err := json.Unmarshal(v[key], to); err != nil {
					b.Fatal(err)
				}
			}
		}
		if f := devicestest.Unhex(b, h); transport == "tcp" && in["crc_ok"] && in["length_ok"] && isRecords(f[8]) {
			frames = append(frames, f)
		}
	}
	return frames
}

func benchmark(b *testing.B, use func(*obs.Observation), frames ...[]byte) {
	s := open(b)
	var out devices.Out
	s.Feed(now, devicestest.Unhex(b, login), &out)
	n, records := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		s.Feed(now, frames[n%len(frames)], &out)
		if len(out.Acks) != 1 {
			b.Fatal("not decoded")
		}
		for i := range out.Obs {
			if use != nil {
				use(&out.Obs[i])
			}
		}
		records += len(out.Obs)
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
}

// The capture of a connection is read as one stream by "decode".
func TestDecodeOfAStream(t *testing.T) {
	s, err := NewSession(devicestest.Settings(t, Kind, "", `login = "1m"`), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var times []string
	err = devices.Decode(s, bufio.NewReader(bytes.NewReader(corpus(t))), func() time.Time { return now }, 3,
		func(o obs.Observation) { times = append(times, o.Stamp.At.Format(time.RFC3339)) },
		func(e *obs.DecodeError) { t.Error(e) })
	want := []string{"2019-06-10T10:04:46Z", "2019-06-10T10:01:01Z", "2019-06-10T10:01:19Z", "2019-06-10T11:36:32Z"}
	if err != nil || !slices.Equal(times, want) {
		t.Errorf("times %v (%v), want %v", times, err, want)
	}
}
