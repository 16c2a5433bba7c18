package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// explained is how many passages that are judged otherwise are named.
const explained = 20

// why says in words what the differences of a replay are: which passages they are of, and
// what this program makes otherwise than stands in the archive beside the journal.
func why(ctx context.Context, w io.Writer, dir string, rep *lanes.ReplayReport) error {
	fmt.Fprintf(w, "%d of %d digests differ: this program makes other records of the same inputs than the one that wrote the journal, as one of another version does\n", len(rep.Differences), rep.Digests)
	now, events, err := differing(ctx, dir, rep)
	if err != nil {
		return err
	}
	if events > 0 {
		fmt.Fprintf(w, "%d of them are messages and movements without a passage\n", events)
	}
	st, err := archiveOf(ctx, filepath.Dir(dir), "")
	if err != nil {
		fmt.Fprintf(w, "they are of %d passages; there is no archive beside the journal to compare them with\n", len(now))
		return nil
	}
	defer st.Close()
	return compared(ctx, w, st, now)
}

// differing plays the journal again and gives the last records of the passages that
// differing inputs made, as this program makes them, and how many inputs made none.
func differing(ctx context.Context, dir string, rep *lanes.ReplayReport) (now map[string]json.RawMessage, events int, err error) {
	type key struct {
		lane string
		seq  uint64
	}
	want := map[key]bool{}
	for _, d := range rep.Differences {
		want[key{d.Lane, d.Seq}] = true
	}
	now = map[string]json.RawMessage{}
	var failed error
	_, err = lanes.Replay(ctx, dir, func(rec *journal.Record, outs []fusion.Output) {
		other, passages := want[key{rec.Lane, rec.Seq}], 0
		for i := range outs {
			p := outs[i].Passage
			if p == nil {
				continue
			}
			passages++
			if _, known := now[p.ID]; other || known {
				b, err := json.Marshal(p)
				if err != nil && failed == nil {
					failed = err
				}
				now[p.ID] = b
			}
		}
		if other && passages == 0 {
			events++
		}
	})
	return now, events, cmp.Or(err, failed)
}

// compared holds records against the archive's.
func compared(ctx context.Context, w io.Writer, st store.Store, now map[string]json.RawMessage) error {
	parts, same, verdict, missing := map[string]int{}, 0, []string{}, 0
	for _, id := range slices.Sorted(maps.Keys(now)) {
		old, err := st.Passage(ctx, id)
		if err != nil {
			return err
		}
		if old == nil {
			missing++
			continue
		}
		differ := unlike("", old, now[id], 2)
		if len(differ) == 0 {
			same++
		}
		for _, name := range differ {
			parts[name]++
		}
		var a, b struct {
			Verdict json.RawMessage `json:"verdict"`
		}
		if err := json.Unmarshal(old, &a); err != nil {
			return fmt.Errorf("passage %s in the archive: %w", id, err)
		}
		if err := json.Unmarshal(now[id], &b); err != nil {
			return err
		}
		if !bytes.Equal(a.Verdict, b.Verdict) {
			verdict = append(verdict, fmt.Sprintf("%s: the archive says %s, this program %s", id, a.Verdict, b.Verdict))
		}
	}
	fmt.Fprintf(w, "they are of %d passages: %d have another verdict in the end, %d differ only on the way to it, %d are not in the archive\n", len(now), len(verdict), same, missing)
	if len(parts) > 0 {
		names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Or(parts[b]-parts[a], strings.Compare(a, b)) })
		for i, n := range names {
			names[i] = fmt.Sprintf("%s (%d)", n, parts[n])
		}
		fmt.Fprintf(w, "what differs in the end, by passages: %s\n", strings.Join(names, ", "))
	}
	for _, v := range verdict[:min(len(verdict), explained)] {
		fmt.Fprintln(w, v)
	}
	return nil
}

// unlike names the parts in which two records differ, objects in them down to a depth.
func unlike(path string, a, b json.RawMessage, depth int) (names []string) {
	var x, y map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil || x == nil || y == nil {
		if bytes.Equal(a, b) {
			return nil
		}
		return []string{strings.TrimPrefix(path, ".")}
	}
	for k := range x {
		if _, ok := y[k]; !ok {
			y[k] = nil
		}
	}
	for k := range y {
		names = append(names, unlike(path+"."+k, x[k], y[k], depth-1)...)
	}
	return names
}
