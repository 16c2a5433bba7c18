package rulepack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBookIsDeterministicAndParsesToItself(t *testing.T) {
	for _, simulator := range []bool{false, true} {
		a, err := Bytes(simulator)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Bytes(simulator)
		if err != nil || !bytes.Equal(a, b) {
			t.Fatalf("Bytes(%v) differs from call to call (%v)", simulator, err)
		}
		x, err := Load(simulator)
		if err != nil {
			t.Fatal(err)
		}
		y, err := Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(x, y); d != "" {
			t.Errorf("Parse(Bytes) differs from Load: %s", d)
		}
		sum := sha256.Sum256(a)
		if x.SHA256 != hex.EncodeToString(sum[:]) || x.Version != "2-"+x.SHA256[:12] || x.Simulator != simulator {
			t.Errorf("book %s %s %v", x.Version, x.SHA256, x.Simulator)
		}
		for _, p := range x.Packs {
			if p.Version != x.Version || p.Simulator != simulator {
				t.Errorf("pack %s: version %q, simulator %v", p.ID, p.Version, p.Simulator)
			}
		}
	}
}

// design.md 8.1: pack ids and pack parts.
func TestPacksHaveTheirParts(t *testing.T) {
	b, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	type parts struct{ axles, spring, gross, sizes, seasons, deduct, bands int }
	want := map[string]parts{
		"RU-2060":   {78, 0, 8, 4, 0, 7, 8},
		"KZ-342":    {9, 3, 20, 14, 4, 0, 1}, // 5 rigids, 6 combinations, 9 sums of units
		"CIS-1999":  {18, 0, 9, 6, 0, 0, 5},
		"EU-96/53":  {12, 0, 17, 13, 0, 0, 5},
		"US-658.17": {2, 0, 1, 0, 0, 0, 5},
		"EAEU-2024": {0, 0, 0, 0, 0, 0, 5},
	}
	got := make(map[string]parts)
	for _, p := range b.Packs {
		got[p.ID] = parts{len(p.Axles), len(p.Spring), len(p.Gross), len(p.Sizes), len(p.Seasons), len(p.Deduct), len(p.Bands)}
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(parts{})); d != "" {
		t.Error(d)
	}
	if len(b.Controls) != 28 || len(b.Bans) != 8 || len(b.Norms) != 35 || len(b.Radioactive) != 14 || len(b.Classes) != 27 || len(b.Schemes) != 33 {
		t.Errorf("controls %d, bans %d, norms %d, radioactive %d, classes %d, schemes %d",
			len(b.Controls), len(b.Bans), len(b.Norms), len(b.Radioactive), len(b.Classes), len(b.Schemes))
	}
	if got := b.Radioactive[2].Licence; got != "atomic regulator licence + specific-goods permit" {
		t.Errorf("licence \"same\" reads %q", got)
	}
	if b.Pack("RU") != nil {
		t.Error("a pack that does not exist was found")
	}
}

// Every fault is refused with the file and line it stands in.
func TestFaultyTablesAreRefused(t *testing.T) {
	book, err := Bytes(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, old, new, want string }{
		{"pack twice", "packs.csv", "EAEU-2024,", "CIS-1999,", "packs.csv:7: second pack CIS-1999"},
		{"pack without an act", "packs.csv", "Order 342 of 26 Mar 2015", "", "packs.csv:3: a pack needs an id and an act"},
		{"pack without a bound", "packs.csv", "RU-348,2500,1", "RU-348,,1", "packs.csv:2: bound_mm"},
		{"bound in words", "packs.csv", "RU-348,2500,1", "RU-348,2500,yes", "packs.csv:2: bound_inclusive"},
		{"unknown unit", "packs.csv", "RU-348,2500,1,kg", "RU-348,2500,1,t", "packs.csv:2: unit"},
		{"unknown train", "packs.csv", "kg,sum,", "kg,all,", "packs.csv:3: train"},
		{"base that does not exist", "packs.csv", "EAEU-2024,,", "EAEU-2024,XX,", "packs.csv:7: base \"XX\""},
		{"bands that do not exist", "packs.csv", "RU-12.21.1", "RU-12", "packs.csv:2: bands \"RU-12\""},
		{"share of nothing", "gross_limits.csv", "at least,25,", "at least,100,", "gross_limits.csv:52: a share"},
		{"share without its condition", "gross_limits.csv", "driving_share,,,,per cent of the laden mass at least", "driving_share,,,,", "gross_limits.csv:52: a share"},
		{"unknown column", "axle_limits.csv", "rule_set,road", "rules,road", `axle_limits.csv:1: unknown column "rules"`},
		{"column missing", "axle_limits.csv", ",per,status,note", ",per,status", "axle_limits.csv:1: columns are not"},
		{"empty file", "gross_limits.csv", "\x00all", "", "gross_limits.csv: EOF"},
		{"bad quoting", "gross_limits.csv", "KZ-342,rigid,2", "KZ-342,\"rig\"id,2", "gross_limits.csv: "},
		{"field missing", "gross_limits.csv", "KZ-342,rigid,2,,2,,18000,M,", "KZ-342,rigid,2,,2,,18000,M", "gross_limits.csv:2: 8 fields, want 9"},
		{"bad number", "axle_limits.csv", ",,,,10000,axle,V,Order", ",,,,1O000,axle,V,Order", `axle_limits.csv:2: limit_kg "1O000": not a whole number`},
		{"limit of zero", "axle_limits.csv", ",,,,10000,axle,V,Order", ",,,,0,axle,V,Order", "axle_limits.csv:2: limit_kg"},
		{"overlapping bands", "axle_limits.csv", "KZ-342,10000,powered_or_trailer,tandem,any,any,any,1000,1300", "KZ-342,10000,powered_or_trailer,tandem,any,any,any,999,1300", "axle_limits.csv:4: spacing band overlaps that of axle_limits.csv:3"},
		{"empty band", "axle_limits.csv", "KZ-342,10000,powered_or_trailer,tandem,any,any,any,1000,1300", "KZ-342,10000,powered_or_trailer,tandem,any,any,any,1300,1300", "axle_limits.csv:4: spacing band"},
		{"unknown group", "axle_limits.csv", "trailer,single,any,any,any,,,,10000,axle,V,Order", "trailer,sngle,any,any,any,,,,10000,axle,V,Order", `axle_limits.csv:2: group_type "sngle": not known`},
		{"unknown mark", "axle_limits.csv", "10000,axle,V,Order", "10000,axle,X,Order", `axle_limits.csv:2: status "X": not an evidence mark`},
		{"no mark", "axle_limits.csv", "10000,axle,V,Order", "10000,axle,,Order", `axle_limits.csv:2: status "": not an evidence mark`},
		{"unknown rule set", "axle_limits.csv", "KZ-342,10000,powered_or_trailer,single", "KZ-343,10000,powered_or_trailer,single", `axle_limits.csv:2: rule_set "KZ-343": no pack has it`},
		{"no pounds", "axle_limits.csv", "20000 lb;", "20000;", "axle_limits.csv:122: note"},
		{"unknown condition", "gross_limits.csv", "incl. two steered axles", "two axles", "gross_limits.csv:4: condition"},
		{"units are not the total", "gross_limits.csv", "KZ-342,articulated,3,3,6", "KZ-342,articulated,3,3,7", "gross_limits.csv:10: axles of the units"},
		{"vehicle twice", "gross_limits.csv", "KZ-342,articulated,3,4,7", "KZ-342,articulated,3,3,6", "gross_limits.csv:11: same vehicle as gross_limits.csv:10"},
		{"bad count", "gross_limits.csv", "38000,V,\nRU-2060,combination,,,3,", "38000,V,\nRU-2060,combination,,,x+,", "gross_limits.csv:46: total_axles"},
		{"limits of two acts at once", "dimension_limits.csv", "KZ-342,2022-04,2024-10", "KZ-342,2022-04,2024-11", "dimension_limits.csv:4: in force together with dimension_limits.csv:3"},
		{"no first day", "dimension_limits.csv", "RU-2060,2023-12-01,,width", "RU-2060,,,width", "dimension_limits.csv:32: valid_from"},
		{"bad date", "dimension_limits.csv", "RU-2060,2023-12-01,,width", "RU-2060,2023-13-01,,width", "dimension_limits.csv:32: valid_from"},
		{"bad date text", "dimension_limits.csv", "RU-2060,2023-12-01,,width", "RU-2060,1 Dec 2023,,width", "dimension_limits.csv:32: valid_from"},
		{"bad size", "dimension_limits.csv", ",any,2600,V,App. 1", ",any,,V,App. 1", "dimension_limits.csv:32: limit_mm"},
		{"unknown vehicle", "dimension_limits.csv", "articulated_bus", "long_bus", "dimension_limits.csv:9: vehicle"},
		{"season backwards", "seasonal_limits.csv", "03-01,04-01", "04-01,03-01", "seasonal_limits.csv:2: season ends"},
		{"bad day of season", "seasonal_limits.csv", "03-01,04-01", "3.1.,04-01", "seasonal_limits.csv:2: from_mmdd"},
		{"bad hours", "seasonal_limits.csv", "10:00-22:00", "10-22", "seasonal_limits.csv:4: hours"},
		{"bad trigger", "seasonal_limits.csv", "air > 25 C", "hot", "seasonal_limits.csv:4: trigger"},
		{"bad limit", "seasonal_limits.csv", "single axle 8 t,international", "8 t,international", "seasonal_limits.csv:2: limit"},
		{"empty region", "seasonal_limits.csv", "Almaty;Zhetysu", "Almaty;;Zhetysu", "seasonal_limits.csv:2: regions"},
		{"overlapping severities", "overload_bands.csv", "RU-12.21.1,mass_or_axle,10,20", "RU-12.21.1,mass_or_axle,9,20", "overload_bands.csv:3: overlaps overload_bands.csv:2"},
		{"empty severity", "overload_bands.csv", "RU-12.21.1,mass_or_axle,10,20", "RU-12.21.1,mass_or_axle,10,10", "overload_bands.csv:3: band"},
		{"unit of severity", "overload_bands.csv", "dimension,0,0.10,m", "dimension,0,0.10,percent", "overload_bands.csv:6: unit"},
		{"bad severity", "overload_bands.csv", "dimension,0,0.10,m", "dimension,0,ten,m", "overload_bands.csv:6: over_max"},
		{"deduction unit", "enforcement_deduction.csv", "axle_load,10,percent", "axle_load,10,kg", "enforcement_deduction.csv:3: unit"},
		{"deduction of everything", "enforcement_deduction.csv", "axle_load,10,percent", "axle_load,51,percent", "enforcement_deduction.csv:3: deduct"},
		{"deduction twice", "enforcement_deduction.csv", "RU-348,axle_group_load", "RU-348,axle_load", "enforcement_deduction.csv:4: second deduction"},
		{"bad prefix", "controlled_goods.csv", "2524;2618", "2524;26.18", "controlled_goods.csv:3: hs_prefixes"},
		{"no prefix", "norm_commodities.csv", "310420,Potassium", ",Potassium", "norm_commodities.csv:2: hs_prefix: no HS prefix"},
		{"bad direction", "controlled_goods.csv", "1.2,ban,import,", "1.2,ban,inward,", "controlled_goods.csv:3: direction"},
		{"no direction", "controlled_goods.csv", "1.2,ban,import,", "1.2,ban,,", "controlled_goods.csv:3: direction"},
		{"unknown kind", "controlled_goods.csv", "1.2,ban,import,", "1.2,banned,import,", "controlled_goods.csv:3: kind"},
		{"ban backwards", "temporary_bans.csv", "2025-10-30,2026-04-30", "2026-10-30,2026-04-30", "temporary_bans.csv:2: ban ends"},
		{"unknown mode", "temporary_bans.csv", "road+sea", "road+foot", "temporary_bans.csv:4: modes"},
		{"bad activity", "norm_commodities.csv", "14000,16600", "14000,many", "norm_commodities.csv:2: typ_Bq"},
		{"bad feet", "fhwa13_ltpp_rules.csv", "1.00-5.99", "5.99-1.00", "fhwa13_ltpp_rules.csv:2: sp1_ft"},
		{"spacing too many", "fhwa13_ltpp_rules.csv", "1,motorcycle,2,1.00-5.99,,", "1,motorcycle,2,1.00-5.99,1.00-2.00,", "fhwa13_ltpp_rules.csv:2: spacings"},
	} {
		table, err := File(c.file)
		if err != nil {
			t.Fatal(err)
		}
		changed := []byte(strings.Replace(string(table), c.old, c.new, 1))
		if c.old == "\x00all" {
			changed = nil
		} else if bytes.Equal(table, changed) {
			t.Fatalf("%s: the table does not hold %q", c.name, c.old)
		}
		if _, err := Replace(book, c.file, changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestReplacePutsNewLawInForce(t *testing.T) {
	old, err := Bytes(false)
	if err != nil {
		t.Fatal(err)
	}
	table, err := File("temporary_bans.csv")
	if err != nil {
		t.Fatal(err)
	}
	table = append(table, "KZ,export,road,Shoes,6403,2026-01-01,2026-06-30,,order of 1 Dec 2025,V,V,V\n"...)
	b, err := Replace(old, "temporary_bans.csv", table)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Parse(b)
	if err != nil || len(x.Bans) != 9 || x.Bans[8].Mark != "V" {
		t.Fatalf("%+v, %v", x, err)
	}
	if y, err := Parse(old); err != nil || y.Version == x.Version {
		t.Errorf("the version did not change (%v)", err)
	}
	if _, err := Replace(old, "glossary.csv", nil); err == nil {
		t.Error("a table that is no part of a book was replaced")
	}
	if _, err := Replace(nil, "temporary_bans.csv", table); err == nil {
		t.Error("nothing was taken for a book")
	}
	if _, err := File("none.csv"); err == nil {
		t.Error("a table that does not exist was read")
	}
}

func TestDamagedBytesAreRefused(t *testing.T) {
	good, err := Bytes(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, len(magic), len(magic) + 3, len(magic) + 15, len(magic) + 30, len(good) / 2, len(good) - 1} {
		if _, err := Parse(good[:n]); err == nil {
			t.Errorf("the first %d bytes are a book", n)
		}
	}
	if _, err := Parse(append(bytes.Clone(good), 'x')); err == nil {
		t.Error("bytes after the last table are accepted")
	}
	if _, err := Parse(bytes.Replace(good, []byte("file axle_limits.csv 12"), []byte("file axle_limits.csv +12"), 1)); err == nil {
		t.Error("a second spelling of a length is accepted")
	}
}

// FuzzParse changes one small table: a book is read whole or refused.
func FuzzParse(f *testing.F) {
	book, err := Bytes(true)
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"seasonal_limits.csv", "temporary_bans.csv", "overload_bands.csv"} {
		b, err := File(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, b)
	}
	f.Fuzz(func(t *testing.T, name string, table []byte) {
		b, err := Replace(book, name, table)
		if (b == nil) == (err == nil) {
			t.Errorf("Replace gives %d bytes and %v", len(b), err)
		}
	})
}
