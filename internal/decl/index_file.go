package decl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// ParseIndex makes the index of a file of declared vehicles: canonical declarations as
// JSON lines, or one plate a line. A line that begins with a brace is a declaration. Where
// a file has any declaration, a bare plate in it becomes a declaration with that plate as
// its id. A declaration without an id gets its line number as one. Faults name the line,
// and the other lines are indexed all the same.
func ParseIndex(version uint64, file []byte) (*Index, []error) {
	// Plates are parts of one text: ten million of them would take half a gigabyte each by
	// itself.
	text := string(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	var plates []string
	if text != "" && text[0] != '{' {
		plates = make([]string, 0, strings.Count(text, "\n")+1)
	}
	var ds []*Declaration
	var faults []error
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		switch {
		case len(line) == 0:
		case line[0] == '{':
			d := new(Declaration)
			if err := json.Unmarshal([]byte(line), d); err != nil {
				faults = append(faults, fmt.Errorf("declared line %d: %w", n, err))
				continue
			}
			if d.ID == "" {
				d.ID = fmt.Sprint("line-", n)
			}
			ds = append(ds, d)
		default:
			plates = append(plates, line)
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
