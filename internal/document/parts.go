package document

import (
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// vehicleFields are the vehicle's plates and papers; no is the convention's number of the
// operator's box.
func (p *paper) vehicleFields(no string) {
	d := p.p.Declaration
	var carrier, consignor, consignee, paper, goods string
	if d != nil {
		carrier, consignor, consignee = d.Parties.Carrier, d.Parties.Consignor, d.Parties.Consignee
		paper = strings.Join(some(d.Procedure, d.MRN, d.LRN), " · ")
		if d.Totals.Gross > 0 {
			goods = p.w.kg(d.Totals.Gross)
		}
	}
	p.fields(p.box("f.operator", 0.5, carrier, "doc.not_declared").numbered(no),
		p.box("f.declaration", 0.5, paper, "doc.not_declared"))
	front, trailer := p.plates()
	p.fields(p.box("f.tractor", 0.3, front, "doc.no_plate").bold(), p.box("f.trailer", 0.3, trailer, "doc.no_plate").bold(),
		p.box("f.declared_goods", 0.4, goods, "doc.not_declared"))
	p.fields(p.box("f.consignor", 0.5, consignor, "doc.not_declared"), p.box("f.consignee", 0.5, consignee, "doc.not_declared"))
}

// some leaves empty texts out.
func some(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// plates are the texts of the powered unit and of what it tows: what an officer has
// corrected stands for what was read. The rear plate of a lorry alone is its own.
func (p *paper) plates() (front, trailer string) {
	for i := range p.p.Plates {
		r := &p.p.Plates[i]
		text := r.Text
		if r.Corrected != "" {
			text = r.Corrected
		}
		if text == "" || p.p.Overruled(r) {
			continue
		}
		if r.Country != "" {
			text += " " + r.Country
		}
		if r.Corrected != "" {
			text += " (" + p.w.t("say.by", "by", r.By) + ")"
		}
		switch {
		case r.Role == obs.Trailer:
			trailer = text
		case r.Role == obs.Rear && front != "":
			if trailer == "" && !strings.HasPrefix(text, plainPlate(front)) {
				trailer = text
			}
		case front == "" || r.Role == obs.Front:
			front = text
		}
	}
	return front, trailer
}

func plainPlate(s string) string { text, _, _ := strings.Cut(s, " "); return text }

// stationFields say where and when.
func (p *paper) stationFields() {
	direction := ""
	if p.p.Direction != "" {
		direction = p.w.slug("direction", p.p.Direction)
	}
	p.fields(p.box("f.place", 0.4, strings.Replace(p.place(), p.w.t("doc.not_known"), "", 1), "doc.not_known"),
		p.box("f.lane", 0.14, p.p.Lane, "doc.not_known"), p.box("f.direction", 0.16, direction, "doc.not_known"),
		p.box("f.time", 0.3, p.w.at(p.p.Opened, p.offset), "doc.not_known"))
	p.fields(p.box("f.passage", 0.7, p.p.ID+" · "+p.w.t("f.version")+" "+strconv.FormatUint(Version(p.p), 10), "doc.not_known").bold(),
		p.box("f.speed", 0.3, p.speed(p.p.Speed), "doc.not_measured"))
}

func (p *paper) speed(s quant.Speed) string {
	if s == 0 {
		return ""
	}
	return p.w.kmh(s) + nbsp + p.w.t("unit.kmh")
}

// instruments lists the instruments of some classes that have contributed, with their
// certificates on the day of the passage.
func (p *paper) instruments(classes ...string) {
	p.head(p.w.t("sec.instruments"), 12)
	if p.rec.Params == nil {
		p.para(plain.in(amber), p.w.t("ins.unknown"))
	}
	cols := []column{{p.w.t("col.instrument"), 0.15, 'L'}, {p.w.t("col.make"), 0.21, 'L'}, {p.w.t("col.standard"), 0.27, 'L'},
		{p.w.t("col.certificate"), 0.19, 'L'}, {p.w.t("col.valid"), 0.18, 'L'}}
	var rows []row
	for _, class := range classes {
		for _, d := range p.measuring(class) {
			rows = append(rows, p.instrument(d))
		}
	}
	if len(rows) == 0 {
		p.para(plain.in(amber), p.w.t("doc.none"))
		return
	}
	p.table(cols, rows)
}

// measuring gives the instruments of a class that have contributed to the passage; a record
// that does not tell which has the lane's. Their certificates are those of the lane's
// parameters; where these are not known, or name another, what the record itself keeps.
func (p *paper) measuring(class string) []*fusion.Instrument {
	var out []*fusion.Instrument
	for i := range p.p.Instruments {
		m := &p.p.Instruments[i]
		if m.Class != class {
			continue
		}
		d := p.device(m.Name)
		if d == nil || d.Certificate == nil && m.Certificate != "" || d.Certificate != nil && d.Certificate.Number != m.Certificate {
			d = &fusion.Instrument{Name: m.Name, Class: m.Class}
			if m.Certificate != "" {
				d.Certificate = &metrology.Certificate{Number: m.Certificate, Class: m.Class, Serial: m.Serial, Expires: m.Expires}
			}
		}
		out = append(out, d)
	}
	if x := p.rec.Params; len(p.p.Instruments) == 0 && x != nil {
		for i := range x.Devices {
			if x.Devices[i].Class == class {
				out = append(out, &x.Devices[i])
			}
		}
	}
	return out
}

func (p *paper) device(name string) *fusion.Instrument {
	if x := p.rec.Params; x != nil {
		for i := range x.Devices {
			if x.Devices[i].Name == name {
				return &x.Devices[i]
			}
		}
	}
	return nil
}

func (p *paper) instrument(d *fusion.Instrument) row {
	name := p.w.slug("ins", d.Class) + " " + d.Name
	c := d.Certificate
	if c == nil {
		none := p.w.t("doc.not_known")
		return row{cells: []string{name, none, none, p.w.t("ins.none"), none}, look: plain.of(7.8).in(amber)}
	}
	r := row{look: plain.of(7.8)}
	std := some(c.Standard, p.approved(c))
	if c.Division > 0 {
		std = append(std, p.w.t("ins.division", "d", p.w.number(int64(c.Division))))
	}
	if c.Max > 0 {
		std = append(std, p.w.t("ins.span", "min", p.w.number(int64(c.Min)), "max", p.w.number(int64(c.Max))))
	}
	valid := p.w.t("ins.issued", "from", p.w.day(c.Issued), "to", p.w.day(c.Expires)) + ": "
	state := p.validity(c)
	if state != "ins.valid" || p.outside(c) {
		r.look = r.look.in(red)
	}
	valid += p.w.t(state)
	if p.outside(c) {
		valid += "; " + p.w.t("ins.speed")
	}
	serial := c.Serial
	if serial != "" {
		serial = "№ " + serial
	}
	firmware := c.Firmware
	if firmware != "" {
		firmware = p.w.t("ins.firmware", "v", firmware)
	}
	r.cells = []string{name, strings.Join(some(c.Make, c.Model, serial, firmware), ", "), strings.Join(std, "; "),
		strings.Join(some(c.Number, c.Issuer), ", "), valid}
	return r
}

// approved are the classes of the range of speed in which the vehicle was measured; of all
// ranges where that is not one of them.
func (p *paper) approved(c *metrology.Certificate) string {
	var out []string
	for i := range c.Ranges {
		x := &c.Ranges[i]
		if p.p.Speed != 0 && !p.outside(c) && !covers(p.p.Speed, x) {
			continue
		}
		dash := func(s string) string {
			if s == "" {
				return "\u2013"
			}
			return s
		}
		out = append(out, p.w.t("ins.classes", "mass", dash(x.Mass), "axle", dash(x.Axle), "group", dash(x.Group), "from", p.w.kmh(x.From), "to", p.w.kmh(x.To)))
	}
	return strings.Join(out, "; ")
}

func covers(s quant.Speed, r *metrology.Range) bool { return s >= r.From && s <= r.To }

// outside reports whether the speed, or that of an axle, is in none of the approved ranges.
func (p *paper) outside(c *metrology.Certificate) bool {
	if len(c.Ranges) == 0 {
		return false
	}
	in := func(s quant.Speed) bool {
		return s == 0 || slices.ContainsFunc(c.Ranges, func(r metrology.Range) bool { return covers(s, &r) })
	}
	return !in(p.p.Speed) || slices.ContainsFunc(p.p.Axles, func(a fusion.AxleLoad) bool { return !in(a.Speed) })
}

// seal prints what proves the record.
func (p *paper) seal() {
	x := &p.rec.Seal
	st := style{size: 7.3, colour: black}
	rows := [][2]string{{"f.record", x.Record}}
	if x.Row > 0 {
		rows = append(rows, [2]string{"f.row", strconv.FormatUint(x.Row, 10)}, [2]string{"f.head", x.Head})
	}
	sig := x.Text[strings.LastIndexByte(x.Text, '|')+1:]
	rows = append(rows, [2]string{"f.sig", sig}, [2]string{"f.key", x.Key}, [2]string{"f.verify", p.w.t("say.verify")})
	p.need(float64(len(rows))*5 + 12)
	p.head(p.w.t("sec.seal"), 24)
	if x.Row == 0 {
		p.para(st.in(amber), p.w.t("say.seal_none"))
	}
	for _, r := range rows {
		if r[1] == "" {
			continue
		}
		lines := p.wrap(st, r[1], width-46)
		p.need(float64(len(lines)) * st.line())
		p.put(margin, p.y, style{size: 7.3, colour: grey}, p.w.t(r[0]))
		p.y += p.lines(margin+46, p.y, width-46, st, lines) + 0.6
	}
}
