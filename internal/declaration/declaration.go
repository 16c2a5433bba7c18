// Package declaration reads customs declarations in the formats that administrations
// send, turns them into the canonical declaration of internal/decl, and applies
// format-logical control.
//
// A codec is lenient on input: whatever can be understood is kept, whatever cannot is a
// Problem with the rule it breaks and a pointer to the place. Problems found in the source
// text point with an element path ("/ASYCUDA/Item[3]/Packages/Number_of_packages"),
// problems found in the canonical form with a JSON pointer ("/items/2/net_kg").
//
// The bytes received stay the evidence: their SHA-256 names the declaration, and the
// canonical form never replaces them. Nothing here reads a clock except Watch.
//
// Formats read so far: ASYCUDA World SAD export (XML).
package declaration

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"acsgd/internal/decl"
)

// Format names a declaration format; it is the "format" of reports and declarations.
type Format string

// The formats.
const (
	Unknown Format = ""
	ASYCUDA Format = "asycuda" // ASYCUDA World SAD export, root element ASYCUDA
)

// Bounds on what a sender can make us hold.
const (
	MaxSize     = 64 << 20 // bytes of one document
	maxDepth    = 64       // elements inside each other
	maxText     = 64 << 10 // bytes of one value
	maxList     = 10_000   // items, containers, documents of one item
	maxProblems = 1000     // problems reported for one document
)

// Severities of a Problem.
const (
	Reject      = "reject"      // the document is not accepted
	Discrepancy = "discrepancy" // accepted, the officer sees it
	Information = "information"
)

// Options are what is agreed with a sender beyond the format itself. The zero value
// agrees on nothing.
type Options struct {
	// DateOrder says how the sender writes dates with slashes and two-digit years: "mdy",
	// "dmy", or "" for no agreement. Without it such dates are problems, never guesses.
	DateOrder string

	max int64 // instead of MaxSize, in tests
}

// Report is what control of one file found, and the output of "acsgd declarations check".
type Report struct {
	File         string              `json:"file"`
	Format       Format              `json:"format"`
	Accepted     bool                `json:"accepted"` // a declaration was read and nothing rejects it
	Declarations []*decl.Declaration `json:"declarations"`
	Problems     []decl.Problem      `json:"problems"`
}

// Examine decodes b and applies control to what it holds. name is for the report only.
func Examine(b []byte, name string) Report { return Options{}.Examine(b, name) }

// Examine is as the function, with an agreement.
func (o Options) Examine(b []byte, name string) Report {
	r := Report{File: name, Format: Detect(b), Declarations: []*decl.Declaration{}, Problems: []decl.Problem{}}
	ds, ps, err := o.Decode(b, name)
	if err != nil { // a byte slice cannot fail to be read; said all the same
		ps = append(ps, decl.Problem{Rule: "F01", Path: "/", Severity: Reject, Message: err.Error()})
	}
	r.Declarations = append(r.Declarations, ds...)
	r.Problems = append(r.Problems, ps...)
	for i, d := range ds {
		for _, p := range Check(d) {
			if len(ds) > 1 {
				p.Path = "/declarations/" + strconv.Itoa(i) + p.Path
			}
			r.Problems = append(r.Problems, p)
		}
	}
	r.Accepted = len(ds) > 0 && !Rejects(r.Problems)
	return r
}

// Rejects reports whether one of ps rejects the document.
func Rejects(ps []decl.Problem) bool {
	for _, p := range ps {
		if p.Severity == Reject {
			return true
		}
	}
	return false
}

// Decode reads all declarations of one document. Faults of the document are problems; a
// document that cannot be read at all gives no declarations and a problem that rejects.
// The error is never about the document's content. name is for messages only.
func Decode(b []byte, name string) ([]*decl.Declaration, []decl.Problem, error) {
	return Options{}.Decode(b, name)
}

// Decode is as the function, with an agreement.
func (o Options) Decode(b []byte, name string) ([]*decl.Declaration, []decl.Problem, error) {
	return o.DecodeReader(bytes.NewReader(b), name)
}

// DecodeReader is Decode of a stream: memory use does not grow with the elements that are
// not kept. The error is that of r.
func (o Options) DecodeReader(r io.Reader, name string) ([]*decl.Declaration, []decl.Problem, error) {
	sum := sha256.New()
	if o.max == 0 {
		o.max = MaxSize
	}
	lim := &limited{r: r, left: o.max}
	src := io.TeeReader(lim, sum)
	head := make([]byte, 4096)
	n, err := io.ReadFull(src, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	head = head[:n]
	ps := &problems{}
	var ds []*decl.Declaration
	src = io.MultiReader(bytes.NewReader(head), src)
	if looksXML(head) {
		ds = o.decodeXML(src, ps)
	} else {
		ps.add("F01", "/", Reject, "format not recognised: the document is not XML")
	}
	if _, err := io.Copy(io.Discard, src); err != nil && lim.err == nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	if lim.err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, lim.err)
	}
	if lim.over {
		ps.list = nil
		ps.add("F01", "/", Reject, fmt.Sprintf("document larger than %d bytes", o.max))
		return nil, ps.list, nil
	}
	original := hex.EncodeToString(sum.Sum(nil))
	for i, d := range ds {
		d.Original, d.ID = original, original[:16]
		if i > 0 {
			d.ID += "-" + strconv.Itoa(i+1)
		}
	}
	return ds, ps.list, nil
}

// limited reads at most left bytes; what lies beyond sets over, a fault of r sets err.
type limited struct {
	r    io.Reader
	left int64
	over bool
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		var one [1]byte
		if n, _ := l.r.Read(one[:]); n > 0 {
			l.over = true
		}
		return 0, io.EOF
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// problems collects findings, bounded.
type problems struct{ list []decl.Problem }

func (p *problems) add(rule, path, severity, message string) {
	switch {
	case len(p.list) < maxProblems:
		p.list = append(p.list, decl.Problem{Rule: rule, Path: path, Severity: severity, Message: message})
	case len(p.list) == maxProblems:
		p.list = append(p.list, decl.Problem{Rule: "F01", Path: "/", Severity: Reject,
			Message: fmt.Sprintf("more than %d problems, the rest is left out", maxProblems)})
	}
}
