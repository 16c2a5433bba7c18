// Command acsgd-sim is the hardware simulator: a checkpoint with vehicles, instruments and
// faults, for any software under test.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // minimal machines have no zone files

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// Exit codes: as expected, missed or false findings, usage.
const (
	exitFine   = 0
	exitFaults = 1
	exitUsage  = 2
)

var errFaults = errors.New("not as expected")

// usage marks an error of usage or configuration.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

type std struct{ out, err io.Writer }

var discard = slog.New(slog.DiscardHandler)

type cli struct {
	Run        runCmd        `cmd:"" help:"Run scenarios against the software under test, or with --in-process in virtual time."`
	Scenarios  scenariosCmd  `cmd:"" help:"List the shipped scenarios, or print one."`
	Roc        rocCmd        `cmd:"" name:"roc" help:"How often weak radioactive sources are found, at equal false alarms, by the portal's rule and by the engine."`
	Matchbench matchbenchCmd `cmd:"" name:"matchbench" help:"How well plate reads find their declared plate: our matcher against others on the same reads."`
	Record     recordCmd     `cmd:"" help:"Record what the instruments of a scenario say, a file each, for replay: links."`
}

func run(args []string, out, errw io.Writer) int {
	var c cli
	code, exited := 0, false
	p, err := kong.New(&c, kong.Name("acsgd-sim"), kong.Writers(out, errw), kong.UsageOnError(),
		kong.Description("A simulated checkpoint: vehicles with known truth, instruments on real ports or in virtual time, faults on demand."),
		kong.Exit(func(n int) { code, exited = n, true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errw, "acsgd-sim:", err)
		return exitUsage
	}
	kc, err := p.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintln(errw, "acsgd-sim:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	kc.BindTo(ctx, (*context.Context)(nil))
	err = kc.Run(&std{out, errw})
	if _, ok := errors.AsType[usage](err); ok {
		fmt.Fprintln(errw, "acsgd-sim:", err)
		return exitUsage
	}
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errFaults):
		return exitFaults
	}
	fmt.Fprintln(errw, "acsgd-sim:", err)
	return exitFaults
}
