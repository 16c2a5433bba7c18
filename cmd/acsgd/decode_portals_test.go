package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tags lists what was decoded: the line's tag, and what of it tells.
func tags(t *testing.T, out string) []string {
	var got []string
	for _, r := range rows(t, out) {
		switch {
		case r["radiation"] != nil:
			got = append(got, fmt.Sprintf("%v %v", dig(r, "radiation", "tag"), dig(r, "radiation", "gamma")))
		case r["health"] != nil:
			got = append(got, fmt.Sprintf("%v", dig(r, "health", "state")))
		default:
			got = append(got, fmt.Sprint(r))
		}
	}
	return got
}

func TestDecodeOfAPolledPortal(t *testing.T) {
	var d dialogue
	d.ask(0, "0300000008", "0310"+"0123003000010064001500000000"+"0000")
	// Register images by the map of the portal: elapsed, inputs, gamma status, counts, 1655.0,
	// variance; neutron status, count, 2.625, variance; object, mark, speed, outputs.
	block := func(elapsed, inputs, gamma, counts, object string) string {
		return "032a" + elapsed + "0000" + inputs + gamma + counts + "0000" + "e00044ce" + "e00044ce" + "0080" + "00010000" + "00004028" + "00004028" + object + "0000" + "0000" + "0000"
	}
	for i, w := range []string{
		block("1000", "0000", "0080", "014b", "0007"),
		block("10c8", "0001", "0080", "014b", "0008"),
		block("10c8", "0001", "0080", "014b", "0008"),
		block("1190", "0001", "0081", "0400", "0008"),
	} {
		d.ask(1+float64(i)/10+float64(i/3)/10, "0300640015", w)
	}
	out, errw, code := call(t, d.String(), "decode", "--driver", "rpm/aspect")
	if code != exitFine {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	want := []string{"GB [1655 0 0 0]", "NB [0 0 0 0]", "GS [331 0 0 0]", "GA [1024 0 0 0]"}
	if diff := cmp.Diff(want, tags(t, out)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeOfAPortalsContacts(t *testing.T) {
	var d dialogue
	for i, bits := range []string{"08", "09", "09", "0b", "08", "00"} {
		d.ask(float64(i)*0.05, "0200000004", "0201"+bits)
	}
	out, errw, code := call(t, d.String(), "decode", "--driver", "rpm/contacts")
	if code != exitFine {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	var got []string
	for _, r := range rows(t, out) {
		if r["radiation"] != nil {
			got = append(got, fmt.Sprintf("%v %v %v", dig(r, "radiation", "occupied"), dig(r, "radiation", "alarm"), dig(r, "radiation", "fault")))
		}
	}
	want := []string{"false false <nil>", "true false <nil>", "true true <nil>", "true false <nil>", "true false portal_fault"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeOfAGenericPortal(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "portal.toml")
	if err := os.WriteFile(file, []byte(`
[[line]]
kind  = "background"
match = 'B(?P<gamma1>\d+)'
[[line]]
kind  = "slice"
match = 'S(?P<gamma1>\d+)(?P<alarm>!)?'
[[line]]
kind  = "end"
match = 'E'
`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code := call(t, "B400\nS81\nS200!\nnoise\nE\n", "decode", "--driver", "rpm/generic", "--set", "file="+file)
	want := []string{"map[error:map[offset:15 reason:no expression matches the line]]", "GB [400 0 0 0]", "GS [81 0 0 0]", "GA [200 0 0 0]", "GX [0 0 0 0]"}
	if diff := cmp.Diff(want, tags(t, out)); diff != "" || code != exitFaults {
		t.Errorf("exit %d: %s", code, diff)
	}
	if err := os.WriteFile(file, []byte(`
source = "test"
[[block]]
id = "a"
table = "holding"
addr = 10
count = 3
[[point]]
name = "occupied"
block = "a"
[[point]]
name = "gamma1"
block = "a"
off = 1
type = "u16"
[[point]]
name = "background1"
block = "a"
off = 2
type = "u16"
`), 0o600); err != nil {
		t.Fatal(err)
	}
	var d dialogue
	for i, words := range []string{"000000510190", "000100510190", "000100520190"} {
		d.ask(float64(i)/5, "03000a0003", "0306"+words)
	}
	out, errw, code := call(t, d.String(), "decode", "--driver", "rpm/generic", "--set", "file="+file)
	want = []string{"GB [400 0 0 0]", "GS [81 0 0 0]", "GS [82 0 0 0]"}
	if diff := cmp.Diff(want, tags(t, out)); diff != "" || code != exitFine {
		t.Errorf("exit %d: %s%s", code, errw, diff)
	}
	if _, errw, code := call(t, "", "decode", "--driver", "rpm/generic"); code != exitUsage || !strings.Contains(errw, "one of the two") {
		t.Errorf("without a format: exit %d, %s", code, errw)
	}
}

// The catalogue lists the portals, and prints their manuals with an example.
func TestTheManualsOfPortals(t *testing.T) {
	for _, kind := range []string{"rpm/tsa", "rpm/aspect", "rpm/generic", "rpm/contacts"} {
		out, errw, code := call(t, "", "drivers", kind)
		if code != exitFine || !strings.Contains(out, "Example:") || !strings.Contains(out, "driver  = \""+kind+"\"") && !strings.Contains(out, "driver   = \""+kind+"\"") {
			t.Errorf("%s: exit %d: %s%s", kind, code, out, errw)
		}
	}
}
