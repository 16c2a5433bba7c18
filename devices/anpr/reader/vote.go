package reader

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const (
	// unlisted is the probability that a picture's n-best list lacks the right text although
	// the plate was found: a fly on a character, the shadow of a mirror.
	unlisted = 0.02
	// fresh is what each further picture of one view tells of its own: dirt and angle are the
	// same in all of them.
	fresh = 0.5
	// maxCandidates is how many texts a joined reading lists.
	maxCandidates = 10
)

// Vote joins the plates read in several pictures of one view of one vehicle to one. The
// probabilities of each text are multiplied, where a picture that does not list a text
// counts as "unlisted" and not as impossible; so one bad picture, however sure, does not
// win over two good ones. The order of the frames does not matter. A frame without text is
// left out; one frame alone stays as it is. Box, corners and crop are those of the surest
// frame that reads the joined text, or of the surest of all.
func Vote(frames []Plate) Plate {
	frames = slices.DeleteFunc(slices.Clone(frames), func(p Plate) bool { return p.Text == "" })
	switch len(frames) {
	case 0:
		return Plate{}
	case 1:
		return frames[0]
	}
	slices.SortFunc(frames, surer)
	lists := make([][]obs.Candidate, len(frames))
	texts := []string{}
	for i := range frames {
		lists[i] = listed(&frames[i])
		for _, c := range lists[i] {
			texts = append(texts, c.Text)
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	all := posterior(texts, lists)
	best := frames[0]
	if i := slices.IndexFunc(frames, func(p Plate) bool { return p.Text == all[0].Text }); i >= 0 {
		best = frames[i]
	}
	out := best
	out.Text, out.Confidence = all[0].Text, all[0].P
	out.Candidates = all[:min(len(all), maxCandidates)]
	out.Chars = characters(frames, out.Text, out.Confidence)
	out.Country = country(frames, out.Text)
	return out
}

// surer orders frames so that the order in which they came does not matter.
func surer(a, b Plate) int {
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Text, b.Text),
		slices.Compare(a.Box[:], b.Box[:]), slices.Compare(a.Crop, b.Crop), strings.Compare(a.Country, b.Country))
}

// listed gives the candidates of a frame, its text among them, of a sum of at most 1.
func listed(p *Plate) []obs.Candidate {
	list := slices.Clone(p.Candidates)
	if !slices.ContainsFunc(list, func(c obs.Candidate) bool { return c.Text == p.Text }) {
		list = append(list, obs.Candidate{Text: p.Text, P: p.Confidence})
	}
	sum := 0.0
	for _, c := range list {
		sum += c.P.Float()
	}
	for i := range list {
		if sum > 1 {
			list[i].P = quant.ProbOf(list[i].P.Float() / sum)
		}
	}
	return list
}

// posterior gives the texts with their probabilities, the likeliest first.
func posterior(texts []string, lists [][]obs.Candidate) []obs.Candidate {
	n := float64(len(lists))
	power := (1 + fresh*(n-1)) / n
	rest := make([]float64, len(lists)) // of each frame: that it is none of its texts
	for i := range lists {
		rest[i] = 1
		for _, c := range lists[i] {
			rest[i] -= c.P.Float()
		}
	}
	scores := make([]float64, len(texts)+1)
	for k, text := range texts {
		p := make([]float64, len(lists))
		for i := range lists {
			for _, c := range lists[i] {
				if c.Text == text {
					p[i] = max(p[i], c.P.Float())
				}
			}
		}
		scores[k] = float64(power * product(p))
	}
	scores[len(texts)] = float64(power * product(rest))
	most, sum := slices.Max(scores), 0.0
	for k := range scores {
		scores[k] = math.Exp(scores[k] - most)
	}
	sorted := slices.Sorted(slices.Values(scores))
	for _, s := range sorted {
		sum += s
	}
	out := make([]obs.Candidate, len(texts))
	for k, text := range texts {
		out[k] = obs.Candidate{Text: text, P: quant.Prob(scores[k] / sum * float64(quant.Certain))} // rounded down: the sum stays within 1
	}
	slices.SortStableFunc(out, func(a, b obs.Candidate) int { return cmp.Compare(b.P, a.P) })
	return out
}

// product is the logarithm of the product, summed in the order of size: whatever the order
// of the frames, the same bits.
func product(p []float64) float64 {
	slices.Sort(p)
	sum := 0.0
	for _, x := range p {
		sum += math.Log(max(x, unlisted))
	}
	return sum
}

// characters gives each character of the joined text the confidence of the frame that is
// surest of it, among those that read the whole text so; without one, that of the text.
func characters(frames []Plate, text string, p quant.Prob) []obs.Char {
	n := utf8.RuneCountInString(text)
	out := make([]obs.Char, 0, n)
	for _, c := range text {
		out = append(out, obs.Char{C: string(c), P: p})
	}
	told := false
	for i := range frames {
		f := &frames[i]
		if f.Text != text || len(f.Chars) != n {
			continue
		}
		for k := range out {
			if !told || f.Chars[k].P > out[k].P {
				out[k].P = f.Chars[k].P
			}
		}
		told = true
	}
	return out
}

// country is that of the frames which read the joined text; "" where they differ.
func country(frames []Plate, text string) string {
	found := ""
	for i := range frames {
		switch c := frames[i].Country; {
		case frames[i].Text != text || c == "" || c == found:
		case found == "":
			found = c
		default:
			return ""
		}
	}
	return found
}
