package matchbench

import (
	"cmp"
	"slices"

	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

// bound is what the best possible matcher of single strings does: the posterior of each
// declared plate by the true channel, the true traffic and the true share of undeclared
// vehicles. Plates beyond two edits (and further look-alikes) are not candidates.
//
// Reads are accepted from the surest on. At each step the share of false ones grows by
// whoever was accepted wrongly, so the curve is the most that is correct at a share of
// false ones, but for chance in the reads themselves.
func bound(c Config, w *world, rate int) (curve []Outcome) {
	tell := c.tell("bound", len(Rates)*c.Reads)
	truth := platetest.NewTruth(Rates[rate])
	taken := 0.0 // the share of the traffic's plates that are declared
	for _, p := range w.declared {
		taken += platetest.Prior(p)
	}
	type judged struct {
		answer
		posterior float64
		i         int
	}
	reads := w.reads[rate]
	all := make([]judged, len(reads))
	each := (1 - 1.0/undeclaredEvery) / float64(len(w.declared))
	for i, r := range reads {
		tell(rate*c.Reads + i)
		best, sum, near := judged{i: i}, 0.0, 0.0
		top := 0.0
		for _, p := range w.index.Search(nil, plate.Encode(r.text), decl.TwoEdits) {
			if !w.isDeclared(p) {
				continue
			}
			text := w.index.Plate(p).String()
			like := truth.Likelihood(r.text, text)
			near += platetest.Prior(text) * like
			weight := each * like
			sum += weight
			if weight > top {
				top, best.answer = weight, answer{matched, text}
			}
		}
		sum += 1.0 / undeclaredEvery * max(truth.Background(r.text)-near, 0) / (1 - taken)
		if sum > 0 {
			best.posterior = top / sum
		}
		all[i] = best
	}
	slices.SortFunc(all, func(a, b judged) int {
		return cmp.Or(cmp.Compare(b.posterior, a.posterior), cmp.Compare(a.i, b.i))
	})
	answers := make([]answer, len(reads))
	for k, j := range all {
		if j.kind != matched {
			break
		}
		answers[j.i] = j.answer
		// A step of the curve ends before the next false match.
		last := k+1 == len(all) || all[k+1].kind != matched
		if last || reads[all[k+1].i].truth != all[k+1].plate {
			curve = append(curve, count("", reads, answers))
		}
	}
	tell((rate + 1) * c.Reads)
	return curve
}

// boundAt is the most that is correct with at most this share of false matches.
func boundAt(curve []Outcome, falsely float64) float64 {
	best := 0.0
	for _, o := range curve {
		if o.False.P <= falsely+1e-12 {
			best = max(best, o.Correct.P)
		}
	}
	return best
}
