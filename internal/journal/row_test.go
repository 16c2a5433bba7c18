package journal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRow finds every input of lanes of very different pace, with the hash that the chain
// has there, and none that is not.
func TestRow(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	type at struct {
		lane string
		seq  uint64
	}
	rows := map[at]uint64{}
	seq := map[string]uint64{"3": 40} // a lane that begins late
	for i := range 300 {
		lane := "1"
		if i%7 == 0 {
			lane = "2"
		}
		if i > 280 {
			lane = "3"
		}
		seq[lane] += 1 + uint64(i%3) // numbers have holes
		n, err := j.Put(t.Context(), rec(lane, seq[lane]))
		if err != nil {
			t.Fatal(err)
		}
		rows[at{lane, seq[lane]}] = n
	}
	_, head := j.Head()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for lane, last := range seq {
		for s := range last + 3 {
			rec, hash, err := r.Row(t.Context(), lane, s)
			n, there := rows[at{lane, s}]
			switch {
			case there && (err != nil || rec.N != n || rec.Seq != s || rec.Lane != lane):
				t.Fatalf("lane %s, seq %d: row %d of lane %s, seq %d, want row %d: %v", lane, s, rec.N, rec.Lane, rec.Seq, n, err)
			case !there && !errors.Is(err, ErrNoRow):
				t.Fatalf("lane %s, seq %d: row %d, %v; there is none", lane, s, rec.N, err)
			case n == 300 && hash != head:
				t.Errorf("the last row has the hash %x, the chain %x", hash, head)
			}
		}
	}
	if _, _, err := r.Row(t.Context(), "9", 1); !errors.Is(err, ErrNoRow) {
		t.Errorf("a lane that is not: %v", err)
	}
}

// TestTuned gives the newest first, up to a row, by the index that holds them.
func TestTuned(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		x := rec("1", uint64(i+1))
		if i%30 == 0 {
			x.Kind = "tuned"
		}
		if _, err := j.Put(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []uint64
	for rec, err := range r.Tuned(t.Context(), "1", 90) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rec.Seq)
	}
	if !slices.Equal(got, []uint64{61, 31, 1}) {
		t.Errorf("seqs %v", got)
	}
	plan, err := r.db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE kind = 'tuned' AND lane = ? AND n <= ? ORDER BY n DESC`, "1", 90)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	text := ""
	for plan.Next() {
		var a, b, c int
		var s string
		if err := plan.Scan(&a, &b, &c, &s); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(s)
	}
	if !strings.Contains(text, "USING INDEX tuned") || strings.Contains(text, "TEMP B-TREE") {
		t.Errorf("the index is not used:\n%s", text)
	}
}
