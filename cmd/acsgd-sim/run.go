package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"acsgd/sim/scenario"
)

type runCmd struct {
	Scenarios []string      `arg:"" name:"scenario" help:"Shipped scenarios or files; 'all' is every shipped one that takes less than an hour of simulated time."`
	Seed      uint64        `help:"Seed; 0 takes the scenario's."`
	Length    time.Duration `help:"Simulate so much instead of what the scenario says; traffic comes until then." placeholder:"TIME"`
	Speed     float64       `help:"In virtual time: simulated seconds a second, 0 is as fast as it goes. On real ports: waiting between vehicles is so much shorter, vehicles and instruments keep their speed."`
	Report    string        `help:"Write a JUnit report to this file." placeholder:"FILE"`
	InProcess bool          `help:"Run drivers, core and law in this process, in virtual time, without sockets."`
	Journal   string        `help:"With --in-process: write the site's journal and evidence into this new directory, for 'acsgd replay' and 'acsgd audit verify'." placeholder:"DIR"`
	Site      string        `help:"On real ports: write the site file of the software under test here; default DATA/site.toml." placeholder:"FILE"`
	Data      string        `help:"On real ports: data directory of the software under test; default a new temporary one, removed at the end." placeholder:"DIR"`
	Command   string        `help:"On real ports: start the software under test as a child, for example 'acsgd run -c {site}'; {site} and {data} are replaced." placeholder:"CMD"`
	Console   string        `help:"On real ports: its console's address; default a free port, written into the site file." placeholder:"HOST:PORT"`
	Against   string        `help:"On real ports: 'acsgd' checks what its console shows, 'none' checks nothing." enum:"acsgd,none" default:"acsgd"`
	User      string        `help:"Officer that signs in at the console; default one of our own, made in DATA."`
	Password  string        `help:"Its password." env:"ACSGD_SIM_PASSWORD"`
	Workers   int           `help:"With --in-process: lanes that run at once; 0 is one a processor." default:"0"`
	Trace     string        `help:"With --in-process: write every output of every lane as a line into this file." placeholder:"FILE"`
	Verbose   bool          `short:"v" help:"Say what was reported of every vehicle."`
}

// Run runs scenarios one after the other.
func (r *runCmd) Run(ctx context.Context, s *std) error {
	list, err := load(r.Scenarios)
	if err != nil {
		return usage{err}
	}
	if r.Journal != "" && len(list) > 1 {
		return usage{errors.New("--journal takes one scenario")}
	}
	if r.Length < 0 {
		return usage{fmt.Errorf("--length %v: want 0 or more", r.Length)}
	}
	if r.Speed < 0 {
		return usage{fmt.Errorf("--speed %g: want 0 or more", r.Speed)}
	}
	var results []*scenario.Result
	for _, sc := range list {
		seed := r.Seed
		if seed == 0 {
			seed = sc.Seed
		}
		if r.Length > 0 {
			sc.Length = r.Length
		}
		fmt.Fprintf(s.out, "scenario %s seed %d\n", sc.Name, seed)
		res, err := r.one(ctx, s, sc, seed)
		if err != nil {
			return err
		}
		res.Print(s.out)
		results = append(results, res)
	}
	if r.Report != "" {
		if err := writeReport(r.Report, results); err != nil {
			return usage{err}
		}
	}
	for _, res := range results {
		if _, faults := res.Failed(); faults > 0 {
			return errFaults
		}
	}
	return nil
}

// one runs one scenario.
func (r *runCmd) one(ctx context.Context, s *std, sc *scenario.Scenario, seed uint64) (res *scenario.Result, err error) {
	if !r.InProcess {
		return r.real(ctx, s, sc, seed)
	}
	workers := r.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	opt := virtualOptions{Seed: seed, Journal: r.Journal, Workers: workers, Pace: r.Speed}
	if r.Trace != "" {
		f, err := os.Create(r.Trace)
		if err != nil {
			return nil, usage{err}
		}
		w := bufio.NewWriterSize(f, 1<<20)
		opt.Trace = w
		defer func() { err = errors.Join(err, w.Flush(), f.Close()) }()
	}
	v, err := runVirtual(ctx, sc, opt)
	if err != nil {
		return nil, err
	}
	n := len(v.Outcomes)
	fmt.Fprintf(s.out, "%v of %d lanes in %v, %.0f vehicles/s; %d events, %d inputs, %d outputs, %.1f MB of frames, %d decode errors; decisions %.16s\n",
		v.Span.Round(time.Second), sc.Lanes, v.Took.Round(time.Millisecond), float64(n)/v.Took.Seconds(),
		v.Counts.Events, v.Counts.Inputs, v.Counts.Outputs, float64(v.Counts.Bytes)/1e6, v.Counts.Errors, v.Digest)
	if r.Verbose {
		v.Describe(s.out)
	}
	return v.Result, nil
}

// real runs one scenario on real ports.
func (r *runCmd) real(ctx context.Context, s *std, sc *scenario.Scenario, seed uint64) (res *scenario.Result, err error) {
	if r.Command == "" && r.Against == "acsgd" && r.User == "" {
		return nil, usage{errors.New("give --command to start the software under test, --user and --password of one that runs, or --against none")}
	}
	dir := r.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "acsgd-sim-"); err != nil {
			return nil, usage{err}
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	res, err = runReal(ctx, sc, realOptions{Seed: seed, Pace: r.Speed, Site: r.Site, Dir: dir, Command: r.Command, Console: r.Console,
		Against: r.Against, User: r.User, Password: r.Password, Log: s.err})
	if err == nil && r.Verbose {
		res.Describe(s.out)
	}
	return res, err
}

func load(names []string) ([]*scenario.Scenario, error) {
	var list []*scenario.Scenario
	var errs []error
	for _, name := range names {
		some := []string{name}
		if name == "all" {
			some = scenario.Names()
		}
		for _, x := range some {
			sc, err := scenario.Load(x)
			if err == nil && name == "all" && sc.Length >= time.Hour {
				continue
			}
			list, errs = append(list, sc), append(errs, err)
		}
	}
	return list, errors.Join(errs...)
}

func writeReport(path string, results []*scenario.Result) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	err = errors.Join(scenario.JUnit(f, results), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("report %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

type scenariosCmd struct {
	Name string `arg:"" optional:"" help:"Print this scenario's file."`
}

// Run lists scenarios.
func (c *scenariosCmd) Run(s *std) error {
	if c.Name != "" {
		b, err := scenario.Text(c.Name)
		if err != nil {
			return usage{fmt.Errorf("there is no scenario %q", c.Name)}
		}
		_, err = s.out.Write(b)
		return err
	}
	for _, name := range scenario.Names() {
		sc, err := scenario.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%-20s seed %-6d lanes %-3d %s\n", name, sc.Seed, sc.Lanes, sc.Title)
	}
	return nil
}

type recordCmd struct {
	Scenario string `arg:"" help:"A shipped scenario or a file."`
	Dir      string `arg:"" help:"Directory for the record files."`
	Seed     uint64 `help:"Seed; 0 takes the scenario's."`
}

// Run records a scenario in virtual time: a file for each instrument with a byte stream.
func (c *recordCmd) Run(ctx context.Context, s *std) error {
	sc, err := scenario.Load(c.Scenario)
	if err != nil {
		return usage{err}
	}
	v, err := runVirtual(ctx, sc, virtualOptions{Seed: c.Seed, Record: c.Dir, Workers: 1})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "scenario %s seed %d: %d vehicles, %v, %.1f MB of frames recorded in %s\n", sc.Name, v.Seed, len(v.Outcomes), v.Span, float64(v.Counts.Bytes)/1e6, c.Dir)
	return nil
}
