package quant

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errRange  = errors.New("out of range")
	errNumber = errors.New("not a decimal number")
	errUnit   = errors.New("no unit")
)

type unit struct {
	suffix string
	scale  int64
}

func wrap(what, s string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", what, s, err)
}

// parse reads a decimal with one of the units; longer suffixes stand before shorter ones.
func parse(s string, units []unit) (int64, error) {
	t := strings.TrimSpace(s)
	for _, u := range units {
		if n, ok := strings.CutSuffix(t, u.suffix); ok {
			return decimal(strings.TrimSpace(n), u.scale)
		}
	}
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.suffix
	}
	return 0, fmt.Errorf("%w, want one of %s", errUnit, strings.Join(names, ", "))
}

// Decimal reads a decimal number, with or without an exponent, and multiplies it by
// scale, rounding half away from zero. It never passes through a float: real customs
// files carry 1359.984 and 1.0623724E7 and must keep every gram.
func Decimal(s string, scale int64) (int64, error) { return decimal(s, scale) }

func decimal(s string, scale int64) (int64, error) {
	mant, exp := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > 30 || e < -30 {
			return 0, errNumber
		}
		mant, exp = s[:i], e
	}
	neg := false
	if mant != "" && (mant[0] == '-' || mant[0] == '+') {
		neg, mant = mant[0] == '-', mant[1:]
	}
	whole, frac, _ := strings.Cut(mant, ".")
	if whole == "" && frac == "" {
		return 0, errNumber
	}
	digits := whole + frac
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, errNumber
		}
	}
	point := len(whole) + exp // digits before the decimal point
	var v, rest, base int64
	base = 1
	const lim = int64(1) << 62
	// v collects digits*scale exactly: integer digits first, then the fraction by long division.
	for i := 0; i < point; i++ {
		var d int64
		if i < len(digits) {
			d = int64(digits[i] - '0')
		}
		if v > (lim-d*scale)/10 {
			return 0, errRange
		}
		v = v*10 + d*scale
	}
	for i := max(point, 0); i < len(digits) && base < 1_000_000_000_000; i++ {
		if rest > (lim/10-10*scale)/10 {
			break
		}
		rest = rest*10 + int64(digits[i]-'0')*scale
		base *= 10
	}
	for i := point; i < 0 && base < 1_000_000_000_000; i++ {
		base *= 10
	}
	v += (rest + base/2) / base
	if neg {
		v = -v
	}
	return v, nil
}

func divRound(v, by int64) int64 {
	if v < 0 {
		return -((-v + by/2) / by)
	}
	return (v + by/2) / by
}

// appendDecimal appends v / 10^places without trailing zeros.
func appendDecimal(dst []byte, v int64, places int) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	pow := int64(1)
	for range places {
		pow *= 10
	}
	dst = strconv.AppendInt(dst, v/pow, 10)
	f := v % pow
	if f == 0 {
		return dst
	}
	dst = append(dst, '.')
	for f > 0 {
		pow /= 10
		dst = append(dst, byte('0'+f/pow))
		f %= pow
	}
	return dst
}
