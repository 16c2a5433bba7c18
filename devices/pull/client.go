package pull

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
)

// Config says how one device is spoken to. Zero limits are defaults.
type Config struct {
	Proto   string // in decode errors
	Host    string
	Login   *Login // nil: none
	MaxBody int
	MaxPart int
	// Recording reads responses that nobody asked for, one after the other, and passes over
	// challenges.
	Recording bool
}

type state uint8

const (
	idle state = iota
	head
	sized   // a body of a known length
	chunked // in chunks
	toEnd   // until the device closes
)

// Client is our side of one connection. It is not safe for concurrent use.
type Client struct {
	cfg   Config
	take  Taker
	out   *devices.Out
	state state
	buf   []byte // a head
	base  int64  // offset of the next byte
	since time.Time

	req     Request
	open    *challenge // that is answered on this connection
	count   uint32     // requests that have used its nonce
	sent    bool       // the request carried an Authorization
	stale   int        // stale nonces in a row
	again   bool       // the request is sent again when the body of the 401 has ended
	closing bool

	resp  *Response
	left  int64
	size  int64
	chunk push.Dechunker
	split *push.Splitter
	body  []byte
}

// New makes the client of one new connection.
func New(cfg Config, take Taker) *Client {
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = MaxBody
	}
	if cfg.MaxPart <= 0 {
		cfg.MaxPart = MaxPart
	}
	c := &Client{cfg: cfg, take: take}
	if cfg.Recording {
		c.state = head
	}
	return c
}

// Busy reports whether an answer is awaited or being read.
func (c *Client) Busy() bool { return c.state != idle }

// Since gives when the device was last heard, or was asked what it has not answered yet.
func (c *Client) Since() time.Time { return c.since }

// Do sends a request. The one before must have been answered. Where logins are barred, or
// the device is about to close the connection, out fails.
func (c *Client) Do(now time.Time, r Request, out *devices.Out) {
	if until, barred := c.cfg.Login.Barred(now); barred {
		out.Fail = &Fault{c.cfg.Proto, barredReason(until), true}
		return
	}
	if c.closing {
		out.Fail = &Fault{c.cfg.Proto, "the device closes the connection after its answer", false}
		return
	}
	if c.open == nil && c.cfg.Login != nil {
		c.open, c.count = c.cfg.Login.take(now), 0
	}
	c.req, c.stale = r, 0
	c.send(now, out)
}

// send puts the request on the line.
func (c *Client) send(now time.Time, out *devices.Out) {
	r := &c.req
	b := append(out.Send, r.Method+" "+r.Target+" HTTP/1.1\r\nHost: "+c.cfg.Host+"\r\nConnection: keep-alive\r\n"...)
	if r.Accept != "" {
		b = append(b, "Accept: "+r.Accept+"\r\n"...)
	}
	if c.sent = c.open != nil; c.sent {
		c.count++
		b = append(b, "Authorization: "+c.cfg.Login.authorization(c.open, r, c.count)+"\r\n"...)
	}
	if r.Type != "" {
		b = append(b, "Content-Type: "+r.Type+"\r\n"...)
	}
	if len(r.Body) > 0 || r.Method == "POST" || r.Method == "PUT" {
		b = append(b, "Content-Length: "+strconv.Itoa(len(r.Body))+"\r\n"...)
	}
	out.Send = append(append(b, "\r\n"...), r.Body...)
	c.state, c.since, c.buf = head, now, c.buf[:0]
}

// Feed takes the bytes that arrived at now.
func (c *Client) Feed(now time.Time, p []byte, out *devices.Out) {
	c.since, c.out = now, out
	for len(p) > 0 && out.Fail == nil {
		n := 0
		switch c.state {
		case idle:
			c.fault("the device sends without being asked", p)
			n = len(p)
		case head:
			n = c.takeHead(now, p)
		default:
			n = c.takeBody(now, p)
		}
		c.base += int64(n)
		p = p[n:]
	}
	c.out = nil
}

// Finish notes that the device has closed the connection in order.
func (c *Client) Finish(now time.Time, out *devices.Out) {
	c.out, c.closing = out, true
	switch {
	case c.state == toEnd:
		c.end(now)
	case c.state == idle, c.state == head && len(c.buf) == 0 && c.cfg.Recording:
	case c.state == head && len(c.buf) == 0:
		out.Fail = &Fault{c.cfg.Proto, "the device closes without an answer", false}
	case c.split != nil && (c.split.Ended() || c.cfg.Recording): // an endless stream ends where it is cut
	default:
		c.fault("connection ends inside an answer", c.buf)
	}
	c.out = nil
}

// fault reports what cannot be understood and gives the connection up, because where the
// next answer begins is lost.
func (c *Client) fault(reason string, p []byte) {
	c.out.Err(c.cfg.Proto, c.base, reason, p)
	c.out.Fail = &Fault{c.cfg.Proto, reason, false}
}

// takeHead takes bytes up to the end of a head, and returns how many.
func (c *Client) takeHead(now time.Time, p []byte) int {
	k := 0
	for k < len(p) && len(c.buf) == 0 && (p[k] == '\r' || p[k] == '\n') {
		k++ // some devices write a line end too many after a body
	}
	had := len(c.buf)
	c.buf = append(c.buf, p[k:min(len(p), k+MaxHead+4)]...)
	end, content := -1, -1
	if bytes.IndexByte(p[k:], '\n') >= 0 {
		end, content = push.BlankLine(c.buf)
	}
	switch {
	case !bytes.HasPrefix(c.buf, []byte("HTTP/")[:min(len(c.buf), 5)]):
		c.fault("not an HTTP answer", c.buf)
		return len(p)
	case end < 0 && len(c.buf) >= MaxHead+4, end > MaxHead:
		c.fault("head of an answer is too long", c.buf)
		return len(p)
	case end < 0:
		return len(p)
	}
	r, reason := parseHead(c.buf[:end])
	if reason != "" {
		c.fault(reason, c.buf)
		return len(p)
	}
	c.buf = c.buf[:0]
	c.begin(now, r)
	return k + content - had
}

// begin prepares for the body that follows a head.
func (c *Client) begin(now time.Time, r *Response) {
	c.resp, c.size, c.left, c.again = r, 0, max(r.Length, 0), false
	c.split, c.body, c.chunk = nil, nil, push.Dechunker{}
	switch {
	case r.Status == 101:
		c.fault("the device changes the protocol", nil)
		return
	case r.Status < 200:
		return // 100 Continue: the answer follows
	case r.Status == 401 && !c.cfg.Recording:
		if !c.challenged(now) {
			return
		}
	case c.sent:
		c.cfg.Login.accept()
	}
	c.closing = c.closing || r.Closing && !c.cfg.Recording
	if !c.again && (r.Status != 401 || !c.cfg.Recording) {
		if r.encoding != "" {
			c.fault("content-encoding "+clip(r.encoding)+" was not asked for", nil)
			return
		}
		c.take.Head(r)
		if b, multi := r.boundary(); multi && !r.bodyless() {
			if b == "" || len(b) > 256 {
				c.fault("multipart body without a usable boundary", []byte(r.ContentType))
				return
			}
			c.split = push.NewSplitter(b, c.cfg.MaxPart, c.base)
		}
	}
	switch {
	case r.bodyless(), r.Length == 0:
		c.end(now)
	case r.Chunked:
		c.state = chunked
	case r.Length > 0:
		c.state = sized
		if c.split == nil && r.Length > int64(c.cfg.MaxBody) {
			c.fault(fmt.Sprintf("answer of %d bytes is larger than is taken", r.Length), nil)
		}
	default:
		c.state = toEnd
	}
}

// challenged settles how a 401 is answered; false if it is not.
func (c *Client) challenged(now time.Time) bool {
	l := c.cfg.Login
	deny := func(reason string) bool {
		c.out.Err(c.cfg.Proto, c.base, reason, nil)
		c.out.Fail = &Fault{c.cfg.Proto, reason, true}
		return false
	}
	if l == nil {
		return deny("the device asks for a login: set user and password")
	}
	next, why := l.choose(c.resp.challenges)
	if next == nil {
		return deny(why)
	}
	if c.sent {
		if next.stale() && next.param["nonce"] != c.open.param["nonce"] {
			if c.stale++; c.stale > staleMost {
				return deny("the device calls every nonce stale")
			}
		} else {
			old := c.count > 1 // the nonce may have become too old, and not every device says stale
			if until, barred := l.refuse(now); barred {
				return deny(barredReason(until))
			}
			if !old {
				return deny("login refused: check user and password")
			}
		}
	}
	c.open, c.count, c.again = next, 0, true
	return true
}

// takeBody takes bytes of a body, and returns how many.
func (c *Client) takeBody(now time.Time, p []byte) int {
	n := len(p)
	done := false
	switch c.state {
	case chunked:
		var ok bool
		n, ok = c.chunk.Feed(p, c.content)
		if !ok {
			c.fault("chunks of an answer are damaged", p[max(0, n-32):n])
		}
		done = c.chunk.Done
	case sized:
		n = int(min(int64(n), c.left))
		c.content(p[:n])
		c.left -= int64(n)
		done = c.left == 0
	case toEnd:
		c.content(p)
	}
	if done && c.out.Fail == nil {
		c.end(now)
	}
	return n
}

// content takes bytes of a body without its transfer coding.
func (c *Client) content(p []byte) {
	if c.out.Fail != nil {
		return
	}
	c.size += int64(len(p))
	switch {
	case c.split != nil:
		c.split.Feed(p, c.take)
	case c.size > int64(c.cfg.MaxBody):
		c.fault(fmt.Sprintf("answer is larger than %d bytes", c.cfg.MaxBody), nil)
	case c.again, c.resp.Status == 401: // nobody reads why we must log in
	default:
		c.body = append(c.body, p...)
	}
}

// end ends an answer, and sends the request again where the answer was a challenge.
func (c *Client) end(now time.Time) {
	c.state = idle
	if c.cfg.Recording {
		c.state = head
	}
	if c.again {
		c.again = false
		if c.closing {
			c.cfg.Login.keep(now, c.open)
			c.out.Fail = &Fault{c.cfg.Proto, "the device closes the connection when it asks for the login; the next connection answers", false}
			return
		}
		c.send(now, c.out)
		return
	}
	if c.resp.Status == 401 {
		return
	}
	body := c.body
	c.body = nil
	if c.split == nil {
		c.take.Body(body)
	}
	c.split = nil
	c.take.End()
}
