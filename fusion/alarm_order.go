package fusion

import (
	"strconv"
	"time"
)

// The times for which an alarm may be shelved.
const (
	shelfShort = 15
	shelfLong  = 60
)

// ofAlarm reports whether an action is about an alarm and not about a passage.
func (a Action) ofAlarm() bool { return a == Acknowledge || a == Shelve || a == Unshelve }

// refuseAlarm gives the reason why an order about an alarm may not be executed; "" if it may.
func (c *Core) refuseAlarm(o Order) string {
	i := c.alarm(o.Alarm)
	if i < 0 {
		return "there is no alarm " + o.Alarm
	}
	a := &c.s.Lane.Alarms[i]
	if o.Version != 0 && o.Version < a.Version {
		return "the alarm has come again since it was shown"
	}
	switch o.Action {
	case Acknowledge:
		switch a.State {
		case Acknowledged:
			return "it is acknowledged already by " + a.By
		case Shelved:
			return "it is shelved by " + a.By
		}
	case Shelve:
		return a.refuseShelf(o)
	case Unshelve:
		if a.State != Shelved {
			return "it is not shelved"
		}
	}
	return ""
}

func (a *Standing) refuseShelf(o Order) string {
	switch {
	case a.Priority == 1:
		return "an alarm of the first priority is never shelved"
	case a.State == Shelved:
		return "it is shelved by " + a.By
	case !a.Active && a.Device == "":
		return "it is over: it only has to be acknowledged"
	case o.Minutes != shelfShort && o.Minutes != shelfLong:
		return "an alarm is shelved for 15 or 60 minutes"
	case o.Reason == "":
		return "no reason is given"
	}
	return ""
}

// executeAlarm carries out an order about an alarm that was not refused.
func (c *Core) executeAlarm(o Order) (kind, text string) {
	i := c.alarm(o.Alarm)
	a := &c.s.Lane.Alarms[i]
	what := ": " + a.Text
	c.status()
	switch o.Action {
	case Shelve:
		a.State, a.By, a.At = Shelved, o.User, c.s.Now
		a.Reason, a.Until = o.Reason, c.s.Now.Add(time.Duration(o.Minutes)*time.Minute)
		return "order", "shelved for " + strconv.Itoa(o.Minutes) + " minutes (" + o.Reason + ")" + what
	case Unshelve:
		if !a.Active {
			c.drop(i)
		} else {
			c.unshelve(a)
		}
		return "order", "taken from the shelf" + what
	}
	if a.State, a.By, a.At = Acknowledged, o.User, c.s.Now; !a.Active {
		c.drop(i)
	}
	return "order", "acknowledged" + what
}
