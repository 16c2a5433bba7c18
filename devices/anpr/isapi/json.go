package isapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"acsgd/devices/anpr/xmlwalk"
)

// ParseJSON reads an EventNotificationAlert in JSON, with or without that name around it.
func ParseJSON(p []byte) (*Event, error) {
	r := eventReader{e: new(Event)}
	if err := walkJSON(p, &r); err != nil {
		return nil, err
	}
	return r.e, nil
}

// walkJSON tells v of a JSON object as walk tells it of the XML document with the same
// contents: the members of a list xxxList are elements xxx inside it, those of any other
// list are repeated elements. Numbers are texts, as sent.
func walkJSON(p []byte, v xmlwalk.Visitor) error {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(p, bom)))
	d.UseNumber()
	w := jsonWalker{d: d, v: v}
	t, err := d.Token()
	if err != nil {
		return fmt.Errorf("JSON at byte %d: %w", d.InputOffset(), noEOF(err))
	}
	if t != json.Delim('{') {
		return fmt.Errorf("JSON is no object")
	}
	w.path = [][]byte{[]byte("EventNotificationAlert")}
	if err := v.Open(w.path, nil); err != nil {
		return err
	}
	if err := w.object(); err != nil {
		return fmt.Errorf("JSON at byte %d: %w", d.InputOffset(), noEOF(err))
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

type jsonWalker struct {
	d    *json.Decoder
	v    xmlwalk.Visitor
	path [][]byte
}

// object reads the members of an object whose beginning was read.
func (w *jsonWalker) object() error {
	for w.d.More() {
		key, err := w.d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if len(w.path) == 1 && name == "EventNotificationAlert" { // the name of the whole
			t, err := w.d.Token()
			if err != nil {
				return err
			}
			if t != json.Delim('{') {
				return fmt.Errorf("%s is no object", name)
			}
			if err := w.object(); err != nil {
				return err
			}
			continue
		}
		if err := w.member(name); err != nil {
			return err
		}
	}
	_, err := w.d.Token()
	return err
}

// member reads one value and tells it as an element.
func (w *jsonWalker) member(name string) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	if t == json.Delim('[') {
		return w.list(name)
	}
	return w.value(name, t)
}

// value tells a value whose first token was read.
func (w *jsonWalker) value(name string, t json.Token) error {
	if len(w.path) == xmlwalk.MaxDepth {
		return fmt.Errorf("values are nested deeper than %d", xmlwalk.MaxDepth)
	}
	w.path = append(w.path, []byte(name))
	defer func() { w.path = w.path[:len(w.path)-1] }()
	if t == nil {
		return nil
	}
	if err := w.v.Open(w.path, nil); err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return w.list(name)
		}
		err := w.object()
		w.v.Shut(w.path)
		return err
	case string:
		w.v.Leaf(w.path, []byte(strings.TrimSpace(t)))
	default: // json.Number, bool
		w.v.Leaf(w.path, fmt.Append(nil, t))
	}
	return nil
}

// list tells the members of a list whose beginning was read; plain values become one text
// with commas.
func (w *jsonWalker) list(name string) error {
	item, inside := strings.CutSuffix(name, "List")
	if inside {
		if len(w.path) == xmlwalk.MaxDepth {
			return fmt.Errorf("values are nested deeper than %d", xmlwalk.MaxDepth)
		}
		w.path = append(w.path, []byte(name))
		defer func() { w.path = w.path[:len(w.path)-1] }()
		if err := w.v.Open(w.path, nil); err != nil {
			return err
		}
	}
	var plain []string
	for w.d.More() {
		t, err := w.d.Token()
		if err != nil {
			return err
		}
		if _, structure := t.(json.Delim); !structure {
			plain = append(plain, fmt.Sprint(t))
			continue
		}
		if err := w.value(item, t); err != nil {
			return err
		}
	}
	if _, err := w.d.Token(); err != nil {
		return err
	}
	if len(plain) > 0 {
		return w.value(item, strings.Join(plain, ","))
	}
	return nil
}

func looksJSON(p []byte) bool {
	p = bytes.TrimLeft(bytes.TrimPrefix(p, bom), " \t\r\n")
	return len(p) > 0 && p[0] == '{'
}

// jsonLength gives how many bytes the object takes that p begins with; 0 if it does not end.
func jsonLength(p []byte) int {
	depth, text := 0, false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return 0
}
