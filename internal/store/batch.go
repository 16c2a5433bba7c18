package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// ready checks a batch and brings it to the form in which engines write it: every passage
// and every event once. What no engine could keep is refused here, so that both refuse the
// same.
func ready(b Batch) (Batch, error) {
	if b.Epoch == "" {
		return b, errors.New("batch without an epoch")
	}
	if b.N > math.MaxInt64 {
		return b, fmt.Errorf("row %d is beyond 2^63-1", b.N)
	}
	for i := range b.Passages {
		if err := b.Passages[i].check(); err != nil {
			return b, fmt.Errorf("passage %.64q: %w", b.Passages[i].ID, err)
		}
	}
	for i := range b.Events {
		if err := b.Events[i].check(); err != nil {
			return b, fmt.Errorf("event %d of row %d: %w", b.Events[i].I, b.Events[i].N, err)
		}
	}
	b.Passages = newest(b.Passages)
	// Writers that take their rows in one order do not wait for each other in a ring.
	slices.SortFunc(b.Passages, func(x, y Passage) int { return strings.Compare(x.ID, y.ID) })
	b.Events = inOrder(b.Events)
	return b, nil
}

func (p *Passage) check() error {
	if p.ID == "" {
		return errors.New("no ID")
	}
	if p.Version > math.MaxInt64 {
		return fmt.Errorf("version %d is beyond 2^63-1", p.Version)
	}
	return checkTexts(p.JSON, append([]string{p.ID, p.Lane, p.Verdict, p.Phase, p.Decision}, p.Devices...)...)
}

// devices are the instruments of p, each once.
func (p *Passage) devices() []string {
	out := slices.Clone(p.Devices)
	slices.Sort(out)
	return slices.Compact(out)
}

func (e *Event) check() error {
	if e.N > math.MaxInt64 {
		return errors.New("row is beyond 2^63-1")
	}
	if e.I < 0 || e.I > math.MaxInt32 {
		return fmt.Errorf("number %d is not within 0 to 2^31-1", e.I)
	}
	return checkTexts(e.JSON, e.Lane, e.Passage, e.Kind)
}

func checkTexts(body json.RawMessage, texts ...string) error {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fmt.Errorf("%.64q is no text", s)
		}
	}
	if !json.Valid(body) || !utf8.Valid(body) {
		return errors.New("no valid JSON")
	}
	return nil
}

// inOrder sorts events by row and number and keeps the last of those with one place.
func inOrder(events []Event) []Event {
	out := slices.Clone(events)
	slices.SortStableFunc(out, func(a, b Event) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.I, b.I)) })
	n := 0
	for i := range out {
		if n > 0 && out[n-1].N == out[i].N && out[n-1].I == out[i].I {
			n--
		}
		out[n] = out[i]
		n++
	}
	return out[:n]
}
