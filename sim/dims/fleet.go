package dims

import (
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Kind is what a drawn vehicle is.
type Kind int

// The kinds of vehicles.
const (
	Car       Kind = iota
	Lorry          // cab, a gap of the frame, box body
	Tarpaulin      // the same with a dark tarpaulin that swallows echoes
	Train          // lorry, drawbar, trailer with a tarpaulin
)

// Draw gives one vehicle of a kind: boxes as profiler.md 6 names them, with mirrors of
// 0.2 x 0.35 x 0.5 m and a whip antenna of 10 mm. Length, Width and Height are those that a
// limit is about: without mirrors and antenna. Equal draws of rng give equal vehicles.
func Draw(rng *rand.Rand, kind Kind, id string) *sim.Vehicle {
	b := builder{v: &sim.Vehicle{ID: id}}
	if kind == Car {
		b.car(rng)
	} else {
		b.lorry(rng, kind)
	}
	return b.v
}

// builder puts boxes together; numbers are millimetres.
type builder struct{ v *sim.Vehicle }

func (b *builder) box(name string, from, to, bottom, top, left, right int) {
	b.v.Parts = append(b.v.Parts, sim.Part{Name: name, From: quant.Length(from), To: quant.Length(to),
		Bottom: quant.Length(bottom), Top: quant.Length(top), Left: quant.Length(left), Right: quant.Length(right)})
}

// mirrors puts one on each side of a part that is half wide.
func (b *builder) mirrors(from, bottom, half, out, high int) {
	b.box("mirror", from, from+200, bottom, bottom+high, -half-out, -half)
	b.box("mirror", from, from+200, bottom, bottom+high, half, half+out)
}

func (b *builder) axle(at int) { b.v.Axles = append(b.v.Axles, sim.Axle{Offset: quant.Length(at)}) }

func (b *builder) size(length, half, height int) {
	b.v.Length, b.v.Width, b.v.Height = quant.Length(length), quant.Length(2*half), quant.Length(height)
}

func (b *builder) car(rng *rand.Rand) {
	half, height, length := 850+rng.IntN(100), 1400+rng.IntN(500), 4000+rng.IntN(900)
	b.box("body", 0, length, 250, 900, -half, half)
	b.box("body", 1000, length-700, 900, height, -half+120, half-120)
	b.mirrors(1300, 900, half, 180, 150)
	b.axle(850)
	b.axle(length - 900)
	b.size(length, half, height)
}

func (b *builder) lorry(rng *rand.Rand, kind Kind) {
	half, height := 1200+rng.IntN(100), 2800+rng.IntN(1300)
	cab, load := 2000+rng.IntN(300), 6000+rng.IntN(8000)
	top := min(2900+rng.IntN(700), height)
	name := "body"
	switch kind {
	case Train:
		load = 6000 + rng.IntN(1500)
	case Tarpaulin:
		name = "tarpaulin"
	}
	end := cab + 300 + load
	b.box("cab", 0, cab, 300, top, -1220, 1220)
	b.mirrors(350, 1900, 1220, 350, 500)
	b.box("antenna", 900, 910, top, top+1200, 700, 710)
	b.box("frame", cab, cab+300, 700, 1200, -1100, 1100)
	b.box(name, cab+300, end, 1000, height, -half, half)
	rail := 0 // a rail along the side that stands out under the roof's edge
	if rng.IntN(4) == 0 {
		rail = 10 + rng.IntN(25)
		b.box("rail", cab+500, end-200, 1000, 1200, -half-rail, half+rail)
	}
	b.axle(1400)
	b.axle(end - 2200)
	if kind == Train {
		thin, low, high := 50+rng.IntN(100), 400+rng.IntN(200), 650+rng.IntN(250)
		bar := 1400 + rng.IntN(600)
		b.box("drawbar", end-200, end+bar, low, high, -thin, thin)
		from := end + bar
		end = from + 6500 + rng.IntN(1000)
		b.box("tarpaulin", from, end, 1000, height, -half, half)
		b.axle(from + 1300)
		b.axle(end - 1500)
	}
	b.size(end, max(half+rail, 1220), max(height, top))
}

const lead = 1500.0 // mm before and behind the plane

// Stretch is a part of a motion: so far at the speed that it was entered with, or so long
// with a constant acceleration.
type Stretch struct {
	Way     float64 // mm; 0 goes by Seconds
	Seconds float64
	Accel   float64 // mm/s^2
}

// Stretches joins stretches of a motion that begins 1.5 m before the plane.
func Stretches(from time.Time, speed float64, all ...Stretch) (k sim.Track, end time.Time) {
	x := -lead
	for _, s := range all {
		if s.Way > 0 && speed > 0 {
			s.Seconds, s.Accel = s.Way/speed, 0
		}
		k = append(k, sim.Segment{Start: from, X: x, V: speed, A: s.Accel})
		x += speed*s.Seconds + s.Accel*s.Seconds*s.Seconds/2
		speed += s.Accel * s.Seconds
		from = from.Add(time.Duration(s.Seconds * float64(time.Second)))
	}
	return append(k, sim.Segment{Start: from, X: x, V: speed}), from
}

// StopAndRollBack gives the motion of a vehicle that stops under the plane with its front
// at (mm behind the plane), stands, rolls half a metre back, stands again and drives on.
func StopAndRollBack(v *sim.Vehicle, from time.Time, speed, at float64) (k sim.Track, end time.Time) {
	brake := speed / 1000 // s at 1 m/s^2
	way := speed * brake / 2
	return Stretches(from, speed, Stretch{Way: lead + at - way}, Stretch{Seconds: brake, Accel: -1000}, Stretch{Seconds: 3},
		Stretch{Seconds: 1, Accel: -500}, Stretch{Seconds: 1, Accel: 500}, Stretch{Seconds: 2},
		Stretch{Seconds: brake, Accel: 1000}, Stretch{Way: float64(v.Length) + lead - at + 500 - way})
}
