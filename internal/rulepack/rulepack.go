// Package rulepack reads the legal tables of a rule book: limits of masses and sizes with
// their clauses and validity, controlled goods, temporary bans, goods that radiate. It only
// reads; package fusion/rules compares.
//
// The tables are embedded from data/. A book travels as one block of bytes (Bytes, Parse):
// the journal keeps exactly these bytes, so that a verdict can be computed again years
// later from the tables of its day. Every row carries an evidence mark; rows marked M (from
// memory) decide in simulator mode only (decision D24).
//
// Reading is strict: an unknown column, a bad number, a kind or condition that no code
// knows, or overlapping bands refuse the whole book, naming file and line.
package rulepack

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion/rules"
)

//go:embed data/*.csv
var data embed.FS

// The bytes of a book begin with the version of the block's form. Form 1 has no table of
// packs: its packs are those of the embedded one.
const (
	magic     = "acsgd rule book 2\n"
	magic1    = "acsgd rule book 1\n"
	packsFile = "packs.csv"
)

// tables lists the files of a book, in the order in which they stand in its bytes.
func tables() []string {
	return []string{
		"axle_limits.csv", "controlled_goods.csv", "dimension_limits.csv", "enforcement_deduction.csv",
		"fhwa13_ltpp_rules.csv", "gross_limits.csv", "norm_commodities.csv", "overload_bands.csv", packsFile,
		"radioactive_goods.csv", "seasonal_limits.csv", "temporary_bans.csv", "vehicle_class_schemes.csv",
	}
}

// File returns one embedded table, byte for byte, also those that are no part of a book:
// test_vectors_ru2060.csv, test_vectors_bridge.csv, glossary.csv.
func File(name string) ([]byte, error) {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil, fmt.Errorf("rule table %s: %w", name, err)
	}
	return b, nil
}

// Bytes returns the embedded book as bytes; the same program gives the same bytes. In
// simulator mode unverified rows may decide.
func Bytes(simulator bool) ([]byte, error) { return BytesOf("", simulator) }

// BytesOf returns the book of a site's folder: its tables, and the embedded ones for those
// that it does not have. A table that no book has, and one that cannot be read, is refused
// with file and line. "" is the embedded book.
func BytesOf(dir string, simulator bool) ([]byte, error) {
	files := make(map[string][]byte)
	for _, name := range tables() {
		b, err := File(name)
		if err != nil {
			return nil, err
		}
		files[name] = b
	}
	if dir != "" {
		if err := folder(dir, files); err != nil {
			return nil, err
		}
	}
	b := join(files, simulator)
	if _, err := Parse(b); dir != "" && err != nil {
		return nil, fmt.Errorf("rule tables of %s: %w", dir, err)
	}
	return b, nil
}

// maxTable is the largest table that is read from a folder, in bytes.
const maxTable = 4 << 20

// folder reads the tables of a folder over the embedded ones.
func folder(dir string, files map[string][]byte) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err == nil && len(names) == 0 {
		err = errors.New("no table *.csv in it")
	}
	if err != nil {
		return fmt.Errorf("rule tables of %s: %w", dir, err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		if !slices.Contains(tables(), name) {
			return fmt.Errorf("rule tables of %s: %s is no table of a book; there are %s", dir, name, strings.Join(tables(), " "))
		}
		st, err := os.Stat(path)
		if err == nil && st.Size() > maxTable {
			err = fmt.Errorf("%d bytes, at most %d are read", st.Size(), maxTable)
		}
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		if err != nil {
			return fmt.Errorf("rule table %s: %w", path, err)
		}
	}
	return nil
}

// Replace returns the bytes of the book with another version of one table, after checking
// that they can be read. That is how a centre changes the law without a new program.
func Replace(book []byte, name string, table []byte) ([]byte, error) {
	files, simulator, err := split(book)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(tables(), name) {
		return nil, fmt.Errorf("replace rule table %s: a book has no such table", name)
	}
	files[name] = table
	b := join(files, simulator)
	if _, err := Parse(b); err != nil {
		return nil, err
	}
	return b, nil
}

// Load reads the embedded book.
func Load(simulator bool) (*rules.Book, error) { return LoadOf("", simulator) }

// LoadOf reads the book of a site's folder, as BytesOf.
func LoadOf(dir string, simulator bool) (*rules.Book, error) {
	b, err := BytesOf(dir, simulator)
	if err != nil {
		return nil, err
	}
	return Parse(b)
}

// Parse reads the bytes of a book. Equal bytes give equal books.
func Parse(b []byte) (*rules.Book, error) {
	files, simulator, err := split(b)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	book := &rules.Book{SHA256: hex.EncodeToString(sum[:]), Simulator: simulator}
	book.Version = string(b[len(magic)-2]) + "-" + book.SHA256[:12] // the digit of the form
	r := &reader{files: files}
	r.packs(book)
	r.goods(book)
	r.classes(book)
	if err := errors.Join(r.errs...); err != nil {
		return nil, fmt.Errorf("read rule book: %w", err)
	}
	return book, nil
}

func join(files map[string][]byte, simulator bool) []byte {
	b := []byte(magic)
	b = fmt.Appendf(b, "simulator %t\n", simulator)
	for _, name := range tables() {
		b = fmt.Appendf(b, "file %s %d\n", name, len(files[name]))
		b = append(b, files[name]...)
	}
	return b
}

var errShort = errors.New("bytes end too early")

// split is the inverse of join; it refuses files that are missing, doubled or unknown.
func split(b []byte) (map[string][]byte, bool, error) {
	all := len(b)
	fail := func(err error) error { return fmt.Errorf("read rule book at byte %d: %w", all-len(b), err) }
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	old := false
	if !ok {
		if rest, old = bytes.CutPrefix(b, []byte(magic1)); !old {
			return nil, false, fail(errors.New("not a rule book of form 1 or 2"))
		}
	}
	b = rest
	line, rest, ok := bytes.Cut(b, []byte("\n"))
	simulator := string(line) == "simulator true"
	if !ok || !simulator && string(line) != "simulator false" {
		return nil, false, fail(errors.New("no mode line"))
	}
	b = rest
	files := make(map[string][]byte)
	for _, name := range tables() {
		if old && name == packsFile {
			var err error
			if files[name], err = File(name); err != nil {
				return nil, false, err
			}
			continue
		}
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, false, fail(errShort)
		}
		size, found := strings.CutPrefix(string(line), "file "+name+" ")
		n, err := strconv.Atoi(size)
		if !found || err != nil || n < 0 || strconv.Itoa(n) != size {
			return nil, false, fail(fmt.Errorf("want the head of %s", name))
		}
		if b = rest; n > len(b) {
			return nil, false, fail(errShort)
		}
		files[name], b = b[:n], b[n:]
	}
	if len(b) > 0 {
		return nil, false, fail(errors.New("bytes after the last table"))
	}
	return files, simulator, nil
}
