package radiation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxTemplates is the largest set of templates that is read, in bytes.
const maxTemplates = 1 << 20

// ParseTemplates reads templates and refuses what could not have been learned: a journal
// must not hold a set that a later program reads differently. "null" is no set, which ends
// the use of another.
func ParseTemplates(b []byte) (*Templates, error) {
	if len(b) > maxTemplates {
		return nil, fmt.Errorf("radiation templates: %d bytes, at most %d are read", len(b), maxTemplates)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var t *Templates
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("radiation templates: %w", err)
	}
	if len(bytes.TrimSpace(b[d.InputOffset():])) > 0 {
		return nil, errors.New("radiation templates: further text after their end")
	}
	if t == nil {
		return nil, nil
	}
	err := t.Check()
	if t.Version == "" || len(t.Version) > 64 {
		err = errors.New("version: want 1 to 64 characters")
	}
	if err != nil {
		return nil, fmt.Errorf("radiation templates %.40q: %w", t.Version, err)
	}
	return t, nil
}
