package decl

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

// rare are plates that the traffic has few or none of: one-symbol ones, Mongolian letters,
// umlauts, the longest that a Code holds and longer ones, and runs of one symbol, where
// many alignments are equal.
func rare(r *rand.Rand, n int) (list []string) {
	letters := []rune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZБГДЖЗИЛӨПҮФЦЧШЩЭЮЯÄÖÜ京新粤挂学")
	for i := range n {
		size := []int{1, 2, 3, 7, 7, 12, 13, 14, 15, 15, 17, 20}[i%12]
		var b strings.Builder
		for k := range size {
			switch {
			case i%3 == 0: // dense: two symbols only
				b.WriteRune(letters[r.IntN(2)+k%2])
			default:
				b.WriteRune(letters[r.IntN(len(letters))])
			}
		}
		list = append(list, b.String())
	}
	return list
}

// edited changes a plate by so many edits, at its ends as often as within.
func edited(r *rand.Rand, p string, edits int) string {
	x := []rune(p)
	for range edits {
		at := r.IntN(len(x) + 1)
		switch r.IntN(3) {
		case 0:
			at = 0
		case 1:
			at = len(x)
		}
		c := []rune("0123456789ABXZ新Ө")[r.IntN(16)]
		switch kind := r.IntN(3); {
		case kind == 0 || len(x) < 2:
			x = slices.Insert(x, at, c)
		case kind == 1:
			x = slices.Delete(x, min(at, len(x)-1), min(at, len(x)-1)+1)
		default:
			x[min(at, len(x)-1)] = c
		}
	}
	return string(x)
}

// TestSearchIsWhatAScanFinds holds the search against a comparison with every plate: among
// 2·10^5 plates, among as many as ACSGD_DECLARED says (10000000), or 10^5 in short tests.
func TestSearchIsWhatAScanFinds(t *testing.T) {
	n := 200_000
	if testing.Short() {
		n = 100_000
	}
	if s := os.Getenv("ACSGD_DECLARED"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	declared := append(platetest.Plates(r, n), rare(r, 6000)...)
	declared = append(declared, declared[:100]...) // some twice
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	x := NewPlateIndex(1, declared)
	build := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Printf("%d declared plates: built in %.1f s, %d MB\n", n, build.Seconds(), (after.HeapAlloc-before.HeapAlloc)>>20)

	codes := make([]plate.Code, 0, len(declared))
	for i := range x.parts {
		codes = append(codes, x.parts[i].plates.codes...)
	}
	const reads = 24
	var took time.Duration
	for i := range reads {
		p := declared[r.IntN(n)]
		if i%2 == 1 {
			p = declared[n+r.IntN(6000)]
		}
		read := plate.Encode(plate.Normalise(edited(r, p, i/2%4)))
		start := time.Now()
		found := x.Search(nil, read, TwoEdits)
		took += time.Since(start)
		var got, want []plate.Code
		for _, ref := range found {
			if c := x.Plate(ref); plate.Distance(c, read, 2) <= 2 {
				got = append(got, c)
			} else if c.Folded() != read.Folded() {
				t.Errorf("%v gives %v, neither near nor a look-alike", read, c)
			}
		}
		for _, c := range codes {
			if plate.Distance(c, read, 2) <= 2 {
				want = append(want, c)
			}
		}
		slices.SortFunc(got, plate.Code.Compare)
		slices.SortFunc(want, plate.Code.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("%v: %d plates found, %d are within two edits", read, len(got), len(want))
		}
	}
	fmt.Printf("%d searches within two edits, mean %v\n", reads, took/reads)
}
