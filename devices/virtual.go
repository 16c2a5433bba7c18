package devices

import (
	"time"

	"acsgd/internal/obs"
)

// Virtual drives one Session in virtual time, without goroutines: whole-site virtual runs,
// "acsgd decode" and tests give it bytes and the time, and it does what Stream and the
// Supervisor do on a real link. Not safe for concurrent use.
type Virtual struct {
	Name, Lane string
	// Emit takes what the session sees, named, numbered and stamped, and says whether it
	// is durable; nil takes everything. Acknowledgements follow at once.
	Emit func(obs.Observation) error
	// Report takes decode errors; may be nil.
	Report func(*obs.DecodeError)
	// Sent is what the device would have received, in order; the caller may cut it.
	Sent []byte

	session Session
	clock   clockCheck
	seq     uint64
	out     Out
	fail    error
}

// NewVirtual makes the shell of a session; Open begins the dialogue.
func NewVirtual(name, lane string, s Session) *Virtual {
	return &Virtual{Name: name, Lane: lane, session: s, clock: clockCheck{limit: 10 * time.Second}}
}

// Open tells the session that its link is open.
func (v *Virtual) Open(now time.Time) error { return v.Tick(now) }

// Renew begins a new connection with a new session; sequence numbers go on.
func (v *Virtual) Renew(now time.Time, s Session) error {
	v.session, v.fail, v.Sent = s, nil, v.Sent[:0]
	return v.Tick(now)
}

// Deadline reports when Tick is due; ok is false if never, and after the link has failed.
func (v *Virtual) Deadline() (at time.Time, ok bool) {
	if v.fail != nil {
		return time.Time{}, false
	}
	return v.session.Deadline()
}

// Tick lets the session act at now.
func (v *Virtual) Tick(now time.Time) error {
	if v.fail != nil {
		return v.fail
	}
	v.session.Tick(now, &v.out)
	return v.flush(now)
}

// Feed gives the session bytes that arrive at now. Ticks that are due are made before.
// The error is why the session gave its link up; it stays until Renew.
func (v *Virtual) Feed(now time.Time, p []byte) error {
	if at, ok := v.Deadline(); ok && !at.After(now) {
		if err := v.Tick(now); err != nil {
			return err
		}
	}
	if v.fail != nil {
		return v.fail
	}
	v.session.Feed(now, p, &v.out)
	return v.flush(now)
}

// Finish tells the session that the device has closed the link in order.
func (v *Virtual) Finish(now time.Time) error {
	f, ok := v.session.(Finisher)
	if !ok || v.fail != nil {
		return v.fail
	}
	f.Finish(now, &v.out)
	return v.flush(now)
}

func (v *Virtual) flush(now time.Time) error {
	out := &v.out
	if v.Report != nil {
		for _, e := range out.Errs {
			v.Report(e)
		}
	}
	v.Sent = append(v.Sent, out.Send...)
	refused := false
	acks := out.Acks
	for i, o := range out.Obs {
		acks = v.acknowledge(acks, i, refused)
		refused = v.hand(now, o) != nil || refused
	}
	v.acknowledge(acks, len(out.Obs), refused)
	v.fail = out.Fail
	out.Reset()
	return v.fail
}

// acknowledge sends the acks that wait for the first n observations at most, and returns
// the others.
func (v *Virtual) acknowledge(acks []Ack, n int, refused bool) []Ack {
	for len(acks) > 0 && (acks[0].After <= n || n == len(v.out.Obs)) {
		if refused {
			v.Sent = append(v.Sent, acks[0].Else...)
		} else {
			v.Sent = append(v.Sent, acks[0].Then...)
		}
		acks = acks[1:]
	}
	return acks
}

func (v *Virtual) hand(now time.Time, o obs.Observation) error {
	if o.Stamp.Arrived.IsZero() {
		o.Stamp.Arrived = obs.Unix(now)
	}
	v.clock.check(&o)
	v.seq++
	o.Source, o.Lane, o.Seq = v.Name, v.Lane, v.seq
	if v.Emit == nil {
		return nil
	}
	return v.Emit(o)
}
