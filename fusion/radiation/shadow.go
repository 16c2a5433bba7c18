package radiation

// The parts of an occupancy. Loads line up by their place between the ends of the occupancy,
// the ramps at front and rear by their distance from the ends of the vehicle, which are known:
// the portal sends a second from before the front and stays occupied for two seconds behind
// the rear. A border between two parts lies half way between the two rules. That is the
// portal's custom and no measurement: with others the parts are only less well lined up.
const (
	leadSlices = 5
	tailSlices = 10
	leadParts  = 2
	tailParts  = 3
)

// along is what an occupancy leaves of the background in each part.
type along struct {
	n     int // slices
	left  float64
	right float64            // background of the pillars, counts in a slice
	edges [Parts + 1]float64 // of the parts, in slices
	share vector             // mean of both pillars
	tilt  vector             // half of what the left one has more
}

// take reads an occupancy.
func (p *along) take(o *Occupancy) {
	b := o.ground()
	slice := float64(o.span()) / 1000
	p.n = len(o.Slices)
	p.left, p.right = float64((float64(b[0])+float64(b[1]))*slice), float64((float64(b[2])+float64(b[3]))*slice)
	p.cut()
	for k := range Parts {
		from, to := p.edges[k], p.edges[k+1]
		l, r := 0.0, 0.0
		for i := int(from); i < p.n && float64(i) < to; i++ {
			w := min(to, float64(i+1)) - max(from, float64(i))
			g := &o.Slices[i].Gamma
			l += float64(w * float64(int64(g[0])+int64(g[1])))
			r += float64(w * float64(int64(g[2])+int64(g[3])))
		}
		w := to - from
		switch {
		case p.right <= 0:
			p.share[k] = l / (w * p.left)
		case p.left <= 0:
			p.share[k] = r / (w * p.right)
		default:
			l, r = l/(w*p.left), r/(w*p.right)
			p.share[k], p.tilt[k] = (l+r)/2, (l-r)/2
		}
	}
}

// cut places the borders of the parts.
func (p *along) cut() {
	n := float64(p.n)
	front, rear := float64(leadSlices), n-tailSlices
	if rear < front+1 { // hardly longer than both together
		front, rear = n/4, n/2
	}
	const body = Parts - leadParts - tailParts
	for k := range p.edges {
		x := 0.0
		switch {
		case k < leadParts:
			x = float64(front*float64(k)) / leadParts
		case k <= leadParts+body:
			x = front + float64((rear-front)*float64(k-leadParts))/body
		default:
			x = rear + float64((n-rear)*float64(k-leadParts-body))/tailParts
		}
		p.edges[k] = (x + float64(n*float64(k))/Parts) / 2
	}
	p.edges[Parts] = n
}

// pillars says whether there are two.
func (p *along) pillars() bool { return p.left > 0 && p.right > 0 }

// noise is the variance of share[k], and of tilt[k], by counting where so much remains.
func (p *along) noise(k int, remains float64) float64 {
	v := 0.0
	switch w := p.edges[k+1] - p.edges[k]; {
	case p.right <= 0:
		v = 1 / (w * p.left)
	case p.left <= 0:
		v = 1 / (w * p.right)
	default:
		v = (1/(w*p.left) + 1/(w*p.right)) / 4
	}
	return float64(max(remains, leastRemains) * v)
}

// leastRemains of the background under the deepest shadow, for the statistics: a profile that
// is wrong must not claim to know it better.
const leastRemains = 0.2
