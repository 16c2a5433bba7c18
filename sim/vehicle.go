// Package sim is a simulated world: vehicles with true properties drive through lanes, and
// instrument models turn that truth into the bytes that real instruments send. It shares
// no framing, checksum or scaling code with the drivers.
package sim

import (
	"time"

	"acsgd/internal/quant"
)

// Vehicle is the truth about one vehicle.
type Vehicle struct {
	ID       string
	Template string // vehicle_templates.csv id
	Class    string // rigid, articulated, road_train
	Axles    []Axle // in driving order
	Units    []int  // axles of each unit: tractor, trailer
	Length   quant.Length
	Width    quant.Length
	Height   quant.Length
	Parts    []Part // boxes of the outline, front to back
	Front    Plate
	Trailer  Plate // the rear plate of a rigid vehicle is Front again
	Sources  []Source
	Shield   float64 // share of the background that the vehicle takes away at its densest, 0..0.6
	Ship     float64 // neutrons that heavy metal cargo makes of cosmic rays, share of the background; 0.2..0.6 above 15 t of steel
	Declared string  // declaration id that this vehicle truly belongs to; "" = none
}

// Axle is one axle.
type Axle struct {
	Mass   quant.Mass
	Offset quant.Length // behind the vehicle's front
	Dual   bool
}

// Part is one box of the outline.
type Part struct {
	Name        string       // cab, body, trailer, drawbar, mirror, antenna
	From, To    quant.Length // behind the vehicle's front
	Bottom, Top quant.Length // above the road
	Left, Right quant.Length // from the vehicle's middle line, negative to the left
}

// Plate is a number plate.
type Plate struct {
	Text    string
	Country string // ISO 3166-1 alpha-2
}

// Source is a radioactive source in a vehicle.
type Source struct {
	Gamma   float64      // counts/s at closest approach, all panels together
	Neutron float64      // counts/s at closest approach
	Offset  quant.Length // its middle, behind the front
	Extent  quant.Length // 0 = point source
	Side    float64      // -1 left .. +1 right
}

// Segment is a stretch of constant acceleration of a vehicle's front.
type Segment struct {
	Start time.Time
	X     float64 // mm from the lane datum at Start
	V     float64 // mm/s at Start
	A     float64 // mm/s^2
}

// Track is the motion of one vehicle's front, segments in order of time.
type Track []Segment

// At gives position (mm from the lane datum) and speed (mm/s) at t; ok is false before the
// first segment.
func (k Track) At(t time.Time) (x, v float64, ok bool) {
	for i := len(k) - 1; i >= 0; i-- {
		if s := k[i]; !t.Before(s.Start) {
			dt := t.Sub(s.Start).Seconds()
			return s.X + s.V*dt + s.A*dt*dt/2, s.V + s.A*dt, true
		}
	}
	return 0, 0, false
}

// Placed is one vehicle somewhere in a lane.
type Placed struct {
	*Vehicle
	X float64 // its front, mm from the lane datum, growing in driving direction
	V float64 // mm/s, negative when rolling back
}

// Scene answers what stands in a lane. It is safe for concurrent use.
type Scene interface {
	// At appends the vehicles in the lane at t, the foremost first. t is at most a few
	// seconds in the past and never in the future.
	At(dst []Placed, t time.Time) []Placed
}

// Machine is one simulated instrument as a pure machine: no clock, no goroutine, no I/O.
// Feed takes bytes from the host, Tick lets time pass, Deadline says when to Tick next.
type Machine interface {
	Feed(now time.Time, p []byte, out *Out)
	Tick(now time.Time, out *Out)
	Deadline() (at time.Time, ok bool)
}

// Out collects what an instrument sends.
type Out struct {
	Send  []byte
	Close bool // the instrument drops the connection
}
