package teltonika

import (
	"encoding/binary"
	"fmt"
	"time"

	"acsgd/devices"
)

// A datagram is: length of what follows (u16), packet id (u16), type 01, AVL packet id
// (u8), length of the IMEI (u16), IMEI, and the packet from its codec to its second count,
// without a checksum. Because it begins with its length, datagrams one after another are a
// stream too, and are taken as one.

const (
	udpHead = 8      // to the IMEI
	udpMin  = 6 + 15 // behind the length: ids, type, an IMEI
)

func likelyUDP(b []byte, limit int, _ bool) likelihood {
	if len(b) < udpHead {
		if len(b) >= 2 && !udpLength(b, limit) {
			return never
		}
		return maybe
	}
	if !udpLength(b, limit) || b[4] != 1 || b[6] != 0 {
		return never
	}
	return likelyIMEI(b[6:])
}

func udpLength(b []byte, limit int) bool {
	n := int(binary.BigEndian.Uint16(b))
	return n >= udpMin && n <= limit
}

func (s *session) datagram(now time.Time, b []byte, out *devices.Out) int {
	switch likelyUDP(b, s.cfg.MaxFrame, false) {
	case maybe:
		return 0
	case never:
		return s.lose(b, 0, "no datagram begins here", out)
	}
	total := 2 + int(binary.BigEndian.Uint16(b))
	if len(b) < total {
		return 0
	}
	b = b[:total]
	from := udpHead + int(b[7])
	if from >= total {
		out.Err(proto, s.off, "a datagram without records", b)
		return total
	}
	imei, data := string(b[udpHead:from]), b[from:]
	if s.imei != imei {
		s.imei, s.sealed = imei, ""
	}
	if !s.allow.Has(imei) {
		out.Err(proto, s.off, "device "+imei+" is not on the allow list", b)
		return total
	}
	if !isRecords(data[0]) {
		out.Err(proto, s.off+int64(from), fmt.Sprintf("codec %#x in a datagram", data[0]), b)
		return total
	}
	x := &s.extent
	x.scan(data)
	if x.fault == "" && x.end != len(data) {
		x.fault, x.at = fmt.Sprintf("%d bytes behind the second record count", len(data)-x.end), x.end
	}
	if x.fault != "" {
		out.Err(proto, s.off+int64(from+x.at), x.fault, b)
		return total
	}
	raw := append([]byte(nil), b...)
	s.emit(now, raw, from, false, out)
	// 0005, the packet id as it came, type 01, the AVL packet id, how many were accepted.
	then := []byte{0, 5, b[2], b[3], 1, b[5], byte(x.records)}
	none := append([]byte(nil), then...)
	none[6] = 0
	out.Acks = append(out.Acks, devices.Ack{After: len(out.Obs), Then: then, Else: none})
	return total
}
