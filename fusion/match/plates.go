package match

import (
	"bytes"
	"encoding/json"
	"fmt"

	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// Vehicle is one line of the input of "acsgd match": the reads of one vehicle. Without
// camera and role all reads are alternatives of one another.
type Vehicle struct {
	ID         json.RawMessage `json:"id"`
	Reads      []Read          `json:"reads"`
	Containers []string        `json:"containers,omitempty"`
	Gross      quant.Mass      `json:"gross_kg,omitempty"`
	UGross     quant.Mass      `json:"u_kg,omitempty"`
}

// Answer is one line of its output.
type Answer struct {
	ID json.RawMessage `json:"id"`
	Result
}

// MatchPlates answers each line of reads (JSON lines, see Vehicle) from the index and
// hands the answers over in order. The error of a line that is not a Vehicle names the
// line; the others are answered all the same. emit's Answer is the caller's to keep.
func MatchPlates(x *decl.Index, reads []byte, accept quant.Prob, prior Prior, emit func(Answer)) []error {
	var m Matcher
	var faults []error
	for n := 1; len(reads) > 0; n++ {
		var line []byte
		line, reads, _ = bytes.Cut(reads, []byte{'\n'})
		a, ok, err := m.Line(x, n, line, accept, prior)
		if err != nil {
			faults = append(faults, err)
		} else if ok {
			emit(a)
		}
	}
	return faults
}

// Line answers line n of reads; ok is false of an empty one.
func (m *Matcher) Line(x *decl.Index, n int, line []byte, accept quant.Prob, prior Prior) (a Answer, ok bool, err error) {
	if n == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return a, false, nil
	}
	var v Vehicle
	if err := json.Unmarshal(line, &v); err != nil {
		return a, false, fmt.Errorf("reads line %d: %w", n, err)
	}
	if v.ID == nil {
		v.ID = json.RawMessage("null")
	}
	e := Evidence{Reads: v.Reads, Containers: v.Containers, Gross: v.Gross, UGross: v.UGross}
	return Answer{v.ID, m.Match(x, e, accept, prior)}, true, nil
}
