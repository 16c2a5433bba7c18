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
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/internal/campaign"
	"acsgd/internal/config"
	"acsgd/internal/document"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/site"
)

type verifyCmd struct {
	Example verifyExampleCmd `cmd:"" help:"Print the definition of a campaign, to be filled in."`
	Plan    verifyPlanCmd    `cmd:"" help:"List the runs that a campaign needs, to tick off."`
	Run     verifyRunCmd     `cmd:"" help:"Guide through the runs and show each error at once."`
	Report  verifyReportCmd  `cmd:"" help:"Compute the report: all errors, classes reached, certificate. Exit 1 unless passed."`
}

// Help says more.
func (verifyCmd) Help() string {
	return "The tables of permitted errors are from memory until somebody has compared them with the standard: the report shows every error, says \"" +
		metrology.NotVerified + "\", and names no class and makes no certificate. With --simulator it does, marked as a simulator's, and a site that enforces refuses it.\n\n" +
		"The site file names the certificate beside its scale: certificate = \"FILE\". A site that enforces judges nothing that a scale weighed without a valid one, or at a speed that it does not cover."
}

type verifyExampleCmd struct{}

// Run prints the example.
func (verifyExampleCmd) Run(s *std) error {
	_, err := io.WriteString(s.out, campaign.Example)
	return err
}

type verifyPlanCmd struct {
	Campaign string `arg:"" help:"The campaign's definition, TOML; or a campaign that is kept, JSON: then what it needs still."`
}

// Run prints the plan.
func (v *verifyPlanCmd) Run(s *std) error {
	c, err := readCampaign(v.Campaign)
	if err != nil {
		return usage{err}
	}
	return campaign.Plan(s.out, c)
}

// readCampaign reads a definition or a kept campaign.
func readCampaign(path string) (*metrology.Campaign, error) {
	if filepath.Ext(path) == ".toml" {
		return campaign.Define(path)
	}
	b, err := campaign.Read(path)
	if err != nil {
		return nil, err
	}
	return &b.Campaign, nil
}

type verifyRunCmd struct {
	Data      string            `help:"Directory of the running site that has the scale: its weighings are taken from the journal." placeholder:"DIR"`
	Config    string            `short:"c" help:"Site file with the scale, where the site itself is not running."`
	Device    string            `help:"Name of the scale in the site; default: the campaign's."`
	Driver    string            `help:"Without a site file: driver kind of the scale."`
	Link      string            `help:"Without a site file: its link URL, as for 'probe'."`
	Set       map[string]string `help:"Without a site file: a setting, KEY=VALUE." mapsep:"none"`
	Input     string            `help:"Runs from a file instead of a scale, '-' is standard input." placeholder:"FILE"`
	State     string            `help:"Where the campaign is kept; default: beside the definition, .json." placeholder:"FILE"`
	Simulator bool              `help:"The scale is simulated: name classes by limits from memory."`
	Campaign  string            `arg:"" help:"The campaign's definition, TOML; see 'verify example'."`
}

// Help says more.
func (verifyRunCmd) Help() string {
	return `Each vehicle that the scale weighs is taken for the run that was asked for, and kept before it is shown; a campaign that was interrupted goes on where it was.

With --data the site goes on as ever and keeps the scale's link; what was weighed before this program started, or while it did not run, is no run.

While it runs, type:
  vehicle ID          the next run is of this vehicle
  position POSITION   the next run is at the middle, left or right
  discard [N] REASON  the last run, or run N, does not count
  quit                end; the campaign is kept

--input takes JSON lines: observations as of 'acsgd decode --vehicles', and between them
  {"drive":{"vehicle":"ID","position":"left"}}  instead of the planned run
  {"discard":{"run":3,"reason":"braked"}}       0 is the last`
}

// Run drives a campaign.
func (v *verifyRunCmd) Run(ctx context.Context, s *std, log *slog.Logger) error {
	c, err := campaign.Define(v.Campaign)
	if err != nil {
		return usage{err}
	}
	path := v.State
	if path == "" {
		path = campaign.StatePath(v.Campaign)
	}
	book, err := campaign.Open(c, path, v.Simulator)
	if err != nil {
		return usage{err}
	}
	t := &tester{std: s, book: book}
	if why := book.Withheld(); why != "" {
		fmt.Fprintf(s.err, "acsgd: %s: no class is named and no certificate issued\n", why)
	}
	if v.Input != "" {
		in, err := open(s, v.Input)
		if err != nil {
			return usage{err}
		}
		defer in.Close()
		if err := t.lines(in); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%d runs in %s\n", len(book.Campaign.Runs), path)
		if t.faults > 0 {
			return errFaults
		}
		return nil
	}
	t.weighed, t.ended = make(chan obs.Observation), make(chan struct{})
	name := c.Device
	if v.Device != "" {
		name = v.Device
	}
	if v.Data != "" {
		f, err := follow(ctx, v.Data, name, v.Simulator)
		if err != nil {
			return usage{err}
		}
		defer f.r.Close()
		return t.live(ctx, s.in, func(ctx context.Context) error { return f.Run(ctx, t.emit) })
	}
	sup, src, err := v.scale(s, log, name, t)
	if err != nil {
		return usage{err}
	}
	return t.live(ctx, s.in, func(ctx context.Context) error { return sup.Run(ctx, src) })
}

// scale makes the scale's source, which tells the tester what it weighs.
func (v *verifyRunCmd) scale(s *std, log *slog.Logger, name string, t *tester) (*devices.Supervisor, devices.Source, error) {
	sec := devices.Section{Driver: v.Driver, Link: v.Link, Decode: (&decodeCmd{Set: v.Set}).settings}
	if v.Config != "" {
		var err error
		if sec, err = deviceSection(v.Config, name); err != nil {
			return nil, nil, err
		}
	} else if v.Driver == "" || v.Link == "" {
		return nil, nil, errors.New("which scale: want --data DIR of a running site, -c SITE, or --driver and --link, or --input")
	}
	drv, err := site.Find(catalog.Drivers(), sec.Driver)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(drv.Kind, "wim/") {
		return nil, nil, fmt.Errorf("%s is no scale", drv.Kind)
	}
	sup := devices.NewSupervisor(devices.Supervision{Name: drv.Kind, Log: log, Emit: t.emit})
	env := sup.Env(devices.Env{Keep: hashOnly, Report: func(e *obs.DecodeError) { fmt.Fprintln(s.err, e) }})
	src, err := drv.New(sec, env)
	return sup, src, err
}

// deviceSection finds a device in a site file.
func deviceSection(path, name string) (devices.Section, error) {
	f, err := config.Read(path)
	if err != nil {
		return devices.Section{}, err
	}
	n := 0
	for i := range f.Lanes {
		for k := range f.Lanes[i].Devices {
			d, at := &f.Lanes[i].Devices[k], n
			n++
			if d.Name == name {
				return devices.Section{Driver: d.Driver, Link: d.Link, Station: fmt.Sprintf("%dmm", d.Station), Dir: f.Dir(),
					Decode: func(v any) error { return f.DecodeSettings("lane.device", at, d, v) }}, nil
			}
		}
	}
	return devices.Section{}, fmt.Errorf("%s has no device %q", path, name)
}

// tester tells an engineer what to drive and shows what the scale said.
type tester struct {
	*std
	book    *campaign.Book
	faults  int
	weighed chan obs.Observation
	ended   chan struct{} // nobody takes what is weighed any more
}

// emit hands an observation to whoever follows the scale.
func (t *tester) emit(o obs.Observation, done func(error)) {
	select {
	case t.weighed <- o:
	case <-t.ended:
	}
	if done != nil {
		done(nil)
	}
}

// ask says which run comes next.
func (t *tester) ask() {
	d, ok := t.book.Next()
	if !ok {
		fmt.Fprintln(t.out, "all runs are driven; 'acsgd verify report' computes the classes")
		return
	}
	fmt.Fprintf(t.out, "next, run %d: %s (%d more)\n", len(t.book.Campaign.Runs)+1, campaign.Told(d), len(metrology.Plan(&t.book.Campaign)))
}

// take takes one observation and shows the run that it completes.
func (t *tester) take(o *obs.Observation) (bool, error) {
	w, ok := o.Body.(*obs.Weighing)
	if !ok {
		if h, ok := o.Body.(*obs.Health); ok {
			fmt.Fprintln(t.err, "the scale is "+string(h.State)+" "+h.Reason)
		}
		return false, nil
	}
	r, err := t.book.Weighed(o.Stamp.At, w)
	if r == nil || err != nil {
		return false, err
	}
	rep := t.book.Report()
	return true, campaign.Tested(t.out, r, &rep.Runs[len(rep.Runs)-1])
}

func (t *tester) fault(err error) {
	t.faults++
	fmt.Fprintln(t.err, "acsgd:", err)
}

// live follows a scale, which emits while run runs, and what the engineer types.
func (t *tester) live(ctx context.Context, in io.Reader, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(ctx); close(done) }()
	defer func() {
		cancel()
		close(t.ended)
		for range done { // the link is closed when it has ended
		}
	}()
	typed := make(chan string)
	go func() { // ends with its input, or with the process: a terminal cannot be interrupted
		sc := bufio.NewScanner(in)
		for sc.Scan() {
			select {
			case typed <- sc.Text():
			case <-t.ended:
				return
			}
		}
	}()
	t.ask()
	for {
		select {
		case err := <-done:
			return err
		case o := <-t.weighed:
			run, err := t.take(&o)
			if err != nil {
				t.fault(err)
			}
			if run {
				t.ask()
			}
		case text := <-typed:
			quit, err := t.command(text)
			if err != nil {
				fmt.Fprintln(t.err, "acsgd:", err)
			}
			if quit {
				return nil
			}
			t.ask()
		}
	}
}

// command does what was typed.
func (t *tester) command(text string) (quit bool, err error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "":
		return false, nil
	case "quit":
		return true, nil
	case "vehicle":
		return false, t.book.Choose(rest, "")
	case "position":
		return false, t.book.Choose("", metrology.Position(rest))
	case "discard":
		first, reason, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(first); err == nil {
			return false, t.discard(n, strings.TrimSpace(reason))
		}
		return false, t.discard(0, rest)
	}
	return false, fmt.Errorf("%q: want vehicle, position, discard or quit", word)
}

// discard takes a run out; 0 is the last.
func (t *tester) discard(n int, reason string) error {
	if runs := t.book.Campaign.Runs; n == 0 && len(runs) > 0 {
		n = runs[len(runs)-1].N
	}
	if err := t.book.Discard(n, reason); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "run %d discarded: %s\n", n, reason)
	return nil
}

// input is one line of --input.
type input struct {
	Kind     obs.Kind      `json:"kind"`
	At       time.Time     `json:"at"`
	Weighing *obs.Weighing `json:"weighing"`
	Drive    *struct {
		Vehicle  string             `json:"vehicle"`
		Position metrology.Position `json:"position"`
	} `json:"drive"`
	Discard *struct {
		Run    int    `json:"run"`
		Reason string `json:"reason"`
	} `json:"discard"`
	Error json.RawMessage `json:"error"`
}

// lines takes runs from JSON lines. What cannot be read is a fault with its line, and the
// others go on.
func (t *tester) lines(in io.Reader) error {
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 0, 64<<10), 4<<20)
	for n := 1; sc.Scan(); n++ {
		if len(strings.TrimSpace(sc.Text())) == 0 {
			continue
		}
		if err := t.line(sc.Bytes()); err != nil {
			t.fault(fmt.Errorf("input, line %d: %w", n, err))
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	return nil
}

func (t *tester) line(b []byte) error {
	var x input
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	switch {
	case x.Weighing != nil:
		_, err := t.take(&obs.Observation{Stamp: obs.Stamp{At: x.At}, Body: x.Weighing})
		return err
	case x.Drive != nil:
		return t.book.Choose(x.Drive.Vehicle, x.Drive.Position)
	case x.Discard != nil:
		return t.discard(x.Discard.Run, x.Discard.Reason)
	case x.Error != nil:
		return fmt.Errorf("the scale's bytes: %s", x.Error)
	case x.Kind != "":
		return nil // of no scale
	}
	return errors.New("neither an observation nor drive nor discard")
}

type verifyReportCmd struct {
	JSON        string `help:"Write the report as JSON, '-' is standard output. Its SHA-256 stands in PDF and certificate." placeholder:"FILE"`
	PDF         string `name:"pdf" help:"Write the report as PDF, with lines for signatures." placeholder:"FILE"`
	Lang        string `default:"kk" enum:"kk,ru,en" help:"Language of the PDF: kk, ru or en."`
	Certificate string `help:"Write a certificate for the site file, if the campaign has passed." placeholder:"FILE"`
	Number      string `help:"Number of the certificate."`
	Issuer      string `help:"Who issues it."`
	Issued      string `help:"Its first day; default: that of the last run, UTC." placeholder:"YYYY-MM-DD"`
	Expires     string `help:"Its last day." placeholder:"YYYY-MM-DD"`
	Campaign    string `arg:"" help:"The campaign as 'verify run' keeps it, JSON."`
}

// Run computes the report.
func (v *verifyReportCmd) Run(s *std) error {
	book, err := campaign.Read(v.Campaign)
	if err != nil {
		return usage{err}
	}
	rep := book.Report()
	if v.JSON != "-" {
		if err := campaign.Report(s.out, rep); err != nil {
			return err
		}
	}
	b, err := json.Marshal(rep)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	switch v.JSON {
	case "":
	case "-":
		_, err = fmt.Fprintf(s.out, "%s\n", b)
	default:
		err = os.WriteFile(v.JSON, b, 0o640)
	}
	if err == nil && v.PDF != "" {
		err = v.pdf(rep)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if v.Certificate != "" {
		if err := v.issue(rep, sha256.Sum256(b)); err != nil {
			return err
		}
	}
	if !rep.Passed {
		return errFaults
	}
	return nil
}

func (v *verifyReportCmd) pdf(rep *metrology.Report) error {
	b, err := document.Verification(rep, document.Lang(v.Lang))
	if err != nil {
		return err
	}
	return os.WriteFile(v.PDF, b, 0o640)
}

// issue writes the certificate.
func (v *verifyReportCmd) issue(rep *metrology.Report, sum [32]byte) error {
	issued := v.Issued
	if runs := rep.Campaign.Runs; issued == "" && len(runs) > 0 {
		issued = runs[len(runs)-1].At.UTC().Format(time.DateOnly)
	}
	c, err := metrology.Issue(rep, v.Number, v.Issuer, issued, v.Expires, hex.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode certificate: %w", err)
	}
	if err := os.WriteFile(v.Certificate, append(b, '\n'), 0o640); err != nil {
		return fmt.Errorf("write certificate: %w", err)
	}
	return nil
}
