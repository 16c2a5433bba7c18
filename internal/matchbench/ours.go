package matchbench

import (
	"context"
	"errors"
	"fmt"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

func join(a, b error) error { return errors.Join(a, b) }

// accepts are the values of --accept that are tried.
var accepts = []quant.Prob{500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 960_000, 970_000, 975_000, 980_000, 990_000, 995_000, 999_000}

// ours is the matcher: one string a vehicle, all plates equally likely, the start channel,
// or one learnt of what the weighted edit distance is trained with.
type ours struct {
	inside
	learnt bool
	seed   uint64
	x      *decl.Index // of the rate that is asked about
	rate   []*decl.Index
	m      match.Matcher
	e      match.Evidence
	r      match.Result
}

func (o *ours) name() string {
	if o.learnt {
		return "ACSGD match, channel learnt"
	}
	return "ACSGD match"
}

func (o *ours) build(_ context.Context, w *world) error {
	o.rate = o.rate[:0]
	for _, list := range training(o.seed) {
		x := w.index
		if o.learnt {
			set, _, err := match.Learn(list)
			if err != nil {
				return err
			}
			x = x.WithChannels(set)
		}
		x.Mix("")
		o.rate = append(o.rate, x)
	}
	return nil
}

func (o *ours) at(rate int) { o.x = o.rate[rate] }

func (*ours) settings() (list []string) {
	for _, a := range accepts {
		list = append(list, fmt.Sprintf("accept %v", a))
	}
	return list
}

func (*ours) most() int { return 0 }

func (o *ours) lookup(text string) error {
	o.e = match.Evidence{Reads: []match.Read{{Text: text, P: 900_000}}}
	o.r = o.m.Match(o.x, o.e, match.DefaultAccept, match.Prior{})
	return nil
}

func (o *ours) answers(dst []answer) []answer {
	for _, a := range accepts {
		dst = append(dst, answerOf(o.m.Match(o.x, o.e, a, match.Prior{})))
	}
	return dst
}

func answerOf(r match.Result) answer {
	switch r.State {
	case match.Matched:
		return answer{matched, r.Declared[0].Declaration}
	case match.Ambiguous:
		return answer{kind: ambiguous}
	}
	return answer{}
}

// search is the candidate search alone; its answers are those of the nearest plate.
type search struct {
	inside
	w     *world
	edits int
	refs  []decl.PlateRef
	text  string
	list  []neighbour
}

func (s *search) name() string {
	return fmt.Sprintf("ACSGD candidates within %d + Levenshtein", s.edits)
}
func (s *search) build(_ context.Context, w *world) error { s.w = w; return nil }
func (s *search) settings() []string                      { return []string{fmt.Sprintf("one nearest within %d", s.edits)} }
func (*search) most() int                                 { return 0 }

func (s *search) lookup(text string) error {
	s.text = text
	s.refs = s.w.index.Search(s.refs[:0], plate.Encode(text), decl.Reach(s.edits))
	return nil
}

func (s *search) answers(dst []answer) []answer {
	s.list = s.w.near(s.list[:0], s.text, s.edits)
	return append(dst, nearest(s.list, s.edits))
}

// exact is a hash table.
type exact struct {
	inside
	set   map[string]bool
	text  string
	found bool
}

func (*exact) name() string { return "exact, hash table" }

func (x *exact) build(_ context.Context, w *world) error {
	x.set = make(map[string]bool, len(w.declared))
	for _, p := range w.declared {
		x.set[p] = true
	}
	return nil
}

func (*exact) settings() []string         { return []string{"equal"} }
func (*exact) most() int                  { return 0 }
func (x *exact) lookup(text string) error { x.text, x.found = text, x.set[text]; return nil }

func (x *exact) answers(dst []answer) []answer {
	if !x.found {
		return append(dst, answer{})
	}
	return append(dst, answer{matched, x.text})
}
