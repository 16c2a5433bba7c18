package push

import (
	"fmt"
	"strings"
	"testing"
)

type parts struct{ log []string }

func (p *parts) TakePart(h Part, content []byte) {
	p.log = append(p.log, fmt.Sprintf("%s %q", h.Label(), content))
}
func (p *parts) PartFault(_ int64, reason string) { p.log = append(p.log, reason) }

// TestParts holds what wrong lengths cost: the part itself, never the next one.
func TestParts(t *testing.T) {
	const last = "--b\r\nContent-ID: <z>\r\n\r\nz\r\n--b--"
	for _, c := range []struct{ name, boundary, body, want string }{
		{"a part that is larger than is taken", "b", "--b\r\nContent-ID: a\r\nContent-Length: 101\r\n\r\n" + strings.Repeat("x", 101) + "\r\n" + last,
			`part "a" is larger than 100 bytes|z "z"`},
		{"and without a length", "b", "--b\r\nContent-ID: a\r\n\r\n" + strings.Repeat("x", 5000) + "\r\n" + last, `part "a" is larger than 100 bytes|z "z"`},
		{"a length that is too small", "b", "--b\r\nContent-ID: a\r\nContent-Length: 1\r\n\r\nxyz\r\n" + last,
			`a "x"|part "a" goes on after its Content-Length of 1 bytes|z "z"`},
		{"and much too small", "b", "--b\r\nContent-ID: a\r\nContent-Length: 1\r\n\r\n" + strings.Repeat("x", 9000) + "\r\n" + last,
			`a "x"|part "a" goes on after its Content-Length of 1 bytes|z "z"`},
		{"a boundary announced with its dashes", "--b", last, `z "z"`},
		{"and dashes that look like its own", "--b", "--b\r\nContent-ID: a\r\n\r\nx\r\n----b\r\n" + last, "a \"x\\r\\n----b\"|z \"z\""},
		{"dashes that are its own", "--b", strings.ReplaceAll(last, "--b", "----b"), `z "z"`},
	} {
		for _, size := range []int{1, 64, 1 << 20} {
			got := &parts{}
			s := NewSplitter(c.boundary, 100, 0)
			for p := c.body; p != ""; p = p[min(size, len(p)):] {
				s.Feed([]byte(p[:min(size, len(p))]), got)
			}
			if strings.Join(got.log, "|") != c.want || !s.Ended() {
				t.Errorf("%s in pieces of %d: %s, want %s", c.name, size, strings.Join(got.log, "|"), c.want)
			}
		}
	}
}
