package onvif

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"acsgd/devices/anpr/xmlwalk"
)

// ParseJSON reads one message of ONVIF's JSON over MQTT. Its names are those of the XML, its
// attributes have an @ before them, the text of an element with attributes is "#text"; so it
// is told to the same reader. topic is the topic of the event, without prefixes; "" where
// the message is no event.
func ParseJSON(p []byte, topic string) (*Document, error) {
	var root map[string]any
	d := json.NewDecoder(strings.NewReader(string(p)))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("message is not a JSON object: %w", err)
	}
	if d.More() {
		return nil, errors.New("something follows the JSON object")
	}
	r := &reader{topic: plainTopic(topic)}
	w := jsonWalker{r: r}
	// Events are told by their parts at the root; Axis has them one level deeper, in small
	// letters, and the topic beside them.
	body := root
	if m, ok := root["message"].(map[string]any); ok {
		body = m
		if t, ok := root["topic"].(string); ok {
			r.topic = plainTopic(t)
		}
	}
	event := false
	for _, k := range [...]string{"Data", "data", "Source", "source"} {
		_, has := body[k]
		event = event || has
	}
	if event {
		n := &Notice{Topic: r.topic}
		n.At, n.AtErr = utc(str(body["UtcTime"]) + str(body["@UtcTime"]))
		n.Operation = str(body["PropertyOperation"]) + str(body["@PropertyOperation"])
		r.open(1, n)
	}
	if err := w.element("JSON", body); err != nil {
		return nil, err
	}
	return &r.d, nil
}

func str(v any) string { s, _ := v.(string); return s }

// jsonWalker tells a JSON tree as XML is told.
type jsonWalker struct {
	r    *reader
	path [][]byte
}

// texts are the names under which the text of an element stands.
var texts = []string{"#text", "$", "_", "$t"}

func (w *jsonWalker) walk(name string, v any) error {
	list, ok := v.([]any)
	if !ok {
		return w.element(name, v)
	}
	for _, e := range list {
		if err := w.walk(name, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *jsonWalker) element(name string, v any) error {
	if len(w.path) == xmlwalk.MaxDepth {
		return fmt.Errorf("elements are nested deeper than %d", xmlwalk.MaxDepth)
	}
	name = strings.TrimPrefix(name, "@")
	name = name[strings.LastIndexByte(name, ':')+1:]
	if name == "source" || name == "key" || name == "data" {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	w.path = append(w.path, []byte(name))
	defer func() { w.path = w.path[:len(w.path)-1] }()
	fields, ok := v.(map[string]any)
	if !ok {
		if err := w.r.Open(w.path, nil); err != nil {
			return err
		}
		w.r.Leaf(w.path, []byte(scalar(v)))
		return nil
	}
	keys := make([]string, 0, len(fields))
	attrs := []byte(name)
	text, children := "", false
	for k := range fields {
		keys = append(keys, k)
	}
	slices.Sort(keys) // equal messages are told alike
	for _, k := range keys {
		f := fields[k]
		switch f.(type) {
		case map[string]any, []any:
			children = true
			continue
		}
		if slices.Contains(texts, k) {
			text = scalar(f)
			continue
		}
		children = children || !strings.HasPrefix(k, "@")
		attrs = fmt.Appendf(attrs, ` %s="%s"`, strings.TrimPrefix(k, "@"), quoted.Replace(scalar(f)))
	}
	if err := w.r.Open(w.path, attrs); err != nil {
		return err
	}
	if !children {
		w.r.Leaf(w.path, []byte(text))
		return nil
	}
	for _, k := range keys {
		if strings.HasPrefix(k, "@") || slices.Contains(texts, k) {
			continue
		}
		if err := w.walk(k, fields[k]); err != nil {
			return err
		}
	}
	w.r.Shut(w.path)
	return nil
}

var quoted = strings.NewReplacer("&", "&amp;", `"`, "&quot;")

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}
