package radiation

import (
	"math"
	"slices"

	"acsgd/internal/quant"
)

// The limits of peaks. A point source at the distance d of the panels' plane has a profile
// (1+(x/d)^2)^-1.5, half as high over 1.53*d: 3.8 m in the middle of a lane of 5 m, which
// speeds and counts leave uncertain by a metre.
const (
	pointMost         = 3830 // mm
	compactMost       = 4800
	distributedFrom   = 6000         // mm, or 60 % of the vehicle
	peakSigma         = 4.0          // of the highest second, to be a peak without any alarm
	alarmSigma        = 2.0          // and with one
	plateauShare      = 0.03         // of the background, of the excess along the vehicle
	shortest, longest = 1500, 30_000 // mm, of vehicles that the beams' speed is believed for
	// smear is the width that the running second adds in quadrature: a rectangle has the
	// standard deviation of its width over the root of twelve, of which a bell's full width
	// at half maximum is 2.355.
	smear = 680 // ms
)

// excess is that of one occupancy over what is expected, slice by slice.
type excess struct {
	o       *Occupancy
	n       int
	tau     float64 // s
	bg      [4]int32
	cps     float64            // of bg
	remains [MaxSlices]float64 // share of the background that is expected
	run     [MaxSlices]float64 // excess over it in cps, running mean of a second around it
	half    int                // slices of that on each side
	from    int                // the vehicle: first slice and the one behind the last
	to      int
	scratch [MaxSlices]float64
}

// shape fills what the excess looks like: Net, Peak and Spectrum. Expected and the tests must
// be there.
func (a *Analysis) shape(o *Occupancy, t *Templates) {
	a.Net, a.NetShare, a.Peak, a.Spectrum = 0, 0, nil, nil
	var p excess
	if !p.make(o, a.Expected) {
		return
	}
	top := p.highest()
	// Vehicles differ by more than counts do: only an alarm makes an excess a peak.
	if alarm := a.Alarm || o.GammaAlarm || o.VendorGamma || o.EnergyAlarm; alarm && p.sigma(top, 0) >= peakSigma {
		a.Peak = p.peak(top)
	}
	if len(a.Expected) == p.n || a.Peak != nil {
		a.Net = whole(p.run[top])
		a.NetShare = whole(float64(p.run[top]*1000) / p.cps)
	}
	a.spectral(o, t, &p)
}

// make gets an occupancy ready; false if it has no profile.
func (p *excess) make(o *Occupancy, expected []int32) bool {
	p.o, p.n, p.bg = o, len(o.Slices), o.ground()
	p.tau, p.cps = float64(o.span())/1000, float64(sum(p.bg))
	p.half = max(0, int(math.Round(0.5/p.tau-0.5)))
	if !o.HasBG || p.cps <= 0 || o.Thinned > 0 || p.n < 2*p.half+1 || p.n > MaxSlices {
		return false
	}
	p.vehicle()
	due := float64(p.cps * p.tau)
	if len(expected) == p.n {
		for i, e := range expected {
			p.remains[i] = float64(e) / 1000
		}
	} else {
		p.guess()
	}
	for i := range o.Slices {
		p.scratch[i] = float64(sum(o.Slices[i].Gamma)) - float64(due*p.remains[i])
	}
	smooth(p.run[:p.n], p.scratch[:p.n], p.half, p.tau)
	return true
}

// guess expects, without templates, the shadow of most of the vehicle all along it, with
// ramps of two seconds at its ends (3.4 of the reference). It serves to draw an alarm's peak,
// not to find one.
func (p *excess) guess() {
	due := float64(p.cps * p.tau)
	for i := range p.n {
		p.scratch[i] = float64(sum(p.o.Slices[i].Gamma)) / due
	}
	depth := 1 - min(1, median(p.scratch[p.from:p.to]))
	front, rear := p.o.edges()
	ramp := func(from, t int32) float64 { return max(0, min(1, float64(t-from)/2000)) }
	for i := range p.n {
		t := p.middle(i)
		p.remains[i] = 1 - float64(depth*float64(ramp(front-1000, t)*ramp(-rear-1500, -t)))
	}
}

// smooth makes to the running mean of half slices on each side of from, in cps; what is nearer
// to an end has the value of the last full mean.
func smooth(to, from []float64, half int, tau float64) {
	var s float64
	width := 2*half + 1
	for i, x := range from {
		s += x
		if i >= width {
			s -= from[i-width]
		}
		if i >= width-1 {
			to[i-half] = s / float64(float64(width)*tau)
		}
	}
	for i := range half {
		to[i], to[len(to)-1-i] = to[half], to[len(to)-1-half]
	}
}

// vehicle finds the slices in which the vehicle is between the pillars.
func (p *excess) vehicle() {
	front, rear := p.o.edges()
	p.from, p.to = 0, p.n
	for p.from < p.n && p.o.Slices[p.from].At < front {
		p.from++
	}
	for p.to > p.from && p.o.Slices[p.to-1].At > rear {
		p.to--
	}
	if p.to-p.from < leastSlices {
		p.from, p.to = 0, p.n
	}
}

// edges are the times at which the vehicle's front and rear cross the beams, ms after Start:
// of the first slice that is not from the buffer, and of the end less the time that the
// portal stays occupied.
func (o *Occupancy) edges() (front, rear int32) {
	return o.Live, since(o.Start, o.End) - o.Hold
}

func (p *excess) highest() int {
	top := p.half
	for i := p.half; i < p.n-p.half; i++ {
		if p.run[i] > p.run[top] {
			top = i
		}
	}
	return top
}

// sigma is by how much the second around slice i is above a level in cps over what is
// expected there.
func (p *excess) sigma(i int, level float64) float64 {
	t := float64(float64(2*p.half+1) * p.tau)
	expected := float64(p.cps*p.remains[i]) + level
	if expected <= 0 {
		return 0
	}
	return float64((p.run[i]-level)*t) / math.Sqrt(float64(expected*t))
}

// peak describes the excess whose highest second is around slice top.
func (p *excess) peak(top int) *Peak {
	var f fit
	f.load(p)
	// Bins a mm, or by the time that the vehicle takes where its speed is not known.
	bin := float64(float64(f.step) * p.tau)
	v := p.o.pace()
	var widths [4]float64
	least := int(math.Ceil(loadShare * float64(f.n)))
	for i, mm := range [4]float64{1500, 2300, 3100, pointMost} {
		widths[i] = mm / 20_000 * float64(f.n)
		if v > 0 {
			widths[i] = mm / 1000 / float64(v*bin)
		}
		widths[i] = math.Sqrt(float64(widths[i]*widths[i]) + 1)
	}
	if v > 0 {
		least = max(least, int(math.Ceil(distributedFrom/1000/float64(v*bin))))
	}
	// Half of the ends of a load, which the panels see from two metres away.
	var ramps [4]int
	for i, mm := range [4]float64{0, 500, 1000, 1750} {
		bins := mm / 20_000 * float64(f.n)
		if v > 0 {
			bins = mm / 1000 / float64(v*bin)
		}
		ramps[i] = int(math.Round(bins))
	}
	source, load := f.parts(widths, least, ramps, float64(float64(p.cps*p.tau)*float64(f.step)))
	time := func(at float64) int32 { // of the middle of a bin
		first := p.middle(p.from) + p.o.span()*int32(f.step-1)/2
		return first + whole(float64(float64(at*float64(f.step))*float64(p.o.span())))
	}
	k := new(Peak)
	switch {
	case load.gain <= 0:
		k.From, k.To = p.width(top, p.run[top]/2)
		k.Shape = p.o.extent(k.From, k.To)
	case source.gain <= 0:
		k.From, k.To = time(float64(load.from)), time(float64(load.to-1))
		k.Shape = Distributed
	default:
		k.From, k.To = time(float64(source.at)-source.width/2), time(float64(source.at)+source.width/2)
		k.Shape, k.OnPlateau = Compact, true
	}
	k.At = k.From + (k.To-k.From)/2
	k.Side, k.High = p.lean(k.From, k.To)
	return k
}

// width finds where the excess around slice top falls below a level.
func (p *excess) width(top int, level float64) (from, to int32) {
	edge := func(i, out int) int32 {
		for ; i+out >= 0 && i+out < p.n; i += out {
			a, b := p.run[i], p.run[i+out]
			if b >= level {
				continue
			}
			f := 1.0
			if a > b {
				f = min(1, (a-level)/(a-b))
			}
			x, y := p.middle(i), p.middle(i+out)
			return x + int32(math.Round(float64(f*float64(y-x))))
		}
		return p.middle(i)
	}
	return edge(top, -1), edge(top, 1)
}

// middle is the time of the middle of a slice.
func (p *excess) middle(i int) int32 { return p.o.Slices[i].At - p.o.span()/2 }

// lean says which pillar, and whether the lower or the upper panels, the excess between two
// times is in.
func (p *excess) lean(from, to int32) (side, high int32) {
	var net [4]float64
	for i := range p.o.Slices {
		if m := p.middle(i); m < from || m > to {
			continue
		}
		for c, n := range p.o.Slices[i].Gamma {
			net[c] += float64(n) - float64(float64(float64(p.bg[c])*p.tau)*p.remains[i])
		}
	}
	total := net[0] + net[1] + net[2] + net[3]
	if total <= 0 {
		return 0, 0
	}
	// Between panels that are not there, nothing leans.
	share := func(a, b, c, d int) int32 {
		if p.bg[a]+p.bg[b] <= 0 || p.bg[c]+p.bg[d] <= 0 {
			return 0
		}
		return whole(float64(max(-1, min(1, (net[c]+net[d]-net[a]-net[b])/total)) * 1000))
	}
	return share(0, 1, 2, 3), share(0, 2, 1, 3)
}

// pace is the vehicle's speed by the portal's beams in m/s; 0 if that is not known, or if
// no vehicle is as long as it says.
func (o *Occupancy) pace() float64 {
	front, rear := o.edges()
	v := float64(o.Beams) / 1000
	if mm := float64(v * float64(rear-front)); mm < shortest || mm > longest {
		return 0
	}
	return v
}

// extent says how far an excess between two times extends along the vehicle.
func (o *Occupancy) extent(from, to int32) Shape {
	wide := float64(to - from)
	wide = math.Sqrt(max(0, float64(wide*wide)-smear*smear))
	front, rear := o.edges()
	share := 0.0
	if rear > front {
		share = wide / float64(rear-front)
	}
	v := o.pace()
	mm := float64(wide * v)
	switch {
	case v > 0 && mm <= compactMost:
		return Compact
	case v > 0 && mm > distributedFrom, share > 0.6:
		return Distributed
	case v <= 0 && share > 0 && share <= 0.25: // 3.8 m of 16
		return Compact
	}
	return UnknownShape
}

// spectral fills the excess in the energy windows.
func (a *Analysis) spectral(o *Occupancy, t *Templates, p *excess) {
	s, why := t.spectra(o)
	if why != "" || len(o.Windows) == 0 {
		return
	}
	a.Spectrum = &Spectrum{Class: UnknownSpectrum}
	var from, to int32
	switch {
	case a.Peak != nil:
		from, to = a.Peak.From, a.Peak.To
	default:
		i := slices.IndexFunc(a.Tests, func(r TestResult) bool {
			return r.Alarm && (r.Name == TestRatio || r.Name == TestDistance)
		})
		if i < 0 {
			return
		}
		to = a.Tests[i].At
		from = to - max(1000, o.WindowSpan)
	}
	remains, n := 0.0, 0.0
	if len(a.Expected) == p.n {
		for i := range p.n {
			if m := p.middle(i); m >= from && m <= to {
				remains, n = remains+float64(a.Expected[i]), n+1
			}
		}
	}
	if n > 0 {
		remains /= n
	}
	*a.Spectrum = *s.spectrum(o, from, to, remains)
	// What may hide something is not called natural.
	if a.Spectrum.Class == NormLike && (o.NeutronAlarm || a.Peak != nil && a.Peak.OnPlateau) {
		a.Spectrum.Class = UnknownSpectrum
	}
}

// Locate puts the peak of a closed occupancy on the vehicle: by its length, if that is
// known, between the times of its front and its rear, else by the speed of the portal's
// beams. ok is false without a peak, or if neither is known.
//
// The front is seen in the first slice that is not buffered and the rear Hold before the
// end, each within a slice. A vehicle's speed may change by a fifth on the way.
func Locate(o *Occupancy, length quant.Length) (Place, bool) {
	if o == nil || o.Open || o.Analysis == nil || o.Analysis.Peak == nil {
		return Place{}, false
	}
	k := o.Analysis.Peak
	front, rear := o.edges()
	var mm, u float64 // a ms; and the half-width of Middle
	pl := Place{}
	at := float64(k.At - front)
	half := float64(k.To-k.From) / 2
	switch {
	case length > 0 && rear > front:
		mm = float64(length) / float64(rear-front)
		x := max(0, min(float64(length), float64(at*mm)))
		u = 0.2 * x * (1 - x/float64(length))
		pl.By, pl.Length = "length", int32(min(length, math.MaxInt32))
	case o.pace() > 0:
		mm = o.pace()
		rel := max(0.1, float64(o.BeamsU)/float64(o.Beams))
		u = float64(rel * math.Abs(float64(at*mm)))
		pl.By = "speed"
	default:
		return Place{}, false
	}
	slice := float64(float64(o.span()) * mm)
	// The middle of a profile is known to its width over its sigma; at 4 to a quarter.
	counts := float64(half*mm) / 2
	pl.U = whole(math.Sqrt(float64(u*u) + float64(slice*slice) + float64(counts*counts)))
	pl.Middle = pl.within(float64(at * mm))
	pl.From = pl.within(float64(float64(k.From-front) * mm))
	pl.To = pl.within(float64(float64(k.To-front) * mm))
	return pl, true
}

// within keeps a place on the vehicle.
func (p *Place) within(mm float64) int32 {
	mm = max(0, mm)
	if p.Length > 0 {
		mm = min(mm, float64(p.Length))
	}
	return whole(mm)
}

func whole(x float64) int32 {
	return int32(max(math.MinInt32+1, min(math.MaxInt32, math.Round(x))))
}

// median sorts v and gives the middle of it.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
