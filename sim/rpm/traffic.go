package rpm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Kind is what a vehicle is to a portal.
type Kind string

// The kinds.
const (
	Car         Kind = "car"
	Van         Kind = "van"
	EmptyLorry  Kind = "empty lorry"
	LoadedLorry Kind = "loaded lorry"
)

// kinds are the vehicles of a border lane: their share, what they take away of the
// background, and how fast they drive through. Shares and speeds are chosen so that the
// quantiles of occupancy lengths, speeds and depths of shadows of a real day come out.
var kinds = []struct {
	kind    Kind
	share   float64
	shield  [2]float64 // uniform
	length  [2]float64 // mm, uniform
	speed   float64    // mm/s, median
	spread  float64    // of its logarithm
	trailer float64    // share with a trailer
	steel   float64    // share with more than 15 t of steel
}{
	{Car, 0.13, [2]float64{0.25, 0.33}, [2]float64{3800, 5000}, 6300, 0.22, 0, 0},
	{Van, 0.09, [2]float64{0.28, 0.32}, [2]float64{5200, 7500}, 3600, 0.30, 0, 0},
	{EmptyLorry, 0.31, [2]float64{0.33, 0.37}, [2]float64{10_000, 17_000}, 2050, 0.22, 0.7, 0},
	{LoadedLorry, 0.47, [2]float64{0.43, 0.52}, [2]float64{16_000, 18_000}, 1920, 0.18, 0.95, 0.1},
}

// TrafficConfig describes the vehicles that come to a portal.
type TrafficConfig struct {
	Start    time.Time // the first vehicle comes some seconds later
	Station  float64   // the portal's, mm from the lane datum
	Gap      time.Duration
	Norm     float64 // share of lorries with naturally radioactive goods; 0.015 at borders
	Patients float64 // share of vehicles with a driver after nuclear medicine
	Seed     uint64
}

// Traffic is a scene of single vehicles that drive past a portal one after another without
// end. The lane is asked in order of time.
type Traffic struct {
	cfg TrafficConfig

	mu    sync.Mutex
	rng   *rand.Rand
	rides []ride
	next  time.Time // when the front of the next vehicle appears
	n     int
}

// ride is one vehicle on its way.
type ride struct {
	v     *sim.Vehicle
	track sim.Track
	gone  time.Time
}

// Reach of a vehicle before its front and behind its rear, mm: it is in the scene while
// the panels feel it.
const (
	reachBefore = before + fade
	reachBehind = behind + fade
)

const (
	closely = 0.073 // share of vehicles that follow before the portal has told a background
	stops   = 0.05  // share of vehicles that stop beside the panels, 2 to 20 s
	gap     = 30 * time.Second
)

// NewTraffic makes a traffic, the same for the same configuration. Gap is the mean time
// between two vehicles beside one another's reach; 0 is 30 s, a busy lane.
func NewTraffic(cfg TrafficConfig) *Traffic {
	if cfg.Gap <= 0 {
		cfg.Gap = gap
	}
	t := &Traffic{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x7472)), next: cfg.Start}
	t.next = cfg.Start.Add(t.pause())
	return t
}

// At implements sim.Scene.
func (t *Traffic) At(dst []sim.Placed, at time.Time) []sim.Placed {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !at.Before(t.next) {
		t.enter()
	}
	t.rides = slices.DeleteFunc(t.rides, func(r ride) bool { return at.After(r.gone) })
	for i := range t.rides {
		if x, v, ok := t.rides[i].track.At(at); ok {
			dst = append(dst, sim.Placed{Vehicle: t.rides[i].v, X: x, V: v})
		}
	}
	return dst
}

// enter lets the next vehicle come, and plans when the one after it does.
func (t *Traffic) enter() {
	v, speed := Passing(t.rng, fmt.Sprint(t.n))
	t.n++
	if v.Length > 8000 && t.rng.Float64() < t.cfg.Norm {
		v.Sources = append(v.Sources, Norm(t.rng, v, 1650))
	}
	if t.rng.Float64() < t.cfg.Patients {
		v.Sources = append(v.Sources, Patient(t.rng, v))
	}
	from := t.cfg.Station - reachBefore
	way := reachBefore + float64(v.Length) + reachBehind
	r := ride{v: v, track: sim.Track{{Start: t.next, X: from, V: speed}}}
	took := seconds(way / speed)
	if t.rng.Float64() < stops {
		stand := reachBefore + float64(v.Length)*(0.1+0.8*t.rng.Float64())
		halt := t.next.Add(seconds(stand / speed))
		stay := seconds(2 + 18*t.rng.Float64())
		r.track = append(r.track, sim.Segment{Start: halt, X: from + stand}, sim.Segment{Start: halt.Add(stay), X: from + stand, V: speed})
		took += stay
	}
	r.gone = t.next.Add(took)
	t.rides = append(t.rides, r)
	t.next = r.gone.Add(t.pause())
}

// pause is the time until the next vehicle appears, after the last one has gone.
func (t *Traffic) pause() time.Duration {
	if t.rng.Float64() < closely {
		return 0
	}
	return 5*time.Second + time.Duration(t.rng.ExpFloat64()*float64(t.cfg.Gap))
}

// Passing draws a vehicle without sources and its speed, mm/s.
func Passing(rng *rand.Rand, id string) (v *sim.Vehicle, speed float64) {
	x, i := rng.Float64(), 0
	for i < len(kinds)-1 && x >= kinds[i].share {
		x -= kinds[i].share
		i++
	}
	k := &kinds[i]
	uniform := func(r [2]float64) float64 { return r[0] + (r[1]-r[0])*rng.Float64() }
	v = &sim.Vehicle{ID: id, Class: string(k.kind), Width: 2550, Height: 4000}
	v.Length, v.Shield = quant.Length(uniform(k.length)), uniform(k.shield)
	if v.Length < 8000 {
		v.Width, v.Height = 1850, 1600
	}
	v.Axles, v.Units = []sim.Axle{{Offset: v.Length / 6}, {Offset: v.Length * 4 / 5}}, []int{2}
	if rng.Float64() < k.trailer {
		v.Axles[1].Offset = 5000
		v.Axles = append(v.Axles, sim.Axle{Offset: v.Length * 4 / 5})
		v.Units = []int{2, 1}
	}
	if rng.Float64() < k.steel {
		v.Ship = 0.2 + 0.4*rng.Float64()
	}
	return v, k.speed * math.Exp(k.spread*rng.NormFloat64())
}

// Patient is a driver after nuclear medicine, 1.5 to 2.5 m behind the front of v, on either
// side of the cab: counts/s log-normal with median 600, sigma 1.
func Patient(rng *rand.Rand, v *sim.Vehicle) sim.Source {
	s := sim.Source{Gamma: 600 * math.Exp(rng.NormFloat64()), Offset: quant.Length(1500 + 1000*rng.Float64()), Side: 0.4}
	if rng.IntN(2) == 0 {
		s.Side = -s.Side
	}
	s.Offset = min(s.Offset, v.Length*3/4)
	return s
}

// Norm is a load of naturally radioactive goods in v, over most of what lies behind its
// cab: half of such loads give 5 to 15 % of the background (counts/s of all panels), the
// others up to 60 %.
func Norm(rng *rand.Rand, v *sim.Vehicle, background float64) sim.Source {
	share := 0.05 + 0.10*rng.Float64()
	if rng.IntN(2) == 0 {
		share = 0.15 + 0.45*rng.Float64()
	}
	front := min(v.Length/5, 3000)
	load := v.Length - front - 500
	return sim.Source{Gamma: share * background, Offset: front + load/2, Extent: load}
}

// Weather draws showers for a time: about one in two days, of half an hour to six hours.
func Weather(rng *rand.Rand, from time.Time, length time.Duration) (showers []Shower) {
	for at := from; ; {
		at = at.Add(time.Duration(rng.ExpFloat64() * float64(48*time.Hour)))
		if at.Sub(from) >= length {
			return showers
		}
		s := Shower{Start: at, Length: time.Duration((0.5 + 5.5*rng.Float64()) * float64(time.Hour)), Rate: min(2*math.Exp(rng.NormFloat64()), 50)}
		showers = append(showers, s)
		at = at.Add(s.Length)
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
