package push

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// TLS are the settings of an encrypted link. The zero value is a plain one.
type TLS struct {
	// Certificate and Key are files in PEM: ours, the leaf first, and its private key.
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
	// Clients is a file with the authorities whose certificates senders must show; empty
	// asks for none.
	Clients string `toml:"clients"`
	// Names lists the names that a sender's certificate may bear: one of its DNS names,
	// addresses or its common name. Empty takes every certificate of the authorities.
	Names []string `toml:"names"`

	files *files
}

// files are the certificates that are in force.
type files struct {
	cert    tls.Certificate
	clients *x509.CertPool
	expiry  []expiry
}

// expiry is until when one file serves.
type expiry struct {
	file  string
	until time.Time
}

func (t *TLS) on() bool { return t.files != nil }

// load reads and checks the files, relative to the folder of the section's site file.
func (t *TLS) load(sec devices.Section) error {
	if t.Certificate == "" && t.Key == "" && t.Clients == "" && len(t.Names) == 0 {
		return nil
	}
	if t.Certificate == "" || t.Key == "" {
		return errors.New("certificate and key go together")
	}
	if len(t.Names) > 0 && t.Clients == "" {
		return errors.New("names without clients: no certificate would be asked for")
	}
	for _, p := range []*string{&t.Certificate, &t.Key, &t.Clients} {
		if *p != "" {
			*p = sec.Path(*p)
		}
	}
	f, err := t.read()
	if err != nil {
		return err
	}
	if now := time.Now(); now.Before(f.cert.Leaf.NotBefore) {
		return fmt.Errorf("certificate %s is valid from %s on", t.Certificate, f.cert.Leaf.NotBefore.UTC().Format(time.DateTime))
	}
	t.files = f
	return nil
}

func (t *TLS) read() (*files, error) {
	f := &files{}
	cert, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", t.Certificate, t.Key, err)
	}
	f.cert = cert
	f.expiry = append(f.expiry, expiry{t.Certificate, cert.Leaf.NotAfter})
	if t.Clients == "" {
		return f, nil
	}
	p, err := os.ReadFile(t.Clients)
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	f.clients = x509.NewCertPool()
	n := 0
	for block, rest := pem.Decode(p); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("clients %s: certificate %d: %w", t.Clients, n+1, err)
		}
		if !c.IsCA {
			return nil, fmt.Errorf("clients %s: %s is not an authority", t.Clients, c.Subject)
		}
		f.clients.AddCert(c)
		f.expiry = append(f.expiry, expiry{t.Clients, c.NotAfter})
		n++
	}
	if n == 0 {
		return nil, fmt.Errorf("clients %s: no certificate in the file", t.Clients)
	}
	return f, nil
}

// config is what connections are made with.
func (t *TLS) config() *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{t.files.cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
	if t.files.clients == nil {
		return c
	}
	c.ClientCAs, c.ClientAuth = t.files.clients, tls.RequireAndVerifyClientCert
	if len(t.Names) > 0 {
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("no certificate of the sender")
			}
			return t.named(s.PeerCertificates[0])
		}
	}
	return c
}

// named reports why a certificate bears none of the names that may push.
func (t *TLS) named(c *x509.Certificate) error {
	names := slices.Clone(c.DNSNames)
	for _, a := range c.IPAddresses {
		names = append(names, a.String())
	}
	if c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	for _, n := range names {
		if slices.ContainsFunc(t.Names, func(want string) bool { return strings.EqualFold(want, n) }) {
			return nil
		}
	}
	return fmt.Errorf("the sender's certificate bears the names %q, none of which is allowed", names)
}

// handshakeLimit is how long a sender may take to say who it is.
const handshakeLimit = 10 * time.Second

// secure has the connections of open encrypted. The handshake is made by the first Read,
// so that a slow sender keeps nobody else waiting. Its failure is reported, and not a byte
// of such a connection is handed on.
func (t *TLS) secure(open line.Open, proto string, env devices.Env) line.Open {
	cfg := t.config()
	return func(ctx context.Context) (line.Conn, error) {
		c, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &secured{raw: c, tls: tls.Server(netConn{c}, cfg), proto: proto, report: env.Report}, nil
	}
}

// secured is one encrypted connection. The deadlines of its user count once the handshake
// is over: a handshake that was interrupted cannot be taken up again.
type secured struct {
	raw    line.Conn
	tls    *tls.Conn
	proto  string
	report func(*obs.DecodeError)

	once  sync.Once
	fault error

	mu    sync.Mutex
	shook bool
	read  time.Time // the deadline asked for during the handshake
}

func (s *secured) handshake() error {
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), handshakeLimit) // Close ends it too
		defer cancel()
		if err := s.tls.HandshakeContext(ctx); err != nil {
			s.fault = fmt.Errorf("TLS with %s: %w", s.raw.Peer(), err)
			if s.report != nil {
				s.report(&obs.DecodeError{Proto: s.proto, Reason: "connection of " + s.raw.Peer() + " refused: TLS: " + err.Error()})
			}
			s.raw.Close()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.shook = true
		if s.fault == nil {
			s.raw.SetReadDeadline(s.read) // fails on a closed link only, as Read then does
		}
	})
	return s.fault
}

// Read implements line.Conn.
func (s *secured) Read(p []byte) (int, error) {
	if err := s.handshake(); err != nil {
		return 0, err
	}
	return s.tls.Read(p)
}

// Write implements line.Conn.
func (s *secured) Write(p []byte) (int, error) {
	if err := s.handshake(); err != nil {
		return 0, err
	}
	return s.tls.Write(p)
}

// Close implements line.Conn.
func (s *secured) Close() error {
	s.mu.Lock()
	shook := s.shook
	s.mu.Unlock()
	if !shook {
		return s.raw.Close()
	}
	return s.tls.Close()
}

// SetReadDeadline implements line.Conn.
func (s *secured) SetReadDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shook {
		s.read = at
		return nil
	}
	return s.raw.SetReadDeadline(at)
}

// SetWriteDeadline implements line.Conn.
func (s *secured) SetWriteDeadline(at time.Time) error { return s.raw.SetWriteDeadline(at) }

// Peer implements line.Conn.
func (s *secured) Peer() string { return s.raw.Peer() }

// netConn is a link as crypto/tls wants it.
type netConn struct{ line.Conn }

// SetDeadline implements net.Conn.
func (c netConn) SetDeadline(at time.Time) error {
	return errors.Join(c.SetReadDeadline(at), c.SetWriteDeadline(at))
}

// LocalAddr implements net.Conn.
func (c netConn) LocalAddr() net.Addr { return address("") }

// RemoteAddr implements net.Conn.
func (c netConn) RemoteAddr() net.Addr { return address(c.Peer()) }

type address string

// Network implements net.Addr.
func (address) Network() string { return "link" }

// String implements net.Addr.
func (a address) String() string { return string(a) }

const (
	// expiryWarning is how long before its end a certificate is warned about.
	expiryWarning = 30 * 24 * time.Hour
	expiryLook    = time.Hour
)

// state is what the health screen says of the certificates at a time.
func (t *TLS) state(now time.Time) obs.Health {
	for _, e := range t.files.expiry {
		day := e.until.UTC().Format(time.DateOnly)
		switch left := e.until.Sub(now); {
		case left <= 0:
			return obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("certificate %s has expired on %s: senders may refuse it", e.file, day)}
		case left <= expiryWarning:
			return obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("certificate %s expires on %s", e.file, day)}
		}
	}
	return obs.Health{State: obs.Online}
}

// watched tells, as the instrument's own health, of certificates that will soon have
// expired, now and as time goes on.
func (t *TLS) watched(s devices.Source) devices.Source { return &watched{s, t} }

type watched struct {
	devices.Source
	t *TLS
}

// Run implements devices.Source.
func (w *watched) Run(ctx context.Context, emit devices.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	gate := make(chan struct{}, 1) // one goroutine at a time emits
	one := func(o obs.Observation, done func(error)) {
		gate <- struct{}{}
		defer func() { <-gate }()
		emit(o, done)
	}
	wg.Go(func() {
		told := obs.Health{State: obs.Online}
		t := time.NewTicker(expiryLook)
		defer t.Stop()
		for {
			now := time.Now()
			if h := w.t.state(now); h != told {
				told = h
				one(obs.Observation{Stamp: obs.Stamp{At: obs.Unix(now), Arrived: obs.Unix(now)}, Body: &h}, nil)
			}
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
	})
	return w.Source.Run(ctx, one)
}
