package push

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue gives a certificate and its key in PEM.
func (a *authority) issue(t *testing.T, name string, from, until time.Time) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// client is a certificate that a sender shows.
func (a *authority) client(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	c, k := a.issue(t, name, time.Now().Add(-2*time.Hour), until)
	pair, err := tls.X509KeyPair(c, k)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// site is a folder with the files of one link.
type site struct {
	dir     string
	ours    *authority
	cameras *authority
}

func newSite(t *testing.T, until time.Time) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), ours: newAuthority(t, "site"), cameras: newAuthority(t, "cameras")}
	cert, key := s.ours.issue(t, "acsgd.example", time.Now().Add(-time.Hour), until)
	s.write(t, "link.pem", cert)
	s.write(t, "link.key", key)
	s.write(t, "cameras.pem", s.cameras.pem)
	return s
}

func (s *site) write(t *testing.T, name string, p []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), p, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sink counts the bytes that reach a driver, and answers each body once it is durable.
type sink struct {
	mu   sync.Mutex
	body bytes.Buffer
	errs []string
	seen []obs.Health
}

func (s *sink) Begin(*Request, int64) {}
func (s *sink) Drop()                 {}
func (s *sink) Take(p []byte, _ *devices.Out) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body.Write(p)
}

func (s *sink) End(now time.Time, out *devices.Out) Verdict {
	out.Emit(now, nil, &obs.Plate{Text: "A"})
	return Verdict{}
}

func (s *sink) text() (body string, errs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body.String(), append([]string(nil), s.errs...)
}

// serve runs a source with TLS and gives its address.
func (s *site) serve(t *testing.T, cfg TLS) (to *sink, addr string) {
	t.Helper()
	to = &sink{}
	set := Defaults()
	set.TLS = cfg
	sec := devices.Section{Link: "listen:127.0.0.1:0", Dir: s.dir}
	if err := set.Validate("test", sec); err != nil {
		t.Fatal(err)
	}
	bound := make(chan string, 1)
	opener := &line.Opener{Bound: func(_ string, a net.Addr) { bound <- a.String() }}
	env := devices.Env{Open: opener.Parse, Report: func(e *obs.DecodeError) {
		to.mu.Lock()
		defer to.mu.Unlock()
		to.errs = append(to.errs, e.Error())
	}}
	src, err := set.Source(sec, "test", env, func(d *Door) devices.Session {
		return NewSession(Link{Proto: "test", Settings: &set, Door: d, Live: true}, to)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() {
		end <- src.Run(ctx, func(o obs.Observation, done func(error)) {
			if h, ok := o.Body.(*obs.Health); ok {
				to.mu.Lock()
				to.seen = append(to.seen, *h)
				to.mu.Unlock()
				return
			}
			time.AfterFunc(20*time.Millisecond, func() { done(nil) }) // while the next read is under way
		})
	}()
	t.Cleanup(func() { cancel(); <-end })
	return to, <-bound
}

func (s *site) post(t *testing.T, addr string, certs ...tls.Certificate) (status []int, err error) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.ours.cert)
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certs}}}
	defer c.CloseIdleConnections()
	for range 2 { // the second on the same connection
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+addr+"/", strings.NewReader("event"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			return status, err
		}
		resp.Body.Close()
		status = append(status, resp.StatusCode)
	}
	return status, nil
}

func TestOnlyCertifiedSendersReachTheDriver(t *testing.T) {
	s := newSite(t, time.Now().AddDate(1, 0, 0))
	other := newAuthority(t, "cameras") // of the same name
	year := time.Now().AddDate(1, 0, 0)
	for _, c := range []struct {
		name  string
		certs []tls.Certificate
		names []string
		want  string // in the report; "" passes
	}{
		{"the right certificate", []tls.Certificate{s.cameras.client(t, "cam-front", year)}, nil, ""},
		{"one with an allowed name", []tls.Certificate{s.cameras.client(t, "cam-front", year)}, []string{"cam-rear", "CAM-front"}, ""},
		{"one with an allowed address", []tls.Certificate{s.cameras.client(t, "cam-front", year)}, []string{"127.0.0.1"}, ""},
		{"one with another name", []tls.Certificate{s.cameras.client(t, "cam-side", year)}, []string{"cam-rear", "cam-front"}, `"cam-side"`},
		{"no certificate", nil, nil, "didn't provide a certificate"},
		{"one of a foreign authority", []tls.Certificate{other.client(t, "cam-front", year)}, nil, "certificate"},
		{"one that has expired", []tls.Certificate{s.cameras.client(t, "cam-front", time.Now().Add(-time.Hour))}, nil, "expired"},
	} {
		to, addr := s.serve(t, TLS{Certificate: "link.pem", Key: "link.key", Clients: "cameras.pem", Names: c.names})
		status, err := s.post(t, addr, c.certs...)
		body, errs := to.text()
		if c.want == "" {
			if err != nil || fmt.Sprint(status) != "[200 200]" || body != "eventevent" || len(errs) > 0 {
				t.Errorf("%s: answered %v, %v; body %q, errors %v", c.name, status, err, body, errs)
			}
			continue
		}
		for end := time.Now().Add(5 * time.Second); len(errs) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
			_, errs = to.text()
		}
		if err == nil || body != "" || len(status) > 0 {
			t.Errorf("%s: answered %v, %v, and %q reaches the driver", c.name, status, err, body)
		}
		if len(errs) != 1 || !strings.Contains(errs[0], c.want) || !strings.Contains(errs[0], "127.0.0.1:") {
			t.Errorf("%s is reported as %q, want one error with %s and who it was", c.name, errs, c.want)
		}
	}
}

func TestWhatIsNoTLSIsRefused(t *testing.T) {
	s := newSite(t, time.Now().AddDate(1, 0, 0))
	to, addr := s.serve(t, TLS{Certificate: "link.pem", Key: "link.key"})
	silent, err := net.Dial("tcp", addr) // keeps nobody waiting
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	plain, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	fmt.Fprint(plain, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nevent")
	plain.SetReadDeadline(time.Now().Add(5 * time.Second))
	for p := make([]byte, 512); ; {
		if _, err := plain.Read(p); err != nil {
			break
		}
	}
	old, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		old.Close()
		t.Error("TLS 1.1 is taken")
	}
	var errs []string
	for end := time.Now().Add(5 * time.Second); len(errs) < 2 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		_, errs = to.text()
	}
	all := strings.Join(errs, "\n")
	if !strings.Contains(all, "does not look like a TLS handshake") || !strings.Contains(all, "version") {
		t.Errorf("errors %q, want one of the plain request and one of the old version", errs)
	}
	if status, err := s.post(t, addr); err != nil || fmt.Sprint(status) != "[200 200]" {
		t.Errorf("a sender without a certificate, where none is asked for: %v, %v", status, err)
	}
	if body, _ := to.text(); body != "eventevent" {
		t.Errorf("%q reaches the driver", body)
	}
}

func TestTheFilesAreCheckedAtTheStart(t *testing.T) {
	s := newSite(t, time.Now().AddDate(1, 0, 0))
	_, foreign := s.ours.issue(t, "x", time.Now(), time.Now().AddDate(1, 0, 0))
	s.write(t, "foreign.key", foreign)
	s.write(t, "empty.pem", nil)
	leaf, _ := s.ours.issue(t, "x", time.Now(), time.Now().AddDate(1, 0, 0))
	s.write(t, "leaf.pem", leaf)
	later, key := s.ours.issue(t, "x", time.Now().AddDate(0, 1, 0), time.Now().AddDate(1, 0, 0))
	s.write(t, "later.pem", later)
	s.write(t, "later.key", key)
	for _, c := range []struct {
		cfg  TLS
		want string
	}{
		{TLS{Certificate: "link.pem"}, "go together"},
		{TLS{Clients: "cameras.pem"}, "go together"},
		{TLS{Certificate: "link.pem", Key: "link.key", Names: []string{"a"}}, "names without clients"},
		{TLS{Certificate: "none.pem", Key: "link.key"}, "none.pem"},
		{TLS{Certificate: "link.pem", Key: "foreign.key"}, "foreign.key"},
		{TLS{Certificate: "later.pem", Key: "later.key"}, "valid from"},
		{TLS{Certificate: "link.pem", Key: "link.key", Clients: "none.pem"}, "none.pem"},
		{TLS{Certificate: "link.pem", Key: "link.key", Clients: "empty.pem"}, "no certificate"},
		{TLS{Certificate: "link.pem", Key: "link.key", Clients: "leaf.pem"}, "not an authority"},
	} {
		set := Defaults()
		set.TLS = c.cfg
		if err := set.Validate("test", devices.Section{Dir: s.dir}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
}

func TestExpiryIsWarnedAbout(t *testing.T) {
	s := newSite(t, time.Now().AddDate(0, 0, 20))
	to, addr := s.serve(t, TLS{Certificate: "link.pem", Key: "link.key", Clients: "cameras.pem"})
	if status, err := s.post(t, addr, s.cameras.client(t, "cam", time.Now().AddDate(1, 0, 0))); err != nil || fmt.Sprint(status) != "[200 200]" {
		t.Errorf("%v, %v", status, err)
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	if len(to.seen) != 1 || to.seen[0].State != obs.Degraded || !strings.Contains(to.seen[0].Reason, "link.pem expires on "+time.Now().AddDate(0, 0, 20).UTC().Format(time.DateOnly)) {
		t.Errorf("health %+v", to.seen)
	}

	f := TLS{files: &files{expiry: []expiry{{"a.pem", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}, {"b.pem", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}}}}
	for day, want := range map[string]string{"2026-03-01": "", "2026-04-10": "b.pem expires on 2026-05-01", "2026-05-01": "b.pem has expired", "2026-06-02": "a.pem has expired"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if h := f.state(at); (want == "") != (h.State == obs.Online) || !strings.Contains(h.Reason, want) {
			t.Errorf("on %s: %+v, want %q", day, h, want)
		}
	}
}
