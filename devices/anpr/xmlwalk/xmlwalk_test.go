package xmlwalk

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// story writes down what a Visitor is told.
type story struct{ lines []string }

func (s *story) Open(path [][]byte, attrs []byte) error {
	if id := Attr(attrs, "Id"); id != "" {
		s.lines = append(s.lines, fmt.Sprintf("open %s Id %s", path[len(path)-1], id))
	}
	if string(path[len(path)-1]) == "refused" {
		return fmt.Errorf("refused element")
	}
	return nil
}

func (s *story) Leaf(path [][]byte, text []byte) {
	s.lines = append(s.lines, fmt.Sprintf("%s=%s", bytes.Join(path, []byte("/")), text))
}

func (s *story) Shut(path [][]byte) {
	s.lines = append(s.lines, "shut "+string(bytes.Join(path, []byte("/"))))
}

func TestWalk(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		want      []string
		rest      int // bytes behind the document
		err       string
	}{
		{"prefixes are left out", `<a:x><b:y> 1 </b:y></a:x>`, []string{"x/y=1", "shut x"}, 0, ""},
		{"attributes by local name", `<x><y n:Id="a&amp;b" other = '>'/></x>`, []string{"open y Id a&b", "x/y=", "shut x"}, 0, ""},
		{"an attribute whose name only ends alike", `<x ObjectId="3"/>`, []string{"x="}, 0, ""},
		{"a declaration, a comment, CDATA, a bare ampersand", "\xef\xbb\xbf\r\n<?xml version='1.0'?><!-- < --><x>A & B<![CDATA[<&>]]>&#x41;</x>\n<z/>", []string{"x=A & B<&>A"}, 5, ""},
		{"declared entities are not expanded", `<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><x>&b;</x>`, []string{"x=&b;"}, 0, ""},
		{"the wrong end", `<x><y></x>`, nil, 0, "not open"},
		{"a tag without an end", "<x><y a='" + strings.Repeat("z", 5000) + "'/></x>", nil, 0, "does not end"},
		{"a tag that is torn", `<x><y a="1" <z/></x>`, nil, 0, "before the next"},
		{"too deep", strings.Repeat("<x>", MaxDepth+1), nil, 0, "deeper"},
		{"the visitor refuses", `<x><refused/></x>`, nil, 0, "refused element"},
	} {
		var s story
		n, err := Walk([]byte(c.doc), &s)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if d := cmp.Diff(c.want, s.lines); d != "" || err != nil || n != len(c.doc)-c.rest {
			t.Errorf("%s: %s%d of %d bytes, %v", c.name, d, n, len(c.doc), err)
		}
		if n, err := Walk([]byte(c.doc[:len(c.doc)-c.rest-1]), new(story)); n != 0 || err != nil {
			t.Errorf("%s, cut off: %d, %v", c.name, n, err)
		}
	}
}

// TestALargeDocumentInSmallPieces: what was read is not read again, or this takes minutes.
func TestALargeDocumentInSmallPieces(t *testing.T) {
	doc := []byte("<x>" + strings.Repeat("<y>12345</y>", 200_000) + "</x>")
	begin := time.Now()
	w := New(new(story))
	for end := 512; ; end += 512 {
		n, err := w.More(doc[:min(end, len(doc))])
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			break
		}
	}
	if d := time.Since(begin); d > 20*time.Second {
		t.Errorf("a document of %d bytes in pieces takes %v", len(doc), d)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><a:b c='>'><!-- > --><d Id="x&lt;">1&#65;&</d><e/><![CDATA[]]></a:b><f/>`), uint8(3))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		var whole, pieces story
		n, err := Walk(p, &whole)
		if n < 0 || n > len(p) {
			t.Fatalf("%d of %d bytes", n, len(p))
		}
		w := New(&pieces)
		for end := 0; ; end += int(step) + 1 {
			k, e := w.More(p[:min(end, len(p))])
			if k == 0 && e == nil && end < len(p) {
				continue
			}
			if (e == nil) != (err == nil) || k != n {
				t.Fatalf("in pieces %d, %v; whole %d, %v", k, e, n, err)
			}
			break
		}
		if d := cmp.Diff(whole.lines, pieces.lines); d != "" {
			t.Error(d)
		}
	})
}
