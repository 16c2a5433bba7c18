package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acsgd/devices/anpr/reader"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// workerCmd is the child that reads pictures; nobody calls it by hand.
type workerCmd struct{}

// Run answers until standard input is closed.
func (workerCmd) Run() error { return reader.Work(openVision) }

type platesCmd struct {
	Read  platesReadCmd  `cmd:"" default:"withargs" help:"Read the number plates in pictures (the default)."`
	Bench platesBenchCmd `cmd:"" help:"Measure the reader on pictures whose plates are known."`
}

// Help says more.
func (platesCmd) Help() string {
	return "\"acsgd plates IMAGE...\" reads pictures, as \"acsgd plates read IMAGE...\" does: see its help for the flags. The reader runs as a child of this program, so that no picture can bring it down."
}

// readerFlags say how pictures are read.
type readerFlags struct {
	Site   []string      `help:"Countries whose plates are usual, the most usual first: KZ,KG,UZ. Default: all." placeholder:"CC,CC"`
	Engine string        `help:"joint, own or ppocr; default: the one that measures better." enum:",joint,own,ppocr" default:""`
	Models string        `help:"Folder of the networks; default: where the program looks itself." placeholder:"DIR"`
	Limit  time.Duration `help:"How long one picture may take." default:"30s"`
}

// child makes the reader's process.
func (f *readerFlags) child() (*reader.Child, error) {
	if err := reader.CheckCountries(f.Site); err != nil {
		return nil, usage{fmt.Errorf("--site: %w", err)}
	}
	open, err := line.Parse(reader.Self)
	if err != nil {
		return nil, err
	}
	return reader.NewChild(open, reader.Limits{Dir: f.Models, Read: f.Limit, Pause: time.Second}), nil
}

// ask has one picture read. The error says why it could not be; fatal, that no picture can.
func (f *readerFlags) ask(ctx context.Context, c *reader.Child, picture []byte, crop bool) (a reader.Answer, err, fatal error) {
	a, err = c.Read(ctx, &reader.Job{Picture: picture, Crop: crop, Site: f.Site, Engine: f.Engine})
	if _, ok := errors.AsType[*reader.StartError](err); ok {
		return a, nil, usage{err}
	}
	if ctx.Err() != nil {
		return a, nil, ctx.Err()
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	return a, err, nil
}

type platesReadCmd struct {
	Crop bool `help:"The pictures are plates alone, as cameras cut them out."`
	readerFlags
	Images []string `arg:"" name:"image" help:"JPEG, PNG or BMP files, patterns of them ('*.jpg'), or '-' for standard input."`
}

// Help says more.
func (platesReadCmd) Help() string {
	return "Prints one JSON object a line for each picture, plates best first: {\"file\",\"ms\",\"plates\":[{\"text\",\"country\",\"confidence\",\"box\":[x,y,w,h],\"candidates\":[{\"text\",\"p\"}]}]}. What cannot be read is a line {\"file\",\"error\"}, and the exit status is 1. A picture that brings the reader down costs only itself."
}

// pictureLine is a line of the output.
type pictureLine struct {
	File   string      `json:"file"`
	Millis float64     `json:"ms"`
	Plates []plateLine `json:"plates"`
}

type plateLine struct {
	Text       string          `json:"text"`
	Country    string          `json:"country"` // "" where the picture does not show it
	Confidence quant.Prob      `json:"confidence"`
	Box        [4]int          `json:"box"`
	Candidates []obs.Candidate `json:"candidates"`
}

func lineOf(file string, a *reader.Answer) pictureLine {
	l := pictureLine{File: file, Millis: float64(a.Micros) / 1000, Plates: []plateLine{}}
	for i := range a.Plates {
		p := &a.Plates[i]
		l.Plates = append(l.Plates, plateLine{p.Text, p.Country, p.Confidence, p.Box, append([]obs.Candidate{}, p.Candidates...)})
	}
	return l
}

// Run reads pictures.
func (p *platesReadCmd) Run(ctx context.Context, s *std) (err error) {
	files, err := expand(p.Images)
	if err != nil {
		return usage{err}
	}
	c, err := p.child()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	enc := json.NewEncoder(s.out)
	faults := false
	for _, file := range files {
		a, why, fatal := reader.Answer{}, error(nil), error(nil)
		picture, err := readPicture(s.in, file)
		if why = err; why == nil {
			a, why, fatal = p.ask(ctx, c, picture, p.Crop)
		}
		switch {
		case fatal != nil:
			return fatal
		case why != nil:
			faults = true
			err = enc.Encode(map[string]string{"file": file, "error": why.Error()})
		default:
			err = enc.Encode(lineOf(file, &a))
		}
		if err != nil {
			return err
		}
	}
	if faults {
		return errFaults
	}
	return nil
}

// expand replaces patterns by the files that they fit, for shells that do not.
func expand(args []string) ([]string, error) {
	var files []string
	for _, a := range args {
		_, err := os.Stat(a)
		if a == "-" || err == nil || !strings.ContainsAny(a, "*?[") {
			files = append(files, a)
			continue
		}
		found, err := filepath.Glob(a)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", a, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no file fits %q", a)
		}
		slices.Sort(found)
		files = append(files, found...)
	}
	return files, nil
}

// readPicture reads a file of at most the size that is read.
func readPicture(in io.Reader, file string) ([]byte, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.IsDir() {
			return nil, errors.New("is a folder")
		}
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, reader.MaxPicture+1))
	if err == nil && len(b) > reader.MaxPicture {
		err = fmt.Errorf("more than %d bytes", reader.MaxPicture)
	}
	return b, err
}
