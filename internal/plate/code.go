package plate

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// MaxLen is the number of symbols that a Code holds; what stands behind is not compared.
const MaxLen = 15

// Symbol is one character of a plate: 1 to 10 the digits, 11 to 36 the letters A-Z, then
// the Chinese and the Cyrillic ones; 0 is none.
type Symbol uint8

// Symbols is the number of different symbols, the zero one included.
const Symbols = 128

const (
	firstLetter = Symbol(11)
	firstHan    = Symbol(37)
	other       = Symbol(Symbols - 1) // a character that no plate system here uses
)

// The characters behind A-Z, in the order of their symbols.
const (
	provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
	hanMarks  = "挂临警学港澳使领斯"
	cyrillic  = "БГДЖЗИЙЛӨПҮФЦЧШЩЪЫЬЭЮЯЄЇҐӘҒҚҢҰҺ"
	umlauts   = "ÄÖÜÅØÆÇĞİŞÑ"
	further   = provinces + hanMarks + cyrillic + umlauts
)

// Class says what kind of character a symbol is.
type Class uint8

// The classes.
const (
	None Class = iota
	Digit
	Letter // Latin, umlauts included
	Han
	Cyrillic // letters without a Latin twin
	Unknown
)

var (
	furtherRunes = []rune(further)
	classes      = makeClasses()
)

func makeClasses() (c [Symbols]Class) {
	for s := range Symbol(Symbols) {
		i := int(s) - int(firstHan)
		switch han := utf8.RuneCountInString(provinces + hanMarks); {
		case s == 0:
			c[s] = None
		case s < firstLetter:
			c[s] = Digit
		case s < firstHan:
			c[s] = Letter
		case i < han:
			c[s] = Han
		case i < han+utf8.RuneCountInString(cyrillic):
			c[s] = Cyrillic
		case i < len(furtherRunes):
			c[s] = Letter
		default:
			c[s] = Unknown
		}
	}
	return c
}

// Class gives the kind of character that s is.
func (s Symbol) Class() Class { return classes[s&(Symbols-1)] }

// Rune gives the character of s: a replacement character for one outside all systems.
func (s Symbol) Rune() rune {
	switch i := int(s) - int(firstHan); {
	case s == 0:
		return 0
	case s < firstLetter:
		return '0' + rune(s) - 1
	case s < firstHan:
		return 'A' + rune(s-firstLetter)
	case i < len(furtherRunes):
		return furtherRunes[i]
	}
	return utf8.RuneError
}

// SymbolOf gives the symbol of a normalised character.
func SymbolOf(r rune) Symbol {
	switch {
	case r >= '0' && r <= '9':
		return Symbol(r-'0') + 1
	case r >= 'A' && r <= 'Z':
		return Symbol(r-'A') + firstLetter
	}
	if i := strings.IndexRune(further, r); i >= 0 {
		return firstHan + Symbol(utf8.RuneCountInString(further[:i]))
	}
	return other
}

// Code is a normalised plate as at most MaxLen symbols. The zero Code is the empty plate.
// Hi holds symbols 0 to 7, the first in the highest byte; Lo holds symbols 8 to 14 in the
// same way and the length in its lowest byte, so equal plates have equal Codes.
type Code struct{ Hi, Lo uint64 }

// Encode gives the Code of a normalised text; symbols behind MaxLen are left out.
func Encode(text string) Code {
	var c Code
	n := 0
	for _, r := range text {
		if n == MaxLen {
			break
		}
		c.put(n, SymbolOf(r))
		n++
	}
	c.Lo |= uint64(n)
	return c
}

func (c *Code) put(i int, s Symbol) {
	if i < 8 {
		c.Hi |= uint64(s) << (56 - 8*i)
	} else {
		c.Lo |= uint64(s) << (120 - 8*i)
	}
}

// With gives c with one more symbol at its end; c itself if it is full.
func (c Code) With(s Symbol) Code {
	if n := c.Len(); n < MaxLen {
		c.put(n, s)
		c.Lo++
	}
	return c
}

// Replaced gives c with symbol i replaced.
func (c Code) Replaced(i int, s Symbol) Code {
	if i < 8 {
		c.Hi &^= uint64(0xFF) << (56 - 8*i)
	} else {
		c.Lo &^= uint64(0xFF) << (120 - 8*i)
	}
	c.put(i, s)
	return c
}

// Len is the number of symbols.
func (c Code) Len() int { return int(c.Lo & 0xFF) }

// At gives symbol i, counted from 0; 0 behind the end.
func (c Code) At(i int) Symbol {
	switch {
	case i < 8:
		return Symbol(c.Hi >> (56 - 8*i))
	case i < MaxLen:
		return Symbol(c.Lo >> (120 - 8*i))
	}
	return 0
}

// Compare orders Codes by length, then by symbols.
func (c Code) Compare(d Code) int {
	return cmp.Or(cmp.Compare(c.Len(), d.Len()), cmp.Compare(c.Hi, d.Hi), cmp.Compare(c.Lo, d.Lo))
}

// String gives the plate as text.
func (c Code) String() string {
	b := make([]byte, 0, 24)
	for i := range c.Len() {
		b = utf8.AppendRune(b, c.At(i).Rune())
	}
	return string(b)
}

// Folded gives the plate with every symbol replaced by the first of its confusion class:
// plates whose Folded is equal differ only in look-alikes such as O and 0.
func (c Code) Folded() Code {
	var f Code
	n := c.Len()
	for i := range n {
		f.put(i, foldClass[c.At(i)&(Symbols-1)])
	}
	f.Lo |= uint64(n)
	return f
}

// The classes of characters that readers take for one another most often (anpr.md 4.1).
const foldGroups = "0ODQ 1I 2Z 5S 8B 6G"

var foldClass = makeFoldClass()

func makeFoldClass() (t [Symbols]Symbol) {
	for s := range t {
		t[s] = Symbol(s)
	}
	for group := range strings.FieldsSeq(foldGroups) {
		for _, r := range group {
			t[SymbolOf(r)] = SymbolOf(rune(group[0]))
		}
	}
	return t
}

// Distance is the number of edits between two plates (one character replaced, left out or
// added), or limit+1 if it is more than limit.
func Distance(a, b Code, limit int) int {
	n, m := a.Len(), b.Len()
	if n > m+limit || m > n+limit {
		return limit + 1
	}
	var row [MaxLen + 1]int
	for j := range m + 1 {
		row[j] = j
	}
	for i := 1; i <= n; i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= m; j++ {
			d := diag
			if a.At(i-1) != b.At(j-1) {
				d++
			}
			diag = row[j]
			row[j] = min(d, row[j]+1, row[j-1]+1)
		}
	}
	return min(row[m], limit+1)
}
