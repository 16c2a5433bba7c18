package weigh_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// chassis is a kind of vehicle: gaps in mm, loads in kg.
type chassis struct {
	name string
	gaps []quant.Length
	kg   []int64
	// sets are the axles that are on 3.2 m together, each by its first and last.
	sets [][2]int
}

// The tractor of T12O3 has its axles just the platform's length apart: at walking pace one's
// leaving hides the next one's coming, and nothing is judged.
var chassises = []chassis{
	{"R2", []quant.Length{4200}, []int64{6200, 9600}, nil},
	{"R3", []quant.Length{3600, 1350}, []int64{7000, 7800, 7800}, [][2]int{{2, 3}}},
	{"T11O3", []quant.Length{3700, 5600, 1310, 1310}, []int64{7000, 9700, 6900, 6900, 6900}, [][2]int{{3, 5}}},
	{"T12O3", []quant.Length{3300, 1350, 5400, 1310, 1310}, []int64{7000, 7300, 7300, 6100, 6100, 6100}, [][2]int{{2, 3}, {4, 6}}},
	{"empty T11O3", []quant.Length{3700, 5600, 1310, 1310}, []int64{5200, 3900, 1900, 1900, 1900}, [][2]int{{3, 5}}},
	{"R12R2", []quant.Length{4400, 1350, 5200, 5000}, []int64{7000, 8000, 8000, 8500, 8500}, [][2]int{{2, 3}}},
}

func (c chassis) vehicle(id string, rng *rand.Rand) *sim.Vehicle {
	v := &sim.Vehicle{ID: id}
	at := quant.Length(1400)
	for i, kg := range c.kg {
		if i > 0 {
			at += c.gaps[i-1]
		}
		v.Axles = append(v.Axles, sim.Axle{Mass: quant.Mass(float64(kg) * 1000 * (1 + 0.04*(2*rng.Float64()-1))), Offset: at})
	}
	v.Length = at + 1500
	return v
}

// overStream weighs a road with a stream of any mode, 100 samples a second.
func overStream(t *testing.T, set weigh.Settings, m simwim.Model, r sim.Scene, d time.Duration) []obs.Weighing {
	t.Helper()
	s, err := weigh.New(set, devices.Env{Name: "wim"})
	if err != nil {
		t.Fatal(err)
	}
	sig := simwim.NewSignal(m, r)
	var out devices.Out
	now := epoch
	for ; now.Before(epoch.Add(d)); now = now.Add(10 * time.Millisecond) {
		x := sig.At(now)
		s.Add(wim.Sample{At: now, Raw: x.Mass, Stable: x.Stable, Overload: x.Over}, x.Mass, nil, &out)
	}
	s.End(now, &out)
	ws, _ := weighings(out.Obs)
	return ws
}

func longPlatform(length quant.Length) weigh.Settings {
	set := weigh.Default()
	set.Mode, set.PlatformLength, set.SpeedMax = weigh.Groups, length, 3000
	return set
}

func TestALongPlatformWeighsAxlesThatAreAloneAndGroupsAsOne(t *testing.T) {
	runs := 12
	if testing.Short() {
		runs = 3
	}
	set := longPlatform(3200)
	for _, kmh := range []float64{2, 3, 5, 8} {
		t.Run(fmt.Sprint(kmh, "kmh"), func(t *testing.T) {
			var alone, sums, speeds, gaps tally
			wrong, n, unsure := 0, 0, 0
			for i := range runs * len(chassises) {
				c := chassises[i%len(chassises)]
				rng := rand.New(rand.NewPCG(uint64(i), uint64(kmh)))
				v := c.vehicle(fmt.Sprint(c.name, i), rng)
				mms := kmh / 3.6 * 1000
				m := simwim.Default(uint64(i + 1))
				m.Platform, m.Capacity = 3200, 60*quant.Tonne
				got := overStream(t, set, m, road{{v, epoch.Add(3 * time.Second), mms}}, 4*time.Second+time.Duration((float64(v.Length)+6000)/mms*1e9))
				n++
				whole := got[len(got)-1]
				if whole.U == 0 {
					unsure++
					if len(got) != len(v.Axles)+1 {
						continue
					}
				}
				if len(got) != len(v.Axles)+1 {
					wrong++
					t.Logf("%s: %d axles, want %d, and judged", v.ID, len(got)-1, len(v.Axles))
					continue
				}
				if whole.U > 0 {
					sums.add(float64(whole.Mass-v.Gross())/1000, float64(whole.U)/1000, float64(v.Gross())/1000)
				}
				for k, w := range got[:len(got)-1] {
					if w.U > 0 {
						alone.add(float64(w.Mass-v.Axles[k].Mass)/1000, float64(w.U)/1000, float64(v.Axles[k].Mass)/1000)
					}
					if w.Speed > 0 {
						speeds.add(float64(w.Speed)-mms, float64(w.USpeed), mms)
						if k > 0 && got[k-1].Speed > 0 {
							way := float64(w.Speed+got[k-1].Speed) / 2 * w.TOn.Sub(got[k-1].TOn).Seconds()
							gaps.add(way-float64(v.Axles[k].Offset-v.Axles[k-1].Offset), 40, 1000)
						}
					}
				}
				for _, s := range c.sets {
					last := got[s[1]-1]
					var truth quant.Mass
					for k := s[0]; k <= s[1]; k++ {
						truth += v.Axles[k-1].Mass
						if got[k-1].Group != last.Group || last.Group == 0 {
							t.Errorf("%s axle %d is in group %d, axle %d in %d", v.ID, k, got[k-1].Group, s[1], last.Group)
						}
					}
					if last.GroupU > 0 {
						sums.add(float64(last.GroupMass-truth)/1000, float64(last.GroupU)/1000, float64(truth)/1000)
					}
				}
			}
			t.Logf("%d vehicles, %d unsure, %d wrong; alone %v; groups and gross %v; speed %v; gaps %v", n, unsure, wrong, &alone, &sums, &speeds, &gaps)
			if wrong > 0 || unsure*5 > n {
				t.Errorf("%d of %d vehicles have another number of axles and are judged, %d are not judged", wrong, n, unsure)
			}
			for name, x := range map[string]*tally{"axles alone": &alone, "groups and gross": &sums, "speeds": &speeds} {
				if x.n == 0 || x.inside*100 < 93*x.n {
					t.Errorf("%s: %v", name, x)
				}
			}
		})
	}
}

// tally counts errors inside their uncertainties.
type tally struct {
	n, inside int
	rel, u    float64 // sums
}

func (c *tally) add(err, u, of float64) {
	c.n++
	if math.Abs(err) <= u {
		c.inside++
	}
	c.rel += err * err / of / of
	c.u += u / of
}

func (c *tally) String() string {
	n := float64(max(c.n, 1))
	return fmt.Sprintf("%d of %d inside, rms %.2f %%, mean u95 %.2f %%", c.inside, c.n, 100*math.Sqrt(c.rel/n), 100*c.u/n)
}
