package dims

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"acsgd/sim"
)

// Config describes one scanner. Angles are degrees in the device's frame: 90 looks
// straight down, 0 to the right of the driving direction unless Flip is set.
type Config struct {
	Model      string  // "lms511" or "lms111"
	Seed       uint64  // equal seeds give equal bytes
	Text       bool    // starts in CoLa A
	Hz         float64 // scans a second; 0 takes the model's
	Resolution float64 // degrees; 0 takes the model's

	Station float64 // of the scan plane, mm from the lane datum
	X       float64 // of the scanner, mm from the lane's middle
	Height  float64 // mm above the road; 0 is 6000
	Roll    float64 // degrees
	Flip    bool
	Yaw     float64 // degrees that the plane is turned; positive: its right side looks ahead

	// Encoder is the way of one tick of a speed sensor over the lane, mm; 0 is no encoder.
	Encoder float64

	Noise  float64 // standard deviation of a distance, mm; 0 is 6
	Bias   float64 // systematic error of every distance, mm
	NoEcho float64 // share of beams without an echo; 0 is 0.001, negative is none
	Dark   float64 // share lost on parts named tarpaulin; 0 is 0.15
	Rain   float64 // share of beams with a random echo closer than 3 m
	Sway   float64 // mm; each vehicle drives up to so far beside the middle
	Lose   float64 // share of scans that are never sent
	Repeat float64 // share of telegrams sent twice
	Status uint8   // second status byte: 0 ok, 1 error, 2 pollution warning, 4 or 5 pollution error

	// Idle thins the scans of an empty lane to one in so long, for fast virtual time;
	// 0 sends all. Scan counters then count what is sent.
	Idle time.Duration
	// Boot is when the scanner was switched on; zero is two hours before the first scan.
	Boot time.Time
}

// model is what the types of scanner differ in.
type model struct {
	name, firmware   string
	version          uint16
	start, stop      float64 // fan, degrees
	hz, resolution   float64
	delay            time.Duration // from zero index to transmission
	aperture, spread float64       // beam width: mm and mrad
	reach            float64       // mm
	remission        bool
	serial           uint32
}

func models(name string) (model, error) {
	switch name {
	case "", "lms511":
		return model{name: "LMS511", firmware: "V1.80    ", start: -5, stop: 185, hz: 25, resolution: 1.0 / 6,
			delay: 40800 * time.Microsecond, aperture: 13.6, spread: 4.7, reach: 40000, remission: true, serial: 17000511}, nil
	case "lms111":
		return model{name: "LMS111", firmware: "V1.80.2  ", version: 1, start: -45, stop: 225, hz: 50, resolution: 0.5,
			delay: 3130 * time.Microsecond, aperture: 8, spread: 15, reach: 20000, serial: 17000111}, nil
	}
	return model{}, fmt.Errorf("simulated scanner %q: want lms511 or lms111", name)
}

const (
	catchUp   = 64 // scans sent at once after a late Tick; older ones are lost
	noiseSize = 8192
)

// Scanner is one simulated scanner. It implements sim.Machine. Not safe for concurrent use.
type Scanner struct {
	cfg   Config
	model model
	scene sim.Scene
	rng   *rand.Rand

	n          int     // beams of a fan
	step       float64 // degrees
	beams      float64 // measured a second while the mirror turns
	period     time.Duration
	cos, sin   []float64
	fan        [][rays]line
	background []float64 // mm of an empty lane, 0 is no echo
	noise      []float64 // mm, normal, to draw from cheaply: noiseSize values, then the first again
	boot       time.Time

	in        []byte // received and not yet answered
	text      bool   // dialect spoken
	level     byte   // access level logged in
	remission bool
	every     int // of the scans, one in so many is sent
	sending   bool
	next      int64 // number of the next scan
	nextAt    time.Time
	counter   uint16
	telegrams uint16
	placed    []sim.Placed
	turn      float64 // tangent of the yaw
	way       float64 // mm that vehicles in the plane have moved
	reach     float64 // mm along the lane that the turned plane takes up
	dist      []uint16
	boxes     []box
	encoder   bool // is in the scans
	thin      bool // one of boxes is thinner than a beam
}

// New makes a scanner above a scene.
func New(cfg Config, scene sim.Scene) (*Scanner, error) {
	m, err := models(cfg.Model)
	if err != nil {
		return nil, err
	}
	set := func(v *float64, def float64) {
		if *v == 0 {
			*v = def
		}
	}
	set(&cfg.Hz, m.hz)
	set(&cfg.Resolution, m.resolution)
	set(&cfg.Height, 6000)
	set(&cfg.Noise, 6)
	set(&cfg.NoEcho, 0.001)
	set(&cfg.Dark, 0.15)
	s := &Scanner{cfg: cfg, model: m, scene: scene, text: cfg.Text, every: 1, remission: m.remission,
		rng: rand.New(rand.NewPCG(cfg.Seed, 0x511)), boot: cfg.Boot, turn: math.Tan(cfg.Yaw * math.Pi / 180)}
	s.reach = math.Abs(s.turn) * turnedMM
	if cfg.Hz < 1 || cfg.Hz > 200 || cfg.Resolution < 0.02 || cfg.Resolution > 5 {
		return nil, fmt.Errorf("simulated scanner: %g Hz at %g degrees", cfg.Hz, cfg.Resolution)
	}
	s.noise = make([]float64, noiseSize)
	for i := range s.noise {
		s.noise[i] = s.rng.NormFloat64()*cfg.Noise + cfg.Bias
	}
	s.counter, s.telegrams = uint16(s.rng.Uint32()), uint16(s.rng.Uint32())
	s.setFan(cfg.Hz, cfg.Resolution)
	return s, nil
}

// setFan prepares directions and the empty lane.
func (s *Scanner) setFan(hz, resolution float64) {
	s.step = resolution
	s.n = int(math.Round((s.model.stop-s.model.start)/resolution)) + 1
	s.period = time.Duration(float64(time.Second) / hz)
	s.beams = 360 / resolution * hz
	s.cos, s.sin, s.fan = make([]float64, s.n), make([]float64, s.n), make([][rays]line, s.n)
	s.noise = s.noise[:noiseSize]
	for i := range s.n {
		s.noise = append(s.noise, s.noise[i])
	}
	s.background, s.dist = make([]float64, s.n), make([]uint16, s.n)
	for i := range s.n {
		a := (s.model.start + float64(i)*resolution + s.cfg.Roll) * math.Pi / 180
		s.sin[i], s.cos[i] = math.Sincos(a)
		if s.cfg.Flip {
			s.cos[i] = -s.cos[i]
		}
		s.fan[i] = s.lines(s.cos[i], s.sin[i])
		if s.sin[i] > 0.01 {
			if d := s.cfg.Height / s.sin[i]; d < s.model.reach {
				s.background[i] = d
			}
		}
	}
}

// Tick implements sim.Machine: it sends the scans that are due.
func (s *Scanner) Tick(now time.Time, out *sim.Out) {
	if !s.sending {
		return
	}
	if late := int64(now.Sub(s.nextAt) / s.period); late > catchUp {
		s.skip(late - catchUp)
	}
	for s.sending && !s.nextAt.After(now) {
		s.send(out)
	}
}

// Deadline implements sim.Machine.
func (s *Scanner) Deadline() (time.Time, bool) { return s.nextAt, s.sending }

// Hangup tells the scanner that its connection is gone: nobody is subscribed or logged in.
func (s *Scanner) Hangup() {
	s.sending, s.level, s.in = false, 0, s.in[:0]
}

// Pollute sets the second status byte of the scans to come.
func (s *Scanner) Pollute(status uint8) { s.cfg.Status = status }

// begin starts sending at the first scan that ends after now.
func (s *Scanner) begin(now time.Time) {
	if s.boot.IsZero() {
		s.boot = now.Add(-2 * time.Hour)
	}
	s.sending = true
	s.next = int64(now.Sub(s.boot)/s.period) + 1
	s.nextAt = s.zero(s.next).Add(s.model.delay)
}

// zero is the time of the zero index of scan k.
func (s *Scanner) zero(k int64) time.Time { return s.boot.Add(time.Duration(k) * s.period) }

func (s *Scanner) skip(n int64) {
	s.next += n
	s.counter += uint16(n)
	s.nextAt = s.zero(s.next).Add(s.model.delay)
}

// travel counts how far the vehicle nearest to the plane has moved since the scan before.
func (s *Scanner) travel() {
	for _, p := range s.placed {
		if x := p.X - s.cfg.Station; x > -sensorMM && x < float64(p.Length)+sensorMM {
			s.way += p.V * s.period.Seconds() * float64(s.every)
			return
		}
	}
}

// sensorMM is how far before and behind the plane the speed sensor looks.
const sensorMM = 2000

// send casts and sends scan s.next and sets the one after.
func (s *Scanner) send(out *sim.Out) {
	at := s.zero(s.next)
	s.placed = s.scene.At(s.placed[:0], at)
	s.travel()
	s.counter++
	if s.cfg.Lose <= 0 || s.rng.Float64() >= s.cfg.Lose {
		s.telegrams++
		s.cast()
		from := len(out.Send)
		out.Send = s.telegram(out.Send, "sSN", at)
		if s.cfg.Repeat > 0 && s.rng.Float64() < s.cfg.Repeat {
			out.Send = append(out.Send, out.Send[from:]...)
		}
	}
	ahead := int64(s.every)
	if len(s.placed) == 0 && s.cfg.Idle > 0 {
		ahead = max(ahead, int64(s.cfg.Idle/s.period))
	} else {
		s.counter += uint16(s.every - 1)
	}
	s.next += ahead
	s.nextAt = s.zero(s.next).Add(s.model.delay)
}
