package anpr

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/sim"
)

// poster pushes requests over HTTP, one at a time on one connection, and takes the answers.
type poster struct {
	queue   [][]byte
	waiting bool
	sent    time.Time
	reply   []byte

	Accepted int // requests that were answered 200
	Refused  int // requests that were answered otherwise, or not in time
}

const (
	giveUp  = 5 * time.Second // without an answer
	backlog = 32              // reports that wait at most; older ones are lost, as in the field
)

// post is a complete request.
func post(cfg Config, contentType string, body []byte) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nContent-Type: %s\r\nHost: %s\r\nConnection: Keep-Alive\r\nContent-Length: %d\r\n\r\n",
		cfg.Path, contentType, cfg.Host, len(body))
	return append([]byte(head), body...)
}

func (c *poster) push(request []byte) {
	if len(c.queue) == backlog {
		c.queue = c.queue[1:]
		c.Refused++
	}
	c.queue = append(c.queue, request)
}

// next sends the next request, or hangs up where an answer is overdue.
func (c *poster) next(now time.Time, out *sim.Out) {
	if c.waiting && now.Sub(c.sent) > giveUp {
		c.Refused++
		c.waiting, c.queue, out.Close = false, nil, true
		c.reply = c.reply[:0]
		return
	}
	if c.waiting || len(c.queue) == 0 {
		return
	}
	out.Send = append(out.Send, c.queue[0]...)
	c.queue = c.queue[1:]
	c.waiting, c.sent = true, now
}

// Feed implements sim.Machine.
func (c *poster) Feed(now time.Time, p []byte, out *sim.Out) {
	c.reply = append(c.reply, p...)
	for {
		head, rest, ok := bytes.Cut(c.reply, []byte("\r\n\r\n"))
		if !ok || !c.waiting {
			break
		}
		lines := strings.Split(string(head), "\r\n")
		size := 0
		for _, l := range lines[1:] {
			if k, v, _ := strings.Cut(l, ":"); strings.EqualFold(k, "Content-Length") {
				size, _ = strconv.Atoi(strings.TrimSpace(v)) // a wrong length is none
			}
		}
		if len(rest) < size {
			break
		}
		c.reply = append(c.reply[:0], rest[size:]...)
		if strings.HasPrefix(lines[0], "HTTP/1.1 100") {
			continue
		}
		if strings.HasPrefix(lines[0], "HTTP/1.1 200") {
			c.Accepted++
		} else {
			c.Refused++ // a real camera does not send it again
		}
		c.waiting = false
	}
	if len(c.reply) > 64<<10 {
		c.reply = c.reply[:0]
	}
	c.next(now, out)
}

// Reset is called when the connection has broken: what was under way is lost.
func (c *poster) Reset() {
	if c.waiting {
		c.Refused++
	}
	c.waiting, c.reply = false, c.reply[:0]
}
