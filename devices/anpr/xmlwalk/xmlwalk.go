// Package xmlwalk reads the XML that cameras write. It takes what they really send: unknown
// elements, prefixes and namespaces that differ with the firmware, bare ampersands, a byte
// order mark, blank lines before the declaration. Declared entities are never expanded, so a
// document cannot grow; its depth and its tags are bounded, and so is its memory where the
// caller bounds its bytes.
package xmlwalk

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Visitor is told what an XML document holds. path is the chain of local names (prefixes
// and namespaces left out, because cameras, recorders and firmware versions differ in
// them) from the root to the element; it, attrs and text are valid during the call.
type Visitor interface {
	Open(path [][]byte, attrs []byte) error // a refusal ends the walk; see Attr
	Leaf(path [][]byte, text []byte)        // an element without children, its text trimmed
	Shut(path [][]byte)                     // the end of an element with children
}

const (
	// MaxDepth is how deep elements may be nested.
	MaxDepth = 32
	maxTag   = 4 << 10
)

// Walk reads the first document in p and returns how many bytes it takes, 0 if p ends
// before the document does. An error has the offset at which reading stopped.
func Walk(p []byte, v Visitor) (n int, err error) { return New(v).More(p) }

// Walker reads one document whose bytes arrive little by little.
type Walker struct {
	// MaxTag bounds one tag with its attributes: a stray quote must not swallow the document.
	// New sets 4 KiB.
	MaxTag int

	p     []byte
	at    int
	v     Visitor
	path  [][]byte
	text  []byte
	plain bool // the innermost element has no children so far
	done  bool
}

// New makes the walker of one document.
func New(v Visitor) *Walker { return &Walker{v: v, MaxTag: maxTag} }

// More reads on in p, which is the document from its beginning as far as it has arrived,
// and returns as Walk does; what was read before is not read again. The bytes of earlier
// calls must not have changed. After an error or the end of the document it is not called
// again.
func (w *Walker) More(p []byte) (n int, err error) {
	w.p = p
	for {
		kept := len(w.text)
		more, err := w.step()
		if err != nil {
			return w.at, err
		}
		if w.done {
			return w.at, nil
		}
		if !more {
			w.text = w.text[:kept] // it is read again with what follows
			return 0, nil
		}
	}
}

// step reads up to the end of the next markup; more is false where p ends before.
func (w *Walker) step() (more bool, err error) {
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
	end := tagEnd(rest[:min(len(rest), w.MaxTag)])
	if end == torn {
		return false, fmt.Errorf("tag does not end before the next one")
	}
	if end < 0 && len(rest) >= w.MaxTag {
		return false, fmt.Errorf("tag does not end within %d bytes", w.MaxTag)
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

func (w *Walker) skip(start int, rest []byte, until string) (bool, error) {
	end := bytes.Index(rest, []byte(until))
	if end < 0 {
		return false, nil
	}
	w.at += start + end + len(until)
	return true, nil
}

// torn says that another tag begins inside a tag.
const torn = -2

// tagEnd finds the > that ends a tag, over attribute values that hold one. p[0] is its <.
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
		case c == '<' && i > 0:
			return torn
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

func (w *Walker) openTag(tag []byte) error {
	name := local(tag)
	if len(name) == 0 {
		return fmt.Errorf("tag without a name")
	}
	if len(w.path) == MaxDepth {
		return fmt.Errorf("elements are nested deeper than %d", MaxDepth)
	}
	w.path = append(w.path, name)
	w.text, w.plain = w.text[:0], true
	if err := w.v.Open(w.path, tag); err != nil {
		return err
	}
	if tag[len(tag)-1] == '/' {
		return w.closeTag(name)
	}
	return nil
}

func (w *Walker) closeTag(name []byte) error {
	if len(w.path) == 0 || !bytes.Equal(w.path[len(w.path)-1], name) {
		return fmt.Errorf("end of element %q, which is not open", clip(name))
	}
	if w.plain {
		w.v.Leaf(w.path, bytes.TrimSpace(w.text))
	} else {
		w.v.Shut(w.path)
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

// Attr gives the value of an attribute by its local name; "" if it is not there.
func Attr(attrs []byte, name string) string {
	for {
		eq := bytes.IndexByte(attrs, '=')
		if eq < 0 {
			return ""
		}
		key := bytes.TrimSpace(attrs[:eq])
		if i := bytes.LastIndexAny(key, " \t\r\n:"); i >= 0 {
			key = key[i+1:]
		}
		rest := bytes.TrimLeft(attrs[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return ""
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return ""
		}
		if string(key) == name {
			return string(unescape(nil, rest[1:1+end]))
		}
		attrs = rest[end+2:]
	}
}
