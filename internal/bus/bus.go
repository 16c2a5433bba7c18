// Package bus is the nervous system: a NATS server inside this process, with JetStream in
// a directory and an MQTT listener for devices, or a connection to one outside.
//
// Nothing on the bus is evidence: what must not be lost is in the journal first.
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Config says what to start. An empty URL embeds a server.
type Config struct {
	Name   string       // of the server, unique in a site; MQTT needs one. Default "acsgd"
	Dir    string       // of JetStream; needed where MQTT is served
	Listen string       // for NATS clients of other processes; "" for none, port 0 for any
	MQTT   string       // for devices; "" for none, port 0 for any
	URL    string       // an external server instead, for example nats://bus.example:4222
	Log    *slog.Logger // default: none

	User, Password string      // of clients outside this process and of MQTT devices; "" lets everybody in: loopback only
	TLS            *tls.Config // of both listeners, and of the connection to URL; nil for none
	Leaf           []string    // servers of the centre that this one is a leaf of
	LeafListen     string      // where leaves connect to this one; "" for none
	MaxStore       int64       // bytes of JetStream on disk, default 1 GiB
	// AckWait is after how long a QoS 1 message that was not acknowledged is sent again,
	// default 10 s: longer than any commit takes.
	AckWait time.Duration
}

// ready is how long a server may take to start.
const ready = 10 * time.Second

// Bus is a started server, if embedded, and this process's connection to it.
type Bus struct {
	srv  *server.Server
	conn *nats.Conn
	mqtt string
	addr string
}

// Start starts the embedded server and connects to it in process, or connects to the
// external one; an external one that is not there yet is waited for in the background.
// ctx bounds the start only; Close ends the bus.
func Start(ctx context.Context, cfg Config) (*Bus, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Name == "" {
		cfg.Name = "acsgd"
	}
	if cfg.URL != "" {
		return connect(cfg)
	}
	opts, err := options(cfg)
	if err != nil {
		return nil, err
	}
	for _, addr := range []string{cfg.Listen, cfg.MQTT, cfg.LeafListen} { // the server would only log it
		if err := free(ctx, addr); err != nil {
			return nil, err
		}
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	srv.SetLoggerV2(logger{cfg.Log}, false, false, false)
	srv.Start()
	b := &Bus{srv: srv}
	if err := b.await(ctx, cfg); err != nil {
		srv.Shutdown()
		return nil, err
	}
	return b, nil
}

// await waits for the listeners and connects.
func (b *Bus) await(ctx context.Context, cfg Config) error {
	limit := ready
	if at, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(at))
	}
	if !b.srv.ReadyForConnections(limit) {
		return errors.New("bus: server is not ready in time; see the log")
	}
	v, err := b.srv.Varz(nil)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	if cfg.MQTT != "" {
		b.mqtt = net.JoinHostPort(v.MQTT.Host, strconv.Itoa(v.MQTT.Port))
	}
	if a := b.srv.Addr(); cfg.Listen != "" && a != nil {
		b.addr = a.String()
	}
	opts := []nats.Option{nats.InProcessServer(b.srv), nats.Name(cfg.Name), nats.MaxReconnects(-1)}
	if cfg.User != "" {
		opts = append(opts, nats.UserInfo(cfg.User, cfg.Password))
	}
	if b.conn, err = nats.Connect("", opts...); err != nil {
		return fmt.Errorf("bus: connect in process: %w", err)
	}
	return nil
}

func connect(cfg Config) (*Bus, error) {
	log := cfg.Log
	opts := []nats.Option{nats.Name(cfg.Name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { log.Warn("bus lost", "err", err) }),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("bus connected") })}
	if cfg.User != "" {
		opts = append(opts, nats.UserInfo(cfg.User, cfg.Password))
	}
	if cfg.TLS != nil {
		opts = append(opts, nats.Secure(cfg.TLS))
	}
	c, err := nats.Connect(cfg.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("bus: connect to %s: %w", cfg.URL, err)
	}
	return &Bus{conn: c}, nil
}

// options translates the configuration.
func options(cfg Config) (*server.Options, error) {
	o := &server.Options{ServerName: cfg.Name, NoSigs: true, DontListen: cfg.Listen == "", Username: cfg.User, Password: cfg.Password,
		TLSConfig: cfg.TLS, TLS: cfg.TLS != nil, StoreDir: cfg.Dir, JetStream: cfg.Dir != "",
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: cfg.MaxStore}
	if o.JetStreamMaxStore <= 0 {
		o.JetStreamMaxStore = 1 << 30
	}
	if cfg.MQTT != "" && cfg.Dir == "" {
		return nil, errors.New("bus: the MQTT listener needs a directory")
	}
	var err error
	if o.Host, o.Port, err = split(cfg.Listen); err != nil {
		return nil, fmt.Errorf("bus: listen: %w", err)
	}
	if o.MQTT.Host, o.MQTT.Port, err = split(cfg.MQTT); err != nil {
		return nil, fmt.Errorf("bus: mqtt: %w", err)
	}
	o.MQTT.TLSConfig = cfg.TLS
	if o.MQTT.AckWait = cfg.AckWait; o.MQTT.AckWait <= 0 {
		o.MQTT.AckWait = 10 * time.Second
	}
	o.MQTT.MaxAckPending = 1000 // in flight a subscription; the inbox of a source holds more
	if o.LeafNode.Host, o.LeafNode.Port, err = split(cfg.LeafListen); err != nil {
		return nil, fmt.Errorf("bus: leaf: %w", err)
	}
	o.LeafNode.TLSConfig = cfg.TLS
	for _, s := range cfg.Leaf {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("bus: leaf of %q: not a URL", s)
		}
		o.LeafNode.Remotes = append(o.LeafNode.Remotes, &server.RemoteLeafOpts{URLs: []*url.URL{u}, TLS: u.Scheme == "tls", TLSConfig: cfg.TLS})
	}
	return o, nil
}

// split reads host:port as the server wants it: 0 is "off" there, and -1 "any".
func split(addr string) (string, int, error) {
	if addr == "" {
		return "", 0, nil
	}
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.Atoi(p)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("port %q", p)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// free reports whether an address can be bound.
func free(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return ln.Close()
}

// Conn is this process's connection.
func (b *Bus) Conn() *nats.Conn { return b.conn }

// MQTTAddr is where devices connect, with the port that was chosen; "" if nowhere.
func (b *Bus) MQTTAddr() string { return b.mqtt }

// Addr is where other NATS clients connect, with the port that was chosen; "" if nowhere.
func (b *Bus) Addr() string { return b.addr }

// Close hands over what is buffered, closes the connection and stops the server.
func (b *Bus) Close() error {
	var err error
	if b.conn.IsConnected() {
		err = b.conn.FlushTimeout(2 * time.Second)
	}
	b.conn.Close()
	if b.srv != nil {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
	}
	return err
}
