package modbusio

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// endPulses ends the pulses that are due.
func (u *Unit) endPulses(ctx context.Context, now time.Time) error {
	u.mu.Lock()
	var due []pulseEnd
	rest := u.ends[:0]
	for _, e := range u.ends {
		if now.Before(e.at) {
			rest = append(rest, e)
		} else {
			due = append(due, e)
		}
	}
	u.ends = rest
	u.mu.Unlock()
	for i, e := range due {
		if err := u.regs.WriteCoils(ctx, e.addr, e.off); err != nil {
			u.mu.Lock()
			u.ends = append(u.ends, due[i:]...) // until it succeeds: an end may be repeated, a pulse may not
			u.mu.Unlock()
			return fmt.Errorf("end of a pulse: %w", err)
		}
	}
	return nil
}

// Safe puts every output that has one into its safe state and ends all pulses.
func (u *Unit) Safe(ctx context.Context, now time.Time) error {
	u.order.Lock()
	defer u.order.Unlock()
	errs := []error{u.endPulses(ctx, now.Add(time.Hour))}
	for i := range u.m.Actions {
		if a := &u.m.Actions[i]; a.Safe {
			if err := u.regs.WriteCoils(ctx, a.Addr, a.Values); err != nil {
				errs = append(errs, fmt.Errorf("safe state of %s: %w", a.Output, err))
			}
		}
	}
	return errors.Join(errs...)
}
