package matchbench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

// weighted is the weighted edit distance of Oliveira-Neto, Han and Jeong (Transportation
// Research C 21, 2012): every edit costs the negative logarithm of its probability in an
// association matrix of true and written characters, missing and added ones included, and
// the plate with the least total is taken if that stays below a threshold. Taken from it are
// the costs and the rule. Its matrix is estimated from a sample with known truth, here reads
// of further vehicles of the very channel that writes the reads; its window of passage times
// has no counterpart, and candidates are our own within two edits, the whole set being too
// slow to score.
type weighted struct {
	inside
	w    *world
	seed uint64
	cost *costs // of the rate that is asked about
	rate []*costs
	best []ranked
}

// ranked is a candidate with its cost.
type ranked struct {
	code plate.Code
	cost float64
}

// trained is how many passages the matrix is estimated from.
const trained = 5000

// thresholds are of the cost; the last one takes whatever is nearest.
var thresholds = []float64{2, 4, 5, 6, 7, 8, 9, 10, 12, math.Inf(1)}

func (*weighted) name() string { return "weighted edit distance (Oliveira-Neto 2012)" }
func (*weighted) most() int    { return 0 }

func (*weighted) settings() (list []string) {
	for _, t := range thresholds {
		if math.IsInf(t, 1) {
			list = append(list, "least cost")
		} else {
			list = append(list, fmt.Sprintf("cost <= %g", t))
		}
	}
	return list
}

func (x *weighted) build(_ context.Context, w *world) error {
	x.w = w
	x.rate = x.rate[:0]
	for _, list := range training(x.seed) {
		var n associations
		for _, c := range list {
			n.add(plate.Encode(c.True), plate.Encode(c.Read))
		}
		x.rate = append(x.rate, n.costs())
	}
	return nil
}

// training gives passages with known truth for each rate.
func training(seed uint64) (rates [][]match.Confirmed) {
	r := rand.New(rand.NewPCG(seed, 2012))
	for _, cer := range Rates {
		list := make([]match.Confirmed, trained)
		for i := range list {
			p := platetest.Plate(r)
			list[i] = match.Confirmed{True: p, Read: platetest.Corrupt(r, p, cer)}
		}
		rates = append(rates, list)
	}
	return rates
}

// at chooses the matrix of a rate.
func (x *weighted) at(rate int) { x.cost = x.rate[rate] }

func (x *weighted) lookup(text string) error {
	c := plate.Encode(text)
	x.best = x.best[:0]
	for _, p := range x.w.index.Search(nil, c, decl.TwoEdits) {
		if x.w.isDeclared(p) {
			d := x.w.index.Plate(p)
			x.best = append(x.best, ranked{d, x.cost.of(d, c)})
		}
	}
	return nil
}

func (x *weighted) answers(dst []answer) []answer {
	top, n := ranked{cost: math.Inf(1)}, 0
	for _, r := range x.best {
		switch {
		case r.cost < top.cost-1e-9:
			top, n = r, 1
		case r.cost <= top.cost+1e-9:
			n++
		}
	}
	for _, t := range thresholds {
		switch {
		case n == 0 || top.cost > t:
			dst = append(dst, answer{})
		case n > 1:
			dst = append(dst, answer{kind: ambiguous})
		default:
			dst = append(dst, answer{matched, top.code.String()})
		}
	}
	return dst
}

// associations count what was written for true characters; symbol 0 is none: written for
// none, a character too many, and none written for it, a missing one.
type associations struct {
	n [plate.Symbols][plate.Symbols]float64
}

// add counts the alignment of least edits.
func (a *associations) add(truth, read plate.Code) {
	m, n := truth.Len(), read.Len()
	var d [plate.MaxLen + 1][plate.MaxLen + 1]int
	for i := range m + 1 {
		for j := range n + 1 {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			default:
				same := 1
				if truth.At(i-1) == read.At(j-1) {
					same = 0
				}
				d[i][j] = min(d[i-1][j-1]+same, d[i-1][j]+1, d[i][j-1]+1)
			}
		}
	}
	for i, j := m, n; i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && truth.At(i-1) == read.At(j-1) && d[i][j] == d[i-1][j-1],
			i > 0 && j > 0 && truth.At(i-1) != read.At(j-1) && d[i][j] == d[i-1][j-1]+1:
			i, j = i-1, j-1
			a.n[truth.At(i)][read.At(j)]++
		case i > 0 && d[i][j] == d[i-1][j]+1:
			i--
			a.n[truth.At(i)][0]++
		default:
			j--
			a.n[0][read.At(j)]++
		}
	}
	a.n[0][0] += float64(m + 1) // places where nothing was added
}

// costs are negative logarithms of the association matrix.
type costs struct {
	edit [plate.Symbols][plate.Symbols]float64
}

// costs smooths by a tenth of a count for each of the 36 usual characters.
func (a *associations) costs() *costs {
	const smooth, usual = 0.1, 36
	c := new(costs)
	for x := range a.n {
		sum := smooth * (usual + 1)
		for _, k := range a.n[x] {
			sum += k
		}
		for y, k := range a.n[x] {
			c.edit[x][y] = -math.Log((k + smooth) / sum)
		}
	}
	return c
}

// of is the least total cost of writing read for truth.
func (c *costs) of(truth, read plate.Code) float64 {
	m, n := truth.Len(), read.Len()
	var f [plate.MaxLen + 1]float64
	for j := 1; j <= n; j++ {
		f[j] = f[j-1] + c.edit[0][read.At(j-1)]
	}
	for i := 1; i <= m; i++ {
		x := truth.At(i - 1)
		diagonal := f[0]
		f[0] += c.edit[x][0]
		for j := 1; j <= n; j++ {
			y := read.At(j - 1)
			v := min(diagonal+c.edit[x][y], f[j]+c.edit[x][0], f[j-1]+c.edit[0][y])
			diagonal, f[j] = f[j], v
		}
	}
	return f[n]
}
