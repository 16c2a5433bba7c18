package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"acsgd/devices/wim/record"
	"acsgd/fusion/motion"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/wrecord"
	"acsgd/lanes"
)

type weighingsCmd struct {
	Export weighingsExportCmd `cmd:"" help:"Write all weighings of a site, as our own JSON records or as FHWA W records."`
	Import weighingsImportCmd `cmd:"" help:"Read FHWA W records (.wgt) and print them as our own JSON records."`
}

// wgtFlags are what a W record needs to be told: the file does not say it.
type wgtFlags struct {
	Unit       quant.Mass   `default:"1kg" help:"W: mass of one count in the weight columns."`
	LengthUnit quant.Length `default:"1mm" help:"W: length of one count in the spacing columns."`
	Zone       string       `default:"Asia/Almaty" help:"W: IANA zone of the station's clock."`
}

func (f *wgtFlags) zone() (*time.Location, error) {
	if f.Unit <= 0 || f.LengthUnit <= 0 {
		return nil, usage{fmt.Errorf("--unit %v, --length-unit %v: want more than nothing", f.Unit, f.LengthUnit)}
	}
	z, err := time.LoadLocation(f.Zone)
	if err != nil {
		return nil, usage{fmt.Errorf("--zone: %w", err)}
	}
	return z, nil
}

type weighingsExportCmd struct {
	Format string    `default:"json" enum:"json,w" help:"json: one record a line, nothing lost. w: FHWA W records, the hour alone and no uncertainty."`
	From   time.Time `help:"Only vehicles that were weighed at this time (RFC 3339) or later." placeholder:"TIME"`
	To     time.Time `help:"Only vehicles that were weighed before this time." placeholder:"TIME"`
	Device string    `help:"Only this scale's."`
	wgtFlags
	State     int    `help:"W: state code, 0 to 99."`
	Station   string `default:"1" help:"W: station, up to 6 letters and digits."`
	Direction int    `help:"W: direction of travel, 0 to 9."`
	WLane     int    `help:"W: lane of travel, 0 to 9."`
	Dir       string `arg:"" help:"A site's data directory, or its journal directory."`
}

// Help says more.
func (weighingsExportCmd) Help() string {
	return "Records go to standard output, what could not be written and what was lost to standard error; exit 1 if a vehicle was left out. A W record has no place for uncertainties and flags, so vehicles whose weighing must not be judged are left out of it; the class of every vehicle is 15, not classified."
}

// Run exports.
func (c *weighingsExportCmd) Run(ctx context.Context, s *std) error {
	zone, err := c.zone()
	if err != nil {
		return err
	}
	dir := journalDir(c.Dir)
	if _, err := os.Stat(filepath.Join(dir, journal.FileName)); err != nil {
		return usage{fmt.Errorf("no journal in %s: %w", c.Dir, err)}
	}
	r, err := journal.OpenReader(ctx, dir)
	if err != nil {
		return err
	}
	defer r.Close()
	x := &export{c: c, zone: zone, epoch: r.Epoch(), out: bufio.NewWriter(s.out), err: s.err, open: map[string]*weighed{}}
	last, rows := time.Now(), 0
	for rec, err := range r.Records(ctx, 0) {
		if err != nil {
			return err
		}
		if rows++; rows%4096 == 0 && time.Since(last) > time.Second {
			last = time.Now()
			fmt.Fprintf(s.err, "%d rows, %d vehicles\n", rows, x.vehicles)
		}
		if err := x.row(&rec); err != nil {
			return err
		}
	}
	for _, v := range slices.SortedFunc(maps.Values(x.open), func(a, b *weighed) int { return cmp.Compare(a.row, b.row) }) {
		x.leave(v, "the journal ends before the record of the whole vehicle")
	}
	if err := x.out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d rows, %d vehicles, %d written%s\n", rows, x.vehicles, x.written, x.losses())
	if x.left > 0 {
		return errFaults
	}
	return nil
}

// weighed is one vehicle as a scale's observations tell it.
type weighed struct {
	row    uint64 // of the newest observation
	source string
	lane   string
	at     time.Time // of the newest observation
	axles  []obs.Weighing
	whole  obs.Weighing
}

// export joins the weighings of a journal to vehicles and writes them.
type export struct {
	c     *weighingsExportCmd
	zone  *time.Location
	epoch string
	out   *bufio.Writer
	err   io.Writer
	open  map[string]*weighed // vehicles that are on a scale, by its name

	vehicles, written, left int
	rounded, unspaced       int
	buf                     []byte
}

var weighingRow = []byte(`{"kind":"weighing"`)

// row takes one row of the journal.
func (x *export) row(rec *journal.Record) error {
	if rec.Kind != lanes.KindSeen || !bytes.HasPrefix(rec.Payload, weighingRow) {
		return nil
	}
	var o obs.Observation
	if err := json.Unmarshal(rec.Payload, &o); err != nil {
		return fmt.Errorf("row %d: %w", rec.N, err)
	}
	w, ok := o.Body.(*obs.Weighing)
	if !ok || w.HasRaw || x.c.Device != "" && o.Source != x.c.Device {
		return nil
	}
	unsynced(&o, w)
	v := x.open[o.Source]
	if v != nil && w.Axle == 1 {
		x.leave(v, "the record of the whole vehicle is missing")
		v = nil
	}
	if v == nil {
		v = &weighed{source: o.Source, lane: o.Lane}
		x.open[o.Source] = v
	}
	v.row, v.at = rec.N, o.Stamp.At
	if w.Axle != 0 {
		if len(v.axles) < 2*record.MaxAxles {
			v.axles = append(v.axles, *w)
		}
		return nil
	}
	v.whole = *w
	delete(x.open, o.Source)
	return x.vehicle(v)
}

// unsynced moves the times of a scale whose clock could not be believed to the arrival, as
// the lane did.
func unsynced(o *obs.Observation, w *obs.Weighing) {
	if o.Stamp.Origin != obs.DeviceUnsynced || o.Stamp.Arrived.IsZero() {
		return
	}
	shift := o.Stamp.Arrived.Sub(o.Stamp.At)
	o.Stamp.At = o.Stamp.Arrived
	for _, t := range []*time.Time{&w.TOn, &w.TOff} {
		if !t.IsZero() {
			*t = t.Add(shift)
		}
	}
}

// start is when the vehicle was weighed.
func (v *weighed) start() time.Time {
	if !v.whole.TOn.IsZero() {
		return v.whole.TOn
	}
	return v.at
}

// leave reports a vehicle that is not written, if it is one that was asked for.
func (x *export) leave(v *weighed, why string) {
	if !x.wanted(v) {
		return
	}
	x.vehicles++
	x.left++
	fmt.Fprintf(x.err, "row %d, %s at %s: not written: %s\n", v.row, v.source, v.start().Format(time.RFC3339), why)
}

func (x *export) wanted(v *weighed) bool {
	t := v.start()
	return !t.Before(x.c.From) && (x.c.To.IsZero() || t.Before(x.c.To))
}

func (x *export) vehicle(v *weighed) error {
	if !x.wanted(v) {
		return nil
	}
	r, err := v.record(x.epoch)
	if err == nil && x.c.Format == "w" {
		err = x.wgt(v, r)
	} else if err == nil {
		x.buf, err = r.Append(x.buf[:0])
	}
	if err != nil {
		x.leave(v, err.Error())
		return nil
	}
	x.vehicles++
	x.written++
	_, err = x.out.Write(append(x.buf, '\n'))
	return err
}

// record makes our own record of a vehicle. What Decode would not take is an error, so that
// nothing is written that cannot be read.
func (v *weighed) record(epoch string) (*record.Record, error) {
	w := &v.whole
	if w.Axles != 0 && w.Axles != len(v.axles) {
		return nil, fmt.Errorf("%d axles were weighed, %d are in the journal", w.Axles, len(v.axles))
	}
	r := &record.Record{Version: record.Version, ID: fmt.Sprintf("%s-%d", epoch, v.row), Lane: v.lane, Device: record.Device{ID: v.source},
		Start: v.start(), End: v.at, Gross: w.Mass, U: w.U, Alibi: w.Alibi, Direction: record.Forward, Speed: w.Speed, USpeed: w.USpeed,
		Mode: map[obs.WeighMode]string{obs.Static: record.Static, obs.StopGo: record.StopGo, obs.Dynamic: record.Dynamic}[w.Mode]}
	if w.TOff.After(r.End) {
		r.End = w.TOff
	}
	flags := w.Flags
	for i := range v.axles {
		a := &v.axles[i]
		r.Axles = append(r.Axles, record.Axle{N: a.Axle, Load: a.Mass, U: a.U, On: a.TOn, Off: a.TOff,
			Speed: max(a.Speed, -a.Speed), USpeed: a.USpeed, Quality: a.Flags})
		flags = slices.DeleteFunc(slices.Clone(flags), func(f obs.Flag) bool { return slices.Contains(a.Flags, f) })
		if a.Speed < 0 {
			r.Direction = record.Reverse
		}
		if !a.TOn.IsZero() && a.TOn.Before(r.Start) {
			r.Start = a.TOn
		}
		if a.TOff.After(r.End) {
			r.End = a.TOff
		}
	}
	r.Speed, r.Flags = max(r.Speed, -r.Speed), flags
	r.Spacings = v.spacings()
	b, err := r.Append(nil)
	if err != nil {
		return nil, err
	}
	// A scale's sum is exact but for a logger's, whose divisions only its driver knew.
	return record.Decode(b, 200*quant.Kilogram)
}

// spacings are the ways between the axles as the lane derives them; none if one is not known.
func (v *weighed) spacings() []quant.Length {
	var k motion.Track
	for i := range v.axles {
		a := &v.axles[i]
		k.Add(motion.Edge{Axle: a.Axle, On: a.TOn, Off: a.TOff, Speed: a.Speed, U: a.USpeed})
	}
	var out []quant.Length
	for i := 1; i < len(v.axles); i++ {
		d, _, ok := k.Gap(i)
		if !ok || d <= 0 {
			return nil
		}
		out = append(out, d)
	}
	return out
}

// wgt makes the W record of a vehicle.
func (x *export) wgt(v *weighed, r *record.Record) (err error) {
	all := append([]obs.Flag(nil), v.whole.Flags...)
	for i := range v.axles {
		all = append(all, v.axles[i].Flags...)
	}
	if i := slices.IndexFunc(all, obs.Flag.Voids); i >= 0 {
		return fmt.Errorf("flagged %s, which a W record cannot say", all[i])
	}
	rounded := false
	count := func(v, unit int64) int64 {
		rounded = rounded || v%unit != 0
		return (v + unit/2) / unit
	}
	w := wrecord.Record{State: x.c.State, Station: x.c.Station, Direction: x.c.Direction, Lane: x.c.WLane,
		Hour: r.Start.In(x.zone), Class: wrecord.Unclassified, Total: count(int64(r.Gross), int64(x.c.Unit))}
	for i := range r.Axles {
		w.Weights = append(w.Weights, count(int64(r.Axles[i].Load), int64(x.c.Unit)))
	}
	for i := range len(r.Axles) - 1 {
		d := quant.Length(0)
		if len(r.Spacings) > 0 {
			d = r.Spacings[i]
		}
		w.Spacings = append(w.Spacings, count(int64(d), int64(x.c.LengthUnit)))
	}
	if x.buf, err = wrecord.Append(x.buf[:0], &w); err != nil {
		return err
	}
	if rounded {
		x.rounded++
	}
	if len(w.Spacings) > 0 && len(r.Spacings) == 0 {
		x.unspaced++
	}
	return nil
}

// losses says what a W file does not hold of what was written to it.
func (x *export) losses() string {
	s := ""
	if x.left > 0 {
		s += fmt.Sprintf(", %d left out", x.left)
	}
	if x.c.Format == "w" && x.written > 0 {
		s += "; of the time the hour is left, of uncertainties nothing"
	}
	if x.rounded > 0 {
		s += fmt.Sprintf("; %d rounded to counts of %v and %v", x.rounded, x.c.Unit, x.c.LengthUnit)
	}
	if x.unspaced > 0 {
		s += fmt.Sprintf("; %d with spacings that are not known, written as 00000", x.unspaced)
	}
	return s
}

type weighingsImportCmd struct {
	wgtFlags
	File string `arg:"" help:"The file of W records; '-' is standard input."`
}

// Help says more.
func (weighingsImportCmd) Help() string {
	return "A W record tells the hour: start and end of a printed record are the first and last moment of it. Uncertainty, mode and speed are not known; the class of the vehicle is not part of our record."
}

// Run imports.
func (c *weighingsImportCmd) Run(s *std) error {
	zone, err := c.zone()
	if err != nil {
		return err
	}
	in, err := open(s, c.File)
	if err != nil {
		return usage{err}
	}
	defer in.Close()
	out := bufio.NewWriter(s.out)
	faults := 0
	for n, res := range wrecord.Read(in, zone) {
		var b []byte
		err := res.Err
		if err == nil {
			if b, err = c.line(n, res.Record); err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
		}
		if err != nil {
			faults++
			fmt.Fprintf(s.err, "%s: %v\n", c.File, err)
			continue
		}
		if _, err := out.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if faults > 0 {
		return errFaults
	}
	return nil
}

// line makes our own record of a W record in line n.
func (c *weighingsImportCmd) line(n int, w *wrecord.Record) ([]byte, error) {
	site := fmt.Sprintf("%02d-%s", w.State, w.Station)
	r := record.Record{Version: record.Version, ID: fmt.Sprintf("%s-%s-%d", site, w.Hour.Format("2006010215"), n), Site: site,
		Lane: fmt.Sprint(w.Lane), Device: record.Device{ID: "wgt-" + site}, Start: w.Hour.UTC(), End: w.Hour.Add(time.Hour - time.Millisecond).UTC(),
		Gross: quant.Mass(w.Total) * c.Unit}
	for k, m := range w.Weights {
		r.Axles = append(r.Axles, record.Axle{N: k + 1, Load: quant.Mass(m) * c.Unit})
	}
	if !slices.Contains(w.Spacings, 0) {
		for _, d := range w.Spacings {
			mm := d * int64(c.LengthUnit)
			if mm > int64(30*quant.Metre) {
				return nil, errors.New("a spacing is longer than 30 m: is --length-unit right?")
			}
			r.Spacings = append(r.Spacings, quant.Length(mm))
		}
	}
	b, err := r.Append(nil)
	if err == nil {
		_, err = record.Decode(b, c.Unit)
	}
	return b, err
}
