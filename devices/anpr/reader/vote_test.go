package reader

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// frames draws plates of few texts, so that they meet.
func frames(rt *rapid.T, most int) []Plate {
	text := rapid.SampledFrom([]string{"123ABC02", "128ABC02", "123A8C02", "I23ABC02", "23ABC02"})
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Plate {
		p := Plate{Text: text.Draw(rt, "text"), Box: [4]int{rapid.IntRange(0, 3).Draw(rt, "x")}}
		p.Confidence = quant.Prob(rapid.IntRange(0, 1_000_000).Draw(rt, "p"))
		p.Candidates = []obs.Candidate{{Text: p.Text, P: p.Confidence}}
		left := quant.Certain - p.Confidence
		for range rapid.IntRange(0, 3).Draw(rt, "n") {
			q := quant.Prob(rapid.IntRange(0, int(min(left, p.Confidence))).Draw(rt, "q"))
			if t := text.Draw(rt, "other"); t != p.Text {
				p.Candidates = append(p.Candidates, obs.Candidate{Text: t, P: q})
				left -= q
			}
		}
		for _, c := range p.Text {
			p.Chars = append(p.Chars, obs.Char{C: string(c), P: quant.Prob(rapid.IntRange(0, 1_000_000).Draw(rt, "char"))})
		}
		return p
	}), 1, most).Draw(rt, "frames")
}

func TestVoteProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := frames(rt, 6)
		keep := slices.Clone(in)
		got := Vote(in)
		if d := cmp.Diff(keep, in); d != "" {
			rt.Fatalf("the frames are changed:\n%s", d)
		}
		if again := Vote(rapid.Permutation(in).Draw(rt, "order")); !cmp.Equal(got, again) {
			rt.Fatalf("another order gives another plate:\n%s", cmp.Diff(got, again))
		}
		if len(got.Candidates) == 0 || got.Candidates[0].Text != got.Text && len(in) > 1 {
			rt.Fatalf("candidates %v of text %s", got.Candidates, got.Text)
		}
		sum := quant.Prob(0)
		for i, c := range got.Candidates {
			if sum += c.P; c.P < 0 || len(in) > 1 && i > 0 && c.P > got.Candidates[i-1].P {
				rt.Fatalf("candidates %v", got.Candidates)
			}
		}
		if sum > quant.Certain || len(got.Chars) != len(got.Text) {
			rt.Fatalf("the sum is %v, %d characters of %s", sum, len(got.Chars), got.Text)
		}
		for i, c := range got.Chars {
			if c.C != got.Text[i:i+1] {
				rt.Fatalf("characters %v of %s", got.Chars, got.Text)
			}
		}
	})
}

// TestOneBadFrameDoesNotWinOverTwoGoodOnes: however sure it is.
func TestOneBadFrameDoesNotWinOverTwoGoodOnes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sure := func(name string, least int) quant.Prob {
			return quant.Prob(rapid.IntRange(least, 1_000_000).Draw(rt, name))
		}
		good := func(name string) Plate {
			p := sure(name, 200_000)
			return Plate{Text: "123ABC02", Confidence: p, Candidates: []obs.Candidate{{Text: "123ABC02", P: p}}}
		}
		p := sure("bad", 0)
		bad := Plate{Text: "128ABC02", Confidence: p, Candidates: []obs.Candidate{{Text: "128ABC02", P: p}}}
		if got := Vote([]Plate{bad, good("first"), good("second")}); got.Text != "123ABC02" {
			rt.Fatalf("joined to %s, candidates %v", got.Text, got.Candidates)
		}
	})
}

func TestVote(t *testing.T) {
	one := plateOf("123ABC02", "0.7", "128ABC02", "0.2")
	if d := cmp.Diff(one, Vote([]Plate{{}, one, {}})); d != "" {
		t.Errorf("one frame is not left as it is (-want +got):\n%s", d)
	}
	if got := Vote([]Plate{one, one}); got.Confidence <= one.Confidence || got.Confidence > 970_000 {
		t.Errorf("two equal frames of 0.7 give %v, want more, and less than two independent ones would", got.Confidence)
	}
	// What is second in both is better than what is first in one and unheard of in the other.
	second := Vote([]Plate{plateOf("AAA111", "0.5", "ABA111", "0.4"), plateOf("ABB111", "0.5", "ABA111", "0.4")})
	if second.Text != "ABA111" || second.Candidates[0].P < 500_000 || second.Chars[1].C != "B" {
		t.Errorf("joined to %+v", second)
	}
	unsure := Vote([]Plate{plateOf("AAA111", "0.3"), plateOf("BBB222", "0.2"), plateOf("CCC333", "0.1")})
	if unsure.Confidence > 300_000 {
		t.Errorf("three frames that know nothing give %s with %v", unsure.Text, unsure.Confidence)
	}
	a, b := plateOf("123ABC02", "0.7"), plateOf("123ABC02", "0.9")
	a.Country, b.Crop, b.Box = "KZ", []byte("b"), [4]int{1, 2, 3, 4}
	if got := Vote([]Plate{a, b}); got.Country != "KZ" || string(got.Crop) != "b" || got.Box != b.Box || got.Chars[0].P != 900_000 {
		t.Errorf("joined to %+v", got)
	}
	if got := Vote(nil); got.Text != "" {
		t.Errorf("no frame gives %+v", got)
	}
}
