// Package devicestest is the conformance kit of drivers: Run checks what every driver
// promises, so that a driver's own tests hold only what is particular to its instrument.
package devicestest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"

	"acsgd/devices"
)

// table is one device of a site file.
type table struct {
	Name, Driver, Link, Station string
	Expect, Role, Record        string
	Settings                    *toml.Primitive
}

// file holds the places where a device may stand in a site file.
type file struct {
	Lane struct {
		Device []table `toml:"device"`
	} `toml:"lane"`
	Tracker []table `toml:"tracker"`
}

// Section reads the first device of a fragment of a site file: a [[lane.device]] or a
// [[tracker]] table. Decode of the section is strict.
func Section(t testing.TB, text string) devices.Section {
	t.Helper()
	s, err := section(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func section(text string) (devices.Section, error) {
	var f file
	md, err := toml.Decode(text, &f)
	if err != nil {
		return devices.Section{}, fmt.Errorf("the fragment is not TOML: %w", err)
	}
	all := slices.Concat(f.Lane.Device, f.Tracker)
	if len(all) == 0 {
		return devices.Section{}, fmt.Errorf("the fragment has no [[lane.device]] or [[tracker]] table")
	}
	d := all[0]
	var stray []string
	for _, k := range md.Undecoded() {
		if !slices.Contains(k, "settings") {
			stray = append(stray, k.String())
		}
	}
	if len(stray) > 0 {
		return devices.Section{}, fmt.Errorf("the fragment has unknown keys %q", stray)
	}
	return devices.Section{Driver: d.Driver, Link: d.Link, Station: d.Station, Decode: strict(md, d.Settings)}, nil
}

// Settings makes a section of a settings table alone, such as `address = 1`.
func Settings(t testing.TB, kind, link, settings string) devices.Section {
	t.Helper()
	return devices.Section{Driver: kind, Link: link, Decode: func(v any) error {
		md, err := toml.Decode(settings, v)
		if err != nil {
			return err
		}
		return undecoded(md, nil)
	}}
}

func strict(md toml.MetaData, p *toml.Primitive) func(v any) error {
	return func(v any) error {
		if p == nil {
			return nil
		}
		before := map[string]bool{}
		for _, k := range md.Undecoded() {
			before[k.String()] = true
		}
		if err := md.PrimitiveDecode(*p, v); err != nil {
			return err
		}
		return undecoded(md, before)
	}
}

// undecoded reports the unknown keys of the settings that were decoded last.
func undecoded(md toml.MetaData, before map[string]bool) error {
	bad := map[string]bool{}
	for _, k := range md.Undecoded() {
		if len(before) == 0 || before[k.String()] && slices.Contains(k, "settings") {
			bad[k.String()] = true
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("unknown keys %q", slices.Sorted(maps.Keys(bad)))
	}
	return nil
}
