package rpm

import (
	"bytes"
	"sync"
	"time"

	"acsgd/sim"
	"acsgd/sim/modbus"
)

// The relays of a portal, as inputs of the module.
const (
	RelayOccupied = iota
	RelayGamma
	RelayNeutron
	RelayHealthy // closed while nothing is wrong: a cut wire is a fault
	relays
)

// held is how long an alarm relay stays closed at least.
const held = time.Second

// Contacts is an I/O module on the relays of a portal: four discrete inputs, from 0. It is
// safe for concurrent use.
type Contacts struct {
	mu     sync.Mutex
	p      *Portal
	out    sim.Out
	fault  modbus.Fault
	broken bool // the wire of the fault relay is cut
	until  [relays]time.Time
	sick   bool
}

// NewContacts makes a portal in a scene, with its relays wired to a module.
func NewContacts(cfg Config, scene sim.Scene) *Contacts { return &Contacts{p: New(cfg, scene)} }

// SetFault changes what goes wrong on the module's wire.
func (c *Contacts) SetFault(f modbus.Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

// SetBroken cuts the wire of the fault relay, or joins it.
func (c *Contacts) SetBroken(broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = broken
}

// Unit implements modbus.Device.
func (c *Contacts) Unit() byte { return 1 }

// Failing implements modbus.Device.
func (c *Contacts) Failing() modbus.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// PDU implements modbus.Device: function 2 alone.
func (c *Contacts) PDU(now time.Time, req []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(now)
	switch {
	case req[0] != modbus.ReadInputs:
		return []byte{req[0] | 0x80, modbus.IllegalFunction}
	case len(req) != 5 || req[3] != 0 || req[4] == 0:
		return []byte{req[0] | 0x80, modbus.IllegalValue}
	case int(req[1])<<8+int(req[2])+int(req[4]) > relays:
		return []byte{req[0] | 0x80, modbus.IllegalAddress}
	}
	on := [relays]bool{c.p.occupied, now.Before(c.until[RelayGamma]), now.Before(c.until[RelayNeutron]), !c.sick && !c.broken}
	bits := byte(0)
	for i := range int(req[4]) {
		if on[int(req[2])+i] {
			bits |= 1 << i
		}
	}
	return []byte{modbus.ReadInputs, 1, bits}
}

// advance lets the portal go on, and works its relays by what it would send.
func (c *Contacts) advance(now time.Time) {
	if at, ok := c.p.Deadline(); ok && at.After(now) {
		return
	}
	c.out.Send = c.out.Send[:0]
	c.p.Tick(now, &c.out)
	for l := range bytes.Lines(c.out.Send) {
		switch string(l[:min(2, len(l))]) {
		case "GA":
			c.until[RelayGamma] = now.Add(held)
		case "NA":
			c.until[RelayNeutron] = now.Add(held)
		case "GH", "GL", "NH", "TT":
			c.sick = true
		case "GB", "TC":
			c.sick = c.p.tamper
		}
	}
}
