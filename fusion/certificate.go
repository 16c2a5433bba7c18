package fusion

import (
	"slices"
	"strings"
	"time"

	"acsgd/internal/metrology"
	"acsgd/internal/quant"
)

// certify notes with which certificate an instrument measures a passage, and what speaks
// against judging by it whatever the speed: it is not valid on that day, or a scale that
// decides has none.
func (c *Core) certify(v *visit, s *slot, d *Instrument, at time.Time) {
	if d.Class == "laneio" {
		return
	}
	s.Class, s.Certificate, s.Unfit = d.Class, d.Certificate, c.unfitOn(v, d, at)
	m := Measured{Name: d.Name, Class: d.Class}
	if cert := d.Certificate; cert != nil {
		m.Certificate, m.Serial, m.Expires = cert.Number, cert.Serial, cert.Expires
	}
	if i := slices.IndexFunc(v.Instruments, func(m Measured) bool { return m.Name == d.Name }); i >= 0 {
		v.Instruments[i] = m
		return
	}
	v.Instruments = append(v.Instruments, m)
}

func (c *Core) unfitOn(v *visit, d *Instrument, at time.Time) string {
	cert := d.Certificate
	if cert == nil {
		if d.Class == "wim" && !v.Simulated {
			return "no certificate of " + d.Name
		}
		return ""
	}
	day := c.scratch.day.of(at.Add(time.Duration(c.s.Params.Offset) * time.Second))
	switch { // days of four-digit years stand in the order of their texts
	case cert.Simulator && !v.Simulated:
		return "certificate " + cert.Number + " of " + d.Name + " is a simulator's"
	case day > cert.Expires:
		return "certificate " + cert.Number + " of " + d.Name + " expired on " + cert.Expires
	case day < cert.Issued:
		return "certificate " + cert.Number + " of " + d.Name + " is valid from " + cert.Issued
	}
	return ""
}

// unfit says why nothing that the instruments of a class measured of v may be judged: a
// certificate that is not valid, or a speed that it does not cover; "" if nothing speaks
// against it.
func (v *visit) unfit(class string) string {
	for i := range v.Slots {
		s := &v.Slots[i]
		if s.Class != class {
			continue
		}
		if s.Unfit != "" {
			return s.Unfit
		}
		if s.Certificate != nil && len(s.Certificate.Ranges) > 0 {
			if why := v.unapproved(s.Certificate.Ranges); why != "" {
				return why
			}
		}
	}
	return ""
}

// unapproved says why the vehicle's speed is not covered: the mean over the crossing and
// that of each axle must lie in the approved ranges, as far as they are known, and one of
// them must be.
func (v *visit) unapproved(ranges []metrology.Range) string {
	known := false
	for i := -1; i < len(v.Axles); i++ {
		speed := v.Speed
		if i >= 0 {
			speed = v.Axles[i].Speed
		}
		if speed == 0 {
			continue
		}
		known = true
		if !slices.ContainsFunc(ranges, func(r metrology.Range) bool { return speed >= r.From && speed <= r.To }) {
			return outside(speed, ranges)
		}
	}
	if !known {
		return "speed not measured: only " + approved(ranges) + " are approved"
	}
	return ""
}

func outside(speed quant.Speed, ranges []metrology.Range) string {
	return "speed " + metrology.KmH(speed) + " km/h outside the approved " + approved(ranges)
}

func approved(ranges []metrology.Range) string {
	var b strings.Builder
	for i, r := range ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(metrology.KmH(r.From) + " to " + metrology.KmH(r.To))
	}
	b.WriteString(" km/h")
	return b.String()
}

// soon is how many days before the end of a certificate the lane begins to say so.
const soon = 30

// expiring raises once a day the alarm of every certificate that ends soon or has ended.
func (c *Core) expiring() {
	if c.s.Params == nil {
		return
	}
	now := c.s.Now.Add(time.Duration(c.s.Params.Offset) * time.Second)
	today, until := "", ""
	for i := range c.s.Params.Devices {
		d := &c.s.Params.Devices[i]
		if d.Certificate == nil {
			continue
		}
		if today == "" {
			if today = c.scratch.today.of(now); today == c.s.Looked {
				return
			}
			until = now.AddDate(0, 0, soon).UTC().Format(time.DateOnly)
		}
		if d.Certificate.Expires > until {
			continue
		}
		text := "certificate " + d.Certificate.Number + " of " + d.Name
		if today > d.Certificate.Expires {
			text += " expired on " + d.Certificate.Expires
		} else {
			text += " expires on " + d.Certificate.Expires
		}
		id := c.raise(Standing{Kind: "certificate", Priority: 3, Device: d.Name, Text: text}, "certificate")
		c.tell(nil, Alarm, "certificate", 3, text, id)
	}
	if today != "" {
		c.s.Looked = today
	}
}
