// Package push holds what drivers share whose devices push over HTTP: the head of a request
// and its answer, logins, a list of allowed senders, and the limit on how long a sender
// waits for its answer. What stands in a body is the driver's.
package push

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// Allow reads a list of addresses and networks.
func Allow(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for _, a := range list {
		p, err := netip.ParsePrefix(a)
		if at, e := netip.ParseAddr(a); e == nil {
			p, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("allow %q: want an address or a network such as 10.1.0.0/24", a))
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// allowed reports whether the other end of c stands in the list; an empty list has all.
func allowed(c line.Conn, list []netip.Prefix) bool {
	if len(list) == 0 {
		return true
	}
	at, err := netip.ParseAddrPort(c.Peer())
	if err != nil {
		return false
	}
	for _, p := range list {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// Only lets through connections from the list, and closes the others.
func Only(open line.Open, list []netip.Prefix, proto string, env devices.Env) line.Open {
	return func(ctx context.Context) (line.Conn, error) {
		for {
			c, err := open(ctx)
			if err != nil || allowed(c, list) {
				return c, err
			}
			if env.Report != nil {
				env.Report(&obs.DecodeError{Proto: proto, Reason: "connection of " + c.Peer() + " refused: its address is not allowed"})
			}
			c.Close()
		}
	}
}

// InTime gives a source whose senders are answered in time: what is not durable within the
// limit counts as refused.
func InTime(s devices.Source, limit time.Duration) devices.Source { return &inTime{s, limit} }

type inTime struct {
	devices.Source
	limit time.Duration
}

// Run implements devices.Source.
func (s *inTime) Run(ctx context.Context, emit devices.Emit) error {
	return s.Source.Run(ctx, func(o obs.Observation, done func(error)) {
		if done == nil {
			emit(o, nil)
			return
		}
		var once sync.Once
		late := time.AfterFunc(s.limit, func() {
			once.Do(func() { done(errLate) })
		})
		emit(o, func(err error) {
			late.Stop()
			once.Do(func() { done(err) })
		})
	})
}

var errLate = errors.New("not durable before the answer was due")
