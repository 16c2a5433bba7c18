package rules_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

func TestGroupsSkipUnknownSpacings(t *testing.T) {
	p := pack(t, "RU-2060", false)
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900")
	want := []rules.Group{{First: 1, Last: 1, Kind: rules.Single}, {First: 2, Last: 2, Kind: rules.Single}, {First: 3, Last: 5, Kind: rules.Tridem}}
	if got := rules.Groups(nil, p, v); !cmp.Equal(got, want) {
		t.Errorf("Groups = %+v, want %+v", got, want)
	}
	v.Axles[2].Gap = 0
	if got := rules.Groups(nil, p, v); !cmp.Equal(got, want[:1]) {
		t.Errorf("Groups with an unknown spacing = %+v, want %+v", got, want[:1])
	}
}

func TestConditionsThatCannotBeTold(t *testing.T) {
	eu := pack(t, "EU-96/53", true)
	v := vehicle(t, "1600/0/1600", "SSDD", "1000/1000/1000/1000")
	v.Class = "rigid"
	if f := judge1(t, eu, v, rules.Options{}, "gross", 0, 0); kg(f.Limit) != 32000 || !slices.Contains(f.Notes, "condition_assumed") {
		t.Errorf("5 t a metre of an unknown length: %+v", f)
	}
	v = vehicle(t, "3700/6800/0", "SDDD", "1000/1000/1000/1000")
	v.Class, v.Units = "articulated", []int{2, 2}
	if f := judge1(t, eu, v, rules.Options{}, "gross", 0, 0); kg(f.Limit) != 38000 || !slices.Contains(f.Notes, "condition_assumed") {
		t.Errorf("semi-trailer axles an unknown distance apart: %+v", f)
	}
	v.Units, v.Axles[1].Gap = nil, 0
	if f := judge1(t, eu, v, rules.Options{}, "gross", 0, 0); f.Reason != "axles of the units not known" {
		t.Errorf("units not known: %+v", f)
	}
	v.Class = "lorry"
	if f := judge1(t, eu, v, rules.Options{}, "gross", 0, 0); f.Verdict != rules.Undetermined {
		t.Errorf("a class that does not exist: %+v", f)
	}
}

// A spring limit above the permanent one changes nothing.
func TestSeasonNeverRaisesALimit(t *testing.T) {
	p := *pack(t, "KZ-342", true)
	p.Spring = slices.Clone(p.Spring)
	p.Spring[0].Limit = 12 * quant.Tonne
	v := vehicle(t, "4200", "SD", "6000/10500")
	v.Date, v.Region, v.Carriage = "2026-03-15", "Almaty", "domestic"
	if f := judge1(t, &p, v, rules.Options{}, "axle", 2, 2); f.Verdict != rules.Exceeds || kg(f.Limit) != 10000 {
		t.Errorf("10.5 t: %+v", f)
	}
}

func TestUSPackWithoutRows(t *testing.T) {
	p := *pack(t, "US-658.17", true)
	p.Axles = nil
	if f := judge1(t, &p, vehicle(t, "4200", "SD", "6000/9000"), rules.Options{}, "axle", 1, 1); f.Verdict != rules.Undetermined || f.Row != "" {
		t.Errorf("axle without a row: %+v", f)
	}
}

// The month of a change counts for both rows, in whichever order they stand.
func TestChangeDayUnknown(t *testing.T) {
	p := *pack(t, "KZ-342", true)
	for range 2 {
		f := judge1(t, &p, sizeEdge("road_train", "", "2024-10-31", "length")(23000, 0), rules.Options{}, "length", 0, 0)
		if f.Verdict != rules.Within || kg(f.Limit) != 24000 || !slices.Contains(f.Notes, "change_day_unknown") {
			t.Errorf("31 Oct 2024: %+v", f)
		}
		p.Sizes = slices.Clone(p.Sizes)
		slices.Reverse(p.Sizes)
	}
}

func TestDeclaredMassOfOddCases(t *testing.T) {
	b := book(t, true)
	v := vehicle(t, "4200", "SD", "6000/9000")
	items := &decl.Declaration{Items: []decl.Item{{Gross: 3 * quant.Tonne}, {Gross: 5 * quant.Tonne}}}
	if f := rules.DeclaredMass(nil, b, v, items)[0]; f.Verdict != rules.Within {
		t.Errorf("the items' masses where there is no total: %+v", f)
	}
	long := vehicle(t, "1400/1400/1400/1400/1400/1400", "SSSSSSS", "3000/3000/3000/3000/3000/3000/3000")
	if f := rules.DeclaredMass(nil, b, long, items)[0]; f.Reason != "tare of this vehicle not known" {
		t.Errorf("rigid with seven axles: %+v", f)
	}
}

func TestGoodsItemWithoutNumber(t *testing.T) {
	d := &decl.Declaration{Items: []decl.Item{{HS: ""}}}
	if f := rules.Goods(nil, book(t, true), d, "import", "road", time.Time{})[0]; !cmp.Equal(f.Notes, []string{"item 1"}) {
		t.Errorf("item 0: %+v", f)
	}
}

func TestVehicleDay(t *testing.T) {
	for _, c := range []struct {
		date string
		ok   bool
	}{{"", true}, {"2025-10-10", true}, {"x", false}} {
		d, err := (&rules.Vehicle{Date: c.date}).Day()
		if (err == nil) != c.ok || c.date == "" && !d.IsZero() {
			t.Errorf("Day of %q = %v, %v", c.date, d, err)
		}
	}
	for date, reason := range map[string]string{"2024-02-29": "", "2023-02-29": "date is not a day", "2000-02-29": "", "1900-02-29": "date is not a day",
		"2025-04-31": "date is not a day", "2025-1x-01": "date is not a day", "20250101": "date is not a day"} {
		v := vehicle(t, "4200", "SD", "6000/9000")
		v.Date = date
		if f := judge1(t, pack(t, "RU-2060", false), v, rules.Options{}, "gross", 0, 0); f.Reason != reason {
			t.Errorf("date %s: reason %q, want %q", date, f.Reason, reason)
		}
	}
}

func TestValues(t *testing.T) {
	var v rules.Value
	if err := json.Unmarshal([]byte("7000.5"), &v); err != nil || v != *rules.MassValue(7_000_500) {
		t.Errorf("7000.5 decodes to %d, %v", v, err)
	}
	if got := *rules.LengthValue(1310); got != 1_310_000 {
		t.Errorf("LengthValue(1310) = %d", got)
	}
	if book(t, true).Pack("none") != nil {
		t.Error("a pack that does not exist was found")
	}
}
