package generic

import (
	"errors"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/modbus"
)

// rig is a portal in memory with the registers of the manual's second worked example.
type rig struct {
	t    *testing.T
	bank *modbus.Bank
	unit *Unit
	now  time.Time
}

func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	r := &rig{t: t, bank: modbus.NewBank(), now: start}
	// State: detector well (bit 8). Time 0x00010000 high word first. 331 = 0x014B counts, low
	// word first. Background 16546 tenths = 0x40A2. One neutron; 2638 mcps = 0x0A4E. Object 7.
	r.set(0, 0x0100, 0x0001, 0x0000, 0x014B, 0x0000, 0x40A2, 0x0001, 0x0000, 0x0A4E, 0x0007, 0, 0)
	var err error
	if r.unit, _, err = NewVirtual(devicestest.Settings(t, Kind, "", settings), r.bank); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) set(off uint16, words ...uint16) {
	for i, w := range words {
		r.bank.Set(modbus.Input, 0x0100+off+uint16(i), w)
	}
}

// next lets half a second pass in the portal and asks.
func (r *rig) next() string {
	r.t.Helper()
	r.set(2, r.bank.Get(modbus.Input, 0x0102)+500)
	return r.poll()
}

func (r *rig) poll() string {
	r.t.Helper()
	var out devices.Out
	if err := r.unit.Poll(r.t.Context(), r.now, &out); err != nil {
		return "error: " + err.Error()
	}
	r.now = r.now.Add(500 * time.Millisecond)
	return text(out.Obs)
}

func TestTheRegistersOfTheManual(t *testing.T) {
	r := newRig(t, exampleMap)
	for i, row := range []struct {
		off  uint16
		set  []uint16
		want string
	}{
		{0, nil, "GB [1655 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [2 0] 0 mcps=2638 no=0 []"}, // 1654.6
		{0, []uint16{0x0101}, ""}, // occupied, and not counted yet
		{9, []uint16{8}, "GS [331 0] [0 0] 500 mcps=0 no=0 []"},
		{3, []uint16{0x0000, 0x0001}, "GS [65536 0] [0 0] 500 mcps=0 no=0 []; NS [0 0] [2 0] 1000 mcps=0 no=0 []"},
		{0, []uint16{0x0131}, "GA [65536 0] [0 0] 500 mcps=0 no=0 []; NA [0 0] [1 0] 500 mcps=0 no=0 []"},
		{0, []uint16{0x0001}, "degraded detector; FT [0 0] [0 0] 0 mcps=0 no=0 detector[]; GS [65536 0] [0 0] 500 mcps=0 no=0 []"},
		{0, []uint16{0x0100}, "online ; FC [0 0] [0 0] 0 mcps=0 no=0 []; GS [65536 0] [0 0] 500 mcps=0 no=0 []; NS [0 0] [2 0] 1000 mcps=0 no=0 []"},
		{0, nil, "GS [65536 0] [0 0] 500 mcps=0 no=0 []"},
		{0, nil, "GS [65536 0] [0 0] 500 mcps=0 no=0 []; NS [0 0] [2 0] 1000 mcps=0 no=0 []"},
		{0, nil, "GS [65536 0] [0 0] 500 mcps=0 no=0 []"},
		{0, nil, "GS [65536 0] [0 0] 500 mcps=0 no=0 []; NS [0 0] [2 0] 1000 mcps=0 no=0 []; GX [0 0] [0 0] 0 mcps=2638 no=8 []"},
		{3, []uint16{0x4240, 0x000F}, "degraded gamma1_invalid; FT [0 0] [0 0] 0 mcps=0 no=0 gamma1_invalid[]"}, // 1000000 is one too many
	} {
		r.set(row.off, row.set...)
		if got := r.next(); got != row.want {
			t.Errorf("reading %d: %s\nwant %s", i, got, row.want)
		}
	}
}

// A portal that does not count its objects is occupied when it says so, and one without
// neutrons says nothing of them.
func TestAPortalWithoutACounterAndWithoutNeutrons(t *testing.T) {
	m := exampleMap
	for _, name := range []string{"neutron1", "neutron_background_mcps", "counter", "elapsed"} {
		i := strings.Index(m, "[[point]]\nname  = \""+name)
		j := strings.Index(m[i+1:], "[[point]]")
		if j < 0 {
			m = m[:i]
		} else {
			m = m[:i] + m[i+1+j:]
		}
	}
	r := newRig(t, "hold = \"0s\"\n"+m)
	want := []string{
		"GB [1655 0] [0 0] 0 mcps=0 no=0 []",
		"GS [331 0] [0 0] 500 mcps=0 no=0 []", "GS [331 0] [0 0] 500 mcps=0 no=0 []", "GS [331 0] [0 0] 500 mcps=0 no=0 []; GX [0 0] [0 0] 0 mcps=0 no=1 []",
		"GS [331 0] [0 0] 500 mcps=0 no=0 []", "GS [331 0] [0 0] 500 mcps=0 no=0 []; GX [0 0] [0 0] 0 mcps=0 no=2 []",
	}
	for i, on := range []uint16{0, 1, 1, 0, 1, 0} {
		r.set(0, 0x0100+on)
		if got := r.poll(); got != want[i] {
			t.Errorf("reading %d: %s\nwant %s", i, got, want[i])
		}
	}
}

func TestMapsAreChecked(t *testing.T) {
	for _, row := range []struct{ name, from, to, want string }{
		{"an unknown name", `"gamma1"`, `"gama1"`, `point "gama1": want occupied`},
		{"a panel without its digit", `"gamma1"`, `"gamma"`, `point "gamma": want occupied`},
		{"a state as a number", `off   = 9`, "off   = 9\n[[point]]\nname = \"tamper\"\nblock = \"all\"\noff = 9", "a state is a bit"},
		{"a number as a bit", `off   = 6
type  = "u16"`, `off   = 6`, `point "neutron1" of type bit`},
		{"beyond the block", `count = 12`, `count = 9`, "lies beyond its block"},
		{"neutrons without a background", `"neutron_background_mcps"`, `"speed_mms"`, "go together"},
		{"no occupied bit", `"occupied"`, `"tamper"`, `no point "occupied"`},
		{"no background", `"background1"    # it counts tenths`, `"gamma2"`, `no point "background1"`},
		{"a debounce", `bit   = 4`, "bit   = 4\ndebounce = \"2/3\"", "mean nothing here"},
		{"polled too seldom", `interval = "500ms"`, "interval = \"200ms\"\npoll = \"500ms\"", "longer than the 200ms"},
		{"a fault without a name", `"fault_detector"`, `"fault_"`, `point "fault_"`},
	} {
		m := strings.Replace(exampleMap, row.from, row.to, 1)
		if m == exampleMap {
			t.Fatalf("%s: nothing replaced", row.name)
		}
		if _, _, err := NewVirtual(devicestest.Settings(t, Kind, "", m), modbus.NewBank()); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
	if _, _, err := NewVirtual(devicestest.Settings(t, Kind, "", lines("")), modbus.NewBank()); err == nil {
		t.Error("lines are taken for registers")
	}
	if _, err := NewSession(devicestest.Settings(t, Kind, "", exampleMap), devices.Env{}); err == nil {
		t.Error("registers are taken for lines")
	}
	for settings, want := range map[string]bool{lines(""): false, exampleMap: true} {
		if polled, err := Polled(devicestest.Settings(t, Kind, "", settings)); err != nil || polled != want {
			t.Errorf("polled %v, %v", polled, err)
		}
	}
}

func TestRegistersThatAreNotThere(t *testing.T) {
	r := newRig(t, exampleMap)
	r.unit.regs = modbus.NewBank()
	var out devices.Out
	if err := r.unit.Poll(t.Context(), start, &out); !devices.IsPermanent(err) {
		t.Errorf("got %v, want a permanent error", err)
	}
	r = newRig(t, "retries = 1\n"+exampleMap)
	r.next()
	r.bank.Fail = func() error { return errors.New("timed out") }
	if got := r.poll(); got != "" {
		t.Errorf("one lost request: %s", got)
	}
	if got := r.poll(); !strings.HasPrefix(got, "error: no answer to 2 requests") {
		t.Errorf("two lost requests: %s", got)
	}
}
