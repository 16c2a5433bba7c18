package obs

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Attrs are the further values of a tracker's record in the order sent; in JSON an object.
// The zero Attrs is empty. Attrs are never changed and may be read concurrently.
//
// A tracker sends dozens of values with a position, and most of them nobody ever looks at.
// So a driver gives the record's own bytes and the way to read them, and they are named
// and written where they are wanted, straight into what is being written.
type Attrs struct{ of Further }

// Further writes the further values of one record.
type Further interface {
	// AppendMembers appends the members of a JSON object without its braces, exactly as
	// encoding/json writes them: compact, and strings with <, > and & escaped. It gives the
	// same bytes at every call, and may be called concurrently.
	AppendMembers(dst []byte) []byte
}

// AttrsOf gives the values that f writes; f is kept.
func AttrsOf(f Further) Attrs { return Attrs{f} }

// IsZero reports whether there are no values; such attributes are left out of JSON.
func (a Attrs) IsZero() bool { return a.of == nil }

// Equal reports whether a and b have the same values in the same order.
func (a Attrs) Equal(b Attrs) bool { return bytes.Equal(a.AppendJSON(nil), b.AppendJSON(nil)) }

// String gives the JSON form.
func (a Attrs) String() string { return string(a.AppendJSON(nil)) }

// AppendJSON appends a JSON object.
func (a Attrs) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if a.of != nil {
		dst = a.of.AppendMembers(dst)
	}
	return append(dst, '}')
}

// MarshalJSON gives a JSON object.
func (a Attrs) MarshalJSON() ([]byte, error) { return a.AppendJSON(nil), nil }

// members are values as they were read from JSON.
type members string

// AppendMembers implements Further.
func (m members) AppendMembers(dst []byte) []byte { return append(dst, m...) }

// UnmarshalJSON reads an object, keeping its order.
func (a *Attrs) UnmarshalJSON(b []byte) error {
	*a = Attrs{}
	if string(b) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("attributes %q: want an object (%v)", b, err)
	}
	var m bytes.Buffer
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		key, err := json.Marshal(k)
		if err != nil {
			return err
		}
		if m.Len() > 0 {
			m.WriteByte(',')
		}
		m.Write(key)
		m.WriteByte(':')
		if v, err = json.Marshal(v); err != nil { // as encoding/json writes it
			return err
		}
		m.Write(v)
	}
	if m.Len() > 0 {
		a.of = members(m.String())
	}
	return nil
}
