package rulepack

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// put writes a table into a folder: the embedded one with lines appended.
func put(t *testing.T, dir, name, more string) {
	t.Helper()
	b, err := File(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), append(b, more...), 0o640); err != nil {
		t.Fatal(err)
	}
}

// A new law is tables in a folder: a pack of its own, and a party's reservations to an
// agreement. No program is built for them.
func TestAFolderBringsANewLawAndReservations(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "packs.csv", "ZZ-1,,Act 1 of 1 Jan 2026,,,ACSGD-DEFAULT,,2400,1,kg,,,\n"+
		"CIS-1999/ZZ,CIS-1999,Minsk agreement of 4 Jun 1999 with the reservations of ZZ,,,,,,,kg,,,\n")
	put(t, dir, "axle_limits.csv", "ZZ-1,,powered_or_trailer,single,any,any,any,,,,9500,axle,V,article 3\n"+
		"CIS-1999/ZZ,10000,powered_or_trailer,single,any,any,any,,,,8000,axle,V,reservation\n"+
		"CIS-1999/ZZ,10000,powered_or_trailer,tandem,any,any,any,,,,13200,group,V,reservation\n")
	put(t, dir, "gross_limits.csv", "CIS-1999/ZZ,any,,,,,36000,V,reservation\n")
	b, err := LoadOf(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	own, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	if own.Version == b.Version || own.Pack("ZZ-1") != nil {
		t.Errorf("the folder's book has version %s like the program's, or changed it", b.Version)
	}
	mass := func(kg int64) *quant.Mass { m := quant.Kg(kg); return &m }
	v := &rules.Vehicle{ID: "v", Class: "road_train", Units: []int{3, 2}, Axles: []rules.Axle{{Mass: mass(7000)}, {Mass: mass(9600), Gap: 4400}, {Mass: mass(7000), Gap: 1350}, {Mass: mass(6000), Gap: 5200}, {Mass: mass(8001), Gap: 5000}}}
	limits := func(p *rules.Pack) (axle, group, gross int64, length string) {
		for _, f := range rules.Judge(nil, p, v, rules.Options{}) {
			n := int64(-1)
			if f.Limit != nil {
				n = int64(*f.Limit) / 1_000_000
			}
			switch {
			case f.Quantity == "axle" && f.Axles[0] == 5:
				axle = n
			case f.Quantity == "group":
				group = n
			case f.Quantity == "gross":
				gross = n
			case f.Quantity == "length":
				length = f.Row
			}
		}
		return axle, group, gross, length
	}
	if a, g, m, l := limits(b.Pack("CIS-1999/ZZ")); a != 8 || g != 13 || m != 36 || !strings.HasPrefix(l, "dimension_limits.csv:") {
		t.Errorf("reservations: axle %d t, tandem %d t, gross %d t, length by %q", a, g, m, l)
	}
	if a, _, m, _ := limits(b.Pack("CIS-1999")); a != 10 || m != 42 {
		t.Errorf("the agreement itself: axle %d t, gross %d t", a, m)
	}
	if a, _, m, _ := limits(b.Pack("ZZ-1")); a != 9 || m != -1 {
		t.Errorf("the new law: axle %d t, gross %d", a, m)
	}
}

func TestAFolderThatIsNoneOfABookIsRefused(t *testing.T) {
	for name, make := range map[string]func(dir string){
		"no table": func(string) {},
		"axel_limits.csv": func(dir string) {
			put(t, dir, "axle_limits.csv", "")
			if err := os.Rename(filepath.Join(dir, "axle_limits.csv"), filepath.Join(dir, "axel_limits.csv")); err != nil {
				t.Fatal(err)
			}
		},
		"axle_limits.csv:124": func(dir string) { put(t, dir, "axle_limits.csv", "KZ-342,10000,any,quad,any,any,any,,,,1,axle,V,\n") },
		"at most 4194304":     func(dir string) { put(t, dir, "overload_bands.csv", strings.Repeat("x", maxTable)) },
	} {
		dir := t.TempDir()
		make(dir)
		if _, err := BytesOf(dir, true); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := LoadOf(filepath.Join(t.TempDir(), "none"), true); err == nil {
		t.Error("a folder that does not exist is read")
	}
}

// A book of form 1, as journals of earlier programs hold it, has no table of packs.
func TestABookOfForm1IsStillRead(t *testing.T) {
	b, err := Bytes(true)
	if err != nil {
		t.Fatal(err)
	}
	packs, err := File("packs.csv")
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(b, []byte("file packs.csv "))
	j := i + bytes.IndexByte(b[i:], '\n') + 1 + len(packs)
	old := append([]byte(magic1), b[len(magic):i]...)
	old = append(old, b[j:]...)
	x, err := Parse(old)
	if err != nil || !strings.HasPrefix(x.Version, "1-") || len(x.Packs) != 6 || x.Pack("US-658.17").Formula == nil {
		t.Errorf("%+v, %v", x, err)
	}
}
