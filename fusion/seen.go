package fusion

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"acsgd/fusion/motion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// seen takes one observation to the passage it belongs to.
func (c *Core) seen(o *obs.Observation) {
	if c.s.Params == nil || c.duplicate(o) {
		return
	}
	d := c.instrument(o.Source)
	if d == nil {
		return // of another lane or a removed device: journaled, not judged
	}
	if h, ok := o.Body.(*obs.Health); ok {
		c.health(d, o, h)
		return
	}
	c.alive(d)
	c.straighten(o)
	if o.Stamp.Origin == obs.DeviceUnsynced && !o.Stamp.Arrived.IsZero() {
		retime(o)
	}
	switch b := o.Body.(type) {
	case *obs.Presence:
		c.presence(d, o, b)
	case *obs.Weighing:
		c.weighing(d, o, b)
	case *obs.Profile:
		c.profile(d, o, b)
	case *obs.Plate:
		c.plate(d, o, b)
	case *obs.Radiation:
		c.radiation(d, o, b)
	}
}

// retime moves an observation whose clock cannot be believed to its arrival, with all the
// times that were taken from that clock: it may stand in another year.
func retime(o *obs.Observation) { move(o, o.Stamp.Arrived.Sub(o.Stamp.At)) }

// move adds shift to the times of an observation. The body is the caller's: it stays as it
// was.
func move(o *obs.Observation, shift time.Duration) {
	o.Stamp.At = o.Stamp.At.Add(shift)
	add := func(t *time.Time) {
		if !t.IsZero() {
			*t = t.Add(shift)
		}
	}
	switch b := o.Body.(type) {
	case *obs.Weighing:
		w := *b
		add(&w.TOn)
		add(&w.TOff)
		o.Body = &w
	case *obs.Profile:
		p := *b
		add(&p.Start)
		add(&p.End)
		o.Body = &p
	}
}

// alive notes that a device was heard; a device that was only "not heard yet" is online.
func (c *Core) alive(d *Instrument) {
	for i := range c.s.Lane.Devices {
		st := &c.s.Lane.Devices[i]
		if st.Name != d.Name {
			continue
		}
		st.Last = c.s.Now
		if st.State == obs.Offline {
			st.State, st.Reason, st.Since = obs.Online, "", c.s.Now
			c.heard(d.Name)
			if st.Fault != "" {
				c.becomes(d, st, c.s.Now, obs.Degraded, st.Fault)
			}
			c.status()
		}
	}
}

func (c *Core) health(d *Instrument, o *obs.Observation, h *obs.Health) {
	for i := range c.s.Lane.Devices {
		st := &c.s.Lane.Devices[i]
		state, reason := h.State, h.Reason
		if state == obs.Online && st.Fault != "" { // its link is well, it is not
			state, reason = obs.Degraded, st.Fault
		}
		if st.Name == d.Name && (st.State != state || st.Reason != reason) {
			c.becomes(d, st, o.Stamp.At, state, reason)
			if d.Class == "rpm" && (h.State == obs.Offline || h.State == obs.Degraded) {
				c.portalLost(d, st)
			}
		}
	}
	c.status()
}

// becomes takes a device's new state.
func (c *Core) becomes(d *Instrument, st *DeviceState, at time.Time, state obs.HealthState, reason string) {
	if st.State != state {
		st.Since = at
	}
	was := st.State
	st.State, st.Reason = state, reason
	if d.Class == "laneio" && state == obs.Offline { // nobody knows where they are now
		c.s.Lane.Barrier, c.s.Lane.Light = "unknown", "unknown"
	}
	prio := 0
	if state == obs.Offline {
		prio = 2
	} else if state == obs.Degraded {
		prio = 3
	}
	// A device that comes and goes is one alarm, not a flood: after it was seen, it is
	// raised again only if it lasts.
	text := st.said()
	flicker := prio == 3 && c.s.Now.Sub(st.Told) < chatter
	alarm, tell := "", was != state
	if !flicker || c.caused(alarmDevice, "", d.Name) >= 0 {
		alarm, tell = c.deviceAlarm(d.Name, prio, text, tell)
	}
	if flicker {
		prio = 0
	} else if prio == 3 {
		st.Told = c.s.Now
	}
	if tell {
		c.tell(nil, Alarm, "device", prio, text, alarm)
	}
}

// said is a device's state as events and alarms say it.
func (st *DeviceState) said() string { return st.Name + " " + string(st.State) + reason(st.Reason) }

// lasting is how long a device must be degraded to be an alarm although it has been one
// lately.
const lasting = 10 * time.Second

// lastsAt is when a degraded device without an alarm will have lasted; zero if there is none.
func (c *Core) lastsAt(st *DeviceState) time.Time {
	if st.State != obs.Degraded || c.caused(alarmDevice, "", st.Name) >= 0 {
		return time.Time{}
	}
	from := st.Since
	if st.Told.After(from) {
		from = st.Told
	}
	return from.Add(lasting)
}

// last raises the alarms of devices that have been degraded for long enough.
func (c *Core) last() {
	for i := range c.s.Lane.Devices {
		st := &c.s.Lane.Devices[i]
		if at := c.lastsAt(st); !at.IsZero() && !c.s.Now.Before(at) {
			st.Told = c.s.Now
			alarm, _ := c.deviceAlarm(st.Name, 3, st.said(), true)
			c.tell(nil, Alarm, "device", 3, st.said(), alarm)
		}
	}
}

// chatter is how long a degraded device is not announced again.
const chatter = 10 * time.Minute

func reason(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

// adopt gives the passage of a record: the one it belongs to, a closed one that late data
// amend, one that rolled back, or a new one.
func (c *Core) adopt(d *Instrument, at time.Time) *visit {
	if v := c.find(d, at); v != nil {
		return v
	}
	if v := c.late(d, at); v != nil {
		return v
	}
	if v := c.repeated(d, at); v != nil {
		return v
	}
	return c.begin(d, at)
}

// takes notes that a record changed the passage: judge it again, and tell if it was closed.
func (c *Core) takes(v *visit) {
	v.judge, v.material = everything, true
	v.late = v.late || !v.Closed.IsZero()
	c.mark(v)
}

// begin opens a passage. Its id is SITE-LANE-SEQ of the input that opened it (D21).
func (c *Core) begin(d *Instrument, at time.Time) *visit {
	if len(c.s.Open) >= maxOpen {
		c.event(nil, "fault", 1, "more than "+strconv.Itoa(maxOpen)+" passages open: the oldest is closed unjudged")
		c.close(c.s.Open[0], "too many passages in the lane")
	}
	p := c.s.Params
	v := &visit{First: at, FirstAt: d.Station, LastSight: at}
	v.Passage = Passage{
		ID:   p.Site + "-" + p.Lane + "-" + strconv.FormatUint(c.s.Seq, 10),
		Lane: p.Lane, Direction: p.Direction, Phase: Approaching, Opened: at,
		Simulated: p.Mode == "simulator", Verdict: undetermined,
	}
	// It is the last, unless those that are known to be behind cannot have come so far yet.
	i := len(c.s.Open)
	for i > 0 && c.s.Open[i-1].tooFar(d, at) && !c.departedSince(at) {
		i--
	}
	c.s.Open = slices.Insert(c.s.Open, i, v)
	v.Orphan = c.s.Now.Sub(at) > dwellMax
	v.Unwatched = c.s.Radiation.Missing()
	v.judge, v.rematch = everything, true
	c.mark(v)
	c.note(v, Opened, "opened", 0, "seen by "+d.Name)
	c.status()
	return v
}

// departedSince reports whether a vehicle has left the lane since "at": then a record that
// nobody takes may be its own, and of nobody who stands there now.
func (c *Core) departedSince(at time.Time) bool {
	n := len(c.s.Recent)
	return n > 0 && !c.s.Recent[n-1].Closed.Before(at)
}

func (c *Core) weighing(d *Instrument, o *obs.Observation, w *obs.Weighing) {
	if w.HasRaw {
		return // a streamed indicator frame says nothing about a vehicle
	}
	if c.hasRecord(d, w) {
		return
	}
	at := w.TOn
	if at.IsZero() {
		at = o.Stamp.At
	}
	v := c.onScale(w)
	if v == nil && w.Axle > 1 { // the records before it are lost: the front is further down
		front := *d
		front.Station += int32(w.Axle-1) * overhang
		v = c.adopt(&front, at)
	} else if v == nil {
		v = c.adopt(d, at)
	}
	s := c.open(v, d, at)
	if s.Start.Before(v.Again) {
		c.weighAgain(v, s, d, at)
	} else if s.Done && w.Axle != 0 { // it rolled back: which weighing is right is not known
		v.Twice = true
		c.takes(v)
		return
	}
	end := w.TOff
	if end.IsZero() {
		end = at
	}
	if end.After(s.End) {
		s.End = end
	}
	v.sighted(d, at)
	v.sighted(d, end)
	if w.Axle == 0 {
		c.weighed(v, s, o, w)
		return
	}
	c.s.Scale = v.ID
	v.Scale = d.Station
	v.putAxle(c.s.Seq, w)
	v.spacings()
	if v.Phase == Approaching {
		v.Phase = Measuring
	}
	v.judge = max(v.judge, axlesOnly)
	c.mark(v)
}

// hasRecord reports whether the scale gave this record before, of a vehicle that it was done
// with: a logger repeats what was not answered, also after a restart of the server. No two
// vehicles cross an edge in the same moment.
func (c *Core) hasRecord(d *Instrument, w *obs.Weighing) bool {
	if w.TOn.IsZero() {
		return false
	}
	for _, list := range [][]*visit{c.s.Open, c.s.Recent} {
		for _, v := range list {
			if s := v.slotOf(d.Name); s != nil && s.Done && v.weighedBy(s, w) {
				return true
			}
		}
	}
	return false
}

// weighedBy reports whether the passage holds this very record of the scale of slot s.
func (v *visit) weighedBy(s *slot, w *obs.Weighing) bool {
	if w.Axle == 0 {
		return v.Gross != nil && v.Gross.Mass == w.Mass && s.End.Equal(w.TOff) && len(v.Axles) == w.Axles
	}
	for i := range v.Track.Edges {
		if e := &v.Track.Edges[i]; e.Axle == w.Axle {
			return e.On.Equal(w.TOn) && e.Off.Equal(w.TOff)
		}
	}
	return false
}

// onScale gives the passage on the scale if the record continues it: a further axle comes
// after those before it in number and in time, the whole vehicle begins with its first one.
// Else the scale's line was broken, and this is another vehicle.
func (c *Core) onScale(w *obs.Weighing) *visit {
	v := c.byID(c.s.Scale)
	if v == nil || w.Axle == 1 {
		return nil
	}
	for i := range v.Track.Edges {
		e := &v.Track.Edges[i]
		switch {
		case w.TOn.IsZero() || e.On.IsZero():
		case w.Axle == 0 && i == 0 && w.TOn.Sub(e.On).Abs() > slack,
			w.Axle == e.Axle && !w.TOn.Equal(e.On),
			w.Axle > e.Axle && !w.TOn.After(e.On),
			w.Axle != 0 && w.Axle < e.Axle && !w.TOn.Before(e.On):
			return nil
		}
	}
	return v
}

// weighAgain makes room for a second weighing that an officer has ordered: axles of two
// weighings never stand together.
func (c *Core) weighAgain(v *visit, s *slot, d *Instrument, at time.Time) {
	v.Axles, v.Track, v.Gross, v.Over = nil, motion.Track{}, nil, nil
	s.Start, s.End = at, time.Time{}
	c.certify(v, s, d, at)
	v.rematch = true
}

// weighed takes the whole-vehicle record, after which the scale is done with the vehicle.
func (c *Core) weighed(v *visit, s *slot, o *obs.Observation, w *obs.Weighing) {
	s.Done = true
	if c.s.Scale == v.ID {
		c.s.Scale = ""
	}
	v.Gross = &GrossLoad{Seq: c.s.Seq, Mass: w.Mass, U: w.U, Flags: w.Flags, Device: s.Source}
	if w.Axles != 0 && w.Axles != len(v.Axles) || v.lacksMass() {
		v.Gross.Flags = append(append([]obs.Flag(nil), w.Flags...), obs.Truncated)
	}
	v.measureLength() // the record may say that the vehicle rolled back
	if v.Phase == Approaching {
		v.Phase = Measuring
	}
	v.rematch = true
	c.takes(v)
	c.note(v, Updated, "weighed", 0, fmt.Sprintf("%d axles, gross %v ± %v", len(v.Axles), w.Mass, w.U))
	c.divide(v)
	c.sharing()
}

// lacksMass reports whether the axles do not add up to the whole vehicle, within their
// uncertainties: then some were lost on the way.
func (v *visit) lacksMass() bool {
	if len(v.Axles) == 0 {
		return false
	}
	sum, u := quant.Mass(0), v.Gross.U
	for i := range v.Axles {
		a := &v.Axles[i]
		switch last := i+1 == len(v.Axles) || v.Axles[i+1].Group != a.Group; {
		case a.Group == 0:
			sum, u = sum+a.Mass, u+a.U
		case last && a.GroupMass == 0:
			return false // what the group weighs is not known
		case last:
			sum, u = sum+a.GroupMass, u+a.GroupU
		}
	}
	return sum-v.Gross.Mass > u || v.Gross.Mass-sum > u
}

// putAxle keeps one axle in its place; a repeated axle replaces the first reading.
func (v *visit) putAxle(seq uint64, w *obs.Weighing) {
	v.Track.Add(motion.Edge{Axle: w.Axle, On: w.TOn, Off: w.TOff, Speed: w.Speed, U: w.USpeed})
	a := AxleLoad{Seq: seq, Axle: w.Axle, Mass: w.Mass, U: w.U, Speed: w.Speed, Mode: string(w.Mode), Flags: w.Flags,
		Group: w.Group, GroupMass: w.GroupMass, GroupU: w.GroupU}
	for i := range v.Axles {
		if v.Axles[i].Axle == w.Axle {
			v.Axles[i] = a
			return
		}
		if v.Axles[i].Axle > w.Axle {
			v.Axles = append(v.Axles, AxleLoad{})
			copy(v.Axles[i+1:], v.Axles[i:])
			v.Axles[i] = a
			return
		}
	}
	if len(v.Axles) < maxAxles {
		v.Axles = append(v.Axles, a)
	}
}

func (c *Core) profile(d *Instrument, o *obs.Observation, p *obs.Profile) {
	if p.Scan != nil || p.End.IsZero() {
		return // a single raw scan says nothing about a vehicle
	}
	v := c.adopt(d, p.Start)
	s := c.open(v, d, p.Start)
	size := &Size{Seq: c.s.Seq, Length: p.Length, ULength: p.ULength, Width: p.Width, UWidth: p.UWidth,
		Height: p.Height, UHeight: p.UHeight, RawHeight: p.RawHeight, RawWidth: p.RawWidth, Flags: p.Flags, Device: d.Name}
	shape := &shape{Start: p.Start, End: p.End, Station: d.Station, Period: p.Period, Beam: p.Beam, Slices: p.Slices, OwnLength: p.Length != 0}
	if s.Start.Before(v.Again) {
		s.Start = p.Start
	} else if s.Done && v.Size != nil {
		v.joinSizes(size, shape)
	}
	s.End, s.Done = p.End, true
	v.sighted(d, p.Start)
	v.sighted(d, p.End)
	v.Size, v.Shape = size, shape
	v.measureLength()
	if v.Phase == Approaching {
		v.Phase = Measuring
	}
	c.takes(v)
	c.note(v, Updated, "profile", 0, fmt.Sprintf("length %v ± %v, width %v ± %v, height %v ± %v",
		v.Size.Length, v.Size.ULength, p.Width, p.UWidth, p.Height, p.UHeight))
	c.divide(v)
	c.sharing()
}

func (c *Core) plate(d *Instrument, o *obs.Observation, p *obs.Plate) {
	if p.Parent != "" {
		c.secondRead(d, o, p)
		return
	}
	at := o.Stamp.At
	v := c.sameEvent(d, at, p)
	if v == nil {
		v = c.find(d, at)
	}
	if v == nil {
		v = c.again(d, at)
		if v != nil && p.Text != "" && c.beyond(d, at, v) {
			v = nil // it is through, and this is the next one, bumper to bumper
		}
	}
	if v == nil {
		v = c.late(d, at)
	}
	if v == nil {
		v = c.begin(d, at)
	}
	s := c.open(v, d, at)
	s.End = at
	if p.Text != "" {
		s.Done = true
	}
	v.sighted(d, at)
	read := PlateRead{Source: d.Name, Seq: c.s.Seq, At: at, Plate: *p, Pictures: o.Blobs}
	if read.Role == "" {
		read.Role = obs.PlateRole(d.Role)
	}
	if !v.putPlate(read) {
		c.mark(v)
		return // pushed once more
	}
	v.compareReaders()
	v.rematch = true
	c.takes(v)
	c.note(v, Updated, "plate", 0, d.Name+": "+said(p))
}

// sameEvent finds the passage of an earlier reading of the same vehicle: of the same event
// or the same text by the same camera.
func (c *Core) sameEvent(d *Instrument, at time.Time, p *obs.Plate) *visit {
	for _, list := range [2][]*visit{c.s.Open, c.s.Recent} {
		for _, v := range list {
			// Numbers of events may begin again, and vehicles come back.
			if !v.Closed.IsZero() && at.After(v.Closed.Add(early)) || at.Sub(v.LastSight) > dwellMax {
				continue
			}
			for i := range v.Plates {
				if v.Plates[i].sameAs(d.Name, p, v.Closed.IsZero()) {
					return v
				}
			}
		}
	}
	return nil
}

// sameAs reports whether a reading is of the same vehicle as r. here is true while the
// vehicle of r is in the lane: nobody else has its plate.
func (r *PlateRead) sameAs(source string, p *obs.Plate, here bool) bool {
	if r.Source != source || r.Parent != "" {
		return false
	}
	return p.EventID != "" && r.EventID == p.EventID || here && p.Text != "" && r.Text == p.Text
}

// again gives the passage that a camera reads a second time: the newest it has read, if
// that vehicle may still stand before it.
func (c *Core) again(d *Instrument, at time.Time) *visit {
	for i := len(c.s.Open) - 1; i >= 0; i-- {
		v := c.s.Open[i]
		if s := v.slotOf(d.Name); s != nil {
			if at.Sub(s.Start) < early && !at.Before(v.First.Add(-slack)) {
				return v
			}
			return nil
		}
	}
	return nil
}

// putPlate keeps a reading; of several texts of one camera event the surest counts, the
// newest of equal ones. Of a second reader the newest counts: it has been made of all
// pictures up to then. It reports whether anything but pictures is new.
func (v *visit) putPlate(r PlateRead) bool {
	for i := range v.Plates {
		p := &v.Plates[i]
		if p.Source != r.Source || p.EventID == "" || p.EventID != r.EventID {
			continue
		}
		older := r.Confidence < p.Confidence || r.Confidence == p.Confidence && !r.At.After(p.At)
		if r.Parent != "" {
			older = false
		}
		if p.Text != "" && (r.Text == "" || older || r.Text == p.Text && r.Confidence == p.Confidence) {
			p.keepPictures(&r) // a camera may push one event again
			return false
		}
		r.Corrected, r.By, r.Confirmed = p.Corrected, p.By, p.Confirmed
		r.keepPictures(p) // a second reader may still be busy with them
		*p = r
		return true
	}
	if len(v.Plates) >= maxPlates {
		if r.Corrected == "" {
			return false
		}
		v.Plates = v.Plates[:maxPlates-1] // what a person says is kept
	}
	v.Plates = append(v.Plates, r)
	return true
}

// maxPictures is how many pictures of one reading are kept in a passage; what a camera sends
// beyond stands in the journal alone.
const maxPictures = 16

// keepPictures adds the pictures of another reading of the same event behind its own.
func (r *PlateRead) keepPictures(o *PlateRead) {
	images, pictures := r.Images, r.Pictures
	for _, sum := range o.Images {
		if len(images) < maxPictures && !slices.Contains(images, sum) {
			images = append(slices.Clip(images), sum) // the other list may be an observation's
		}
	}
	for _, pic := range o.Pictures {
		if len(pictures) < maxPictures && !slices.ContainsFunc(pictures, func(b obs.Blob) bool { return b.SHA256 == pic.SHA256 }) {
			pictures = append(slices.Clip(pictures), pic)
		}
	}
	r.Images, r.Pictures = images, pictures
}
