package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/store"
)

type radiationLearnCmd struct {
	Data        string            `help:"Of the released passages in this site's archive." placeholder:"DIR"`
	Store       string            `help:"Or in a database, postgres://..." placeholder:"URL"`
	Lane        string            `help:"Of this lane alone." placeholder:"ID"`
	From        string            `help:"Opened at this time or later: 2026-03-01 or 2026-03-01T08:00:00Z." placeholder:"TIME"`
	To          string            `help:"Opened before this time; a day without a time is the whole of it." placeholder:"TIME"`
	Zone        string            `default:"Asia/Almaty" help:"Zone of days without a time."`
	Simulated   bool              `help:"Passages of simulator mode too."`
	FalseAlarms float64           `default:"0.001" help:"Share of clean vehicles that may alarm."`
	Name        string            `help:"Version of the set; else the day of its newest vehicle and its hash." placeholder:"TEXT"`
	Out         string            `required:"" help:"The file to write." placeholder:"FILE"`
	Plot        string            `help:"Draw the classes into this file, as SVG." placeholder:"FILE"`
	Set         map[string]string `help:"For recordings: as of 'analyse'." mapsep:"none"`
	File        []string          `arg:"" optional:"" help:"Or of recordings of one portal, in their order."`
}

// Help says more.
func (radiationLearnCmd) Help() string {
	return "Learns from vehicles that gave no alarm and, in an archive, were released. What is not used is counted with its reason. The result is a file; 'templates use' puts it in force."
}

// sample is what may be learned from: occupancies, and why others were left out.
type sample struct {
	use    []*radiation.Occupancy
	left   map[string]int
	newest time.Time
}

// shared names an occupancy: vehicles that were in the portal together have one.
type shared struct {
	lane  string
	start time.Time
}

func (s *sample) add(o *radiation.Occupancy) {
	if why := radiation.Unfit(o); why != "" {
		s.left[why]++
		return
	}
	s.use = append(s.use, o)
	if o.End.After(s.newest) {
		s.newest = o.End
	}
}

// Run learns.
func (l *radiationLearnCmd) Run(ctx context.Context, s *std, log *slog.Logger) error {
	if l.FalseAlarms < 0.001 || l.FalseAlarms > 0.5 {
		return usage{fmt.Errorf("--false-alarms %v: want a share of 0.001 to 0.5", l.FalseAlarms)}
	}
	if (l.Data != "" || l.Store != "") == (len(l.File) > 0) {
		return usage{errors.New("from what: want --data, --store or recordings")}
	}
	x := &sample{left: map[string]int{}}
	faults, err := 0, error(nil)
	if len(l.File) > 0 {
		faults, err = l.recordings(s, log, x)
	} else {
		err = l.archive(ctx, x)
	}
	if err != nil {
		return err
	}
	set, err := radiation.Learn(x.use, int(math.Round(l.FalseAlarms*1000)))
	l.account(s.err, x)
	if err != nil {
		return err
	}
	b, err := l.write(set, x.newest)
	if err != nil {
		return err
	}
	if l.Plot != "" {
		if err := os.WriteFile(l.Plot, drawClasses(set, x.use), 0o640); err != nil {
			return usage{fmt.Errorf("plot: %w", err)}
		}
	}
	if n := float64(len(x.use)) * l.FalseAlarms; n < 10 {
		fmt.Fprintf(s.err, "note: %v of %d vehicles is %.2g: the thresholds continue the tail of the others\n", l.FalseAlarms, len(x.use), n)
	}
	describe(s.out, set)
	sum := sha256.Sum256(b)
	fmt.Fprintf(s.out, "%s: sha256 %s\n", l.Out, hex.EncodeToString(sum[:]))
	if faults > 0 {
		return errFaults
	}
	return nil
}

// write gives the set its version and writes it.
func (l *radiationLearnCmd) write(set *radiation.Templates, newest time.Time) ([]byte, error) {
	if set.Version = l.Name; l.Name == "" {
		b, err := json.Marshal(set)
		if err != nil {
			return nil, fmt.Errorf("encode templates: %w", err)
		}
		sum := sha256.Sum256(b)
		set.Version = hex.EncodeToString(sum[:4])
		if newest.After(undated.AddDate(1, 0, 0)) {
			set.Version = newest.UTC().Format(time.DateOnly) + "-" + set.Version
		}
	}
	b, err := json.MarshalIndent(set, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode templates: %w", err)
	}
	b = append(b, '\n')
	if _, err := radiation.ParseTemplates(b); err != nil {
		return nil, err
	}
	if err := os.WriteFile(l.Out, b, 0o640); err != nil {
		return nil, usage{fmt.Errorf("write templates: %w", err)}
	}
	return b, nil
}

// recordings takes the occupancies of daily files.
func (l *radiationLearnCmd) recordings(s *std, log *slog.Logger, x *sample) (faults int, err error) {
	cfg, err := engineConfig(l.Set)
	if err != nil {
		return 0, usage{err}
	}
	a := radiation.NewAnalyser(radiation.New(cfg))
	take := func(_ radiation.Report, o *radiation.Occupancy) {
		if o != nil {
			x.add(o)
		}
	}
	rec := recording{files: l.File, set: l.Set}
	if faults, err = rec.read(s, log, func(at time.Time, line *obs.Radiation) { take(a.Feed(at, line)) }); err == nil {
		take(a.Close())
	}
	return faults, err
}

// archive takes the occupancies of passages that were let go.
func (l *radiationLearnCmd) archive(ctx context.Context, x *sample) error {
	type vehicle struct {
		of shared
		o  *radiation.Occupancy // nil: left out already
	}
	var all []vehicle
	in := map[shared]int{} // vehicles
	err := eachPassage(ctx, passagesCmd{Data: l.Data, Store: l.Store, From: l.From, To: l.To, Zone: l.Zone, Lane: l.Lane}, 0, func(p *fusion.Passage) error {
		v := vehicle{of: shared{p.Lane, p.Radiation.Start}}
		in[v.of]++
		if why := l.kept(p); why != "" {
			x.left[why]++
		} else {
			v.o = p.Radiation
		}
		all = append(all, v)
		return nil
	})
	for _, v := range all {
		switch {
		case v.o == nil:
		case in[v.of] > 1:
			x.left["two vehicles in the portal together"]++
		default:
			x.add(v.o)
		}
	}
	return err
}

// kept says why a passage is left out; "" is that it is taken.
func (l *radiationLearnCmd) kept(p *fusion.Passage) string {
	switch {
	case p.Simulated && !l.Simulated:
		return "of simulator mode"
	case p.Closed.IsZero() || !p.Final:
		return "not over"
	case p.Green:
		return ""
	case p.Decision == nil:
		return "not decided"
	case p.Decision.Action != fusion.Release:
		return "not released: " + string(p.Decision.Action)
	}
	return ""
}

// eachPassage hands out the passages of an archive in which the portal has reported, the
// newest first; limit 0 is all of them.
func eachPassage(ctx context.Context, c passagesCmd, limit int, each func(*fusion.Passage) error) error {
	return passagesOf(ctx, c, limit, func(p *fusion.Passage) bool { return p.Radiation != nil && !p.Radiation.Open }, each)
}

// everyPassage is the same of all passages.
func everyPassage(ctx context.Context, c passagesCmd, limit int, each func(*fusion.Passage) error) error {
	return passagesOf(ctx, c, limit, func(*fusion.Passage) bool { return true }, each)
}

func passagesOf(ctx context.Context, c passagesCmd, limit int, of func(*fusion.Passage) bool, each func(*fusion.Passage) error) (err error) {
	q, err := c.query()
	if err != nil {
		return usage{err}
	}
	var st store.Store
	if st, err = c.open(ctx); err != nil {
		return usage{err}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for n := 0; ; {
		page, next, err := st.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range page {
			var p fusion.Passage
			if err := json.Unmarshal(b, &p); err != nil {
				return fmt.Errorf("a passage of the archive: %w", err)
			}
			if !of(&p) {
				continue
			}
			if err := each(&p); err != nil {
				return err
			}
			if n++; n == limit {
				return nil
			}
		}
		if q.Before = next; next == "" {
			return nil
		}
	}
}

// account says what was used and what was not.
func (l *radiationLearnCmd) account(w io.Writer, x *sample) {
	left := 0
	for _, n := range x.left {
		left += n
	}
	fmt.Fprintf(w, "%d occupancies, %d of them clean\n", len(x.use)+left, len(x.use))
	for _, why := range slices.SortedFunc(maps.Keys(x.left), func(a, b string) int {
		return cmp.Or(cmp.Compare(x.left[b], x.left[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(w, "%8d left out: %s\n", x.left[why], why)
	}
}

// describe prints a set.
func describe(w io.Writer, t *radiation.Templates) {
	fmt.Fprintf(w, "version %s; alarm above %s sigma against the shadow, %s of the pillars, %s over the background\n",
		t.Version, thousandths(t.Threshold), thousandths(t.Pillars), thousandths(t.Level))
	for i := range t.Classes {
		c := &t.Classes[i]
		fmt.Fprintf(w, "%d to %d slices, of %d vehicles: %s remains of the background, least %d permille\n",
			c.From, c.To, c.Count, spark(c.Profile[:]), slices.Min(c.Profile[:]))
	}
}

func thousandths(v int32) string { return fmt.Sprintf("%d.%03d", v/1000, v%1000) }

// spark draws permille of the background in one line.
func spark(v []int32) string {
	const bars = "▁▂▃▄▅▆▇█"
	var b bytes.Buffer
	for _, x := range v {
		b.WriteRune([]rune(bars)[max(0, min(7, x*8/1000))])
	}
	return b.String()
}
