package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/site"
)

type matchLearnCmd struct {
	Data      string `help:"Of the passages in this site's archive." placeholder:"DIR"`
	Store     string `help:"Or in a database, postgres://..." placeholder:"URL"`
	Lane      string `help:"Of this lane alone." placeholder:"ID"`
	From      string `help:"Opened at this time or later: 2026-03-01 or 2026-03-01T08:00:00Z." placeholder:"TIME"`
	To        string `help:"Opened before this time; a day without a time is the whole of it." placeholder:"TIME"`
	Zone      string `default:"Asia/Almaty" help:"Zone of days without a time."`
	Simulated bool   `help:"Passages of simulator mode too."`
	Name      string `help:"Version; else the day of the newest passage and a hash." placeholder:"TEXT"`
	Out       string `short:"o" required:"" help:"The file to write." placeholder:"FILE"`
	Plot      string `help:"Draw what is written for what into this file, as SVG." placeholder:"FILE"`
	Archive   string `arg:"" optional:"" help:"The site's data directory, as --data." placeholder:"DIR"`
}

// Help says more.
func (matchLearnCmd) Help() string {
	return "Learns from plates whose truth is known from elsewhere than their own reading: corrected by an officer, of a declaration that an officer chose, or that another plate or the container tells exactly. What is left out is counted by reason. The result is a file; 'match channel use' puts it in force."
}

// Run learns.
func (l *matchLearnCmd) Run(ctx context.Context, s *std) error {
	if l.Archive != "" && l.Data == "" {
		l.Data, l.Archive = l.Archive, ""
	}
	if l.Archive != "" || (l.Data == "") == (l.Store == "") {
		return usage{errors.New("from what: want --data or --store")}
	}
	var all []match.Confirmed
	left := map[string]int{}
	passages := 0
	var newest time.Time
	q := passagesCmd{Data: l.Data, Store: l.Store, From: l.From, To: l.To, Zone: l.Zone, Lane: l.Lane}
	err := everyPassage(ctx, q, 0, func(p *fusion.Passage) error {
		passages++
		switch {
		case p.Simulated && !l.Simulated:
			left["of simulator mode"]++
		case p.Closed.IsZero():
			left["of a passage that is not over"]++
		default:
			if p.Opened.After(newest) {
				newest = p.Opened
			}
			all = append(all, fusion.ConfirmedPlates(p, left)...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	set, account, err := match.Learn(all)
	for why, n := range left {
		account.Left[why] += n
	}
	tellAccount(s.err, passages, account)
	if err != nil {
		return err
	}
	b, err := l.write(set, newest)
	if err != nil {
		return err
	}
	if l.Plot != "" {
		if err := os.WriteFile(l.Plot, drawConfusions(account), 0o640); err != nil {
			return usage{fmt.Errorf("plot: %w", err)}
		}
	}
	describeChannels(s.out, set)
	sum := sha256.Sum256(b)
	fmt.Fprintf(s.out, "%s: sha256 %s\n", l.Out, hex.EncodeToString(sum[:]))
	return nil
}

// write gives the channels their version and writes them.
func (l *matchLearnCmd) write(set *plate.Channels, newest time.Time) ([]byte, error) {
	if set.Version = l.Name; l.Name == "" {
		b, err := json.Marshal(set)
		if err != nil {
			return nil, fmt.Errorf("encode camera channels: %w", err)
		}
		sum := sha256.Sum256(b)
		set.Version = newest.UTC().Format(time.DateOnly) + "-" + hex.EncodeToString(sum[:4])
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode camera channels: %w", err)
	}
	if _, err := plate.ParseChannels(b); err != nil {
		return nil, err
	}
	if err := os.WriteFile(l.Out, append(b, '\n'), 0o640); err != nil {
		return nil, usage{fmt.Errorf("write camera channels: %w", err)}
	}
	return append(b, '\n'), nil
}

// strongest is how many confusions are told of all cameras and of one with a channel of its own.
const strongest = 10

// tellAccount says what was learnt from, what was not, and what the cameras confuse.
func tellAccount(w io.Writer, passages int, a *match.Account) {
	fmt.Fprintf(w, "%d passages, %d confirmed plates\n", passages, a.Plates)
	for _, why := range a.Reasons() {
		fmt.Fprintf(w, "%8d left out: %s\n", a.Left[why], why)
	}
	if a.Plates == 0 {
		return
	}
	tellTally(w, "all cameras", a.All)
	few := 0
	for _, c := range a.Cameras {
		if c.Own {
			tellTally(w, c.Name, c.Tally)
		} else {
			few++
		}
	}
	if few > 0 {
		fmt.Fprintf(w, "%d cameras have too few plates for a channel of their own:\n", few)
	}
	for _, c := range a.Cameras {
		if !c.Own {
			fmt.Fprintf(w, "         %s %d\n", c.Name, c.Tally.Plates)
		}
	}
}

// tellTally says what was counted, and the strongest confusions.
func tellTally(w io.Writer, name string, t *plate.Tally) {
	fmt.Fprintf(w, "%s: %d plates, %d characters: %d wrong, %d missing, %d added, %d before the first\n",
		name, t.Plates, t.Chars, t.Wrong, t.Dropped, t.Inserted, t.First)
	var list []string
	for _, x := range t.Strongest(strongest) {
		list = append(list, fmt.Sprintf("%c>%c %d", x.True, x.Written, x.N))
	}
	if len(list) > 0 {
		fmt.Fprintf(w, "         true>written: %s\n", strings.Join(list, ", "))
	}
}

// describeChannels prints a set.
func describeChannels(w io.Writer, set *plate.Channels) {
	fmt.Fprintf(w, "%s: learnt from %d plates\n", set.Version, set.Plates)
	line := func(name string, ch *plate.Channel) {
		fmt.Fprintf(w, "%-16s right %.2f %%, missing %.2f %%, added %.2f %%, before the first %.2f %%\n", name,
			ch.Keep()*100, ch.Drop()*100, ch.Added()*100, ch.AddedFirst()*100)
	}
	for _, camera := range set.Cameras() {
		line(camera, set.Of(camera))
	}
	line("all others", set.Of(""))
	line("(start)", plate.StartChannel())
}

type matchChannelCmd struct {
	Show channelShowCmd `cmd:"" help:"Print a file of camera channels."`
	Use  channelUseCmd  `cmd:"" help:"Put camera channels in force in a site, or try what would change."`
}

type channelShowCmd struct {
	File string `arg:"" help:"Channels, as 'match learn' writes them."`
}

// Run prints them.
func (c *channelShowCmd) Run(s *std) error {
	_, set, err := site.ReadChannels(c.File)
	if err != nil {
		return usage{err}
	}
	describeChannels(s.out, set)
	return nil
}

type channelUseCmd struct {
	Data    string `help:"The site's data directory; the site must be stopped, except for --dry-run." placeholder:"DIR"`
	Console string `help:"Or the console of the running site, http://..." placeholder:"URL"`
	User    string `help:"The supervisor. The password is read from standard input." placeholder:"NAME"`
	Lane    string `help:"In this lane; else in all with a camera." placeholder:"ID"`
	None    bool   `help:"No channels: end the use of those in force."`
	DryRun  bool   `help:"Only show what would change in the last passages of the archive."`
	Last    int    `default:"1000" help:"For --dry-run: how many passages of the archive are tried."`
	Store   string `help:"For --dry-run: an archive in a database, postgres://..." placeholder:"URL"`
	File    string `arg:"" optional:"" help:"Channels, as 'match learn' writes them."`
}

// Help says more.
func (channelUseCmd) Help() string {
	return "The act is a row of the journal with the user's name. It counts for vehicles that are not released yet, and holds over restarts. --dry-run compares with what is in force in each lane by the journal of --data, also while the site runs; with --store alone it compares with the start channel. Plates are taken as the cameras read them, without corrections; only the declarations of these passages are in the running, so the figures compare two channels and say nothing of a whole day."
}

// Run puts channels in force.
func (c *channelUseCmd) Run(ctx context.Context, s *std) error {
	b, set := []byte("null"), (*plate.Channels)(nil)
	switch {
	case c.None == (c.File != ""):
		return usage{errors.New("want a file or --none")}
	case c.File != "":
		var err error
		if b, set, err = site.ReadChannels(c.File); err != nil {
			return usage{err}
		}
	}
	if c.DryRun {
		return c.try(ctx, s, set)
	}
	return putInForce(ctx, s, tunedTarget{c.Data, c.Console, c.Lane, c.User}, "/api/plates/channels", site.UseChannels, b)
}

// rematched is one line of a dry run: what was matched then, and what would be now.
type rematched struct {
	Passage string       `json:"passage"`
	Lane    string       `json:"lane"`
	At      time.Time    `json:"at"`
	Before  match.Result `json:"before"`
	After   match.Result `json:"after"`
}

// try matches the newest passages of the archive through the channels in force and through
// set, against the declarations that those passages have, and prints those whose answer
// differs. What is in force stands in the journal of --data; without one, and in passages of
// other lanes than it has, it is the start channel.
func (c *channelUseCmd) try(ctx context.Context, s *std, set *plate.Channels) error {
	if c.Data == "" && c.Store == "" {
		return usage{errors.New("where: --dry-run wants --data or --store")}
	}
	inForce := map[string]*plate.Channels{}
	if c.Data != "" {
		var err error
		if inForce, err = site.ChannelsInForce(ctx, c.Data); err != nil && !errors.Is(err, os.ErrNotExist) {
			return usage{err}
		}
	}
	var all []*fusion.Passage
	known := map[string]*decl.Declaration{}
	var ds []*decl.Declaration
	q := passagesCmd{Data: c.Data, Store: c.Store, Lane: c.Lane, Zone: "UTC"}
	if q.Store != "" {
		q.Data = ""
	}
	err := everyPassage(ctx, q, max(c.Last, 1), func(p *fusion.Passage) error {
		all = append(all, p)
		if d := p.Declaration; d != nil && known[d.ID] == nil {
			known[d.ID] = d
			ds = append(ds, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	x := decl.NewIndex(1, ds)
	y := x.WithChannels(set)
	seen := map[string]*decl.Index{} // what a lane sees now
	against := map[string]bool{}
	out := bufio.NewWriter(s.out)
	enc := json.NewEncoder(out)
	var m match.Matcher
	diff, before, after := 0, tried{}, tried{}
	for _, p := range all {
		if seen[p.Lane] == nil {
			seen[p.Lane] = x.WithChannels(inForce[p.Lane])
		}
		against[nameOf(inForce[p.Lane])] = true
		e := fusion.EvidenceOf(p)
		was, now := m.Match(seen[p.Lane], e, 0, match.Prior{}), m.Match(y, e, 0, match.Prior{})
		before.add(p, was)
		after.add(p, now)
		if was.State == now.State && first(was) == first(now) && was.Auto() == now.Auto() {
			continue
		}
		diff++
		if err := enc.Encode(rematched{p.ID, p.Lane, p.Opened, was, now}); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d passages against their %d declarations, as the cameras read them\n", len(all), len(ds))
	fmt.Fprintf(s.err, "in force (%s): %s\n", strings.Join(slices.Sorted(maps.Keys(against)), ", "), before)
	fmt.Fprintf(s.err, "tried (%s): %s\n%d differ\n", nameOf(set), after, diff)
	return nil
}

// tried counts answers against the declarations that the passages have.
type tried struct{ matched, same, auto int }

func (t *tried) add(p *fusion.Passage, r match.Result) {
	if r.State != match.Matched {
		return
	}
	t.matched++
	if p.Declaration != nil && p.Declaration.ID == r.Declared[0].Declaration {
		t.same++
	}
	if r.Auto() {
		t.auto++
	}
}

func (t tried) String() string {
	return fmt.Sprintf("%d matched, %d of them to the passage's own declaration, %d sure enough for the barrier", t.matched, t.same, t.auto)
}

// nameOf is what people know channels by.
func nameOf(set *plate.Channels) string {
	if set == nil {
		return "the start channel"
	}
	return set.Version
}

func first(r match.Result) string {
	if len(r.Declared) == 0 || r.State == match.None {
		return ""
	}
	return r.Declared[0].Declaration
}
