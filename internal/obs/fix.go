package obs

import (
	"fmt"
	"strconv"
	"time"

	"acsgd/internal/quant"
)

// Degrees is an angle in 10^-7 degrees; in JSON a decimal number of degrees.
type Degrees int32

// AppendJSON appends decimal degrees with seven places.
func (d Degrees) AppendJSON(dst []byte) []byte {
	v := int64(d)
	if v < 0 {
		v, dst = -v, append(dst, '-')
	}
	dst = strconv.AppendInt(dst, v/1e7, 10)
	at := len(dst)
	dst = strconv.AppendInt(dst, v%1e7+1e7, 10) // a leading 1 keeps the zeros
	dst[at] = '.'
	return dst
}

// MarshalJSON gives decimal degrees with seven places.
func (d Degrees) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

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

// AppendJSON appends a decimal number with at most three places.
func (m Milli) AppendJSON(dst []byte) []byte { return quant.Mass(m).AppendJSON(dst) }

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
	Attributes Attrs     `json:"attributes,omitzero"`
}
