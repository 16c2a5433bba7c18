package radiation

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/internal/obs"
)

// poisson draws by inversion: exact, and fast enough for slices.
func poisson(r *rand.Rand, mean float64) int32 {
	limit, p, k := math.Exp(-mean), r.Float64(), int32(0)
	for p > limit {
		p *= r.Float64()
		k++
	}
	return k
}

// inject adds a point source of k counts/s at closest approach, 2 m away, somewhere in the
// middle half of the vehicle, 70 % of it in one pillar.
func inject(r *rand.Rand, o *Occupancy, k float64) *Occupancy {
	c := *o
	c.Slices = append([]Slice(nil), o.Slices...)
	n := float64(len(c.Slices))
	speed := float64(o.Speed) / 1000
	if speed < 0.3 || speed > 15 {
		speed = 2.15
	}
	at := (0.25 + 0.5*r.Float64()) * n
	left, right := 0.35, 0.15
	if r.IntN(2) == 0 {
		left, right = right, left
	}
	for i := range c.Slices {
		x := speed * 0.2 * (float64(i) + 0.5 - at) / 2
		mean := 0.2 * k * math.Pow(1+x*x, -1.5)
		for p, f := range [4]float64{left, left, right, right} {
			c.Slices[i].Gamma[p] += poisson(r, mean*f)
		}
	}
	return &c
}

// vendorAlarm judges an occupancy's slices with the portal's rule.
func vendorAlarm(o *Occupancy) bool {
	e := New(Config{})
	at := day
	for range 2 {
		feedBackground(e, at, o.Background)
	}
	alarm := false
	for _, s := range o.Slices {
		at = at.Add(200 * time.Millisecond)
		feedSlice(e, at, s.Gamma)
		alarm = alarm || e.Current().GammaAlarm
	}
	return alarm
}

func TestTooFewVehiclesTeachNothing(t *testing.T) {
	if tpl, err := Learn(nil, 10); tpl != nil || err == nil {
		t.Fatalf("%+v, %v", tpl, err)
	}
}

func feedBackground(e *Engine, at time.Time, cps [4]int32) {
	e.Feed(at, &obs.Radiation{Tag: "GB", Gamma: cps})
}

func feedSlice(e *Engine, at time.Time, c [4]int32) {
	e.Feed(at, &obs.Radiation{Tag: "GS", Gamma: c, Interval: 200, Occupied: true})
}
