package aspect

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/modbus"
	"acsgd/internal/obs"
)

func TestTheDriverKeepsTheContract(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{NoLink: true})
}

var start = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// The registers of a vacant portal, put together by hand from the map of the reference.
const vacantBlock = "" +
	"86A0 0001" + // elapsed 0x000186A0 = 100000, low word first
	"0000" + // inputs: nothing
	"0080" + // gamma: ready
	"014B 0000" + // 331 counts: 0x14B = 256+64+8+2+1
	"D000 44CE" + // 1654.5 = 1.61572265625 * 2^10: exponent 127+10 = 137 = 0x89, so 0x44800000 + 0.61572265625*2^23 (5165056 = 0x4ED000) = 0x44CED000
	"E000 44CE" + // 1655.0: 5169152 = 0x4EE000 instead
	"0080" + // neutron: ready
	"0001 0000" + // one count
	"0000 4028" + // 2.625 = 1.3125 * 2^1: exponent 128 = 0x80, 0x40000000 + 0.3125*2^23 (0x280000)
	"0000 4030" + // 2.75 = 1.375 * 2: 0.375*2^23 = 0x300000
	"0007" + // object counter
	"0000" + // mark
	"0000" + // speed
	"0000" // outputs

// rig is a portal in memory.
type rig struct {
	t    *testing.T
	bank *modbus.Bank
	unit *Unit
	now  time.Time
	base uint16
	out  devices.Out
}

func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	r := &rig{t: t, bank: modbus.NewBank(), now: start, base: 100}
	for i, w := range words(t, "0123 0030 0001 0064 0015 0000 0000 0000") { // monitor block at 100 = 0x64, 21 = 0x15 long
		r.bank.Set(modbus.Holding, uint16(i), w)
	}
	r.set(0, vacantBlock)
	var err error
	if r.unit, _, err = NewVirtual(devicestest.Settings(t, Kind, "", settings), r.bank); err != nil {
		t.Fatal(err)
	}
	return r
}

func words(t *testing.T, text string) (w []uint16) {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil || len(b)%2 != 0 {
		t.Fatalf("%q: %v", text, err)
	}
	for i := 0; i < len(b); i += 2 {
		w = append(w, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return w
}

// set puts words at an offset of the monitor block.
func (r *rig) set(off uint16, text string) {
	for i, w := range words(r.t, text) {
		r.bank.Set(modbus.Holding, r.base+off+uint16(i), w)
	}
}

// poll asks once and gives what is told, one line each.
func (r *rig) poll() string {
	r.t.Helper()
	r.out.Reset()
	if err := r.unit.Poll(context.Background(), r.now, &r.out); err != nil {
		return "error: " + err.Error()
	}
	var all []string
	for _, o := range r.out.Obs {
		all = append(all, short(o.Body))
	}
	r.now = r.now.Add(100 * time.Millisecond)
	return strings.Join(all, "; ")
}

// next lets the portal count one interval more, and asks.
func (r *rig) next() string {
	v := uint32(r.bank.Get(modbus.Holding, r.base)) | uint32(r.bank.Get(modbus.Holding, r.base+1))<<16
	v += 200
	r.bank.Set(modbus.Holding, r.base, uint16(v))
	r.bank.Set(modbus.Holding, r.base+1, uint16(v>>16))
	r.now = r.now.Add(100 * time.Millisecond) // and the next poll 200 ms after this one
	return r.poll()
}

func short(b obs.Body) string {
	switch b := b.(type) {
	case *obs.Health:
		return strings.TrimSpace(fmt.Sprintf("%s %s", b.State, b.Reason))
	case *obs.Radiation:
		s := b.Tag
		switch b.Tag {
		case "GB", "GS", "GA":
			s += fmt.Sprint(" ", b.Gamma[0])
		case "NB", "NS", "NA":
			s += fmt.Sprint(" ", b.Neutron[0])
		case "GX":
			s += fmt.Sprint(" ", b.Occupancy, " ", b.Background)
		case "SP":
			s += fmt.Sprint(" ", int(b.Speed), " ", strings.Join(b.Setup, ","))
		}
		if b.Fault != "" {
			s += " !" + b.Fault
		}
		for _, f := range b.Flags {
			if f == obs.Truncated {
				s += " truncated"
			}
		}
		return s
	}
	return fmt.Sprintf("%T", b)
}

func TestTheBackgroundOfAVacantPortal(t *testing.T) {
	r := newRig(t, "")
	if got := r.poll(); got != "GB 1655; NB 2" {
		t.Fatalf("got %s", got)
	}
	gb, nb := r.out.Obs[0].Body.(*obs.Radiation), r.out.Obs[1].Body.(*obs.Radiation)
	if gb.Values[0] != 165_450_000_000 || gb.Values[1] != 165_500_000_000 {
		t.Errorf("background and variance %v, want 1654.5 and 1655 times 10^8", gb.Values)
	}
	if nb.Background != 2625 || nb.Values[1] != 275_000_000 {
		t.Errorf("neutron background %d mcps, values %v; want 2625 and a variance of 2.75", nb.Background, nb.Values)
	}
	if want := words(t, vacantBlock); len(r.out.Obs[0].Raw) != 2*len(want) || r.out.Obs[0].Raw[0] != 0x86 {
		t.Errorf("Raw is % x", r.out.Obs[0].Raw)
	}
	for i := range 60 {
		want := ""
		if i == 49 { // five seconds later
			want = "GB 1655; NB 2"
		}
		if i%2 == 1 {
			r.set(0, fmt.Sprintf("%04X 0002", 0x100+i))
		}
		if got := r.poll(); got != want {
			t.Fatalf("poll %d: %q, want %q", i, got, want)
		}
	}
}

// One vehicle with an alarm of each kind, and another close behind it.
func TestAnOccupancy(t *testing.T) {
	r := newRig(t, "hold = \"600ms\"")
	step := func(want string) {
		t.Helper()
		if got := r.next(); got != want {
			t.Errorf("at %s: %q, want %q", r.now.Sub(start), got, want)
		}
	}
	step("GB 1655; NB 2")
	r.set(2, "0041")      // sensor 0, direction 0-1
	r.set(17, "0008")     // the next object
	r.set(19, "04B0")     // 1200 mm/s
	r.set(4, "0100 0000") // 256 counts
	step("SP 1200 direction 0-1; GS 256")
	if s := r.out.Obs[1].Body.(*obs.Radiation); !s.Occupied || s.Interval != 200 || len(s.Flags) != 1 || s.Flags[0] != obs.IntervalUnknown || s.Flags[0].Voids() {
		t.Errorf("slice %+v", s)
	}
	if got := r.poll(); got != "" { // the same elapsed time: the same counts
		t.Errorf("a reading of the same interval gives %s", got)
	}
	step("GS 256")
	r.set(2, "000F")
	r.set(3, "0081") // alarm 1
	r.set(4, "0001 0001")
	step("SP 1200 ; GA 65537")
	r.set(3, "0080")
	r.set(4, "0100 0000")
	step("GS 256")
	step("GS 256; NS 5")
	r.set(10, "0082") // neutron alarm 2
	step("GS 256; NA 1")
	r.set(10, "0080")
	r.set(2, "0000")
	step("GS 256")
	r.set(2, "0008") // the trailer: the beams were free for a moment
	step("GS 256")
	r.set(17, "0009") // bumper to bumper
	step("GX 8 2625; SP 1200 ; GS 256")
	r.set(2, "0000")
	step("GS 256")
	step("GS 256")
	step("GS 256")
	step("GS 256; NS 5; GX 9 2625")
	step("")
}

func TestFaultsAndWarnings(t *testing.T) {
	r := newRig(t, "")
	r.next()
	for _, row := range []struct{ off, set, want string }{
		{"2", "0100", "degraded power fail"}, // warn: 0x8500 = reset, open, power fail
		{"2", "8000", "degraded reset"},
		{"2", "0400", "degraded case open; TT !tamper"},
		{"2", "0800", "degraded error; TC; FT !error"}, // fail: 0x0A00 = error, low battery
		{"2", "0200", "degraded low_battery; FT !low_battery"},
		{"2", "0000", "online; FC"},
		{"3", "0090", "degraded gamma_low; FT !gamma_low"},
		{"3", "00A0", "degraded gamma_high; FT !gamma_high"},
		{"3", "00C0", "degraded gamma_overload; FT !gamma_overload"},
		{"3", "0000", "degraded gamma_not_ready; FT !gamma_not_ready"},
		{"3", "0080", "online; FC"},
		{"10", "00D0", "degraded neutron_low, neutron_overload; FT !neutron_low, neutron_overload"},
		{"10", "0080", "online; FC"},
		{"20", "0040", "degraded adaptation; FT !adaptation"},
		{"20", "0000", "online; FC"},
		{"6", "0000 7FC0", "degraded gamma_background_invalid; FT !gamma_background_invalid"},  // not a number
		{"6", "D000 C4CE", ""},                                                                 // negative: as before
		{"6", "D000 44CE", "online; FC"},                                                       //
		{"4", "423F 000F", ""},                                                                 // 999999 = 0xF423F counts are possible
		{"4", "4240 000F", "degraded gamma_count_invalid; FT !gamma_count_invalid"},            // one more is not
		{"4", "0100 0000", "online; FC"},                                                       //
		{"15", "0000 FF80", "degraded neutron_variance_invalid; FT !neutron_variance_invalid"}, // minus infinity
		{"15", "0000 4030", "online; FC"},                                                      //
		{"20", "0001", "GA 256 truncated"},                                                     // the lamp: an alarm is an alarm
	} {
		var off uint16
		fmt.Sscan(row.off, &off)
		r.set(off, row.set)
		got := r.next()
		got = strings.TrimPrefix(strings.TrimSuffix(strings.ReplaceAll(got, "GB 1655; NB 2", ""), "; "), "; ")
		if got != row.want {
			t.Errorf("register +%s = %s: %q, want %q", row.off, row.set, got, row.want)
		}
	}
}

// A background that is no number is a fault, and not a background of nought.
func TestABackgroundThatIsNoNumberIsNotTold(t *testing.T) {
	r := newRig(t, "")
	r.set(13, "0000 7F80") // infinity
	if got := r.next(); got != "degraded neutron_background_invalid; FT !neutron_background_invalid" {
		t.Errorf("got %s", got)
	}
	r.set(13, "0000 4028")
	if got := r.next(); got != "online; FC; GB 1655; NB 2" {
		t.Errorf("got %s", got)
	}
}

func TestWhoeverIsInThePortalAtFirstWasNotSeenToCome(t *testing.T) {
	r := newRig(t, "hold = \"200ms\"")
	r.set(2, "0001")
	if got := r.next(); got != "GS 331 truncated" {
		t.Errorf("got %s", got)
	}
	r.set(2, "0000")
	r.next()
	if got := r.next(); got != "GS 331 truncated; GB 1655" {
		t.Errorf("its end is %s, want a background and no number", got)
	}
}

// An answer that came late must not cost the interval that was read soon after it.
func TestALateAnswerLosesNoInterval(t *testing.T) {
	r := newRig(t, "")
	r.next()
	r.set(17, "0008")
	r.set(2, "0001")
	r.next()
	begun, slices := r.now, 0
	for _, ms := range []int{290, 410, 510, 620, 690, 790, 910, 1010, 1090} { // the portal counts at 200, 400, 600, ...
		r.now = begun.Add(time.Duration(ms) * time.Millisecond)
		r.set(0, fmt.Sprintf("%04X 0003", ms/200))
		if got := r.poll(); strings.Contains(got, "GS") {
			slices++
		}
	}
	if slices != 5 {
		t.Errorf("%d slices of five intervals", slices)
	}
}

// While requests go unanswered an object may have come far into the portal.
func TestAnObjectThatCameWhileNothingWasReadWasNotSeenToCome(t *testing.T) {
	for _, row := range []struct {
		lost time.Duration
		want string
	}{{800 * time.Millisecond, "GS 331"}, {1200 * time.Millisecond, "GS 331 truncated"}} {
		r := newRig(t, "")
		r.next()
		r.now = r.now.Add(row.lost)
		r.set(17, "0008")
		r.set(2, "0001")
		if got := r.next(); got != row.want {
			t.Errorf("after %s: %s, want %s", row.lost, got, row.want)
		}
	}
}

func TestAPortalThatWasStartedAnew(t *testing.T) {
	r := newRig(t, "")
	r.next()
	r.set(2, "0001")
	r.set(17, "0008")
	r.next()
	r.next()
	r.set(0, "0010 0000") // its time begins again
	r.set(17, "0000")     // and its counter: that is no object
	if got := r.poll(); got != "GS 331 truncated" {
		t.Errorf("got %s", got)
	}
	for range 8 {
		if got := r.next(); strings.Contains(got, "GX") {
			t.Errorf("an occupancy that was not seen whole has a number: %s", got)
		}
	}

	t.Run("a counter that has run full is none", func(t *testing.T) {
		r := newRig(t, "")
		r.set(0, "FFF0 FFFF")
		r.poll()
		r.set(17, "0008")
		r.set(2, "0001")
		r.set(0, "00B8 0000")
		if got := r.poll(); strings.Contains(got, "truncated") || !strings.Contains(got, "GS") {
			t.Errorf("got %s", got)
		}
	})
}

// A portal that answers while its time stands still is as silent as one that does not.
func TestTimeThatStandsStillIsAFault(t *testing.T) {
	r := newRig(t, "")
	r.next()
	var told []string
	for range 120 {
		if got := r.poll(); got != "" && !strings.HasPrefix(got, "GB") {
			told = append(told, fmt.Sprint(int(r.now.Sub(start).Seconds()), " ", got))
		}
	}
	if len(told) != 1 || told[0] != "10 degraded no new counts for 10s; GB 1655; NB 2" {
		t.Errorf("told %q", told)
	}
	if got := r.next(); !strings.HasPrefix(got, "online") {
		t.Errorf("counting again it is %s", got)
	}
}

func TestWhereTheMonitorBlockIs(t *testing.T) {
	for _, row := range []struct {
		name, desc string
		base       uint16
	}{
		{"as the description says", "0000 0000 0001 0200 0020 0000 0000 0000", 0x200},
		{"a description of noughts", "0000 0000 0000 0000 0000 0000 0000 0000", 100},
		{"too short a block", "0000 0000 0001 0200 0014 0000 0000 0000", 100},
		{"beyond the last register", "0000 0000 0001 FFF0 0015 0000 0000 0000", 100},
		{"where there is nothing", "0000 0000 0001 3000 0015 0000 0000 0000", 100},
		{"no description", "", 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, "")
			r.bank = modbus.NewBank()
			r.unit.regs = r.bank
			for i, w := range words(t, row.desc) {
				r.bank.Set(modbus.Holding, uint16(i), w)
			}
			r.base = row.base
			r.set(0, vacantBlock)
			if got := r.poll(); got != "GB 1655; NB 2" {
				t.Errorf("got %s", got)
			}
		})
	}
	t.Run("another device", func(t *testing.T) {
		r := newRig(t, "")
		r.unit.regs = modbus.NewBank()
		if err := r.unit.Poll(t.Context(), start, &r.out); !devices.IsPermanent(err) {
			t.Errorf("got %v, want a permanent error", err)
		}
	})
}

func TestUnansweredRequests(t *testing.T) {
	r := newRig(t, "retries = 2")
	r.next()
	r.bank.Fail = func() error { return errors.New("timed out") }
	for n := range 3 {
		r.out.Reset()
		err := r.unit.Poll(t.Context(), r.now, &r.out)
		if (err != nil) != (n == 2) || len(r.out.Errs) != 0 {
			t.Errorf("request %d: %v, errors %v", n+1, err, r.out.Errs)
		}
	}
}

// One answer of fifteen is lost, which is 40 a minute: no slice is, and the portal is well.
// One of four is told.
func TestLostAnswersNowAndThen(t *testing.T) {
	for each, want := range map[int]string{15: "", 4: "degraded many requests are not answered"} {
		r, said, errs := newRig(t, ""), []string{}, 0
		for i := range 1200 {
			r.bank.Fail = nil
			if i%each == 2 {
				r.bank.Fail = func() error { return errors.New("timed out") }
			}
			for _, s := range strings.Split(r.next(), "; ") {
				if strings.HasPrefix(s, "degraded") || strings.HasPrefix(s, "error") {
					said = append(said, s)
				}
			}
			errs += len(r.out.Errs)
		}
		if got := strings.Join(said, "; "); got != want || errs != 0 {
			t.Errorf("one of %d is lost: %q and %d bad frames, want %q and none", each, got, errs, want)
		}
	}
}

func TestSeek(t *testing.T) {
	refused := &modbus.Exception{Reason: "illegal data address"}
	for _, row := range []struct {
		name string
		at   int // that answers
		err  error
		want int
	}{
		{"the first", 1, nil, 1}, {"the last", 32, nil, 32}, {"behind one that refuses", 5, refused, 5}, {"nobody", 33, nil, 0},
	} {
		asked := 0
		got, err := seek(t.Context(), func(_ context.Context, unit int) (bool, error) {
			asked++
			if unit == row.at {
				return false, nil
			}
			if row.err != nil {
				return false, row.err
			}
			return true, errors.New("timed out")
		})
		if got != row.want || (err != nil) != (row.want == 0) || asked != min(row.at, 32) {
			t.Errorf("%s: unit %d, %v, after %d requests", row.name, got, err, asked)
		}
	}
	if _, err := seek(t.Context(), func(context.Context, int) (bool, error) { return false, errors.New("connection refused") }); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a host that refuses is asked on: %v", err)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, row := range [][2]string{
		{`poll = "1s"`, "poll 1s"}, {`interval = "300ms"`, "interval 300ms"}, {`interval = "50ms"`, "interval 50ms"},
		{`hold = "1m"`, "hold 1m"}, {`silence = "1m"`, "silence 1m"}, {`retries = 11`, "retries 11"},
	} {
		_, err := New(devicestest.Settings(t, Kind, "modbus+tcp:h:502", row[0]), devices.Env{})
		if err == nil || !strings.Contains(err.Error(), row[1]) {
			t.Errorf("%s: %v", row[0], err)
		}
	}
	if _, err := New(devicestest.Settings(t, Kind, "tcp:h:502", ""), devices.Env{}); err == nil {
		t.Error("a link without Modbus is accepted")
	}
}

// Nothing that registers can hold makes a clean slice of what is not a number, and nothing
// makes the driver fail.
func FuzzMonitorBlock(f *testing.F) {
	b, err := hex.DecodeString(strings.ReplaceAll(vacantBlock, " ", ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(append(append([]byte(nil), b...), b...))
	f.Fuzz(func(t *testing.T, p []byte) {
		bank := modbus.NewBank()
		u, _, err := NewVirtual(devicestest.Settings(t, Kind, "", ""), bank)
		if err != nil {
			t.Fatal(err)
		}
		now := start
		for len(p) >= 2*blockLen {
			for i := range blockLen {
				bank.Set(modbus.Holding, usualBase+uint16(i), uint16(p[2*i])<<8|uint16(p[2*i+1]))
			}
			valid := true
			for _, at := range []int{atGamma + toMean, atGamma + toVariance, atNeutron + toMean, atNeutron + toVariance} {
				v := math.Float32frombits(uint32(p[2*at+2])<<24 | uint32(p[2*at+3])<<16 | uint32(p[2*at])<<8 | uint32(p[2*at+1]))
				valid = valid && v >= 0 && v <= largest
			}
			var out devices.Out
			if err := u.Poll(t.Context(), now, &out); err != nil {
				t.Fatal(err)
			}
			for _, o := range out.Obs {
				if r, ok := o.Body.(*obs.Radiation); ok {
					if r.Gamma[0] < 0 || r.Neutron[0] < 0 || r.Background < 0 {
						t.Fatalf("negative: %+v", r)
					}
				}
			}
			if fault := u.portal.Stated(); !valid && !strings.Contains(fault, "invalid") {
				t.Fatalf("a number that is none is no fault: %q", fault)
			}
			now = now.Add(200 * time.Millisecond)
			p = p[2*blockLen:]
		}
	})
}
