package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/decl"
)

// ControlKind is what a control of goods does.
type ControlKind string

// The kinds of controls. An exemption beats a ban.
const (
	BanControl    ControlKind = "ban"
	PermitControl ControlKind = "permit"
	ExemptControl ControlKind = "exempt"
)

// Control is one section of the lists of controlled goods.
type Control struct {
	Source
	Section    string
	Kind       ControlKind
	Directions []string // import, export, transit
	Title      string
	Prefixes   []string // of HS codes
	Permit     string   // kind of document that satisfies it
	Authority  string
}

// Ban is one temporary ban of a country.
type Ban struct {
	Source
	Country    string
	Direction  string
	Modes      []string // road, rail, sea, air, all
	Title      string
	Prefixes   []string
	From, To   Date // inclusive; From 0: not read; To 0: open
	FromLast   Date // last day that From may mean where only a month or year was read
	Exceptions string
	Act        string
}

// Radioactive is one kind of nuclear or radioactive goods.
type Radioactive struct {
	Source
	Prefixes []string
	Title    string
	Licence  string
	Rule     string
}

// Goods judges the items of d against controls, temporary bans and the list of radioactive
// goods, and appends a finding per control that applies; where none does, one Within. The
// direction is import, export or transit, "" is the declaration's kind; the mode is "road";
// day is the day of the passage.
//
// In each table the longest prefix of an item's code wins. A permit-kind control is
// satisfied by a permit in the declaration. Tables whose codes are unverified may ask for a
// document and never prohibit, except in simulator mode.
func Goods(dst []Finding, b *Book, d *decl.Declaration, direction, mode string, day time.Time) []Finding {
	g := goods{dst: dst, b: b, d: d, direction: direction}
	if d == nil {
		return append(dst, Finding{Quantity: "goods", Verdict: Undetermined, Reason: "no declaration"})
	}
	if g.direction == "" && d.Kind != "pre_arrival" {
		g.direction = d.Kind
	}
	start := len(g.dst)
	g.check()
	g.controls()
	g.bans(mode, dateOf(day))
	g.radioactive()
	if len(g.dst) == start {
		g.dst = append(g.dst, Finding{Quantity: "goods", Verdict: Within, Reason: "no control applies"})
	}
	return g.dst
}

func dateOf(t time.Time) Date {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.Date()
	return Date(y*10000 + int(m)*100 + d)
}

type goods struct {
	dst       []Finding
	b         *Book
	d         *decl.Declaration
	direction string
}

// check refuses to call goods free of controls that nobody can look up.
func (g *goods) check() {
	if len(g.d.Items) == 0 {
		if g.d.Totals.Items > 0 || g.d.Totals.Gross > 0 {
			g.dst = append(g.dst, Finding{Quantity: "goods", Verdict: Undetermined, Reason: "declaration lists no goods items"})
		}
		return
	}
	var bad []string
	for i := range g.d.Items {
		if !validCode(g.d.Items[i].HS) {
			bad = append(bad, itemName(&g.d.Items[i], i))
		}
	}
	if bad != nil {
		g.dst = append(g.dst, Finding{Quantity: "goods", Verdict: Undetermined, Reason: "item without a commodity code", Notes: bad})
	}
}

func validCode(hs string) bool {
	for i := range len(hs) {
		if hs[i] < '0' || hs[i] > '9' {
			return false
		}
	}
	return len(hs) >= 4
}

func itemName(it *decl.Item, i int) string {
	n := it.No
	if n == 0 {
		n = i + 1
	}
	return "item " + strconv.Itoa(n)
}

// hits returns, for each of n rows, the items that it applies to; nil if there are none at
// all. Of one item only the rows with its longest prefix apply.
func (g *goods) hits(n int, prefixes func(int) []string, applies func(int) bool) [][]int {
	var out [][]int
	for i := range g.d.Items {
		hs := g.d.Items[i].HS
		if !validCode(hs) {
			continue
		}
		best := 0
		for r := range n {
			if k := longest(prefixes(r), hs); k > best && applies(r) {
				best = k
			}
		}
		if best == 0 {
			continue
		}
		if out == nil {
			out = make([][]int, n)
		}
		for r := range n {
			if longest(prefixes(r), hs) == best && applies(r) {
				out[r] = append(out[r], i)
			}
		}
	}
	return out
}

// longest returns the length of the longest of the prefixes that hs begins with. A code
// shorter than a prefix may mean it: that is a hit of the code's own length.
func longest(prefixes []string, hs string) int {
	n := 0
	for _, p := range prefixes {
		if p[0] != hs[0] || p[1] != hs[1] { // a prefix has two digits or more
			continue
		}
		k := 2
		for k < len(p) && k < len(hs) && p[k] == hs[k] {
			k++
		}
		if k == len(p) || k == len(hs) {
			n = max(n, k)
		}
	}
	return n
}

func (g *goods) controls() {
	cs := g.b.Controls
	hits := g.hits(len(cs), func(r int) []string { return cs[r].Prefixes }, func(r int) bool {
		return g.direction == "" || slices.Contains(cs[r].Directions, g.direction)
	})
	if hits == nil {
		return
	}
	exempt := make([]bool, len(g.d.Items))
	for r := range cs {
		if cs[r].Kind == ExemptControl {
			for _, i := range hits[r] {
				exempt[i] = true
			}
		}
	}
	for r := range cs {
		c := &cs[r]
		items := hits[r]
		if c.Kind == BanControl {
			items = slices.DeleteFunc(items, func(i int) bool { return exempt[i] })
		}
		if len(items) == 0 || c.Kind == ExemptControl {
			continue
		}
		f := g.finding(&c.Source, c.Title, items)
		if c.Kind == BanControl {
			g.prohibit(&f, &c.Source, "document required: the goods may be prohibited")
		} else {
			g.ask(&f, c.Permit)
		}
		if c.Authority != "" {
			f.Notes = append(f.Notes, "authority: "+c.Authority)
		}
		g.dst = append(g.dst, f)
	}
}

func (g *goods) finding(s *Source, title string, items []int) Finding {
	f := Finding{Quantity: "goods", Row: s.Row, Clause: s.Clause, Mark: s.Mark, Text: title}
	for _, i := range items {
		it := &g.d.Items[i]
		f.Notes = append(f.Notes, itemName(it, i)+": "+it.HS)
	}
	if g.d.Kind == "transit" && g.direction != "transit" {
		f.Notes = append(f.Notes, "declared_transit")
	}
	return f
}

// prohibit makes f a ban, or, where the codes are unverified and this is not simulator
// mode, a question.
func (g *goods) prohibit(f *Finding, s *Source, ask string) {
	switch {
	case g.direction == "":
		f.Verdict, f.Reason = Undetermined, "direction not known"
	case s.Unverified() && !g.b.Simulator:
		f.Verdict, f.Reason = Undetermined, ask
	default:
		f.Verdict, f.Reason = Exceeds, "prohibited"
		f.Blocking, f.TwoPersons = true, true
	}
}

// ask makes f the demand for a document, which a permit of the declaration satisfies.
func (g *goods) ask(f *Finding, kind string) {
	for i := range g.d.Permits {
		if p := &g.d.Permits[i]; matchesKind(kind, p.Kind) {
			f.Verdict, f.Reason = Within, "document present"
			f.Notes = append(f.Notes, "permit "+p.Kind+" "+p.ID)
			return
		}
	}
	if len(g.d.Permits) > 0 {
		p := &g.d.Permits[0]
		f.Verdict, f.Reason = Within, "document present"
		f.Notes = append(f.Notes, "permit "+strings.TrimSpace(p.Kind+" "+p.ID), "permit_kind_not_compared")
		return
	}
	f.Verdict, f.Reason = Undetermined, "document required: "+kind
}

// matchesKind reports whether a document kind names one of the kinds of want, by a word of
// four letters or more.
func matchesKind(want, kind string) bool {
	if len(kind) < 4 {
		return false
	}
	k := strings.ToLower(kind)
	for _, w := range strings.FieldsFunc(strings.ToLower(want), func(r rune) bool { return r == ' ' || r == '/' || r == ';' || r == '(' || r == ')' }) {
		if len(w) >= 4 && strings.Contains(k, w) {
			return true
		}
	}
	return false
}

func (g *goods) bans(mode string, day Date) {
	bs := g.b.Bans
	hits := g.hits(len(bs), func(r int) []string { return bs[r].Prefixes }, func(r int) bool {
		b := &bs[r]
		return (g.direction == "" || b.Direction == g.direction) && b.covers(mode) && (day == 0 || day.in(b.From, b.To))
	})
	for r := range hits {
		b := &bs[r]
		if len(hits[r]) == 0 {
			continue
		}
		f := g.finding(&b.Source, b.Title+"; "+b.until(), hits[r])
		switch {
		case day == 0:
			f.Verdict, f.Reason = Undetermined, "date not known"
		case b.From == 0 || day < b.FromLast:
			f.Verdict, f.Reason = Undetermined, "first day of the ban not known"
		default:
			g.prohibit(&f, &b.Source, "document required: temporary ban")
		}
		if b.Exceptions != "" {
			f.Notes = append(f.Notes, "except: "+b.Exceptions)
		}
		g.dst = append(g.dst, f)
	}
}

func (b *Ban) covers(mode string) bool {
	return mode == "" || slices.Contains(b.Modes, "all") || slices.Contains(b.Modes, mode)
}

// until says how long the ban lasts, for the officer.
func (b *Ban) until() string {
	if b.To == 0 {
		return b.Country + ", no end date read"
	}
	return b.Country + ", until " + b.To.String()
}

// String gives YYYY-MM-DD, or "" for the unknown day.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return pad(int(d/10000), 4) + "-" + pad(int(d/100%100), 2) + "-" + pad(int(d%100), 2)
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

func (g *goods) radioactive() {
	rs := g.b.Radioactive
	hits := g.hits(len(rs), func(r int) []string { return rs[r].Prefixes }, func(int) bool { return true })
	for r := range hits {
		if len(hits[r]) == 0 {
			continue
		}
		f := g.finding(&rs[r].Source, rs[r].Title, hits[r])
		g.ask(&f, rs[r].Licence)
		f.Notes = append(f.Notes, rs[r].Rule)
		g.dst = append(g.dst, f)
	}
}
