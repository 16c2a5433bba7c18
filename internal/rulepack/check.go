package rulepack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"acsgd/fusion/rules"
)

// maxLine is the longest line of Check's input, in bytes.
const maxLine = 1 << 20

// CheckOptions are the settings of Check and Explain.
type CheckOptions struct {
	Simulator bool          // unverified rows may decide
	Dir       string        // folder with further tables; "" has none
	Judge     rules.Options // Day is today for vehicles without a date; Deduct as asked for
}

// Fault is one line of the input that is no vehicle.
type Fault struct {
	Line int // from 1
	Err  error
}

// Error names the line.
func (f Fault) Error() string { return fmt.Sprintf("line %d: %v", f.Line, f.Err) }

// Unwrap returns the cause.
func (f Fault) Unwrap() error { return f.Err }

// Report says what Check did. The command exits with 1 if there are faults.
type Report struct {
	Vehicles int
	Faults   []Fault
}

// Check is "acsgd rules check --pack ID": it reads one vehicle a line as JSON (design.md
// 8.1) and writes its findings, one JSON object a line. A line that is no vehicle is a Fault
// and the next line is read. The error is of an unknown pack, of reading or of writing.
//
// Deductions that are not verified may decide here when asked for: the input has no
// instrument and the output no officer.
func Check(r io.Reader, w io.Writer, packID string, o CheckOptions) (Report, error) {
	p, err := openPack(packID, o)
	if err != nil {
		return Report{}, err
	}
	return check(r, w, p, o.Judge)
}

// check is Check with the pack at hand.
func check(r io.Reader, w io.Writer, p *rules.Pack, o rules.Options) (Report, error) {
	o.DeductUnverified = o.Deduct
	var rep Report
	var fs []rules.Finding
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := lines(r, func(n int, line []byte) error {
		var v rules.Vehicle
		if err := decode(line, &v); err != nil {
			rep.Faults = append(rep.Faults, Fault{n, err})
			return nil
		}
		rep.Vehicles++
		fs = rules.Judge(fs[:0], p, &v, o)
		for i := range fs {
			if err := enc.Encode(&fs[i]); err != nil {
				return fmt.Errorf("write findings of line %d: %w", n, err)
			}
		}
		return nil
	}, func(n int, err error) { rep.Faults = append(rep.Faults, Fault{n, err}) })
	return rep, errors.Join(err, out.Flush())
}

func openPack(id string, o CheckOptions) (*rules.Pack, error) {
	b, err := LoadOf(o.Dir, o.Simulator)
	if err != nil {
		return nil, err
	}
	if p := b.Pack(id); p != nil {
		return p, nil
	}
	names := ""
	for _, p := range b.Packs {
		names += " " + p.ID
	}
	return nil, fmt.Errorf("rule pack %q: there are only%s", id, names)
}

func decode(line []byte, v *rules.Vehicle) error {
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("decode vehicle: %w", err)
	}
	return v.Validate()
}

var errLong = fmt.Errorf("longer than %d bytes", maxLine)

// lines calls each for every line that is not blank and tooLong for those beyond maxLine.
func lines(r io.Reader, each func(n int, line []byte) error, tooLong func(n int, err error)) error {
	br := bufio.NewReaderSize(r, 64<<10)
	var buf []byte
	for n := 1; ; n++ {
		buf = buf[:0]
		long := false
		var err error
		for {
			var part []byte
			part, err = br.ReadSlice('\n')
			if long = long || len(buf)+len(part) > maxLine; !long {
				buf = append(buf, part...)
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		switch line := bytes.TrimSpace(buf); {
		case long:
			tooLong(n, errLong)
		case len(line) > 0:
			if err := each(n, line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read vehicles at line %d: %w", n, err)
		}
	}
}
