package document

import (
	"strconv"

	"acsgd/fusion"
	"acsgd/internal/obs"
)

// weighing draws the weighing certificate.
func (p *paper) weighing() {
	p.begin(Weighing)
	p.head(p.w.t("sec.before"), 20)
	p.vehicleFields("1")
	p.head(p.w.t("sec.station"), 20)
	p.stationFields()
	p.instruments("wim")
	p.head(p.w.t("sec.sketch"), 50)
	p.masses()
	p.y += 2
	p.sketch()
	p.axleTable()
	p.groupTable()
	p.remarks()
	p.signatures("f.operator_sign", "f.driver_sign")
	p.seal()
}

// masses are the code of the type and the figures of the whole vehicle.
func (p *paper) masses() {
	n := ""
	if len(p.p.Axles) > 0 {
		n = strconv.Itoa(len(p.p.Axles))
	}
	p.fields(p.box("f.code", 0.28, p.p.AxleCode, "say.sketch_code").bold().numbered("7.1"), p.box("f.axles", 0.16, n, "doc.not_measured"),
		p.box("f.base", 0.24, p.base(), "doc.not_measured"), p.grossBox(0.32))
}

func (p *paper) grossBox(part float64) field {
	g := p.p.Gross
	f := p.box("f.gross", part, "", "doc.not_measured")
	if g == nil {
		return f
	}
	f = p.box("f.gross", part, p.withU(p.w.kg(g.Mass), p.w.up(g.U), p.w.t("unit.kg")), "doc.not_measured").bold()
	if void(g.Flags) {
		f.value += ": " + p.w.flags(g.Flags)
		f.missing = true
	}
	return f
}

// withU adds an uncertainty to a value; one that is not known is said.
func (p *paper) withU(value, u, unit string) string {
	if u == "" {
		return value + " (± " + p.w.t("doc.not_known") + ")"
	}
	return value + " ± " + u + nbsp + unit
}

// base is the distance of the outer axles; "" where a spacing is not known.
func (p *paper) base() string {
	var sum int64
	for i := range p.p.Axles {
		g := p.p.Axles[i].Gap
		if i > 0 && g <= 0 || p.axleLost() {
			return ""
		}
		if i > 0 {
			sum += int64(g)
		}
	}
	if sum == 0 {
		return ""
	}
	return p.w.int(sum) + nbsp + p.w.t("unit.mm")
}

// axleLost reports whether the numbers of the axles have a hole.
func (p *paper) axleLost() bool {
	n := len(p.p.Axles)
	return n > 0 && p.p.Axles[n-1].Axle != n
}

func void(fs []obs.Flag) bool {
	for _, f := range fs {
		if f.Voids() {
			return true
		}
	}
	return false
}

// weighed reports whether an axle has a load: a load of nothing without an uncertainty is
// no measurement.
func weighed(a *fusion.AxleLoad) bool { return a.Mass != 0 || a.U > 0 }

func (p *paper) axleTable() {
	p.head(p.w.t("sec.axles"), 16)
	if len(p.p.Axles) == 0 {
		p.para(plain.in(amber), p.w.t("doc.not_measured"))
		return
	}
	cols := []column{{p.w.t("col.no"), 0.07, 'C'}, {p.w.t("col.load"), 0.15, 'R'}, {p.w.t("col.u"), 0.13, 'R'}, {p.w.t("col.spacing"), 0.17, 'R'},
		{p.w.t("col.u_mm"), 0.1, 'R'}, {p.w.t("col.speed"), 0.14, 'R'}, {p.w.t("col.remarks"), 0.24, 'L'}}
	var rows []row
	var sum int64
	all := true
	for i := range p.p.Axles {
		a := &p.p.Axles[i]
		rows = append(rows, p.axleRow(i, a))
		all = all && weighed(a)
		sum += int64(a.Mass)
	}
	if all && !p.axleLost() {
		rows = append(rows, row{cells: []string{"Σ", p.w.number(sum), "", "", "", "", p.w.t("say.sum")}, look: bold})
	}
	p.table(cols, rows)
}

func (p *paper) axleRow(i int, a *fusion.AxleLoad) row {
	none := p.w.t("doc.not_measured")
	text := func(ok bool, s string) string {
		if ok && s != "" {
			return s
		}
		return none
	}
	r := row{look: plain, cells: []string{strconv.Itoa(a.Axle), text(weighed(a), p.w.number(int64(a.Mass))), p.w.up(a.U), "\u2013", "\u2013", "", p.w.flags(a.Flags)}}
	if r.cells[2] == "" {
		r.cells[2] = p.w.t("doc.not_known")
	}
	if i > 0 {
		r.cells[3] = text(a.Gap > 0, p.w.int(int64(a.Gap)))
		r.cells[4] = p.w.t("doc.not_known")
		if a.UGap > 0 {
			r.cells[4] = p.w.int(int64(a.UGap))
		}
	}
	switch {
	case a.Speed != 0:
		r.cells[5] = p.w.kmh(a.Speed)
	case a.Mode == "static":
		r.cells[5] = "\u2013"
	default:
		r.cells[5] = none
	}
	if void(a.Flags) {
		r.look = r.look.in(amber)
	}
	return r
}

// groupTable lists the axle groups as they were judged.
func (p *paper) groupTable() {
	cols := []column{{p.w.t("col.group"), 0.3, 'L'}, {p.w.t("col.mass"), 0.2, 'R'}, {p.w.t("col.u"), 0.2, 'R'}, {p.w.t("col.remarks"), 0.3, 'L'}}
	var rows []row
	for i := range p.p.Findings {
		f := &p.p.Findings[i]
		if f.Quantity != "group" {
			continue
		}
		r := row{cells: []string{p.w.subject(f), p.w.t("doc.not_measured"), p.w.t("doc.not_known"), ""}}
		if f.Measured != nil {
			r.cells[1] = p.w.number(int64(*f.Measured))
		}
		if f.Uncertainty != nil {
			r.cells[2] = p.w.int((int64(*f.Uncertainty) + 999) / 1000)
		}
		if f.Measured == nil && f.Reason != "" {
			r.cells[3] = p.w.reason(f.Reason)
		}
		rows = append(rows, r)
	}
	if len(rows) > 0 {
		p.head(p.w.t("sec.groups"), 14)
		p.table(cols, rows)
	}
}

// remarks say what a reader of the figures must know.
func (p *paper) remarks() {
	list := []string{p.w.t("say.u_up")}
	if p.axleLost() {
		list = append(list, p.w.t("say.joined_axles"))
	}
	for _, m := range p.p.Missing {
		list = append(list, p.w.t("say.not_reported", "what", m))
	}
	if g := p.p.Gross; g != nil && len(g.Flags) > 0 {
		list = append(list, p.w.t("say.flagged", "what", p.w.t("quantity.gross"), "flags", p.w.flags(g.Flags)))
	}
	if p.p.Amended > 0 {
		list = append(list, p.w.t("say.amended", "n", strconv.Itoa(p.p.Amended)))
	}
	p.head(p.w.t("sec.remarks"), 8)
	for _, l := range list {
		p.para(plain, "• "+l)
	}
}
