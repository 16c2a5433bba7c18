package lanes

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"acsgd/internal/decl"
)

// bare makes declarations with one tractor each.
func declared(n int) *decl.Declaration {
	return &decl.Declaration{ID: fmt.Sprintf("D%d", n), Units: []decl.Unit{{Role: "tractor", Plate: fmt.Sprintf("%03dABC%02d", n%1000, 1+n%17), Country: "KZ"}}}
}

func ids(x *decl.Index) (s string) {
	for d := range x.All {
		s += d.ID + ":" + d.Units[0].Plate + " "
	}
	return s
}

// Replay asks for versions in another order and grouping than the day did, and must get the
// same.
func TestAnIndexIsTheSameHoweverItWasAskedFor(t *testing.T) {
	fill := func() *Library {
		l := NewLibrary()
		for n := range 40 {
			d := declared(n)
			if n == 25 { // sent again, with another plate
				d.ID = "D7"
			}
			l.AddDeclaration(uint64(10*n+5), d)
		}
		return l
	}
	want := fill()
	for name, versions := range map[string][]uint64{
		"growing":           {0, 5, 15, 16, 95, 245, 255, 256, 395},
		"lanes in turn":     {95, 85, 105, 95, 245, 255, 245, 265, 255},
		"newest first":      {395, 5, 255, 245, 95},
		"again and again":   {255, 255, 255},
		"more than is kept": {15, 25, 35, 45, 55, 65, 75, 85, 95, 105, 115, 15, 25},
	} {
		l := fill()
		for _, v := range versions {
			x := l.Index(v)
			n := 0
			for n < len(want.at) && want.at[n] <= v {
				n++
			}
			plain := decl.NewIndex(v, want.decls[:n])
			if x.Version != v || ids(x) != ids(plain) || x.Len() != plain.Len() {
				t.Errorf("%s: version %d is %d with %s, want %s", name, v, x.Version, ids(x), ids(plain))
			}
			if !reflect.DeepEqual(x.Mix(""), plain.Mix("")) {
				t.Errorf("%s: version %d weighs plates against another traffic", name, v)
			}
		}
	}
}

// A restart plays rows under hundreds of versions of the index.
func TestVersionsOfTheIndexAreCheapInTheirOrder(t *testing.T) {
	l := NewLibrary()
	const n = 3000
	for i := range n {
		l.AddDeclaration(uint64(i+1), declared(i))
	}
	start := time.Now()
	l.Index(n / 2)
	first := time.Since(start)
	start = time.Now()
	for v := range uint64(200) {
		l.Index(n/2 + v + 1)
		l.Index(n/2 + v) // of another lane
	}
	if took := time.Since(start); took > 200*first {
		t.Errorf("200 further versions took %v, the first %v", took, first)
	}
}

func BenchmarkIndexOfTheNextVersion(b *testing.B) {
	l := NewLibrary()
	for i := range 100_000 {
		l.AddDeclaration(uint64(i+1), declared(i))
	}
	l.Index(50_000)
	v := uint64(50_000)
	for b.Loop() {
		if v++; v >= 100_000 {
			b.StopTimer()
			l.built, v = nil, 50_000
			l.Index(v)
			b.StartTimer()
		}
		l.Index(v)
	}
}
