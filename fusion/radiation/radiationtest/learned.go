// Package radiationtest makes suppression templates for tests, as the program learns them.
package radiationtest

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/fusion/radiation"
)

// Vehicles makes n clean occupancies of 30 to 70 slices whose shadows leave about so many
// permille of the background in their middle.
func Vehicles(n, permille int) []*radiation.Occupancy {
	rnd := rand.New(rand.NewPCG(uint64(n), uint64(permille)))
	counted := func(mean float64) int32 { return int32(max(0, math.Round(mean+rnd.NormFloat64()*math.Sqrt(mean)))) }
	var all []*radiation.Occupancy
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for i := range n {
		o := &radiation.Occupancy{Number: uint32(i + 1), Start: start.Add(time.Duration(i) * time.Minute), HasBG: true, Background: [4]int32{400, 400, 400, 400}, Threshold: 5000, MaxSigma: math.MinInt32}
		deep := float64(permille)/1000 + 0.05*rnd.NormFloat64()
		count := 30 + rnd.IntN(40)
		for k := range count {
			u := (float64(k) + 0.5) / float64(count)
			left := 80 * (1 - (1-deep)*math.Sqrt(math.Sin(math.Pi*u)))
			o.Slices = append(o.Slices, radiation.Slice{At: int32(200 * k), Gamma: [4]int32{counted(left), counted(left), counted(left), counted(left)}, Sigma: math.MinInt32})
		}
		o.Count, o.End = count, o.Start.Add(time.Duration(count)*200*time.Millisecond)
		all = append(all, o)
	}
	return all
}

// Learned is a file of templates learned of such vehicles.
func Learned(t testing.TB, version string, permille int) []byte {
	t.Helper()
	set, err := radiation.Learn(Vehicles(400, permille), 10)
	if err != nil {
		t.Fatal(err)
	}
	set.Version = version
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
