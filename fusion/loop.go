package fusion

import (
	"time"

	"acsgd/fusion/motion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// over is a vehicle's front over one loop.
type over struct {
	Signal  string        `json:"signal"`
	Station int32         `json:"station_mm"`
	At      time.Time     `json:"at"`
	U       time.Duration `json:"u,omitempty"`     // half-width of At; 0 is not told
	Twice   bool          `json:"twice,omitempty"` // it came there again: it stood or rolled back
}

// loopWay is the longest time from one loop to the next that is a drive and not a stay.
const loopWay = time.Minute

// place is where a loop is; ok is false if that is not known.
func (d *Instrument) place(signal string) (station int32, ok bool) {
	for i := range d.Loops {
		if d.Loops[i].Signal == signal {
			return d.Loops[i].Station, true
		}
	}
	return d.Station, signal == loopEntry
}

// overLoop notes that a front has come over a loop whose place is known. Vehicles keep their
// order, so it is the oldest that came over a loop further up and not yet over this one.
func (c *Core) overLoop(d *Instrument, stamp obs.Stamp, signal string) {
	if len(d.Loops) == 0 {
		return // no speed can come of it
	}
	station, ok := d.place(signal)
	if !ok {
		return
	}
	for _, v := range c.s.Open {
		if signal == loopEntry { // entered has just found or made its passage
			s := v.slotOf(d.Name + "/" + loopEntry)
			if s == nil || !s.Start.Equal(stamp.At) {
				continue
			}
		} else if !v.comesTo(station, stamp.At) {
			continue
		}
		v.putOver(over{Signal: signal, Station: station, At: stamp.At, U: stamp.Err})
		c.mark(v)
		return
	}
	for i := len(c.s.Open) - 1; i >= 0; i-- { // nobody comes: it is one that was here already
		if v := c.s.Open[i]; v.passedLoop(signal) {
			v.putOver(over{Signal: signal, Station: station, At: stamp.At})
			c.mark(v)
			return
		}
	}
}

// comesTo reports whether the vehicle was over a loop further up a short time before, and
// was not over one at this station or further down.
func (v *visit) comesTo(station int32, at time.Time) bool {
	up := false
	for i := range v.Over {
		o := &v.Over[i]
		if o.Station >= station {
			return false
		}
		up = up || at.After(o.At) && at.Sub(o.At) <= loopWay
	}
	return up
}

func (v *visit) passedLoop(signal string) bool {
	for i := range v.Over {
		if v.Over[i].Signal == signal {
			return true
		}
	}
	return false
}

// putOver keeps a passing of a loop and computes the speed between the first and the last.
func (v *visit) putOver(o over) {
	again := false
	for i := range v.Over {
		if v.Over[i].Signal == o.Signal {
			v.Over[i].Twice, again = v.Over[i].Twice || !v.Over[i].At.Equal(o.At), true
		}
	}
	if !again && len(v.Over) < maxMarks {
		v.Over = append(v.Over, o)
	}
	v.Track.Loops = nil
	var a, b *over
	for i := range v.Over {
		x := &v.Over[i]
		if x.Twice {
			a, b = nil, nil
			break
		}
		if a == nil || x.Station < a.Station {
			a = x
		}
		if b == nil || x.Station > b.Station {
			b = x
		}
	}
	if a != nil && a.Station < b.Station {
		if l, ok := motion.Between(a.At, b.At, a.U, b.U, quant.Length(b.Station-a.Station)); ok {
			v.Track.Loops = &l
		}
	}
	if len(v.Axles) > 0 || v.Shape != nil {
		v.spacings()
		v.judge = everything
	}
}
