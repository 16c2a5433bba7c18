package fusion

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAlarms bounds the alarms that stand in one lane.
const maxAlarms = 64

// AlarmState is where an alarm stands, by the letters of ISA-18.2. What is back to normal
// (A) is not listed; F and G are not used.
type AlarmState string

// The states of an alarm.
const (
	Unacknowledged AlarmState = "B" // its cause is there, nobody has acknowledged it
	Acknowledged   AlarmState = "C" // its cause is there
	Returned       AlarmState = "D" // its cause has gone, nobody has acknowledged it
	Shelved        AlarmState = "E" // put aside by a person until a time
)

// Standing is an alarm that stands: it goes when its cause has gone and somebody has
// acknowledged it. Silence is no reason to go.
type Standing struct {
	ID       string     `json:"id"`   // SITE-LANE-SEQ of the input that raised it, and .2 if that was its second
	Kind     string     `json:"kind"` // passage, device, barrier, or that of the event: fault, left, refused
	Priority int        `json:"priority"`
	Passage  string     `json:"passage,omitempty"`
	Device   string     `json:"device,omitempty"`
	Text     string     `json:"text"`              // of the event that raised it last
	Details  string     `json:"details,omitempty"` // of a passage: the quantities that speak against it
	Since    time.Time  `json:"since"`
	Last     time.Time  `json:"last"`
	Count    int        `json:"count"`   // how often it was raised
	Version  uint64     `json:"version"` // Seq of the input that raised it last
	State    AlarmState `json:"state"`
	Active   bool       `json:"active,omitempty"` // its cause is there
	By       string     `json:"by,omitempty"`     // who has acknowledged or shelved it
	At       time.Time  `json:"at,omitzero"`      // and when
	Reason   string     `json:"reason,omitempty"` // why it was shelved
	Until    time.Time  `json:"until,omitzero"`   // when it comes back from the shelf
}

// The kinds of alarms that have a cause which lasts; all others are over as they begin.
const (
	alarmPassage = "passage" // one a passage, until it is decided
	alarmDevice  = "device"  // until the device is back
	alarmBarrier = "barrier" // until its contacts agree
)

// latched alarms outlive the decision about their passage until they are acknowledged.
func (a *Standing) latched() bool { return a.Priority == 1 }

// same reports whether n is a has the same cause as a.
func (a *Standing) same(n *Standing) bool {
	if a.Kind != n.Kind || a.Passage != n.Passage || a.Device != n.Device {
		return false
	}
	lasting := n.Kind == alarmPassage || n.Kind == alarmDevice || n.Kind == alarmBarrier
	return lasting || a.Text == n.Text
}

// again asks for an acknowledgement, also where one was given.
func (a *Standing) again() {
	a.State = Returned
	if a.Active {
		a.State = Unacknowledged
	}
	a.By, a.At, a.Reason, a.Until = "", time.Time{}, "", time.Time{}
}

// announced makes an event that has a priority a standing alarm and gives its id.
func (c *Core) announced(v *visit, kind string, prio int, text string) string {
	n := Standing{Kind: kind, Priority: prio, Text: text}
	if v != nil {
		n.Passage = v.ID
	}
	switch kind {
	case "judged", "amended", "radiation", "revoked":
		n.Kind, n.Active = alarmPassage, v.Closed.IsZero()
	case alarmBarrier: // of the lane, whoever stands before it
		n.Passage, n.Active = "", true
	}
	return c.raise(n, kind)
}

// raise lists an alarm, or repeats the one of the same cause. A repeated one must be
// acknowledged again if it is worse, if its cause had gone, or if a release was taken back.
func (c *Core) raise(n Standing, kind string) string {
	if c.s.Params == nil {
		return ""
	}
	list := c.s.Lane.Alarms
	i := slices.IndexFunc(list, func(a Standing) bool { return a.same(&n) })
	c.status()
	if i < 0 {
		return c.list(n)
	}
	a := &list[i]
	if a.Version != c.s.Seq && kind != "judged" { // a verdict only says what it is about
		a.Count++
	}
	worse, was := n.Priority < a.Priority, a.Active
	if n.Device != "" || n.Priority <= a.Priority {
		a.Text = n.Text
	}
	a.Priority = min(a.Priority, n.Priority)
	a.Last, a.Version, a.Active = c.s.Now, c.s.Seq, n.Active
	if worse || kind == "revoked" || a.State != Shelved && a.Active != was || a.State == Acknowledged && !a.Active {
		a.again()
	}
	return a.ID
}

// list adds a new alarm. Where there is no room, the one that can be spared best goes, and
// the core says so.
func (c *Core) list(n Standing) string {
	l := &c.s.Lane
	if len(l.Alarms) >= maxAlarms {
		spare := 0
		for i := range l.Alarms {
			if l.Alarms[i].spare() > l.Alarms[spare].spare() {
				spare = i
			}
		}
		out := &l.Alarms[spare]
		if n.again(); n.spare() > out.spare() {
			out = &n
		}
		c.tell(nil, Alarm, "fault", 2, "more than "+strconv.Itoa(maxAlarms)+" alarms stand: not listed any more: "+out.Text, out.ID)
		if out == &n {
			return ""
		}
		c.drop(spare)
	}
	c.scratch.raised++
	n.ID = c.s.Params.Site + "-" + l.Lane + "-" + strconv.FormatUint(c.s.Seq, 10)
	if c.scratch.raised > 1 {
		n.ID += "." + strconv.Itoa(c.scratch.raised)
	}
	n.Since, n.Last, n.Version, n.Count = c.s.Now, c.s.Now, c.s.Seq, 1
	n.again()
	l.Alarms = append(l.Alarms, n)
	return n.ID
}

// spare ranks alarms by how well they can be spared, the best with the greatest number:
// first what somebody has seen, then the low ones, then those whose cause has gone.
func (a *Standing) spare() int {
	n := a.Priority * 2
	switch a.State {
	case Acknowledged:
		n += 200
	case Shelved:
		n += 100
	case Returned:
		n++
	}
	return n
}

func (c *Core) drop(i int) {
	c.s.Lane.Alarms = slices.Delete(c.s.Lane.Alarms, i, i+1)
	c.status()
}

// alarm gives the place of an alarm in the list; -1 if it does not stand.
func (c *Core) alarm(id string) int {
	return slices.IndexFunc(c.s.Lane.Alarms, func(a Standing) bool { return a.ID == id && id != "" })
}

// caused gives the place of the alarm with this cause; -1 if there is none.
func (c *Core) caused(kind, passage, device string) int {
	for i := range c.s.Lane.Alarms {
		if a := &c.s.Lane.Alarms[i]; a.Kind == kind && a.Passage == passage && a.Device == device {
			return i
		}
	}
	return -1
}

// ending says why an alarm's cause is there no more.
type ending int

const (
	gone    ending = iota // it has gone by itself, and may come again
	decided               // a person, or the green path, has decided the passage
	closed                // the passage is over
)

// end takes the cause of an alarm away. One that nobody has acknowledged stays for that,
// unless it was answered by the decision about its passage and is not latched; a shelved one
// stays on its shelf while it may come again.
func (c *Core) end(i int, why ending) {
	a := &c.s.Lane.Alarms[i]
	seen := a.State == Acknowledged || a.State == Shelved && why != gone || why == decided && !a.latched()
	if seen {
		c.drop(i)
		return
	}
	if !a.Active {
		return
	}
	a.Active = false
	if a.State == Unacknowledged {
		a.State = Returned
	}
	c.status()
}

// deviceAlarm follows a device's state; prio is 0 of one that is well. changed says that it
// is another state than before, and not its reason alone; a device that was never well is
// an alarm too. tell reports whether there is something new to be told.
func (c *Core) deviceAlarm(device string, prio int, text string, changed bool) (id string, tell bool) {
	i := c.caused(alarmDevice, "", device)
	switch {
	case prio > 0 && (changed || i < 0):
		return c.raise(Standing{Kind: alarmDevice, Priority: prio, Device: device, Text: text, Active: true}, alarmDevice), true
	case i < 0:
		return "", changed
	}
	id = c.s.Lane.Alarms[i].ID
	if prio > 0 {
		c.s.Lane.Alarms[i].Text = text
	} else {
		c.end(i, gone)
	}
	return id, changed
}

// heard ends the alarm of a device that was lost and shows by an observation that it lives.
func (c *Core) heard(device string) {
	if i := c.caused(alarmDevice, "", device); i >= 0 && c.s.Lane.Alarms[i].Active {
		c.tell(nil, Alarm, "device", 0, device+" online", c.s.Lane.Alarms[i].ID)
		c.end(i, gone)
	}
}

// forget ends the alarms of devices that the lane does not have any more.
func (c *Core) forget() {
	for i := len(c.s.Lane.Alarms) - 1; i >= 0; i-- {
		if a := &c.s.Lane.Alarms[i]; a.Device != "" && c.instrument(a.Device) == nil {
			c.end(i, closed)
		}
	}
}

// reassess lets a passage's alarm follow its judgement. It gets worse with it, but less
// only if everything is within; what is not known any more takes nothing back.
func (c *Core) reassess(v *visit) {
	i := c.caused(alarmPassage, v.ID, "")
	if i < 0 {
		return
	}
	over := !v.Closed.IsZero()
	switch {
	case v.Final && v.Verdict == within && (over || v.Decision != nil):
		c.end(i, decided)
		return
	case v.Final && v.Verdict == within:
		c.end(i, gone)
		return
	}
	a := &c.s.Lane.Alarms[i]
	if d := v.against(); d != "" && d != a.Details {
		a.Details = d
		c.status()
	}
	if v.Verdict == exceeds && v.twoPersons() && a.Priority > 1 {
		a.Priority, a.Version = 1, c.s.Seq
		a.again()
		c.status()
	}
	if over {
		c.end(i, closed)
	}
}

// answer ends a passage's alarm with the decision about it.
func (c *Core) answer(v *visit) {
	if i := c.caused(alarmPassage, v.ID, ""); i >= 0 {
		c.end(i, decided)
	}
}

// against lists what exceeds, or in a final verdict without excess what is undetermined,
// each quantity once.
func (v *visit) against() string {
	if v.Verdict != exceeds && !v.Final {
		return ""
	}
	var names []string
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Verdict == v.Verdict && !slices.Contains(names, f.Quantity) {
			names = append(names, f.Quantity)
		}
	}
	return strings.Join(names, ", ")
}

// fromShelf takes back what was shelved until now. What is gone by then goes quietly.
func (c *Core) fromShelf() {
	for i := 0; i < len(c.s.Lane.Alarms); i++ {
		a := &c.s.Lane.Alarms[i]
		if a.State != Shelved || c.s.Now.Before(a.Until) {
			continue
		}
		if !a.Active {
			c.tell(c.byID(a.Passage), Alarm, "unshelved", 0, "off the shelf, its cause has gone: "+a.Text, a.ID)
			c.drop(i)
			i--
			continue
		}
		c.unshelve(a)
		c.tell(c.byID(a.Passage), Alarm, "unshelved", a.Priority, "back from the shelf: "+a.Text, a.ID)
	}
}

func (c *Core) unshelve(a *Standing) {
	a.Version = c.s.Seq
	a.again()
	c.status()
}
