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

// carries reports whether a client with these topics is shown an object.
func carries(topics []string, o *object) bool {
	detail := slices.Contains(topics, "lane/"+o.lane)
	switch {
	case strings.HasPrefix(o.key, "lane/"):
		return detail || slices.Contains(topics, "lanes")
	case o.brief:
		return !detail && slices.Contains(topics, "lanes")
	default:
		return detail
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

// snapshot appends the body of a snap frame: the objects of one topic.
func (h *Hub) snapshot(dst []byte, topic string) []byte {
	dst = append(dst, `,"topic":`...)
	dst = appendString(dst, topic)
	dst = append(dst, `,"v":{`...)
	first := true
	h.each(func(o *object) {
		if !carries([]string{topic}, o) {
			return
		}
		o.fresh()
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, o.key)
		dst = append(dst, ':')
		dst = appendObject(dst, o)
	})
	dst = append(dst, `},"log_seq":`...)
	dst = strconv.AppendUint(dst, h.logHead, 10)
	return append(dst, '}')
}

// each walks all objects in the order of their keys.
func (h *Hub) each(f func(*object)) {
	for _, m := range [2]map[string]*object{h.full, h.brief} {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			f(m[k])
		}
	}
}

// delta gives the body of a delta frame: what changed after hub version "from" for these
// topics, whose join is view; nil if nothing did. Browsers that stand at the same version
// share its bytes as long as nothing new is published.
func (h *Hub) delta(topics []string, view string, from uint64) []byte {
	if h.cached != h.ver {
		h.cached = h.ver
		clear(h.cache)
	}
	key := shared{view, from}
	if b, ok := h.cache[key]; ok {
		return b
	}
	var b []byte
	h.each(func(o *object) {
		if max(o.ver, o.stale) <= from || !carries(topics, o) {
			return
		}
		if o.fresh(); o.ver <= from {
			return // a new state that looks the same
		}
		if b == nil {
			b = append(b, `,"d":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendPatch(b, o, from)
	})
	if b != nil {
		b = append(b, `]}`...)
	}
	h.cache[key] = b
	return b
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
