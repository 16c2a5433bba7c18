package rulepack

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// reader reads the tables of one book and collects every fault.
type reader struct {
	files map[string][]byte
	errs  []error
}

// record is one line of a table.
type record struct {
	r      *reader
	file   string
	line   int
	header []string
	fields []string
}

// table returns the records of a file whose header must be exactly the given columns.
func (r *reader) table(file string, columns ...string) []record {
	c := csv.NewReader(bytes.NewReader(r.files[file]))
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: %w", file, err))
		return nil
	}
	for _, h := range header {
		if !slices.Contains(columns, h) {
			r.errs = append(r.errs, fmt.Errorf("%s:1: unknown column %q", file, h))
		}
	}
	if !slices.Equal(header, columns) {
		r.errs = append(r.errs, fmt.Errorf("%s:1: columns are not %s", file, strings.Join(columns, ",")))
		return nil
	}
	var out []record
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.errs = append(r.errs, fmt.Errorf("%s: %w", file, err))
			return out
		}
		line, _ := c.FieldPos(0)
		if len(fields) != len(columns) {
			r.errs = append(r.errs, fmt.Errorf("%s:%d: %d fields, want %d", file, line, len(fields), len(columns)))
			continue
		}
		out = append(out, record{r, file, line, header, fields})
	}
}

// id names the row in findings.
func (x record) id() string { return x.file + ":" + strconv.Itoa(x.line) }

func (x record) fail(format string, args ...any) {
	x.r.errs = append(x.r.errs, fmt.Errorf("%s: %w", x.id(), fmt.Errorf(format, args...)))
}

// text returns a field; the column is one of the header's.
func (x record) text(column string) string { return x.fields[slices.Index(x.header, column)] }

// count reads a whole number; empty is 0.
func (x record) count(column string) int {
	s := x.text(column)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		x.fail("%s %q: not a whole number", column, s)
	}
	return int(n)
}

// countMore reads a whole number that may end in "+".
func (x record) countMore(column string) (n int, more bool) {
	s, more := strings.CutSuffix(x.text(column), "+")
	if s == "" && !more {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		x.fail("%s %q: not a whole number", column, x.text(column))
	}
	return int(v), more
}

// kilograms reads a mass that must be above zero.
func (x record) kilograms(column string) quant.Mass {
	n := x.count(column)
	if n <= 0 {
		x.fail("%s %q: a limit must be above zero", column, x.text(column))
	}
	return quant.Kg(int64(n))
}

// millimetres reads a length; empty is 0.
func (x record) millimetres(column string) quant.Length { return quant.Length(x.count(column)) }

// scaled reads a decimal number times scale; empty is 0.
func (x record) scaled(column string, scale int64) int64 {
	s := x.text(column)
	if s == "" {
		return 0
	}
	v, err := quant.Decimal(s, scale)
	if err != nil || v < 0 {
		x.fail("%s %q: not a decimal number", column, s)
	}
	return v
}

// list splits a field at sep; an empty field is an empty list.
func (x record) list(column, sep string) []string {
	s := x.text(column)
	if s == "" {
		return nil
	}
	out := strings.Split(s, sep)
	for i := range out {
		if out[i] = strings.TrimSpace(out[i]); out[i] == "" {
			x.fail("%s %q: empty entry", column, s)
		}
	}
	return out
}

// prefixes reads HS prefixes.
func (x record) prefixes(column string) []string {
	out := x.list(column, ";")
	for _, p := range out {
		if len(p) < 2 || len(p) > 10 || strings.Trim(p, "0123456789") != "" {
			x.fail("%s %q: not an HS prefix", column, p)
		}
	}
	if len(out) == 0 {
		x.fail("%s: no HS prefix", column)
	}
	return out
}

// choose maps a field to a value.
func choose[T any](x record, column string, table map[string]T) T {
	v, ok := table[x.text(column)]
	if !ok {
		x.fail("%s %q: not known", column, x.text(column))
	}
	return v
}

// mark joins the row's status columns to the worst mark; M beats E beats G beats C beats V.
func (x record) mark(columns ...string) string {
	const order = "VCGEM"
	worst := 0
	for _, c := range columns {
		s := x.text(c)
		i := strings.Index(order, s)
		if len(s) != 1 || i < 0 {
			x.fail("%s %q: not an evidence mark", c, s)
			i = len(order) - 1
		}
		worst = max(worst, i)
	}
	return order[worst : worst+1]
}

// source builds the row's identity; note is what the act says there, "" if not kept.
func (x record) source(act, note string, marks ...string) rules.Source {
	clause := act
	if note != "" {
		clause += ": " + note
	}
	return rules.Source{Row: x.id(), Clause: clause, Mark: x.mark(marks...)}
}

// dates reads YYYY, YYYY-MM or YYYY-MM-DD as the first and the last day it may mean; empty
// is 0, 0.
func (x record) dates(column string) (first, last rules.Date) {
	s := x.text(column)
	if s == "" {
		return 0, 0
	}
	part := strings.Split(s, "-")
	var n [3]int
	for i, p := range part {
		v, err := strconv.ParseUint(p, 10, 14)
		if err != nil || i > 2 || len(p) != []int{4, 2, 2}[i] {
			x.fail("%s %q: not a date", column, s)
			return 0, 0
		}
		n[i] = int(v)
	}
	date := func(y, m, d int) rules.Date { return rules.Date(y*10000 + m*100 + d) }
	switch {
	case len(part) == 1:
		return date(n[0], 1, 1), date(n[0], 12, 31)
	case n[1] < 1 || n[1] > 12:
	case len(part) == 2:
		return date(n[0], n[1], 1), date(n[0], n[1], 31)
	case n[2] >= 1 && n[2] <= 31:
		return date(n[0], n[1], n[2]), date(n[0], n[1], n[2])
	}
	x.fail("%s %q: not a date", column, s)
	return 0, 0
}
