package radiation

import (
	"bytes"
	"testing"
	"time"

	"acsgd/internal/obs"
)

// single is a portal with one total of each kind, whose background is in its first panel.
func (p *portal) single(tag string, n int32, flags ...obs.Flag) {
	r := obs.Radiation{Tag: tag, Occupied: true, Interval: 200, Flags: flags}
	switch tag {
	case "GB":
		r = obs.Radiation{Tag: tag, Gamma: [4]int32{n}}
	case "NB":
		r = obs.Radiation{Tag: tag, Neutron: [4]int32{n / 1000}, Background: int64(n)}
	case "NS":
		r.Neutron[0], r.Interval = n, 1000
	default:
		r.Gamma[0] = n
	}
	p.now = p.now.Add(200 * time.Millisecond)
	p.feed(r)
}

func TestAPortalWithOneTotal(t *testing.T) {
	p := &portal{e: New(Config{}), now: day, next: 1}
	p.single("GB", 1655)
	p.single("NB", 2625)
	if n, ok := p.e.neutrons.mcps(); !ok || n != 2625 {
		t.Errorf("neutron background %d mcps, want 2625 as told", n)
	}
	if p.e.set.Windowed {
		t.Error("it is taken for a portal with energy windows, which has another threshold")
	}
	for range 6 {
		p.single("GS", 331, obs.IntervalUnknown)
	}
	p.single("NS", 3)
	// (5*331 + d) against 1655 counts: five standard deviations are 203.4.
	p.single("GS", 331+203)
	p.single("GS", 331)
	p.end()
	o := p.last(t)
	if o.Fault != "" || o.GammaAlarm || o.MaxSigma != 4989 || o.Group != "sum" || !o.IntervalUnknown || !o.HasBG {
		t.Errorf("just below the threshold: %+v", o)
	}
	p.single("GB", 1655)
	for range 6 {
		p.single("GS", 331)
	}
	p.single("GS", 331+204)
	p.single("NS", 60)
	p.end()
	if o := p.last(t); !o.GammaAlarm || !o.NeutronAlarm || o.IntervalUnknown {
		t.Errorf("above it: %+v", o)
	}
}

func TestStatedFaultsStandUntilTakenBack(t *testing.T) {
	p := newPortal(Config{})
	pass := func() *Occupancy {
		p.slices(20, 80)
		p.end()
		p.background(1)
		return p.last(t)
	}
	p.feed(obs.Radiation{Tag: "FT", Fault: "overload"})
	for range 2 {
		if o := pass(); o.Fault != "overload" {
			t.Errorf("fault %q, want overload", o.Fault)
		}
	}
	p.feed(obs.Radiation{Tag: "FC"})
	if o := pass(); o.Fault != "" {
		t.Errorf("fault %q after it was taken back", o.Fault)
	}
	p.slices(10, 80)
	p.feed(obs.Radiation{Tag: "FT", Fault: "overload", Occupied: true})
	p.feed(obs.Radiation{Tag: "FC", Occupied: true})
	if o := pass(); o.Fault != "overload" {
		t.Errorf("a fault that came and went in the occupancy: %q", o.Fault)
	}
}

// What was lost stays lost until the portal is heard to be vacant, or to end an occupancy.
func TestALostPortalIsNotReliedOn(t *testing.T) {
	for _, row := range []struct {
		name  string
		after func(p *portal)
		want  string
	}{
		{"slices at once", func(*portal) {}, "silent"},
		{"a background first", func(p *portal) { p.background(1) }, ""},
		{"the occupancy before has ended", func(p *portal) { p.slices(10, 80); p.end() }, ""},
		{"a speed tells nothing", func(p *portal) { p.feed(obs.Radiation{Tag: "SP", Speed: 1200, Occupied: true}) }, "silent"},
	} {
		p := newPortal(Config{})
		p.e.Lost("silent")
		if p.e.Missing() != "silent" {
			t.Fatal("not missing")
		}
		row.after(p)
		p.slices(20, 80)
		p.end()
		if o := p.last(t); o.Fault != row.want {
			t.Errorf("%s: fault %q, want %q", row.name, o.Fault, row.want)
		}
		if p.e.Missing() != "" {
			t.Errorf("%s: still missing", row.name)
		}
	}
	p := newPortal(Config{})
	p.slices(20, 80)
	p.e.Lost("silent")
	p.slices(20, 80)
	p.end()
	if o := p.last(t); o.Fault != "silent" {
		t.Errorf("lost in the middle: %q", o.Fault)
	}
}

func TestContacts(t *testing.T) {
	p := &portal{e: New(Config{}), now: day}
	tell := func(occupied bool, fault string, words ...string) {
		p.now = p.now.Add(time.Second)
		p.feed(obs.Radiation{Tag: "DC", Occupied: occupied, Setup: words, Alarm: len(words) > 0, Fault: fault})
	}
	tell(false, "")
	tell(true, "")
	if o := p.e.Current(); o == nil || !o.Contacts || o.Fault != "" {
		t.Fatalf("open: %+v", o)
	}
	state, err := p.e.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := New(Config{})
	if err := again.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	if b, err := again.MarshalBinary(); err != nil || !bytes.Equal(b, state) {
		t.Errorf("the snapshot comes back as %s, was %s", b, state)
	}
	p.e = again
	tell(false, "")
	if o := p.last(t); o.Fault != "" || o.VendorAlarm || o.Number != 1 || o.Truncated {
		t.Errorf("quiet: %+v", o)
	}
	tell(true, "", "gamma")
	tell(true, "portal_fault")
	tell(true, "")
	tell(false, "")
	if o := p.last(t); !o.VendorGamma || o.NeutronAlarm || o.Fault != "portal_fault" || o.Number != 2 {
		t.Errorf("an alarm and a fault: %+v", o)
	}
	tell(false, "", "neutron") // nobody is there
	tell(false, "")
	if o := p.last(t); !o.VendorNeut || !o.NeutronAlarm || o.VendorGamma {
		t.Errorf("an alarm without a vehicle: %+v", o)
	}
	tell(true, "")
	p.now = p.now.Add(31 * time.Second)
	if o := p.e.Tick(p.now); o == nil || o.Fault != "no end line" || !o.Truncated {
		t.Errorf("contacts that are not told any more: %+v", o)
	}
}
