package match

import (
	"cmp"

	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// The weights of evidence besides plates, as m (how often it agrees for the true
// declaration) and u (how often for a random vehicle).
const (
	containerAgrees  = 0.9 / 1e-6 // eleven characters with a check digit
	containerDiffers = 0.1        // a whole number that the declaration does not name
	countryAgrees    = 0.95 / 0.35
	countryDiffers   = 0.05 / 0.65
	grossAgrees      = 0.97 / 0.40
	grossDiffers     = 0.03 / 0.60
	// unexplained is the probability that a camera saw a plate that the declaration does
	// not have although the vehicle is the declared one: a changed tractor or trailer, a
	// slip of the declarant.
	unexplained = 0.02
	// telling is the ratio from which a view counts as an agreeing evidence of its own.
	telling = 20
	// differs is the ratio below which a view speaks against the declaration.
	differs = 0.5
)

// judge weighs one declaration; hits are its plates near the reads, by view.
func (m *Matcher) judge(x *decl.Index, e Evidence, d decl.Ref, hits []hit, prior Prior) candidate {
	c := candidate{d: d, weight: 1}
	doc := x.Declaration(d)
	var agreed decl.PlateRef // the first declared plate that a view tells
	told, best := false, 0.0
	for v := range m.views {
		n := 0
		for n < len(hits) && hits[n].view == v {
			n++
		}
		ratio, nearest := viewRatio(x, doc, m.views[v].Role, hits[:n])
		hits = hits[n:]
		c.weight = float64(c.weight * ratio)
		exact := nearest.hit != nil && x.Plate(nearest.plate) == m.views[v].code
		// A read that is another vehicle's declared plate is not this one misread, where this
		// one has a plate for the camera at all.
		has := doc == nil || !unaccompanied(doc) || m.views[v].Role == obs.Trailer
		if ratio < differs || has && m.views[v].declared && !exact {
			c.Differs = true
			c.other = c.other || m.views[v].Role != obs.Trailer && m.views[v].Role != obs.Rear
		}
		if nearest.hit == nil {
			continue
		}
		if ratio >= telling {
			// A second evidence is another plate of the same declaration. Two cameras that read
			// one plate alike say how it looks, not that it is the declared one.
			c.Second = c.Second || told && nearest.plate != agreed
			if !told {
				told, agreed = true, nearest.plate
			}
		}
		if nearest.ratio > best {
			best, c.plate, c.Text = nearest.ratio, nearest.plate, textOf(x, d, nearest.unit)
		}
		c.Exact = c.Exact || exact
	}
	if doc != nil {
		c.weight = float64(c.weight * m.further(&c, e, doc))
		if prior.Odds != nil {
			c.weight = float64(c.weight * prior.Odds(doc).Float())
		}
	}
	return c
}

// textOf is the declared plate of a unit as the declaration writes it; of a bare plate the
// plate as it was given.
func textOf(x *decl.Index, d decl.Ref, unit int) string {
	if doc := x.Declaration(d); doc != nil {
		return doc.Units[unit].Plate
	}
	return x.ID(d)
}

// explained is the declared plate that explains a view best; hit is nil if none does.
type explained struct {
	*hit
	unit int
}

// viewRatio gives P(reads of the view | declaration) / u(reads), summed over the units
// that the camera may have seen, and the plate that explains the reads best.
func viewRatio(x *decl.Index, doc *decl.Declaration, role obs.PlateRole, hits []hit) (float64, explained) {
	var best explained
	if doc != nil && unaccompanied(doc) && role != obs.Trailer {
		// Whoever pulls it is not declared: a plate that it does not have says nothing.
		best.hit = strongest(hits)
		if best.hit == nil {
			return 1, best
		}
		share := pulled
		if role == obs.Rear {
			share = seenBehind
		}
		if len(doc.Units) > 1 {
			best.unit = unitOf(x, doc, best.plate)
			share /= float64(len(doc.Units))
		}
		return float64(share*best.ratio) + (1 - share), best
	}
	if doc == nil || len(doc.Units) == 1 {
		share := 1 - unexplained
		if doc != nil && role == obs.Trailer && doc.Units[0].Role != trailerRole {
			share = trailerOfOne
		}
		best.hit = strongest(hits)
		if best.hit == nil {
			return 1 - share, best
		}
		return float64(share*best.ratio) + (1 - share), best
	}
	sum := 0.0
	for k := range doc.Units {
		h := strongestOf(x, hits, doc.Units[k].Plate)
		if h == nil {
			continue
		}
		sum += float64(float64((1-unexplained)*unitShare(doc, k, role)) * h.ratio)
		if best.hit == nil || h.ratio > best.ratio {
			best = explained{h, k}
		}
	}
	return sum + unexplained, best
}

// unaccompanied reports whether only trailers are declared: any tractor may bring them.
func unaccompanied(doc *decl.Declaration) bool {
	for i := range doc.Units {
		if doc.Units[i].Role != trailerRole {
			return false
		}
	}
	return len(doc.Units) > 0
}

// unitOf finds the unit that has a plate of the index.
func unitOf(x *decl.Index, doc *decl.Declaration, p decl.PlateRef) int {
	for k := range doc.Units {
		if isUnit(x.Plate(p), doc.Units[k].Plate) {
			return k
		}
	}
	return 0
}

// How often a camera that is not of trailers shows the plate of an unaccompanied trailer:
// one at the front or of unknown place, and one at the rear.
const (
	pulled     = 0.5
	seenBehind = 0.85
)

// trailerRole is the role of trailers in declarations.
const trailerRole = "trailer"

// trailerOfOne is the share of the trailer camera's reads that show the one declared unit
// of a declaration without a trailer: rigid lorries; else the trailer stands undeclared.
const trailerOfOne = 0.3

// strongest gives the hit of the highest ratio, the first of equal ones; nil of none.
func strongest(hits []hit) *hit {
	var best *hit
	for i := range hits {
		if best == nil || hits[i].ratio > best.ratio {
			best = &hits[i]
		}
	}
	return best
}

// strongestOf is strongest among the hits of one declared plate.
func strongestOf(x *decl.Index, hits []hit, text string) *hit {
	var best *hit
	for i := range hits {
		if (best == nil || hits[i].ratio > best.ratio) && isUnit(x.Plate(hits[i].plate), text) {
			best = &hits[i]
		}
	}
	return best
}

func isUnit(c plate.Code, text string) bool {
	n := plate.Normalise(text)
	return plate.Encode(n) == c || plate.Encode(plate.Alias(n)) == c
}

// unitShare is the probability that a camera of this role sees unit k.
func unitShare(doc *decl.Declaration, k int, role obs.PlateRole) float64 {
	trailers := 0
	for i := range doc.Units {
		if doc.Units[i].Role == trailerRole {
			trailers++
		}
	}
	pullers := len(doc.Units) - trailers
	if role == "" || trailers == 0 || pullers == 0 {
		return 1 / float64(len(doc.Units))
	}
	trailer := byRole(role, 0.03, seenBehind, 0.95)
	if doc.Units[k].Role == trailerRole {
		return trailer / float64(trailers)
	}
	return (1 - trailer) / float64(pullers)
}

// byRole chooses by role: front, rear, trailer.
func byRole(role obs.PlateRole, front, rear, trailer float64) float64 {
	switch role {
	case obs.Front:
		return front
	case obs.Rear:
		return rear
	}
	return trailer
}

// further weighs what is not a plate text: country, container, mass.
func (m *Matcher) further(c *candidate, e Evidence, doc *decl.Declaration) float64 {
	w := 1.0
	for v := range m.views {
		w = float64(w * countryRatio(m.views[v].Country, c.Text, doc))
	}
	for _, id := range e.Containers {
		id, ok := plate.Container(id)
		if !ok || len(doc.Containers) == 0 {
			continue
		}
		if names(doc, id) {
			w = float64(w * containerAgrees)
			c.Second = true
		} else {
			w = float64(w * containerDiffers)
		}
	}
	if agrees, known := grossAgreesWith(e, doc); known && !m.shared(c) {
		if agrees {
			w = float64(w * grossAgrees) // it weighs, but many vehicles weigh alike: no second evidence
		} else {
			w = float64(w * grossDiffers)
		}
	}
	return w
}

func names(doc *decl.Declaration, id string) bool {
	for _, k := range doc.Containers {
		if plate.Normalise(k.ID) == id {
			return true
		}
	}
	return false
}

// countryRatio compares the country that the camera gives with that of the plate's unit.
func countryRatio(seen, text string, doc *decl.Declaration) float64 {
	if seen == "" || text == "" {
		return 1
	}
	for i := range doc.Units {
		u := &doc.Units[i]
		if u.Country == "" || u.Plate != text {
			continue
		}
		if u.Country == seen {
			return countryAgrees
		}
		return countryDiffers
	}
	return 1
}

// shared reports whether another candidate has the same plate: then one weighing belongs
// to all of them together and says nothing about one (declarations.md 5.3).
func (m *Matcher) shared(c *candidate) bool {
	if c.Text == "" {
		return false
	}
	for i := range m.hits {
		if h := &m.hits[i]; h.d != c.d && h.plate == c.plate {
			return true
		}
	}
	return false
}

// Tare ranges by class defaults (declarations.md 5.3, from memory): a lorry alone, a
// tractor with its trailer, one container; driver and fuel are in.
const (
	tareAloneMin   = 3 * quant.Tonne
	tareAloneMax   = 21 * quant.Tonne // its trailer may stand undeclared
	tareCoupledMin = 10500 * quant.Kilogram
	tareCoupledMax = 21 * quant.Tonne
	tareBoxMin     = 2200 * quant.Kilogram
	tareBoxMax     = 4400 * quant.Kilogram
)

// grossAgreesWith compares the weighed mass with the interval that the declared goods
// allow. known is false where either side is missing.
func grossAgreesWith(e Evidence, doc *decl.Declaration) (agrees, known bool) {
	if e.Gross <= 0 || e.UGross <= 0 || doc.Totals.Gross <= 0 {
		return false, false
	}
	low, high := tareAloneMin, tareAloneMax
	if len(doc.Units) > 1 {
		low, high = tareCoupledMin, tareCoupledMax
	}
	boxes := quant.Mass(len(doc.Containers))
	low += doc.Totals.Gross + boxes*tareBoxMin
	high += doc.Totals.Gross + boxes*tareBoxMax
	return e.Gross+e.UGross >= low && e.Gross-e.UGross <= high, true
}

// explain writes the reasons of a listed candidate for the officer.
func (m *Matcher) explain(x *decl.Index, c *candidate) {
	c.Declaration = x.ID(c.d)
	doc := x.Declaration(c.d)
	if doc != nil {
		c.Number = cmp.Or(doc.MRN, doc.LRN)
	}
	if c.Text == "" {
		switch {
		case doc == nil:
			c.Text = c.Declaration
		case len(doc.Units) > 0: // found by its container
			c.Text = doc.Units[0].Plate
		}
	}
	if c.Exact {
		c.Why = append(c.Why, "plate equal")
	}
	if c.Differs {
		c.Why = append(c.Why, "a plate differs from the declaration")
	}
	if doc != nil && m.shared(c) {
		c.Why = append(c.Why, "another declaration has the same plate")
	}
	if c.Second {
		c.Why = append(c.Why, "second evidence agrees")
	}
}
