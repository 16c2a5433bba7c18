// Package modbusio reads and switches the I/O of a lane - loops, light curtains, limit
// switches, barrier, traffic light - through a Modbus module.
//
// Models: Moxa ioLogik E1212 and E1214 by their default address map; any other module by
// a table in the settings. The module's inputs are read every 50 ms, debounced two of
// three, and checked against its edge counters; the barrier is moved by pulses that the
// module ends itself, behind interlocks; the light goes red when the lane goes.
package modbusio

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices/modbus"
)

// The models that are built in.
const (
	E1212 = "moxa-e1212" // 8 inputs, 8 configurable as outputs
	E1214 = "moxa-e1214" // 6 inputs, 6 relays
)

// moxaSource is where the addresses of moxa are from.
const moxaSource = "ioLogik E1200 user's manual, appendix A, default mappings"

// Addresses of the ioLogik E1200, from 0.
const (
	moxaPulse    = 0x0010 // coils: start of an output's pulse
	moxaOutput   = 0x0000 // coils: output values
	moxaCounters = 0x0010 // input registers: two words a channel, the high one first
	moxaInputs   = 0x0030 // input register: all inputs as a word
	moxaOutputs  = 0x0020 // holding register: all outputs as a word
)

// Channels of the outputs that the built-in models use.
const (
	chOpen = iota
	chClose
	chRed
	chGreen
)

// wiring gives the usual signals of the input channels of a model; nil if unknown.
func wiring(model string) []string {
	switch model {
	case E1212:
		return []string{"loop_entry", "loop_platform", "loop_exit", "ir_entry", "ir_exit", "barrier_up", "barrier_down", "emergency"}
	case E1214:
		return []string{"loop_entry", "loop_exit", "ir_exit", "barrier_up", "barrier_down", "emergency"}
	}
	return nil
}

// moxa makes the map of a built-in model from the signals of its input channels; "" is
// a channel without a signal.
func moxa(model string, inputs, invert []string) (modbus.Map, error) {
	if n := len(wiring(model)); len(inputs) > n {
		return modbus.Map{}, fmt.Errorf("%d inputs, %s has %d", len(inputs), model, n)
	}
	for _, s := range invert {
		if !slices.Contains(inputs, s) {
			return modbus.Map{}, fmt.Errorf("inverted signal %q is not an input", s)
		}
	}
	m := modbus.Map{Model: model, Source: moxaSource, Blocks: []modbus.Block{
		{ID: "in", Table: modbus.Input, Addr: moxaInputs, Count: 1},
		{ID: "out", Table: modbus.Holding, Addr: moxaOutputs, Count: 1, Every: 100 * time.Millisecond},
		{ID: "count", Table: modbus.Input, Addr: moxaCounters, Count: uint16(2 * len(inputs)), Every: 100 * time.Millisecond},
	}}
	for ch, signal := range inputs {
		if signal == "" {
			continue
		}
		m.Points = append(m.Points,
			modbus.Point{Name: signal, Block: "in", Bit: uint8(ch), Debounce: "2/3", Counter: signal + "_edges", Invert: slices.Contains(invert, signal)},
			modbus.Point{Name: signal + "_edges", Block: "count", Off: uint16(2 * ch), Form: modbus.U32, Words: modbus.HighFirst})
	}
	m.Points = append(m.Points,
		modbus.Point{Name: "light_red", Block: "out", Bit: chRed},
		modbus.Point{Name: "light_green", Block: "out", Bit: chGreen})
	acts, err := moxaActions(inputs)
	m.Actions = acts
	return m, err
}

// moxaActions makes the outputs; their interlocks name the inputs that there are.
func moxaActions(inputs []string) ([]modbus.Action, error) {
	var free []string
	for _, s := range []string{"loop_exit", "ir_exit", "ir_entry"} {
		if slices.Contains(inputs, s) {
			free = append(free, "!"+s)
		}
	}
	if !slices.Contains(inputs, "loop_exit") && !slices.Contains(inputs, "ir_exit") {
		return nil, fmt.Errorf("a barrier cannot be closed safely without loop_exit or ir_exit among the inputs")
	}
	calm := ""
	if slices.Contains(inputs, "emergency") {
		calm = "!emergency"
	}
	follow := func(signal string) string {
		if slices.Contains(inputs, signal) {
			return signal
		}
		return ""
	}
	return []modbus.Action{
		{Output: "barrier", Action: "open", Addr: moxaPulse + chOpen, Values: []bool{true}, Write: modbus.Pulse,
			Interval: 3 * time.Second, Interlock: calm, Follow: follow("barrier_up")},
		{Output: "barrier", Action: "close", Addr: moxaPulse + chClose, Values: []bool{true}, Write: modbus.Pulse,
			Interval: 3 * time.Second, Interlock: strings.Join(free, " & "), Follow: follow("barrier_down")},
		{Output: "light", Action: "red", Addr: moxaOutput + chRed, Values: []bool{true, false}, Safe: true},
		{Output: "light", Action: "green", Addr: moxaOutput + chRed, Values: []bool{false, true}},
	}, nil
}
