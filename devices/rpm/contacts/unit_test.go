package contacts

import (
	"errors"
	"fmt"
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

// rig is a module in memory: inputs 0 to 3, of which the last is open when something is
// wrong.
type rig struct {
	t    *testing.T
	bank *modbus.Bank
	unit *Unit
	now  time.Time
	out  devices.Out
}

func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	r := &rig{t: t, bank: modbus.NewBank(), now: start}
	r.set("o g n F")
	var err error
	if r.unit, _, err = NewVirtual(devicestest.Settings(t, Kind, "", settings), r.bank); err != nil {
		t.Fatal(err)
	}
	return r
}

// set closes the contacts that are written as capitals.
func (r *rig) set(contacts string) {
	for i, c := range strings.Fields(contacts) {
		v := uint16(0)
		if c != strings.ToLower(c) {
			v = 1
		}
		r.bank.Set(modbus.Discrete, uint16(i), v)
	}
}

// run lets time pass and gives what is told, with the time of each.
func (r *rig) run(d time.Duration) string {
	r.t.Helper()
	var all []string
	for end := r.now.Add(d); r.now.Before(end); r.now = r.now.Add(50 * time.Millisecond) {
		r.out.Reset()
		if err := r.unit.Poll(r.t.Context(), r.now, &r.out); err != nil {
			return "error: " + err.Error()
		}
		for _, o := range r.out.Obs {
			at := r.now.Sub(start).Milliseconds()
			switch b := o.Body.(type) {
			case *obs.Health:
				all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s", at, b.State, b.Reason)))
			case *obs.Radiation:
				s := fmt.Sprintf("%d %s", at, b.Tag)
				if b.Occupied {
					s += " occupied"
				}
				for _, w := range append(b.Setup, b.Fault) {
					if w != "" {
						s += " " + w
					}
				}
				for _, f := range b.Flags {
					s += " " + string(f)
				}
				if b.Alarm != (len(b.Setup) > 0) {
					r.t.Errorf("alarm %v with %q", b.Alarm, b.Setup)
				}
				all = append(all, s)
			}
		}
	}
	return strings.Join(all, "; ")
}

func TestAVehicle(t *testing.T) {
	r := newRig(t, "")
	for _, row := range []struct {
		contacts string
		lasts    time.Duration
		want     string
	}{
		{"o g n F", time.Second, "0 DC"},
		{"O g n F", 50 * time.Millisecond, ""}, // one reading is none
		{"o g n F", 450 * time.Millisecond, ""},
		{"O g n F", 1500 * time.Millisecond, "1550 DC occupied; 2550 DC occupied"},
		{"O G n F", 500 * time.Millisecond, "3000 DC occupied gamma"},
		{"o g N F", 500 * time.Millisecond, "3500 DC occupied neutron"}, // between lorry and trailer
		{"O g n F", 500 * time.Millisecond, "4000 DC occupied"},
		{"o G n F", 3 * time.Second, "4500 DC occupied gamma; 5500 DC occupied gamma; 6450 DC"}, // and it stays closed
		{"o G n F", 6 * time.Second, "11450 DC"},
		{"o g n F", time.Second, ""},
		{"o G n F", 12 * time.Second, "14500 DC gamma; 15500 DC gamma; 16500 DC gamma; 17500 DC gamma; 18500 DC gamma; 19500 DC gamma; 20500 DC gamma; 21500 DC gamma; 22500 DC gamma; 23500 DC gamma; 24500 DC"},
		{"O G n F", 100 * time.Millisecond, "26550 DC occupied gamma"}, // it still counts for whoever comes
	} {
		r.set(row.contacts)
		if got := r.run(row.lasts); got != row.want {
			t.Errorf("%s: %s\nwant %s", row.contacts, got, row.want)
		}
	}
}

func TestFaults(t *testing.T) {
	r := newRig(t, "")
	r.run(time.Second)
	r.set("o g n f") // the relay has let go, or its wire is cut
	if got := r.run(100 * time.Millisecond); got != "1000 degraded portal_fault; 1000 DC portal_fault" {
		t.Errorf("got %s", got)
	}
	r.set("o g n F")
	if got := r.run(100 * time.Millisecond); got != "1100 online; 1100 DC" {
		t.Errorf("got %s", got)
	}

	t.Run("chatter", func(t *testing.T) {
		r := newRig(t, "")
		r.run(time.Second)
		var all string
		for range 12 {
			r.set("O g n F")
			all += r.run(200 * time.Millisecond)
			r.set("o g n F")
			all += r.run(200 * time.Millisecond)
		}
		if !strings.Contains(all, "degraded chatter of occupied") || !strings.Contains(all, "DC occupied chatter of occupied") {
			t.Errorf("got %s", all)
		}
	})
	t.Run("ten vehicles in a minute are no chatter", func(t *testing.T) {
		r := newRig(t, "")
		r.run(time.Second)
		for range 10 {
			r.set("O g n F")
			got := r.run(3 * time.Second)
			r.set("o g n F")
			if got += r.run(3 * time.Second); strings.Contains(got, "chatter") {
				t.Fatal(got)
			}
		}
	})
	t.Run("a wire break that the module tells", func(t *testing.T) {
		r := newRig(t, strings.ReplaceAll(exampleMap, "lane.device.settings.", ""))
		r.bank.Set(modbus.Input, 0x0030, 0b1000)
		r.bank.Set(modbus.Input, 0x0031, 0)
		if got := r.run(50 * time.Millisecond); got != "0 DC" {
			t.Errorf("got %s", got)
		}
		r.bank.Set(modbus.Input, 0x0030, 0b1011)
		r.bank.Set(modbus.Input, 0x0031, 0b10)
		if got := r.run(50 * time.Millisecond); got != "50 degraded wire break of gamma; 50 DC gamma wire break of gamma" {
			t.Errorf("got %s", got)
		}
	})
}

func TestWhoeverIsInThePortalAtFirstWasNotSeenToCome(t *testing.T) {
	r := newRig(t, "hold = \"0s\"")
	r.set("O g n F")
	if got := r.run(100 * time.Millisecond); got != "0 DC occupied truncated" {
		t.Errorf("got %s", got)
	}
	r.set("o g n F")
	r.run(time.Second)
	r.set("O g n F")
	if got := r.run(200 * time.Millisecond); got != "1150 DC occupied" {
		t.Errorf("the next one: %s", got)
	}
}

func TestAVehicleThatCameWhileNothingWasReadWasNotSeenToCome(t *testing.T) {
	r := newRig(t, "")
	r.run(time.Second)
	r.now = r.now.Add(1200 * time.Millisecond)
	r.set("O g n F")
	if got := r.run(100 * time.Millisecond); got != "2250 DC occupied truncated" {
		t.Errorf("got %s", got)
	}
}

func TestTheModule(t *testing.T) {
	r := newRig(t, "retries = 1")
	r.run(100 * time.Millisecond)
	r.bank.Fail = func() error { return errors.New("timed out") }
	if got := r.run(50 * time.Millisecond); got != "" {
		t.Errorf("one lost request: %s", got)
	}
	if got := r.run(50 * time.Millisecond); !strings.HasPrefix(got, "error: no answer to 2 requests") {
		t.Errorf("two lost requests: %s", got)
	}
	r = newRig(t, "addr = 100")
	if err := r.unit.Poll(t.Context(), start, &r.out); !devices.IsPermanent(err) {
		t.Errorf("inputs that are not there: %v", err)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, row := range [][2]string{
		{`inputs = ["occupied", "gamma", "fault"]`, `no contact "neutron"`},
		{`inputs = ["occupied", "gamma", "neutron", "fault", "door"]`, `point "door"`},
		{`invert = ["fault", "gama"]`, `"gama" is not among the inputs`},
		{`table = "input"`, "holds no bits"},
		{`poll = "1s"`, "poll 1s"}, {`hold = "11s"`, "hold 11s"}, {`retries = 11`, "retries 11"},
		{"[[block]]\nid = \"in\"\ntable = \"input\"\ncount = 1", "source is missing"},
		{"addr = 3\n[[block]]\nid = \"in\"\ntable = \"input\"\ncount = 1", "use points"},
		{strings.Replace(strings.ReplaceAll(exampleMap, "lane.device.settings.", ""), `"break_gamma"`, `"break_door"`, 1), `point "break_door"`},
		{strings.Replace(strings.ReplaceAll(exampleMap, "lane.device.settings.", ""), `bit    = 1`, "type = \"u16\"", 1), "want a bit"},
	} {
		_, err := New(devicestest.Settings(t, Kind, "modbus+tcp:h:502", row[0]), devices.Env{})
		if err == nil || !strings.Contains(err.Error(), row[1]) {
			t.Errorf("%s: %v", row[0], err)
		}
	}
}

// Whatever the contacts do, nobody is told to be vacant while the contact is closed for two
// readings, and every alarm that closes is told.
func FuzzContacts(f *testing.F) {
	f.Add([]byte{8, 9, 9, 11, 9, 8, 8, 12, 8})
	f.Add([]byte{9, 9, 8, 1, 1, 0, 8})
	f.Fuzz(func(t *testing.T, p []byte) {
		bank := modbus.NewBank()
		u, every, err := NewVirtual(devicestest.Settings(t, Kind, "", ""), bank)
		if err != nil {
			t.Fatal(err)
		}
		now := start
		was := byte(8)
		for n, b := range p {
			for i := range uint16(4) {
				bank.Set(modbus.Discrete, i, uint16(b>>i&1))
			}
			var out devices.Out
			if err := u.Poll(t.Context(), now, &out); err != nil {
				t.Fatal(err)
			}
			closed := b &^ was & 0b110
			if n == 0 {
				closed = b & 0b110
			}
			if closed != 0 && (len(out.Obs) == 0 || !out.Obs[len(out.Obs)-1].Body.(*obs.Radiation).Alarm) {
				t.Fatalf("reading %d: an alarm contact has closed and is not told", n)
			}
			if n > 0 && b&was&1 == 1 && !u.inside {
				t.Fatalf("reading %d: occupied twice and not told", n)
			}
			if b&8 == 0 && u.fault(now) == "" {
				t.Fatalf("reading %d: the fault contact is not told", n)
			}
			was = b
			now = now.Add(every)
		}
	})
}
