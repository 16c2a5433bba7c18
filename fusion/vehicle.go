package fusion

import (
	"time"

	"acsgd/fusion/motion"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// spacings computes the axle gaps from the crossings.
func (v *visit) spacings() {
	for i := range v.Axles {
		v.Axles[i].Gap, v.Axles[i].UGap = 0, 0
		for k := range v.Track.Edges {
			if v.Track.Edges[k].Axle != v.Axles[i].Axle {
				continue
			}
			if g, u, ok := v.Track.Gap(k); ok {
				v.Axles[i].Gap, v.Axles[i].UGap = g, u
			}
		}
	}
	if s, _, ok := v.Track.Speed(); ok {
		v.Speed = s
	}
	v.measureLength()
}

// Heights and places by which the outline tells combinations apart.
const (
	lowHeight = 1300 // mm: a drawbar or a coupling gap, never a load
	lowRun    = 500  // mm of the length
)

// class tells a drawbar train from an articulated vehicle by the outline: a drawbar is a
// low place behind the front third. "" leaves it to the axle pattern.
func (v *visit) class() string {
	if v.Size == nil || v.Size.Length == 0 || len(v.Axles) < 5 || usable(v.Size.Flags) != "" {
		return ""
	}
	length := v.Size.Length
	var from quant.Length = -1
	for _, p := range v.Size.Outline {
		switch {
		case p.Z >= lowHeight:
			from = -1
		case p.X < length/3 || p.X > length*9/10:
		case from < 0:
			from = p.X
		case p.X-from >= lowRun:
			return rules.RoadTrain
		}
	}
	if len(v.Size.Outline) < 32 {
		return "" // too coarse to say that there is no drawbar
	}
	return rules.Articulated
}

// measureLength computes the length from the profile's times and the track, and draws the
// outline; without a track the length stays unknown.
func (v *visit) measureLength() {
	if v.Shape == nil || v.Size == nil {
		return
	}
	sh := v.Shape
	if !sh.OwnLength {
		v.Size.Length, v.Size.ULength = 0, 0
		if way, u, ok := v.Track.Way(sh.Start, sh.End); ok && !v.uneven(sh.Start, sh.End) {
			v.Size.Length, v.Size.ULength = motion.Length(way, u, v.Speed, time.Duration(sh.Period)*time.Microsecond, sh.Beam)
		}
	}
	v.draw()
}

// vehicle fills the scratch vehicle that the rules judge.
func (c *Core) vehicle(v *visit) *rules.Vehicle {
	x := c.loads(v)
	c.sizes(v, x)
	if x.Class == "" && x.Length != nil && v.countUnsure() {
		x.Length, x.ULen, x.Reasons.Length = nil, nil, axleLost
	}
	c.remember(v, x, false)
	c.classify(v, x)
	return x
}

// loads is vehicle without the sizes.
func (c *Core) loads(v *visit) *rules.Vehicle {
	x := &c.scratch.vehicle
	p := c.s.Params
	*x = rules.Vehicle{ID: v.ID, RoadClass: quant.Mass(p.RoadClass) * quant.Kilogram, Region: p.Region, Site: p.Site, Instrument: true,
		Date: c.scratch.day.of(v.First.Add(time.Duration(p.Offset) * time.Second))}
	if v.Declaration != nil {
		x.Carriage = "international"
		present(v.Declaration, v.certain(), x, &c.scratch.plates, &c.scratch.permit)
	}
	c.axles(v, x)
	x.Class = v.class()
	var code [8]byte
	if b := rules.AppendAxleCode(code[:0], x); string(b) != v.AxleCode {
		v.AxleCode = string(b)
	}
	return x
}

// civilDay is the text of the day that was asked for last: most passages are of one day.
type civilDay struct {
	day  int64 // since 1970
	text string
}

// of gives YYYY-MM-DD of a time that civil time has been added to.
func (d *civilDay) of(t time.Time) string {
	const length = 24 * 60 * 60
	day := t.Unix() / length
	if t.Unix() < 0 || d.text == "" || day != d.day {
		d.day, d.text = day, t.UTC().Format(time.DateOnly)
	}
	return d.text
}

func (c *Core) axles(v *visit, x *rules.Vehicle) {
	c.scratch.axles = c.scratch.axles[:0]
	if cap(c.scratch.mass) < 2*maxAxles {
		c.scratch.mass = make([]quant.Mass, 2*maxAxles)
	}
	m := c.scratch.mass[:2*maxAxles]
	why := v.unjudged()
	for i := range v.Axles {
		a := &v.Axles[i]
		r := rules.Axle{Gap: a.Gap, Reason: a.unusable(i, why)}
		m[2*i], m[2*i+1] = a.Mass, a.U
		r.Mass = &m[2*i]
		if a.U > 0 {
			r.U = &m[2*i+1]
		}
		r.Group, r.GroupMass, r.GroupU = a.Group, a.GroupMass, a.GroupU
		r.GroupReason = a.groupUnusable(i, why)
		x.UGap = max(x.UGap, a.UGap)
		c.scratch.axles = append(c.scratch.axles, r)
	}
	x.Axles = c.scratch.axles
	switch {
	case v.Gross == nil:
		x.Reasons.Mass = c.lacks(v, "wim")
	default:
		x.Gross = &v.Gross.Mass
		if v.Gross.U > 0 {
			x.UMass = &v.Gross.U
		}
		x.Reasons.Mass = usable(v.Gross.Flags)
		if x.Reasons.Mass == "" { // the limit depends on the number of axles, and the scale on its certificate
			x.Reasons.Mass = why
		}
	}
}

// axleLost is why masses and length are not judged when the axles are not all there.
const axleLost = "an axle was not recorded"

// loadsUnsure says why the masses may be another vehicle's, or not all of this one's.
func (v *visit) loadsUnsure() string {
	switch {
	case v.axleLost():
		return axleLost
	case v.Joined:
		return joinedReason
	case v.Twice:
		return "weighed twice"
	}
	return ""
}

// unjudged says why no mass of the passage is judged although none is flagged: loadsUnsure,
// or the scale's certificate, which does not keep a mass from telling declarations apart.
func (v *visit) unjudged() string {
	if why := v.loadsUnsure(); why != "" {
		return why
	}
	return v.unfit("wim")
}

// axleLost reports whether the numbers of the axles have a hole.
func (v *visit) axleLost() bool {
	return len(v.Axles) > 0 && v.Axles[len(v.Axles)-1].Axle != len(v.Axles)
}

// countUnsure reports whether the vehicle may have further axles, so that its class, which
// its length depends on, cannot be told from them.
func (v *visit) countUnsure() bool {
	return v.axleLost() || v.Joined || len(v.Axles) > 0 && (v.Gross == nil || usable(v.Gross.Flags) == string(obs.Truncated))
}

func (c *Core) sizes(v *visit, x *rules.Vehicle) {
	if v.Size == nil {
		why := c.lacks(v, "dims")
		x.Reasons.Length, x.Reasons.Width, x.Reasons.Height = why, why, why
		return
	}
	s := v.Size
	void := usable(s.Flags)
	if void == "" {
		void = v.unfit("dims")
	}
	set := func(value, u *quant.Length, to, toU **quant.Length, reason *string, none string) {
		switch {
		case void != "":
			*reason = void
		case *value <= 0:
			*reason = none
		default:
			*to = value
			if *u > 0 {
				*toU = u
			}
		}
	}
	noSpeed := "speed not known"
	if v.Track.Doubted() {
		noSpeed = "loops and scale tell different speeds"
	}
	set(&s.Length, &s.ULength, &x.Length, &x.ULen, &x.Reasons.Length, noSpeed)
	set(&s.Width, &s.UWidth, &x.Width, &x.UWid, &x.Reasons.Width, "not measured")
	set(&s.Height, &s.UHeight, &x.Height, &x.UHei, &x.Reasons.Height, "not measured")
}
