package radiation

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/internal/quant"
)

// potash is a lorry of 16 m with an even load from somewhere behind its cab to its rear.
type potash struct {
	strength float64 // net counts over the load's middle, in units of the background
	share    float64 // of the vehicle's length
	ramp     float64 // m, over which the load's ends rise and fall; negative = as far as a source is seen
	speed    float64 // m/s
	beams    bool    // the portal has told it
	point    float64 // net counts of a point source in the load's middle, in units of the background
}

// pass counts exactly what is expected where r is nil.
func (l potash) pass(r *rand.Rand) *Occupancy {
	const length = 16.0
	o := &Occupancy{HasBG: true, Background: [4]int32{393, 396, 437, 429}, BackgroundT: 20, Interval: 200, Hold: 2000, Start: day, Live: 1000, GammaAlarm: true}
	inside := length / l.speed
	o.End = day.Add(time.Duration(1000+inside*1000+2000) * time.Millisecond)
	if l.beams {
		o.Beams = quant.Speed(l.speed * 1000)
	}
	up := func(x, ramp float64) float64 { return max(0, min(1, x/max(ramp, 1e-3)+0.5)) }
	from, to := length*(1-l.share)-0.3, length-0.3
	o.Count = 5 + int(math.Ceil((inside+2)/0.2))
	for i := range o.Count {
		x := (float64(i)*0.2 - 0.9) * l.speed
		share := 1 - 0.4*up(x, 1.5)*up(length-x, 1.5)
		if l.ramp < 0 { // as panels two metres away see one that ends at once
			share += l.strength * (climb((x-from)/2) - climb((x-to)/2)) / 2
		} else {
			share += l.strength * up(x-from, l.ramp) * up(to-x, l.ramp)
		}
		y := (x - (from+to)/2) / 2
		share += l.point * math.Pow(1+y*y, -1.5)
		s := Slice{At: int32(200 * (i + 1))}
		for p, b := range o.Background {
			mean := 0.2 * float64(b) * share
			s.Gamma[p] = int32(math.Round(mean))
			if r != nil {
				s.Gamma[p] = int32(max(0, math.Round(mean+r.NormFloat64()*math.Sqrt(mean))))
			}
		}
		o.Slices = append(o.Slices, s)
	}
	return o
}

// shadowed are ways to know a vehicle's shadow.
func shadowed(t *testing.T) map[string]*Templates {
	model := vehicles(rand.New(rand.NewPCG(5, 6)), 300)
	return map[string]*Templates{"none": nil, "reference": Reference(), "learned": learn(t, occupancies(model), 10)}
}

// However strong an even load is, it is no point source: that would send innocent goods to be
// unloaded. What is left are loads of half of the vehicle beside a shadow that is unlike the
// one expected, and such with ramps over half of them.
func TestAnEvenLoadIsDistributed(t *testing.T) {
	for name, tpl := range shadowed(t) {
		r := rand.New(rand.NewPCG(31, 32))
		all, compact, plateau := 0, 0, 0
		for _, strength := range []float64{0.3, 0.6, 1, 2, 3} {
			for _, share := range []float64{0.5, 0.65, 0.8} {
				for _, ramp := range []float64{-1, 0, 2, 4} {
					for _, speed := range []float64{1, 1.5, 2.2, 3} {
						for draw := range 6 {
							l := potash{strength: strength, share: share, ramp: ramp, speed: speed, beams: draw%2 == 0}
							noise := r
							if draw < 2 {
								noise = nil
							}
							a := tpl.Analyse(l.pass(noise))
							if a.Peak == nil {
								continue
							}
							all++
							switch {
							case a.Peak.OnPlateau:
								plateau++
							case a.Peak.Shape == Compact:
								compact++
							}
						}
					}
				}
			}
		}
		t.Logf("%s: %d peaks, %d compact, %d on a plateau", name, all, compact, plateau)
		if all < 950 || compact+plateau > all*35/1000 || tpl == nil && plateau > 2 {
			t.Errorf("%s: of %d even loads %d are compact and %d a point source on a plateau", name, all, compact, plateau)
		}
	}
}

// A point source as high as the load that it stands in is seen, and one alone is compact.
func TestAPointSourceInAStrongLoadIsFound(t *testing.T) {
	for name, tpl := range shadowed(t) {
		r := rand.New(rand.NewPCG(33, 34))
		for _, strength := range []float64{0, 0.3, 1, 3} {
			for _, height := range []float64{1, 1.5} {
				n, compact, plateau := 0, 0, 0
				for _, share := range []float64{0.65, 0.8} {
					for _, ramp := range []float64{0, 2, 4} {
						for _, speed := range []float64{1, 1.5, 2.2, 3} {
							for range 4 {
								l := potash{strength: strength, share: share, ramp: ramp, speed: speed, beams: true, point: height * max(strength, 0.4)}
								a := tpl.Analyse(l.pass(r))
								if a.Peak == nil {
									continue
								}
								n++
								if a.Peak.Shape == Compact {
									compact++
								}
								if a.Peak.OnPlateau {
									plateau++
								}
							}
						}
					}
				}
				t.Logf("%s: load %g, point source %g of it: %d peaks, %d compact, %d on a plateau", name, strength, height, n, compact, plateau)
				// A guessed shadow hides a load of a third of the background.
				if n < 94 || compact < 84 || strength >= 1 && plateau < 90 {
					t.Errorf("%s: load %g, point source %g of it: %d of %d compact, %d on a plateau", name, strength, height, compact, n, plateau)
				}
			}
		}
	}
}

// Whatever the beams tell of a vehicle's length, its peak is drawn.
func TestPeaksOfVehiclesOfAnyLength(t *testing.T) {
	for _, strength := range []float64{1, 3} {
		for pace := quant.Speed(50); pace < 6000; pace += 50 {
			l := potash{strength: strength, share: 0.65, ramp: 2, speed: 2}
			o := l.pass(nil)
			o.Beams = pace
			if a := (*Templates)(nil).Analyse(o); a.Peak == nil || a.Peak.From > a.Peak.To {
				t.Errorf("load of %g at %v: %+v", strength, pace, a.Peak)
			}
		}
	}
}
