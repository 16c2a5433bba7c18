// Package modbus is the Modbus transport that drivers share: a client that keeps one
// request in flight and reopens its link after every failure, an in-memory bank for
// virtual runs, and register maps as data.
//
// Links:
//
//	modbus+tcp:10.1.2.3:502?unit=1&timeout=500ms
//	modbus+rtuovertcp:10.1.2.3:4001?unit=1&baud=9600       a serial line behind a converter
//	modbus+rtu:/dev/ttyS1?unit=1&baud=9600&parity=even     a serial line of this machine
//
// Addresses are wire addresses from 0, never reference numbers.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Table is one of the four tables of a Modbus device.
type Table uint8

// The tables.
const (
	Coil     Table = iota + 1 // bits, read (FC 1) and write (FC 5, 15)
	Discrete                  // bits, read only (FC 2)
	Holding                   // words, read (FC 3) and write (FC 6, 16)
	Input                     // words, read only (FC 4)
)

// String gives coil, discrete, holding or input.
func (t Table) String() string {
	switch t {
	case Coil:
		return "coil"
	case Discrete:
		return "discrete"
	case Holding:
		return "holding"
	case Input:
		return "input"
	}
	return fmt.Sprintf("table %d", uint8(t))
}

// UnmarshalText reads what String gives.
func (t *Table) UnmarshalText(b []byte) error {
	for _, x := range []Table{Coil, Discrete, Holding, Input} {
		if x.String() == string(b) {
			*t = x
			return nil
		}
	}
	return fmt.Errorf("table %q, want coil, discrete, holding or input", b)
}

// Bits reports whether the table holds bits.
func (t Table) Bits() bool { return t == Coil || t == Discrete }

// What one request may ask for.
const (
	MaxBits  = 2000
	MaxWords = 125
)

// Registers is a Modbus device. Calls are safe for concurrent use and made one at a time,
// in order of arrival, so a write waits for one read at most.
//
// An error is an exception of the device (see IsException), after which its state is
// known, or a failure of the link; a write whose answer did not come wraps ErrUnknown.
type Registers interface {
	// ReadBits fills dst from a bit table.
	ReadBits(ctx context.Context, t Table, addr uint16, dst []bool) error
	// ReadWords fills dst from a word table.
	ReadWords(ctx context.Context, t Table, addr uint16, dst []uint16) error
	// WriteCoils writes coils, with FC 5 if there is one.
	WriteCoils(ctx context.Context, addr uint16, v []bool) error
	// WriteWords writes holding registers, with FC 6 if there is one.
	WriteWords(ctx context.Context, addr uint16, v []uint16) error
}

// ErrUnknown says that a write may or may not have been carried out. It is never repeated
// automatically: a second pulse would move a barrier twice.
var ErrUnknown = errors.New("outcome unknown")

// Exception is the answer of a device that refuses a request.
type Exception struct {
	Reason string
}

func (e *Exception) Error() string { return "device refuses: " + e.Reason }

// IsException reports whether err is a device's refusal; the link is then in order.
func IsException(err error) bool {
	_, ok := errors.AsType[*Exception](err)
	return ok
}

// Bank is a device in memory, for virtual runs and tests. Cells that were never set do
// not exist: reading or writing them is an exception.
type Bank struct {
	mu    sync.Mutex
	cells map[cell]uint16
	// OnWrite, if not nil, is told every written cell, after the write, in order.
	OnWrite func(t Table, addr, v uint16)
	// Fail, if not nil, is asked before every request; its error is the answer.
	Fail func() error
}

type cell struct {
	t    Table
	addr uint16
}

// NewBank makes an empty bank.
func NewBank() *Bank { return &Bank{cells: map[cell]uint16{}} }

// Set puts v, 0 or 1 for bits, into a cell.
func (b *Bank) Set(t Table, addr, v uint16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cells[cell{t, addr}] = v
}

// Get gives a cell; 0 if it was never set.
func (b *Bank) Get(t Table, addr uint16) uint16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cells[cell{t, addr}]
}

var errAddress = &Exception{Reason: "illegal data address"}

func (b *Bank) ask(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.Fail != nil {
		return b.Fail()
	}
	return nil
}

// ReadBits implements Registers.
func (b *Bank) ReadBits(ctx context.Context, t Table, addr uint16, dst []bool) error {
	if err := b.ask(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range dst {
		v, ok := b.cells[cell{t, addr + uint16(i)}]
		if !ok {
			return errAddress
		}
		dst[i] = v != 0
	}
	return nil
}

// ReadWords implements Registers.
func (b *Bank) ReadWords(ctx context.Context, t Table, addr uint16, dst []uint16) error {
	if err := b.ask(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range dst {
		v, ok := b.cells[cell{t, addr + uint16(i)}]
		if !ok {
			return errAddress
		}
		dst[i] = v
	}
	return nil
}

// WriteCoils implements Registers.
func (b *Bank) WriteCoils(ctx context.Context, addr uint16, v []bool) error {
	w := make([]uint16, len(v))
	for i, on := range v {
		if on {
			w[i] = 1
		}
	}
	return b.write(ctx, Coil, addr, w)
}

// WriteWords implements Registers.
func (b *Bank) WriteWords(ctx context.Context, addr uint16, v []uint16) error {
	return b.write(ctx, Holding, addr, v)
}

func (b *Bank) write(ctx context.Context, t Table, addr uint16, v []uint16) error {
	if err := b.ask(ctx); err != nil {
		return err
	}
	if err := b.put(t, addr, v); err != nil {
		return err
	}
	if b.OnWrite != nil {
		for i, x := range v {
			b.OnWrite(t, addr+uint16(i), x)
		}
	}
	return nil
}

func (b *Bank) put(t Table, addr uint16, v []uint16) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range v {
		if _, ok := b.cells[cell{t, addr + uint16(i)}]; !ok {
			return errAddress
		}
	}
	for i, x := range v {
		b.cells[cell{t, addr + uint16(i)}] = x
	}
	return nil
}
