package rules

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion/radiation"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// Grade is how well the declared goods explain a gamma alarm.
type Grade string

// The grades.
const (
	GradeA Grade = "A" // consistent
	GradeB Grade = "B" // evidence is incomplete
	GradeC Grade = "C" // contradicts
	GradeX Grade = "X" // neutrons, a compact peak or scrap: nothing declared explains it
)

// NormAdvice is what the declared goods make of a gamma alarm. It is advice: it neither
// lowers the alarm nor opens the barrier.
type NormAdvice struct {
	Grade    Grade      `json:"grade"`
	Lines    []NormLine `json:"lines"`                       // declared goods that are in the table
	Expected int32      `json:"expected_permille,omitempty"` // net counts, of the background; 0 is not known
	Measured *int32     `json:"measured_permille,omitempty"` // of the plateau
	Extent   *int32     `json:"extent_permille,omitempty"`   // of the load's length
	Reasons  []Because  `json:"reasons"`
	// Mark is the worst evidence mark of the rows and of the factor that the expectation
	// rests on: M is from memory.
	Mark   string `json:"mark,omitempty"`
	Factor string `json:"factor"` // where the factor comes from: default, or the version of what was learnt
}

// NormLine is one declared item that radiates by nature, or scrap.
type NormLine struct {
	Item      int    `json:"item"` // its number in the declaration
	HS        string `json:"hs"`
	Commodity string `json:"commodity"`
	Nuclides  string `json:"nuclides,omitempty"`
	Low       int    `json:"low_bq_kg,omitempty"` // activity
	High      int    `json:"high_bq_kg,omitempty"`
	Row       string `json:"row,omitempty"`
	Mark      string `json:"mark,omitempty"`
	Orphan    bool   `json:"scrap,omitempty"` // an orphan source until shown otherwise
}

// NormEvidence is what was measured of a passage with a radiation alarm.
type NormEvidence struct {
	Neutron   bool
	Measured  *int32                  // net counts of the plateau, in permille of the background; nil is not known
	AtLeast   bool                    // Measured leaves out what the vehicle's shadow takes off the background
	Extent    *int32                  // of the excess, in permille of the load's length; nil is not known
	Shape     radiation.Shape         // of the excess; "" is not known
	OnPlateau bool                    // a compact peak stands on a distributed excess
	Spectrum  radiation.SpectrumClass // "" without energy windows
	InCab     Answer                  // is there an excess at the cab?
	Certain   bool                    // the declaration is the vehicle's own beyond doubt
	Lane      string
}

// NormLearnt is what was learnt from released cases. The zero NormLearnt knows nothing.
type NormLearnt struct {
	Version string       `json:"version"`
	Factors []LaneFactor `json:"factors,omitempty"`
	Medians []NormMedian `json:"medians,omitempty"`
}

// LaneFactor is how much net count rate a lane's portal sees of a load.
type LaneFactor struct {
	Lane   string `json:"lane"`
	Factor int64  `json:"factor_micro"` // net share of the background in millionths, for 1 Bq/kg of K-40 in a load without end
	Cases  int    `json:"cases"`
}

// NormMedian is the usual net count rate of a consignor's goods in a lane.
type NormMedian struct {
	HS6       string `json:"hs6"`
	Consignor string `json:"consignor"`
	Lane      string `json:"lane"`
	Median    int32  `json:"median_permille"`
	MAD       int32  `json:"mad_permille"` // median absolute deviation
	Cases     int    `json:"cases"`
}

const (
	// defaultFactor stands until released cases have told a lane's own: a load without end of
	// 1 Bq/kg of K-40 gives 72 millionths of the background. By it 20 t of potassium chloride
	// give 0.63 of the background, the middle of the 0.2 to 2 that protocols/radiation.md 4.3
	// calls plausible, which are then what normTimes allows. Evidence: E, by inference.
	defaultFactor = 72
	factorMark    = "E"
	// K-40 emits one gamma in nine decays, the uranium and thorium series some in each decay of
	// their head. These weights bring granite, tiles, phosphates, zircon and bauxite to the
	// middle of what the same table calls plausible.
	mixedWeight  = 3 // potassium, and series too
	seriesWeight = 5
	// Self-shielding: of a load of this mass half is seen. 15 t, by the same section.
	halfMass = 15_000
	// The measured share may be this many times the expected one, or less by it.
	normTimes = 3
	// The least extent of an excess that comes from a whole load.
	normExtent = 600
	// An excess this many deviations from what is usual is an outlier.
	outlier = 3
)

// scrap are the headings of metal scrap: an alarm over it is never innocent by itself.
var scrap = [...]string{"7204", "7404", "7602"}

func isScrap(hs string) bool {
	for _, p := range scrap {
		if strings.HasPrefix(hs, p) {
			return true
		}
	}
	return false
}

// NormPlausibility compares a gamma alarm with the declared goods. It is nil if none of them
// radiates by nature or is scrap.
func NormPlausibility(b *Book, d *decl.Declaration, e *NormEvidence, learnt *NormLearnt) *NormAdvice {
	if b == nil || d == nil {
		return nil
	}
	a := &NormAdvice{Factor: "default", Reasons: []Because{}}
	var known bool
	var yield int64
	a.Lines, yield, known = b.normLines(d)
	if len(a.Lines) == 0 {
		return nil
	}
	factor := int64(defaultFactor)
	a.Mark = factorMark
	if learnt != nil {
		for i := range learnt.Factors {
			if f := &learnt.Factors[i]; f.Lane == e.Lane && f.Factor > 0 {
				factor, a.Factor, a.Mark = f.Factor, learnt.Version, ""
			}
		}
	}
	for i := range a.Lines {
		a.Mark = worse(a.Mark, a.Lines[i].Mark)
	}
	if known {
		a.Expected = int32(min(yield*factor/1000, 1<<30))
	}
	a.Measured, a.Extent = e.Measured, e.Extent
	j := &normJudge{a: a, e: e, grade: GradeA}
	j.never()
	j.plateau(known)
	j.form()
	j.spectrum()
	j.usual(d, learnt)
	if !e.Certain {
		j.because(GradeB, "declaration_uncertain", "the declaration is not the vehicle's own for certain")
	}
	a.Grade = j.grade
	return a
}

// normLines gives the items that are in the table, and the activity that a portal sees of
// all of them: Bq/kg of K-40 in a load without end. known is false if a mass or an activity
// is not.
func (b *Book) normLines(d *decl.Declaration) (lines []NormLine, yield int64, known bool) {
	known = true
	var activity, mass int64 // Bq/kg times kg; kg
	for i := range d.Items {
		it := &d.Items[i]
		r := b.norm(it.HS)
		if r == nil && !(validCode(it.HS) && isScrap(it.HS)) {
			continue
		}
		n := NormLine{Item: it.No, HS: it.HS, Commodity: "Metal scrap", Orphan: true}
		if n.Item == 0 {
			n.Item = i + 1
		}
		if r != nil {
			n.Commodity, n.Nuclides, n.Low, n.High, n.Row, n.Mark = r.Commodity, r.Nuclides, r.Low, r.High, r.Row, r.Mark
			n.Orphan = r.Orphan || isScrap(it.HS)
		}
		lines = append(lines, n)
		m := it.Net
		if m == 0 {
			m = it.Gross
		}
		if m == 0 && len(d.Items) == 1 {
			m = d.Totals.Gross
		}
		kg := min(int64(m)/int64(quant.Kilogram), 1_000_000)
		if kg <= 0 || n.Low <= 0 || n.High < n.Low {
			known = false
			continue
		}
		w := int64(seriesWeight)
		switch {
		case n.Nuclides == "K-40":
			w = 1
		case strings.HasPrefix(n.Nuclides, "K-40"):
			w = mixedWeight
		}
		activity += w * geometric(int64(n.Low), int64(n.High)) * kg
		mass += kg
	}
	if mass > 0 {
		yield = activity / (mass + halfMass)
	}
	return lines, yield, known && mass > 0
}

// geometric is the geometric mean of two positive numbers below 2^31, rounded down.
func geometric(a, b int64) int64 {
	n := a * b
	x := int64(math.Sqrt(float64(n)))
	for x*x > n {
		x--
	}
	for (x+1)*(x+1) <= n {
		x++
	}
	return x
}

// normJudge collects what speaks for and against.
type normJudge struct {
	a     *NormAdvice
	e     *NormEvidence
	grade Grade
}

// because adds a reason that leaves no better grade than g.
func (j *normJudge) because(g Grade, code, text string) {
	j.grade = max(j.grade, g) // A, B, C, X
	j.a.Reasons = append(j.a.Reasons, Because{code, text})
}

// never adds what no declared goods explain.
func (j *normJudge) never() {
	if j.e.Neutron {
		j.because(GradeX, "neutron", "a neutron alarm is never explained by a declaration")
	}
	for i := range j.a.Lines {
		if j.a.Lines[i].Orphan {
			j.because(GradeX, "scrap", "metal scrap is an orphan source until shown otherwise")
			break
		}
	}
	switch {
	case j.e.OnPlateau:
		j.because(GradeX, "peak_on_plateau", "a compact peak stands on the plateau")
	case j.e.Shape == radiation.Compact:
		j.because(GradeX, "compact", "the excess is as narrow as a point source")
	}
}

func (j *normJudge) plateau(known bool) {
	m := j.e.Measured
	switch {
	case !known:
		j.because(GradeB, "expectation_unknown", "the declared mass or the activity of the goods is not known")
	case m == nil:
		j.because(GradeB, "plateau_unknown", "the height of the plateau is not known")
	case int64(*m)*normTimes < int64(j.a.Expected):
		g := GradeC
		if j.e.AtLeast {
			g = GradeB // the shadow may hide the rest
		}
		j.because(g, "plateau_low", "the plateau is "+share(*m)+" of the background, the goods give about "+share(j.a.Expected))
	case int64(*m) > int64(j.a.Expected)*normTimes:
		j.because(GradeC, "plateau_high", "the plateau is "+share(*m)+" of the background, the goods give about "+share(j.a.Expected))
	default:
		j.because(GradeA, "plateau_consistent", "the plateau is "+share(*m)+" of the background, the goods give about "+share(j.a.Expected))
	}
}

// share writes permille as a percentage.
func share(permille int32) string { return strconv.Itoa(int(permille+5)/10) + " %" }

func (j *normJudge) form() {
	switch {
	case j.e.Shape == "" || j.e.Shape == radiation.UnknownShape:
		j.because(GradeB, "shape_unknown", "the shape of the excess is not known")
	case j.e.Extent == nil:
		j.because(GradeB, "extent_unknown", "the length of the excess along the load is not known")
	case *j.e.Extent < normExtent:
		j.because(GradeC, "extent_short", "the excess covers "+share(*j.e.Extent)+" of the load's length, less than 60 %")
	default:
		j.because(GradeA, "extent_consistent", "the excess covers "+share(*j.e.Extent)+" of the load's length")
	}
	switch j.e.InCab {
	case AnswerYes:
		j.because(GradeC, "cab", "there is an excess at the cab")
	case AnswerNo:
	default:
		j.because(GradeB, "cab_unknown", "whether the cab is free is not known")
	}
}

func (j *normJudge) spectrum() {
	switch j.e.Spectrum {
	case "":
		j.because(GradeB, "no_windows", "the portal has no energy windows")
	case radiation.NormLike:
		j.because(GradeA, "spectrum_consistent", "the energies are those of natural radiation")
	case radiation.UnknownSpectrum:
		j.because(GradeB, "spectrum_unknown", "the energies say nothing")
	default:
		j.because(GradeC, "spectrum_"+string(j.e.Spectrum), "the energies are not those of natural radiation: "+string(j.e.Spectrum))
	}
}

// usual compares with the same consignor's goods in this lane.
func (j *normJudge) usual(d *decl.Declaration, learnt *NormLearnt) {
	if learnt == nil || j.e.Measured == nil || len(j.a.Lines) != 1 {
		return
	}
	for i := range learnt.Medians {
		m := &learnt.Medians[i]
		if m.HS6 != hs6(j.a.Lines[0].HS) || m.Consignor != Consignor(d) || m.Lane != j.e.Lane || m.Consignor == "" {
			continue
		}
		if off := max(*j.e.Measured-m.Median, m.Median-*j.e.Measured); off > outlier*m.MAD {
			j.because(GradeC, "outlier", "goods of this consignor give "+share(m.Median)+" of the background here, not "+share(*j.e.Measured))
		}
		return
	}
}

func hs6(hs string) string { return hs[:min(len(hs), 6)] }

// Consignor is the name by which a declaration's consignor is told from others.
func Consignor(d *decl.Declaration) string {
	if d == nil {
		return ""
	}
	return strings.ToUpper(strings.Join(strings.Fields(d.Parties.Consignor), " "))
}

// NormCase is one alarm that was released as NORM.
type NormCase struct {
	Lane      string
	HS6       string // of the only line
	Consignor string
	Yield     int64 // by NormYield
	Net       int32 // plateau, permille of the background
}

// NormYield gives what a portal sees of the declared goods, and the six digits of the only
// line that radiates; ok is false where that is not known or scrap is among them.
func NormYield(b *Book, d *decl.Declaration) (yield int64, hs string, ok bool) {
	if b == nil || d == nil {
		return 0, "", false
	}
	lines, yield, known := b.normLines(d)
	for i := range lines {
		known = known && !lines[i].Orphan
	}
	if len(lines) == 1 {
		hs = hs6(lines[0].HS)
	}
	return yield, hs, known && yield > 0
}

// ParseNorm reads the JSON of a NormLearnt and refuses what no learning gives.
func ParseNorm(b []byte) (*NormLearnt, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	n := new(NormLearnt)
	if err := d.Decode(n); err != nil {
		return nil, err
	}
	if !json.Valid(b) {
		return nil, errors.New("more than one JSON value")
	}
	lanes := map[string]bool{}
	for i := range n.Factors {
		f := &n.Factors[i]
		if f.Lane == "" || f.Factor < 1 || f.Factor > 1_000_000 || f.Cases < leastCases || lanes[f.Lane] {
			return nil, fmt.Errorf("factor %d, of lane %q, is not as it was learnt", i+1, f.Lane)
		}
		lanes[f.Lane] = true
	}
	for i := range n.Medians {
		if m := &n.Medians[i]; m.Lane == "" || len(m.HS6) != 6 || m.Consignor == "" || m.Median < 0 || m.MAD < leastMAD || m.MAD > 1_000_000 || m.Cases < leastCases {
			return nil, fmt.Errorf("median %d, of %s in lane %q, is not as it was learnt", i+1, m.HS6, m.Lane)
		}
	}
	return n, nil
}

const (
	leastCases = 8  // that a factor or a median is learnt from
	leastMAD   = 20 // permille: what is usual is never known better
)

// LearnNorm learns lanes' factors and what is usual of consignors' goods from released
// cases. The order of the cases does not matter. The result has no Version.
func LearnNorm(cases []NormCase) NormLearnt {
	var l NormLearnt
	type key struct{ lane, hs, consignor string }
	of := func(c *NormCase) key { return key{c.Lane, c.HS6, c.Consignor} }
	cs := slices.Clone(cases)
	slices.SortFunc(cs, func(a, b NormCase) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.HS6, b.HS6), cmp.Compare(a.Consignor, b.Consignor), cmp.Compare(a.Net, b.Net), cmp.Compare(a.Yield, b.Yield))
	})
	for from := 0; from < len(cs); {
		to := from
		var ratios []int64
		for ; to < len(cs) && cs[to].Lane == cs[from].Lane; to++ {
			if cs[to].Yield > 0 && cs[to].Net > 0 {
				ratios = append(ratios, int64(cs[to].Net)*1000/cs[to].Yield)
			}
		}
		if slices.Sort(ratios); len(ratios) >= leastCases {
			l.Factors = append(l.Factors, LaneFactor{cs[from].Lane, max(ratios[len(ratios)/2], 1), len(ratios)})
		}
		from = to
	}
	for from := 0; from < len(cs); {
		to, k := from, of(&cs[from])
		for ; to < len(cs) && of(&cs[to]) == k; to++ {
		}
		if n := to - from; n >= leastCases && k.hs != "" && k.consignor != "" {
			m := cs[from+n/2].Net
			away := make([]int32, 0, n)
			for i := from; i < to; i++ {
				away = append(away, max(cs[i].Net-m, m-cs[i].Net))
			}
			slices.Sort(away)
			l.Medians = append(l.Medians, NormMedian{k.hs, k.consignor, k.lane, m, max(away[n/2], leastMAD), n})
		}
		from = to
	}
	return l
}
