// Package line opens byte links by URL, so that a driver never dials:
//
//	serial:/dev/ttyS4?baud=19200&parity=even&stop=1&data=8   a serial port
//	tcp:10.1.2.3:4001                                        a TCP connection that we make
//	listen:0.0.0.0:5001                                      TCP connections that devices make
//	pipe:NAME                                                an in-process pair, for tests and the demo
//	replay:FILE?speed=1                                      a recording, see Record
//	exec:self COMMAND                                        this program again, as a child, on its standard streams
package line

import (
	"context"
	"io"
	"time"
)

// Conn is one open byte link. Read blocks at most until the read deadline and then returns
// an error that is os.ErrDeadlineExceeded; it never returns 0, nil. Close unblocks Read.
type Conn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	// Peer names the other end, for the health screen.
	Peer() string
}

// Open makes one connection; on listening links it waits for the next one.
// It returns when ctx ends.
type Open func(ctx context.Context) (Conn, error)
