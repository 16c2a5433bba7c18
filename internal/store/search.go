package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The lengths of a page.
const (
	pageUsual = 50
	pageMax   = 1000
)

// window is how many of the newest plates a search with wildcards looks through before it
// turns to the whole archive. A pattern that many plates fit finds its page among them; one
// that few fit costs little by the index. Without it, a pattern such as 01K*, which half of
// the vehicles of a post may fit, would gather and sort them all.
const window = 20_000

// key is the place of a passage in the order of pages: newest first.
type key struct {
	opened time.Time
	num    int64 // row of the archive, for passages that opened together
}

func (k key) String() string {
	return strconv.FormatInt(k.opened.UnixMicro(), 10) + "." + strconv.FormatInt(k.num, 10)
}

func parseKey(s string) (key, error) {
	a, b, ok := strings.Cut(s, ".")
	us, err := strconv.ParseInt(a, 10, 64)
	num, err2 := strconv.ParseInt(b, 10, 64)
	if !ok || err != nil || err2 != nil {
		return key{}, fmt.Errorf("key of a page %.40q: want one that a search has given", s)
	}
	return key{time.UnixMicro(us).UTC(), num}, nil
}

// hit is one passage found.
type hit struct {
	key
	body json.RawMessage
}

// runner runs a named statement of an engine that gives hits.
type runner func(ctx context.Context, statement string, args ...any) ([]hit, error)

// endOfTime is later than any passage, and a time that both engines keep.
func endOfTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// search is Store.Search for either engine.
func search(ctx context.Context, q Query, run runner) ([]json.RawMessage, string, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = pageUsual
	}
	limit = min(limit, pageMax)
	until := key{endOfTime(), math.MaxInt64}
	if !q.To.IsZero() {
		until = key{q.To, 0} // rows count from 1, so only earlier times come before this
	}
	if q.Before != "" {
		k, err := parseKey(q.Before)
		if err != nil {
			return nil, "", err
		}
		if k.opened.Before(until.opened) {
			until = k
		}
	}
	hits, err := find(ctx, q, q.From, until, limit+1, run)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(hits) > limit {
		hits = hits[:limit]
		next = hits[limit-1].key.String()
	}
	bodies := make([]json.RawMessage, len(hits))
	for i := range hits {
		bodies[i] = hits[i].body
	}
	return bodies, next, nil
}

// find chooses the statement by what limits the search most.
func find(ctx context.Context, q Query, from time.Time, until key, limit int, run runner) ([]hit, error) {
	base := []any{from, until.opened, until.num, limit}
	if q.Plate != "" {
		return findPlate(ctx, q, append(base, q.Lane, q.Verdict), limit, run)
	}
	switch {
	case q.Lane != "" && q.Verdict != "":
		return run(ctx, "newest_lane_verdict", append(base, q.Lane, q.Verdict)...)
	case q.Lane != "":
		return run(ctx, "newest_lane", append(base, q.Lane)...)
	case q.Verdict != "":
		return run(ctx, "newest_verdict", append(base, q.Verdict)...)
	}
	return run(ctx, "newest", base...)
}

func findPlate(ctx context.Context, q Query, base []any, limit int, run runner) ([]hit, error) {
	if !strings.Contains(q.Plate, "*") {
		text := fold(q.Plate)
		if text == "" {
			return nil, nil // nothing but separators: no plate is like that
		}
		return run(ctx, "plates_near", append(base, near(text))...)
	}
	p := pattern(q.Plate)
	hits, err := run(ctx, "plates_window", append(base, p, window)...)
	if err != nil || len(hits) == limit {
		return hits, err
	}
	prefix, _, _ := strings.Cut(p, "*")
	if prefix == "" {
		return run(ctx, "plates_all", append(base, p)...)
	}
	return run(ctx, "plates_prefix", append(base, p, prefix, prefix+"\U0010FFFF")...)
}
