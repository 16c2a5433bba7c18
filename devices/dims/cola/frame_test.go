package cola

import (
	"acsgd/devices/devicestest"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden are the telegrams of a recorded LMS111 session (SICKAG/sick_scan_xd, Apache-2.0).
var golden = map[string]string{
	"login":          "02020202 00000017 734D4E205365744163636573734D6F646520 03 F4724744 B3",
	"login accepted": "02020202 00000013 73414E205365744163636573734D6F646520 01 38",
	"to CoLa B":      "02020202 0000000F 73574E204549487374436F6C6120 01 09",
	"is CoLa B":      "02020202 0000000E 735741204549487374436F6C6120 07",
	"firmware":       "02020202 00000013 73524E204669726D7761726556657273696F6E 24",
	"device state":   "02020202 00000011 73524E2053436465766963657374617465 30",
	"output range":   "02020202 00000012 73524E204C4D506F757470757452616E6765 5E",
	"start":          "02020202 00000010 734D4E204C4D4373746172746D656173 68",
	"run":            "02020202 00000007 734D4E2052756E 19",
	"running":        "02020202 00000009 73414E2052756E20 01 34",
	"subscribe":      "02020202 00000011 73454E204C4D447363616E6461746120 01 33",
	"subscribed":     "02020202 00000011 734541204C4D447363616E6461746120 01 3C",
	"unsubscribe":    "02020202 00000011 73454E204C4D447363616E6461746120 00 32",
	"content lms111": "02020202 00000020 73574E204C4D447363616E6461746163666720 01000000000000000000010001 43",
	"content lms511": "02020202 00000020 73574E204C4D447363616E6461746163666720 01000100000000000000010001 42",
}

func TestGoldenFramesAreRead(t *testing.T) {
	for name, h := range golden {
		raw := devicestest.Unhex(t, h)
		var r Reader
		r.Feed(raw)
		f, ok, err := r.Next()
		if !ok || err != nil || !bytes.Equal(f.Raw, raw) || f.Dialect != Binary {
			t.Errorf("%s: frame %x, %v, %v", name, f.Raw, ok, err)
			continue
		}
		if again := Append(nil, Binary, f.Payload); !bytes.Equal(again, raw) {
			t.Errorf("%s: payload frames again as %x", name, again)
		}
	}
}

func TestRequestsAreThoseOfTheCapture(t *testing.T) {
	cfg := Defaults()
	if err := cfg.check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range cfg.steps() {
		got = append(got, fmt.Sprintf("%X", s.append(nil, Binary)))
	}
	var want []string
	for _, k := range []string{"login", "to CoLa B", "firmware", "device state", "output range", "content lms511", "start", "run", "subscribe"} {
		want = append(want, fmt.Sprintf("%X", devicestest.Unhex(t, golden[k])))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if bye := subscribe(nil, Binary, 0); !bytes.Equal(bye, devicestest.Unhex(t, golden["unsubscribe"])) {
		t.Errorf("unsubscribe is %x", bye)
	}
}

func TestRequestsInTextAreThoseOfTheListing(t *testing.T) {
	cfg := Defaults()
	cfg.FrequencyHz, cfg.Resolution, cfg.Model = 50, 5000, "lms1xx"
	if err := cfg.check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range cfg.steps() {
		got = append(got, strings.Trim(string(s.append(nil, ASCII)), "\x02\x03"))
	}
	want := []string{"sMN SetAccessMode 03 F4724744", "sWN EIHstCola 1", "sRN FirmwareVersion", "sRN SCdevicestate",
		"sMN mLMPsetscancfg +5000 +1 +5000 -450000 +2250000", "sRN LMPoutputRange",
		"sWN LMDscandatacfg 01 00 1 0 0 00 00 0 0 0 1 +1", "sMN LMCstartmeas", "sMN Run", "sEN LMDscandata 1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFramesAreFoundAgain(t *testing.T) {
	good := devicestest.Unhex(t, golden["running"])
	flipped := bytes.Clone(good)
	flipped[12] ^= 4
	text := []byte("\x02sAN Run 1\x03")
	for _, row := range []struct {
		name   string
		in     []byte
		frames int
		errs   []string
	}{
		{"after garbage", append([]byte("garbage\x02\x02"), good...), 1, []string{"0: no start of frame"}},
		{"after a flipped bit", append(flipped, good...), 1, []string{"0: checksum does not match"}},
		{"after a length of four gigabytes", append(devicestest.Unhex(t, "02020202 FFFFFFFF"), good...), 1, []string{"0: length 4294967295 out of range"}},
		{"behind a fifth STX", append([]byte{2}, good...), 1, []string{"0: length 33554432 out of range"}},
		{"behind half a frame", append(bytes.Clone(good[:11]), good...), 1, []string{"0: checksum does not match"}},
		{"in text after garbage", append([]byte("\x02\x02x"), text...), 1, []string{"0: no start of frame"}},
		{"in text directly behind a lone STX", append([]byte("\x02"), text...), 1, []string{"0: no start of frame"}},
		{"in binary after text", append(bytes.Clone(text), good...), 2, nil},
		{"in text after binary it is garbage", append(bytes.Clone(good), text...), 1, []string{"18: no start of frame"}},
		{"two runs of garbage are two errors", append(append([]byte("x"), good...), append([]byte("y"), good...)...), 2,
			[]string{"0: no start of frame", "19: no start of frame"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			frames, errs := readAll(row.in, len(row.in))
			if len(frames) != row.frames {
				t.Errorf("%d frames, want %d", len(frames), row.frames)
			}
			if d := cmp.Diff(row.errs, errs); d != "" {
				t.Error(d)
			}
			one, oneErrs := readAll(row.in, 1)
			if d := cmp.Diff(frames, one) + cmp.Diff(errs, oneErrs); d != "" {
				t.Errorf("byte by byte: %s", d)
			}
		})
	}
}

// readAll feeds in pieces of size n and returns frames and errors with their offsets.
func readAll(in []byte, n int) (frames, errs []string) {
	var r Reader
	for len(in) > 0 {
		k := min(n, len(in))
		r.Feed(in[:k])
		in = in[k:]
		for {
			f, ok, err := r.Next()
			if err != nil {
				errs = append(errs, fmt.Sprintf("%d: %s", err.Offset, err.Reason))
				continue
			}
			if !ok {
				break
			}
			frames = append(frames, fmt.Sprintf("%d %d %x", f.Offset, f.Dialect, f.Raw))
		}
	}
	return frames, errs
}

func TestMemoryIsBounded(t *testing.T) {
	var r Reader
	for range 1000 {
		r.Feed(append([]byte{2, 2, 2, 2, 0, 0, 0xff, 0xff, 's', 'S'}, make([]byte, 1000)...))
		for {
			_, ok, err := r.Next()
			if !ok && err == nil {
				break
			}
		}
	}
	r = Reader{}
	for range 1000 {
		r.Feed(append([]byte{2, 's', 'S'}, bytes.Repeat([]byte("0 "), 5000)...))
		for {
			_, ok, err := r.Next()
			if !ok && err == nil {
				break
			}
		}
		if n := len(r.buf); n > MaxBinary+20000 {
			t.Fatalf("%d bytes are kept", n)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, h := range golden {
		f.Add(devicestest.Unhex(f, h), 3)
	}
	f.Add([]byte("\x02sSN LMDscandata 1 1 A037B9 0 0 C1C3\x03\x02\x02"), 2)
	f.Fuzz(func(t *testing.T, in []byte, n int) {
		n = 1 + (n&0xff)%64
		whole, errs := readAll(in, max(1, len(in)))
		pieces, pieceErrs := readAll(in, n)
		if d := cmp.Diff(whole, pieces) + cmp.Diff(errs, pieceErrs); d != "" {
			t.Fatal(d)
		}
		next := Append(nil, Binary, []byte("sAN Run \x01"))
		// Whatever came before, a good frame is found once no earlier length can claim it.
		tail := append(bytes.Clone(in), bytes.Repeat(next, 2+(MaxBinary+16)/len(next))...)
		got, _ := readAll(tail, 4096)
		if len(got) <= len(whole) {
			t.Fatal("the next good frame was not found")
		}
	})
}
