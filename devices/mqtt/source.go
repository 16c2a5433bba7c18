package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Handler understands the messages of one kind of device. Pure: it is given the time.
// payload is not retained. out.Send and out.Acks are not used: a message is acknowledged
// when all observations made of it are durable; one that makes none but out.Fail is not, and
// comes again.
type Handler interface {
	Message(now time.Time, topic string, payload []byte, out *devices.Out)
}

// HandlerFunc is a Handler of a function.
type HandlerFunc func(now time.Time, topic string, payload []byte, out *devices.Out)

// Message implements Handler.
func (f HandlerFunc) Message(now time.Time, topic string, payload []byte, out *devices.Out) {
	f(now, topic, payload, out)
}

// inbox is how many messages of one source may wait; a message that finds it full is not
// acknowledged and, at QoS 1, comes again.
const inbox = 1024

// Link is a parsed mqtt: link.
type Link struct {
	Addr   string // "" is the site's broker
	Filter string
	QoS    byte
	User   string
}

// ParseLink reads a link; see the package comment.
func ParseLink(link string) (Link, error) {
	l, err := parseLink(link)
	if err != nil {
		return l, fmt.Errorf("link %q: %w", link, err)
	}
	return l, nil
}

func parseLink(link string) (Link, error) {
	rest, ok := strings.CutPrefix(link, "mqtt:")
	if !ok {
		return Link{}, errors.New("want mqtt:HOST:PORT/FILTER, or mqtt:/FILTER for the site's broker")
	}
	rest, raw, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	q, err := url.ParseQuery(raw)
	if err != nil {
		return Link{}, fmt.Errorf("parameters: %w", err)
	}
	l := Link{QoS: 1}
	var slash bool
	l.Addr, l.Filter, slash = strings.Cut(rest, "/")
	if !slash || l.Filter == "" {
		return Link{}, errors.New("no topic filter")
	}
	if l.Addr != "" {
		if _, _, err := net.SplitHostPort(l.Addr); err != nil {
			return Link{}, fmt.Errorf("address: %w", err)
		}
	}
	for k := range q {
		switch v := q.Get(k); {
		case k == "qos" && (v == "0" || v == "1"):
			l.QoS = v[0] - '0'
		case k == "user":
			l.User = v
		default:
			return Link{}, fmt.Errorf("parameter %s=%q, want qos 0 or 1, or user", k, v)
		}
	}
	return l, nil
}

// Source makes a source of an mqtt: link. newHandler is called for each run. A link with
// an address has a session of its own, under the client id "acsgd-" and the instrument's
// name; password belongs to its user.
func Source(link, password string, newHandler func() Handler, env devices.Env) (devices.Source, error) {
	l, err := ParseLink(link)
	if err != nil {
		return nil, err
	}
	s := &source{link: l, newHandler: newHandler, env: env, broker: env.Broker}
	if l.Addr != "" {
		s.own = NewBroker(Config{Addr: l.Addr, ClientID: "acsgd-" + env.Name, User: l.User, Password: password})
		s.broker = s.own
	}
	if s.broker == nil {
		return nil, fmt.Errorf("link %q: the site has no broker; name one as mqtt:HOST:PORT/%s", link, l.Filter)
	}
	return s, nil
}

type source struct {
	link       Link
	newHandler func() Handler
	env        devices.Env
	broker     devices.Broker
	own        *Broker
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	if s.own != nil {
		defer s.own.Close()
	}
	in := make(chan devices.Message, inbox)
	lost := make(chan error, 1)
	full := make(chan struct{}, 1)
	stop, err := s.broker.Subscribe(ctx, s.link.Filter, s.link.QoS, func(m devices.Message) {
		select {
		case in <- m:
		default:
			select {
			case full <- struct{}{}:
			default:
			}
		}
	}, func(err error) { lost <- err })
	if err != nil {
		return err
	}
	defer stop()
	s.env.Meter.Heard(time.Now(), 0)
	h := s.newHandler()
	var out devices.Out
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-lost:
			return err
		case <-full:
			s.env.Report(&obs.DecodeError{Proto: "mqtt", Reason: "messages come faster than they are taken; they were left to the broker"})
		case m := <-in:
			if err := s.handle(h, m, &out, emit); err != nil {
				return err
			}
		}
	}
}

// handle makes observations of one message and acknowledges it once they are durable.
func (s *source) handle(h Handler, m devices.Message, out *devices.Out, emit devices.Emit) error {
	now := time.Now()
	out.Reset()
	s.env.Meter.Heard(now, len(m.Payload))
	h.Message(now, m.Topic, m.Payload, out)
	for _, e := range out.Errs {
		s.env.Report(e)
	}
	s.env.Meter.Frames(now, max(1, out.Frames, len(out.Obs)))
	if len(out.Obs) == 0 {
		if out.Fail == nil {
			m.Ack()
		}
		return out.Fail
	}
	done := acknowledge(len(out.Obs), m.Ack)
	for _, o := range out.Obs {
		if o.Stamp.Arrived.IsZero() {
			o.Stamp.Arrived = obs.Unix(now)
		}
		emit(o, done)
	}
	return out.Fail
}

// acknowledge makes a done for n observations that calls ack if all are durable.
func acknowledge(n int, ack func()) func(error) {
	var mu sync.Mutex
	refused := false
	return func(err error) {
		mu.Lock()
		n--
		refused = refused || err != nil
		last := n == 0 && !refused
		mu.Unlock()
		if last {
			ack()
		}
	}
}
