package decl

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// ParseIndex makes the index of a file of declared vehicles: canonical declarations as
// JSON lines, or one plate a line. A line that begins with a brace is a declaration. Where
// a file has any declaration, a bare plate in it becomes a declaration with that plate as
// its id. A declaration without an id gets its line number as one. Faults name the line,
// and the other lines are indexed all the same.
func ParseIndex(version uint64, file []byte) (*Index, []error) {
	var plates []string
	var ds []*Declaration
	var faults []error
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	for n := 1; len(file) > 0; n++ {
		var line []byte
		line, file, _ = bytes.Cut(file, []byte{'\n'})
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case line[0] == '{':
			d := new(Declaration)
			if err := json.Unmarshal(line, d); err != nil {
				faults = append(faults, fmt.Errorf("declared line %d: %w", n, err))
				continue
			}
			if d.ID == "" {
				d.ID = fmt.Sprint("line-", n)
			}
			ds = append(ds, d)
		default:
			plates = append(plates, string(line))
		}
	}
	if len(ds) == 0 {
		return NewPlateIndex(version, plates), faults
	}
	for _, p := range plates {
		ds = append(ds, &Declaration{ID: p, Units: []Unit{{Plate: p}}})
	}
	return NewIndex(version, ds), faults
}
