// Package quant holds physical quantities as integer types, so that nothing that is
// compared with a legal limit is ever a float.
//
// Masses are grams, lengths millimetres, speeds millimetres a second, count rates
// counts a second, dose rates nanosieverts an hour, probabilities parts per million.
// In configuration every quantity is a string with its unit ("20kg", "12.40m"); in
// JSON a mass is a decimal number of kilograms with at most three places, a length an
// integer of millimetres, a speed an integer of mm/s, a probability a decimal 0..1.
package quant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Mass is a mass in grams. Negative values occur (uplift of an axle, net mass below zero).
type Mass int64

// Length is a length in millimetres.
type Length int32

// Speed is a speed in millimetres a second; negative is against the driving direction.
type Speed int32

// Rate is a count rate in counts a second.
type Rate int64

// DoseRate is an ambient dose equivalent rate in nanosieverts an hour.
type DoseRate int64

// Temp is a temperature in thousandths of a degree Celsius.
type Temp int32

// Prob is a probability in parts per million, 0 to Certain.
type Prob int32

// Units of the types above.
const (
	Gram     Mass = 1
	Kilogram Mass = 1000
	Tonne    Mass = 1000 * Kilogram

	Millimetre Length = 1
	Centimetre Length = 10
	Metre      Length = 1000

	MMPerSecond Speed = 1

	Certain Prob = 1_000_000
)

// Kg returns kg kilograms as a Mass.
func Kg(kg int64) Mass { return Mass(kg) * Kilogram }

// ParseMass reads a mass with its unit: g, kg or t. A bare number is an error.
func ParseMass(s string) (Mass, error) {
	v, err := parse(s, []unit{{"kg", 1000}, {"g", 1}, {"t", 1_000_000}})
	return Mass(v), wrap("mass", s, err)
}

// ParseLength reads a length with its unit: mm, cm, m or km. A bare number is an error.
func ParseLength(s string) (Length, error) {
	v, err := parse(s, []unit{{"mm", 1}, {"cm", 10}, {"km", 1_000_000}, {"m", 1000}})
	if err == nil && (v > math.MaxInt32 || v < math.MinInt32) {
		err = errRange
	}
	return Length(v), wrap("length", s, err)
}

// ParseSpeed reads a speed with its unit: mm/s, m/s or km/h. A bare number is an error.
// Kilometres an hour are rounded half up to the millimetre a second.
func ParseSpeed(s string) (Speed, error) {
	t := strings.TrimSpace(s)
	if n, ok := strings.CutSuffix(t, "km/h"); ok {
		v, err := decimal(strings.TrimSpace(n), 1_000_000) // mm/h
		if err == nil && (v > math.MaxInt32*3600 || v < math.MinInt32*3600) {
			err = errRange
		}
		return Speed(divRound(v, 3600)), wrap("speed", s, err)
	}
	v, err := parse(t, []unit{{"mm/s", 1}, {"m/s", 1000}})
	if err == nil && (v > math.MaxInt32 || v < math.MinInt32) {
		err = errRange
	}
	return Speed(v), wrap("speed", s, err)
}

// String gives kilograms with as many places as needed, for example "12.4kg".
func (m Mass) String() string { return string(appendDecimal(nil, int64(m), 3)) + "kg" }

// String gives millimetres, for example "1310mm".
func (l Length) String() string { return strconv.FormatInt(int64(l), 10) + "mm" }

// String gives millimetres a second, for example "1388mm/s".
func (s Speed) String() string { return strconv.FormatInt(int64(s), 10) + "mm/s" }

// String gives the probability as a decimal, for example "0.973".
func (p Prob) String() string { return string(appendDecimal(nil, int64(p), 6)) }

// UnmarshalText reads the configuration form; see ParseMass.
func (m *Mass) UnmarshalText(b []byte) (err error) { *m, err = ParseMass(string(b)); return err }

// UnmarshalText reads the configuration form; see ParseLength.
func (l *Length) UnmarshalText(b []byte) (err error) { *l, err = ParseLength(string(b)); return err }

// UnmarshalText reads the configuration form; see ParseSpeed.
func (s *Speed) UnmarshalText(b []byte) (err error) { *s, err = ParseSpeed(string(b)); return err }

// AppendJSON appends m as a decimal number of kilograms.
func (m Mass) AppendJSON(dst []byte) []byte { return appendDecimal(dst, int64(m), 3) }

// MarshalJSON gives a decimal number of kilograms with at most three places.
func (m Mass) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// UnmarshalJSON reads a decimal number of kilograms, rounding half up to the gram.
func (m *Mass) UnmarshalJSON(b []byte) error {
	v, err := decimal(string(b), 1000)
	if err != nil {
		return fmt.Errorf("mass in kilograms %q: %w", b, err)
	}
	*m = Mass(v)
	return nil
}

// MarshalJSON gives an integer of millimetres.
func (l Length) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(l), 10), nil }

// UnmarshalJSON reads an integer of millimetres; a fraction is rounded half up.
func (l *Length) UnmarshalJSON(b []byte) error {
	v, err := decimal(string(b), 1)
	if err != nil || v > math.MaxInt32 || v < math.MinInt32 {
		return fmt.Errorf("length in millimetres %q: not a number in range", b)
	}
	*l = Length(v)
	return nil
}

// MarshalJSON gives an integer of millimetres a second.
func (s Speed) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(s), 10), nil }

// UnmarshalJSON reads an integer of millimetres a second; a fraction is rounded half up.
func (s *Speed) UnmarshalJSON(b []byte) error {
	v, err := decimal(string(b), 1)
	if err != nil || v > math.MaxInt32 || v < math.MinInt32 {
		return fmt.Errorf("speed in mm/s %q: not a number in range", b)
	}
	*s = Speed(v)
	return nil
}

// MarshalJSON gives a decimal between 0 and 1.
func (p Prob) MarshalJSON() ([]byte, error) { return appendDecimal(nil, int64(p), 6), nil }

// UnmarshalJSON reads a decimal between 0 and 1.
func (p *Prob) UnmarshalJSON(b []byte) error {
	v, err := decimal(string(b), 1_000_000)
	if err != nil || v < 0 || v > int64(Certain) {
		return fmt.Errorf("probability %q: not a number from 0 to 1", b)
	}
	*p = Prob(v)
	return nil
}

// ProbOf converts a fraction 0..1, clamping what lies outside; NaN becomes 0.
func ProbOf(f float64) Prob {
	switch {
	case !(f > 0):
		return 0
	case f >= 1:
		return Certain
	}
	return Prob(math.Round(f * 1e6))
}

// Float returns the probability as a fraction 0..1.
func (p Prob) Float() float64 { return float64(p) / 1e6 }
