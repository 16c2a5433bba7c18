package line

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrEnd says that a recording has been played to its end; no retry can bring more.
var ErrEnd = errors.New("the recording has ended")

// Opener makes Opens from URLs. Its fields are what links need from their process; the
// zero value opens everything except pipe: links. It is safe for concurrent use as long
// as its fields are left alone.
type Opener struct {
	Pipes   *Pipes   // in-process pairs for pipe: links
	Reserve *Reserve // low descriptors for serial: links, nil for none
	Dir     string   // what relative replay: files are relative to
	// Bound is told the address that a listen: link has got, so that port 0 can be used.
	Bound func(url string, addr net.Addr)
}

// Parse makes an Open from a URL with no pipes and no reserve of descriptors.
func Parse(link string) (Open, error) { return (&Opener{}).Parse(link) }

// Parse makes an Open from a URL; see the package comment for the schemes. It performs no
// I/O. Unknown schemes and parameters are errors.
func (o *Opener) Parse(link string) (Open, error) {
	u, err := split(link)
	if err != nil {
		return nil, err
	}
	var open Open
	switch u.scheme {
	case "serial":
		open, err = o.serial(u)
	case "tcp":
		open, err = o.tcp(u)
	case "listen":
		open, err = o.listen(u, link)
	case "pipe":
		if o.Pipes == nil {
			return nil, fmt.Errorf("link %q: this program has no in-process pipes", link)
		}
		open, err = o.Pipes.Open(u.rest), u.only()
	case "replay":
		open, err = o.replay(u)
	case "exec":
		open, err = o.exec(u)
	default:
		return nil, fmt.Errorf("link %q: %q is not a byte link, want serial:, tcp:, listen:, pipe:, replay: or exec:", link, u.scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("link %q: %w", link, err)
	}
	return open, nil
}

// Key names the port that a link takes for itself, so that a configuration can refuse two
// devices on one port. It is empty for links that may be shared: recordings, port 0,
// and schemes that are no byte links. Symbolic links to serial ports are resolved where
// the port exists.
func Key(link string) string {
	u, err := split(link)
	if err != nil {
		return ""
	}
	switch u.scheme {
	case "serial", "modbus+rtu":
		path := filepath.Clean(u.rest)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		return "serial:" + path
	case "tcp", "listen":
		host, port, err := net.SplitHostPort(u.rest)
		if err != nil || u.scheme == "listen" && port == "0" {
			return ""
		}
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "*"
		}
		return u.scheme + ":" + net.JoinHostPort(strings.ToLower(host), port)
	case "pipe":
		return "pipe:" + u.rest
	case "dir":
		return "dir:" + filepath.Clean(u.rest)
	}
	return ""
}

// parts is a URL of the form scheme:rest?query.
type parts struct {
	scheme, rest string
	query        url.Values
}

func split(link string) (parts, error) {
	scheme, rest, ok := strings.Cut(link, ":")
	if !ok || scheme == "" {
		return parts{}, fmt.Errorf("link %q: no scheme, want for example tcp:10.1.2.3:4001", link)
	}
	rest, raw, _ := strings.Cut(rest, "?")
	if scheme != "replay" && scheme != "serial" {
		rest = strings.TrimPrefix(rest, "//")
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return parts{}, fmt.Errorf("link %q: parameters: %w", link, err)
	}
	if rest == "" {
		return parts{}, fmt.Errorf("link %q: nothing behind the scheme", link)
	}
	return parts{scheme: scheme, rest: rest, query: q}, nil
}

// only refuses parameters that are not in names.
func (p parts) only(names ...string) error {
	var errs []error
next:
	for _, k := range sortedKeys(p.query) {
		for _, n := range names {
			if k == n {
				continue next
			}
		}
		errs = append(errs, fmt.Errorf("unknown parameter %q, want one of %q", k, names))
	}
	return errors.Join(errs...)
}

func (p parts) integer(name string, def, lo, hi int) (int, error) {
	s := p.query.Get(name)
	if s == "" {
		return def, nil
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < lo || v > hi {
		return 0, fmt.Errorf("%s = %q, want %d to %d", name, s, lo, hi)
	}
	return v, nil
}

func (p parts) duration(name string, def time.Duration) (time.Duration, error) {
	s := p.query.Get(name)
	if s == "" {
		return def, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s = %q, want a duration such as 5s", name, s)
	}
	return d, nil
}

// prefixes reads a comma-separated list of addresses and networks.
func (p parts) prefixes(name string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for s := range strings.SplitSeq(p.query.Get(name), ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		n, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%s = %q, want an address or a network such as 10.1.0.0/16", name, s)
		}
		out = append(out, n.Masked())
	}
	return out, nil
}
