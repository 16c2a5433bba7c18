package console

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"acsgd/fusion"
)

// screen is what browsers are shown. It changes with each flush as a whole, and browsers
// that stand at the same version of it share their frames. It belongs to the pump.
type screen struct {
	ver     uint64            // changed under the hub's lock
	objects []*object         // in the order of their keys
	frames  map[shared][]byte // of this version
	logHead uint64            // newest row of the log when it was made
	logEnd  uint64            // and the position after it
}

// shared names the body of a frame: the snapshot of a topic, or what changed for these
// topics after a version.
type shared struct {
	topics string
	from   uint64
	snap   bool
}

// subject is a lane or a passage as it was published last. Publishers write one state while
// the other one is encoded.
type subject struct {
	newest any    // *fusion.Passage or *fusion.LaneState, written by publishers under the hub's lock
	held   any    // the same, the pump's
	newer  bool   // newest has not become held yet
	own    uint64 // version of newest, which orders carry

	objects []*object // in full and, of a passage, in brief
}

// kind says which topics show an object.
type kind int

const (
	aLane kind = iota // "lanes" and the lane's own
	full              // a passage, in the lane's own topic
	brief             // what "lanes" shows of a passage
)

// object is what is shown of a subject.
type object struct {
	of     *subject
	key    string
	kind   kind
	detail string // the topic that shows its lane in full
	fields []field
	own    uint64 // the subject's version that the fields are of
	ver    uint64 // version of the screen that changed a field last
	stale  bool   // the subject holds a newer state than the fields
}

// field is one top-level member of an object.
type field struct {
	name string
	raw  []byte
	ver  uint64 // version of the screen that set it last
	gone bool
}

// set gives the screen's version its objects: all that there are, of which those in stale
// are to be encoded.
func (s *screen) set(all, stale []*object) {
	slices.SortFunc(all, func(a, b *object) int { return strings.Compare(a.key, b.key) })
	s.objects = all
	clear(s.frames)
	for _, o := range stale {
		o.encode(s.ver)
	}
}

// update is what brings a browser to a version of the screen: bodies of frames.
type update struct {
	ver       uint64 // 0: there is none
	snapshots [][]byte
	delta     []byte // nil if nothing changed
}

// since gives the update of a browser that shows the topics of v and stands at version from:
// snapshots of the topics in snaps, and a delta for the others.
func (s *screen) since(v view, snaps []string, from uint64) (u update) {
	for _, t := range snaps {
		u.snapshots = append(u.snapshots, s.frame(shared{topics: t, snap: true}, func() []byte { return s.snapshot(t) }))
	}
	if v = v.without(snaps); len(v.topics) > 0 {
		u.delta = s.frame(shared{topics: v.name, from: from}, func() []byte { return s.delta(v.topics, from) })
	}
	if u.snapshots != nil || u.delta != nil {
		u.ver = s.ver
	}
	return u
}

// frame gives the body of a frame, which is encoded once for all browsers.
func (s *screen) frame(key shared, encode func() []byte) []byte {
	b, ok := s.frames[key]
	if !ok {
		b = encode()
		s.frames[key] = b
	}
	return b
}

// encode brings the fields up to the state that the subject holds and marks with the
// version ver those that changed.
func (o *object) encode(ver uint64) {
	v := o.of.held
	if p, ok := v.(*fusion.Passage); ok && o.kind == brief {
		v = shorten(p)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return // our own structs always encode; a broken one must not stop the stream
	}
	seen := 0
	members(b, func(name string, raw []byte) {
		i := slices.IndexFunc(o.fields, func(f field) bool { return f.name == name })
		seen++
		switch {
		case i < 0:
			o.fields = append(o.fields, field{name: name, raw: bytes.Clone(raw), ver: ver})
			o.ver = ver
		case o.fields[i].gone || !bytes.Equal(o.fields[i].raw, raw):
			o.fields[i].raw = append(o.fields[i].raw[:0], raw...)
			o.fields[i].ver, o.fields[i].gone = ver, false
			o.ver = ver
		}
	})
	if seen < len(o.fields) {
		o.removed(b, ver)
	}
}

// removed marks fields that the object no longer has.
func (o *object) removed(b []byte, ver uint64) {
	has := map[string]bool{}
	members(b, func(name string, _ []byte) { has[name] = true })
	for i := range o.fields {
		if f := &o.fields[i]; !has[f.name] && !f.gone {
			f.gone, f.raw, f.ver = true, nil, ver
			o.ver = ver
		}
	}
}

// members walks the top-level members of a JSON object that encoding/json has written.
func members(b []byte, f func(name string, raw []byte)) {
	i := 1
	for i < len(b) && b[i] == '"' {
		end := i + 1 + bytes.IndexByte(b[i+1:], '"') // our field names hold no escapes
		name := string(b[i+1 : end])
		i = end + 2
		start, depth, quoted := i, 0, false
		for ; i < len(b); i++ {
			c := b[i]
			if quoted {
				if c == '\\' {
					i++
				} else if c == '"' {
					quoted = false
				}
				continue
			}
			switch c {
			case '"':
				quoted = true
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if depth < 0 || (depth == 0 && c == ',') {
				break
			}
		}
		f(name, b[start:i])
		i++
	}
}

// shorten gives what the topic "lanes" shows of a passage.
func shorten(p *fusion.Passage) *fusion.Passage {
	b := *p
	b.History, b.Earlier = nil, nil
	if p.Adjudication != nil {
		a := *p.Adjudication
		a.Steps, a.Card, a.Hints, a.Inspections = nil, nil, nil, nil
		b.Adjudication = &a
	}
	if p.Radiation != nil {
		r := *p.Radiation
		r.Slices, r.Neutron, r.Windows = nil, nil, nil
		b.Radiation = &r
	}
	if p.Size != nil {
		s := *p.Size
		s.Outline = nil
		b.Size = &s
	}
	return &b
}
