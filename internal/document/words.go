package document

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
)

// Lang is the language of a paper.
type Lang string

// The languages.
const (
	Kazakh  Lang = "kk"
	Russian Lang = "ru"
	English Lang = "en"
)

// Langs are the languages in the order of the columns of words.csv.
var Langs = []Lang{Kazakh, Russian, English}

// ParseLang reads a language's code.
func ParseLang(s string) (Lang, error) {
	for _, l := range Langs {
		if string(l) == s {
			return l, nil
		}
	}
	return "", fmt.Errorf("language %.20q: want kk, ru or en", s)
}

// words.csv holds every word of the papers. The words of judgements (quantities, reasons,
// remarks, acts) are those of the console: a test compares them.
//
//go:embed words.csv
var wordsFile []byte

// wordsOf gives the words by language and key.
var wordsOf = sync.OnceValues(func() (map[Lang]map[string]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(wordsFile)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("words of the papers: %w", err)
	}
	all := map[Lang]map[string]string{}
	for i, l := range Langs {
		all[l] = make(map[string]string, len(rows))
		for _, r := range rows[1:] {
			all[l][r[0]] = r[i+1]
		}
	}
	return all, nil
})

// words are one language's words and ways to write numbers.
type words struct {
	lang Lang
	m    map[string]string
}

func wordsIn(l Lang) (*words, error) {
	all, err := wordsOf()
	if err != nil {
		return nil, err
	}
	m := all[l]
	if m == nil {
		return nil, fmt.Errorf("language %.20q: want kk, ru or en", l)
	}
	return &words{l, m}, nil
}

// t gives a word; pairs replace {name} in it by a value.
func (w *words) t(key string, pairs ...string) string {
	s, ok := w.m[key]
	if !ok {
		return key // a test knows every key that is asked for
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+pairs[i]+"}", pairs[i+1])
	}
	return s
}

// slug gives the word of a sentence of the core, or the sentence itself. Keys are made of
// its letters and digits, as the console makes them.
func (w *words) slug(group, text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			gap = false
			continue
		}
		gap = true
	}
	if s, ok := w.m[group+"."+b.String()]; ok {
		return s
	}
	return text
}
