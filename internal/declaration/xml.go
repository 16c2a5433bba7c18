package declaration

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"acsgd/internal/decl"
)

// Detect says which format b is in, from its first bytes alone.
func Detect(b []byte) Format {
	if !looksXML(b) {
		return Unknown
	}
	d := newXML(bytes.NewReader(b))
	for {
		t, err := d.RawToken()
		if err != nil {
			return Unknown
		}
		if s, ok := t.(xml.StartElement); ok {
			return formatOf(s.Name)
		}
	}
}

func formatOf(root xml.Name) Format {
	if root.Local == "ASYCUDA" {
		return ASYCUDA
	}
	return Unknown
}

// looksXML reports whether b begins, after a byte order mark and white space, with "<" in
// one of the encodings that the mark tells.
func looksXML(b []byte) bool {
	if len(b) >= 2 && (b[0] == 0xFE && b[1] == 0xFF || b[0] == 0xFF && b[1] == 0xFE) {
		return true // UTF-16; the parser tells the rest
	}
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && b[0] == '<'
}

// newXML gives a decoder that reads the declared charset and expands no entities but the
// five of XML itself.
func newXML(r io.Reader) *xml.Decoder {
	br := bufio.NewReader(r)
	var utf16 bool
	if bom, _ := br.Peek(2); len(bom) == 2 && (bom[0] == 0xFE && bom[1] == 0xFF || bom[0] == 0xFF && bom[1] == 0xFE) {
		utf16 = true
		br = bufio.NewReader(transform.NewReader(br, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()))
	} else if bom, _ := br.Peek(3); string(bom) == "\xEF\xBB\xBF" {
		// Peek has these three bytes, so Discard cannot fail.
		_, _ = br.Discard(3)
	}
	d := xml.NewDecoder(br)
	d.Strict = true
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if utf16 && strings.HasPrefix(strings.ToLower(charset), "utf-16") {
			return in, nil // already decoded by its byte order mark
		}
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, fmt.Errorf("charset %q: %w", charset, err)
		}
		return transform.NewReader(in, e.NewDecoder()), nil
	}
	return d
}

// handler takes the elements of one document in order.
type handler interface {
	// open is called at each start tag; name is without prefix. It answers what to do
	// with the text: keep it for close, or not.
	open(name string, attrs []xml.Attr) (keep bool)
	// close is called at each end tag with the element's own text if it was kept. text is
	// reused.
	close(text []byte)
}

var (
	errDepth   = fmt.Errorf("elements nested deeper than %d", maxDepth)
	errText    = fmt.Errorf("a value longer than %d bytes", maxText)
	errDoctype = errors.New("a document type definition is not allowed")
	errSecond  = errors.New("more than one root element")
	errNoRoot  = errors.New("no root element")
)

// decodeXML reads one document of whatever format its root tells.
func (o Options) decodeXML(r io.Reader, ps *problems) []*decl.Declaration {
	d := newXML(r)
	var h handler
	var s *sad
	err := walk(d, func(root xml.Name) (handler, error) {
		if formatOf(root) != ASYCUDA {
			name := root.Local
			if root.Space != "" {
				name = "{" + root.Space + "}" + name
			}
			return nil, fmt.Errorf("format not recognised: root element %s", clip(name, 200))
		}
		s = &sad{opt: o, ps: ps}
		h = s
		return h, nil
	})
	if err != nil {
		ps.add("F01", "/", Reject, err.Error())
		return nil // half a declaration is none: its missing half would look like "nothing there"
	}
	return []*decl.Declaration{s.finish()}
}

// walk feeds the elements of one document to the handler that its root element asks for.
func walk(d *xml.Decoder, start func(xml.Name) (handler, error)) error {
	var h handler
	var keep []bool
	var text [][]byte // own text of each open element, reused by depth
	depth := 0
	for {
		t, err := d.Token()
		if err == io.EOF {
			if h == nil {
				return errNoRoot
			}
			return nil
		}
		if err != nil {
			line, col := d.InputPos()
			return fmt.Errorf("not well-formed at line %d, column %d: %w", line, col, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 {
				if h != nil {
					return errSecond
				}
				if h, err = start(t.Name); err != nil {
					return err
				}
			}
			if depth == maxDepth {
				return errDepth
			}
			if len(text) == depth {
				text, keep = append(text, nil), append(keep, false)
			}
			text[depth], keep[depth] = text[depth][:0], h.open(t.Name.Local, t.Attr)
			depth++
		case xml.EndElement:
			depth--
			h.close(text[depth])
		case xml.CharData:
			if depth > 0 && keep[depth-1] {
				if len(text[depth-1])+len(t) > maxText {
					return errText
				}
				text[depth-1] = append(text[depth-1], t...)
			}
		case xml.Directive:
			return errDoctype
		}
	}
}

// collapse trims b and makes each run of white space one space: real files break names
// over lines.
func collapse(b []byte) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return ""
	}
	if !bytes.ContainsAny(b, "\r\n\t\u00a0") && !bytes.Contains(b, []byte("  ")) {
		return string(b)
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
