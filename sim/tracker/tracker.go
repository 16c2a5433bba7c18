// Package tracker simulates a Teltonika tracker in a lorry that drives along a route: it
// connects to a gateway, says its IMEI, and sends records in codec 8 extended (or 8). It
// keeps what has not been acknowledged, through lost connections and over missing
// acknowledgements, as the real device's flash does.
//
// The encoder is written from the protocol's description (Teltonika FMB640 Protocols
// V0.05) and shares nothing with the driver.
package tracker

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"acsgd/sim"
)

// Point is a place in degrees.
type Point struct{ Lat, Lon float64 }

// Config describes a device and its journey.
type Config struct {
	IMEI    string        // 15 digits
	Route   []Point       // at least one; a single point is a parked lorry
	Speed   float64       // mm/s along the route
	Start   time.Time     // when the lorry stands at the first point
	Every   time.Duration // between records; default 10 s
	Retry   time.Duration // an answer missing for so long: the packet is sent again; default 15 s
	Batch   int           // records a packet at most; default 20, at most 40
	Store   int           // records kept while they cannot be sent, the oldest lost first; default 20 000
	Noise   float64       // standard deviation of the position, metres
	Seed    uint64        // of the noise
	Codec8  bool          // codec 8 instead of 8 extended
	Return  bool          // drive back and forth for ever instead of parking at the end
	NoSeal  bool          // leave out DIN1, the door contact
	Started float64       // metres already driven at Start, for convoys
}

// retries is how often a packet is sent before the device makes a new connection.
const retries = 3

type phase uint8

const (
	offline phase = iota
	greeting
	ready
	waiting
)

// Machine is the device. It implements sim.Machine; Opened and Closed tell it about its
// connection, which the device makes.
type Machine struct {
	cfg    Config
	legs   []leg
	length float64 // metres
	rng    *rand.Rand

	next    time.Time // of the next record
	store   []record
	lost    int
	state   phase
	due     time.Time // when the answer is missing
	tries   int
	sent    int // records of the packet that waits for its answer
	in      []byte
	acked   int
	open    bool // the door contact is open
	jammed  bool
	refused bool
}

var _ sim.Machine = (*Machine)(nil)

// New checks cfg and makes the device, offline.
func New(cfg Config) (*Machine, error) {
	var errs []error
	if len(cfg.IMEI) != 15 {
		errs = append(errs, fmt.Errorf("IMEI %q has not 15 digits", cfg.IMEI))
	}
	if len(cfg.Route) == 0 {
		errs = append(errs, errors.New("no route"))
	}
	if cfg.Start.IsZero() {
		errs = append(errs, errors.New("no start time"))
	}
	if cfg.Speed < 0 || cfg.Every < 0 || cfg.Retry < 0 || cfg.Batch < 0 || cfg.Batch > 40 || cfg.Store < 0 {
		errs = append(errs, errors.New("a negative setting, or a batch above 40"))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("tracker simulator: %w", errors.Join(errs...))
	}
	def(&cfg.Every, 10*time.Second)
	def(&cfg.Retry, 15*time.Second)
	def(&cfg.Batch, 20)
	def(&cfg.Store, 20_000)
	m := &Machine{cfg: cfg, next: cfg.Start, rng: rand.New(rand.NewPCG(cfg.Seed, 0x7e17))}
	m.legs, m.length = legs(cfg.Route)
	return m, nil
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Opened tells the device that its connection is open: it says its IMEI.
func (m *Machine) Opened(now time.Time, out *sim.Out) {
	m.in = m.in[:0]
	out.Send = append(out.Send, 0, byte(len(m.cfg.IMEI)))
	out.Send = append(out.Send, m.cfg.IMEI...)
	m.state, m.tries, m.due = greeting, 0, now.Add(m.cfg.Retry)
}

// Closed tells the device that its connection is gone. What was sent without an answer
// will be sent again.
func (m *Machine) Closed(now time.Time) {
	m.state, m.sent = offline, 0
	m.record(now)
}

// Door opens or closes the contact at DIN1; the next record shows it.
func (m *Machine) Door(open bool) { m.open = open }

// Jam disturbs the satellite reception: records then have no fix.
func (m *Machine) Jam(on bool) { m.jammed = on }

// Kept is how many records have not been acknowledged; Acked how many have, and Lost how
// many the store had no room for.
func (m *Machine) Kept() int { return len(m.store) }

// Acked is how many records have been acknowledged.
func (m *Machine) Acked() int { return m.acked }

// Lost is how many records the store had no room for.
func (m *Machine) Lost() int { return m.lost }

// Refused reports whether the gateway refused the IMEI.
func (m *Machine) Refused() bool { return m.refused }

// Deadline implements sim.Machine.
func (m *Machine) Deadline() (time.Time, bool) {
	at := m.next
	if (m.state == greeting || m.state == waiting) && m.due.Before(at) {
		at = m.due
	}
	return at, true
}

// Tick implements sim.Machine.
func (m *Machine) Tick(now time.Time, out *sim.Out) {
	m.record(now)
	if (m.state == greeting || m.state == waiting) && !now.Before(m.due) {
		m.again(now, out)
	}
	m.send(now, out)
}

// Feed implements sim.Machine.
func (m *Machine) Feed(now time.Time, p []byte, out *sim.Out) {
	m.record(now)
	m.in = append(m.in, p...)
	for m.answer(now, out) {
	}
	m.send(now, out)
}

// answer takes one answer of the gateway; false if there is none in full.
func (m *Machine) answer(now time.Time, out *sim.Out) bool {
	switch {
	case m.state == greeting && len(m.in) >= 1:
		ok := m.in[0] == 1
		m.in = m.in[1:]
		if m.refused = !ok; m.refused {
			m.hangUp(out)
			return false
		}
		m.state = ready
		return true
	case m.state == waiting && len(m.in) >= 4:
		n := int(m.in[0])<<24 | int(m.in[1])<<16 | int(m.in[2])<<8 | int(m.in[3])
		m.in = m.in[4:]
		if n != m.sent { // none or a part was accepted: the same packet again, when its time is up
			return true
		}
		m.store = append(m.store[:0], m.store[m.sent:]...)
		m.acked += m.sent
		m.state, m.sent, m.tries = ready, 0, 0
		return true
	case m.state == ready && len(m.in) > 0:
		m.in = m.in[:0] // an answer that comes too late
	}
	return false
}

// again repeats what has not been answered, and gives the connection up in the end.
func (m *Machine) again(now time.Time, out *sim.Out) {
	if m.tries++; m.tries >= retries || m.state == greeting {
		m.hangUp(out)
		return
	}
	m.in = m.in[:0]
	out.Send = m.packet(out.Send, m.store[:m.sent])
	m.due = now.Add(m.cfg.Retry)
}

func (m *Machine) hangUp(out *sim.Out) {
	out.Close = true
	m.state, m.sent = offline, 0
}

// send sends the next packet if the gateway has answered the last.
func (m *Machine) send(now time.Time, out *sim.Out) {
	if m.state != ready || len(m.store) == 0 {
		return
	}
	m.sent = min(len(m.store), m.cfg.Batch)
	out.Send = m.packet(out.Send, m.store[:m.sent])
	m.state, m.tries, m.due = waiting, 0, now.Add(m.cfg.Retry)
}

// record makes all records that are due. After a very long silence the first of them
// would not fit into the store anyway, and are only counted.
func (m *Machine) record(now time.Time) {
	if behind := now.Sub(m.next); behind > time.Duration(m.cfg.Store)*m.cfg.Every {
		skip := int(behind/m.cfg.Every) - m.cfg.Store
		m.lost += skip
		m.next = m.next.Add(time.Duration(skip) * m.cfg.Every)
	}
	for ; !m.next.After(now); m.next = m.next.Add(m.cfg.Every) {
		if len(m.store) >= m.cfg.Store && len(m.store) > m.sent {
			m.store = append(m.store[:m.sent], m.store[m.sent+1:]...) // not what is on its way
			m.lost++
		}
		m.store = append(m.store, m.measure(m.next))
	}
}

// Where gives the true place, course in degrees and speed in mm/s at t.
func (m *Machine) Where(t time.Time) (p Point, course, speed float64) {
	d := m.cfg.Started + m.cfg.Speed/1000*max(0, t.Sub(m.cfg.Start).Seconds())
	speed = m.cfg.Speed
	back := false
	switch {
	case m.length == 0:
		return m.cfg.Route[0], 0, 0
	case m.cfg.Return:
		d = math.Mod(d, 2*m.length)
		if back = d > m.length; back {
			d = 2*m.length - d
		}
	case d >= m.length:
		d, speed = m.length, 0
	}
	for _, l := range m.legs {
		if d <= l.metres || l.last {
			f := d / l.metres
			p = Point{l.from.Lat + f*(l.to.Lat-l.from.Lat), l.from.Lon + f*(l.to.Lon-l.from.Lon)}
			course = l.course
			break
		}
		d -= l.metres
	}
	if back {
		course = math.Mod(course+180, 360)
	}
	return p, course, speed
}

// leg is one straight piece of the route.
type leg struct {
	from, to       Point
	metres, course float64
	last           bool
}

// perDegree is the length of a degree of latitude in metres.
const perDegree = 111_195

func legs(route []Point) (l []leg, total float64) {
	for i := 1; i < len(route); i++ {
		a, b := route[i-1], route[i]
		north := (b.Lat - a.Lat) * perDegree
		east := (b.Lon - a.Lon) * perDegree * math.Cos((a.Lat+b.Lat)/2*math.Pi/180)
		metres := math.Hypot(north, east)
		if metres == 0 {
			continue
		}
		course := math.Atan2(east, north) * 180 / math.Pi
		if course < 0 {
			course += 360
		}
		l = append(l, leg{from: a, to: b, metres: metres, course: course})
		total += metres
	}
	if len(l) > 0 {
		l[len(l)-1].last = true
	}
	return l, total
}
