package wim

import (
	"strings"
	"testing"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// The document's line is in grams: 100.00 g is 0.10000 kg; the columns are the same.
func TestSICSLinesHaveTheColumnsOfTheDocument(t *testing.T) {
	const document = "S S     100.00 g"
	for _, c := range []struct {
		division quant.Mass
		r        Reading
		want     string
	}{
		{10, Reading{Mass: 100 * quant.Kilogram, Stable: true}, "S S     100.00 kg\r\n"},
		{20 * quant.Kilogram, Reading{Mass: quant.Kg(18420)}, "S D      18420 kg\r\n"},
		{500, Reading{Mass: -9500, Stable: true}, "S S       -9.5 kg\r\n"},
		{quant.Kilogram, Reading{Mass: quant.Kg(40000), Over: true}, "S +\r\n"},
		{quant.Kilogram, Reading{Mass: quant.Kg(-21)}, "S -\r\n"},
	} {
		got := NewSICS(Model{Division: c.division}, lane{}).line(c.r)
		if got != c.want {
			t.Errorf("line(%+v) = %q, want %q", c.r, got, c.want)
		}
		if len(got) > 5 && strings.LastIndex(got, " ") != strings.LastIndex(document, " ") {
			t.Errorf("%q has its unit in another column than %q", got, document)
		}
	}
}

func TestSICSObeysItsCommands(t *testing.T) {
	m := NewSICS(Model{Division: 20 * quant.Kilogram}, lane{})
	m.Lost, m.Deaf = 0, 1
	now := epoch
	// say sends a command and lets a while pass.
	say := func(command string, wait time.Duration) string {
		var out sim.Out
		for i := range command {
			m.Feed(now, []byte{command[i]}, &out)
		}
		end := now.Add(wait)
		for at, ok := m.Deadline(); ok && !at.After(end); at, ok = m.Deadline() {
			m.Tick(at, &out)
		}
		now = end
		return string(out.Send)
	}
	const dynamic, stable = "S D          0 kg\r\n", "S S          0 kg\r\n"
	for _, c := range []struct {
		name, command string
		wait          time.Duration
		want          string
	}{
		{"the link loses the first", "SI\r\n", 0, ""},
		{"now", "SI\r\n", 0, dynamic},
		{"not yet stable, then stable", "S\r\n", 3 * time.Second, stable},
		{"repeated", "SIR\r\n", 99 * time.Millisecond, stable + stable},
		{"until reset", "@\r\n", time.Second, "I4 A \"B021002593\"\r\n"},
		{"unknown", "X\r\n", time.Second, "ES\r\n"},
		{"no end", strings.Repeat("x", 300), time.Second, ""},
	} {
		if got := say(c.command, c.wait); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSICSGivesUpOnALoadThatNeverRests(t *testing.T) {
	v := &sim.Vehicle{ID: "a", Length: 60000}
	for i := range 60 {
		v.Axles = append(v.Axles, sim.Axle{Mass: quant.Kg(8000), Offset: quant.Length(1000 * i)})
	}
	m := NewSICS(Default(1), lane{v: v, s: 4000})
	var out sim.Out
	m.Feed(epoch.Add(time.Second), []byte("S\r\n"), &out)
	for at, ok := m.Deadline(); ok; at, ok = m.Deadline() {
		m.Tick(at, &out)
	}
	if string(out.Send) != "S I\r\n" {
		t.Errorf("%q, want S I", out.Send)
	}
}
