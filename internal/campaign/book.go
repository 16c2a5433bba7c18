// Package campaign keeps an accuracy test while it is driven: it says which run comes next,
// makes runs of what the scale says, and saves after each of them, so that a test can be
// interrupted at any time and goes on where it was. What the errors mean is told by package
// metrology.
package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Book is a campaign and the file that it is kept in. It is not safe for concurrent use.
type Book struct {
	Campaign metrology.Campaign
	tables   *metrology.Tables
	path     string
	axles    []obs.Weighing // of the vehicle on the scale
	vehicle  string         // chosen for the next run; "" is as planned
	position metrology.Position
}

// Define reads the definition of a campaign, TOML with units. The error names the file.
func Define(path string) (*metrology.Campaign, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read campaign: %w", err)
	}
	var c metrology.Campaign
	md, err := toml.Decode(string(b), &c)
	if err != nil {
		if pe, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, fmt.Errorf("%s:%d: %s: %s", path, pe.Position.Line, pe.LastKey, pe.Message)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("%s: unknown key %q", path, k.String()))
	}
	for i := range c.Runs {
		if c.Runs[i].N == 0 {
			c.Runs[i].N = i + 1
		}
	}
	if err := c.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", path, err))
	}
	return &c, errors.Join(errs...)
}

// StatePath is where the campaign of a definition is kept if nothing else is said.
func StatePath(definition string) string {
	return strings.TrimSuffix(definition, filepath.Ext(definition)) + ".json"
}

// Open begins the campaign of a definition, or goes on with the one that is kept at path.
// A definition that has changed since its first run is refused: the runs would be compared
// with masses that they were not driven with.
func Open(c *metrology.Campaign, path string, simulator bool) (*Book, error) {
	b := &Book{Campaign: *c, path: path}
	b.Campaign.Simulator = simulator
	var err error
	if b.tables, err = metrology.R134(); err != nil {
		return nil, err
	}
	kept, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	runs := kept.Campaign.Runs
	if len(runs) == 0 {
		return b, nil
	}
	if kept.Campaign.Simulator != simulator {
		return nil, fmt.Errorf("campaign %s: simulator mode is %v in it, not %v", path, kept.Campaign.Simulator, simulator)
	}
	was, now := kept.Campaign, b.Campaign
	was.Runs, now.Runs = nil, nil
	old, err := json.Marshal(&was)
	if err != nil {
		return nil, err
	}
	fresh, err := json.Marshal(&now)
	if err != nil {
		return nil, err
	}
	if string(old) != string(fresh) {
		return nil, fmt.Errorf("campaign %s: its definition has changed since its first run; begin another one with --state", path)
	}
	b.Campaign.Runs = runs
	return b, nil
}

// Read opens a campaign that is kept, without its definition.
func Read(path string) (*Book, error) {
	b := &Book{path: path}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read campaign: %w", err)
	}
	if err := json.Unmarshal(raw, &b.Campaign); err != nil {
		return nil, fmt.Errorf("read campaign %s: %w", path, err)
	}
	if err := b.Campaign.Validate(); err != nil {
		return nil, fmt.Errorf("campaign %s: %w", path, err)
	}
	if b.tables, err = metrology.R134(); err != nil {
		return nil, err
	}
	return b, nil
}

// Withheld says why no class will be named; "" if they will be.
func (b *Book) Withheld() string {
	if b.tables.Evidence != metrology.Verified && !b.Campaign.Simulator {
		return metrology.NotVerified
	}
	return ""
}

// Report computes the report of the runs so far.
func (b *Book) Report() *metrology.Report { return metrology.Verify(&b.Campaign, b.tables) }

// Next is the run to be driven: the planned one, or what was chosen instead. ok is false
// when the plan is done; what is driven then counts all the same.
func (b *Book) Next() (metrology.Drive, bool) {
	d, ok := metrology.Next(&b.Campaign)
	if b.vehicle != "" {
		if d.Vehicle != b.vehicle {
			d = metrology.Drive{Vehicle: b.vehicle, Position: metrology.Middle,
				Band: metrology.Band{From: b.Campaign.Instrument.From, To: b.Campaign.Instrument.To}}
		}
		ok = true
	}
	if b.position != "" {
		d.Position = b.position
	}
	return d, ok
}

// Choose lets the next run be of another vehicle or at another position than planned; ""
// leaves it as it is. A choice holds for one run.
func (b *Book) Choose(vehicle string, p metrology.Position) error {
	if vehicle != "" && b.Campaign.Vehicle(vehicle) == nil {
		return fmt.Errorf("there is no vehicle %q", vehicle)
	}
	if p != "" && p != metrology.Middle && p != metrology.Left && p != metrology.Right {
		return fmt.Errorf("position %q: want middle, left or right", p)
	}
	if vehicle != "" {
		b.vehicle = vehicle
	}
	if p != "" {
		b.position = p
	}
	return nil
}

// Weighed takes what the scale says. The whole vehicle makes a run, which is saved before it
// is returned; the axles before it return nil. A vehicle that nobody has to drive, because
// the plan is done and nothing was chosen, is an error and no run.
func (b *Book) Weighed(at time.Time, w *obs.Weighing) (*metrology.Run, error) {
	if w.HasRaw {
		return nil, nil // a frame of the indicator
	}
	if w.Axle == 1 {
		b.axles = b.axles[:0]
	}
	if w.Axle > 0 {
		if len(b.axles) < maxAxles {
			b.axles = append(b.axles, *w)
		}
		return nil, nil
	}
	axles := b.axles
	b.axles = nil
	d, ok := b.Next()
	if !ok {
		return nil, errors.New("a vehicle was weighed that no run asks for: choose its vehicle first")
	}
	r := metrology.Run{N: len(b.Campaign.Runs) + 1, At: at, Vehicle: d.Vehicle, Position: d.Position, Gross: w.Mass, Speed: speed(w, axles), Void: void(w, axles)}
	for i := range axles {
		r.Axles = append(r.Axles, axles[i].Mass)
	}
	b.Campaign.Runs = append(b.Campaign.Runs, r)
	err := b.Campaign.Validate() // what is kept must be readable: no absurd masses, no endless runs
	if err == nil {
		err = b.save()
	}
	if err != nil {
		b.Campaign.Runs = b.Campaign.Runs[:len(b.Campaign.Runs)-1]
		return nil, err
	}
	b.vehicle, b.position = "", ""
	return &r, nil
}

const maxAxles = 64

// speed is the vehicle's own, or the mean of its axles'.
func speed(w *obs.Weighing, axles []obs.Weighing) quant.Speed {
	if w.Speed != 0 {
		return w.Speed
	}
	sum, n := int64(0), int64(0)
	for i := range axles {
		if axles[i].Speed != 0 {
			sum, n = sum+int64(axles[i].Speed), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return quant.Speed(sum / n)
}

// void says why the scale itself does not vouch for what it says.
func void(w *obs.Weighing, axles []obs.Weighing) string {
	var why []string
	for _, x := range append([]obs.Weighing{*w}, axles...) {
		for _, f := range x.Flags {
			if f.Voids() && !slices.Contains(why, string(f)) {
				why = append(why, string(f))
			}
		}
	}
	if w.Axles != 0 && w.Axles != len(axles) {
		why = append(why, fmt.Sprintf("%d axles weighed, %d told of", w.Axles, len(axles)))
	}
	return strings.Join(why, ", ")
}

// Discard takes a run out, with a reason; it stays in the report.
func (b *Book) Discard(n int, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("to discard a run needs a reason")
	}
	i := slices.IndexFunc(b.Campaign.Runs, func(r metrology.Run) bool { return r.N == n })
	if i < 0 {
		return fmt.Errorf("there is no run %d", n)
	}
	if was := b.Campaign.Runs[i].Discarded; was != "" {
		return fmt.Errorf("run %d is discarded already: %s", n, was)
	}
	b.Campaign.Runs[i].Discarded = reason
	if err := b.save(); err != nil {
		b.Campaign.Runs[i].Discarded = ""
		return err
	}
	return nil
}

// save replaces the kept file, whole or not at all.
func (b *Book) save() (err error) {
	j, err := json.MarshalIndent(&b.Campaign, "", "  ")
	if err != nil {
		return fmt.Errorf("save campaign: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(b.path), filepath.Base(b.path)+".*")
	if err != nil {
		return fmt.Errorf("save campaign: %w", err)
	}
	_, err = f.Write(append(j, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), b.path)
	}
	if err != nil {
		return fmt.Errorf("save campaign: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
