package site

import (
	"context"
	"encoding/json"

	"acsgd/console"
	"acsgd/fusion/rules"
	"acsgd/internal/store"
)

// Archive answers a console from a store.
type Archive struct {
	Store store.Store
	Books func(version string) *rules.Book // tables that were in force; nil: only the program's own
}

// Passages implements console.Archive.
func (a Archive) Passages(ctx context.Context, q console.Query) (console.Page, error) {
	ps, next, err := a.Store.Search(ctx, store.Query{Lane: q.Lane, Device: q.Device, Plate: q.Plate, Verdict: q.Verdict, From: q.From, To: q.To, Before: q.Before, Limit: q.Limit})
	if err != nil {
		return console.Page{}, err
	}
	page := console.Page{Passages: []json.RawMessage{}, Next: next}
	page.Passages = append(page.Passages, ps...)
	return page, nil
}

// Passage implements console.Archive.
func (a Archive) Passage(ctx context.Context, id string) (json.RawMessage, error) {
	return a.Store.Passage(ctx, id)
}

// Log implements console.Archive.
func (a Archive) Log(ctx context.Context, after uint64, limit int) (console.LogPage, error) {
	es, more, err := a.Store.Log(ctx, after, limit)
	if err != nil {
		return console.LogPage{}, err
	}
	page := console.LogPage{N: after, A: []json.RawMessage{}, More: more}
	for _, e := range es {
		page.N = e.N
		page.A = append(page.A, e.JSON)
	}
	return page, nil
}
