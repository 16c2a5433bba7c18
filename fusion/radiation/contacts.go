package radiation

import (
	"math"
	"slices"
	"time"

	"acsgd/internal/obs"
)

// contacts takes the state of a portal that tells by dry contacts alone (tag DC). Such an
// occupancy has no counts: what it says is what its contacts say.
func (e *Engine) contacts(at time.Time, r *obs.Radiation) (done *Occupancy) {
	e.stated = r.Fault
	if e.cur != nil && !e.cur.Contacts { // the lane's portal was another one until now
		done = e.close("no end line")
		done.Truncated = true
	}
	gamma, neutron := slices.Contains(r.Setup, "gamma"), slices.Contains(r.Setup, "neutron")
	switch {
	case r.Occupied || gamma || neutron:
		o := e.openContacts(at)
		o.VendorAlarm = o.VendorAlarm || gamma || neutron
		o.VendorGamma = o.VendorGamma || gamma
		o.VendorNeut = o.VendorNeut || neutron
		o.NeutronAlarm = o.NeutronAlarm || neutron
		e.fault(e.Fault())
		e.flags(r)
	case e.cur != nil:
		e.fault(e.Fault())
		e.flags(r)
		e.number, e.numbered = e.number+1, true
		e.cur.Number, e.cur.Boot, e.cur.End = e.number, e.boot, at
		done = e.close("")
		e.lost = ""
	default:
		e.lost = ""
	}
	return done
}

// openContacts begins an occupancy without counts if none is open.
func (e *Engine) openContacts(at time.Time) *Occupancy {
	e.run.heard = at
	if e.cur != nil {
		return e.cur
	}
	e.cur = &Occupancy{Start: at, Open: true, Boot: e.boot, MaxSigma: math.MinInt32, Contacts: true}
	e.run = run{heard: at, stride: 1, window: 1}
	e.fault(e.Fault())
	return e.cur
}

// Missing says why the portal is not relied on now; "" if it is.
func (e *Engine) Missing() string { return e.lost }

// Lost says that the portal cannot be relied on, and why: its link is gone, or it is silent.
// The open occupancy cannot be judged, nor can one that begins before the portal has been
// heard to be vacant again: what passed meanwhile was not seen. That the portal talks again
// takes nothing back.
func (e *Engine) Lost(why string) {
	e.lost = why
	e.fault(why)
}
