package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// Target is a straight bar that is laid or carried level across the lane, square to it, to
// find where the scanners hang: commissioning, not measuring. Its middle is over the lane's
// middle in the first place where it lies still; in further places it may lie beside it.
type Target struct {
	Width  quant.Length `json:"width_mm"`
	Height quant.Length `json:"height_mm"` // of its upper face above the road
	// Speed is how fast it is carried through the planes, for the yaw; 0: it lies still.
	Speed quant.Speed `json:"speed_mms"`
}

// Used reports whether there is a target.
func (t *Target) Used() bool { return t.Width > 0 }

const (
	targetZ      = 60.0  // mm, above and below the bar's height
	targetEnds   = 200.0 // mm that the seen bar may be shorter or longer
	targetScans  = 50    // of one place
	targetSteady = 30.0  // mm that the bar may move while it lies still
	targetAgree  = 15.0  // mm between places
	yawLimit     = 0.5   // degrees; 2.6 m of vehicle are 23 mm longer by it
	yawSteps     = 10    // parts of the bar whose times are told apart
)

// sighting is the bar in one scan of one scanner.
type sighting struct {
	left, right, z float64
	at             time.Time
}

func (s *sighting) middle() float64 { return (s.left + s.right) / 2 }

// finder looks for the target.
type finder struct {
	target  Target
	seen    [2][]sighting
	missing int          // scans of the first scanner without the bar
	told    bool         // of the place where it lies
	apart   []float64    // of each place: middle by scanner 2 less middle by scanner 1
	first   [2]float64   // middles at the first place
	yaws    [2][]float64 // of each pass, degrees
	ahead   []float64    // of each pass: plane 2 lies so much further on than plane 1, mm
}

// look takes the points of one scan of scanner k.
func (f *finder) look(e *Engine, k int, at time.Time) []Notice {
	s, ok := f.sight(e, k, at)
	if f.target.Speed > 0 {
		return f.pass(e, k, s, ok)
	}
	if !ok {
		if k == 0 {
			f.missing++
		}
		if f.missing > block {
			f.seen, f.told = [2][]sighting{}, false
		}
		return nil
	}
	if k == 0 {
		f.missing = 0
	}
	if n := len(f.seen[k]); n > 0 && math.Abs(f.seen[k][n-1].middle()-s.middle()) > targetSteady {
		f.seen, f.told = [2][]sighting{}, false // it is being moved
	}
	if f.told {
		return nil
	}
	f.seen[k] = append(f.seen[k], s)
	for i := range e.units {
		if len(f.seen[i]) < targetScans {
			return nil
		}
	}
	f.told = true
	return []Notice{f.place(e)}
}

// sight finds the bar among the points of scanner k.
func (f *finder) sight(e *Engine, k int, at time.Time) (s sighting, ok bool) {
	u := e.units[k]
	n := 0
	s.left, s.right, s.at = math.MaxFloat64, -math.MaxFloat64, at
	for _, p := range u.points {
		if math.Abs(float64(p.z)-float64(f.target.Height)) > targetZ {
			continue
		}
		n++
		s.left, s.right, s.z = min(s.left, float64(p.x)), max(s.right, float64(p.x)), s.z+float64(p.z)
	}
	if n < minRun {
		return s, false
	}
	s.z /= float64(n)
	s.left, s.right = e.trimBy(u, edge{x: s.left, z: s.z, ok: true}, -1), e.trimBy(u, edge{x: s.right, z: s.z, ok: true}, 1)
	return s, f.target.Speed > 0 || math.Abs(s.right-s.left-float64(f.target.Width)) <= targetEnds
}

// place says what the bar in one place tells about the mounts.
func (f *finder) place(e *Engine) Notice {
	var mid, wide, high [2]float64
	for k := range e.units {
		mid[k] = medianOf(f.seen[k], (*sighting).middle)
		wide[k] = medianOf(f.seen[k], func(s *sighting) float64 { return s.right - s.left })
		high[k] = medianOf(f.seen[k], func(s *sighting) float64 { return s.z })
	}
	if len(f.apart) == 0 {
		f.first = mid
	}
	f.apart = append(f.apart, mid[1]-mid[0])
	var b strings.Builder
	bad := false
	fmt.Fprintf(&b, "target, place %d:", len(f.apart))
	for k := range e.units {
		fmt.Fprintf(&b, " scanner %d sees %.0f mm at %.0f mm height, middle at %.0f mm;", k+1, wide[k], high[k], mid[k])
		bad = bad || math.Abs(wide[k]-float64(f.target.Width)) > 2*targetSteady || math.Abs(high[k]-float64(f.target.Height)) > targetSteady
	}
	if bad {
		fmt.Fprintf(&b, " it is %d mm wide and %d mm high: check calibration, roll and which target this is;", f.target.Width, f.target.Height)
	}
	if len(e.units) == 1 {
		fmt.Fprintf(&b, " set x = \"%.0fmm\"", e.units[0].x-f.first[0])
		return Notice{b.String(), bad}
	}
	low, top := slices.Min(f.apart), slices.Max(f.apart)
	if top-low > targetAgree {
		bad = true
		fmt.Fprintf(&b, " the places disagree by %.0f mm: is a scanner not level, or its roll wrong?;", top-low)
	}
	fmt.Fprintf(&b, " set x = \"%.0fmm\", second_x = \"%.0fmm\"", e.units[0].x-f.first[0], e.units[1].x-f.first[0]-meanOf(f.apart))
	return Notice{b.String(), bad}
}

// pass collects the bar while it is carried through the planes; when both have lost it, it
// tells the yaw: one end of a bar that is square to the lane enters a turned plane first.
func (f *finder) pass(e *Engine, k int, s sighting, ok bool) []Notice {
	if ok {
		f.missing = 0
		f.seen[k] = append(f.seen[k], s)
		if len(f.seen[k]) > 100*targetScans {
			f.seen = [2][]sighting{} // it has been laid down
		}
		return nil
	}
	if k != 0 {
		return nil
	}
	if f.missing++; f.missing < e.cfg.EndScans || len(f.seen[0]) == 0 || len(e.units) > 1 && len(f.seen[1]) == 0 {
		if f.missing > block {
			f.seen = [2][]sighting{}
		}
		return nil
	}
	n := Notice{Text: "target carried through:"}
	var mean [2]time.Time
	for i := range e.units {
		yaw, mid := f.yaw(i)
		mean[i] = mid
		f.yaws[i] = append(f.yaws[i], yaw)
		m := meanOf(f.yaws[i]) // one pass tells no more than a slice's way; passes differ by chance
		side := "right"
		if m < 0 {
			side = "left"
		}
		n.Text += fmt.Sprintf(" scanner %d is turned by %.1f degrees, its %s side ahead (%d passes);", i+1, math.Abs(m), side, len(f.yaws[i]))
		n.Bad = n.Bad || math.Abs(m) > yawLimit
	}
	if len(e.units) > 1 {
		f.ahead = append(f.ahead, mean[1].Add(e.align.skew).Sub(mean[0]).Seconds()*float64(f.target.Speed))
		n.Text += fmt.Sprintf(" plane 2 lies %.0f mm further on than plane 1;", meanOf(f.ahead))
	}
	if n.Bad {
		n.Text += fmt.Sprintf(" turn back what is turned by more than %.1f degrees", yawLimit)
	}
	f.seen = [2][]sighting{}
	return []Notice{n}
}

// yaw fits the time at which each part of the bar was in the plane against its place, and
// gives the plane's turn and when the bar's middle was in it. A part's time is the middle
// between the first and the last scan that had it.
func (f *finder) yaw(k int) (degrees float64, mid time.Time) {
	left, right := math.MaxFloat64, -math.MaxFloat64
	for _, s := range f.seen[k] {
		left, right = min(left, s.left), max(right, s.right)
	}
	zero := f.seen[k][0].at
	var n, sx, st, sxx, sxt float64
	for i := range yawSteps {
		x := left + (right-left)*(float64(i)+0.5)/yawSteps
		var first, last time.Time
		for _, s := range f.seen[k] {
			if s.left <= x && x <= s.right {
				if first.IsZero() {
					first = s.at
				}
				last = s.at
			}
		}
		if first.IsZero() {
			continue
		}
		t := (first.Sub(zero) + last.Sub(zero)).Seconds() / 2
		n, sx, st, sxx, sxt = n+1, sx+x, st+t, sxx+x*x, sxt+x*t
	}
	if det := n*sxx - sx*sx; n > 2 && det > 0 {
		slope := (n*sxt - sx*st) / det // s/mm: the plane at x lies so much later on the bar's way
		degrees = math.Atan(slope*float64(f.target.Speed)) * 180 / math.Pi
	}
	if n > 0 {
		mid = zero.Add(time.Duration(st / n * 1e9))
	}
	return degrees, mid
}

func meanOf(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

func medianOf(all []sighting, of func(*sighting) float64) float64 {
	v := make([]float64, len(all))
	for i := range all {
		v[i] = of(&all[i])
	}
	slices.Sort(v)
	return v[len(v)/2]
}
