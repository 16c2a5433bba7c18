package declaration

import (
	"fmt"
	"strings"
	"time"

	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// The most that one vehicle combination can carry in goods; above it either the mass or
// the number of vehicles is wrong (rule F24).
const maxGoods = 60 * quant.Tonne

// Check applies format-logical control to the canonical form: the rules that do not need
// the source text, a registry or today's date. Rules of time compare with d.Received and
// are left out while that is zero. d is not changed; equal declarations give equal
// problems in equal order.
func Check(d *decl.Declaration) []decl.Problem {
	c := &check{d: d}
	c.header()
	c.counts()
	c.items()
	c.masses()
	c.carriers()
	c.documents()
	return c.list
}

type check struct {
	problems
	d *decl.Declaration
}

func (c *check) reject(rule, path, format string, args ...any) {
	c.add(rule, path, Reject, fmt.Sprintf(format, args...))
}

func (c *check) note(rule, path, format string, args ...any) {
	c.add(rule, path, Discrepancy, fmt.Sprintf(format, args...))
}

func (c *check) header() {
	d := c.d
	switch d.Kind {
	case "import", "export", "transit", "pre_arrival":
	default:
		c.reject("F01", "/kind", "kind %q is none of import, export, transit, pre_arrival", clip(d.Kind, 40))
	}
	if why := mrnFault(d.MRN); why != "" {
		c.reject("F12", "/mrn", "%s %s", d.MRN, why)
	}
	for i, code := range d.Route {
		c.country(fmt.Sprintf("/route/%d", i), code)
	}
	c.country("/origin_country", d.Origin)
	if d.Kind != "transit" {
		return
	}
	if d.Offices.Destination == "" {
		c.reject("F20", "/offices/destination", "transit without an office of destination")
	} else if d.Offices.Destination == d.Offices.Departure {
		c.reject("F19", "/offices/destination", "transit from office %s to itself", d.Offices.Departure)
	}
	if d.Deadline == "" {
		c.reject("F20", "/deadline", "transit without a time limit")
	}
	road := 0
	for _, u := range d.Units {
		if u.Role == "tractor" || u.Role == "trailer" || u.Role == "vehicle" {
			road++
		}
	}
	if road > 3 {
		c.reject("F14", "/units", "%d road vehicle units where a transit names 1 to 3", road)
	}
}

func (c *check) country(path, code string) {
	if code != "" && !knownCountry(code) {
		c.reject("F16", path, "%q is not a country code of ISO 3166-1", clip(code, 40))
	}
}

// counts compares what is declared with what is there (F09).
func (c *check) counts() {
	d := c.d
	if len(d.Items) == 0 && d.Kind != "pre_arrival" {
		c.reject("F09", "/items", "no goods items")
	}
	if n := d.Totals.Items; n != 0 && n != len(d.Items) {
		c.reject("F09", "/totals/items", "%d items are declared and %d given", n, len(d.Items))
	}
	sum := 0
	for _, it := range d.Items {
		sum += it.Packages
	}
	if n := d.Totals.Packages; n != 0 && n != sum {
		c.reject("F09", "/totals/packages", "%d packages are declared and %d given by the items", n, sum)
	}
	have := map[string]bool{}
	for i, s := range d.Seals {
		if have[s] {
			c.reject("F10", fmt.Sprintf("/seals/%d", i), "seal %s stands twice", clip(s, 40))
		}
		have[s] = true
	}
}

func (c *check) items() {
	for i, it := range c.d.Items {
		at := fmt.Sprintf("/items/%d", i)
		if why := hsFault(it.HS); why != "" {
			c.note("F03", at+"/hs", "commodity code %q %s", clip(it.HS, 40), why)
		}
		c.country(at+"/origin", it.Origin)
		if it.Gross > 0 && it.Net > it.Gross {
			c.reject("F05", at+"/net_kg", "net mass %s is more than gross mass %s", it.Net, it.Gross)
		}
	}
}

// hsFault checks the form of a commodity code and its chapter: 77 is reserved, 98 and 99
// are no chapters of the nomenclature.
func hsFault(hs string) string {
	switch {
	case hs == "":
		return "is missing"
	case len(hs) < 6 || !digits(hs):
		return "is not six or more digits"
	}
	switch ch := hs[:2]; {
	case ch == "00" || ch == "77" || ch > "97":
		return "is in chapter " + ch + ", which does not exist"
	case hs[2:4] == "00":
		return "is in heading " + hs[:4] + ", which does not exist"
	}
	return ""
}

// masses: the consignment weighs at least what its items weigh (F06), and no lorry
// carries more than a lorry can (F24).
func (c *check) masses() {
	d := c.d
	var sum quant.Mass
	for _, it := range d.Items {
		sum += it.Gross
	}
	if d.Totals.Gross > 0 && d.Totals.Gross < sum {
		c.reject("F06", "/totals/gross_kg", "gross mass %s is less than the items' %s", d.Totals.Gross, sum)
	}
	lorries := 0
	for _, u := range d.Units {
		if u.Role == "tractor" || u.Role == "vehicle" {
			lorries++
		}
	}
	if lorries > 0 && d.Totals.Gross > maxGoods*quant.Mass(lorries) {
		c.note("F24", "/totals/gross_kg", "%s of goods on %d lorries", d.Totals.Gross, lorries)
	}
}

func (c *check) carriers() {
	for i, u := range c.d.Units {
		at := fmt.Sprintf("/units/%d", i)
		c.country(at+"/country", u.Country)
		switch u.Role {
		case "tractor", "trailer", "vehicle":
			if u.Plate != plate.Normalise(u.Plate) || !plateForm(u.Plate) {
				c.note("F21", at+"/plate", "%q does not look like a number plate", clip(u.Plate, 40))
			}
		}
	}
	for i, b := range c.d.Containers {
		if why := containerFault(b.ID); why != "" {
			c.note("F11", fmt.Sprintf("/containers/%d/id", i), "container %s %s", clip(b.ID, 40), why)
		}
	}
}

// plateForm is the form that all plates share: 4 to 10 characters, two digits among them.
func plateForm(p string) bool {
	n, figures := 0, 0
	for _, r := range p {
		n++
		if r >= '0' && r <= '9' {
			figures++
		}
	}
	return n >= 4 && n <= 10 && figures >= 2
}

// documents: none is issued after the declaration was received, a day for zones and
// clocks; a deadline does not lie before it (F18, F20).
func (c *check) documents() {
	if c.d.Received.IsZero() {
		return
	}
	day := c.d.Received.UTC().Add(24 * time.Hour).Format(time.DateOnly)
	for _, l := range []struct {
		name string
		docs []decl.Document
	}{{"permits", c.d.Permits}, {"previous_documents", c.d.Previous}} {
		for i, doc := range l.docs {
			if doc.Date != "" && strings.Compare(doc.Date, day) > 0 {
				c.note("F18", fmt.Sprintf("/%s/%d/date", l.name, i), "dated %s, after it was received", doc.Date)
			}
		}
	}
	if end := c.d.Deadline; end != "" && end < c.d.Received.UTC().Add(-24*time.Hour).Format(time.DateOnly) {
		c.note("F20", "/deadline", "time limit %s had passed when the declaration was received", end)
	}
}
