package rules_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

// book loads the embedded tables.
func book(tb testing.TB, simulator bool) *rules.Book {
	tb.Helper()
	b, err := rulepack.Load(simulator)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func pack(tb testing.TB, id string, simulator bool) *rules.Pack {
	tb.Helper()
	p := book(tb, simulator).Pack(id)
	if p == nil {
		tb.Fatalf("no pack %s", id)
	}
	return p
}

func records(t *testing.T, file string) []map[string]string {
	t.Helper()
	b, err := rulepack.File(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := make(map[string]string)
		for i, h := range rows[0] {
			m[h] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func num(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ptr[T any](v T) *T { return &v }

// vehicle builds a vehicle from "3700/1310", "SDS" and "7000/9900/6900".
func vehicle(t *testing.T, gaps, tyres, loads string) *rules.Vehicle {
	t.Helper()
	v := &rules.Vehicle{ID: "v", Date: "2025-10-10"}
	for i, l := range strings.Split(loads, "/") {
		a := rules.Axle{}
		if l != "-" {
			a.Mass = ptr(quant.Kg(num(t, l)))
		}
		if i > 0 {
			a.Gap = quant.Length(num(t, strings.Split(gaps, "/")[i-1]))
		}
		if i < len(tyres) && tyres[i] != '?' {
			a.Dual = ptr(tyres[i] == 'D')
		}
		v.Axles = append(v.Axles, a)
	}
	return v
}

// at returns the finding of a quantity over axles first to last (0, 0: the whole vehicle).
func at(t *testing.T, fs []rules.Finding, quantity string, first, last int) *rules.Finding {
	t.Helper()
	for i := range fs {
		f := &fs[i]
		if f.Quantity == quantity && (first == 0 && f.Axles == nil || len(f.Axles) == 2 && f.Axles[0] == first && f.Axles[1] == last) {
			return f
		}
	}
	t.Fatalf("no finding %s %d-%d in %+v", quantity, first, last, fs)
	return nil
}

func kg(v *rules.Value) int64 {
	if v == nil {
		return -1
	}
	return int64(*v) / 1000
}

// Decree 2060: 62 group verdicts of a reference program that keeps integers.
func TestRules_RU2060_ReferenceVectors(t *testing.T) {
	p := pack(t, "RU-2060", false)
	rows := records(t, "test_vectors_ru2060.csv")
	if len(rows) != 62 {
		t.Fatalf("%d vectors, want 62", len(rows))
	}
	for i, r := range rows {
		v := vehicle(t, r["spacings_mm"], r["tyres"], r["loads_kg"])
		v.RoadClass = quant.Kg(num(t, r["road_class_kg"]))
		fs := rules.Judge(nil, p, v, rules.Options{})
		first, last, _ := strings.Cut(r["group_axles"], "-")
		quantity := "group"
		if first == last {
			quantity = "axle"
		}
		f := at(t, fs, quantity, int(num(t, first)), int(num(t, last)))
		over, bp := num(t, r["over_kg"]), num(t, r["over_bp"])
		want := rules.Within
		if over > 0 {
			want = rules.Exceeds
		}
		if f.Verdict != want || kg(f.Measured) != num(t, r["group_load_kg"]) || kg(f.Limit) != num(t, r["limit_kg"]) || f.ExcessBP != bp ||
			over > 0 && kg(f.Excess) != over || f.Notes != nil {
			t.Errorf("vector %d %s: Judge gives %+v, want %s of limit %s, over %d kg, %d bp", i, r["name"], f, want, r["limit_kg"], over, bp)
		}
	}
}

// 23 U.S.C. 127: the formula with its rounding, and the statute's exception in row 36,4.
func TestRules_US658_17_BridgeVectors(t *testing.T) {
	for _, r := range records(t, "test_vectors_bridge.csv") {
		tenths, err := quant.Decimal(r["span_ft"], 3048)
		if err != nil {
			t.Fatal(err)
		}
		n := int(num(t, r["axles"]))
		if got, want := rules.Bridge(tenths, n), num(t, r["limit_lb"]); got != want {
			t.Errorf("Bridge(%s ft, %d axles) = %d lb, want %d", r["span_ft"], n, got, want)
		}
	}
}
