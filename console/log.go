package console

import (
	"encoding/json"
	"slices"
	"strconv"

	"acsgd/fusion"
)

// entry is one frame of the log: the events of one journal row.
type entry struct {
	n    uint64
	body []byte // the frame after its head
	end  uint64 // bytes of the log up to and with this entry
}

// ring keeps the newest frames of the log. Browsers read it by position: where they are is
// all that the hub keeps for them, however far they are behind.
type ring struct {
	entries []entry
	first   uint64 // position of entries[0]; positions never restart
	bytes   uint64 // of the log since the start, also of what has left
	head    uint64 // n of the newest entry
	tail    uint64 // n of the newest entry that has left
}

// encodeEvents gives the events in outs, comma separated.
func encodeEvents(outs []fusion.Output) (events []byte, count uint64) {
	for i := range outs {
		e := outs[i].Event
		if e == nil {
			continue
		}
		count++
		b, err := json.Marshal(e)
		if err != nil {
			continue // our own structs always encode
		}
		if len(events) > 0 {
			events = append(events, ',')
		}
		events = append(events, b...)
	}
	return events, count
}

// append adds the events of row n. Events of no row (0) stand at the newest row.
func (r *ring) append(n uint64, events []byte) {
	if n == 0 {
		n = r.head
	}
	r.head = max(r.head, n)
	b := append(make([]byte, 0, len(events)+32), `,"n":`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `,"a":[`...)
	b = append(append(b, events...), `]}`...)
	r.bytes += uint64(len(b))
	r.entries = append(r.entries, entry{n: n, body: b, end: r.bytes})
	if r.bytes-r.start(r.first) > ringBytes {
		r.forget()
	}
}

// forget lets the oldest eighth go. Browsers may be reading the old entries, so the rest is
// copied.
func (r *ring) forget() {
	drop := 0
	for drop < len(r.entries)-1 && r.bytes-r.entries[drop].end > ringBytes-ringBytes/8 {
		r.tail = max(r.tail, r.entries[drop].n)
		drop++
	}
	r.entries = slices.Clone(r.entries[drop:])
	r.first += uint64(drop)
}

// end is the position of the next entry.
func (r *ring) end() uint64 { return r.first + uint64(len(r.entries)) }

// start gives the bytes of the log before a position, or before the oldest entry that is
// left.
func (r *ring) start(pos uint64) uint64 {
	if pos >= r.end() {
		return r.bytes
	}
	e := &r.entries[max(pos, r.first)-r.first]
	return e.end - uint64(len(e.body))
}

// from gives the entries from a position on; ok is false if some of them have left. They
// never change.
func (r *ring) from(pos uint64) (es []entry, ok bool) {
	if pos < r.first {
		return nil, false
	}
	return r.entries[pos-r.first:], true
}

// since gives the position of the first entry that a browser may not have whose newest row
// is n. Lanes publish side by side, so what came after that row may bear a lower number;
// entries of no row bear the number of the newest. What the browser has already it knows.
func (r *ring) since(n uint64) uint64 {
	if n == r.tail {
		return r.first
	}
	i := slices.IndexFunc(r.entries, func(e entry) bool { return e.n >= n })
	switch {
	case i < 0:
		return r.end()
	case r.entries[i].n == n:
		i++
	}
	return r.first + uint64(i)
}
