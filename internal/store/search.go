package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The lengths of a page.
const (
	pageUsual = 50
	pageMax   = 1000
)

// window is how many of the newest passages a search with wildcards looks through before it
// turns to the index of plates. A pattern that many plates fit finds its page among them;
// one that few fit costs little by the index. Without it, a pattern such as 01K*, which half
// of the vehicles of a post may fit, would gather and sort them all.
const window = 10_000

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

// limits names the statement that serves instrument, lane and verdict of a query, and its further
// arguments.
func limits(q Query) (suffix string, args []any) {
	if q.Device != "" {
		return "_device", []any{q.Device, q.Lane, q.Verdict}
	}
	if q.Lane != "" {
		suffix, args = suffix+"_lane", append(args, q.Lane)
	}
	if q.Verdict != "" {
		suffix, args = suffix+"_verdict", append(args, q.Verdict)
	}
	return suffix, args
}

// find chooses the statement by what limits the search most.
func find(ctx context.Context, q Query, from time.Time, until key, limit int, run runner) ([]hit, error) {
	base := []any{from, until.opened, until.num, limit}
	suffix, args := limits(q)
	if q.Plate == "" {
		return run(ctx, "newest"+suffix, slices.Concat(base, args)...)
	}
	if !strings.Contains(q.Plate, "*") {
		text := fold(q.Plate)
		if text == "" {
			return nil, nil // nothing but separators: no plate is like that
		}
		return run(ctx, "plates_near", append(base, near(text), q.Lane, q.Verdict, q.Device)...)
	}
	p := pattern(q.Plate)
	if p == "*" {
		return run(ctx, "newest"+suffix, slices.Concat(base, args)...)
	}
	if q.Device == "" {
		hits, err := run(ctx, "window"+suffix, slices.Concat(base, []any{p, window}, args)...)
		if err != nil || len(hits) == limit {
			return hits, err
		}
	}
	statement, text := rarest(p)
	return run(ctx, statement, append(base, p, q.Lane, q.Verdict, text, text+"\U0010FFFF", q.Device)...)
}

// rarest gives the part of a pattern by which an index leads to its plates: the beginning,
// unless a piece within is longer.
func rarest(pattern string) (statement, text string) {
	pieces := strings.Split(pattern, "*")
	statement, text = "plates_prefix", pieces[0]
	for _, p := range pieces[1:] {
		if len(p) > len(text) {
			statement, text = "plates_within", p
		}
	}
	return statement, text
}
