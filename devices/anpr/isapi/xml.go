package isapi

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// visitor is told what an XML document holds. path is the chain of local names (prefixes
// and namespaces left out, because cameras, recorders and firmware versions differ in
// them) from the root to the element; it and text are valid during the call.
type visitor interface {
	open(path [][]byte) error        // a refusal ends the walk
	leaf(path [][]byte, text []byte) // an element without children, its text trimmed
	shut(path [][]byte)              // the end of an element with children
}

const (
	maxDepth = 32
	maxTag   = 4 << 10 // a stray quote must not swallow the document
)

// walk reads the first document in p and returns how many bytes it takes, 0 if p ends
// before the document does. It takes what cameras really send: unknown elements, bare
// ampersands, a byte order mark, blank lines before the declaration. An error has the
// offset at which reading stopped.
func walk(p []byte, v visitor) (n int, err error) {
	w := walker{p: p, v: v}
	for {
		more, err := w.step()
		if err != nil {
			return w.at, err
		}
		if w.done {
			return w.at, nil
		}
		if !more {
			return 0, nil
		}
	}
}

type walker struct {
	p     []byte
	at    int
	v     visitor
	path  [][]byte
	text  []byte
	plain bool // the innermost element has no children so far
	done  bool
}

// step reads up to the end of the next markup; more is false where p ends before.
func (w *walker) step() (more bool, err error) {
	start := bytes.IndexByte(w.p[w.at:], '<')
	if start < 0 {
		return false, nil
	}
	if len(w.path) > 0 && w.plain {
		w.text = unescape(w.text, w.p[w.at:w.at+start])
	}
	rest := w.p[w.at+start:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return w.skip(start, rest, "-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		end := bytes.Index(rest, []byte("]]>"))
		if end < 0 {
			return false, nil
		}
		w.text = append(w.text, rest[9:end]...)
		w.at += start + end + 3
		return true, nil
	case bytes.HasPrefix(rest, []byte("<?")):
		return w.skip(start, rest, "?>")
	case bytes.HasPrefix(rest, []byte("<!")):
		if len(rest) < 9 {
			return false, nil // may become a comment or a CDATA section
		}
		return w.skip(start, rest, ">")
	}
	end := tagEnd(rest[:min(len(rest), maxTag)])
	if end < 0 && len(rest) >= maxTag {
		return false, fmt.Errorf("tag does not end within %d bytes", maxTag)
	}
	if end < 0 {
		return false, nil
	}
	tag := rest[1:end]
	w.at += start + end + 1
	if len(tag) > 0 && tag[0] == '/' {
		return true, w.closeTag(local(tag[1:]))
	}
	return true, w.openTag(tag)
}

func (w *walker) skip(start int, rest []byte, until string) (bool, error) {
	end := bytes.Index(rest, []byte(until))
	if end < 0 {
		return false, nil
	}
	w.at += start + end + len(until)
	return true, nil
}

// tagEnd finds the > that ends a tag, over attribute values that hold one.
func tagEnd(p []byte) int {
	var quote byte
	for i, c := range p {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// local gives the name of a tag without its prefix.
func local(tag []byte) []byte {
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.LastIndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	return tag
}

func (w *walker) openTag(tag []byte) error {
	name := local(tag)
	if len(name) == 0 {
		return fmt.Errorf("tag without a name")
	}
	if len(w.path) == maxDepth {
		return fmt.Errorf("elements are nested deeper than %d", maxDepth)
	}
	w.path = append(w.path, name)
	w.text, w.plain = w.text[:0], true
	if err := w.v.open(w.path); err != nil {
		return err
	}
	if tag[len(tag)-1] == '/' {
		return w.closeTag(name)
	}
	return nil
}

func (w *walker) closeTag(name []byte) error {
	if len(w.path) == 0 || !bytes.Equal(w.path[len(w.path)-1], name) {
		return fmt.Errorf("end of element %q, which is not open", clip(name))
	}
	if w.plain {
		w.v.leaf(w.path, bytes.TrimSpace(w.text))
	} else {
		w.v.shut(w.path)
	}
	w.path = w.path[:len(w.path)-1]
	w.text, w.plain = w.text[:0], false
	w.done = len(w.path) == 0
	return nil
}

func clip(p []byte) []byte { return p[:min(len(p), 40)] }

// unescape appends text with its entities resolved; an ampersand that begins none stays.
func unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = entity(string(text[1:end]))
		}
		if !ok {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		dst = utf8.AppendRune(dst, r)
		text = text[end+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	v, err := strconv.ParseUint(digits, base, 31)
	return rune(v), err == nil && v > 0 && utf8.ValidRune(rune(v))
}
