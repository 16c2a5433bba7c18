package captures

import (
	"context"
	"net"
	"sync"
	"time"
)

// portal is the serial server of a recorded portal: it serves one client, the newest, and
// what is said while nobody is connected is lost.
type portal struct {
	ln    net.Listener
	lines []Line        // as they are played, one lap
	pause time.Duration // between two laps

	mu     sync.Mutex
	conn   net.Conn
	joined chan struct{} // closed when the first client has come
	once   sync.Once
}

func newPortal(lines []Line, pause time.Duration) (*portal, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &portal{ln: ln, lines: lines, pause: pause, joined: make(chan struct{})}, nil
}

// run plays lap after lap until ctx ends, from when the first client has connected.
func (p *portal) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { p.accept(ctx) })
	select {
	case <-p.joined:
	case <-ctx.Done():
		return
	}
	for p.lap(ctx) && sleep(ctx, p.pause) {
	}
}

func (p *portal) accept(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { _ = p.ln.Close(); p.use(nil) })()
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return // closed, or the port is lost: the driver then says that nobody answers
		}
		if ctx.Err() != nil {
			_ = c.Close()
			return
		}
		p.use(c)
		p.once.Do(func() { close(p.joined) })
	}
}

// use makes c the client, and hangs up on the one before.
func (p *portal) use(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.Close()
	}
	p.conn = c
}

// lap plays the recording once; false if ctx has ended.
func (p *portal) lap(ctx context.Context) bool {
	start := time.Now()
	for i := range p.lines {
		if !sleep(ctx, time.Until(start.Add(p.lines[i].At))) {
			return false
		}
		p.say(p.lines[i].Wire)
	}
	return true
}

// sendLimit is how long a client may not read before it is hung up on.
const sendLimit = 2 * time.Second

func (p *portal) say(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return
	}
	err := p.conn.SetWriteDeadline(time.Now().Add(sendLimit))
	if err == nil {
		_, err = p.conn.Write(b)
	}
	if err != nil {
		_ = p.conn.Close() // the client comes again if it lives
		p.conn = nil
	}
}

// sleep waits; false if ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
