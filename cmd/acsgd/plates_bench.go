package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // decoders of the pictures
	"image/png"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/reader"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

type platesBenchCmd struct {
	Crop  bool     `help:"Read the labelled boxes alone instead of whole pictures."`
	Set   []string `help:"Only these sets, by folder: cis,cn_crops." placeholder:"NAME,NAME"`
	JSON  bool     `name:"json" help:"JSON lines instead of a table."`
	Wrong bool     `help:"List the wrong reads too."`
	Truth string   `help:"The CSV of plates; default: ground_truth.csv in DIR." placeholder:"FILE.csv"`
	readerFlags
	Dir string `arg:"" optional:"" help:"The folder of the pictures; default: that of the CSV."`
}

// Help says more.
func (platesBenchCmd) Help() string {
	return `The CSV has a line for each picture with at least the columns file and plate; x, y, w, h is the plate's box in pixels, 0 0 0 0 where it is not known; kind says "crop" of a picture that is the plate alone, which is also taken to be so where neither box nor kind is given.

For each set (the first folder of the file names): how many pictures, how many of them were read as plates alone, exact reads, exact reads with O, 0, Q and D taken as one and I and 1 as one, character error rate (edits of the exact text over its characters), and the time of the reader, median and 99th percentile. A picture without a plate found counts as wrong. Exit 1 if a picture could not be read at all.`
}

// known is one line of the truth.
type known struct {
	file  string
	plate string
	box   image.Rectangle
	kind  string
}

// alone reports whether the picture is the plate alone.
func (k *known) alone(crops bool) bool {
	if k.kind == "" && k.box.Empty() || strings.Contains(k.kind, "crop") {
		return true
	}
	return crops && k.box.Empty() && strings.Contains(k.kind, "sample") // drawn: nothing but the plate
}

// set is the set that a picture belongs to.
func (k *known) set() string {
	name, _, ok := strings.Cut(k.file, "/")
	if !ok {
		return "."
	}
	return name
}

// readTruth reads the CSV; every bad line is named.
func readTruth(file string) ([]known, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(b))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	column := func(name string) int { return slices.Index(head, name) }
	if column("file") < 0 || column("plate") < 0 {
		return nil, fmt.Errorf("%s: want the columns file and plate, there are %q", file, head)
	}
	var list []known
	var errs []error
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, errors.Join(errs...)
		}
		if err != nil {
			return nil, errors.Join(append(errs, fmt.Errorf("%s: %w", file, err))...)
		}
		get := func(name string) string {
			if i := column(name); i >= 0 {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		k := known{file: path.Clean(filepath.ToSlash(get("file"))), plate: plate.Normalise(get("plate")), kind: get("kind")}
		var xywh [4]int
		for i, name := range []string{"x", "y", "w", "h"} {
			if s := get(name); s != "" {
				if xywh[i], err = strconv.Atoi(s); err != nil {
					break
				}
			}
		}
		n, _ := r.FieldPos(0)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s:%d: box: %w", file, n, err))
		case !filepath.IsLocal(k.file):
			errs = append(errs, fmt.Errorf("%s:%d: file %q lies outside the folder", file, n, k.file))
		case k.plate == "":
			errs = append(errs, fmt.Errorf("%s:%d: no plate", file, n))
		}
		if xywh[2] > 0 && xywh[3] > 0 {
			k.box = image.Rect(xywh[0], xywh[1], xywh[0]+xywh[2], xywh[1]+xywh[3])
		}
		list = append(list, k)
	}
}

// score is what was measured of one set.
type score struct {
	Set    string  `json:"set"`
	Images int     `json:"images"`
	Alone  int     `json:"crops"` // read as plates alone
	Exact  int     `json:"exact"`
	Folded int     `json:"exact_folded"`
	CER    float64 `json:"cer"`
	P50    float64 `json:"ms_p50"`
	P99    float64 `json:"ms_p99"`
	Errors int     `json:"errors"`

	edits, chars int
	ms           []float64
}

// wrong is one read that is not the plate.
type wrong struct {
	File       string     `json:"file"`
	Plate      string     `json:"plate"`
	Read       string     `json:"read"`
	Confidence quant.Prob `json:"confidence"`
	Folded     bool       `json:"folded"` // right with look-alikes taken as one
	Error      string     `json:"error,omitempty"`
}

// take notes one picture, and gives what is wrong with its read.
func (s *score) take(k *known, a *reader.Answer, why error) *wrong {
	w := wrong{File: k.file, Plate: k.plate}
	s.Images++
	if why != nil {
		s.Errors++
		w.Error = why.Error()
	} else {
		s.ms = append(s.ms, float64(a.Micros)/1000)
	}
	if why == nil && len(a.Plates) > 0 {
		w.Read, w.Confidence = plate.Normalise(a.Plates[0].Text), a.Plates[0].Confidence
	}
	const most = 1000
	s.edits += plate.Distance(plate.Encode(k.plate), plate.Encode(w.Read), most)
	s.chars += plate.Encode(k.plate).Len()
	w.Folded = folded.Replace(w.Read) == folded.Replace(k.plate)
	if w.Folded {
		s.Folded++
	}
	if w.Read == k.plate {
		s.Exact++
		return nil
	}
	return &w
}

// folded takes look-alikes as one.
var folded = strings.NewReplacer("O", "0", "Q", "0", "D", "0", "I", "1")

// add joins the counts of another set to s.
func (s *score) add(o *score) {
	s.Images, s.Alone, s.Exact, s.Folded, s.Errors = s.Images+o.Images, s.Alone+o.Alone, s.Exact+o.Exact, s.Folded+o.Folded, s.Errors+o.Errors
	s.edits, s.chars, s.ms = s.edits+o.edits, s.chars+o.chars, append(s.ms, o.ms...)
}

// finish computes the rates.
func (s *score) finish() {
	if s.chars > 0 {
		s.CER = float64(s.edits) / float64(s.chars)
	}
	slices.Sort(s.ms)
	s.P50, s.P99 = quantile(s.ms, 0.5), quantile(s.ms, 0.99)
}

// quantile gives the least value that at least a share q of the sorted values does not exceed.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// Run measures.
func (p *platesBenchCmd) Run(ctx context.Context, s *std) (err error) {
	if p.Dir == "" && p.Truth == "" {
		return usage{errors.New("want a folder, or --truth")}
	}
	p.Truth = cmp.Or(p.Truth, filepath.Join(p.Dir, "ground_truth.csv"))
	p.Dir = cmp.Or(p.Dir, filepath.Dir(p.Truth))
	truth, err := readTruth(p.Truth)
	if err != nil {
		return usage{err}
	}
	c, err := p.child()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	scores := map[string]*score{}
	var order []string
	var list []wrong
	for i := range truth {
		k := &truth[i]
		if len(p.Set) > 0 && !slices.Contains(p.Set, k.set()) {
			continue
		}
		sc := scores[k.set()]
		if sc == nil {
			sc = &score{Set: k.set()}
			scores[k.set()] = sc
			order = append(order, k.set())
		}
		picture, alone, why := p.picture(k)
		if alone {
			sc.Alone++
		}
		var a reader.Answer
		if why == nil {
			var fatal error
			if a, why, fatal = p.ask(ctx, c, picture, alone); fatal != nil {
				return fatal
			}
		}
		if why != nil {
			fmt.Fprintf(s.err, "%s: %v\n", k.file, why)
		}
		if w := sc.take(k, &a, why); w != nil {
			list = append(list, *w)
		}
	}
	if len(order) == 0 {
		return usage{fmt.Errorf("%s names no picture of the sets %q", p.Truth, p.Set)}
	}
	rows, all := make([]*score, 0, len(order)+1), &score{Set: "all"}
	for _, name := range order {
		sc := scores[name]
		all.add(sc)
		sc.finish()
		rows = append(rows, sc)
	}
	all.finish()
	if err := p.print(s.out, append(rows, all), list); err != nil {
		return err
	}
	if all.Errors > 0 {
		return errFaults
	}
	return nil
}

// picture gives the bytes to read and whether they show the plate alone.
func (p *platesBenchCmd) picture(k *known) (b []byte, alone bool, err error) {
	alone = k.alone(p.Crop)
	if b, err = readPicture(nil, filepath.Join(p.Dir, filepath.FromSlash(k.file))); err != nil {
		return nil, alone, err
	}
	if !p.Crop || k.box.Empty() {
		return b, alone, nil
	}
	b, err = cutOut(b, k.box)
	return b, true, err
}

// cutOut gives a part of a picture.
func cutOut(b []byte, box image.Rectangle) ([]byte, error) {
	if _, err := anpr.CheckPicture(b); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	box = box.Intersect(m.Bounds())
	if box.Empty() {
		return nil, errors.New("the labelled box lies outside the picture")
	}
	part := image.NewRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.Draw(part, part.Bounds(), m, box.Min, draw.Src)
	var w bytes.Buffer
	if err := png.Encode(&w, part); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// print writes the report.
func (p *platesBenchCmd) print(out io.Writer, rows []*score, list []wrong) error {
	if p.JSON {
		enc := json.NewEncoder(out)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		for i := range list {
			if !p.Wrong {
				break
			}
			if err := enc.Encode(list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "set\timages\tcrops\texact\t\tO0QD I1\t\tCER\tms p50\tms p99\terrors\t")
	for _, r := range rows {
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(r.Images)) }
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%d\t%s\t%.1f %%\t%.1f\t%.1f\t%d\t\n", r.Set, r.Images, r.Alone, r.Exact, share(r.Exact),
			r.Folded, share(r.Folded), 100*r.CER, r.P50, r.P99, r.Errors)
	}
	if err := w.Flush(); err != nil || !p.Wrong || len(list) == 0 {
		return err
	}
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nfile\tplate\tread\tconfidence\t")
	for i := range list {
		x := &list[i]
		note := ""
		if x.Folded {
			note = "look-alikes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", x.File, x.Plate, cmp.Or(x.Read, "-"), x.Confidence, cmp.Or(x.Error, note))
	}
	return w.Flush()
}
