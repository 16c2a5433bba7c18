package rules

import "acsgd/internal/quant"

// sizes judges length, width and height.
func (j *judge) sizes() {
	v := j.v
	j.size("length", v.Length, v.ULen, v.Reasons.Length)
	j.size("width", v.Width, v.UWid, v.Reasons.Width)
	j.size("height", v.Height, v.UHei, v.Reasons.Height)
}

func (j *judge) size(name string, l, u *quant.Length, reason string) {
	q := quantity{name: name, unit: "mm", deduct: name, size: true, reason: reason}
	if l != nil {
		q.value, q.has = int64(*l)*1000, true
		if *l == 0 && reason == "" {
			q.reason = "no size measured"
		}
	}
	if u == nil {
		u = j.v.ULength
	}
	if u != nil {
		q.u, q.uKnown = int64(*u)*1000, true
	}
	var w whole
	rank, byClass := -1, false
	for i := range j.shapes.n {
		l, k := j.sizeLimit(name, j.shapes.c[i])
		byClass = byClass || rank >= 0 && k != rank || l.src != nil && w.some && l.src != w.hi.src
		rank = k
		w.add(l)
	}
	hi, lo := w.limits()
	if byClass && j.v.Class == "" {
		hi.notes |= noteClass
	}
	j.emit(&q, hi, lo)
}

// sizeLimit returns the limit of the most special row that fits the shape, and its rank.
func (j *judge) sizeLimit(name string, c Config) (limit, int) {
	var best, second *SizeRow
	for i := range j.p.Sizes {
		r := &j.p.Sizes[i]
		if r.Quantity != name || r.Classes&c.classes() == 0 || !j.date.in(r.From, r.To) || !r.carries(j.v.Body) || len(j.v.Axles) > 0 && r.MinAxles > len(j.v.Axles) {
			continue
		}
		switch {
		case best == nil || r.Rank > best.Rank:
			best, second = r, nil
		case r.Rank == best.Rank && r.Limit > best.Limit:
			best, second = r, best
		case r.Rank == best.Rank && r.Limit < best.Limit:
			second = r
		}
	}
	if best == nil {
		return limit{reason: "no limit for this vehicle in the pack on that day"}, -1
	}
	l := limit{src: &best.Source, value: int64(best.Limit) * 1000}
	if second != nil {
		l.notes = noteChangeDay
	}
	return l, best.Rank
}

func (r *SizeRow) carries(body string) bool {
	if body == Bus && r.NotBus {
		return false
	}
	if r.Bodies == nil {
		return true
	}
	for _, b := range r.Bodies {
		if b == body {
			return true
		}
	}
	return false
}
