package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
	"acsgd/internal/site"
)

type matchCmd struct {
	Plates  matchPlatesCmd  `cmd:"" default:"withargs" help:"Match reads to declared plates; what 'match' alone does."`
	Learn   matchLearnCmd   `cmd:"" help:"Learn what the cameras of a site confuse from its confirmed passages."`
	Channel matchChannelCmd `cmd:"" help:"Show what was learnt of cameras, try it, put it in force."`
}

type matchPlatesCmd struct {
	Declared string  `required:"" help:"Declared plates, one a line, or canonical declarations as JSON lines."`
	Reads    string  `required:"" help:"Reads as JSON lines {\"id\",\"reads\":[{\"text\",\"p\"}]}; - is standard input."`
	Accept   float64 `default:"0.9" help:"Posterior from which a match counts."`
	Channel  string  `help:"Camera channels, as 'match learn' writes them; reads name their camera." placeholder:"FILE"`
}

// longestLine bounds a line of reads: n-best lists of a few cameras are a few kilobytes.
const longestLine = 1 << 20

// Run matches. Reads are answered as they come; of a bad line the fault is told and the
// others are answered all the same.
func (m *matchPlatesCmd) Run(s *std) (err error) {
	if !(m.Accept > 0 && m.Accept <= 1) {
		return usage{fmt.Errorf("--accept %v: want a probability above 0, at most 1", m.Accept)}
	}
	var set *plate.Channels
	if m.Channel != "" {
		if _, set, err = site.ReadChannels(m.Channel); err != nil {
			return usage{err}
		}
	}
	reads := io.NopCloser(s.in)
	if m.Reads != "-" {
		if reads, err = os.Open(m.Reads); err != nil {
			return usage{err}
		}
	}
	defer reads.Close()
	x, n, err := m.index(s, set)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(s.out, 64<<10)
	enc := json.NewEncoder(w)
	var matcher match.Matcher
	fault := func(err error) {
		n++
		fmt.Fprintln(s.err, err)
	}
	in := bufio.NewReaderSize(reads, longestLine)
	for k := 1; ; k++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			fault(fmt.Errorf("reads line %d: longer than %d bytes", k, longestLine))
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			line = nil
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("read %s: %w", m.Reads, err)
		}
		a, ok, bad := matcher.Line(x, k, line, max(quant.ProbOf(m.Accept), 1), match.Prior{})
		if bad != nil {
			fault(bad)
		} else if ok {
			if err := enc.Encode(a); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if in.Buffered() == 0 { // whoever feeds a pipe waits for the answers
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if n > 0 {
		return errFaults
	}
	return nil
}

// index makes the index of the declared file and tells its faults; n is how many.
func (m *matchPlatesCmd) index(s *std, set *plate.Channels) (x *decl.Index, n int, err error) {
	b, err := os.ReadFile(m.Declared)
	if err != nil {
		return nil, 0, usage{err}
	}
	end := patience(s.err, fmt.Sprintf("index of %s, %d MB", m.Declared, len(b)>>20))
	x, faults := decl.ParseIndex(1, b)
	if set != nil {
		x = x.WithChannels(set)
	}
	end()
	for _, f := range faults {
		fmt.Fprintln(s.err, f)
	}
	return x, len(faults), nil
}

// patience tells each few seconds that something is still being done; end ends it.
func patience(w io.Writer, what string) (end func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	start := time.Now()
	wg.Go(func() {
		t := time.NewTicker(2 * time.Second)
		defer t.Stop()
		told := false
		for {
			select {
			case <-t.C:
				fmt.Fprintf(w, "\r%s: %d s", what, int(time.Since(start).Seconds()))
				told = true
			case <-stop:
				if told {
					fmt.Fprintln(w)
				}
				return
			}
		}
	})
	return func() { close(stop); wg.Wait() }
}
