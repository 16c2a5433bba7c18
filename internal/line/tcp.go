package line

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"
)

// aLongTimeAgo is a deadline that has passed; setting it unblocks a pending call.
var aLongTimeAgo = time.Unix(1, 0)

// keepAlive finds a dead peer within about 20 s where the device sends nothing by itself.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3}

// netConn is a network connection as a Conn.
type netConn struct{ net.Conn }

// Wrap makes a Conn of a network connection; tests give it an end of net.Pipe.
func Wrap(c net.Conn) Conn { return netConn{c} }

// Peer implements Conn.
func (c netConn) Peer() string {
	if a := c.RemoteAddr(); a != nil {
		return a.String()
	}
	return "unknown"
}

func sortedKeys(q url.Values) []string { return slices.Sorted(maps.Keys(q)) }

// tcp dials host:port; parameter timeout is that of dialling.
func (o *Opener) tcp(u parts) (Open, error) {
	if _, _, err := net.SplitHostPort(u.rest); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	timeout, err := u.duration("timeout", 5*time.Second)
	if err := errors.Join(err, u.only("timeout")); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Conn, error) {
		d := net.Dialer{Timeout: timeout, KeepAliveConfig: keepAlive}
		c, err := d.DialContext(ctx, "tcp", u.rest)
		if err != nil {
			return nil, fmt.Errorf("dial %s: %w", u.rest, err)
		}
		return netConn{c}, nil
	}, nil
}

// Listener hands out the connections that devices make to one address.
type Listener struct {
	ln    *net.TCPListener
	allow []netip.Prefix
}

// Listen binds a TCP address such as "0.0.0.0:5001"; port 0 takes a free one, see Addr.
// If allow is not empty, connections from other networks are closed at once.
func Listen(ctx context.Context, addr string, allow ...netip.Prefix) (*Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	t, ok := ln.(*net.TCPListener)
	if !ok {
		ln.Close()
		return nil, fmt.Errorf("listen on %s: not a TCP listener", addr)
	}
	return &Listener{ln: t, allow: allow}, nil
}

// Addr is the bound address, with the port that was chosen.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Close stops listening; connections that were handed out stay open.
func (l *Listener) Close() error { return l.ln.Close() }

// Open waits for the next connection; it is an Open. One goroutine at a time.
func (l *Listener) Open(ctx context.Context) (Conn, error) {
	if err := l.ln.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { l.ln.SetDeadline(aLongTimeAgo) })
	defer stop()
	for {
		c, err := l.ln.AcceptTCP()
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("accept on %s: %w", l.ln.Addr(), err)
		}
		if l.allowed(c.RemoteAddr()) {
			return netConn{c}, nil
		}
		c.Close()
	}
}

func (l *Listener) allowed(a net.Addr) bool {
	if len(l.allow) == 0 {
		return true
	}
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return false
	}
	ip := t.AddrPort().Addr().Unmap()
	return slices.ContainsFunc(l.allow, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// lazy is a Listener that is bound by the first Open and closed when the context of that
// Open ends; it is bound again, to the same port, by an Open after that.
type lazy struct {
	mu    sync.Mutex
	ln    *Listener
	over  func() error // tells whether the context of ln has ended
	addr  string
	allow []netip.Prefix
	bound func(net.Addr)
}

func (z *lazy) listener(ctx context.Context) (*Listener, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.ln != nil && z.over() == nil {
		return z.ln, nil
	}
	if z.ln != nil {
		z.ln.Close()
	}
	ln, err := Listen(ctx, z.addr, z.allow...)
	if err != nil {
		return nil, err
	}
	z.ln, z.over, z.addr = ln, ctx.Err, ln.Addr().String()
	context.AfterFunc(ctx, func() {
		z.mu.Lock()
		defer z.mu.Unlock()
		ln.Close()
		if z.ln == ln {
			z.ln = nil
		}
	})
	if z.bound != nil {
		z.bound(ln.Addr())
	}
	return ln, nil
}

// listen accepts connections; parameter allow lists networks that may connect.
func (o *Opener) listen(u parts, link string) (Open, error) {
	if _, _, err := net.SplitHostPort(u.rest); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	allow, err := u.prefixes("allow")
	if err := errors.Join(err, u.only("allow")); err != nil {
		return nil, err
	}
	z := &lazy{addr: u.rest, allow: allow}
	if o.Bound != nil {
		bound := o.Bound
		z.bound = func(a net.Addr) { bound(link, a) }
	}
	return func(ctx context.Context) (Conn, error) {
		ln, err := z.listener(ctx)
		if err != nil {
			return nil, err
		}
		return ln.Open(ctx)
	}, nil
}
