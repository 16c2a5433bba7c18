package radiation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("radiation templates: further text after their end")
	}
	if t == nil {
		return nil, nil
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("radiation templates %.40q: %w", t.Version, err)
	}
	return t, nil
}

// check reports what is wrong with templates.
func (t *Templates) check() error {
	switch {
	case t.Version == "" || len(t.Version) > 64:
		return errors.New("version: want 1 to 64 characters")
	case t.Threshold <= 0:
		return errors.New("the threshold is not above 0")
	case len(t.Classes) == 0:
		return errors.New("no class of vehicles")
	}
	to := 0
	for i := range t.Classes {
		c := &t.Classes[i]
		if c.To <= to {
			return fmt.Errorf("class %d: to_slices %d, want more than the class before it", i+1, c.To)
		}
		to = c.To
		for part, v := range c.Profile {
			if v < 0 || v > 2000 {
				return fmt.Errorf("class %d: part %d is %d permille of the background, want 0 to 2000", i+1, part+1, v)
			}
		}
	}
	return nil
}
