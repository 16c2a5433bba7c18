package console

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Topics: "lanes" is every lane with short passages, "lane/ID" one lane with full ones.
// "alarms", "devices" and "stats" are accepted and carried by these two and by HTTP.
func known(topic string) bool {
	switch topic {
	case "lanes", "alarms", "devices", "stats":
		return true
	}
	id, ok := strings.CutPrefix(topic, "lane/")
	return ok && id != "" && len(id) <= 16
}

// carried reports whether a browser with these topics is shown an object.
func (o *object) carried(topics []string) bool {
	lanes, detail := slices.Contains(topics, "lanes"), slices.Contains(topics, o.detail)
	switch o.kind {
	case full:
		return detail
	case brief:
		return lanes && !detail
	default:
		return lanes || detail
	}
}

// head begins a frame: type, epoch, sequence, time.
func head(dst []byte, t, epoch string, s uint64, now time.Time) []byte {
	dst = append(dst, `{"t":"`...)
	dst = append(dst, t...)
	dst = append(dst, `","e":"`...)
	dst = append(dst, epoch...)
	dst = append(dst, `","s":`...)
	dst = strconv.AppendUint(dst, s, 10)
	dst = append(dst, `,"ts":`...)
	return strconv.AppendInt(dst, now.UnixMilli(), 10)
}

// appendObject appends all fields of an object.
func appendObject(dst []byte, o *object) []byte {
	dst = append(dst, '{')
	first := true
	for i := range o.fields {
		if o.fields[i].gone {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendMember(dst, &o.fields[i])
	}
	return append(dst, '}')
}

func appendMember(dst []byte, f *field) []byte {
	dst = append(dst, '"')
	dst = append(dst, f.name...)
	dst = append(dst, `":`...)
	return append(dst, f.raw...)
}

// snapshot gives the body of a snap frame: the objects of one topic.
func (s *screen) snapshot(topic string) []byte {
	dst := appendString([]byte(`,"topic":`), topic)
	dst = append(dst, `,"v":{`...)
	first := true
	for _, o := range s.objects {
		if !o.carried([]string{topic}) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, o.key)
		dst = append(dst, ':')
		dst = appendObject(dst, o)
	}
	dst = append(dst, `},"log_seq":`...)
	dst = strconv.AppendUint(dst, s.logHead, 10)
	return append(dst, '}')
}

// delta gives the body of a delta frame: what changed after version from for these topics;
// nil if nothing did.
func (s *screen) delta(topics []string, from uint64) (dst []byte) {
	for _, o := range s.objects {
		if o.ver <= from || !o.carried(topics) {
			continue
		}
		if dst == nil {
			dst = append(dst, `,"d":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendPatch(dst, o, from)
	}
	if dst != nil {
		dst = append(dst, `]}`...)
	}
	return dst
}

func appendPatch(b []byte, o *object, from uint64) []byte {
	b = append(b, `{"k":`...)
	b = appendString(b, o.key)
	b = append(b, `,"ver":`...)
	b = strconv.AppendUint(b, o.own, 10)
	b = append(b, `,"p":{`...)
	first := true
	for i := range o.fields {
		if f := &o.fields[i]; f.ver > from && !f.gone {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendMember(b, f)
		}
	}
	b = append(b, '}')
	first = true
	for i := range o.fields {
		if f := &o.fields[i]; f.ver > from && f.gone {
			if first {
				b = append(b, `,"x":[`...)
			} else {
				b = append(b, ',')
			}
			first = false
			b = appendString(b, f.name)
		}
	}
	if !first {
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendString(dst []byte, s string) []byte {
	j, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, j...)
}
