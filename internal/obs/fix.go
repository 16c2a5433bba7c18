package obs

import (
	"encoding/json"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// Degrees is an angle in 10^-7 degrees; in JSON a decimal number of degrees.
type Degrees int32

// MarshalJSON gives decimal degrees with seven places.
func (d Degrees) MarshalJSON() ([]byte, error) {
	v, sign := int64(d), ""
	if v < 0 {
		v, sign = -v, "-"
	}
	return fmt.Appendf(nil, "%s%d.%07d", sign, v/1e7, v%1e7), nil
}

// UnmarshalJSON reads decimal degrees.
func (d *Degrees) UnmarshalJSON(b []byte) error {
	v, err := quant.Decimal(string(b), 1e7)
	if err != nil || v < -180e7 || v > 180e7 {
		return fmt.Errorf("degrees %q: not a number from -180 to 180", b)
	}
	*d = Degrees(v)
	return nil
}

// Milli is a decimal number in thousandths; in JSON a decimal number.
type Milli int64

// MarshalJSON gives a decimal number with at most three places.
func (m Milli) MarshalJSON() ([]byte, error) { return quant.Mass(m).MarshalJSON() }

// UnmarshalJSON reads a decimal number.
func (m *Milli) UnmarshalJSON(b []byte) error { return (*quant.Mass)(m).UnmarshalJSON(b) }

// Fix is one position of a tracker.
type Fix struct {
	Time       time.Time `json:"time"`
	Valid      bool      `json:"valid"`
	Lat        Degrees   `json:"lat"`
	Lon        Degrees   `json:"lon"`
	Alt        Milli     `json:"alt_m"`
	Speed      Milli     `json:"speed_kmh"`
	Course     Milli     `json:"course_deg"`
	Satellites int       `json:"satellites"`
	Device     string    `json:"id,omitempty"` // IMEI or terminal number
	Attributes Attrs     `json:"attributes,omitempty"`
}

// Attr is one further value of a tracker's record.
type Attr struct {
	Key   string
	Value string // a JSON value: number, string or boolean
}

// Attrs are further values in the order sent; in JSON an object.
type Attrs []Attr

// MarshalJSON gives an object in the order of a.
func (a Attrs) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, x := range a {
		if i > 0 {
			b = append(b, ',')
		}
		k, err := json.Marshal(x.Key)
		if err != nil {
			return nil, err
		}
		b = append(append(b, k...), ':')
		if !json.Valid([]byte(x.Value)) {
			return nil, fmt.Errorf("attribute %s: %q is not a JSON value", x.Key, x.Value)
		}
		b = append(b, x.Value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object, keeping its order.
func (a *Attrs) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytesReader(b))
	if _, err := dec.Token(); err != nil {
		return err
	}
	*a = (*a)[:0]
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		key, ok := k.(string)
		if !ok {
			return fmt.Errorf("attribute key %v is not a string", k)
		}
		*a = append(*a, Attr{Key: key, Value: string(v)})
	}
	return nil
}
