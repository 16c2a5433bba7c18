package fusion

import (
	"time"

	"acsgd/internal/obs"
)

// slack is how far two clocks of one lane may be apart before order is believed.
const slack = 500 * time.Millisecond

// early is how long before a passage's first sight an instrument further up may have seen
// the same vehicle.
const early = 2 * time.Minute

// instrument finds the lane's description of a source; nil if it is not in the parameters.
func (c *Core) instrument(name string) *Instrument {
	for i := range c.s.Params.Devices {
		if c.s.Params.Devices[i].Name == name {
			return &c.s.Params.Devices[i]
		}
	}
	return nil
}

// slotOf gives the slot of a source in a passage; nil if it has not contributed.
func (v *visit) slotOf(source string) *slot {
	for i := range v.Slots {
		if v.Slots[i].Source == source {
			return &v.Slots[i]
		}
	}
	return nil
}

func (v *visit) open(source string, at time.Time) *slot {
	if s := v.slotOf(source); s != nil {
		return s
	}
	v.Slots = append(v.Slots, slot{Source: source, Start: at})
	return &v.Slots[len(v.Slots)-1]
}

// find gives the passage that a record of instrument d, beginning at "at", belongs to; nil
// if it belongs to none that is known.
//
// Vehicles keep their order in a lane, so the oldest passage takes the record unless
//   - it has its record of this instrument already, or a passage behind it has;
//   - it was first seen after the record began (unless the instrument stands further up);
//   - it had left by then;
//   - it had been seen further down by then: its front had passed this instrument;
//   - the passage behind it was already over a sensor that stands less than the shortest
//     vehicle away from this one: then the foremost had passed it.
func (c *Core) find(d *Instrument, at time.Time) *visit {
	for i, v := range c.s.Open {
		if c.eligible(d, at, i, v) {
			return v
		}
	}
	return nil
}

func (c *Core) eligible(d *Instrument, at time.Time, i int, v *visit) bool {
	if s := v.slotOf(d.Name); s != nil && s.Done {
		return false
	}
	lead := slack
	if d.Station < v.FirstAt {
		lead = early
	}
	if at.Before(v.First.Add(-lead)) {
		return false
	}
	if !v.Closed.IsZero() && at.After(v.Closed) {
		return false
	}
	if c.beyond(d, at, v) {
		return false
	}
	for _, behind := range c.s.Open[i+1:] {
		if behind.slotOf(d.Name) != nil {
			return false
		}
		near := d.Station - behind.FirstAt
		if near >= 0 && near <= c.s.Params.MinLength && !at.Before(behind.First) {
			return false
		}
	}
	return true
}

// overhang is how far the first axle may stand behind a vehicle's front.
const overhang = 3000

// beyond reports whether the vehicle was seen so far down the lane before "at" that a
// record of d cannot begin with it any more.
func (c *Core) beyond(d *Instrument, at time.Time, v *visit) bool {
	for k := range v.Slots {
		s := &v.Slots[k]
		if s.Source == d.Name || !s.Start.Before(at.Add(-slack)) {
			continue
		}
		if o := c.instrument(s.Source); o != nil && o.Station >= d.Station+overhang {
			return true
		}
	}
	return false
}

// late gives the closed passage that a record belongs to by its time; nil if none. Order
// was kept in the lane, so as in find the oldest that may have it takes it.
func (c *Core) late(d *Instrument, at time.Time) *visit {
	for _, v := range c.s.Recent {
		if s := v.slotOf(d.Name); s != nil && s.Done {
			continue
		}
		end := v.LastSight.Add(dwellMax) // what is closed much later was not here for all that time
		if v.Closed.Before(end) {
			end = v.Closed
		}
		if !at.Before(v.First.Add(-slack)) && !at.After(end) && !c.beyond(d, at, v) {
			return v
		}
	}
	return nil
}

// sighted notes that a vehicle was seen by an instrument.
func (v *visit) sighted(d *Instrument, at time.Time) {
	if at.Before(v.First) {
		v.First, v.FirstAt = at, d.Station
	}
	if at.After(v.LastSight) {
		v.LastSight = at
	}
}

// duplicate reports whether an observation was seen before: its source's numbers only grow
// while a process runs, and begin again at 1 after a restart.
func (c *Core) duplicate(o *obs.Observation) bool {
	if o.Seq == 0 {
		return false
	}
	for i := range c.s.Last {
		l := &c.s.Last[i]
		if l.Source != o.Source {
			continue
		}
		if o.Seq <= l.Seq && !o.Stamp.Arrived.After(l.At) {
			return true
		}
		l.Seq, l.At = o.Seq, o.Stamp.Arrived
		return false
	}
	c.s.Last = append(c.s.Last, lastSeen{o.Source, o.Seq, o.Stamp.Arrived})
	return false
}

// byID finds a passage, open or recent.
func (c *Core) byID(id string) *visit {
	if id == "" {
		return nil
	}
	for _, v := range c.s.Open {
		if v.ID == id {
			return v
		}
	}
	for _, v := range c.s.Recent {
		if v.ID == id {
			return v
		}
	}
	return nil
}
