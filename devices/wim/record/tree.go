package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// depth bounds the nesting: record, axles, axle, quality.
const depth = 4

// parse reads one JSON document, and nothing behind it. Objects become map[string]any, in
// which no member may stand twice, numbers json.Number. Errors name the member.
func parse(p []byte) (any, error) {
	if !utf8.Valid(p) {
		return nil, errors.New("text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	v, err := value(d, "", depth)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more behind the end of the record")
	}
	return v, nil
}

func value(d *json.Decoder, path string, deeper int) (any, error) {
	t, err := d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, at(path, err)
	}
	open, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if deeper == 0 {
		return nil, at(path, errors.New("nested too deep"))
	}
	if open == '[' {
		var list []any
		for d.More() {
			v, err := value(d, fmt.Sprintf("%s[%d]", path, len(list)), deeper-1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, end(d, path)
	}
	m := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, at(path, err)
		}
		key, _ := t.(string) // a member's name always is one
		name := join(path, key)
		if _, twice := m[key]; twice {
			return nil, at(name, errors.New("stands twice"))
		}
		if m[key], err = value(d, name, deeper-1); err != nil {
			return nil, err
		}
	}
	return m, end(d, path)
}

// end takes the bracket that closes an array or object.
func end(d *json.Decoder, path string) error {
	if _, err := d.Token(); err != nil {
		return at(path, err)
	}
	return nil
}

func join(path, key string) string {
	key = short(key)
	if path == "" {
		return key
	}
	return path + "." + key
}

// short cuts what an error quotes.
func short(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return s
}

func at(path string, err error) error {
	if path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// fields reads the members of one object. The first error stays, and everything read after
// it is zero.
type fields struct {
	path string
	m    map[string]any
	err  *error
}

// fault notes what is wrong with a member.
func (f *fields) fault(key, format string, args ...any) {
	if *f.err == nil {
		*f.err = at(join(f.path, key), fmt.Errorf(format, args...))
	}
}

// take removes a member, so that what is left is unknown.
func (f *fields) take(key string, need bool) (v any, ok bool) {
	v, ok = f.m[key]
	delete(f.m, key)
	if !ok && need {
		f.fault(key, "is missing")
	}
	return v, ok
}

// done reports the members that nobody has asked for.
func (f *fields) done() {
	var left []string
	for k := range f.m {
		left = append(left, k)
	}
	if len(left) > 0 {
		f.fault(slices.Min(left), "unknown member")
	}
}

func (f *fields) text(key string, longest int, need bool) string {
	v, ok := f.take(key, need)
	s, is := v.(string)
	switch {
	case !ok:
	case !is:
		f.fault(key, "want a text")
	case len(s) > longest || need && s == "":
		f.fault(key, "want 1 to %d bytes of text", longest)
	default:
		for _, c := range s {
			if c < ' ' || c == 0x7F {
				f.fault(key, "control character in %q", short(s))
				return ""
			}
		}
		return s
	}
	return ""
}

// word is a text out of a list; "" if it may be left out and is.
func (f *fields) word(key string, list ...string) string {
	s := f.text(key, 64, false)
	if s != "" && !slices.Contains(list, s) {
		f.fault(key, "%q, want one of %v", s, list)
		return ""
	}
	return s
}

// number is a decimal times scale, from lo to hi.
func (f *fields) number(key string, scale, lo, hi int64, need bool) int64 {
	v, ok := f.take(key, need)
	if !ok {
		return 0
	}
	return f.decimal(key, v, scale, lo, hi)
}

func (f *fields) decimal(key string, v any, scale, lo, hi int64) int64 {
	n, is := v.(json.Number)
	if !is {
		f.fault(key, "want a number")
		return 0
	}
	x, err := quant.Decimal(n.String(), scale)
	switch {
	case err != nil:
		f.fault(key, "%s: %w", short(n.String()), err)
		return 0
	case x < lo || x > hi:
		f.fault(key, "%s is out of range, want %s to %s", short(n.String()), scaled(lo, scale), scaled(hi, scale))
		return 0
	}
	return x
}

func scaled(v, scale int64) string {
	if scale == 1000 {
		return quant.Mass(v).String()
	}
	return fmt.Sprint(v)
}

// whole is a number without a fraction.
func (f *fields) whole(key string, lo, hi int64, need bool) int64 {
	v, ok := f.take(key, need)
	if !ok {
		return 0
	}
	return f.integer(key, v, lo, hi)
}

func (f *fields) integer(key string, v any, lo, hi int64) int64 {
	n, is := v.(json.Number)
	if !is {
		f.fault(key, "want a whole number")
		return 0
	}
	x, err := n.Int64()
	if err != nil {
		f.fault(key, "%s is no whole number", short(n.String()))
		return 0
	}
	if x < lo || x > hi {
		f.fault(key, "%d is out of range, want %d to %d", x, lo, hi)
		return 0
	}
	return x
}

func (f *fields) mass(key string, lo, hi quant.Mass, need bool) quant.Mass {
	return quant.Mass(f.number(key, int64(quant.Kilogram), int64(lo), int64(hi), need))
}

// maxSpeed is 360 km/h.
const maxSpeed = 100_000

func (f *fields) speed(key string) quant.Speed {
	return quant.Speed(f.number(key, 1, 0, maxSpeed, false))
}

func (f *fields) time(key string, need bool) time.Time {
	v, ok := f.take(key, need)
	s, is := v.(string)
	if !ok {
		return time.Time{}
	}
	if !is {
		f.fault(key, "want a time as text")
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		f.fault(key, "%q is no time such as 2026-03-01T06:14:03.250+05:00", short(s))
		return time.Time{}
	}
	return t.UTC()
}

// list gives the elements of an array, most at most.
func (f *fields) list(key string, most int, need bool) []any {
	v, ok := f.take(key, need)
	if !ok {
		return nil
	}
	l, is := v.([]any)
	switch {
	case !is:
		f.fault(key, "want a list")
		return nil
	case len(l) > most:
		f.fault(key, "%d elements, want at most %d", len(l), most)
		return nil
	}
	return l
}

// object gives the members of element v of a list, or of a member.
func (f *fields) object(key string, v any) *fields {
	m, is := v.(map[string]any)
	if !is {
		f.fault(key, "want an object")
	}
	return &fields{path: join(f.path, key), m: m, err: f.err}
}

// flags reads a list of flags.
func (f *fields) flags(key string) []obs.Flag {
	var out []obs.Flag
	for i, v := range f.list(key, len(known), false) {
		s, _ := v.(string)
		if !slices.Contains(known, obs.Flag(s)) {
			f.fault(fmt.Sprintf("%s[%d]", key, i), "%q, want one of %v", short(fmt.Sprint(v)), known)
			return nil
		}
		out = append(out, obs.Flag(s))
	}
	return out
}

// known are the flags that a weighing may have.
var known = []obs.Flag{obs.SpeedOutOfRange, obs.StoppedOnPlatform, obs.RollBack, obs.Overlap, obs.OffScale, obs.RateLow, obs.ZeroDrift,
	obs.Overload, obs.Underload, obs.InMotion, obs.Fault, obs.FewSamples, obs.VehicleTooLong, obs.Truncated, obs.ClockUnset, obs.Simulated}

// most is the largest count of anything.
const most = math.MaxInt32
