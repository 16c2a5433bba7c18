package site

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"acsgd/fusion"
	"acsgd/internal/document"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/signature"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// Papers makes the papers of a site's passages from its archive, journal and evidence, and
// signs them. Two at a time: a console must not take the processor from the lanes.
type Papers struct {
	Store   store.Store
	Journal string // directory
	Keep    *evidence.Store
	Key     *signature.Key
	busy    chan struct{}
}

const papersAtOnce = 2

// photoBytes is the largest picture that a paper shows.
const photoBytes = 16 << 20

// NewPapers returns the papers of the site in dir.
func NewPapers(dir string, st store.Store, keep *evidence.Store) (*Papers, error) {
	key, err := signature.Open(KeyDir(dir))
	if err != nil {
		return nil, err
	}
	return &Papers{Store: st, Journal: filepath.Join(dir, "journal"), Keep: keep, Key: key, busy: make(chan struct{}, papersAtOnce)}, nil
}

// KeyDir is where a site keeps the key that it signs papers with.
func KeyDir(dir string) string { return filepath.Join(dir, "keys") }

// Paper gives the signed PDF of one passage; nil, nil if there is no such passage.
func (x *Papers) Paper(ctx context.Context, kind, id, lang string) ([]byte, error) {
	k, err := document.ParseKind(kind)
	if err != nil {
		return nil, err
	}
	l, err := document.ParseLang(lang)
	if err != nil {
		return nil, err
	}
	select {
	case x.busy <- struct{}{}:
		defer func() { <-x.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	raw, err := x.Store.Passage(ctx, id)
	if err != nil || raw == nil {
		return nil, err
	}
	r, err := x.record(ctx, k, raw)
	if err != nil {
		return nil, fmt.Errorf("paper of passage %s: %w", id, err)
	}
	b, err := document.Make(k, r, l)
	if err != nil {
		return nil, err
	}
	return x.Key.SignFile(b), nil
}

// record gathers what a paper is made of.
func (x *Papers) record(ctx context.Context, k document.Kind, raw json.RawMessage) (*document.Record, error) {
	r := &document.Record{Passage: new(fusion.Passage)}
	if err := json.Unmarshal(raw, r.Passage); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	p := r.Passage
	st := signature.Statement{Kind: string(k), Passage: p.ID, Version: document.Version(p)}
	var err error
	if st.Record, err = signature.Hash(raw); err != nil {
		return nil, err
	}
	if err := x.locate(ctx, r, &st); err != nil {
		return nil, err
	}
	if r.Params != nil {
		st.Site = r.Params.Site
	}
	text, err := x.Key.Sign(st)
	if err != nil {
		return nil, err
	}
	r.Seal = document.Seal{Text: text, Record: hex.EncodeToString(st.Record[:]), Row: st.Row, Head: hex.EncodeToString(st.Head[:]),
		Key: signature.Fingerprint(x.Key.Public())}
	if k == document.Overload {
		r.Photos = x.photos(p)
	}
	return r, nil
}

// locate finds the journal's row that made this version of the record, and the parameters
// that were in force there. An archive may hold records of older journals: their rows are
// not here, which the paper says.
func (x *Papers) locate(ctx context.Context, r *document.Record, st *signature.Statement) error {
	j, err := journal.OpenReader(ctx, x.Journal)
	if err != nil {
		return err
	}
	defer j.Close()
	p := r.Passage
	rec, head, err := j.Row(ctx, p.Lane, st.Version)
	if errors.Is(err, journal.ErrNoRow) || err == nil && !made(p, &rec) {
		return nil
	}
	if err != nil {
		return err
	}
	r.At, st.Row, st.Head = rec.Now, rec.N, head
	r.Params, err = lanes.ParamsAt(ctx, j, p.Lane, rec.N)
	return err
}

// made reports whether a row can have made this version of a passage: numbers begin anew
// with every journal, times do not.
func made(p *fusion.Passage, rec *journal.Record) bool {
	if rec.Now.Before(p.Opened) {
		return false
	}
	for i := range p.History {
		if e := &p.History[i]; e.Seq == rec.Seq {
			return e.At.Equal(rec.Now)
		}
	}
	return true
}

// photos reads the pictures of the plates, the plate itself before the whole vehicle.
func (x *Papers) photos(p *fusion.Passage) []document.Photo {
	var out []document.Photo
	for i := range p.Plates {
		r := &p.Plates[i]
		pics := slices.Clone(r.Pictures)
		slices.SortStableFunc(pics, func(a, b obs.Blob) int { return order(a.Role) - order(b.Role) })
		for _, b := range pics {
			if b.MediaType != "image/jpeg" && b.MediaType != "image/png" {
				continue
			}
			f := document.Photo{Plate: r.Text, Role: string(r.Role), Device: r.Source, At: r.At, SHA256: b.SHA256}
			if len(out) < 8 { // more are only counted
				f.Bytes, f.Fault = x.picture(b.SHA256)
			}
			out = append(out, f)
		}
	}
	return out
}

func order(role string) int {
	if role == "plate" {
		return 0
	}
	return 1
}

// picture reads one picture whose bytes have the hash by which the record names it.
func (x *Papers) picture(sum string) (b []byte, fault string) {
	f, err := x.Keep.Open(sum)
	if err != nil {
		return nil, "missing"
	}
	defer f.Close()
	b, err = io.ReadAll(io.LimitReader(f, photoBytes+1))
	switch {
	case err != nil:
		return nil, "unreadable"
	case len(b) > photoBytes:
		return nil, "too_large"
	case obs.BlobOf("", b).SHA256 != sum:
		return nil, "changed"
	}
	return b, ""
}
