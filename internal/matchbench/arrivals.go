package matchbench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/plate/platetest"
)

// Arrival is what one set of evidence tells among the expected arrivals of a lane.
type Arrival struct {
	Evidence string
	CER      float64
	Outcome
	Auto Share // of the declared: matched surely enough for the barrier
}

// The lane's own case.
const (
	expected      = 10_000 // declared tractors with their trailers
	alternativeOf = 0.6    // a wrong reading has the right one as its alternative
	sameFault     = 0.5    // a second reader of one picture makes the same reading of it
)

// evidences are what the cameras of the lane give.
var evidences = []struct {
	name                      string
	alternatives, second, aft bool
	container                 bool
}{
	{name: "front plate, one string"},
	{name: "front plate with an alternative", alternatives: true},
	{name: "front plate, a second reader of its picture", second: true},
	{name: "front and trailer plate", aft: true},
	{name: "front and trailer plate with alternatives", alternatives: true, aft: true},
	{name: "front plate and container", container: true},
}

// arrivals measures each set of evidence at each rate, with the default accept.
func arrivals(ctx context.Context, c Config) (list []Arrival, err error) {
	r := rand.New(rand.NewPCG(c.Seed, 10_000))
	plates := platetest.Plates(r, 2*expected+expected/20)
	type lorry struct{ tractor, trailer, box string }
	var known, strange []lorry
	var ds []*decl.Declaration
	for i := 0; i+1 < len(plates); i += 2 {
		l := lorry{plates[i], plates[i+1], boxNumber(r)}
		if len(known) == expected {
			strange = append(strange, l)
			continue
		}
		known = append(known, l)
		ds = append(ds, &decl.Declaration{ID: l.tractor, Containers: []decl.Container{{ID: l.box}},
			Units: []decl.Unit{{Role: "tractor", Plate: l.tractor}, {Role: "trailer", Plate: l.trailer}}})
	}
	x := decl.NewIndex(1, ds)
	tell := c.tell("expected arrivals", len(Rates)*len(evidences))
	var m match.Matcher
	for rate, cer := range Rates {
		for k, set := range evidences {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// The same vehicles and the same faults for every set.
			r := rand.New(rand.NewPCG(c.Seed, uint64(rate)))
			reads, answers := make([]read, c.Reads), make([]answer, c.Reads)
			auto, declared := 0, 0
			for i := range reads {
				l := known[r.IntN(len(known))]
				reads[i].truth = l.tractor
				if i%undeclaredEvery == undeclaredEvery-1 {
					l = strange[r.IntN(len(strange))]
					reads[i].truth = ""
				}
				s := seer{rand.New(rand.NewPCG(r.Uint64(), r.Uint64())), cer}
				e := match.Evidence{Reads: s.camera(l.tractor, obs.Front, set.alternatives, set.second)}
				if set.aft {
					e.Reads = append(e.Reads, s.camera(l.trailer, obs.Trailer, set.alternatives, false)...)
				}
				if set.container {
					e.Containers = []string{platetest.Corrupt(s.r, l.box, cer)}
				}
				res := m.Match(x, e, 0, match.Prior{})
				answers[i] = answerOf(res)
				if reads[i].truth != "" {
					declared++
					if res.Auto() {
						auto++
					}
				}
			}
			list = append(list, Arrival{set.name, cer, count("default accept", reads, answers), share(auto, declared)})
			tell(rate*len(evidences) + k + 1)
		}
	}
	return list, nil
}

// seer writes what cameras see.
type seer struct {
	r   *rand.Rand
	cer float64
}

// camera gives the readings of one camera, and of a second reader of its picture.
func (s seer) camera(truth string, role obs.PlateRole, alternatives, second bool) []match.Read {
	best := match.Read{Text: platetest.Corrupt(s.r, truth, s.cer), P: 800_000, Role: role, Camera: string(role)}
	list := []match.Read{best}
	if alternatives {
		other := best
		other.P = 150_000
		if other.Text = platetest.Corrupt(s.r, best.Text, s.cer); best.Text != truth && s.r.Float64() < alternativeOf {
			other.Text = truth
		}
		list = append(list, other)
	}
	if second {
		other := best
		other.Reader = "second"
		if s.r.Float64() >= sameFault {
			other.Text = platetest.Corrupt(s.r, truth, s.cer)
		}
		list = append(list, other)
	}
	return list
}

// boxNumber draws a container number with its check digit.
func boxNumber(r *rand.Rand) string {
	b := []byte(fmt.Sprintf("%c%c%cU%06d", 'A'+r.IntN(26), 'A'+r.IntN(26), 'A'+r.IntN(26), r.IntN(1_000_000)))
	sum := 0
	for i, c := range b {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
			v += (v - 1) / 10
		}
		sum += v << i
	}
	return string(append(b, byte('0'+sum%11%10)))
}
