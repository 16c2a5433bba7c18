package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// source finds the line of a key, for errors. It reads the file's tables and keys only as
// far as that needs; the TOML library has already accepted it.
type source struct {
	path string
	keys []keyLine
}

type keyLine struct {
	key  string // dotted, from the top
	nth  int    // which of its array of tables, counted through the file
	line int
}

func newSource(path string, b []byte) *source {
	s := &source{path: path}
	table := ""
	count := map[string]int{}
	for i, l := range strings.Split(string(b), "\n") {
		l = strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(l, "[["):
			table = strings.TrimSpace(strings.Trim(strings.SplitN(l, "]]", 2)[0], "[ "))
			count[table]++
			s.keys = append(s.keys, keyLine{table, count[table] - 1, i + 1})
		case strings.HasPrefix(l, "["):
			table = strings.TrimSpace(strings.Trim(strings.SplitN(l, "]", 2)[0], "[ "))
			s.keys = append(s.keys, keyLine{table, s.parent(table, count), i + 1})
		default:
			k, _, ok := strings.Cut(l, "=")
			if !ok || strings.HasPrefix(l, "#") {
				continue
			}
			k = strings.Trim(strings.TrimSpace(k), `"'`)
			if table != "" {
				k = table + "." + k
			}
			s.keys = append(s.keys, keyLine{k, s.parent(table, count), i + 1})
		}
	}
	return s
}

// parent gives the number of the newest array table that a table stands in.
func (s *source) parent(table string, count map[string]int) int {
	for t := table; t != ""; {
		if n, ok := count[t]; ok {
			return n - 1
		}
		i := strings.LastIndexByte(t, '.')
		if i < 0 {
			break
		}
		t = t[:i]
	}
	return 0
}

// line finds a key; nth < 0 takes the first. A key that is not there gives its table.
func (s *source) line(key toml.Key, nth int) int {
	for n := len(key); n > 0; n-- {
		want := strings.Join(key[:n], ".")
		for _, k := range s.keys {
			if k.key == want && (nth < 0 || k.nth == nth) {
				return k.line
			}
		}
	}
	return 1
}

func (s *source) where(key toml.Key, nth int) string {
	return fmt.Sprintf("%s:%d", s.path, s.line(key, nth))
}

func (s *source) at(key toml.Key, nth int, msg string) error {
	return fmt.Errorf("%s: %s", s.where(key, nth), msg)
}

// explain gives a parse error with file and line.
func (s *source) explain(err error) error {
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		msg := pe.Message
		if msg == "" {
			msg = pe.Error()
		}
		if pe.LastKey != "" {
			msg = pe.LastKey + ": " + msg
		}
		return fmt.Errorf("%s:%d: %s", s.path, pe.Position.Line, msg)
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// suggest names the nearest known key of the same table.
func suggest(k toml.Key) string {
	t := reflect.TypeFor[File]()
	for _, part := range k[:len(k)-1] {
		f, ok := field(t, part)
		if !ok {
			return ""
		}
		t = f
	}
	best, dist := "", 3
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("toml")
		if d := edits(name, k[len(k)-1]); name != "-" && name != "" && d < dist {
			best, dist = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

func field(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") != name {
			continue
		}
		ft := t.Field(i).Type
		if ft.Kind() == reflect.Slice || ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		return ft, ft.Kind() == reflect.Struct
	}
	return nil, false
}

// edits is the Levenshtein distance, for suggestions only.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost++
			}
			prev = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
