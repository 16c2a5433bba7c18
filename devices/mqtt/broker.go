// Package mqtt is the MQTT transport that drivers share: one session with a broker for
// many sources. A message is acknowledged only when what was made of it is durable, so a
// QoS 1 message that we could not keep comes again.
//
// Links:
//
//	mqtt:/frigate/events                        the site's own broker (Env.Broker)
//	mqtt:10.1.2.3:1883/frigate/events?qos=1     a broker of its own for this source
//
// The path is a topic filter; write + and # as they are.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"acsgd/devices"
)

// Config says how to reach a broker.
type Config struct {
	Addr           string // host:port
	ClientID       string // unique at the broker; the session is kept under it
	User, Password string
	TLS            *tls.Config
}

// ackQueue is how many acknowledgements may wait to be sent. Brokers have fewer messages
// in flight (NATS: 100 to 1024); one that does not fit is sent again by the broker.
const ackQueue = 4096

// connectLimit bounds connecting, subscribing and publishing.
const connectLimit = 5 * time.Second

// Broker is one session. It connects with the first subscription and does not reconnect
// by itself: every subscriber is told of the loss, and the one that subscribes again first
// connects again. Safe for concurrent use.
type Broker struct {
	cfg Config
	// dropped counts messages that no subscriber took.
	dropped atomic.Int64

	turn chan struct{} // taken while connecting or disconnecting

	mu   sync.Mutex
	sess *session // nil when there is no session
	subs []*subscription
}

var _ devices.Broker = (*Broker)(nil)

// session is one connection.
type session struct {
	c    paho.Client
	acks chan func()
	quit chan struct{}
	once sync.Once
	wg   sync.WaitGroup
}

type subscription struct {
	filter string
	take   func(devices.Message)
	lost   func(error)
}

// NewBroker makes a broker's session; it performs no I/O.
func NewBroker(cfg Config) *Broker { return &Broker{cfg: cfg, turn: make(chan struct{}, 1)} }

// Dropped tells how many messages came that no subscriber wanted.
func (b *Broker) Dropped() int64 { return b.dropped.Load() }

func (b *Broker) lock(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect gives the session, making one if there is none; turn is held.
func (b *Broker) connect(ctx context.Context) (*session, error) {
	b.mu.Lock()
	s := b.sess
	b.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s = &session{acks: make(chan func(), ackQueue), quit: make(chan struct{})}
	s.c = paho.NewClient(b.options(s))
	if err := await(ctx, s.c.Connect()); err != nil {
		s.c.Disconnect(0)
		return nil, fmt.Errorf("mqtt: connect to %s: %w", b.cfg.Addr, err)
	}
	s.wg.Go(s.send)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.c.IsConnectionOpen() {
		s.end()
		return nil, fmt.Errorf("mqtt: %s: connection lost at once", b.cfg.Addr)
	}
	b.sess = s
	return s, nil
}

func (b *Broker) options(s *session) *paho.ClientOptions {
	scheme := "tcp://"
	if b.cfg.TLS != nil {
		scheme = "ssl://"
	}
	o := paho.NewClientOptions().AddBroker(scheme + b.cfg.Addr).SetClientID(b.cfg.ClientID).
		SetUsername(b.cfg.User).SetPassword(b.cfg.Password).SetTLSConfig(b.cfg.TLS).
		SetCleanSession(false).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(connectLimit).
		SetKeepAlive(10 * time.Second).SetPingTimeout(5 * time.Second).SetWriteTimeout(connectLimit).
		SetOrderMatters(true).SetAutoAckDisabled(true)
	// Messages of the kept session arrive right behind the connection's acknowledgement, so
	// they go through one handler that knows the subscribers, not through paho's routes.
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { b.dispatch(s, m) })
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { b.gone(s, err) })
	return o
}

// await waits for a token, ctx or the limit.
func await(ctx context.Context, t paho.Token) error {
	limit := time.NewTimer(connectLimit)
	defer limit.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-limit.C:
		return errors.New("no answer in time")
	}
}

// Subscribe implements devices.Broker.
func (b *Broker) Subscribe(ctx context.Context, filter string, qos byte, take func(devices.Message), lost func(error)) (func(), error) {
	if err := b.lock(ctx); err != nil {
		return nil, err
	}
	defer func() { <-b.turn }()
	sub := &subscription{filter: filter, take: take, lost: lost}
	b.mu.Lock()
	b.subs = append(b.subs, sub)
	b.mu.Unlock()
	s, err := b.connect(ctx)
	if err == nil {
		if err = await(ctx, s.c.Subscribe(filter, qos, nil)); err != nil {
			err = fmt.Errorf("mqtt: subscribe to %s: %w", filter, err)
		}
	}
	if err != nil {
		b.remove(sub)
		return nil, err
	}
	return func() { b.remove(sub) }, nil
}

// remove forgets a subscriber. The broker keeps the subscription, so that what comes
// meanwhile is there the next time.
func (b *Broker) remove(sub *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.subs {
		if s == sub {
			b.subs = append(b.subs[:i:i], b.subs[i+1:]...)
			return
		}
	}
}

// dispatch hands a message to its subscribers; it must not block, or pings are missed.
func (b *Broker) dispatch(s *session, m paho.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var to []*subscription
	for _, sub := range b.subs {
		if Match(sub.filter, m.Topic()) {
			to = append(to, sub)
		}
	}
	if len(to) == 0 {
		b.dropped.Add(1) // not acknowledged: it comes again when its source runs
		return
	}
	left := new(atomic.Int32)
	left.Store(int32(len(to)))
	ack := func() {
		if left.Add(-1) == 0 {
			s.ack(m.Ack)
		}
	}
	for _, sub := range to {
		sub.take(devices.Message{Topic: m.Topic(), Payload: append([]byte(nil), m.Payload()...), Retained: m.Retained(), Ack: sync.OnceFunc(ack)})
	}
}

// ack queues an acknowledgement; it never blocks, since it is called by the journal.
func (s *session) ack(f func()) {
	select {
	case s.acks <- f:
	default:
	}
}

// send sends acknowledgements until the session ends.
func (s *session) send() {
	for {
		select {
		case f := <-s.acks:
			f()
		case <-s.quit:
			return
		}
	}
}

func (s *session) end() { s.once.Do(func() { close(s.quit) }) }

// gone tells every subscriber that the session is lost.
func (b *Broker) gone(s *session, cause error) {
	s.end()
	b.mu.Lock()
	if b.sess == s {
		b.sess = nil
	}
	subs := b.subs
	b.subs = nil
	b.mu.Unlock()
	for _, sub := range subs {
		sub.lost(fmt.Errorf("mqtt: %s: connection lost: %w", b.cfg.Addr, cause))
	}
}

// Publish implements devices.Broker.
func (b *Broker) Publish(ctx context.Context, topic string, qos byte, retain bool, payload []byte) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	s, err := b.connect(ctx)
	<-b.turn
	if err != nil {
		return err
	}
	if err := await(ctx, s.c.Publish(topic, qos, retain, payload)); err != nil {
		return fmt.Errorf("mqtt: publish to %s: %w", topic, err)
	}
	return nil
}

// Close ends the session; acknowledgements that wait are sent first.
func (b *Broker) Close() error {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.mu.Lock()
	s := b.sess
	b.sess, b.subs = nil, nil
	b.mu.Unlock()
	if s == nil {
		return nil
	}
	s.end()
	s.wg.Wait()
	for {
		select {
		case f := <-s.acks:
			f()
			continue
		default:
		}
		break
	}
	s.c.Disconnect(100)
	return nil
}

// Match reports whether a topic matches a filter: + is one level, # all that follow.
// Filters that begin with a wildcard do not match topics that begin with $.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		if f == "#" {
			return !fmore
		}
		t, trest, tmore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !tmore {
			return !fmore || frest == "#"
		}
		if !fmore {
			return false
		}
		filter, topic = frest, trest
	}
}
