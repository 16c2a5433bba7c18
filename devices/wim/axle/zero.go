package axle

import (
	"math"
	"slices"
	"time"
)

const (
	zeroBlock  = 250 * time.Millisecond
	zeroBlocks = 8 // blocks that the median is taken of: two seconds
	zeroSecond = 4 // blocks that the drift is judged over
)

// zero follows the reading of the empty platform, in kilograms.
type zero struct {
	value  float64
	noise  float64 // standard deviation of one sample, from successive differences
	known  bool    // value comes from the empty platform
	blocks [zeroBlocks + 1]float64
	nb     int
	sum    float64
	n      int
	start  time.Time
	last   float64
	diff2  float64 // running mean of squared successive differences
	diffs  int
}

// add takes a sample of the empty platform; limit is three divisions.
func (z *zero) add(at time.Time, kg, division float64) {
	if z.n == 0 {
		z.start = at
	} else if d := kg - z.last; z.diffs < 256 {
		z.diffs++
		z.diff2 += (d*d - z.diff2) / float64(z.diffs)
	} else {
		z.diff2 += (d*d - z.diff2) / 256
	}
	z.last, z.sum, z.n = kg, z.sum+kg, z.n+1
	if d := at.Sub(z.start); d < zeroBlock-zeroBlock/16 || z.n < 4 && d < time.Second {
		return
	}
	copy(z.blocks[1:], z.blocks[:])
	z.blocks[0] = z.sum / float64(z.n)
	n := z.n
	z.nb, z.sum, z.n = min(z.nb+1, len(z.blocks)), 0, 0
	z.noise = max(math.Sqrt(z.diff2/2), division/math.Sqrt(12))
	z.update(max(3*division, 4*z.noise/math.Sqrt(float64(n))))
}

// update takes the median, leaving out the newest block: a wheel may already have been in
// its end. It freezes while the blocks of a second differ by more than limit.
func (z *zero) update(limit float64) {
	if z.nb < 3 {
		return
	}
	old := z.blocks[1:z.nb]
	second := z.blocks[:min(z.nb, zeroSecond)]
	if z.known && slices.Max(second)-slices.Min(second) > limit {
		return
	}
	var s [zeroBlocks]float64
	k := copy(s[:], old)
	slices.Sort(s[:k])
	z.value, z.known = (s[(k-1)/2]+s[k/2])/2, true
}

// interrupt drops the block that a vehicle has begun in.
func (z *zero) interrupt() { z.sum, z.n = 0, 0 }
