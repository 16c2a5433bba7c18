package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	vendor "github.com/simonvetter/modbus"

	"acsgd/internal/line"
)

// maxTimeout bounds one request, so that a cancelled source returns soon.
const maxTimeout = time.Second

// Client is a Modbus device behind a link. It opens the link with the first request and
// closes it after every failure that is not an exception, because late bytes would put
// the library out of step; the next request opens it again. When to try again is the
// caller's business: its Run returns the error to the supervisor.
//
// A dial to a host that does not answer takes 5 s and cannot be cancelled.
type Client struct {
	conf  vendor.ClientConfiguration
	unit  uint8
	port  string // serial port to lock, "" for none
	wire  chan struct{}
	count counters

	connected atomic.Bool

	// Guarded by wire.
	c    *vendor.ModbusClient
	lock io.Closer
}

type counters struct {
	requests, timeouts, exceptions, failures, opens atomic.Int64
}

// Counters are what a client has done.
type Counters struct {
	Requests, Timeouts, Exceptions, Failures, Opens int64
}

// NewClient makes a client of a link; it performs no I/O.
func NewClient(link string) (*Client, error) {
	c, err := newClient(link)
	if err != nil {
		return nil, fmt.Errorf("link %q: %w", link, err)
	}
	return c, nil
}

func newClient(link string) (*Client, error) {
	scheme, rest, ok := strings.Cut(link, ":")
	mode, isModbus := strings.CutPrefix(scheme, "modbus+")
	if !ok || !isModbus {
		return nil, errors.New("want modbus+tcp:, modbus+rtuovertcp: or modbus+rtu:")
	}
	rest, raw, _ := strings.Cut(rest, "?")
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	c := &Client{wire: make(chan struct{}, 1)}
	p := params{q: q}
	c.unit = uint8(p.integer("unit", 1, 0, 255))
	c.conf.Timeout = p.duration("timeout", 500*time.Millisecond)
	switch mode {
	case "tcp":
		rest = strings.TrimPrefix(rest, "//")
	case "rtuovertcp":
		rest = strings.TrimPrefix(rest, "//")
		c.conf.Speed = uint(p.integer("baud", 19200, 50, 4_000_000))
	case "rtu":
		c.port = rest
		c.conf.Speed = uint(p.integer("baud", 19200, 50, 4_000_000))
		c.conf.DataBits = uint(p.integer("data", 8, 7, 8))
		c.conf.StopBits = uint(p.integer("stop", 1, 1, 2))
		c.conf.Parity = uint(p.choice("parity", "none", "even", "odd"))
	default:
		return nil, fmt.Errorf("mode %q, want tcp, rtuovertcp or rtu", mode)
	}
	if mode != "rtu" {
		if _, _, err := net.SplitHostPort(rest); err != nil {
			return nil, fmt.Errorf("address: %w", err)
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	c.conf.URL = mode + "://" + rest
	c.conf.Logger = log.New(io.Discard, "", 0) // the library would write to standard output
	if _, err := vendor.NewClient(&c.conf); err != nil {
		return nil, err
	}
	return c, nil
}

// params reads URL parameters and gathers what is wrong with them.
type params struct {
	q    url.Values
	errs []error
}

func (p *params) take(name string) string {
	s := p.q.Get(name)
	p.q.Del(name)
	return s
}

func (p *params) integer(name string, def, lo, hi int) int {
	s := p.take(name)
	if s == "" {
		return def
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < lo || v > hi {
		p.errs = append(p.errs, fmt.Errorf("%s = %q, want %d to %d", name, s, lo, hi))
	}
	return v
}

func (p *params) duration(name string, def time.Duration) time.Duration {
	s := p.take(name)
	if s == "" {
		return def
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > maxTimeout {
		p.errs = append(p.errs, fmt.Errorf("%s = %q, want a duration up to %v", name, s, maxTimeout))
	}
	return d
}

func (p *params) choice(name string, values ...string) int {
	s := p.take(name)
	for i, v := range values {
		if s == v || s == "" {
			return i
		}
	}
	p.errs = append(p.errs, fmt.Errorf("%s = %q, want one of %q", name, s, values))
	return 0
}

func (p *params) err() error {
	for k := range p.q {
		p.errs = append(p.errs, fmt.Errorf("unknown parameter %q", k))
	}
	return errors.Join(p.errs...)
}

// Counters gives the numbers now.
func (c *Client) Counters() Counters {
	n := &c.count
	return Counters{n.requests.Load(), n.timeouts.Load(), n.exceptions.Load(), n.failures.Load(), n.opens.Load()}
}

// Close closes the link; a later request opens it again.
func (c *Client) Close() error {
	c.wire <- struct{}{}
	defer func() { <-c.wire }()
	return c.shut()
}

func (c *Client) shut() error {
	var errs []error
	if c.c != nil {
		errs = append(errs, c.c.Close())
		c.c = nil
		c.connected.Store(false)
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
		c.lock = nil
	}
	return errors.Join(errs...)
}

func (c *Client) open() error {
	if c.c != nil {
		return nil
	}
	if c.port != "" {
		l, err := line.Lock(c.port)
		if err != nil {
			return err
		}
		c.lock = l
	}
	cl, err := vendor.NewClient(&c.conf)
	if err == nil {
		err = cl.SetUnitId(c.unit)
	}
	if err == nil {
		err = cl.Open()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", c.conf.URL, err), c.shut())
	}
	c.c = cl
	c.connected.Store(true)
	c.count.opens.Add(1)
	return nil
}

// do makes one request in its turn.
func (c *Client) do(ctx context.Context, what string, write bool, f func(*vendor.ModbusClient) error) error {
	select {
	case c.wire <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.wire }()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		c.count.failures.Add(1)
		return err
	}
	c.count.requests.Add(1)
	err := f(c.c)
	switch {
	case err == nil:
		return nil
	case isException(err):
		c.count.exceptions.Add(1)
		return fmt.Errorf("%s: %w", what, &Exception{Reason: err.Error()})
	case errors.Is(err, vendor.ErrUnexpectedParameters):
		return fmt.Errorf("%s: %w", what, err)
	case errors.Is(err, vendor.ErrRequestTimedOut):
		c.count.timeouts.Add(1)
	}
	c.count.failures.Add(1)
	err = errors.Join(err, c.shut())
	if write {
		return fmt.Errorf("%s: %w: %w", what, ErrUnknown, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func isException(err error) bool {
	switch err {
	case vendor.ErrIllegalFunction, vendor.ErrIllegalDataAddress, vendor.ErrIllegalDataValue, vendor.ErrServerDeviceFailure,
		vendor.ErrAcknowledge, vendor.ErrServerDeviceBusy, vendor.ErrMemoryParityError, vendor.ErrGWPathUnavailable,
		vendor.ErrGWTargetFailedToRespond:
		return true
	}
	return false
}

// ReadBits implements Registers.
func (c *Client) ReadBits(ctx context.Context, t Table, addr uint16, dst []bool) error {
	return c.do(ctx, fmt.Sprintf("read %d %ss from %#04x", len(dst), t, addr), false, func(m *vendor.ModbusClient) error {
		read := m.ReadCoils
		if t == Discrete {
			read = m.ReadDiscreteInputs
		}
		v, err := read(addr, uint16(len(dst)))
		if err == nil && len(v) != len(dst) {
			err = vendor.ErrProtocolError
		}
		copy(dst, v)
		return err
	})
}

// ReadWords implements Registers.
func (c *Client) ReadWords(ctx context.Context, t Table, addr uint16, dst []uint16) error {
	return c.do(ctx, fmt.Sprintf("read %d %s words from %#04x", len(dst), t, addr), false, func(m *vendor.ModbusClient) error {
		kind := vendor.HOLDING_REGISTER
		if t == Input {
			kind = vendor.INPUT_REGISTER
		}
		v, err := m.ReadRegisters(addr, uint16(len(dst)), kind)
		if err == nil && len(v) != len(dst) {
			err = vendor.ErrProtocolError
		}
		copy(dst, v)
		return err
	})
}

// WriteCoils implements Registers.
func (c *Client) WriteCoils(ctx context.Context, addr uint16, v []bool) error {
	return c.do(ctx, fmt.Sprintf("write %d coils at %#04x", len(v), addr), true, func(m *vendor.ModbusClient) error {
		if len(v) == 1 {
			return m.WriteCoil(addr, v[0])
		}
		return m.WriteCoils(addr, v)
	})
}

// WriteWords implements Registers.
func (c *Client) WriteWords(ctx context.Context, addr uint16, v []uint16) error {
	return c.do(ctx, fmt.Sprintf("write %d words at %#04x", len(v), addr), true, func(m *vendor.ModbusClient) error {
		if len(v) == 1 {
			return m.WriteRegister(addr, v[0])
		}
		return m.WriteRegisters(addr, v)
	})
}

// Connected reports whether the link is open; it may be lost without being noticed yet.
func (c *Client) Connected() bool { return c.connected.Load() }
