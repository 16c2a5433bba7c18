package n42

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// Limits of one document. A day of a portal is not one document; the largest file of an
// identifier seen is well below a megabyte.
const (
	MaxSize     = 10 << 20 // bytes; what Read takes where it is told no limit
	maxDepth    = 64
	maxElements = 400_000
)

// node is one element.
type node struct {
	name  string // without prefix
	space string
	attrs []xml.Attr
	text  string // its own character data
	kids  []*node
	up    *node
	at    int64 // where it begins, bytes
}

// SyntaxError says where a document cannot be read.
type SyntaxError struct {
	Element string // the open elements, the outermost first: RadInstrumentData/RadMeasurement
	Offset  int64  // bytes, of the text as UTF-8
	Reason  string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	where := "before the root element"
	if e.Element != "" {
		where = "in " + e.Element
	}
	return fmt.Sprintf("n42: byte %d, %s: %s", e.Offset, where, e.Reason)
}

var (
	errDoctype = errors.New("a document type definition is not allowed")
	errSecond  = errors.New("more than one root element")
	errNoRoot  = errors.New("no root element")
	errDepth   = fmt.Errorf("elements nested deeper than %d", maxDepth)
	errMany    = fmt.Errorf("more than %d elements", maxElements)
)

// load reads a document into memory.
func load(r io.Reader, limit int64) (*node, error) {
	if limit <= 0 || limit > MaxSize {
		limit = MaxSize
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("n42: read: %w", err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("n42: more than %d bytes", limit)
	}
	return parse(b)
}

// parse builds the tree. Entities other than XML's five are refused, so nothing is fetched
// and nothing is expanded.
func parse(b []byte) (*node, error) {
	wide := bytes.HasPrefix(b, []byte{0xFE, 0xFF}) || bytes.HasPrefix(b, []byte{0xFF, 0xFE})
	if wide {
		var err error
		if b, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(b); err != nil {
			return nil, fmt.Errorf("n42: UTF-16: %w", err)
		}
	}
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if wide && strings.HasPrefix(strings.ToLower(charset), "utf-16") {
			return in, nil
		}
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, fmt.Errorf("charset %q: %w", charset, err)
		}
		return e.NewDecoder().Reader(in), nil
	}
	t := builder{}
	for {
		at := d.InputOffset()
		tok, err := d.Token()
		if err == nil {
			err = t.take(tok, at)
		}
		switch {
		case err == io.EOF && t.root == nil:
			return nil, &SyntaxError{Offset: at, Reason: errNoRoot.Error()}
		case err == io.EOF:
			return t.root, nil
		case err != nil:
			return nil, &SyntaxError{Element: t.path(), Offset: d.InputOffset(), Reason: reason(err)}
		}
	}
}

// reason is an error without the decoder's own counting of lines.
func reason(err error) string {
	if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return s.Msg
	}
	return err.Error()
}

// builder grows the tree.
type builder struct {
	root, open  *node
	texts       [][]byte
	depth, many int
}

func (t *builder) take(tok xml.Token, at int64) error {
	switch x := tok.(type) {
	case xml.Directive:
		return errDoctype
	case xml.StartElement:
		if t.depth++; t.depth > maxDepth {
			return errDepth
		}
		if t.many++; t.many > maxElements {
			return errMany
		}
		if t.open == nil && t.root != nil {
			return errSecond
		}
		n := &node{name: x.Name.Local, space: x.Name.Space, up: t.open, at: at}
		if len(x.Attr) > 0 {
			n.attrs = x.Attr
		}
		if t.open == nil {
			t.root = n
		} else {
			t.open.kids = append(t.open.kids, n)
		}
		t.open = n
		t.texts = append(t.texts, nil)
	case xml.CharData:
		if n := len(t.texts); n > 0 {
			t.texts[n-1] = append(t.texts[n-1], x...)
		}
	case xml.EndElement:
		last := len(t.texts) - 1
		t.open.text = strings.TrimSpace(string(t.texts[last]))
		t.texts = t.texts[:last]
		t.open = t.open.up
		t.depth--
	}
	return nil
}

func (t *builder) path() string {
	if t.open == nil {
		return ""
	}
	return t.open.path()
}

// path names an element and those around it.
func (n *node) path() string {
	if n.up == nil {
		return n.name
	}
	return n.up.path() + "/" + n.name
}

// attr is the value of an attribute; "" if it is not there.
func (n *node) attr(name string) string {
	v, _ := n.has(name)
	return v
}

func (n *node) has(name string) (string, bool) {
	for i := range n.attrs {
		if n.attrs[i].Name.Local == name && n.attrs[i].Name.Space == "" {
			return n.attrs[i].Value, true
		}
	}
	return "", false
}

// child is the first child with a name; nil if there is none.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// find is the text below a path of children; "" if it is not there.
func (n *node) find(path ...string) string {
	for _, p := range path {
		n = n.child(p)
	}
	if n == nil {
		return ""
	}
	return n.text
}

// each calls f with the node and all below it, in the order of the document.
func (n *node) each(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.each(f)
	}
}

// all are the nodes with a name below n, in the order of the document.
func (n *node) all(name string) []*node {
	var out []*node
	if n == nil {
		return nil
	}
	n.each(func(k *node) {
		if k != n && k.name == name {
			out = append(out, k)
		}
	})
	return out
}
