package rules

import (
	"math"
	"time"

	"acsgd/internal/quant"
)

// MaxAxles is the longest vehicle that is judged; one with more axles is Undetermined.
const MaxAxles = 32

// sane is the largest mass, in grams, and size, in micrometres, that is compared at all:
// beyond it products could leave int64.
const sane = 1_000_000_000_000

// Options are what a judgement depends on beside pack and vehicle. The zero value is the
// usual one.
type Options struct {
	Day              time.Time // of the law, for a vehicle without a date; zero: the newest rows, seasons Undetermined
	Deduct           bool      // take off the pack's deductions (off by default, decision D25)
	DeductUnverified bool      // unverified deductions may decide outside simulator mode too: "rules check --deduct"
	Minute           *int      // minute of the local day, for seasonal hours; nil: not known
	Air              *quant.Temp
	Surface          string  // asphalt, stone-mastic; "": not known
	Memory           *Memory // for what the findings point to; nil: memory of their own
}

// Judge compares one vehicle with one pack and appends a finding per axle or axle group,
// for the gross mass, length, width and height. A quantity that was not measured, may not
// be judged or has no verified limit is Undetermined with its reason. dst may be reused
// once the findings in it are copied; what the findings point to is o.Memory's.
func Judge(dst []Finding, p *Pack, v *Vehicle, o Options) []Finding {
	j := judgeOf(dst, p, v, o)
	j.axlesAndGroups()
	return j.rest()
}

// JudgeAxles is the part of Judge about axles and axle groups, which comes first in it.
func JudgeAxles(dst []Finding, p *Pack, v *Vehicle, o Options) []Finding {
	j := judgeOf(dst, p, v, o)
	j.axlesAndGroups()
	return j.dst
}

// JudgeRest is the part of Judge about the whole vehicle: gross mass and sizes.
func JudgeRest(dst []Finding, p *Pack, v *Vehicle, o Options) []Finding {
	j := judgeOf(dst, p, v, o)
	return j.rest()
}

func judgeOf(dst []Finding, p *Pack, v *Vehicle, o Options) judge {
	j := judge{dst: dst, p: p, v: v, o: o, mem: o.Memory}
	if j.mem == nil {
		j.mem = new(Memory)
	}
	j.prepare()
	return j
}

func (j *judge) rest() []Finding {
	j.gross()
	j.driving()
	j.sizes()
	return j.dst
}

// judge is the state of one judgement.
type judge struct {
	dst  []Finding
	p    *Pack
	v    *Vehicle
	o    Options
	mem  *Memory
	date Date
	bad  string // why nothing can be judged
	base notes  // on every finding of masses

	shapes shapes
	unit   int // axles of the powered unit; -1 not known

	axles  [MaxAxles]loaded
	n      int
	uGap   int64
	season season
}

// loaded is one axle that stands on the road.
type loaded struct {
	no  int   // from 1, lifted axles counted
	gap int64 // to the loaded axle before, mm; -1 is not known
}

func (j *judge) prepare() {
	v := j.v
	switch {
	case v.Date != "":
		d, ok := parseDate(v.Date)
		if !ok {
			j.bad = "date is not a day"
		}
		j.date = d
	case !j.o.Day.IsZero():
		y, m, d := j.o.Day.Date()
		j.date = Date(y*10000 + int(m)*100 + d)
	}
	if len(v.Axles) > MaxAxles {
		j.bad = "too many axles"
	}
	j.shapes.of(v)
	j.unit = j.shapes.c[0].Tractor
	for i := range j.shapes.n {
		if j.shapes.c[i].Tractor != j.unit {
			j.unit = -1
		}
	}
	j.uGap = int64(v.UGap)
	if v.Instrument && j.uGap <= 0 {
		j.uGap = assumedGapU
		j.base |= noteSpacingU
	}
	if d := j.deduction("axle_spacing"); d != nil {
		j.uGap = max(j.uGap, int64(d.Length))
	}
	if j.bad == "" {
		j.load()
	}
	j.season = j.seasonOf()
}

// assumedGapU is the uncertainty of an axle spacing, in mm, where the instrument gives
// none: the spacing error that rules.md 1.2 reckons with.
const assumedGapU = 30

// load lists the axles that stand on the road. A mass of exactly 0 is a lifted axle.
func (j *judge) load() {
	var gap int64
	for i := range j.v.Axles {
		a := &j.v.Axles[i]
		if i > 0 {
			if a.Gap <= 0 || gap < 0 {
				gap = -1
			} else {
				gap += int64(a.Gap)
			}
		}
		if a.Mass != nil && *a.Mass == 0 && a.Reason == "" {
			j.base |= noteLift
			continue
		}
		j.axles[j.n] = loaded{i + 1, gap}
		j.n++
		gap = 0
	}
}

// quantity is one measured value about to be compared.
type quantity struct {
	name        string
	first, last int // axles, from 1; 0 is none
	unit        string
	deduct      string
	size        bool
	has         bool
	value       int64 // grams or micrometres
	u           int64
	uKnown      bool
	reason      string // why it must not be judged
	notes       notes
}

// limit is one legal value about to be compared with.
type limit struct {
	src    *Source
	value  int64 // grams or micrometres; -1 is exceeded by everything
	pounds int64
	notes  notes
	reason string // none: why there is no limit; a strict one: why it does not decide
}

func (l *limit) exceededBy(judged int64) bool {
	if l.pounds > 0 { // 1 lb is 0.45359237 kg
		return judged*100_000 > l.pounds*45_359_237
	}
	return judged > l.value
}

// poundsValue is the limit in whole grams, rounded down, for display only.
func poundsValue(lb int64) int64 { return lb * 45_359_237 / 100_000 }

// emit compares q with the kind limit hi and the strict limit lo and appends the finding.
// Above hi is Exceeds, up to lo is Within, between them is Undetermined for lo's reason.
// Where only one limit is in question they are equal.
func (j *judge) emit(q *quantity, hi, lo *limit) {
	j.dst = append(j.dst, Finding{})
	f := &j.dst[len(j.dst)-1]
	f.Vehicle, f.Quantity, f.Unit, f.Pack = j.v.ID, q.name, q.unit, j.p.ID
	if q.first > 0 {
		f.Axles = j.mem.pair(q.first, q.last)
	}
	if q.has {
		f.Measured = j.mem.value(q.value)
	}
	if q.uKnown {
		f.Uncertainty = j.mem.value(q.u)
	}
	n := q.notes | hi.notes
	j.name(f, hi)
	if f.Reason = j.refuse(q, hi); f.Reason != "" {
		f.Verdict = Undetermined
		f.Notes = n.list(j.mem)
		return
	}
	n |= j.decide(f, q, hi, lo)
	f.Notes = n.list(j.mem)
}

func (j *judge) name(f *Finding, l *limit) {
	if l.src == nil {
		return
	}
	f.Row, f.Clause, f.Mark = l.src.Row, l.src.Clause, l.src.Mark
	f.Limit = j.mem.value(l.value)
}

// refuse says why q cannot be compared with l; "" = it can.
func (j *judge) refuse(q *quantity, l *limit) string {
	switch {
	case j.bad != "":
		return j.bad
	case q.reason != "":
		return q.reason
	case !q.has:
		return "not measured"
	case q.value < 0:
		return "negative measurement"
	case q.value > sane || q.u > sane:
		return "measurement out of range"
	case q.uKnown && q.u < 0:
		return "uncertainty below zero"
	case j.v.Instrument && (!q.uKnown || q.u == 0):
		return "no uncertainty"
	case l.src == nil:
		return l.reason
	case l.src.Unverified() && !j.p.Simulator:
		return "limit not verified"
	}
	return ""
}

func (j *judge) decide(f *Finding, q *quantity, hi, lo *limit) notes {
	var add notes
	tol := q.u
	if d := j.deduction(q.deduct); d != nil {
		off := (q.value*d.BP + 9_999) / 10_000
		if q.size {
			off = int64(d.Length) * 1000
		}
		if off > tol {
			if d.Unverified() {
				f.Mark = worse(f.Mark, d.Mark)
				add = noteDeduction
				if !j.p.Simulator && !j.o.DeductUnverified && hi.exceededBy(q.value-tol) && !hi.exceededBy(q.value-off) {
					f.Verdict, f.Reason = Undetermined, "deduction not verified"
					return add
				}
			}
			tol = off
		}
	}
	judged := q.value - tol
	f.Tolerance = j.mem.value(tol)
	switch {
	case hi.exceededBy(judged):
		n, decided := j.permit(f, q, hi, judged)
		if add |= n; !decided {
			f.Verdict, f.Blocking = Exceeds, true
			j.excess(f, q, judged-hi.value, hi.value)
		}
	case lo != hi && lo.exceededBy(judged):
		f.Verdict, f.Reason = Undetermined, lo.reason
		j.name(f, lo)
	default:
		f.Verdict = Within
		if hi.exceededBy(q.value) {
			f.Reason = "within tolerance"
		}
	}
	return add
}

func (j *judge) excess(f *Finding, q *quantity, over, limit int64) {
	f.Excess = j.mem.value(over)
	if limit > 0 {
		if over < math.MaxInt64/20_000-limit {
			f.ExcessBP = (over*20_000 + limit) / (2 * limit)
		}
		f.Band = j.band(q.size, over, limit)
	}
}

// band finds the step of severity; edges belong to the milder step.
func (j *judge) band(size bool, over, limit int64) string {
	for i := range j.p.Bands {
		b := &j.p.Bands[i]
		if b.Size != size || b.Unverified() && !j.p.Simulator {
			continue
		}
		x, unit := over, int64(1000) // sizes: micrometres against mm
		if !size {
			x, unit = over*10_000, limit
		}
		if x > b.Lo*unit && (b.Hi == 0 || x <= b.Hi*unit) {
			return b.Text
		}
	}
	return ""
}

func (j *judge) deduction(quantity string) *DeductRow {
	if !j.o.Deduct {
		return nil
	}
	for i := range j.p.Deduct {
		if j.p.Deduct[i].Quantity == quantity {
			return &j.p.Deduct[i]
		}
	}
	return nil
}

// worse returns the worse of two evidence marks: M after E, G, C and V.
func worse(a, b string) string {
	const order = " VCGEM"
	if index(order, b) > index(order, a) {
		return b
	}
	return a
}

func index(order, mark string) int {
	for i := range len(order) {
		if mark != "" && order[i] == mark[0] {
			return i
		}
	}
	return 0
}

// Worst returns the worst verdict: Exceeds, then Undetermined, then Within. Without
// findings nothing was judged: Undetermined.
func Worst(fs []Finding) Verdict {
	w := Within
	if len(fs) == 0 {
		w = Undetermined
	}
	for i := range fs {
		switch fs[i].Verdict {
		case Exceeds:
			return Exceeds
		case Within:
		default:
			w = Undetermined
		}
	}
	return w
}
