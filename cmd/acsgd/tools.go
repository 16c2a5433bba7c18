package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/site"
	"acsgd/lanes"

	"path/filepath"

	"acsgd/fusion"
)

type driversCmd struct {
	Kind   string `arg:"" optional:"" help:"Print this driver's manual and example."`
	Schema bool   `help:"Print the JSON Schema of what the device must send, and nothing else."`
}

// Run lists drivers.
func (d *driversCmd) Run(s *std) error {
	if d.Kind == "" && d.Schema {
		return usage{errors.New("--schema wants a driver")}
	}
	if d.Kind == "" {
		for _, x := range catalog.Drivers() {
			fmt.Fprintf(s.out, "%-22s %s\n", x.Kind, x.Summary)
		}
		return nil
	}
	x, err := site.Find(catalog.Drivers(), d.Kind)
	if err != nil {
		return usage{err}
	}
	if d.Schema && x.Schema == "" {
		return usage{fmt.Errorf("%s speaks its device's own protocol: it has no JSON Schema", x.Kind)}
	}
	if d.Schema {
		fmt.Fprint(s.out, x.Schema)
		return nil
	}
	fmt.Fprintf(s.out, "%s: %s\n\n%s\n\nExample:\n\n%s\n", x.Kind, x.Summary, strings.TrimSpace(x.Manual), strings.TrimSpace(x.Example))
	return nil
}

type probeCmd struct {
	Driver string            `required:"" help:"Driver kind."`
	Link   string            `required:"" help:"Link URL: serial:/dev/ttyS4?baud=9600, tcp:10.1.2.3:4001, listen:0.0.0.0:5001, modbus+tcp:10.1.2.3:502, replay:FILE, as in the driver's manual."`
	Set    map[string]string `help:"A setting, KEY=VALUE; of rpm/generic file=MAP.toml holds the whole format." mapsep:"none"`
}

// Run shows live observations of one instrument until interrupted.
func (p *probeCmd) Run(ctx context.Context, s *std, log *slog.Logger) error {
	drv, err := site.Find(catalog.Drivers(), p.Driver)
	if err != nil {
		return usage{err}
	}
	out := &printer{w: bufio.NewWriter(s.out), kind: drv.Kind}
	emit := func(o obs.Observation, done func(error)) {
		out.observation(o)
		err := out.w.Flush()
		if done != nil {
			done(err)
		}
	}
	sup := devices.NewSupervisor(devices.Supervision{Name: drv.Kind, Log: log, Emit: emit})
	env := sup.Env(devices.Env{Stream: true, Keep: hashOnly, Report: func(e *obs.DecodeError) { fmt.Fprintln(s.err, e) }})
	d := decodeCmd{Set: p.Set}
	src, err := drv.New(devices.Section{Driver: drv.Kind, Link: p.Link, Decode: d.settings}, env)
	if err != nil {
		return usage{err}
	}
	return sup.Run(ctx, src)
}

type recordCmd struct {
	Link string `required:"" help:"Link URL."`
	File string `arg:"" help:"The record file to write."`
}

// Run records what a link carries, without speaking itself.
func (r *recordCmd) Run(ctx context.Context, s *std) (err error) {
	open, err := line.Parse(r.Link)
	if err != nil {
		return usage{err}
	}
	f, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return usage{fmt.Errorf("record file: %w", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c, err := line.Record(open, f)(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", r.Link, err)
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	buf, total := make([]byte, 64<<10), 0
	last := time.Now()
	for {
		if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			return err
		}
		n, err := c.Read(buf)
		total += n
		if time.Since(last) > time.Second {
			fmt.Fprintf(s.err, "\r%d bytes", total)
			last = time.Now()
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			fmt.Fprintf(s.err, "\r%d bytes in %s\n", total, r.File)
			return nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("read %s: %w", r.Link, err)
		}
	}
}

type replayCmd struct {
	Raw bool   `help:"Also compute axles and profiles again from the raw traces."`
	Dir string `arg:"" help:"A site's data directory, or its journal directory."`
}

// journalDir accepts both the data directory and the journal's own.
func journalDir(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "journal", journal.FileName)); err == nil {
		return filepath.Join(dir, "journal")
	}
	return dir
}

// Run replays a journal.
func (r *replayCmd) Run(ctx context.Context, s *std) error {
	start := time.Now()
	dir := journalDir(r.Dir)
	if _, err := os.Stat(filepath.Join(dir, journal.FileName)); err != nil {
		return usage{fmt.Errorf("no journal in %s: %w", r.Dir, err)}
	}
	raw := &rawCheck{}
	var each func(*journal.Record, []fusion.Output)
	if r.Raw {
		keep, err := evidence.Open(filepath.Join(filepath.Dir(dir), "evidence"))
		if err != nil {
			return usage{err}
		}
		defer keep.Close()
		raw.keep = keep
		each = func(rec *journal.Record, _ []fusion.Output) { raw.row(rec) }
	}
	rep, err := lanes.Replay(ctx, dir, each)
	if err != nil {
		return err
	}
	for _, d := range rep.Differences {
		b, err := json.Marshal(map[string]any{"row": d.N, "lane": d.Lane, "seq": d.Seq, "journal": hex.EncodeToString(d.Want[:]), "now": hex.EncodeToString(d.Got[:])})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, string(b))
	}
	for _, e := range raw.faults {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, string(b))
	}
	fmt.Fprintf(s.err, "%d rows, %d inputs, %d verdict digests compared, %d differ; %d raw traces computed again, %d differ; %v\n",
		rep.Rows, rep.Inputs, rep.Digests, len(rep.Differences), raw.n, len(raw.faults), time.Since(start).Round(time.Millisecond))
	if len(rep.Differences) > 0 {
		if err := why(ctx, s.err, dir, &rep); err != nil {
			return err
		}
	}
	if len(rep.Differences)+len(raw.faults) > 0 {
		return errFaults
	}
	return nil
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check the hash chain and that all evidence it names is whole."`
}

type auditVerifyCmd struct {
	Dir string `arg:"" help:"A site's data directory, or its journal directory."`
}

// Run verifies a journal and its evidence.
func (a *auditVerifyCmd) Run(ctx context.Context, s *std) error {
	dir := journalDir(a.Dir)
	rep, err := journal.Verify(ctx, dir)
	if err != nil {
		return usage{err}
	}
	line := map[string]any{"epoch": rep.Epoch, "rows": rep.Rows, "head": hex.EncodeToString(rep.Head[:]), "ok": rep.Broken == 0}
	if rep.Broken != 0 {
		line["broken_row"], line["reason"] = rep.Broken, rep.Reason
	}
	found, err := verifyEvidence(ctx, dir)
	if err != nil {
		return err
	}
	line["evidence"] = found.n
	if len(found.bad) > 0 {
		line["evidence_broken"], line["ok"] = found.bad, false
	}
	if found.unnamed > 0 {
		line["attachments_unnamed"] = found.unnamed
	}
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, string(b))
	if line["ok"] == false {
		return errFaults
	}
	return nil
}

// checkedEvidence is what "audit verify" finds of the evidence that a journal names.
type checkedEvidence struct {
	n       int      // blobs that observations and orders name
	bad     []string // those that are missing or changed
	unnamed int      // uploaded files of inspections that no order names
}

// verifyEvidence re-reads every blob that a durable observation or order names, and counts
// what was uploaded for an inspection and never named by its order: it is kept, and is no
// result.
func verifyEvidence(ctx context.Context, dir string) (c checkedEvidence, err error) {
	path := filepath.Join(filepath.Dir(dir), "evidence")
	if _, err := os.Stat(path); err != nil {
		return c, nil // a journal that was copied alone
	}
	keep, err := evidence.Open(path)
	if err != nil {
		return c, err
	}
	defer keep.Close()
	r, err := journal.OpenReader(ctx, dir)
	if err != nil {
		return c, err
	}
	defer r.Close()
	seen, uploaded := map[string]bool{}, map[string]bool{}
	for rec, err := range r.Records(ctx, 0) {
		if err != nil {
			return c, err
		}
		blobs, upload, err := named(&rec)
		if err != nil {
			return c, fmt.Errorf("row %d: %w", rec.N, err)
		}
		if upload != "" {
			uploaded[upload] = true
		}
		for _, sum := range blobs {
			if seen[sum] {
				continue
			}
			seen[sum] = true
			c.n++
			if err := keep.Verify(sum); err != nil {
				c.bad = append(c.bad, fmt.Sprintf("row %d: %v", rec.N, err))
			}
		}
	}
	for sum := range uploaded {
		if !seen[sum] {
			c.unnamed++
		}
	}
	return c, nil
}

// named gives the blobs that a row names, and the one that it tells to be uploaded.
func named(rec *journal.Record) (blobs []string, upload string, err error) {
	switch rec.Kind {
	case lanes.KindSeen:
		var o struct {
			Blobs []obs.Blob `json:"blobs"`
		}
		err = json.Unmarshal(rec.Payload, &o)
		for _, b := range o.Blobs {
			blobs = append(blobs, b.SHA256)
		}
	case lanes.KindOrdered:
		var o fusion.Order
		if err = json.Unmarshal(rec.Payload, &o); err == nil && o.Inspection != nil {
			for _, a := range o.Inspection.Evidence {
				blobs = append(blobs, a.SHA256)
			}
		}
	case lanes.KindUser:
		var u struct {
			Kind   string `json:"kind"`
			Detail string `json:"detail"`
		}
		if err = json.Unmarshal(rec.Payload, &u); u.Kind == "attachment" {
			_, upload, _ = strings.Cut(u.Detail, " ")
		}
	}
	return blobs, upload, err
}
