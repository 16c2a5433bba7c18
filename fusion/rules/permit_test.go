package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// heavy is an articulated vehicle of 46 t with 11 t on its drive axle, whose permit allows
// 48 t, 11.5 t on the second axle and 4.3 m of height.
func heavy(t *testing.T) *rules.Vehicle {
	t.Helper()
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "8000/11000/9000/9000/9000")
	v.Class, v.Units, v.Date, v.Region = "articulated", []int{2, 3}, "2026-06-15", "Almaty"
	v.Plates = []string{"123 ABC 02", "45XYZ02"}
	v.Height = ptr(quant.Length(4250))
	v.Permit = &rules.Permit{Number: "KZ-77", Special: decl.Special{Plates: []string{"123ABC02", "45xyz-02"}, From: "2026-06-01", To: "2026-06-30",
		Route: []string{"Zhambyl", "Almaty"}, Gross: quant.Kg(48000), Groups: []decl.GroupMass{{First: 2, Last: 2, Mass: quant.Kg(11500)}}, Height: 4300}}
	return v
}

// rules.md 1.9.4: a permit that covers plate, date, route and value stands in the table's
// place, and percent counts from its value; one for the mass does not cover the axles.
func TestPermitRaisesTheLimit(t *testing.T) {
	p := pack(t, "RU-2060", false)
	v := heavy(t)
	fs := rules.Judge(nil, p, v, rules.Options{})
	for _, c := range []struct {
		quantity    string
		first, last int
		limit       int64
	}{{"gross", 0, 0, 48000}, {"axle", 2, 2, 11500}, {"height", 0, 0, 4300}} {
		f := at(t, fs, c.quantity, c.first, c.last)
		if f.Verdict != rules.Within || kg(f.Limit) != c.limit || f.Row != "permit KZ-77" || !slices.Contains(f.Notes, "permit_applied") || f.Reason != "within the special permit" {
			t.Errorf("%s: %+v", c.quantity, f)
		}
	}
	if f := at(t, fs, "group", 3, 5); f.Verdict != rules.Exceeds || kg(f.Limit) != 21000 || !slices.Contains(f.Notes, "permit_silent") {
		t.Errorf("the tridem, of which the permit says nothing: %+v", f)
	}
	if f := at(t, fs, "axle", 1, 1); f.Verdict != rules.Within || f.Notes != nil || f.Row != "axle_limits.csv:45" {
		t.Errorf("an axle within the table needs no permit: %+v", f)
	}
	v.Gross = ptr(quant.Mass(52_800_001)) // 48 t and 10 % and a gram
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); f.Verdict != rules.Exceeds || kg(f.Excess) != 4800 || f.ExcessBP != 1000 || !strings.Contains(f.Band, "part 4") {
		t.Errorf("10 %% of the permit's value: %+v", f)
	}
	v.Gross = ptr(quant.Mass(52_800_000))
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); !strings.Contains(f.Band, "without a fine part") {
		t.Errorf("10 %% exactly: %+v", f)
	}
	v.Gross, v.UMass = ptr(quant.Mass(48_100_000)), ptr(quant.Kg(100))
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); f.Verdict != rules.Within || f.Reason != "within tolerance" {
		t.Errorf("above the permit by the uncertainty: %+v", f)
	}
	// Loads of every axle cover the groups too.
	v = heavy(t)
	v.Permit.Axles = []quant.Mass{quant.Kg(8000), quant.Kg(11000), quant.Kg(9000), quant.Kg(9000), quant.Kg(9000)}
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, 5); f.Verdict != rules.Within || kg(f.Limit) != 27000 {
		t.Errorf("27 t allowed axle by axle: %+v", f)
	}
	v.Permit.Axles = v.Permit.Axles[:4]
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, 5); f.Verdict != rules.Exceeds {
		t.Errorf("a permit for a vehicle of four axles: %+v", f)
	}
	// It cannot lower a limit.
	v = heavy(t)
	v.Permit.Gross = quant.Kg(30000)
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); f.Verdict != rules.Exceeds || kg(f.Limit) != 40000 {
		t.Errorf("a permit of 30 t: %+v", f)
	}
}

func TestPermitThatDoesNotCover(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		name   string
		change func(v *rules.Vehicle)
		want   rules.Verdict
		reason string
		limit  int64
	}{
		{"the first day", func(v *rules.Vehicle) { v.Date = "2026-06-01" }, rules.Within, "within the special permit", 48000},
		{"the last day", func(v *rules.Vehicle) { v.Date = "2026-06-30" }, rules.Within, "within the special permit", 48000},
		{"the day before", func(v *rules.Vehicle) { v.Date = "2026-05-31" }, rules.Exceeds, "the permit is not of that day", 40000},
		{"the day after", func(v *rules.Vehicle) { v.Date = "2026-07-01" }, rules.Exceeds, "the permit is not of that day", 40000},
		{"another tractor", func(v *rules.Vehicle) { v.Plates[0] = "124ABC02" }, rules.Exceeds, "the permit is for another plate", 40000},
		{"another trailer", func(v *rules.Vehicle) { v.Plates[1] = "45XYZ05" }, rules.Exceeds, "the permit is for another plate", 40000},
		{"another region", func(v *rules.Vehicle) { v.Region = "Akmola" }, rules.Exceeds, "the permit is for another route", 40000},
		{"a site of its route", func(v *rules.Vehicle) { v.Region, v.Site, v.Permit.Route = "Akmola", "KORDAI", []string{"KORDAI"} }, rules.Within, "within the special permit", 48000},
		{"plate not read", func(v *rules.Vehicle) { v.Plates = nil }, rules.Undetermined, "the permit's plate is not known", 48000},
		{"permit without plates", func(v *rules.Vehicle) { v.Permit.Plates = nil }, rules.Undetermined, "the permit's plate is not known", 48000},
		{"permit without days", func(v *rules.Vehicle) { v.Permit.To = "" }, rules.Undetermined, "the permit's days are not known", 48000},
		{"permit without a route", func(v *rules.Vehicle) { v.Permit.Route = nil }, rules.Undetermined, "the permit's route is not known", 48000},
		{"region not known", func(v *rules.Vehicle) { v.Region = "" }, rules.Undetermined, "the permit's route is not known", 48000},
		{"the day not known", func(v *rules.Vehicle) { v.Date = "" }, rules.Undetermined, "the permit's days are not known", 48000},
		{"not known and above its value", func(v *rules.Vehicle) { v.Plates, v.Gross = nil, ptr(quant.Kg(49000)) }, rules.Exceeds, "", 48000},
		{"a bare number", func(v *rules.Vehicle) { v.Permit = &rules.Permit{Number: "7"} }, rules.Undetermined, "permit not known", 40000},
		{"an empty one", func(v *rules.Vehicle) { v.Permit = &rules.Permit{} }, rules.Exceeds, "", 40000},
		{"a bare number within the table", func(v *rules.Vehicle) { v.Permit, v.Gross = &rules.Permit{Number: "7"}, ptr(quant.Kg(40000)) }, rules.Within, "", 40000},
	} {
		v := heavy(t)
		c.change(v)
		f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0)
		if f.Verdict != c.want || f.Reason != c.reason || kg(f.Limit) != c.limit {
			t.Errorf("%s: %+v, want %s (%s) of %d", c.name, f, c.want, c.reason, c.limit)
		}
		if f.Verdict != rules.Within && !f.Blocking {
			t.Errorf("%s: above the general limit the barrier would open by itself", c.name)
		}
	}
}

func TestPermitJSON(t *testing.T) {
	var v rules.Vehicle
	if err := json.Unmarshal([]byte(`{"permit":"KZ-1"}`), &v); err != nil || v.Permit == nil || v.Permit.Number != "KZ-1" {
		t.Errorf("a bare number reads as %+v (%v)", v.Permit, err)
	}
	v = rules.Vehicle{}
	in := `{"number":"KZ-2","plates":["1"],"valid_from":"2026-01-01","valid_to":"2026-02-01","route":["Almaty"],"gross_kg":50000.5,"groups":[{"first":3,"last":5,"mass_kg":25000}]}`
	if err := json.Unmarshal([]byte(`{"permit":`+in+`}`), &v); err != nil || v.Permit.Gross != 50_000_500 || v.Permit.Groups[0].Mass != quant.Kg(25000) || v.Validate() != nil {
		t.Errorf("a permit reads as %+v (%v)", v.Permit, err)
	}
	if b, err := json.Marshal(v.Permit); err != nil || string(b) != in {
		t.Errorf("it is written as %s (%v)", b, err)
	}
	v.Permit = &rules.Permit{Number: "x", Special: decl.Special{From: "1.1.2026", To: "2026-02-30", Gross: -1, Axles: []quant.Mass{0}, Groups: []decl.GroupMass{{First: 3, Last: 2, Mass: 1}}}}
	err := v.Validate()
	for _, part := range []string{"valid_from", "valid_to", "below zero", "axle 1", "group 1"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Validate = %v, want %q named", err, part)
		}
	}
	if err := json.Unmarshal([]byte(`{"permit":7}`), &v); err == nil {
		t.Error("a number is read as a permit")
	}
}
