package n42

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// moment reads an xsd:dateTime. One without a zone is taken as UTC, and zoned is false.
func moment(s string) (t time.Time, zoned bool, err error) {
	s = strings.TrimSpace(s)
	if t, err = time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true, nil
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"} {
		if t, e := time.Parse(form, s); e == nil {
			return t, strings.Contains(form, "Z"), nil
		}
	}
	return time.Time{}, false, fmt.Errorf("%q is no date and time", clip(s))
}

// span reads an xsd:duration of days and less, in ns. A plain number is taken as seconds,
// and plain is true.
func span(s string) (d time.Duration, plain bool, err error) {
	s = strings.TrimSpace(s)
	bad := fmt.Errorf("%q is no duration", clip(s))
	rest, ok := strings.CutPrefix(s, "P")
	if !ok {
		n, err := quant.Decimal(s, int64(time.Second))
		if err != nil || n < 0 {
			return 0, false, bad
		}
		return time.Duration(n), true, nil
	}
	clock, any := false, false
	for rest != "" {
		if rest[0] == 'T' && !clock {
			clock, rest = true, rest[1:]
			continue
		}
		i := strings.IndexAny(rest, "YMDHS")
		if i <= 0 {
			return 0, false, bad
		}
		unit := time.Duration(0)
		switch rest[i] {
		case 'D':
			unit = 24 * time.Hour
		case 'H':
			unit = time.Hour
		case 'M':
			unit = time.Minute
		case 'S':
			unit = time.Second
		}
		if !clock && rest[i] == 'M' {
			unit = 0 // months, like years, have no length; none of them has
		}
		n, err := quant.Decimal(rest[:i], max(int64(unit), 1))
		if err != nil || n < 0 || unit == 0 && n != 0 || clock == (rest[i] == 'D' || rest[i] == 'Y') && rest[i] != 'M' || int64(d) > math.MaxInt64-n {
			return 0, false, bad
		}
		if unit != 0 {
			d += time.Duration(n)
		}
		rest, any = rest[i+1:], true
	}
	if !any {
		return 0, false, bad
	}
	return d, false, nil
}

// truth reads an xsd:boolean.
func truth(s string) (v, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// numbers reads a list of doubles that are finite and not negative.
func numbers(s string) ([]float64, error) {
	fields := strings.Fields(s)
	out := make([]float64, 0, len(fields))
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 {
			return nil, fmt.Errorf("value %d, %q, is no count", i+1, clip(f))
		}
		out = append(out, v)
	}
	return out, nil
}

// units maps the names of a quantity's units to how many of the smallest are in one.
type units map[string]int64

// dose is in nSv/h.
var dose = units{
	"": 1000, "nsv/h": 1, "usv/h": 1000, "μsv/h": 1000, "µsv/h": 1000, "msv/h": 1e6, "sv/h": 1e9,
	"ngy/h": 1, "ugy/h": 1000, "μgy/h": 1000, "µgy/h": 1000, "mgy/h": 1e6,
	"urem/h": 10, "μrem/h": 10, "µrem/h": 10, "mrem/h": 10_000, "rem/h": 10_000_000,
}

// exposure is in nR/h.
var exposure = units{"": 1e6, "nr/h": 1, "ur/h": 1000, "μr/h": 1000, "µr/h": 1000, "mr/h": 1e6, "r/h": 1e9}

// read gives a value in the smallest unit.
func (u units) read(value, unit string) (int64, error) {
	key := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(unit), " ", ""))
	key = strings.Replace(key, "/hr", "/h", 1)
	scale, ok := u[key]
	if !ok {
		return 0, fmt.Errorf("unit %q is not known", clip(unit))
	}
	n, err := quant.Decimal(strings.TrimSpace(value), scale)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no rate", clip(value))
	}
	return n, nil
}

// clip shortens what a document says for a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
