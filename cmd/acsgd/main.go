// Command acsgd is the checkpoint node and the engineer's tools around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // minimal machines have no zone files, and Kazakhstan's zone has changed

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit codes of the command contract: fine, the input has faults, usage or configuration.
const (
	exitFine   = 0
	exitFaults = 1
	exitUsage  = 2
)

// errFaults says that every fault has been reported already.
var errFaults = errors.New("the input has faults")

// usage marks an error of usage or configuration.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// std are the streams of a command.
type std struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

type cli struct {
	Verbose bool             `short:"v" help:"Log dialogue and frames."`
	Version kong.VersionFlag `help:"Print the version."`

	Demo         demoCmd         `cmd:"" help:"Run a checkpoint of four lanes with simulated hardware on real wires."`
	Run          runCmd          `cmd:"" help:"Run the checkpoint that a site file describes."`
	Centre       centreCmd       `cmd:"" help:"Run central monitoring: the records of all sites."`
	Check        checkCmd        `cmd:"" help:"Check a site file; every problem with file and line."`
	Drivers      driversCmd      `cmd:"" help:"List the drivers, or print one driver's manual."`
	Probe        probeCmd        `cmd:"" help:"Show live what one instrument says."`
	Record       recordCmd       `cmd:"" help:"Record the raw bytes of a link; replay:FILE plays them back."`
	Decode       decodeCmd       `cmd:"" help:"Decode the bytes that one device sent."`
	Passages     passagesCmd     `cmd:"" help:"List the passages of an archive: all that one instrument measured in a period."`
	Replay       replayCmd       `cmd:"" help:"Recompute all verdicts of a journal and print differences."`
	Audit        auditCmd        `cmd:"" help:"Check the hash chain and the evidence of a journal."`
	Declarations declarationsCmd `cmd:"" help:"Check or import customs declarations."`
	Match        matchCmd        `cmd:"" help:"Match plate reads to declared plates."`
	Plates       platesCmd       `cmd:"" help:"Read number plates in pictures, or measure how well they are read."`
	Radiation    radiationCmd    `cmd:"" help:"Radiation: recordings, vehicles' shadows, documents of N42.42, alarms."`
	Weighings    weighingsCmd    `cmd:"" help:"Export or import the weighings of vehicles."`
	Rules        rulesCmd        `cmd:"" help:"Judge vehicles by a rule pack, or explain a judgement."`
	Verify       verifyCmd       `cmd:"" help:"Test the accuracy of a scale by OIML R 134: plan, runs, report, certificate."`
	Document     documentCmd     `cmd:"" help:"Print papers of passages, and verify them."`
	User         userCmd         `cmd:"" help:"Make, list and remove users."`
	Worker       workerCmd       `cmd:"" name:"vision-worker" hidden:""`
}

// build is the version from the module and the revision it was built of.
func build() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := bi.Main.Version
	for _, s := range bi.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v = s.Value[:12]
		}
	}
	return v
}

// run is the program; it never exits the process by itself except for --help.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	var c cli
	code, exited := 0, false
	p, err := kong.New(&c, kong.Name("acsgd"), kong.Vars{"version": build()}, kong.Writers(out, errw), kong.UsageOnError(),
		kong.Description("ACSGD joins the instruments of a border lane with the customs declaration and the officer's decision."),
		kong.Exit(func(n int) { code, exited = n, true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errw, "acsgd:", err)
		return exitUsage
	}
	kc, err := p.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintln(errw, "acsgd:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)   // a second signal ends the process at once
	signal.Ignore(syscall.SIGXFSZ) // a limit on file sizes is an error of the write, as a full disk is, not an end
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(errw, &slog.HandlerOptions{Level: level}))
	kc.BindTo(ctx, (*context.Context)(nil))
	err = kc.Run(&std{in, out, errw}, log)
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return exitFine
	case errors.Is(err, errFaults):
		return exitFaults
	}
	fmt.Fprintln(errw, "acsgd:", err)
	if _, ok := errors.AsType[usage](err); ok {
		return exitUsage
	}
	return exitFaults
}
