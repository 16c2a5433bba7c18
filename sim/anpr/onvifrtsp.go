package anpr

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/sim"
)

// RTSP is an ONVIF camera that is asked for its metadata over RTSP, with Digest, and sends
// it in RTP packets on the same connection. It implements sim.Machine for one connection.
type RTSP struct {
	ONVIF
	User, Password string // "" asks for no login
	// Lose drops every so many-th packet; 0 none.
	Lose int

	in      []byte
	playing bool
	packets int
	seq     uint16
	Alive   int // signs of life that were heard
	Denied  int // requests without a good login
}

var _ sim.Machine = (*RTSP)(nil)

// NewRTSP makes a camera in a scene.
func NewRTSP(cfg Config, scene sim.Scene) *RTSP {
	return &RTSP{ONVIF: *NewONVIF(cfg, scene), seq: 65530}
}

// Reset is called when the connection has broken.
func (c *RTSP) Reset() { c.in, c.playing = nil, false }

// rtspNonce is always the same: nobody else listens to a simulated camera.
const rtspNonce = "8b84903be5b0"

// packetBytes is the payload of one packet.
const packetBytes = 1400

// Tick implements sim.Machine.
func (c *RTSP) Tick(now time.Time, out *sim.Out) {
	for _, m := range c.ONVIF.Tick(now) {
		if !c.playing || !bytes.HasPrefix(m.Payload, []byte("<?xml")) {
			continue // events go another way
		}
		for p := m.Payload; len(p) > 0; {
			n := min(len(p), packetBytes)
			c.packet(now, p[:n], n == len(p), out)
			p = p[n:]
		}
	}
}

func (c *RTSP) packet(now time.Time, payload []byte, last bool, out *sim.Out) {
	c.seq++
	if c.packets++; c.Lose > 0 && c.packets%c.Lose == 0 {
		return
	}
	head := []byte{'$', 0, 0, 0, 0x80, 107}
	if last {
		head[5] |= 0x80
	}
	binary.BigEndian.PutUint16(head[2:], uint16(12+len(payload)))
	head = binary.BigEndian.AppendUint16(head, c.seq)
	head = binary.BigEndian.AppendUint32(head, uint32(now.UnixMilli()*90))
	head = binary.BigEndian.AppendUint32(head, 0xACC5)
	out.Send = append(append(out.Send, head...), payload...)
	if c.packets%50 == 0 { // a sender report on the other channel
		out.Send = append(out.Send, "$\x01\x00\x08\x80\xc8\x00\x01\x00\x00\xac\xc5"...)
	}
}

// Feed implements sim.Machine.
func (c *RTSP) Feed(_ time.Time, p []byte, out *sim.Out) {
	c.in = append(c.in, p...)
	for {
		head, rest, ok := bytes.Cut(c.in, []byte("\r\n\r\n"))
		if !ok {
			return
		}
		c.request(string(head), out)
		c.in = append([]byte(nil), rest...)
	}
}

func (c *RTSP) request(head string, out *sim.Out) {
	lines := strings.Split(head, "\r\n")
	fields := strings.Fields(lines[0])
	if len(fields) != 3 {
		out.Close = true
		return
	}
	h := map[string]string{}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ": ")
		h[k] = v
	}
	tell := func(status, body string, headers ...string) {
		out.Send = fmt.Appendf(out.Send, "RTSP/1.0 %s\r\nCSeq: %s\r\n", status, h["CSeq"])
		for _, x := range headers {
			out.Send = append(out.Send, x+"\r\n"...)
		}
		if body != "" {
			out.Send = fmt.Appendf(out.Send, "Content-Type: application/sdp\r\nContent-Length: %d\r\n", len(body))
		}
		out.Send = append(out.Send, "\r\n"+body...)
	}
	if c.User != "" && fields[0] != "OPTIONS" && !c.admits(fields[0], fields[1], h["Authorization"]) {
		c.Denied++
		tell("401 Unauthorized", "", `WWW-Authenticate: Basic realm="AXIS"`, `WWW-Authenticate: Digest realm="AXIS", nonce="`+rtspNonce+`", stale=FALSE`)
		return
	}
	switch fields[0] {
	case "OPTIONS":
		tell("200 OK", "", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
	case "DESCRIBE":
		tell("200 OK", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Session\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"+
			"m=application 0 RTP/AVP 107\r\na=control:trackID=2\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n", "Content-Base: "+fields[1]+"/")
	case "SETUP":
		if !strings.HasSuffix(fields[1], "/trackID=2") {
			tell("404 Not Found", "")
			return
		}
		tell("200 OK", "", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=ACC5", "Session: 12345678;timeout=20")
	case "PLAY":
		c.playing = h["Session"] == "12345678"
		tell("200 OK", "", "Session: 12345678", "Range: npt=now-")
	case "GET_PARAMETER":
		c.Alive++
		tell("200 OK", "", "Session: 12345678")
	default:
		tell("501 Not Implemented", "")
	}
}

// admits checks a login of RFC 2069, as cameras ask for it in RTSP.
func (c *RTSP) admits(method, target, login string) bool {
	sum := func(s string) string {
		m := md5.Sum([]byte(s))
		return hex.EncodeToString(m[:])
	}
	want := sum(sum(c.User+":AXIS:"+c.Password) + ":" + rtspNonce + ":" + sum(method+":"+target))
	return strings.HasPrefix(login, "Digest ") && strings.Contains(login, `username="`+c.User+`"`) &&
		strings.Contains(login, `uri=`+strconv.Quote(target)) && strings.Contains(login, `response="`+want+`"`)
}
