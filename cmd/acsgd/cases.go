package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/rulepack"
)

type radiationCasesCmd struct {
	Data   string `help:"A site's or centre's data directory, with its archive." placeholder:"DIR" xor:"archive"`
	Store  string `help:"Or the archive in a database, postgres://..." placeholder:"URL" xor:"archive"`
	From   string `help:"Opened at this time or later: 2026-03-01 or 2026-03-01T08:00:00Z." placeholder:"TIME"`
	To     string `help:"Opened before this time; a day without a time is the whole of it." placeholder:"TIME"`
	Zone   string `default:"Asia/Almaty" help:"Zone of days."`
	Lane   string `help:"Of this lane." placeholder:"ID"`
	Counts bool   `help:"Count codes and groups of each lane and day instead." xor:"form"`
	Learn  bool   `help:"Print what released natural loads tell of the lanes and consignors instead." xor:"form"`
}

// Help says more.
func (radiationCasesCmd) Help() string {
	return "One JSON line for each passage with a radiation alarm, the newest first: its occupancy, code, group, grade, nuclides and the times of every step. " +
		"Passages that were archived before alarms were adjudicated have none. With --counts one line for each lane and day, in that order. " +
		"With --learn one JSON object: each lane's factor from declared activity to counts, and what is usual of a consignor's goods, of alarms with code 4 that were released."
}

// alarmCase is one line of the list.
type alarmCase struct {
	Passage     string            `json:"passage"`
	Lane        string            `json:"lane"`
	Opened      time.Time         `json:"opened"`
	Occupancy   uint32            `json:"occupancy"`
	Boot        uint32            `json:"boot,omitempty"`
	Neutron     bool              `json:"neutron"`
	State       fusion.CaseState  `json:"state"`
	Code        rules.AlarmCode   `json:"code"` // 0 is none yet
	Group       rules.CodeGroup   `json:"group,omitempty"`
	Class       rules.AlarmClass  `json:"class,omitempty"`
	Officer     string            `json:"officer,omitempty"`
	Second      string            `json:"second_officer,omitempty"`
	Declaration string            `json:"declaration,omitempty"`
	HS          []string          `json:"hs,omitempty"`
	Grade       rules.Grade       `json:"grade,omitempty"`
	Nuclides    []string          `json:"nuclides"`
	Inspections int               `json:"inspections"`
	Instruments []string          `json:"instruments,omitempty"` // with their serial numbers
	Dose1m      int64             `json:"dose_1m_nsvh,omitempty"`
	Steps       []fusion.CaseStep `json:"steps"`
}

// caseCount counts the cases of a lane on a day.
type caseCount struct {
	Lane   string         `json:"lane"`
	Day    string         `json:"day"`
	Cases  int            `json:"cases"`
	Open   int            `json:"open"` // without a code
	Codes  map[string]int `json:"codes"`
	Groups map[string]int `json:"groups"`
}

// Run lists the cases.
func (r *radiationCasesCmd) Run(ctx context.Context, s *std) (err error) {
	p := passagesCmd{Data: r.Data, Store: r.Store, From: r.From, To: r.To, Zone: r.Zone, Lane: r.Lane}
	q, err := p.query()
	if err != nil {
		return usage{err}
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return usage{err}
	}
	st, err := p.open(ctx)
	if err != nil {
		return usage{err}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	out := bufio.NewWriter(s.out)
	enc := json.NewEncoder(out)
	book, err := rulepack.Load(true) // activities only: they decide nothing
	if err != nil {
		return err
	}
	var released []rules.NormCase
	counts := map[[2]string]*caseCount{}
	n := 0
	for {
		page, next, err := st.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range page {
			var x fusion.Passage
			if err := json.Unmarshal(b, &x); err != nil {
				return fmt.Errorf("read a passage of the archive: %w", err)
			}
			if x.Adjudication == nil {
				continue
			}
			n++
			if r.Learn {
				if c, ok := learnable(book, &x); ok {
					released = append(released, c)
				}
			} else if r.Counts {
				count(counts, &x, zone)
			} else if err := enc.Encode(caseOf(&x)); err != nil {
				return fmt.Errorf("list cases: %w", err)
			}
		}
		if q.Before = next; next == "" {
			break
		}
	}
	if r.Learn {
		if err := enc.Encode(rules.LearnNorm(released)); err != nil {
			return fmt.Errorf("list cases: %w", err)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }) {
		if err := enc.Encode(counts[k]); err != nil {
			return fmt.Errorf("list cases: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("list cases: %w", err)
	}
	fmt.Fprintf(s.err, "%d cases\n", n)
	return nil
}

func caseOf(p *fusion.Passage) alarmCase {
	a := p.Adjudication
	x := alarmCase{Passage: p.ID, Lane: p.Lane, Opened: p.Opened, State: a.State, Steps: a.Steps, Inspections: len(a.Inspections), Nuclides: []string{}}
	if o := p.Radiation; o != nil {
		x.Occupancy, x.Boot, x.Neutron = o.Number, o.Boot, o.NeutronAlarm
	}
	if a.Norm != nil {
		x.Grade = a.Norm.Grade
	}
	if p.Declaration != nil {
		x.Declaration = p.Declaration.ID
	}
	for i := range a.Inspections {
		s := &a.Inspections[i]
		x.Instruments = append(x.Instruments, s.Instrument+" "+s.Serial)
		if s.Dose1m != nil {
			x.Dose1m = max(x.Dose1m, int64(*s.Dose1m))
		}
		for _, n := range s.Nuclides {
			if !slices.Contains(x.Nuclides, n) {
				x.Nuclides = append(x.Nuclides, n)
			}
		}
	}
	if c := a.Coded; c != nil {
		x.Code, x.Group, x.Class, x.Officer, x.Second, x.HS, x.Declaration = c.Code, c.Group, c.Class, c.User, c.Second, c.HS, c.Declaration
	}
	return x
}

// learnable gives what a natural load that was released tells; ok is false of other cases,
// and where the shadow or the load is not known.
func learnable(book *rules.Book, p *fusion.Passage) (c rules.NormCase, ok bool) {
	d := p.Decision
	if p.Adjudication.Coded == nil || p.Adjudication.Coded.Code != rules.CodeNorm || d == nil || d.Action != fusion.Override || p.Radiation == nil {
		return c, false
	}
	at, ok := p.Radiation.Plateau()
	if !ok || at.AtLeast {
		return c, false
	}
	c = rules.NormCase{Lane: p.Lane, Consignor: rules.Consignor(p.Declaration), Net: at.Net}
	c.Yield, c.HS6, ok = rules.NormYield(book, p.Declaration)
	return c, ok
}

func count(counts map[[2]string]*caseCount, p *fusion.Passage, zone *time.Location) {
	k := [2]string{p.Lane, p.Opened.In(zone).Format(time.DateOnly)}
	c := counts[k]
	if c == nil {
		c = &caseCount{Lane: k[0], Day: k[1], Codes: map[string]int{}, Groups: map[string]int{}}
		counts[k] = c
	}
	c.Cases++
	coded := p.Adjudication.Coded
	if coded == nil {
		c.Open++
		return
	}
	c.Codes[fmt.Sprint(int(coded.Code))]++
	c.Groups[string(coded.Group)]++
}
