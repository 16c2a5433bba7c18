package fusion

import (
	"math"
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

// open gives the slot of an instrument in a passage, new if it contributes for the first time.
func (c *Core) open(v *visit, d *Instrument, at time.Time) *slot {
	if s := v.slotOf(d.Name); s != nil {
		return s
	}
	v.Slots = append(v.Slots, slot{Source: d.Name, Start: at})
	s := &v.Slots[len(v.Slots)-1]
	c.certify(v, s, d, at)
	return s
}

// find gives the passage that a record of instrument d, beginning at "at", belongs to; nil
// if it belongs to none that is known.
//
// Vehicles keep their order in a lane, so the oldest passage takes the record unless
//   - it has its record of this instrument already, or a passage behind it has;
//   - it was first seen after the record began (unless the instrument stands further up),
//     or so shortly before that it cannot have come this far;
//   - it had left by then;
//   - it had been seen further down by then: its front had passed this instrument; or it
//     stood at the barrier, and one behind it can have come here;
//   - the passage behind it was already over a sensor that stands less than the shortest
//     vehicle away from this one: then the foremost had passed it.
//
// A passage that is measured again takes the first record that comes.
func (c *Core) find(d *Instrument, at time.Time) *visit {
	for i, v := range c.s.Open {
		if s := v.slotOf(d.Name); i == len(c.s.Open)-1 && v.measuredAgain() && s != nil && !s.Done && !at.Before(v.Again) {
			return v
		}
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
	if at.Before(v.First.Add(-lead)) || v.tooFar(d, at) {
		return false
	}
	if !v.Closed.IsZero() && at.After(v.Closed) {
		return false
	}
	if c.beyond(d, at, v) {
		return false
	}
	stands := d.Class == "rpm" && !v.AtBarrier.IsZero() && v.AtBarrier.Before(at.Add(-slack))
	for _, behind := range c.s.Open[i+1:] {
		if behind.slotOf(d.Name) != nil || stands && !behind.tooFar(d, at) {
			return false
		}
		near := d.Station - behind.FirstAt
		if near >= 0 && near <= c.s.Params.MinLength && !at.Before(behind.First) {
			return false
		}
	}
	return true
}

// fastest is the speed, in mm/s, that no vehicle in a lane exceeds.
const fastest = 15_000

// tooFar reports whether the vehicle cannot have come to instrument d by "at", as it was
// first seen further up just before, or after.
func (v *visit) tooFar(d *Instrument, at time.Time) bool {
	way := time.Duration(d.Station - v.FirstAt)
	return way > 0 && at.Add(slack).Before(v.First.Add(way*time.Second/fastest))
}

// overhang is how far the first axle may stand behind a vehicle's front.
const overhang = 3000

// longest is longer than any vehicle: how far its front may be beyond a camera that reads
// the plate at its rear.
const longest = 25_000

// beyond reports whether the vehicle was so far down the lane before "at" that a record of
// d cannot begin with it any more.
func (c *Core) beyond(d *Instrument, at time.Time, v *visit) bool {
	at = at.Add(-slack)
	limit := d.Station + overhang
	switch {
	case d.Class == "anpr" && (d.Role == string(obs.Rear) || d.Role == string(obs.Trailer)):
		limit += longest
	case d.Class == "rpm": // in a portal that the vehicle still stands in a record may begin at any time
		return c.front(v, at, d.Name, false) >= limit
	case d.Class != "anpr" && !v.AtBarrier.IsZero() && v.AtBarrier.Before(at) && !v.measuredAgain():
		return true
	}
	return c.front(v, at, d.Name, true) >= limit
}

// front is how far down the lane a vehicle's front was at least at a time, by the records
// that had begun by then, and where whole is true also by those that had ended by then and
// tell its length. Instrument except is left out.
func (c *Core) front(v *visit, at time.Time, except string, whole bool) int32 {
	far := int32(math.MinInt32)
	for k := range v.Slots {
		s := &v.Slots[k]
		o := c.instrument(s.Source)
		if s.Source == except || o == nil || !s.Start.Before(at) {
			continue
		}
		far = max(far, o.Station)
		if whole && s.Done && s.End.Before(at) {
			far = max(far, o.Station+v.extent(o.Class))
		}
	}
	return far
}

// extent is how far in front of an instrument a vehicle's front stands at least when the
// record of this class ends; 0 is unknown.
func (v *visit) extent(class string) int32 {
	switch class {
	case "dims":
		if v.Size != nil && usable(v.Size.Flags) == "" {
			return int32(v.Size.Length - v.Size.ULength)
		}
	case "wim":
		var span int32
		for i := range v.Axles {
			span += int32(v.Axles[i].Gap - v.Axles[i].UGap)
		}
		return span
	}
	return 0
}

// measuredAgain reports whether an officer has ordered new measurements that are not there
// yet.
func (v *visit) measuredAgain() bool { return !v.Again.IsZero() && !v.Final }

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

// duplicate reports whether an observation is one of the newest of its source: equal in
// number and arrival. Numbers alone do not tell, as they begin again at 1 with the process,
// nor does the order of arrivals, as our clock may have been set back meanwhile.
func (c *Core) duplicate(o *obs.Observation) bool {
	if o.Seq == 0 {
		return false
	}
	var l *lastSeen
	for i := range c.s.Last {
		if c.s.Last[i].Source == o.Source {
			l = &c.s.Last[i]
		}
	}
	if l == nil {
		c.s.Last = append(c.s.Last, lastSeen{Source: o.Source, Marks: make([]mark, 0, maxMarks)})
		l = &c.s.Last[len(c.s.Last)-1]
	}
	m := mark{o.Seq, o.Stamp.Arrived}
	for i := range l.Marks {
		if l.Marks[i].Seq == m.Seq && l.Marks[i].At.Equal(m.At) {
			return true
		}
	}
	if len(l.Marks) < maxMarks {
		l.Marks = append(l.Marks, m)
		return false
	}
	l.Marks[l.Next] = m
	l.Next = (l.Next + 1) % maxMarks
	return false
}

// stepped is how far the lane's time, which never goes back, must be ahead of our clock for
// the clock to have been set back: nothing waits so long between its arrival and the core.
const stepped = time.Minute

// straighten moves an observation that was stamped by a clock that has been set back on to
// the lane's time, with all its times: else the next vehicle would be taken for late data
// of those that passed at the same hour before.
func (c *Core) straighten(o *obs.Observation) {
	behind := c.s.Now.Sub(o.Stamp.Arrived)
	if o.Stamp.Arrived.IsZero() || behind < stepped {
		c.s.Behind = 0
		return
	}
	if c.s.Behind == 0 { // kept for as long as the clock is behind: spacings stay true
		c.s.Behind = behind
		c.event(nil, "fault", 2, "the clock was set back by "+behind.Round(time.Second).String())
	}
	move(o, c.s.Behind)
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
