package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// OverPDU makes Registers of a function that carries out one request PDU (function code
// and data) and gives the answer PDU: a simulated device without a link, for virtual runs.
func OverPDU(ask func(req []byte) ([]byte, error)) Registers { return pdus(ask) }

type pdus func(req []byte) ([]byte, error)

var exceptionNames = [...]string{1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "server device failure",
	5: "acknowledge", 6: "server device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target failed to respond"}

// Refused reports whether err is the answer of a device that has no such registers. A gateway
// that has lost its device answers with an exception too, which is none of these.
func Refused(err error) bool {
	e, ok := errors.AsType[*Exception](err)
	return ok && slices.Contains(exceptionNames[1:4], e.Reason)
}

// do asks and checks the answer; data is what stands behind the function code.
func (f pdus) do(ctx context.Context, fc byte, data ...byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	req := make([]byte, 1, 1+len(data))
	req[0] = fc
	res, err := f(append(req, data...))
	switch {
	case err != nil:
		return nil, err
	case len(res) == 2 && res[0] == fc|0x80:
		name := ""
		if int(res[1]) < len(exceptionNames) {
			name = exceptionNames[res[1]]
		}
		if name == "" {
			name = fmt.Sprintf("exception %d", res[1])
		}
		return nil, &Exception{Reason: name}
	case len(res) < 2 || res[0] != fc:
		return nil, errors.New("answer to another request")
	}
	return res[1:], nil
}

func u16(v int) (hi, lo byte) { return byte(v >> 8), byte(v) }

func (f pdus) read(ctx context.Context, fc byte, addr uint16, n, size int) ([]byte, error) {
	ah, al := u16(int(addr))
	nh, nl := u16(n)
	p, err := f.do(ctx, fc, ah, al, nh, nl)
	if err != nil {
		return nil, err
	}
	if len(p) != 1+size || int(p[0]) != size {
		return nil, fmt.Errorf("answer of %d bytes, want %d", len(p), 1+size)
	}
	return p[1:], nil
}

// ReadBits implements Registers.
func (f pdus) ReadBits(ctx context.Context, t Table, addr uint16, dst []bool) error {
	fc := byte(1)
	if t == Discrete {
		fc = 2
	}
	p, err := f.read(ctx, fc, addr, len(dst), (len(dst)+7)/8)
	if err != nil {
		return err
	}
	for i := range dst {
		dst[i] = p[i/8]>>(i%8)&1 == 1
	}
	return nil
}

// ReadWords implements Registers.
func (f pdus) ReadWords(ctx context.Context, t Table, addr uint16, dst []uint16) error {
	fc := byte(3)
	if t == Input {
		fc = 4
	}
	p, err := f.read(ctx, fc, addr, len(dst), 2*len(dst))
	if err != nil {
		return err
	}
	for i := range dst {
		dst[i] = uint16(p[2*i])<<8 | uint16(p[2*i+1])
	}
	return nil
}

// WriteCoils implements Registers.
func (f pdus) WriteCoils(ctx context.Context, addr uint16, v []bool) error {
	ah, al := u16(int(addr))
	if len(v) == 1 {
		on := byte(0)
		if v[0] {
			on = 0xff
		}
		_, err := f.do(ctx, 5, ah, al, on, 0)
		return err
	}
	nh, nl := u16(len(v))
	bits := make([]byte, (len(v)+7)/8)
	for i, on := range v {
		if on {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	_, err := f.do(ctx, 15, append([]byte{ah, al, nh, nl, byte(len(bits))}, bits...)...)
	return err
}

// WriteWords implements Registers.
func (f pdus) WriteWords(ctx context.Context, addr uint16, v []uint16) error {
	ah, al := u16(int(addr))
	if len(v) == 1 {
		_, err := f.do(ctx, 6, ah, al, byte(v[0]>>8), byte(v[0]))
		return err
	}
	nh, nl := u16(len(v))
	p := []byte{ah, al, nh, nl, byte(2 * len(v))}
	for _, w := range v {
		p = append(p, byte(w>>8), byte(w))
	}
	_, err := f.do(ctx, 16, p...)
	return err
}
