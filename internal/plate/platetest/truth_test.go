package platetest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The truth is held against what the generator does, by counting.
func TestTruthIsWhatTheGeneratorDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const cer, n = 0.2, 400_000
	truth := NewTruth(cer)
	for _, p := range []string{"389BK01", "新F12W挂", "A0"} {
		count := map[string]int{}
		for range n {
			count[Corrupt(r, p, cer)]++
		}
		sum := 0.0
		for read, k := range count {
			want := truth.Likelihood(read, p)
			sum += want
			if got, sigma := float64(k)/n, math.Sqrt(want/n); k > 50 && math.Abs(got-want) > 5*sigma {
				t.Errorf("%s written as %s: counted %g, Likelihood %g", p, read, got, want)
			}
		}
		if sum > 1+1e-9 || sum < 0.5 {
			t.Errorf("%s: the reads that were seen have %g together", p, sum)
		}
	}
}

func TestPriorIsWhatPlateDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sum := 0.0
	for _, s := range spelt {
		sum += s.share
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Fatalf("the shapes have %g together", sum)
	}
	// Importance sampling of 1: the mean of q(x)/Prior(x) over drawn x, q an even share of one
	// shape's plates.
	const n = 300_000
	even, draws := 1/(1000*26*26*20.0), 0
	mean := 0.0
	for range n {
		p := Plate(r)
		prior := Prior(p)
		if prior <= 0 {
			t.Fatalf("%s is drawn and has no prior", p)
		}
		if x := []rune(p); len(x) == 7 && kazakh(p) {
			mean += even / prior
			draws++
		}
	}
	if mean /= n; math.Abs(mean-1) > 0.03 {
		t.Errorf("%d company plates of Kazakhstan weigh %g, want 1", draws, mean)
	}
}

func kazakh(p string) bool {
	digit := func(i int) bool { return p[i] >= '0' && p[i] <= '9' }
	letter := func(i int) bool { return p[i] >= 'A' && p[i] <= 'Z' }
	region := int(p[5]-'0')*10 + int(p[6]-'0')
	return len(p) == 7 && digit(0) && digit(1) && digit(2) && letter(3) && letter(4) && digit(5) && digit(6) && region >= 1 && region <= 20
}

func TestBackgroundIsTheMeanOfTheLikelihoods(t *testing.T) {
	truth := NewTruth(0.05)
	for _, read := range []string{"D123456", "0298AB"} {
		// Count among the plates of its own shape and near it, weighed by their prior: every
		// plate within one edit, and the rest is small.
		near := map[string]bool{read: true}
		alphabet := []rune(digits + letters)
		x := []rune(read)
		for i := range x {
			near[string(x[:i])+string(x[i+1:])] = true
			for _, c := range alphabet {
				near[string(x[:i])+string(c)+string(x[i+1:])] = true
			}
		}
		for i := 0; i <= len(x); i++ {
			for _, c := range alphabet {
				near[string(x[:i])+string(c)+string(x[i:])] = true
			}
		}
		sum := 0.0
		for p := range near {
			sum += Prior(p) * truth.Likelihood(read, p)
		}
		if got := truth.Background(read); got < sum*(1-1e-9) || got > sum*1.1 {
			t.Errorf("Background(%s) = %g, its neighbours within one edit give %g", read, got, sum)
		}
	}
}
