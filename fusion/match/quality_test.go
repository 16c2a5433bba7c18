package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/plate/platetest"
	"acsgd/internal/quant"
)

// trial is one simulated read and its answer.
type trial struct {
	truth string // "" = not declared
	Result
}

// score is the quality at one value of accept.
type score struct{ correct, falsely, cleared float64 }

// traffic reads n vehicles, one in ten of them not declared.
func traffic(r *rand.Rand, declared, strangers []string, n int, see func(truth string) Evidence, x *decl.Index) []trial {
	var m Matcher
	trials := make([]trial, n)
	for i := range trials {
		truth, name := declared[r.IntN(len(declared))], ""
		if i%10 == 9 {
			truth = strangers[r.IntN(len(strangers))]
		} else {
			name = truth
		}
		trials[i] = trial{name, m.Match(x, see(truth), 1, Prior{})}
	}
	return trials
}

func scoreAt(trials []trial, accept quant.Prob) score {
	var s score
	known, unknown := 0, 0
	for _, t := range trials {
		matched := len(t.Declared) > 0 && stateOf(t.Declared, accept) == Matched
		switch {
		case t.truth == "":
			unknown++
			if matched {
				s.cleared++
				s.falsely++
			}
		default:
			known++
			if matched && t.Declared[0].Declaration == t.truth {
				s.correct++
			} else if matched {
				s.falsely++
			}
		}
	}
	return score{s.correct / float64(known) * 100, s.falsely / float64(len(trials)) * 100, s.cleared / float64(max(unknown, 1)) * 100}
}

var accepts = []quant.Prob{500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 970_000, 975_000, 980_000, 990_000, 995_000, 999_000}

// TestQualityAmongAMillionPlates measures what the budget of the design page asks: one
// string a vehicle, equal priors, 10^6 declared plates.
func TestQualityAmongAMillionPlates(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an index of a million plates")
	}
	r := rand.New(rand.NewPCG(20, 26))
	all := platetest.Plates(r, 1_010_000)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	declared, strangers := all[:1_000_000], all[1_000_000:]
	x := decl.NewPlateIndex(1, declared)
	for _, c := range []struct {
		cer                    float64
		loose, strict          score // at least, at most
		looseAccept, strictest quant.Prob
	}{
		{0.02, score{98.0, 1.1, 100}, score{96, 0.3, 2}, 800_000, 975_000},
		{0.05, score{94.5, 1.2, 100}, score{89.5, 0.4, 100}, 800_000, 975_000},
	} {
		trials := traffic(r, declared, strangers, 20_000, func(truth string) Evidence {
			return Evidence{Reads: []Read{{Text: platetest.Corrupt(r, truth, c.cer), P: 900_000}}}
		}, x)
		fmt.Printf("CER %.0f %%:\n", c.cer*100)
		for _, a := range accepts {
			s := scoreAt(trials, a)
			fmt.Printf("  accept %v: correct %.2f %%, false %.3f %% of reads, undeclared cleared %.2f %%\n", a, s.correct, s.falsely, s.cleared)
		}
		check(t, c.cer, "loose", scoreAt(trials, c.looseAccept), c.loose)
		check(t, c.cer, "strict", scoreAt(trials, c.strictest), c.strict)
	}
}

func check(t *testing.T, cer float64, name string, got, want score) {
	t.Helper()
	if got.correct < want.correct || got.falsely > want.falsely || got.cleared > want.cleared {
		t.Errorf("CER %g, %s: correct %.2f, false %.3f, undeclared cleared %.2f; want %.2f, %.3f, %.2f",
			cer, name, got.correct, got.falsely, got.cleared, want.correct, want.falsely, want.cleared)
	}
}

// BenchmarkMatch times the whole answer with posterior among 10^6 declared plates.
func BenchmarkMatch(b *testing.B) {
	r := rand.New(rand.NewPCG(20, 26))
	declared := platetest.Plates(r, 1_000_000)
	x := decl.NewPlateIndex(1, declared)
	evidence := make([]Evidence, 10_000)
	for i := range evidence {
		evidence[i].Reads = []Read{{Text: platetest.Corrupt(r, declared[r.IntN(len(declared))], 0.02), P: 900_000}}
	}
	for _, accept := range []quant.Prob{1, 900_000} {
		b.Run(fmt.Sprint("accept-", accept), func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			var m Matcher
			i := 0
			for b.Loop() {
				t0 := time.Now()
				m.Match(x, evidence[i%len(evidence)], accept, Prior{})
				took = append(took, time.Since(t0))
				i++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
		})
	}
}

// TestQualityAmongExpectedArrivals measures the lane's own case: 10^4 expected arrivals of
// tractor and trailer, each read by a camera of its own with one alternative, default accept.
func TestQualityAmongExpectedArrivals(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	plates := platetest.Plates(r, 20_400)
	trailers := map[string]string{}
	var ds []*decl.Declaration
	var declared, strangers []string
	for i := 0; i+1 < len(plates); i += 2 {
		trailers[plates[i]] = plates[i+1]
		if len(ds) < 10_000 {
			ds = append(ds, lorry(plates[i], plates[i], plates[i+1]))
			declared = append(declared, plates[i])
		} else {
			strangers = append(strangers, plates[i])
		}
	}
	x := decl.NewIndex(1, ds)
	for _, cer := range []float64{0.02, 0.05} {
		trials := traffic(r, declared, strangers, 20_000, func(truth string) Evidence {
			var e Evidence
			for k, p := range []string{truth, trailers[truth]} {
				camera := Read{Role: []obs.PlateRole{obs.Front, obs.Trailer}[k], Camera: fmt.Sprint(k)}
				best, second := camera, camera
				best.Text, best.P = platetest.Corrupt(r, p, cer), 800_000
				second.Text, second.P = platetest.Corrupt(r, p, cer), 150_000
				e.Reads = append(e.Reads, best, second)
			}
			return e
		}, x)
		s := scoreAt(trials, DefaultAccept)
		fmt.Printf("10^4 arrivals, CER %.0f %%: correct %.2f %%, false %.3f %% of reads, undeclared cleared %.2f %%\n", cer*100, s.correct, s.falsely, s.cleared)
		check(t, cer, "arrivals", s, score{99, 0.01, 0.05})
	}
}
