package tsa

import "time"

// column is the time that a daily file appends to each line.
type column struct {
	ok     bool
	dated  bool // the column has its own date
	zoned  bool // and its own offset from UTC
	year   int
	month  time.Month
	day    int
	since  time.Duration // after midnight
	offset int           // s east of UTC
}

// parseColumn reads "HH-MM-SS.mmm" or "YYYY-MM-DD HH:MM:SS.mmm ±ZZ[[:]ZZ]"; in both
// "-" and ":" may stand between hours, minutes and seconds.
func parseColumn(p []byte) (column, bool) {
	var c column
	if len(p) > 11 && p[4] == '-' && p[7] == '-' && (p[10] == ' ' || p[10] == 'T') {
		y, ok1 := number(p[0:4])
		m, ok2 := number(p[5:7])
		d, ok3 := number(p[8:10])
		if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
			return column{}, false
		}
		c.dated, c.year, c.month, c.day = true, y, time.Month(m), d
		p = p[11:]
	}
	n, ok := c.timeOfDay(p)
	if !ok {
		return column{}, false
	}
	if p = p[n:]; len(p) > 0 && !c.zone(p) {
		return column{}, false
	}
	c.ok = true
	return c, true
}

// timeOfDay reads HH-MM-SS.mmm and returns its length.
func (c *column) timeOfDay(p []byte) (int, bool) {
	if len(p) < 8 || !mark(p[2]) || !mark(p[5]) {
		return 0, false
	}
	h, ok1 := number(p[0:2])
	m, ok2 := number(p[3:5])
	s, ok3 := number(p[6:8])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	n, frac, unit := 8, 0, time.Second
	if n < len(p) && p[n] == '.' {
		for n++; n < len(p) && digit(p[n]) && unit > time.Nanosecond; n++ {
			frac, unit = frac*10+int(p[n]-'0'), unit/10
		}
		if n == 9 {
			return 0, false
		}
	}
	c.since = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(frac)*unit
	return n, true
}

// zone reads " ±ZZ", "±ZZZZ", "±ZZ:ZZ" or "Z".
func (c *column) zone(p []byte) bool {
	if p[0] == ' ' {
		p = p[1:]
	}
	if len(p) == 1 && p[0] == 'Z' {
		c.zoned = true
		return true
	}
	if len(p) < 3 || p[0] != '+' && p[0] != '-' {
		return false
	}
	h, ok := number(p[1:3])
	m, rest := 0, p[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	if len(rest) == 2 && ok {
		m, ok = number(rest)
	} else if len(rest) != 0 {
		return false
	}
	if !ok || h > 14 || m > 59 {
		return false
	}
	c.zoned, c.offset = true, h*3600+m*60
	if p[0] == '-' {
		c.offset = -c.offset
	}
	return true
}

func mark(c byte) bool { return c == '-' || c == ':' }

func number(p []byte) (int, bool) {
	v := 0
	for _, c := range p {
		if !digit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// fileClock turns time columns into times. A column without a date takes the date of the
// settings, else of the gateway's clock at the first line; a step back of more than half a
// day is midnight.
type fileClock struct {
	zone *time.Location
	day  time.Time // midnight of the current day, where columns have no date
	last time.Duration
	set  bool
}

// at gives the time of c, for a line that arrived at now.
func (k *fileClock) at(c column, now time.Time) time.Time {
	zone := k.zone
	if c.zoned {
		zone = time.UTC
	}
	if c.dated {
		midnight := time.Date(c.year, c.month, c.day, 0, 0, 0, 0, zone)
		return midnight.Add(c.since - time.Duration(c.offset)*time.Second)
	}
	if k.day.IsZero() {
		y, m, d := now.In(zone).Date()
		k.day = time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	if k.set && k.last-c.since > 12*time.Hour {
		k.day = k.day.AddDate(0, 0, 1)
	}
	k.last, k.set = c.since, true
	return k.day.Add(c.since)
}

// The portal's own rhythm.
const (
	sliceEvery      = 200 * time.Millisecond
	neutronEvery    = time.Second
	backgroundEvery = 5 * time.Second
	afterOccupancy  = 4860 * time.Millisecond // from the end line to the first background
)

// cadence is the time of a stream that carries none and is read from a file: the clock of
// the reader stands still, and the portal's rhythm drives it.
type cadence struct {
	t      time.Time
	seen   [2]bool // gamma, neutron background since the last step
	ended  bool    // an occupancy has ended since the last background
	slices int     // since the last neutron line
}

// step advances by what the line says and gives its time.
func (k *cadence) step(s spec) time.Time {
	switch {
	case s.layout == end:
		k.ended, k.seen, k.slices = true, [2]bool{}, 0
	case s.state == vacant && (s.layout == gamma || s.layout == neutron):
		i := int(s.layout - gamma)
		switch {
		case k.ended:
			k.t = k.t.Add(afterOccupancy)
		case k.seen[i]:
			k.t, k.seen = k.t.Add(backgroundEvery), [2]bool{}
		}
		k.ended, k.seen[i] = false, true
	case s.layout == gamma:
		k.t, k.slices = k.t.Add(sliceEvery), k.slices+1
	case s.layout == neutron:
		if k.slices == 0 {
			k.t = k.t.Add(neutronEvery)
		}
		k.slices = 0
	}
	return k.t
}
