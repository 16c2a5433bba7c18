package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/laneio/modbusio"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/aspect"
	"acsgd/devices/rpm/contacts"
	"acsgd/devices/rpm/generic"
	wimbus "acsgd/devices/wim/modbus"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// poller is what asks a polled device.
type poller interface {
	Poll(ctx context.Context, now time.Time, out *devices.Out) error
}

// unit makes the poller of a driver on registers of any kind; ok is false if it has none.
func unit(kind string, sec devices.Section, env devices.Env, regs modbus.Registers) (p poller, ok bool, err error) {
	switch kind {
	case modbusio.Driver().Kind:
		p, _, err = modbusio.NewVirtual(sec, regs)
	case wimbus.Kind:
		p, _, err = wimbus.NewVirtual(sec, env, regs)
	case aspect.Kind:
		p, _, err = aspect.NewVirtual(sec, regs)
	case contacts.Kind:
		p, _, err = contacts.NewVirtual(sec, regs)
	case generic.Kind:
		p, _, err = generic.NewVirtual(sec, regs)
	default:
		return nil, false, nil
	}
	return p, true, err
}

// polled decodes the recorded dialogue with a polled device, Modbus TCP: the answers mean
// nothing without the questions. What is no record file, or has no requests, is refused.
func (d *decodeCmd) polled(s *std, drv devices.Driver, env devices.Env, in io.Reader) error {
	p := &printer{w: bufio.NewWriter(s.out), kind: drv.Kind}
	r := &register{answers: map[string][]byte{}, open: map[uint16][]byte{}, fresh: map[string]bool{}, p: p, start: d.Start.UTC()}
	u, ok, err := unit(drv.Kind, devices.Section{Driver: drv.Kind, Decode: d.settings}, env, modbus.OverPDU(r.ask))
	if !ok {
		return usage{fmt.Errorf("%s has no byte stream", drv.Kind)}
	}
	if err != nil {
		return usage{err}
	}
	r.unit = u
	refuse := func(why string) error {
		return usage{fmt.Errorf("%s is polled: answers mean nothing without the requests; want a record file with tx and rx lines: %s", drv.Kind, why)}
	}
	var all []line.Entry
	asked := false
	var torn error
	for e, err := range line.Entries(in) {
		if err != nil && len(all) == 0 {
			return refuse(err.Error())
		}
		if err != nil {
			torn = err
			break
		}
		asked = asked || e.Tx
		all = append(all, e)
	}
	if !asked {
		return refuse("it has no request")
	}
	for _, e := range all {
		r.take(e)
	}
	r.poll()
	r.rest()
	if torn != nil {
		p.fault(&obs.DecodeError{Offset: r.rx.done, Reason: torn.Error()})
	}
	return p.end()
}

// end writes what is left and tells whether there were faults.
func (p *printer) end() error {
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("write observations: %w", err)
	}
	if p.faults > 0 {
		return errFaults
	}
	return nil
}

// register is a Modbus device that answers what it answered when it was recorded.
type register struct {
	unit  poller
	p     *printer
	start time.Time
	now   time.Time // of the newest answer

	tx, rx  frames
	open    map[uint16][]byte // requests without an answer yet, by transaction
	answers map[string][]byte // newest answer PDU by request PDU
	fresh   map[string]bool   // requests answered since the last poll
	told    string            // error of the last poll, told once
	out     devices.Out
}

// take follows the dialogue. A question that is asked again begins a new round: the unit
// polls what the round before has answered.
func (r *register) take(e line.Entry) {
	if e.Tx {
		r.tx.feed(e.Hex, func(_ int64, id uint16, pdu []byte) {
			if len(r.open) > 1024 {
				clear(r.open) // answers that never came
			}
			r.open[id] = pdu
		}, func(off int64, why string) { r.fault(off, "request: "+why) })
		return
	}
	r.rx.feed(e.Hex, func(off int64, id uint16, pdu []byte) {
		req, ok := r.open[id]
		if !ok {
			r.fault(off, fmt.Sprintf("answer to transaction %d, which was not asked", id))
			return
		}
		delete(r.open, id)
		if len(pdu) == 2 && pdu[0] == req[0]|0x80 {
			r.fault(off, fmt.Sprintf("request % x refused with exception %d", req, pdu[1]))
		}
		if req[0] > 4 {
			return // a write: it says nothing that is not read back
		}
		if r.fresh[string(req)] {
			r.poll()
		}
		r.fresh[string(req)], r.answers[string(req)] = true, pdu
		r.now = r.start.Add(e.At)
	}, r.fault)
}

// ask implements the device.
func (r *register) ask(req []byte) ([]byte, error) {
	if a, ok := r.answers[string(req)]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("the recording has no answer to the request % x", req)
}

// poll lets the unit look at what has been answered.
func (r *register) poll() {
	if len(r.fresh) == 0 {
		return
	}
	clear(r.fresh)
	r.out.Reset()
	err := r.unit.Poll(context.Background(), r.now, &r.out)
	told := ""
	if err != nil {
		told = err.Error()
	}
	if told != "" && told != r.told {
		r.fault(r.rx.done, told)
	}
	r.told = told
	for _, e := range r.out.Errs {
		r.fault(r.rx.done, e.Reason)
	}
	for _, o := range r.out.Obs {
		r.p.observation(o)
	}
}

// rest reports what the recording breaks off.
func (r *register) rest() {
	if n := len(r.rx.buf); n > 0 {
		r.fault(r.rx.done, fmt.Sprintf("the recording ends inside an answer, %d bytes of it are there", n))
	}
}

func (r *register) fault(off int64, why string) {
	r.p.fault(&obs.DecodeError{Offset: off, Reason: strings.TrimPrefix(why, r.p.kind+": ")})
}

// frames cuts one direction of a Modbus TCP connection into PDUs.
type frames struct {
	buf  []byte
	done int64 // bytes before buf since the start of the connection
}

// mbap is the header before a PDU: transaction, protocol 0, length with the unit's byte.
const mbap = 7

// feed takes bytes as they were recorded; what is no frame is skipped to the next record.
func (f *frames) feed(p []byte, take func(off int64, id uint16, pdu []byte), fault func(int64, string)) {
	f.buf = append(f.buf, p...)
	for len(f.buf) >= mbap {
		n := int(binary.BigEndian.Uint16(f.buf[4:]))
		if binary.BigEndian.Uint16(f.buf[2:]) != 0 || n < 2 || n > 254 {
			fault(f.done, "no Modbus TCP header")
			f.drop(len(f.buf))
			return
		}
		if len(f.buf) < 6+n {
			return
		}
		take(f.done, binary.BigEndian.Uint16(f.buf), append([]byte(nil), f.buf[mbap:6+n]...))
		f.drop(6 + n)
	}
}

func (f *frames) drop(n int) {
	f.done += int64(n)
	f.buf = f.buf[:copy(f.buf, f.buf[n:])]
}
