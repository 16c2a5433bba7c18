package radiation

import "math"

// published is what remains of the background along vehicles of 40 and more slices on a real
// day, in permille of it, in 20 equal parts of the occupancy; and the median of the deepest
// second by how long vehicles took. Both are the reference's (protocols/radiation.md, 3.4),
// computed from a recorded day of one portal. How vehicles differ was not published: the
// standard deviations and the reach of their correlation below are assumed, wider than the 10
// and 90 % quantiles of the depth (29 and 51 %) tell.
var (
	published = [...]float64{940, 830, 710, 680, 660, 630, 630, 650, 660, 660, 650, 640, 630, 620, 620, 650, 750, 870, 940, 960}
	depths    = [...]struct {
		to    int
		depth float64
	}{{25, 0.30}, {45, 0.32}, {60, 0.43}, {120, 0.47}}
)

const (
	publishedDepth = 0.38 // of published
	anySpread      = 0.05 // of the background, standard deviation of any part
	depthSpread    = 0.25 // and of the shadow's own depth there
	tiltSpread     = 0.03
	shadowReach    = 0.9 // correlation of neighbouring parts
	tiltReach      = 0.9
)

// Reference gives templates for a portal that has not learned any yet: for simulators, for a
// demonstration, and for the first weeks of a site. They are wide, so that they rather miss a
// weak source than alarm at a vehicle of another site, and were learned from no vehicles.
func Reference() *Templates {
	t := &Templates{Version: "reference-1", Threshold: 5000, Pillars: 5000, Level: 4000}
	from := leastSlices
	for _, d := range depths {
		c := Class{From: from, To: d.to}
		from = d.to + 1
		var shares, tilts matrix
		var sd vector
		for k := range Parts {
			taken := float64((1 - remains(k)) * (d.depth / publishedDepth))
			c.Profile[k] = permille(1-taken, 0, 2000)
			sd[k] = math.Sqrt(float64(anySpread*anySpread) + float64(float64(depthSpread*taken)*float64(depthSpread*taken)))
		}
		for i := range Parts {
			near, tilted := 1.0, 1.0
			for j := i; j < Parts; j++ {
				shares[j][i] = float64(float64(sd[i]*sd[j]) * near)
				tilts[j][i] = float64(tiltSpread * tiltSpread * tilted)
				near, tilted = float64(near*shadowReach), float64(tilted*tiltReach)
			}
		}
		c.Spread, c.TiltSpread = shares.pack(), tilts.pack()
		t.Classes = append(t.Classes, c)
	}
	return t
}

// remains is the published share at the middle of part k.
func remains(k int) float64 {
	const n = float64(len(published))
	x := max(0, min(n-1, float64((float64(k)+0.5)*n)/Parts-0.5))
	i := min(int(x), len(published)-2)
	f := x - float64(i)
	return (float64(published[i]*(1-f)) + float64(published[i+1]*f)) / 1000
}
