package devices

import (
	"errors"
	"fmt"
	"io"
	"time"

	"acsgd/internal/obs"
)

// Decode feeds a session the bytes that one device sent on one connection, chunk bytes at
// a time (0: 4096), and hands out what it sees. clock gives the time of each chunk; it may
// stand still. Source and Lane of the observations are empty, Seq counts from 1, origins
// are as the session gives them, since a recording is as old as it is. What the session
// sends goes nowhere; use a Virtual to see it. Decode returns an error of r, or why the
// session gave its link up; bytes that cannot be understood go to errf and are no error.
func Decode(s Session, r io.Reader, clock func() time.Time, chunk int, emit func(obs.Observation), errf func(*obs.DecodeError)) error {
	if chunk <= 0 {
		chunk = 4096
	}
	v := NewVirtual("", "", s)
	v.clock.limit = 0
	v.Report = errf
	v.Emit = func(o obs.Observation) error { emit(o); return nil }
	if err := v.Open(clock()); err != nil {
		return err
	}
	buf := make([]byte, chunk)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			v.Sent = v.Sent[:0]
			if err := v.Feed(clock(), buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return v.Finish(clock())
		case err != nil:
			return fmt.Errorf("read what the device sent: %w", err)
		}
	}
}
