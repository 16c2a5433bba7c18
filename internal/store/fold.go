package store

import (
	"slices"
	"strings"

	"acsgd/internal/plate"
)

// platesMax bounds the characters of a plate that are searched: three times what the
// longest plate has.
const platesMax = 3 * plate.MaxLen

// fold brings a plate to the text by which it is found: normalised, with look-alikes
// replaced by one of them. Equal folds are plates that may be the same vehicle.
func fold(written string) string {
	rest := []rune(plate.Normalise(written))
	var b strings.Builder
	for rest = rest[:min(len(rest), platesMax)]; len(rest) > 0; {
		n := min(len(rest), plate.MaxLen)
		b.WriteString(plate.Encode(string(rest[:n])).Folded().String())
		rest = rest[n:]
	}
	return b.String()
}

// folds gives the different folds of a passage's plates, in order.
func folds(plates []string) []string {
	var out []string
	for _, p := range plates {
		if f := fold(p); f != "" {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pattern brings a plate with wildcards to the folded form: one * for each run of them.
func pattern(written string) string {
	pieces := strings.Split(written, "*")
	for i, p := range pieces {
		pieces[i] = fold(p)
	}
	out := strings.Join(pieces, "*")
	for strings.Contains(out, "**") {
		out = strings.ReplaceAll(out, "**", "*")
	}
	return out
}

// suffixes gives the endings of a folded text, the whole first.
func suffixes(folded string) []string {
	out := make([]string, 0, len(folded))
	for i := range folded {
		out = append(out, folded[i:])
	}
	return out
}

// editsFrom is the shortest plate that is searched with an edit: one edit of a shorter text
// is too much of it.
const editsFrom = 5

// near gives the folded texts within one edit (one character replaced, left out or added)
// of a folded text, that one included, each once and in order: some 2,000 for a plate. A
// database finds so many by their index in milliseconds, which is less than what a table of
// all plates with each character left out would cost at every passage.
func near(folded string) []string {
	r := []rune(folded)
	out := []string{folded}
	if len(r) < editsFrom || len(r) > plate.MaxLen {
		return out
	}
	letters := alphabet()
	buf := make([]rune, 0, len(r)+1)
	for i := range len(r) + 1 {
		if i < len(r) {
			buf = append(append(buf[:0], r[:i]...), r[i+1:]...)
			out = append(out, string(buf))
		}
		for _, c := range letters {
			buf = append(append(append(buf[:0], r[:i]...), c), r[i:]...)
			out = append(out, string(buf))
			if i < len(r) {
				out = append(out, string(append(buf[:i+1], buf[i+2:]...)))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// alphabet gives the characters of folded texts.
func alphabet() []rune {
	var out []rune
	for s := plate.Symbol(1); s < plate.Symbols; s++ {
		if c := plate.Encode(string(s.Rune())).Folded().At(0).Rune(); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
