package roc

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Estimate is a share with its 95 % interval.
type Estimate struct{ P, Lo, Hi float64 }

// wilson is the share of k in n with Wilson's interval.
func wilson(k, n int) Estimate {
	if n == 0 {
		return Estimate{0, 0, 1}
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Estimate{p, max(mid-half, 0), min(mid+half, 1)}
}

// threshold is the lowest one that at most allowed of the clean scores are above; they are
// sorted here. The rule is the same for every detector.
func threshold(clean []int32, allowed float64) int32 {
	slices.Sort(clean)
	k := int(allowed*float64(len(clean)) + 1e-9)
	return clean[len(clean)-1-min(k, len(clean)-1)]
}

// above counts the scores above a threshold; they are sorted.
func above(sorted []int32, limit int32) int {
	i, _ := slices.BinarySearch(sorted, limit+1)
	return len(sorted) - i
}

// bootstrap draws occupancies with replacement and gives the middle 95 % of each figure
// that f makes of a draw. f overwrites figures.
func bootstrap(n, count, replicates int, rng *rand.Rand, f func(draw []int, figures []float64)) (lo, hi []float64) {
	draw, figures := make([]int, n), make([]float64, count)
	all := make([][]float64, count)
	for range replicates {
		for i := range draw {
			draw[i] = rng.IntN(n)
		}
		f(draw, figures)
		for i, x := range figures {
			all[i] = append(all[i], x)
		}
	}
	lo, hi = make([]float64, count), make([]float64, count)
	for i, x := range all {
		slices.Sort(x)
		lo[i], hi[i] = x[replicates*25/1000], x[replicates*975/1000-1]
	}
	return lo, hi
}
