package obs

import (
	"encoding/json"
	"fmt"
	"time"
)

// wire is the journal form of an Observation: fixed field order, the body under its kind.
type wire struct {
	Kind      Kind       `json:"kind"`
	Source    string     `json:"device"`
	Lane      string     `json:"lane,omitempty"`
	Seq       uint64     `json:"seq,omitempty"`
	Stamp     Stamp      `json:"stamp"`
	Raw       []byte     `json:"raw,omitempty"`
	Blobs     []Blob     `json:"blobs,omitempty"`
	Weighing  *Weighing  `json:"weighing,omitempty"`
	Profile   *Profile   `json:"profile,omitempty"`
	Plate     *Plate     `json:"plate,omitempty"`
	Radiation *Radiation `json:"radiation,omitempty"`
	Fix       *Fix       `json:"fix,omitempty"`
	Seal      *Seal      `json:"seal,omitempty"`
	Presence  *Presence  `json:"presence,omitempty"`
	Health    *Health    `json:"health,omitempty"`
}

func (w *wire) set(b Body) {
	switch b := b.(type) {
	case *Weighing:
		w.Weighing = b
	case *Profile:
		w.Profile = b
	case *Plate:
		w.Plate = b
	case *Radiation:
		w.Radiation = b
	case *Fix:
		w.Fix = b
	case *Seal:
		w.Seal = b
	case *Presence:
		w.Presence = b
	case *Health:
		w.Health = b
	}
}

// MarshalJSON gives the journal form: one object, the body under the key of its kind.
func (o Observation) MarshalJSON() ([]byte, error) {
	return o.AppendJSON(nil)
}

// UnmarshalJSON reads the journal form.
func (o *Observation) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*o = Observation{Source: w.Source, Lane: w.Lane, Seq: w.Seq, Stamp: w.Stamp, Raw: w.Raw, Blobs: w.Blobs}
	for _, body := range []struct {
		b  Body
		ok bool
	}{
		{w.Weighing, w.Weighing != nil}, {w.Profile, w.Profile != nil}, {w.Plate, w.Plate != nil},
		{w.Radiation, w.Radiation != nil}, {w.Fix, w.Fix != nil}, {w.Seal, w.Seal != nil},
		{w.Presence, w.Presence != nil}, {w.Health, w.Health != nil},
	} {
		if body.ok && body.b.Kind() == w.Kind {
			o.Body = body.b
			return nil
		}
	}
	return fmt.Errorf("observation of kind %q without its body", w.Kind)
}

// Report is the form that "acsgd decode" prints: one line an observation.
func (o Observation) Report() ([]byte, error) {
	w := struct {
		Kind      Kind       `json:"kind"`
		At        string     `json:"at"`
		Source    string     `json:"device"`
		Weighing  *Weighing  `json:"weighing,omitempty"`
		Profile   *Profile   `json:"profile,omitempty"`
		Plate     *Plate     `json:"plate,omitempty"`
		Radiation *Radiation `json:"radiation,omitempty"`
		Fix       *Fix       `json:"fix,omitempty"`
		Seal      *Seal      `json:"seal,omitempty"`
		Presence  *Presence  `json:"presence,omitempty"`
		Health    *Health    `json:"health,omitempty"`
	}{Kind: o.Body.Kind(), At: o.Stamp.At.UTC().Format(time3), Source: o.Source}
	var full wire
	full.set(o.Body)
	w.Weighing, w.Profile, w.Plate, w.Radiation = full.Weighing, full.Profile, full.Plate, full.Radiation
	w.Fix, w.Seal, w.Presence, w.Health = full.Fix, full.Seal, full.Presence, full.Health
	return json.Marshal(w)
}

const time3 = "2006-01-02T15:04:05.000Z"

// MarshalJSON leaves raw_kg out where the weighing is not a streamed frame.
func (w *Weighing) MarshalJSON() ([]byte, error) {
	type plain Weighing
	if w.HasRaw {
		return json.Marshal((*plain)(w))
	}
	type noRaw struct {
		*plain
		Raw *struct{} `json:"raw_kg,omitempty"`
	}
	return json.Marshal(noRaw{plain: (*plain)(w)})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (w *Weighing) UnmarshalJSON(b []byte) error {
	type plain Weighing
	var raw struct {
		Raw *json.RawMessage `json:"raw_kg"`
	}
	if err := json.Unmarshal(b, (*plain)(w)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	w.HasRaw = raw.Raw != nil
	return nil
}

// DecodeError says why bytes from a device could not be understood, and where.
type DecodeError struct {
	Proto  string // "tenso-m", "cola", ...
	Offset int64  // of the offending byte, from the start of the connection
	Reason string
	Frame  []byte // the bytes around it, at most 64
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s", e.Proto, e.Offset, e.Reason)
}

// Unix returns t without its monotonic part and zone, as it is journaled.
func Unix(t time.Time) time.Time { return t.UTC().Round(0) }
