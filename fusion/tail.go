package fusion

import (
	"fmt"
	"time"

	"acsgd/fusion/motion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Vehicles bumper to bumper, and those that roll back: instruments that need a gap see two
// as one, or one as two.

// joinedReason is why masses are not judged when it is not known which axles are whose.
const joinedReason = "two vehicles in one weighing"

// divide looks whether a whole-vehicle record has axles of the next vehicle too: a platform
// cannot tell two vehicles apart that follow closely. Where the profiler has measured how
// long the first is, what lies beyond that goes to the next; where nothing tells, the
// masses are not judged.
func (c *Core) divide(v *visit) {
	d := c.weighedBy(v)
	if d == nil || v.Gross == nil || len(v.Axles) < 2 || v.axleLost() || !v.Closed.IsZero() {
		return
	}
	next := c.follower(v, d)
	was := v.Joined
	n := v.owned()
	switch {
	case n == len(v.Axles):
		v.Joined = false
	case n > 0 && next != nil:
		v.Joined = false
		c.handOver(d, v, next, n)
		return
	case n >= 0: // there is more than the vehicle is long, and nobody to give it to, or no telling
		v.Joined = true
	default: // its length is not known
		v.Joined = next != nil && c.overtaken(d, v, next)
	}
	if v.Joined != was {
		c.takes(v)
	}
}

// weighedBy is the scale that has given the passage's whole-vehicle record; nil if none has.
func (c *Core) weighedBy(v *visit) *Instrument {
	for i := range c.s.Params.Devices {
		d := &c.s.Params.Devices[i]
		if s := v.slotOf(d.Name); d.Class == "wim" && s != nil && s.Done {
			return d
		}
	}
	return nil
}

// follower is the first passage behind v that scale d has given nothing yet.
func (c *Core) follower(v *visit, d *Instrument) *visit {
	behind := false
	for _, o := range c.s.Open {
		if behind && o.slotOf(d.Name) == nil {
			return o
		}
		behind = behind || o == v
	}
	return nil
}

// owned gives how many of the axles are the vehicle's own by its measured length: all of
// them, a part that is certain, 0 if it is not certain which, -1 if the length is not known.
func (v *visit) owned() int {
	if v.Size == nil || v.Size.Length <= 0 || v.Size.ULength <= 0 || usable(v.Size.Flags) != "" {
		return -1
	}
	// The first axle stands up to an overhang behind the front, so its own last axle is at
	// most so far behind the first as the vehicle is long, and the next vehicle's first at
	// least that less an overhang.
	most, least := v.Size.Length+v.Size.ULength, v.Size.Length-v.Size.ULength-overhang
	span, n, unclear := quant.Length(0), len(v.Axles), false
	for i := range v.Axles {
		if i > 0 && v.Axles[i].Gap <= 0 {
			return -1
		}
		span += v.Axles[i].Gap
		if span > most && n == len(v.Axles) {
			n = i
		}
		unclear = unclear || span > least && span <= most
	}
	if n < len(v.Axles) && unclear {
		return 0
	}
	return n
}

// overtaken reports whether the next vehicle came to the scale before the last of v's axles
// did: by its records there and beyond, or by its first sight at v's speed.
func (c *Core) overtaken(d *Instrument, v, next *visit) bool {
	last := v.Track.Edges[len(v.Track.Edges)-1].On
	if c.front(next, last.Add(-slack), d.Name, true) >= d.Station {
		return true
	}
	speed, _, ok := v.Track.Speed()
	if next.FirstAt > d.Station || !ok {
		return false
	}
	way := time.Duration(d.Station-next.FirstAt) * time.Second / time.Duration(speed)
	return next.First.Add(way).Before(last.Add(-slack))
}

// handOver gives the axles from index n on to the next passage, and each its own sum.
func (c *Core) handOver(d *Instrument, v, next *visit, n int) {
	whole := v.Gross.Flags
	next.Axles = append([]AxleLoad(nil), v.Axles[n:]...)
	next.Track = motion.Track{Edges: append([]motion.Edge(nil), v.Track.Edges[n:]...)}
	next.Scale = v.Scale
	for i := range next.Axles {
		next.Axles[i].Axle, next.Track.Edges[i].Axle = i+1, i+1
	}
	v.Axles, v.Track.Edges = v.Axles[:n:n], v.Track.Edges[:n:n]
	mine, s := v.slotOf(d.Name), c.open(next, d, next.Track.Edges[0].On)
	s.End, s.Done = mine.End, true
	mine.End = v.Track.Edges[n-1].Off
	next.sighted(d, s.Start)
	next.sighted(d, s.End)
	for _, x := range [2]*visit{v, next} {
		x.Gross = sumOf(x.Axles, c.s.Seq, whole)
		x.spacings()
		if x.Phase == Approaching {
			x.Phase = Measuring
		}
		x.rematch = true
		c.takes(x)
		c.note(x, Updated, "weighed", 0, fmt.Sprintf("%d axles, gross %v ± %v, of one record of two vehicles", len(x.Axles), x.Gross.Mass, x.Gross.U))
	}
	c.divide(next)
}

// sumOf is the gross mass of a part of a record's axles. Their errors may be common, so
// that its uncertainty is their sum; it is unknown if one of theirs is.
func sumOf(axles []AxleLoad, seq uint64, flags []obs.Flag) *GrossLoad {
	g := &GrossLoad{Seq: seq, Flags: flags}
	known := true
	for i := range axles {
		g.Mass += axles[i].Mass
		g.U += axles[i].U
		known = known && axles[i].U > 0
	}
	if !known {
		g.U = 0
	}
	return g
}

// repeated gives the passage that an instrument sees a second time because it rolled back,
// where the entry loop would have told of another vehicle; nil if it may be another one.
func (c *Core) repeated(d *Instrument, at time.Time) *visit {
	if _, loop := c.on(loopEntry); !loop {
		return nil
	}
	if v := c.again(d, at); v != nil && (v.AtBarrier.IsZero() || at.Before(v.AtBarrier)) {
		return v
	}
	return nil
}

// joinSizes takes a second profile of one vehicle, of which each may show a part: the
// longer in time tells the length, the greater of heights and widths count, so that
// nothing that exceeds is lost.
func (v *visit) joinSizes(z *Size, sh *shape) {
	if was := v.Shape; was != nil && was.End.Sub(was.Start) > sh.End.Sub(sh.Start) {
		*sh = *was
		z.Length, z.ULength = v.Size.Length, v.Size.ULength
	}
	if v.Size.Height > z.Height {
		z.Height, z.UHeight = v.Size.Height, v.Size.UHeight
	}
	if v.Size.Width > z.Width {
		z.Width, z.UWidth = v.Size.Width, v.Size.UWidth
	}
	z.Flags = append(append([]obs.Flag{obs.RollBack}, v.Size.Flags...), z.Flags...)
}
