package document

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/metrology"
	"acsgd/internal/quant"
)

// Verification gives the PDF of the test report of a scale in motion.
func Verification(rep *metrology.Report, l Lang) ([]byte, error) {
	w, err := wordsIn(l)
	if err != nil {
		return nil, err
	}
	if rep == nil || rep.Campaign == nil {
		return nil, errors.New("verification report: there is no campaign in it")
	}
	j, err := json.Marshal(rep)
	if err != nil {
		return nil, fmt.Errorf("verification report of %.80q: %w", rep.Campaign.Device, err)
	}
	sum := sha256.Sum256(j)
	v := &verification{rep: rep, c: rep.Campaign}
	title := w.t("doc.verification") + " " + v.c.Device
	if v.sheet, err = newSheet(w, title, "", v.last(), v.c.Simulator); err != nil {
		return nil, fmt.Errorf("verification report of %.80q: %w", v.c.Device, err)
	}
	v.left, v.right = v.c.Place, w.t("ver.device")+" "+strings.Join(some(v.c.Device, v.c.Instrument.Serial), " № ")
	v.foot = w.t("ver.hash") + ": " + hex.EncodeToString(sum[:])
	v.draw()
	b, err := v.finish()
	if err != nil {
		return nil, fmt.Errorf("verification report of %.80q: %w", v.c.Device, err)
	}
	return b, nil
}

type verification struct {
	*sheet
	rep *metrology.Report
	c   *metrology.Campaign
}

// first and last are the times of the runs; zero if none is known.
func (v *verification) first() (t time.Time) {
	for i := range v.c.Runs {
		if at := v.c.Runs[i].At; !at.IsZero() && (t.IsZero() || at.Before(t)) {
			t = at
		}
	}
	return t
}

func (v *verification) last() (t time.Time) {
	for i := range v.c.Runs {
		if at := v.c.Runs[i].At; at.After(t) {
			t = at
		}
	}
	if t.IsZero() || t.Year() > 9998 {
		return time.Unix(0, 0)
	}
	return t
}

func (v *verification) draw() {
	v.title(v.w.t("doc.verification"), v.w.t("ver.sub", "standard", v.rep.Standard), 0)
	v.y += 1
	if v.sim {
		v.notice(red, v.w.t("doc.simulator")+". "+v.w.t("doc.simulator_text"))
	}
	switch {
	case v.rep.Withheld != "":
		v.notice(red, v.w.t("ver.withheld"))
	case v.rep.Limits != metrology.Verified:
		v.notice(red, v.w.t("ver.memory"))
	}
	v.verdict()
	v.instrument()
	v.vehicles()
	v.classes()
	v.statistical()
	v.plot()
	v.list("ver.missing", v.rep.Missing)
	v.list("ver.against", v.rep.Against)
	v.runs()
	v.signatures("ver.metrologist", "ver.engineer", "ver.owner")
}

func (v *verification) verdict() {
	text, c := v.w.t("ver.failed"), red
	switch {
	case len(v.rep.Missing) > 0:
		text, c = v.w.t("ver.incomplete"), amber
	case v.rep.Passed:
		text, c = v.w.t("ver.passed"), colour{16, 110, 50}
	}
	v.need(12)
	v.ink(c)
	v.pen(0.5)
	v.Rect(margin, v.y, width, 9, "D")
	v.put(margin+3, v.y+2.2, style{size: 11, bold: true, colour: c}, text)
	v.put(margin+width-3, v.y+2.6, plain.to('R'), v.w.t("ver.reached")+": "+v.three(v.rep.Reached))
	v.y += 10.5
}

// three writes the classes of mass, axle and group; one that is not named is a dash.
func (v *verification) three(c metrology.Classes) string {
	dash := func(s string) string {
		if s == "" {
			return "\u2013"
		}
		return s
	}
	return v.w.t("ver.classes3", "mass", dash(c.Mass), "axle", dash(c.Axle), "group", dash(c.Group))
}

func (v *verification) box(label string, part float64, text string) field {
	f := field{label: v.w.t(label), value: text, part: part}
	if text == "" {
		f.value, f.missing = v.w.t("doc.not_given"), true
	}
	return f
}

func (v *verification) mass(m quant.Mass) string {
	if m <= 0 {
		return ""
	}
	return v.w.kg(m)
}

// span writes two figures with one unit; "" if the second is missing.
func (v *verification) span(a, b, unit string, ok bool) string {
	if !ok {
		return ""
	}
	return a + " \u2013 " + b + nbsp + unit
}

func (v *verification) instrument() {
	in := &v.c.Instrument
	v.head(v.w.t("ver.instrument"), 20)
	v.fields(v.box("ver.device", 0.2, v.c.Device), v.box("ver.make", 0.36, strings.Join(some(in.Make, in.Model), " ")),
		v.box("ver.serial", 0.22, in.Serial), v.box("ver.firmware", 0.22, in.Firmware))
	v.fields(v.box("ver.division", 0.2, v.mass(in.Division)), v.box("ver.span", 0.3, v.span(v.w.number(int64(in.Min)), v.w.number(int64(in.Max)), v.w.t("unit.kg"), in.Max > 0)),
		v.box("ver.speeds", 0.28, v.span(v.w.kmh(in.From), v.w.kmh(in.To), v.w.t("unit.kmh"), in.To > 0)), v.box("ver.want", 0.22, v.three(v.c.Want)))
	v.head(v.w.t("ver.conditions"), 20)
	period := ""
	if from := v.first(); !from.IsZero() {
		period = v.w.at(from, zone(from)) + " \u2013 " + v.w.at(v.last(), zone(v.last()))
	}
	stage := ""
	if v.c.Stage != "" {
		stage = v.w.slug("ver", string(v.c.Stage))
	}
	v.fields(v.box("ver.stage", 0.26, stage), v.box("ver.place", 0.37, v.c.Place), v.box("ver.engineer", 0.37, v.c.Engineer))
	v.fields(v.box("ver.weather", 0.42, v.c.Conditions), v.box("ver.period", 0.58, period))
	ctl := &v.c.Control
	v.fields(v.box("ver.control", 0.42, ctl.Name), v.box("ver.serial", 0.22, ctl.Serial), v.box("col.certificate", 0.36, ctl.Certificate))
}

func (v *verification) vehicles() {
	v.head(v.w.t("ver.vehicles"), 16)
	cols := []column{{v.w.t("ver.col_vehicle"), 0.17, 'L'}, {v.w.t("ver.col_kind"), 0.22, 'L'}, {v.w.t("ver.col_mass"), 0.11, 'R'},
		{v.w.t("ver.col_runs"), 0.1, 'R'}, {v.w.t("ver.col_reference"), 0.4, 'L'}}
	refs := map[string]*metrology.Reference{}
	for i := range v.rep.References {
		refs[v.rep.References[i].Vehicle] = &v.rep.References[i]
	}
	var rows []row
	for i := range v.c.Vehicles {
		x := &v.c.Vehicles[i]
		kind := v.w.slug("ver", string(x.Kind)) + ", " + v.w.slug("ver", string(x.Load))
		r := row{look: plain.of(8), cells: []string{strings.Join(some(x.ID, x.Plate), " · "), kind, v.mass(x.Mass), "\u2013", v.w.t("doc.not_measured")}}
		if ref := refs[x.ID]; ref != nil {
			r.cells[3] = strconv.Itoa(ref.Runs)
			if len(ref.Loads) > 0 {
				r.cells[4] = v.references(x, ref)
			}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		v.para(plain.in(amber), v.w.t("doc.none"))
		return
	}
	v.table(cols, rows)
}

func (v *verification) references(x *metrology.Vehicle, ref *metrology.Reference) string {
	var out []string
	for _, p := range ref.Loads {
		out = append(out, v.part(p.First, p.Last)+": "+v.w.tenths(p.Load))
	}
	how := v.w.t("ver.corrected")
	if x.Kind == metrology.TwoAxle && len(x.Axles) > 0 {
		how = v.w.t("ver.static")
	}
	return strings.Join(out, "; ") + " (" + how + ")"
}

// part names an axle or a group by its axles.
func (v *verification) part(first, last int) string {
	if first == last {
		return strconv.Itoa(first)
	}
	return strconv.Itoa(first) + "\u2013" + strconv.Itoa(last)
}

func (v *verification) classes() {
	v.head(v.w.t("ver.classes"), 16)
	cols := []column{{v.w.t("ver.col_range"), 0.36, 'L'}, {v.w.t("ver.col_runs"), 0.1, 'R'}, {v.w.t("ver.col_class"), 0.22, 'C'}, {v.w.t("ver.col_errors"), 0.32, 'C'}}
	var rows []row
	add := func(b *metrology.Band, name string, look style) {
		errs := v.w.t("doc.not_measured")
		if b.Runs > 0 {
			errs = v.w.tenths(b.Mass) + " / " + v.w.tenths(b.Axle) + " / " + v.w.tenths(b.Group)
		}
		rows = append(rows, row{look: look, cells: []string{v.w.kmh(b.From) + " \u2013 " + v.w.kmh(b.To) + ": " + name, strconv.Itoa(b.Runs), v.three(b.Classes), errs}})
	}
	for i := range v.rep.Bands {
		add(&v.rep.Bands[i], v.w.slug("ver", string(v.rep.Bands[i].Name)), plain)
	}
	add(&v.rep.Whole, v.w.t("ver.whole"), bold)
	v.table(cols, rows)
}

// statistical is the statement of COST 323, which decides nothing.
func (v *verification) statistical() {
	s := v.rep.Statistical
	if s == nil || len(s.Shares) == 0 {
		return
	}
	v.head(v.w.t("ver.cost"), 16)
	v.para(plain, v.w.slug("ver", s.Condition)+". "+v.w.t("ver.cost_text"))
	cols := []column{{v.w.t("ver.col_quantity"), 0.22, 'L'}, {v.w.t("ver.col_results"), 0.14, 'R'}, {v.w.t("ver.col_mean"), 0.16, 'R'}, {v.w.t("ver.col_inside"), 0.24, 'R'}, {v.w.t("ver.col_cost"), 0.24, 'C'}}
	var rows []row
	for i := range s.Shares {
		q := &s.Shares[i]
		r := row{look: plain, cells: []string{v.w.slug("ver", q.Quantity), strconv.Itoa(q.Results), v.w.decimals(metrology.Percent(q.Mean)), "\u2013", "\u2013"}}
		if q.Class != "" {
			r.cells[3], r.cells[4] = fmt.Sprintf("%d (\u2265 %s %%)", q.Inside, v.w.decimals(fmt.Sprintf("%d.%d", q.Least/10, q.Least%10))), q.Class
		}
		rows = append(rows, r)
	}
	v.table(cols, rows)
	text := v.w.t("ver.cost_none")
	switch {
	case s.Withheld != "":
		text = v.w.t("ver.withheld")
	case s.Class != "":
		text = v.w.t("ver.cost_class", "class", s.Class)
	}
	v.para(bold, text)
}

func (v *verification) list(head string, items []string) {
	if len(items) == 0 {
		return
	}
	v.head(v.w.t(head), 8)
	for _, s := range items {
		v.para(plain, "• "+v.w.test(s))
	}
}

func (v *verification) runs() {
	v.head(v.w.t("ver.runs"), 20)
	if len(v.rep.Runs) == 0 {
		v.para(plain, v.w.t("ver.none_runs"))
		return
	}
	cols := []column{{v.w.t("col.no"), 0.06, 'R'}, {v.w.t("ver.col_vehicle"), 0.15, 'L'}, {v.w.t("ver.col_speed"), 0.07, 'R'}, {v.w.t("ver.col_position"), 0.09, 'L'},
		{v.w.t("ver.col_shown"), 0.12, 'R'}, {v.w.t("ver.col_error"), 0.11, 'R'}, {v.w.t("ver.col_parts"), 0.26, 'L'}, {v.w.t("ver.col_result"), 0.14, 'L'}}
	runs := map[int]*metrology.Run{}
	for i := range v.c.Runs {
		runs[v.c.Runs[i].N] = &v.c.Runs[i]
	}
	var rows []row
	for i := range v.rep.Runs {
		rows = append(rows, v.run(&v.rep.Runs[i], runs[v.rep.Runs[i].N]))
	}
	v.table(cols, rows)
}

func (v *verification) run(t *metrology.Tested, r *metrology.Run) row {
	none := v.w.t("doc.not_measured")
	out := row{look: plain.of(7.6), cells: []string{strconv.Itoa(t.N), t.Vehicle, none, "\u2013", none, none, none, v.w.t("ver.ok")}}
	if r != nil {
		if r.Speed != 0 {
			out.cells[2] = v.w.kmh(r.Speed)
		}
		if r.Position != "" {
			out.cells[3] = v.w.slug("ver", string(r.Position))
		}
		if r.Gross != 0 {
			out.cells[4] = v.w.number(int64(r.Gross))
		}
	}
	if t.Mass != nil {
		out.cells[4], out.cells[5] = v.w.number(int64(t.Mass.Shown)), v.wrong(t.Mass)
	}
	var parts []string
	for i := range t.Loads {
		parts = append(parts, v.part(t.Loads[i].First, t.Loads[i].Last)+": "+v.wrong(&t.Loads[i]))
	}
	if len(parts) > 0 {
		out.cells[6] = strings.Join(parts, "; ")
	}
	switch {
	case !t.Counts:
		out.cells[7] = v.w.t("ver.out")
		out.look = out.look.in(grey)
	case t.Over:
		out.cells[7] = v.w.t("ver.over")
		out.look = out.look.in(red)
		out.shaded = true
	case v.rep.Withheld != "" || t.Why != "":
		out.cells[7] = "\u2013"
	}
	if t.Why != "" {
		out.under = []string{v.w.test(t.Why)}
	}
	return out
}

// wrong writes an error with its sign; one beyond its limit is marked.
func (v *verification) wrong(e *metrology.Error) string {
	s := v.w.tenths(e.Error)
	if e.Error > 0 {
		s = "+" + s
	}
	if e.Over {
		s += " ▲"
	}
	return s
}

// zone is the offset from UTC that a time was written with.
func zone(t time.Time) int32 {
	_, s := t.Zone()
	return int32(s)
}
