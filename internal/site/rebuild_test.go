package site

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A lane whose core was stopped by an input gets a new one as of before that input: what
// came after it waits in the lane and must not be stepped twice.
func TestARebuiltCoreEndsBeforeTheInputThatStoppedIt(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1")+lane("2"))
	first, bad := r.passage("1"), r.passage("1")
	r.passage("2")
	last := r.passage("1")
	seq, err := strconv.ParseUint(strings.TrimPrefix(bad, "T-1-"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.site.rebuild(t.Context(), "1", []uint64{seq})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range c.Passages(nil) {
		ids = append(ids, p.ID)
	}
	if !slices.Contains(ids, first) || slices.Contains(ids, bad) || slices.Contains(ids, last) || c.Seq() >= seq {
		t.Errorf("passages %v up to input %d; want %s and nothing from input %d on", ids, c.Seq(), first, seq)
	}
}
