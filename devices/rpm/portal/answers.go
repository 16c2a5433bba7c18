package portal

import (
	"context"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
)

// Answers follows how well a polled portal answers. A lost answer is a hole in the readings,
// which the readings show by themselves; it is no frame that could not be understood.
type Answers struct {
	Retries int // unanswered requests in a row before the link is made anew

	row  int  // unanswered in a row
	any  bool // there was an answer
	got  [minuteParts]int
	lost [minuteParts]int
	slot int64 // number of the newest part of a minute since the epoch
	poor bool
}

const minuteParts = 12

// poorly is said of a portal that leaves many requests without an answer.
const poorly = "many requests are not answered"

func (a *Answers) roll(now time.Time) int64 {
	slot := now.UnixNano() / int64(time.Minute/minuteParts)
	for i := max(a.slot+1, slot-minuteParts+1); i <= slot; i++ {
		a.got[i%minuteParts], a.lost[i%minuteParts] = 0, 0
	}
	a.slot = max(a.slot, slot)
	return a.slot % minuteParts
}

// Got notes an answer.
func (a *Answers) Got(now time.Time) {
	a.row, a.any = 0, true
	a.got[a.roll(now)]++
}

// Lost notes that there was none. More in a row than Retries, or none at all since the
// connection was made, end it with the error that it gives.
func (a *Answers) Lost(now time.Time, err error) error {
	a.lost[a.roll(now)]++
	switch a.row++; {
	case a.any && a.row <= a.Retries:
		return nil
	case a.row == 1:
		return fmt.Errorf("no answer: %w", err)
	}
	return fmt.Errorf("no answer to %d requests: %w", a.row, err)
}

// Asked notes the outcome of a poll at now and reports whether it was answered. A lost answer
// within Retries is no error; that of a device without such registers is permanent, for it is
// another one: foreign says so.
func (a *Answers) Asked(ctx context.Context, now time.Time, err error, foreign string) (answered bool, end error) {
	switch {
	case err == nil:
		a.Got(now)
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case modbus.Refused(err):
		return false, devices.Permanent(fmt.Errorf("%s: %w", foreign, err))
	}
	return false, a.Lost(now, err)
}

// Poor says that a tenth of the last minute's requests was lost, ten at least, until it is
// less than a twentieth; "" is nothing.
func (a *Answers) Poor(now time.Time) string {
	a.roll(now)
	lost, all := 0, 0
	for i := range a.lost {
		lost += a.lost[i]
		all += a.lost[i] + a.got[i]
	}
	if a.poor = lost >= 10 && 10*lost >= all || a.poor && 20*lost >= all; a.poor {
		return poorly
	}
	return ""
}
