package lanes

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/journal"
	"acsgd/internal/plate"
	"acsgd/internal/rulepack"
)

// Library holds what lane "" of the journal carries and lanes only name: declarations by
// row number and tuned data by hash. It is safe for concurrent use.
type Library struct {
	mu    sync.Mutex
	decls []*decl.Declaration
	at    []uint64 // row number of each declaration, growing
	byID  map[string]int
	built []builtIndex // the newest few that were asked for, the newest last
	tuned map[string]fusion.Tuned
}

// NewLibrary returns an empty library.
func NewLibrary() *Library {
	return &Library{byID: map[string]int{}, tuned: map[string]fusion.Tuned{}}
}

// Take reads one row of lane "". Rows of other kinds than declarations and tuned data are
// not for the library and ignored.
func (l *Library) Take(r *journal.Record) error {
	switch r.Kind {
	case KindDeclaration:
		d := new(decl.Declaration)
		if err := json.Unmarshal(r.Payload, d); err != nil {
			return fmt.Errorf("declaration in row %d: %w", r.N, err)
		}
		l.AddDeclaration(r.N, d)
	case KindTuned:
		var t tunedRow
		if err := json.Unmarshal(r.Payload, &t); err != nil {
			return fmt.Errorf("tuned data in row %d: %w", r.N, err)
		}
		_, err := l.AddTuned(t.Kind, t.Version, t.Bytes)
		if err != nil {
			return fmt.Errorf("tuned data in row %d: %w", r.N, err)
		}
	}
	return nil
}

// AddDeclaration adds a declaration that stands in row n.
func (l *Library) AddDeclaration(n uint64, d *decl.Declaration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byID[d.ID] = len(l.decls)
	l.decls = append(l.decls, d)
	l.at = append(l.at, n)
}

// Has reports whether a declaration with this id is known.
func (l *Library) Has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.byID[id]
	return ok
}

// Newest is the version of the newest index: the row of the newest declaration, 0 if none.
func (l *Library) Newest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.at) == 0 {
		return 0
	}
	return l.at[len(l.at)-1]
}

// builtIndex is an index over the first n declarations.
type builtIndex struct {
	x *decl.Index
	n int
}

// maxBuilt is how many indexes are kept: lanes that play their rows side by side ask for
// neighbouring versions in turn.
const maxBuilt = 8

// Index gives the index of all declarations up to row "version". A declaration that is
// sent again replaces its earlier form. What is asked for in growing versions costs what
// was added; the same version is always the same, whatever was asked for before.
func (l *Library) Index(version uint64) *decl.Index {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, _ := slices.BinarySearch(l.at, version+1)
	var base *builtIndex
	for i := range l.built {
		b := &l.built[i]
		if b.x.Version == version {
			return b.x
		}
		if b.n <= n && b.x.Version < version {
			base = b
		}
	}
	x := l.extend(base, version, n)
	at, _ := slices.BinarySearchFunc(l.built, version, func(b builtIndex, v uint64) int { return cmp.Compare(b.x.Version, v) })
	l.built = slices.Insert(l.built, at, builtIndex{x, n})
	if len(l.built) > maxBuilt {
		l.built = slices.Delete(l.built, 0, 1)
	}
	return x
}

// extend makes the index over the first n declarations from an older one, or anew where one
// of the further ones is known to it: what was replaced would still be counted in the
// traffic that plates are weighed against.
func (l *Library) extend(base *builtIndex, version uint64, n int) *decl.Index {
	anew := base == nil
	for i := 0; !anew && i < n-base.n; i++ {
		anew = base.x.ByID(l.decls[base.n+i].ID) != nil
	}
	if anew {
		return decl.NewIndex(version, slices.Clone(l.decls[:n]))
	}
	x := base.x.Add(l.decls[base.n:n:n]...)
	x.Version = version // ours alone still
	return x
}

// AddTuned decodes tuned data and keeps it under its hash.
func (l *Library) AddTuned(kind fusion.TunedKind, version string, b []byte) (fusion.Tuned, error) {
	sum := sha256.Sum256(b)
	t := fusion.Tuned{Kind: kind, Version: version, SHA256: hex.EncodeToString(sum[:]), Bytes: b}
	switch kind {
	case fusion.TuneParams:
		p := new(fusion.Params)
		if err := json.Unmarshal(b, p); err != nil {
			return t, fmt.Errorf("lane parameters %s: %w", version, err)
		}
		t.Value = p
	case fusion.TuneRules:
		book, err := rulepack.Parse(b)
		if err != nil {
			return t, fmt.Errorf("rule packs %s: %w", version, err)
		}
		t.Value = book
	case fusion.TuneTemplates:
		set, err := radiation.ParseTemplates(b)
		if err != nil {
			return t, err
		}
		t.Value = set
	case fusion.TuneChannels:
		set, err := plate.ParseChannels(b)
		if err != nil {
			return t, err
		}
		t.Value = set
	default:
		return t, fmt.Errorf("tuned data of unknown kind %q", kind)
	}
	l.mu.Lock()
	l.tuned[string(kind)+t.SHA256] = t
	l.mu.Unlock()
	return t, nil
}

// Tuned gives tuned data by kind and hash.
func (l *Library) Tuned(kind fusion.TunedKind, sum string) (fusion.Tuned, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.tuned[string(kind)+sum]
	if !ok {
		return t, fmt.Errorf("tuned data %s %.12s is not in the journal", kind, sum)
	}
	return t, nil
}

// Book gives the rule packs of a version; nil if it is not known.
func (l *Library) Book(version string) *rules.Book {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tuned {
		if b, ok := t.Value.(*rules.Book); ok && t.Version == version {
			return b
		}
	}
	return nil
}
