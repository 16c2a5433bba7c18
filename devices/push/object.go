package push

// Object finds the end of a JSON object in bytes that arrive. The zero value with Deep set
// is at the object's beginning.
type Object struct {
	Deep int // more braces than any object has open

	At      int // bytes looked at
	depth   int
	text    bool // inside a string
	escaped bool
}

// End gives the length of the object that p begins with, 0 if it is not whole: p is then
// what it was before with more bytes. It stops at braces that are too deep.
func (o *Object) End(p []byte) int {
	for ; o.At < len(p); o.At++ {
		switch c := p[o.At]; {
		case o.escaped:
			o.escaped = false
		case o.text && c == '\\':
			o.escaped = true
		case c == '"':
			o.text = !o.text
		case o.text:
		case c == '{':
			if o.depth++; o.TooDeep() {
				return 0
			}
		case c == '}':
			if o.depth--; o.depth == 0 {
				return o.At + 1
			}
		}
	}
	return 0
}

// TooDeep reports whether End has stopped at braces that are too deep.
func (o *Object) TooDeep() bool { return o.depth > o.Deep }
