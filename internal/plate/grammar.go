package plate

import (
	"regexp/syntax"
	"strings"
)

// Format is one kind of number plate of one country.
type Format struct {
	Country string // ISO 3166-1 alpha-2; "EU" is the generic European row
	Kind    string // private, legal, trailer, ...
	Series  string // the year in which the system began
	Rear    bool   // carried at the rear only, as trailers do
	Status  string // V verified, M from memory, E estimate
	Pattern string // RE2 over normalised text
	Example string
}

// Template is one shape of a Format without alternatives: the symbols allowed at each
// position.
type Template struct {
	Format *Format
	Sets   []Set
}

// Set is a set of symbols.
type Set [Symbols / 64]uint64

// Has reports whether s is in the set.
func (t *Set) Has(s Symbol) bool { return t[s>>6&1]>>(s&63)&1 != 0 }

// Len is the number of symbols in the set.
func (t *Set) Len() int {
	n := 0
	for s := range Symbol(Symbols) {
		if t.Has(s) {
			n++
		}
	}
	return n
}

// Add puts s into the set.
func (t *Set) Add(s Symbol) { t[s>>6&1] |= 1 << (s & 63) }

var templates = makeTemplates()

// Templates gives the shapes of all national systems, in the order of the table. The
// result is shared and must not be changed.
func Templates() []Template { return templates }

// Match reports whether the plate has this shape.
func (t *Template) Match(c Code) bool {
	if c.Len() != len(t.Sets) {
		return false
	}
	for i := range t.Sets {
		if !t.Sets[i].Has(c.At(i)) {
			return false
		}
	}
	return true
}

// Formats gives the national systems that a normalised plate may belong to, in the order
// of the table. Several countries may claim one string: syntax does not give the country.
func Formats(text string) []*Format {
	c := Encode(text)
	var found []*Format
	for i := range templates {
		t := &templates[i]
		if t.Match(c) && (len(found) == 0 || found[len(found)-1] != t.Format) {
			found = append(found, t.Format)
		}
	}
	return found
}

// Known reports whether a normalised text is a plate of a national system; the generic
// European row does not count.
func Known(text string) bool {
	c := Encode(text)
	for i := range templates {
		if t := &templates[i]; t.Format.Country != "EU" && t.Match(c) {
			return true
		}
	}
	return false
}

// Alias gives the second way in which a normalised plate is commonly written, or "". Kyrgyz
// plates carry KG below the flag, which some cameras and declarants write and some do not.
func Alias(text string) string {
	if len(text) < 6 || text[0] != '0' || text[1] < '1' || text[1] > '9' {
		return ""
	}
	if rest, ok := strings.CutPrefix(text[2:], "KG"); ok {
		if short := text[:2] + rest; kyrgyz(short) {
			return short
		}
		return ""
	}
	if kyrgyz(text) {
		return text[:2] + "KG" + text[2:]
	}
	return ""
}

func kyrgyz(text string) bool {
	c := Encode(text)
	for i := range templates {
		if t := &templates[i]; t.Format.Country == "KG" && t.Format.Series == "2016" && t.Match(c) {
			return true
		}
	}
	return false
}

func makeTemplates() []Template {
	var all []Template
	for i := range formats {
		f := &formats[i]
		re, err := syntax.Parse(f.Pattern, syntax.Perl)
		if err != nil {
			panic("plate format " + f.Pattern + ": " + err.Error()) // the table is part of the program
		}
		for _, sets := range expand(re.Simplify()) {
			all = append(all, Template{Format: f, Sets: sets})
		}
	}
	return all
}

// expand gives every sequence of symbol sets that a pattern without loops allows.
func expand(re *syntax.Regexp) [][]Set {
	switch re.Op {
	case syntax.OpLiteral:
		seq := make([]Set, len(re.Rune))
		for i, r := range re.Rune {
			seq[i].Add(SymbolOf(r))
		}
		return [][]Set{seq}
	case syntax.OpCharClass:
		var set Set
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				set.Add(SymbolOf(r))
			}
		}
		return [][]Set{{set}}
	case syntax.OpQuest:
		return append([][]Set{nil}, expand(re.Sub[0])...)
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpAlternate:
		var all [][]Set
		for _, s := range re.Sub {
			all = append(all, expand(s)...)
		}
		return all
	case syntax.OpConcat:
		all := [][]Set{nil}
		for _, s := range re.Sub {
			all = join(all, expand(s))
		}
		return all
	}
	return [][]Set{nil} // anchors and empty matches
}

func join(heads, tails [][]Set) [][]Set {
	all := make([][]Set, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, append(append(make([]Set, 0, len(h)+len(t)), h...), t...))
		}
	}
	return all
}

// Symbols lists the set in ascending order.
func (t *Set) Symbols() []Symbol {
	var list []Symbol
	for s := range Symbol(Symbols) {
		if t.Has(s) {
			list = append(list, s)
		}
	}
	return list
}
