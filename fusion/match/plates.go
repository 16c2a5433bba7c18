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
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var v Vehicle
		if err := json.Unmarshal(line, &v); err != nil {
			faults = append(faults, fmt.Errorf("reads line %d: %w", n, err))
			continue
		}
		if v.ID == nil {
			v.ID = json.RawMessage("null")
		}
		e := Evidence{Reads: v.Reads, Containers: v.Containers, Gross: v.Gross, UGross: v.UGross}
		emit(Answer{v.ID, m.Match(x, e, accept, prior)})
	}
	return faults
}
