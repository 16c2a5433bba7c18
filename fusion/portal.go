package fusion

import (
	"strings"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// radiation takes one line of the portal.
func (c *Core) radiation(d *Instrument, o *obs.Observation, r *obs.Radiation) {
	e := &c.s.Radiation
	closed := e.Feed(o.Stamp.At, r)
	c.portalFault(d, o.Stamp.At, e.Standing())
	if closed != nil {
		c.portalDone(d, closed)
	}
	cur := e.Current()
	if cur == nil {
		return
	}
	v := c.byID(c.s.Portal)
	if v == nil {
		v = c.find(d, cur.Start)
		if _, loop := c.on(loopEntry); v == nil && loop {
			v = c.again(d, cur.Start) // no loop has told of another vehicle
		}
		if v == nil {
			v = c.late(d, cur.Start)
		}
		if v == nil {
			v = c.begin(d, cur.Start)
		}
		c.s.Portal = v.ID
		c.open(v, d, cur.Start)
		v.Lines = append(v.Lines, c.s.Seq)
		if v.Phase == Approaching {
			v.Phase = Measuring
		}
	}
	v.sighted(d, o.Stamp.At)
	alarm := alarms(cur)
	if v.Radiation == nil || v.Radiation.Open || alarm {
		v.passed(cur)
	}
	if alarm && !v.Alarmed || cur.NeutronAlarm && !v.Neutrons {
		v.Alarmed, v.Neutrons = true, v.Neutrons || cur.NeutronAlarm
		v.Lines = append(v.Lines, c.s.Seq)
		c.takes(v)
		kind := "gamma"
		if cur.NeutronAlarm {
			kind = "neutron"
		}
		c.note(v, Alarm, "radiation", 1, kind+" alarm")
	}
	c.mark(v)
}

// portalFault shows a fault that the portal has, by what it sends, as the state of the
// device: it answers, and it is not well.
func (c *Core) portalFault(d *Instrument, at time.Time, fault string) {
	for i := range c.s.Lane.Devices {
		st := &c.s.Lane.Devices[i]
		if st.Name != d.Name || st.Fault == fault {
			continue
		}
		was := st.Fault
		st.Fault = fault
		switch {
		case fault != "" && (st.State == obs.Online || st.State == obs.Degraded && st.Reason == was):
			c.becomes(d, st, at, obs.Degraded, fault)
		case fault == "" && st.State == obs.Degraded && st.Reason == was:
			c.becomes(d, st, at, obs.Online, "")
		default:
			return // it is worse off than that
		}
		c.status()
	}
}

// portalLost notes that the portal is cut off, silent or in trouble: what passes it now is
// not judged by it, also if it comes back before the vehicle has gone.
func (c *Core) portalLost(d *Instrument, st *DeviceState) {
	why := d.Name + " is " + string(st.State) + reason(st.Reason)
	c.s.Radiation.Lost(why)
	for _, v := range c.s.Open {
		if s := v.slotOf(d.Name); s == nil || !s.Done {
			v.Unwatched = why
			c.takes(v)
		}
	}
}

// portalDone takes the end of an occupancy to the passage that it belongs to.
func (c *Core) portalDone(d *Instrument, done *radiation.Occupancy) {
	v := c.byID(c.s.Portal)
	c.s.Portal = ""
	if v == nil {
		return
	}
	v.passed(done)
	c.passedAgain(v, done)
	v.Lines = append(v.Lines, c.s.Seq)
	if d == nil {
		d = c.portalDevice()
	}
	if d != nil {
		s := c.open(v, d, done.Start)
		s.End, s.Done = done.End, true
	}
	c.takes(v)
	if alarms(done) && !v.Alarmed {
		v.Alarmed = true // of a test that needs the whole occupancy
		c.note(v, Alarm, "radiation", 1, "gamma alarm of our test of the whole occupancy: "+strings.Join(done.Analysis.Alarms(nil), ", "))
	}
	text := "no alarm"
	if alarms(done) {
		text = "alarm"
	}
	if done.Fault != "" {
		text += ", " + done.Fault
	}
	c.note(v, Updated, "portal", 0, text)
	c.sharing()
}

// replaced makes the engine forget a portal that is not the lane's any more by the parameters
// that follow.
func (c *Core) replaced(by *Params) {
	if c.s.Params == nil {
		return
	}
	was, is := c.portalDevice(), by.portal()
	if was == nil || is != nil && was.Name == is.Name && was.Driver == is.Driver {
		return
	}
	if done := c.s.Radiation.Renew("the portal was replaced"); done != nil {
		c.portalDone(was, done)
	}
}

// portalDevice is the lane's portal; nil if it has none.
func (c *Core) portalDevice() *Instrument { return c.s.Params.portal() }

func (p *Params) portal() *Instrument {
	for i := range p.Devices {
		if p.Devices[i].Class == "rpm" {
			return &p.Devices[i]
		}
	}
	return nil
}

// inside is how far beyond the portal's middle a vehicle's front must be for it to have
// been in the portal.
const inside = 500

// sharing looks for vehicles that came into the portal before the occupancy of the one
// before them had ended: bumper to bumper two make one occupancy. An alarm concerns both;
// no alarm says nothing of the second.
func (c *Core) sharing() {
	d := c.portalDevice()
	if d == nil {
		return
	}
	for _, list := range [2][]*visit{c.s.Recent, c.s.Open} {
		for _, first := range list {
			s := first.slotOf(d.Name)
			if s == nil || !s.Done || first.Radiation == nil || first.Radiation.Open {
				continue
			}
			for _, v := range c.s.Open {
				if mine := v.slotOf(d.Name); v == first || mine != nil || !first.First.Before(v.First) || !v.First.Before(s.End) {
					continue
				}
				if c.front(v, s.End.Add(-slack), d.Name, true) >= d.Station+inside {
					c.share(d, first, v)
				}
			}
		}
	}
}

// share makes the occupancy of one passage that of the next one too.
func (c *Core) share(d *Instrument, first, v *visit) {
	v.Shared, v.Radiation, v.Lines = first.ID, first.Radiation, append([]uint64(nil), first.Lines...)
	s := c.open(v, d, v.Radiation.End)
	s.End, s.Done = v.Radiation.End, true
	c.takes(v)
	if alarms(v.Radiation) {
		v.Alarmed, v.Neutrons = true, v.Radiation.NeutronAlarm
		c.note(v, Alarm, "radiation", 1, "alarm while in the portal together with "+first.ID)
		return
	}
	c.note(v, Updated, "portal", 0, "in the portal together with "+first.ID)
}

// alarms reports whether the portal or our own tests have given an alarm.
func alarms(o *radiation.Occupancy) bool {
	return o.GammaAlarm || o.VendorAlarm || o.NeutronAlarm || o.Analysis != nil && o.Analysis.Alarm
}

// stronger reports whether occupancy a says more against the load than b.
func stronger(a, b *radiation.Occupancy) bool {
	rank := func(o *radiation.Occupancy) int {
		switch {
		case o.NeutronAlarm:
			return 4
		case o.VendorAlarm:
			return 3
		case alarms(o):
			return 2
		case o.Fault != "":
			return 1
		}
		return 0
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra > rb
	}
	return len(a.Slices) > len(b.Slices)
}

// place puts the peak of the passage's occupancy on the vehicle, once the length is there or
// will not come; nil if that cannot be told. Of two vehicles in one occupancy the length of
// neither tells its times; nor does a record that was cut off, whose peak is where the record was.
func (c *Core) place(v *visit) {
	var at radiation.Place
	ok := false
	if o := v.Radiation; o != nil && !o.Open && o.Analysis != nil && o.Analysis.Peak != nil && !o.Truncated && v.Shared == "" {
		length, wait := quant.Length(0), c.has("dims") && v.Size == nil && !v.Final
		if v.Size != nil && usable(v.Size.Flags) == "" && !c.shares(v) {
			length = v.Size.Length
		}
		if !wait {
			at, ok = radiation.Locate(o, length)
		}
	}
	switch {
	case !ok:
		v.Place = nil
	case v.Place == nil || *v.Place != at:
		v.Place = &at
	}
}

// shares reports whether another vehicle was in the portal together with v.
func (c *Core) shares(v *visit) bool {
	for _, list := range [2][]*visit{c.s.Recent, c.s.Open} {
		for _, x := range list {
			if x.Shared == v.ID {
				return true
			}
		}
	}
	return false
}
