package document

import (
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// overload draws the protocol of exceeded limits.
func (p *paper) overload() {
	p.begin(Overload)
	p.head(p.w.t("sec.place"), 20)
	p.stationFields()
	p.vehicleFields("")
	p.result()
	p.exceeding()
	p.open()
	p.unmeasured()
	p.inside()
	p.outline()
	p.photos()
	p.instruments("wim", "dims", "rpm")
	p.decision()
	p.explanation()
	p.signatures("f.officer_sign", "f.second_sign", "f.driver_sign")
	p.seal()
}

// of gives the findings with a verdict, in their order.
func (p *paper) of(v rules.Verdict) []*rules.Finding {
	var out []*rules.Finding
	for i := range p.p.Findings {
		if f := &p.p.Findings[i]; f.Verdict == v {
			out = append(out, f)
		}
	}
	return out
}

// result is the verdict and the counts.
func (p *paper) result() {
	ex, un, in := len(p.of(rules.Exceeds)), len(p.of(rules.Undetermined)), len(p.of(rules.Within))
	verdict, c := p.w.slug("outcome", string(p.p.Verdict)), black
	switch p.p.Verdict {
	case rules.Exceeds:
		c = red
	case rules.Undetermined, "":
		c = amber
	}
	if verdict == "" || len(p.p.Findings) == 0 {
		verdict = p.w.t("say.no_findings")
	}
	p.y += 3
	p.need(12)
	p.ink(c)
	p.pen(0.5)
	p.Rect(margin, p.y, width, 9, "D")
	p.put(margin+3, p.y+2.2, style{size: 11, bold: true, colour: c}, p.w.t("f.verdict")+": "+verdict)
	counts := strings.Join([]string{p.w.t("say.count_exceeds", "n", strconv.Itoa(ex)), p.w.t("say.count_undetermined", "n", strconv.Itoa(un)),
		p.w.t("say.count_within", "n", strconv.Itoa(in))}, "   ")
	p.put(margin+width-3, p.y+2.8, plain.to('R'), counts)
	p.y += 11
	if slices.ContainsFunc(p.p.Findings, func(f rules.Finding) bool { return unverified(&f) }) {
		p.notice(amber, p.w.t("say.unverified"))
	}
}

// exceeding lists what exceeds, each with its arithmetic and its law.
func (p *paper) exceeding() {
	p.head(p.w.t("sec.exceeds"), 20)
	list := p.of(rules.Exceeds)
	if len(list) == 0 {
		p.para(plain, p.w.t("say.no_exceed"))
		return
	}
	cols := []column{{p.w.t("col.what"), 0.17, 'L'}, {p.w.t("col.measured"), 0.125, 'R'}, {p.w.t("col.unc"), 0.11, 'R'}, {p.w.t("col.deducted"), 0.115, 'R'},
		{p.w.t("col.judged"), 0.145, 'R'}, {p.w.t("col.limit"), 0.115, 'R'}, {p.w.t("col.excess"), 0.13, 'R'}, {p.w.t("col.percent"), 0.09, 'R'}}
	var rows []row
	for _, f := range list {
		r := row{look: style{size: 8, bold: true, colour: black}, shaded: true}
		r.cells = []string{p.dagger(f), p.cell(f.Measured, f), p.cell(f.Uncertainty, f), p.cell(f.Tolerance, f), p.cell(judged(f), f), p.cell(f.Limit, f), p.cell(f.Excess, f), "\u2013"}
		if f.Excess != nil && f.Limit != nil {
			r.cells[7] = p.w.percent(f.ExcessBP)
		}
		r.under = p.under(f)
		rows = append(rows, r)
	}
	p.table(cols, rows)
}

// cell is one figure of a finding. What has no figure by its nature is a dash, what should
// have one and has none is said.
func (p *paper) cell(v *rules.Value, f *rules.Finding) string {
	if v != nil {
		return p.w.value(v, f.Unit)
	}
	switch f.Quantity {
	case "axle", "group", "gross", "length", "width", "height":
		if f.Measured == nil {
			return p.w.t("doc.not_measured")
		}
	}
	return "\u2013"
}

// judged is what was compared with the limit. A declared mass is compared as an interval,
// so nothing is taken off it.
func judged(f *rules.Finding) *rules.Value {
	if f.Measured == nil || f.Quantity == "declared_mass" {
		return nil
	}
	v := *f.Measured
	if f.Tolerance != nil {
		v -= *f.Tolerance
	}
	return &v
}

func (p *paper) dagger(f *rules.Finding) string {
	s := p.w.subject(f)
	if unverified(f) {
		s += " †"
	}
	return s
}

// under are the lines below a finding: its law, consequence, reason and remarks.
func (p *paper) under(f *rules.Finding) []string {
	var out []string
	if law := strings.Join(some(f.Pack, p.w.clause(f.Clause)), " · "); law != "" {
		out = append(out, p.w.t("say.act")+": "+law)
	}
	if f.Mark != "" {
		source := p.w.slug("mark", f.Mark)
		if s, ok := p.w.m["mark."+f.Mark]; ok {
			source = s
		}
		out = append(out, p.w.t("say.mark")+": "+strings.Join(some(source, f.Row), " · "))
	}
	if f.Band != "" {
		out = append(out, p.w.t("say.band")+": "+p.w.band(f.Band))
	}
	if f.Reason != "" {
		out = append(out, p.w.t("col.reason")+": "+p.w.reason(f.Reason))
	}
	if len(f.Notes) > 0 {
		notes := make([]string, len(f.Notes))
		for i, n := range f.Notes {
			notes[i] = p.w.note(n)
		}
		out = append(out, p.w.t("say.notes")+": "+strings.Join(notes, "; "))
	}
	return out
}

// open lists what could not be determined.
func (p *paper) open() {
	list := p.of(rules.Undetermined)
	p.head(p.w.t("sec.undetermined"), 14)
	if len(list) == 0 {
		p.para(plain, p.w.t("doc.none"))
		return
	}
	cols := []column{{p.w.t("col.what"), 0.24, 'L'}, {p.w.t("col.measured"), 0.16, 'R'}, {p.w.t("col.limit"), 0.16, 'R'}, {p.w.t("col.reason"), 0.44, 'L'}}
	var rows []row
	for _, f := range list {
		why := p.w.reason(f.Reason)
		if why == "" {
			why = p.w.t("doc.not_given")
		}
		rows = append(rows, row{cells: []string{p.dagger(f), p.cell(f.Measured, f), p.limit(f), why}})
	}
	p.table(cols, rows)
}

func (p *paper) limit(f *rules.Finding) string {
	if f.Limit == nil {
		return "\u2013"
	}
	return p.w.value(f.Limit, f.Unit)
}

// inside lists what is within its limits, in short.
func (p *paper) inside() {
	list := p.of(rules.Within)
	if len(list) == 0 {
		return
	}
	p.head(p.w.t("sec.within"), 14)
	cols := []column{{p.w.t("col.what"), 0.24, 'L'}, {p.w.t("col.measured"), 0.16, 'R'}, {p.w.t("col.deducted"), 0.14, 'R'}, {p.w.t("col.limit"), 0.16, 'R'}, {p.w.t("col.remarks"), 0.3, 'L'}}
	var rows []row
	for _, f := range list {
		why := ""
		if f.Reason != "" {
			why = p.w.reason(f.Reason)
		}
		deducted := "\u2013"
		if f.Tolerance != nil {
			deducted = p.w.value(f.Tolerance, f.Unit)
		}
		rows = append(rows, row{look: plain.of(7.6), cells: []string{p.dagger(f), p.cell(f.Measured, f), deducted, p.limit(f), why}})
	}
	p.table(cols, rows)
}

// unmeasured says what is not known of the vehicle.
func (p *paper) unmeasured() {
	var list []string
	add := func(missing bool, key string) {
		if missing {
			list = append(list, p.w.t(key)+": "+p.w.t("doc.not_measured"))
		}
	}
	for _, m := range p.p.Missing {
		list = append(list, p.w.t("say.not_reported", "what", m))
	}
	add(len(p.p.Axles) == 0, "sec.axles")
	for i := range p.p.Axles {
		if a := &p.p.Axles[i]; !weighed(a) {
			list = append(list, p.w.t("subject.axle", "n", strconv.Itoa(a.Axle))+": "+p.w.t("doc.not_measured"))
		}
	}
	if p.axleLost() {
		list = append(list, p.w.t("say.joined_axles"))
	}
	add(p.p.Gross == nil, "f.gross")
	z := p.p.Size
	add(z == nil || z.Length <= 0, "f.length")
	add(z == nil || z.Width <= 0, "f.width")
	add(z == nil || z.Height <= 0, "f.height")
	add(p.p.Radiation == nil && p.has("rpm"), "quantity.radiation")
	front, _ := p.plates()
	if front == "" {
		list = append(list, p.w.t("f.front")+": "+p.w.t("doc.no_plate"))
	}
	p.head(p.w.t("sec.unmeasured"), 8)
	if len(list) == 0 {
		list = []string{p.w.t("say.all_measured")}
	}
	for _, l := range list {
		p.para(plain, "• "+l)
	}
}

// has reports whether the lane has an instrument of the class, or is not known.
func (p *paper) has(class string) bool {
	if p.rec.Params == nil {
		return true
	}
	for i := range p.rec.Params.Devices {
		if p.rec.Params.Devices[i].Class == class {
			return true
		}
	}
	return false
}

// decision is what an officer has ordered.
func (p *paper) decision() {
	p.head(p.w.t("sec.decision"), 12)
	d, waits := p.p.Decision, false
	if d == nil {
		d, waits = p.p.Pending, true
	}
	if d == nil {
		p.para(plain, p.w.t("say.undecided"))
		return
	}
	what := p.w.slug("decided", string(d.Action))
	if p.p.Green {
		what = p.w.t("decided.green")
	}
	if waits {
		what += ": " + p.w.t("say.pending")
	}
	p.fields(p.box("f.decision", 0.34, what, "doc.not_given").bold(), p.box("f.by", 0.22, d.User, "doc.not_given"),
		p.box("f.second", 0.16, d.Second, "doc.none"), p.box("f.time", 0.28, p.w.at(d.At, p.offset), "doc.not_given"))
	if reason := p.w.slug("reasons", d.Reason); reason != "" || d.Note != "" {
		p.fields(p.box("f.reason", 0.34, reason, "doc.not_given"), p.box("f.note", 0.66, d.Note, "doc.not_given"))
	}
}

// explanation leaves lines for the driver's words.
func (p *paper) explanation() {
	p.head(p.w.t("sec.explanation"), 26)
	p.ink(rule)
	p.pen(0.15)
	for range 3 {
		p.y += 7
		p.Line(margin, p.y, margin+width, p.y)
	}
	p.y += 3
}

// size writes one dimension with its uncertainty.
func (p *paper) size(v, u quant.Length) string {
	if v <= 0 {
		return p.w.t("doc.not_measured")
	}
	up := ""
	if u > 0 {
		up = p.w.int(int64(u))
	}
	return p.withU(p.w.int(int64(v))+nbsp+p.w.t("unit.mm"), up, p.w.t("unit.mm"))
}
