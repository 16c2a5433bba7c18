package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"acsgd/internal/auth"
	"acsgd/sim/checkpoint"
	"acsgd/sim/scenario"
)

// realOptions say how a run on real ports is made.
type realOptions struct {
	Seed     uint64
	Pace     float64 // waiting times between vehicles are divided by it
	Site     string  // where the site file is written; "" is Dir
	Dir      string  // data of the software under test
	Command  string  // starts the software under test; {site} and {data} are replaced
	Console  string  // its address; "" is chosen and written into the site file
	Against  string  // "acsgd", or "none": no checks
	User     string
	Password string
	Log      io.Writer // takes what the software under test prints
}

// realRun is one scenario on real ports of this machine.
type realRun struct {
	opt   realOptions
	plan  *scenario.Plan
	gears []*scenario.Gear
	wires checkpoint.Wires
	watch string // folder where declarations are lodged
	site  string
}

// lead is how long the software under test has before the first vehicle.
const lead = 10 * time.Second

// runReal runs a scenario on real ports and pseudo terminals.
func runReal(ctx context.Context, sc *scenario.Scenario, opt realOptions) (*scenario.Result, error) {
	began := time.Now()
	if opt.Pace == 0 {
		opt.Pace = 1
	}
	start := began.Add(lead).Round(0)
	r := &realRun{opt: opt, plan: sc.Plan(opt.Seed, start)}
	if err := r.open(); err != nil {
		return nil, usage{err}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { r.wires.Run(ctx) })
	child, err := r.child(ctx)
	if err != nil {
		return nil, usage{err}
	}
	c, err := r.console(ctx, child)
	if err != nil {
		return nil, errors.Join(err, child.end())
	}
	err = r.drive(ctx, c, child)
	res := &scenario.Result{Scenario: sc.Name, Seed: r.plan.Seed, Mode: "real", Span: time.Since(start)}
	if err == nil && c != nil {
		err = r.judge(ctx, c, res)
	}
	res.Took = time.Since(began)
	return res, errors.Join(err, child.end())
}

// open makes instruments, ports and the site file.
func (r *realRun) open() error {
	sc := r.plan.Scenario
	links := map[string]string{}
	for i := range sc.Lanes {
		g, err := scenario.NewGear(r.plan, i+1, false, r.opt.Pace)
		if err != nil {
			return err
		}
		for _, x := range g.List {
			if links[x.Name], err = r.wire(g, x, x.Machine); err != nil {
				return fmt.Errorf("%s: %w", x.Name, err)
			}
			if x.Second != nil {
				if links[x.Name+scenario.SecondLink], err = r.wire(g, x, x.Second); err != nil {
					return fmt.Errorf("%s, second platform: %w", x.Name, err)
				}
			}
		}
		r.gears = append(r.gears, g)
	}
	if err := os.MkdirAll(r.opt.Dir, 0o750); err != nil {
		return err
	}
	r.watch = filepath.Join(r.opt.Dir, "declarations")
	if err := os.MkdirAll(r.watch, 0o750); err != nil {
		return err
	}
	head, err := r.head()
	if err != nil {
		return err
	}
	if r.site = r.opt.Site; r.site == "" {
		r.site = filepath.Join(r.opt.Dir, "site.toml")
	}
	return os.WriteFile(r.site, []byte(sc.SiteFile(head, r.gears, links)), 0o640)
}

// wire gives the machine m of instrument x its port.
func (r *realRun) wire(g *scenario.Gear, x *scenario.Instrument, m *scenario.Faulty) (string, error) {
	switch x.Link {
	case scenario.Modbus:
		return r.wires.Modbus(g.IO)
	case scenario.Serial:
		return r.wires.Serial(m)
	case scenario.ModbusTCP, scenario.ModbusOver:
		link, err := r.wires.Listen(m)
		return string(x.Link) + strings.TrimPrefix(link, "tcp") + "?timeout=100ms", err
	case scenario.ModbusRTU:
		link, err := r.wires.Serial(m)
		return string(x.Link) + strings.TrimPrefix(link, "serial") + "&timeout=100ms", err
	case scenario.Push:
		return r.wires.Push(m, m.Hangup)
	}
	return r.wires.Listen(m)
}

// head is the site file before its lanes; every listener has a free port.
func (r *realRun) head() (string, error) {
	addr := func(given string) (string, error) {
		if given != "" {
			return strings.TrimPrefix(given, "http://"), nil
		}
		return checkpoint.Free()
	}
	console, err := addr(r.opt.Console)
	if err != nil {
		return "", err
	}
	r.opt.Console = "http://" + console
	var more [3]string
	for i := range more {
		if more[i], err = addr(""); err != nil {
			return "", err
		}
	}
	return r.plan.Scenario.Head("SIM", r.opt.Dir) + fmt.Sprintf("\n[console]\nlisten = %q\n\n[metrics]\nlisten = %q\n\n[bus]\nlisten = %q\nmqtt = %q\n\n[declarations]\nwatch = %q\nevery = \"200ms\"\n",
		console, more[0], more[1], more[2], r.watch), nil
}

// process is the software under test; the zero process was started by somebody else.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// child starts the software under test, with a user of ours if none is given.
func (r *realRun) child(ctx context.Context) (*process, error) {
	p := &process{}
	if r.opt.Command == "" {
		return p, nil
	}
	if r.opt.User == "" && r.opt.Against == "acsgd" {
		users, err := auth.Open(filepath.Join(r.opt.Dir, "users"))
		if err != nil {
			return nil, err
		}
		r.opt.User, r.opt.Password = "simulator", auth.Password()
		if err := users.Set(r.opt.User, r.opt.Password, "officer"); err != nil {
			return nil, err
		}
	}
	args := strings.Fields(r.opt.Command)
	for i := range args {
		args[i] = strings.NewReplacer("{site}", r.site, "{data}", r.opt.Dir).Replace(args[i])
	}
	p.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = r.opt.Log, r.opt.Log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %q: %w", r.opt.Command, err)
	}
	p.done = make(chan struct{})
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// gone reports that the software under test has ended by itself.
func (p *process) gone() error {
	if p.cmd == nil {
		return nil
	}
	select {
	case <-p.done:
		return fmt.Errorf("the software under test has ended: %w", errors.Join(errors.New("it must run on"), p.err))
	default:
		return nil
	}
}

// end stops the software under test and waits until it has.
func (p *process) end() error {
	if p.cmd == nil || p.gone() != nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the software under test: %w", err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(15 * time.Second):
		return errors.Join(errors.New("the software under test did not stop within 15 s"), p.cmd.Process.Kill())
	}
}

// console signs in; nil where nothing is checked.
func (r *realRun) console(ctx context.Context, child *process) (*consoleClient, error) {
	if r.opt.Against != "acsgd" {
		return nil, nil
	}
	c := newConsoleClient(r.opt.Console)
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if err = child.gone(); err != nil {
			return nil, err
		}
		if err = c.login(ctx, r.opt.User, r.opt.Password); err == nil {
			return c, nil
		}
		if e := sleep(ctx, 200*time.Millisecond); e != nil {
			return nil, e
		}
	}
	return nil, fmt.Errorf("no console at %s within 30 s: %w", r.opt.Console, err)
}

// drive lets the world run until every vehicle has left or the scenario's time is over.
func (r *realRun) drive(ctx context.Context, c *consoleClient, child *process) error {
	sc := r.plan.Scenario
	papers := r.lodgeable()
	next := time.Now()
	limit, last, done := time.Time{}, time.Now(), false
	if sc.Length > 0 && sc.Traffic == nil {
		limit = r.plan.Start.Add(sc.Length)
	}
	for {
		now := time.Now().Round(0)
		for len(papers) > 0 && !papers[0].Lodged.After(now) {
			if err := r.lodge(papers[0]); err != nil {
				return err
			}
			papers = papers[1:]
		}
		all := true
		for _, g := range r.gears {
			if len(g.Step(now)) > 0 {
				last = now
			}
			all = all && g.World.Done()
		}
		if all && !done {
			done, limit = true, now.Add(5*time.Second)
		}
		if !limit.IsZero() && now.After(limit) || now.Sub(last) > stuck/3 {
			return nil
		}
		if now.After(next) {
			next = now.Add(500 * time.Millisecond)
			if err := errors.Join(child.gone(), r.decide(ctx, c)); err != nil {
				return err
			}
		}
		if err := sleep(ctx, worldStep); err != nil {
			return err
		}
	}
}

// lodgeable lists the arrivals with papers, in the order in which they are lodged.
func (r *realRun) lodgeable() []*scenario.Arrival {
	var first, later []*scenario.Arrival
	for _, a := range r.plan.Arrivals {
		switch {
		case a.Papers == nil:
		case a.Lodged.After(r.plan.Start):
			later = append(later, a)
		default:
			first = append(first, a)
		}
	}
	return append(first, later...)
}

// lodge puts a declaration into the watched folder, whole.
func (r *realRun) lodge(a *scenario.Arrival) error {
	name := filepath.Join(r.watch, strings.ToLower(a.Vehicle.ID)+".xml")
	tmp := filepath.Join(r.watch, "."+strings.ToLower(a.Vehicle.ID)+".part")
	if err := os.WriteFile(tmp, a.Papers.XML(), 0o640); err != nil {
		return fmt.Errorf("lodge the declaration of %s: %w", a.Name, err)
	}
	return os.Rename(tmp, name)
}

// decide is the simulated officer: what waits goes to secondary inspection.
func (r *realRun) decide(ctx context.Context, c *consoleClient) error {
	if c == nil || r.plan.Scenario.Officer.Decides == "nobody" {
		return nil
	}
	ps, err := c.passages(ctx, r.plan.Start, false)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Phase == "awaiting" && p.Closed.IsZero() {
			if err := c.secondary(ctx, p, r.plan.Scenario.Officer.Think); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge compares what the console shows in the end.
func (r *realRun) judge(ctx context.Context, c *consoleClient, res *scenario.Result) error {
	all, err := c.passages(ctx, r.plan.Start, true)
	if err != nil {
		return err
	}
	for _, g := range r.gears {
		var mine []*scenario.Passage
		for _, p := range all {
			if p.Lane == g.ID {
				mine = append(mine, p)
			}
		}
		res.Add(r.plan.Scenario, g.World.Passings(), mine)
	}
	return nil
}
