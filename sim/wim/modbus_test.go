package wim

import (
	"encoding/hex"
	"testing"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// empty is a lane without vehicles.
type empty struct{}

// At implements sim.Scene.
func (empty) At(dst []sim.Placed, _ time.Time) []sim.Placed { return dst }

// The answers are written by hand from the tables of the manuals.
func TestRegistersOfTheTransmitters(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		layout Layout
		zero   quant.Mass
		change func(*Transmitter)
		req    string
		want   string
	}{
		{"Laumas: minus is in the status alone", Laumas, -120 * quant.Kilogram, nil, "0300060005", "030a" + "0180" + "00000078" + "00000078"},
		{"Laumas, empty and at zero", Laumas, 0, nil, "0300060005", "030a" + "1000" + "00000000" + "00000000"},
		{"Laumas, net", Laumas, 700 * quant.Kilogram, func(x *Transmitter) { x.SetTare(quant.Kg(1000)) }, "0300060005", "030a" + "0500" + "000002bc" + "0000012c"},
		{"Laumas, no cell", Laumas, 0, func(x *Transmitter) { x.SetBroken(true) }, "0300060001", "0302" + "1001"},
		{"Laumas, above its largest load", Laumas, 31 * quant.Tonne, nil, "0300060003", "0306" + "000c" + "00007918"},
		{"Laumas gives 32 registers", Laumas, 0, nil, "0300000021", "8303"},
		{"Laumas has 40 here", Laumas, 0, nil, "0300140015", "8302"},
		{"no input registers", Laumas, 0, nil, "0400060005", "8401"},
		{"half a request", Laumas, 0, nil, "030006", "8303"},
		{"WTX, minus, a digit behind the point", WTX, -120 * quant.Kilogram, func(x *Transmitter) { x.SetDecimals(1) }, "0300000006",
			"030c" + "fffffb50" + "fffffb50" + "0010" + "0010"},
		{"WTX, net, above its largest load", WTX, 31 * quant.Tonne, func(x *Transmitter) { x.SetTare(quant.Kg(30000)) }, "0300000006",
			"030c" + "000003e8" + "00007918" + "0098" + "0000"},
		{"PT113, error", PT113, 0, func(x *Transmitter) { x.SetBroken(true) }, "0300000007",
			"030e" + "00000000" + "3004" + "00000000" + "00000000"},
	} {
		m := Default(1)
		m.Zero, m.Noise, m.Drift = c.zero, 0, 0
		x := NewTransmitter(c.layout, m, empty{})
		if c.change != nil {
			c.change(x)
		}
		req, err := hex.DecodeString(c.req)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(x.PDU(at, req)); got != c.want {
			t.Errorf("%s: %s answered %s, want %s", c.name, c.req, got, c.want)
		}
	}
	x := NewTransmitter(Laumas, Default(1), empty{})
	if x.SetLost(1); !x.Failing().Mute {
		t.Error("a line that loses all answers")
	}
}
