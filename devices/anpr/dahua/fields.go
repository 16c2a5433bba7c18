package dahua

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// fields are the values of one message by their path, as the text of a stream has them:
// TrafficCar.PlateNumber, Object.BoundingBox[2]. JSON is brought to the same form. What is
// null is not there.
type fields map[string]string

const (
	mostFields  = 4096
	deepest     = 32
	longestPath = 512
)

var bom = []byte("\xef\xbb\xbf")

// parseJSON reads a JSON document. What stands before an error is read.
func parseJSON(p []byte) (fields, error) {
	r := reader{d: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(p, bom))), f: fields{}}
	r.d.UseNumber()
	err := r.value("")
	if err == nil {
		if _, end := r.d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the document")
		}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		err = fmt.Errorf("JSON is damaged at byte %d: %w", r.d.InputOffset(), err)
	}
	return r.f, err
}

type reader struct {
	d     *json.Decoder
	f     fields
	depth int
}

// value reads one value into the path.
func (r *reader) value(path string) error {
	t, err := r.d.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case json.Delim:
		return r.inside(path, v)
	case nil:
		return nil
	case string:
		return r.put(path, v)
	}
	return r.put(path, fmt.Sprint(t)) // a number as written, true or false
}

func (r *reader) put(path, value string) error {
	if len(r.f) >= mostFields {
		return fmt.Errorf("more than %d values", mostFields)
	}
	r.f[path] = value
	return nil
}

// inside reads the members of an object or an array.
func (r *reader) inside(path string, open json.Delim) error {
	if r.depth++; r.depth > deepest || len(path) > longestPath {
		return errors.New("nested too deep")
	}
	defer func() { r.depth-- }()
	for i := 0; r.d.More(); i++ {
		next := path + "[" + strconv.Itoa(i) + "]"
		if open == '{' {
			t, err := r.d.Token()
			if err != nil {
				return err
			}
			next, _ = t.(string) // a key is a string, or Token has failed
			if path != "" {
				next = path + "." + next
			}
		}
		if err := r.value(next); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	return err
}

// parseText reads lines of path=value, with any line end. What is no such line is passed
// over and counted.
func parseText(p []byte) (f fields, strange int) {
	f = fields{}
	for line := range bytes.SplitSeq(p, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		path, value, ok := strings.Cut(string(line), "=")
		if !ok || len(path) > longestPath || len(f) >= mostFields {
			strange++
			continue
		}
		f[strings.TrimSpace(path)] = strings.TrimSpace(value)
	}
	return f, strange
}

// parts gives the members of a list, as maps of their own: parts("Events") those of
// Events[0].X, Events[1].X in that order.
func (f fields) parts(list string) []fields {
	of := map[int]fields{}
	last := -1
	for path, value := range f {
		rest, ok := strings.CutPrefix(path, list+"[")
		if !ok {
			continue
		}
		number, rest, ok := strings.Cut(rest, "].")
		i, err := strconv.Atoi(number)
		if !ok || err != nil || i < 0 || i >= mostEvents {
			continue
		}
		if of[i] == nil {
			of[i] = fields{}
		}
		of[i][rest] = value
		last = max(last, i)
	}
	var out []fields
	for i := range last + 1 {
		if of[i] != nil {
			out = append(out, of[i])
		}
	}
	return out
}

// mostEvents bounds the events of one message.
const mostEvents = 32

// under gives the values below a path, as a map of their own.
func (f fields) under(path string) fields {
	out := fields{}
	for k, v := range f {
		if rest, ok := strings.CutPrefix(k, path+"."); ok {
			out[rest] = v
		}
	}
	return out
}

// first gives the first of some values that is not empty, cut to a length that names have.
func (f fields) first(paths ...string) string {
	for _, p := range paths {
		if v := strings.TrimSpace(f[p]); v != "" {
			return clip(v)
		}
	}
	return ""
}

// clip cuts what a camera writes to the length of a name.
func clip(s string) string {
	const longest = 64
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "")
}

// number reads a whole number.
func (f fields) number(path string) (int64, bool) {
	text, _, _ := strings.Cut(strings.TrimSpace(f[path]), ".")
	v, err := strconv.ParseInt(text, 10, 64)
	return v, err == nil
}
