package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/store"
)

type passagesCmd struct {
	Data    string `help:"A site's or centre's data directory, with its archive." placeholder:"DIR" xor:"archive"`
	Store   string `help:"Or the archive in a database, postgres://..." placeholder:"URL" xor:"archive"`
	Device  string `help:"Measured by this instrument."`
	From    string `help:"Opened at this time or later: 2026-03-01 or 2026-03-01T08:00:00Z." placeholder:"TIME"`
	To      string `help:"Opened before this time; a day without a time is the whole of it." placeholder:"TIME"`
	Zone    string `default:"Asia/Almaty" help:"Zone of days without a time."`
	Verdict string `enum:",exceeds,undetermined,within" default:"" help:"exceeds, undetermined or within."`
	Lane    string `help:"Of this lane."`
	Plate   string `help:"With this plate; * is any characters."`
	CSV     bool   `name:"csv" help:"As CSV, with a line of names." xor:"form"`
	JSON    bool   `name:"json" help:"As JSON lines, whole as archived." xor:"form"`
}

// Help says more.
func (passagesCmd) Help() string {
	return "The newest come first. An instrument is named by its passages since it is named in them; older archives are filled again from the journal when their folder is removed."
}

// Run lists passages.
func (p *passagesCmd) Run(ctx context.Context, s *std) (err error) {
	q, err := p.query()
	if err != nil {
		return usage{err}
	}
	st, err := p.open(ctx)
	if err != nil {
		return usage{err}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	out := bufio.NewWriter(s.out)
	list := p.form(out)
	n := 0
	for {
		page, next, err := st.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range page {
			n++
			if err := list.add(b); err != nil {
				return fmt.Errorf("passage %d of the list: %w", n, err)
			}
		}
		if q.Before = next; next == "" {
			break
		}
	}
	if err := errors.Join(list.end(), out.Flush()); err != nil {
		return fmt.Errorf("list passages: %w", err)
	}
	fmt.Fprintf(s.err, "%d passages\n", n)
	return nil
}

func (p *passagesCmd) query() (store.Query, error) {
	q := store.Query{Device: p.Device, Lane: p.Lane, Plate: p.Plate, Verdict: p.Verdict, Limit: 1000}
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return q, fmt.Errorf("--zone %s: %w", p.Zone, err)
	}
	if q.From, _, err = when(p.From, zone); err != nil {
		return q, fmt.Errorf("--from: %w", err)
	}
	var day bool
	if q.To, day, err = when(p.To, zone); err != nil {
		return q, fmt.Errorf("--to: %w", err)
	}
	if day {
		q.To = q.To.AddDate(0, 0, 1)
	}
	return q, nil
}

// when reads a day, or a time with its zone; "" is the zero time.
func when(text string, zone *time.Location) (t time.Time, day bool, err error) {
	if text == "" {
		return t, false, nil
	}
	if t, err = time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(time.RFC3339, text); err != nil {
		return t, false, fmt.Errorf("%q: want a day as 2026-03-01 or a time as 2026-03-01T08:00:00Z", text)
	}
	return t, false, nil
}

// open opens the archive, and makes none where there is none.
func (p *passagesCmd) open(ctx context.Context) (store.Store, error) {
	dir := filepath.Join(p.Data, "archive")
	switch {
	case p.Store == "" && p.Data == "":
		return nil, errors.New("which archive: want --data or --store")
	case p.Store == "":
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("no archive in %s: %w", p.Data, err)
		}
	}
	return store.Open(ctx, p.Store, dir)
}

// lister writes passages in one form.
type lister struct {
	add func(json.RawMessage) error
	end func() error
}

func (p *passagesCmd) form(w io.Writer) lister {
	done := func() error { return nil }
	if p.JSON {
		return lister{func(b json.RawMessage) error { _, err := w.Write(append(b[:len(b):len(b)], '\n')); return err }, done}
	}
	if !p.CSV {
		return lister{func(b json.RawMessage) error {
			r, err := p.record(b)
			if err == nil {
				gross := "not weighed"
				if r[6] != "" {
					gross = r[6] + " kg"
				}
				_, err = fmt.Fprintf(w, "%s  %-16s  %-12s  %-20s  %12s  %-10s  %s %s  %s\n", r[1], r[0], r[4], r[3], gross, r[5], r[8], r[9], r[7])
			}
			return err
		}, done}
	}
	c := csv.NewWriter(w)
	first := c.Write([]string{"id", "opened", "closed", "plates", "verdict", "decision", "gross_kg", "against", "device", "certificate", "serial", "expires"})
	return lister{func(b json.RawMessage) error {
		r, err := p.record(b)
		return errors.Join(first, err, c.Write(r))
	}, func() error { c.Flush(); return c.Error() }}
}

// record is a passage as a line of the list, in the order of the CSV's names. Of the
// instruments it is the one that was asked for, or all.
func (p *passagesCmd) record(b json.RawMessage) ([]string, error) {
	var x fusion.Passage
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, err
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	var plates, against []string
	for i := range x.Plates {
		if t := x.Plates[i].Corrected; t != "" {
			plates = append(plates, t)
		} else if t := x.Plates[i].Text; t != "" {
			plates = append(plates, t)
		}
	}
	for i := range x.Findings {
		if f := &x.Findings[i]; f.Verdict == rules.Exceeds {
			against = append(against, f.Quantity)
		}
	}
	gross, decision := "", ""
	if x.Gross != nil {
		gross = strings.TrimSuffix(x.Gross.Mass.String(), "kg")
	}
	if x.Decision != nil {
		decision = string(x.Decision.Action)
	}
	var names, certs, serials, ends []string
	for _, m := range x.Instruments {
		if p.Device == "" || m.Name == p.Device {
			names, certs, serials, ends = append(names, m.Name), append(certs, m.Certificate), append(serials, m.Serial), append(ends, m.Expires)
		}
	}
	some := func(list []string) string { return strings.Trim(strings.Join(list, " "), " ") }
	return []string{x.ID, stamp(x.Opened), stamp(x.Closed), some(plates), string(x.Verdict), decision, gross, some(against), some(names), some(certs), some(serials), some(ends)}, nil
}
