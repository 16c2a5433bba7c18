package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	block      = 25    // scans of one median; medians of blocks are joined by their median
	ransacMM   = 20.0  // a beam within it lies on the road
	ransacRuns = 200   // pairs tried
	minRoad    = 0.5   // share of beams in the lane window that must lie on the road
	maxBelow   = 0.1   // share of beams that may lie below the road
	besideMM   = 6000  // to each side in which they are counted
	maxTilt    = 0.6   // slope of the road in the device's frame
	driftRoll  = 0.1   // degrees; more is an alarm
	driftH     = 15.0  // mm; more is an alarm
	farRoad    = 12000 // mm to each side in which the road is looked for
)

// calibration collects empty scans: the median per beam, by blocks.
type calibration struct {
	scans  [][]int32 // of the current block
	blocks [][]int32 // medians of full blocks
	dev    []float64 // sum of absolute deviations from the block's median
	count  int
}

// add takes one scan of the empty lane and reports whether enough are there.
func (c *calibration) add(dist []int32, want int) bool {
	if len(c.scans) < block {
		c.scans = append(c.scans, nil)
	}
	k := c.count % block
	c.scans[k] = append(c.scans[k][:0], dist...)
	c.count++
	if c.count%block == 0 {
		c.close()
	}
	return c.count >= want && c.count%block == 0
}

func (c *calibration) close() {
	n := len(c.scans[0])
	if c.dev == nil {
		c.dev = make([]float64, n)
	}
	med := make([]int32, n)
	v := make([]int32, 0, block)
	for i := range n {
		v = v[:0]
		for _, s := range c.scans {
			if s[i] >= MinEcho {
				v = append(v, s[i])
			}
		}
		if len(v) <= block/2 { // mostly no echo: no background there
			continue
		}
		med[i] = median(v)
		var dev float64
		for _, d := range v {
			dev += math.Abs(float64(d - med[i]))
		}
		c.dev[i] += dev / float64(len(v))
	}
	c.blocks = append(c.blocks, med)
}

// background gives the median range of every beam (0: no echo) and its standard deviation.
func (c *calibration) background() (bg []int32, sigma []float64) {
	n := len(c.blocks[0])
	bg, sigma = make([]int32, n), make([]float64, n)
	v := make([]int32, len(c.blocks))
	for i := range n {
		for k, b := range c.blocks {
			v[k] = b[i]
		}
		bg[i] = median(v)
		sigma[i] = 1.25 * c.dev[i] / float64(len(c.blocks))
	}
	return bg, sigma
}

// calibrate fits the road to the collected scans and takes it into use. It returns what
// happened in words, and whether the mount has moved since the calibration before.
func (u *unit) calibrate(c *Config) (notice string, moved bool) {
	bg, sigma := u.cal.background()
	u.cal = calibration{}
	h, slope, share := u.fit(c, bg)
	if share < minRoad || h < 1000 || h > 15000 {
		return fmt.Sprintf("scanner %d: no road found under the scanner (%.0f %% of the beams on one line)", u.index+1, 100*share), true
	}
	roll := math.Atan(slope)
	if m := float64(u.mount.Height); m > 0 && math.Abs(h-m) > 300 {
		return fmt.Sprintf("scanner %d: road found %.0f mm below it, settings say %.0f mm", u.index+1, h, m), true
	}
	switch deg := 180 / math.Pi; {
	case !u.measured:
		u.firstH, u.firstRoll = h, roll
		notice = fmt.Sprintf("scanner %d calibrated: height %.0f mm, roll %.2f degrees", u.index+1, h, roll*deg)
	case math.Abs(h-u.firstH) > driftH || math.Abs(roll-u.firstRoll)*deg > driftRoll:
		notice, moved = fmt.Sprintf("scanner %d has moved or the road has changed: height %.0f, was %.0f mm; roll %.2f, was %.2f degrees",
			u.index+1, h, u.firstH, roll*deg, u.firstRoll*deg), true
	}
	u.h, u.roll, u.ready, u.measured = h, roll, true, true
	u.limit = make([]float64, u.n)
	for i, b := range bg {
		if b > 0 {
			u.limit[i] = float64(b) - max(roadMargin, 5*sigma[i])
		}
	}
	u.layout(c)
	return notice, moved
}

// fit finds the road as the line z = -h + slope*x in the device's frame: RANSAC with a
// fixed seed, then least squares over the inliers. h is the perpendicular distance.
func (u *unit) fit(c *Config, bg []int32) (h, slope, share float64) {
	var xs, zs []float64
	flip := 1.0
	if u.mount.Flip {
		flip = -1
	}
	half := math.Max(math.Abs(float64(c.Left)-float64(u.mount.X)), math.Abs(float64(c.Right)-float64(u.mount.X)))
	for i, d := range bg {
		a := (u.start + float64(i)*u.step) * math.Pi / 180
		x, z := float64(d)*math.Cos(a), -float64(d)*math.Sin(a)
		w := flip*x + float64(u.mount.X)
		inside := w >= float64(c.Left) && w <= float64(c.Right)
		if d >= MinEcho && z < -1000 && (inside || math.Abs(x) < min(half, farRoad)) {
			xs, zs = append(xs, x), append(zs, z)
		}
	}
	if len(xs) < 20 {
		return 0, 0, 0
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(xs))))
	best, bestA, bestB := 0, 0.0, 0.0
	for range ransacRuns {
		i, k := rng.IntN(len(xs)), rng.IntN(len(xs))
		if math.Abs(xs[i]-xs[k]) < 200 {
			continue
		}
		b := (zs[k] - zs[i]) / (xs[k] - xs[i])
		a := zs[i] - b*xs[i]
		if math.Abs(b) > maxTilt {
			continue
		}
		if n := inliers(xs, zs, a, b); n > best {
			best, bestA, bestB = n, a, b
		}
	}
	for range 2 { // least squares moves the line, which moves the inliers once more
		bestA, bestB = leastSquares(xs, zs, bestA, bestB)
	}
	share = float64(inliers(xs, zs, bestA, bestB)) / float64(len(xs))
	if u.mount.Height == 0 && float64(u.lower(bg, bestA, bestB)) > maxBelow*float64(len(xs)) {
		return 0, 0, 0 // a roof: a vehicle stands where the road should be seen
	}
	return -bestA / math.Sqrt(1+bestB*bestB), bestB, share
}

// lower counts the beams that end clearly below the line, beside the lane too.
func (u *unit) lower(bg []int32, a, b float64) (n int) {
	for i, d := range bg {
		sin, cos := math.Sincos((u.start + float64(i)*u.step) * math.Pi / 180)
		x, z := float64(d)*cos, -float64(d)*sin
		if d >= MinEcho && math.Abs(x) < besideMM && z < a+b*x-5*ransacMM {
			n++
		}
	}
	return n
}

func inliers(xs, zs []float64, a, b float64) (n int) {
	for i := range xs {
		if math.Abs(zs[i]-a-b*xs[i]) <= ransacMM {
			n++
		}
	}
	return n
}

func leastSquares(xs, zs []float64, a, b float64) (float64, float64) {
	var n, sx, sz, sxx, sxz float64
	for i, x := range xs {
		if math.Abs(zs[i]-a-b*x) <= ransacMM {
			n++
			sx, sz, sxx, sxz = sx+x, sz+zs[i], sxx+x*x, sxz+x*zs[i]
		}
	}
	det := n*sxx - sx*sx
	if n < 3 || det == 0 {
		return a, b
	}
	b = (n*sxz - sx*sz) / det
	return (sz - b*sx) / n, b
}
