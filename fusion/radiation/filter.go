package radiation

import "math"

// The sources that are looked for. A point source 2 m away passes with the counts of
// (1+x^2)^(-3/2), x in units of 2 m; one that is spread over a load is a row of those. Which
// fits best decides, so that neither the vehicle's speed nor the place of the source needs to
// be known.
var (
	widths  = [...]float64{14, 7.7, 4.5, 2.5} // 2 m in slices: a crawling vehicle, 1.3, 2.2 and 4 m/s
	lengths = [...]float64{0.5, 0.7}          // of loads, in lengths of the occupancy
	sides   = [...]side{{0.5, "sum"}, {0.7, "left"}, {0.3, "right"}}
)

const (
	// gapSpread is how much a shadow may vary as a point source would, wherever it is looked
	// for, beyond what was learned: standard deviation, share of the background. Gaps between
	// cab, load and trailer do so before both pillars, and few vehicles teach where. On the
	// real day 3 % found 300 counts/s a little more often and loads clearly, on the model with
	// its gaps 300 counts/s seven times as often.
	gapSpread = 0.04
	crawling  = 80 // slices, from which the widest source is looked for
	loadWidth = 4.5
	places    = 48 // of a point source along the occupancy, at most
	loads     = 12 // of a load
)

// side is where a source is: the left pillar's share of its counts.
type side struct {
	left float64
	name string
}

// source is a place where one was looked for, and what was found.
type source struct {
	z       float64 // standard deviations
	at      float64 // its middle, in slices
	width   float64 // of a point's counts, in slices
	half    float64 // of a load, in slices; 0 = a point
	side    side
	net     float64 // its height in units of the background
	ofTilt  float64
	ofShare float64 // what it adds to the pillars' mean and to their tilt in those units
}

// filter is one occupancy against one class.
type filter struct {
	along
	mean    vector // expected without a source
	age     float64
	shares  weight
	tilts   weight
	form    vector // of the source that is tried
	lo, hi  int    // parts that form covers
	best    source
	sideway source // best by the tilts alone
}

// weight is what half of the measurements says: deviations from their mean, with the inverse
// of their covariance.
type weight struct {
	inverse matrix
	dev     vector
	scaled  vector // inverse times dev
}

// load makes the filter of a class; false if its covariances are none.
func (f *filter) load(o *Occupancy, c *Class) bool {
	if len(c.Spread) != triangle || len(c.TiltSpread) != triangle {
		return false
	}
	f.take(o)
	f.age = f.aged(o)
	f.tilts.inverse.unpack(c.TiltSpread)
	for k := range f.mean {
		f.mean[k] = float64(c.Profile[k]) / 1000
		f.tilts.inverse[k][k] += f.noise(k, f.mean[k])
		f.shares.dev[k] = f.share[k] - f.mean[k]
		f.tilts.dev[k] = f.tilt[k] - float64(c.Tilt[k])/1000
	}
	if !f.weigh(c, 0) || !f.tilts.inverse.invert() {
		return false
	}
	f.shares.scaled = f.shares.inverse.mul(&f.shares.dev)
	f.tilts.scaled = f.tilts.inverse.mul(&f.tilts.dev)
	return true
}

// weigh makes the weights of the shares, where each has a variance of its own beside those of
// counts and of vehicles; false if the covariances are none.
func (f *filter) weigh(c *Class, own float64) bool {
	f.shares.inverse.unpack(c.Spread)
	for i := range f.mean {
		f.shares.inverse[i][i] += f.noise(i, f.mean[i]) + own
		for j := range f.mean {
			f.shares.inverse[i][j] += float64(f.age * float64(f.mean[i]*f.mean[j]))
		}
	}
	return f.shares.inverse.invert()
}

// aged is the relative variance of the background beyond its counting statistics, which the
// vehicles that were learned from had too.
func (f *filter) aged(o *Occupancy) float64 {
	b := float64(sum(o.ground()))
	u := float64(o.BackgroundU) / 1.96
	if u <= 0 || o.BackgroundT <= 0 || o.Guarded {
		return 0
	}
	return max(float64(u*u)-b/float64(o.BackgroundT), 0) / float64(b*b)
}

// search tries all sources.
func (f *filter) search() {
	f.best.z, f.sideway.z = math.Inf(-1), math.Inf(-1)
	n := float64(f.n)
	for i, w := range widths {
		if i == 0 && f.n < crawling {
			continue
		}
		for at, step := min(4, n/4), max(1, n/places, w/4); at < max(n-6, 3*n/4); at += step {
			f.point(at, w)
			f.try(source{at: at, width: w})
		}
	}
	for _, l := range lengths {
		for from := 0.15; from+l < 1; from += 1.0 / loads {
			s := source{at: float64(n * (from + l/2)), width: loadWidth, half: float64(n*l) / 2}
			f.spread(s)
			f.try(s)
		}
	}
}

// point gives form the counts of a point source: the mean of the curve over each part.
func (f *filter) point(at, width float64) {
	f.lo, f.hi = Parts, 0
	last := climb((f.edges[0] - at) / width)
	for k := range f.form {
		next := climb((f.edges[k+1] - at) / width)
		f.set(k, float64(width*(next-last)))
		last = next
	}
}

// spread gives form the counts of a load that is a source.
func (f *filter) spread(s source) {
	f.lo, f.hi = Parts, 0
	area := func(x float64) float64 {
		u, v := (x-s.at+s.half)/s.width, (x-s.at-s.half)/s.width
		return math.Sqrt(1+float64(u*u)) - math.Sqrt(1+float64(v*v))
	}
	last := area(f.edges[0])
	for k := range f.form {
		next := area(f.edges[k+1])
		f.set(k, float64(s.width*(next-last))/2)
		last = next
	}
}

func (f *filter) set(k int, counts float64) {
	f.form[k] = counts / (f.edges[k+1] - f.edges[k])
	if f.form[k] > leastForm {
		f.lo, f.hi = min(f.lo, k), k+1
	}
}

// unlikeness is how far a source's counts are from a form, standard deviation, share of its
// height.
const unlikeness = 0.2

// leastForm is what is left out of a source's tails.
const leastForm = 0.03

// climb is the integral of (1+x^2)^(-3/2).
func climb(x float64) float64 { return x / math.Sqrt(1+float64(x*x)) }

// against gives form' inverse form and form' inverse dev.
func (w *weight) against(form *vector, lo, hi int) (ff, fd float64) {
	for i := lo; i < hi; i++ {
		row, s := &w.inverse[i], 0.0
		for j := lo; j < i; j++ {
			s += float64(row[j] * form[j])
		}
		ff += float64(form[i] * (s + s + float64(row[i]*form[i])))
		fd += float64(form[i] * w.scaled[i])
	}
	return ff, fd
}

// try holds a source against the occupancy, on each side.
func (f *filter) try(s source) {
	ff, fd := f.shares.against(&f.form, f.lo, f.hi)
	if s.half <= 0 {
		gaps := 1 + float64(gapSpread*gapSpread*ff)
		ff, fd = ff/gaps, fd/gaps
	}
	if !f.pillars() {
		if s.z = fd / math.Sqrt(ff); s.z > f.best.z {
			s.side, s.net, s.ofShare = sides[0], fd/ff, 1
			f.best = s
		}
		return
	}
	tf, td := 0.0, 0.0
	all := f.left + f.right
	for i, d := range sides {
		if i > 0 && s.half > 0 {
			break // a load has no side
		}
		if i <= 1 {
			tf, td = f.tilts.against(&f.form, f.lo, f.hi)
		}
		l, r := float64(d.left*all)/f.left, float64((1-d.left)*all)/f.right
		a, b := (l+r)/2, (l-r)/2
		num, den := float64(a*fd)+float64(b*td), float64(float64(a*a)*ff)+float64(float64(b*b)*tf)
		if z := num / math.Sqrt(den); z > f.best.z {
			f.best = s
			f.best.z, f.best.side, f.best.net, f.best.ofShare, f.best.ofTilt = z, d, num/den, a, b
		}
	}
	if z := math.Abs(td) / math.Sqrt(tf); s.half <= 0 && z > f.sideway.z {
		f.sideway = s
		f.sideway.z, f.sideway.side = z, sides[1]
		if td < 0 {
			f.sideway.side = sides[2]
		}
	}
}

// misfit lowers what was found where the occupancy is unlike the vehicles learned from all
// along, not only at the source: the deviations that are left are then as much larger than
// they should be. It never raises it, and it is bounded: a strong source that explains half
// of all deviations keeps more than 8 sigma.
func (f *filter) misfit() {
	if f.best.z <= 0 {
		return
	}
	q, due := 0.0, float64(Parts)
	for k, s := range f.shares.scaled {
		q += float64(f.shares.dev[k] * s)
	}
	if f.pillars() {
		due += Parts
		for k, s := range f.tilts.scaled {
			q += float64(f.tilts.dev[k] * s)
		}
	}
	due += misfitSlack - 1
	if rest := q - float64(f.best.z*f.best.z) + misfitSlack; rest > due {
		f.best.z /= math.Sqrt(rest / due)
	}
}

// misfitSlack is how many parts' worth of ordinary deviations steadies misfit.
const misfitSlack = 30

// shadows makes the template test and the opposite-pillar test.
func (t *Templates) shadows(o *Occupancy, template, pillars *TestResult, a *Analysis) {
	c := t.classOf(o)
	var f filter
	if !f.load(o, c) {
		template.Reason, pillars.Reason = "templates are damaged", "templates are damaged"
		return
	}
	f.search()
	f.misfit()
	if c.halting(o) {
		f.best.z = c.damp(f.best.z)
		f.sideway.z = c.damp(f.sideway.z)
	}
	template.put(o, &f.best)
	pillars.put(o, &f.sideway)
	if !f.pillars() {
		pillars.Reason = "one pillar"
	}
	if template.Reason != "" {
		return
	}
	a.Expected = f.expected(c, a.Expected)
}

// put writes what was found.
func (r *TestResult) put(o *Occupancy, s *source) {
	if s.side.name == "" { // no z was a number
		r.Reason = "could not be computed"
		return
	}
	r.Sigma = toMilli(s.z)
	r.Group = s.side.name
	r.At = o.Slices[max(0, min(len(o.Slices)-1, int(s.at)))].At
}

// expected appends what the shadow leaves in each slice, in permille: what is likely of such a
// vehicle that leaves these counts beside the strongest source-like excess.
func (f *filter) expected(c *Class, dst []int32) []int32 {
	if f.best.half > 0 {
		f.spread(f.best)
	} else {
		f.point(f.best.at, f.best.width)
	}
	// No source is quite of a form that is tried. What a strong one leaves over beside its own
	// says nothing of the shadow.
	dev, own := f.shares.dev, 0.0
	if net := float64(f.best.net * f.best.ofShare); net > 0 {
		for k := range dev {
			dev[k] -= float64(net * f.form[k])
		}
		own = float64(unlikeness*net) * float64(unlikeness*net)
		f.weigh(c, own) // has an inverse: it had one with less on its diagonal
	}
	scaled := f.shares.inverse.mul(&dev)
	var remains vector
	for k := range remains {
		v := f.noise(k, f.mean[k]) + own
		remains[k] = f.mean[k] + dev[k] - float64(v*scaled[k])
	}
	k := 0
	for i := range f.n {
		x := float64(i) + 0.5
		for k < Parts-1 && x > (f.edges[k+1]+f.edges[k+2])/2 {
			k++
		}
		m := remains[k]
		if k < Parts-1 {
			from, to := (f.edges[k]+f.edges[k+1])/2, (f.edges[k+1]+f.edges[k+2])/2
			u := max(0, min(1, (x-from)/(to-from)))
			m = float64(remains[k]*(1-u)) + float64(remains[k+1]*u)
		}
		dst = append(dst, int32(math.Round(max(0, min(10, m))*1000)))
	}
	return dst
}
