package rules_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// anyVehicle draws vehicles with every kind of gap in what is known.
func anyVehicle(t *rapid.T) *rules.Vehicle {
	opt := func(name string, lo, hi int64) *int64 {
		if rapid.Float64Range(0, 1).Draw(t, name+"?") < 0.15 {
			return nil
		}
		return ptr(rapid.Int64Range(lo, hi).Draw(t, name))
	}
	mass := func(p *int64) *quant.Mass {
		if p == nil {
			return nil
		}
		return ptr(quant.Mass(*p))
	}
	length := func(p *int64) *quant.Length {
		if p == nil {
			return nil
		}
		return ptr(quant.Length(*p))
	}
	v := &rules.Vehicle{
		ID:         "p",
		Date:       rapid.SampledFrom([]string{"", "2020-02-02", "2025-03-20", "2025-07-07", "2025-11-11"}).Draw(t, "date"),
		Class:      rapid.SampledFrom([]string{"", "rigid", "articulated", "road_train"}).Draw(t, "class"),
		Body:       rapid.SampledFrom([]string{"", "bus", "isothermal", "container_carrier"}).Draw(t, "body"),
		Carriage:   rapid.SampledFrom([]string{"", "domestic", "international"}).Draw(t, "carriage"),
		Region:     rapid.SampledFrom([]string{"", "Almaty", "Akmola", "Osh"}).Draw(t, "region"),
		Instrument: rapid.Bool().Draw(t, "instrument"),
		UGap:       quant.Length(rapid.SampledFrom([]int{0, 5, 40}).Draw(t, "u_gap")),
		Length:     length(opt("length", -10, 30000)), Width: length(opt("width", 0, 3000)), Height: length(opt("height", 0, 5000)),
		ULength: length(opt("u_mm", 0, 100)), UMass: mass(opt("u_kg", 0, 500_000)),
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "axles") {
		a := rules.Axle{Mass: mass(opt("mass", 0, 16_000_000)), U: mass(opt("u", 0, 400_000))}
		if i > 0 {
			a.Gap = quant.Length(rapid.SampledFrom([]int{0, 900, 1000, 1290, 1300, 1310, 1350, 1800, 2490, 2500, 2510, 3600, 6000}).Draw(t, "gap"))
		}
		if k := rapid.IntRange(0, 2).Draw(t, "dual"); k > 0 {
			a.Dual = ptr(k == 1)
		}
		if k := rapid.IntRange(0, 2).Draw(t, "air"); k > 0 {
			a.Air = ptr(k == 1)
		}
		v.Axles = append(v.Axles, a)
	}
	return v
}

func anyPack(t *rapid.T, b *rules.Book) *rules.Pack {
	return rapid.SampledFrom(b.Packs).Draw(t, "pack")
}

func key(f *rules.Finding) string {
	k := f.Quantity
	for _, a := range f.Axles {
		k += "/" + strconv.Itoa(a)
	}
	return k
}

// No Within without a valid measurement, an uncertainty where an instrument measured, a
// verified limit and a clause; no verdict without its grounds.
func TestPropertyNoVerdictWithoutGrounds(t *testing.T) {
	books := []*rules.Book{book(t, false), book(t, true)}
	rapid.Check(t, func(t *rapid.T) {
		v := anyVehicle(t)
		p := anyPack(t, rapid.SampledFrom(books).Draw(t, "book"))
		fs := rules.Judge(nil, p, v, rules.Options{Deduct: rapid.Bool().Draw(t, "deduct")})
		for i := range fs {
			f := &fs[i]
			if f.Verdict == rules.Undetermined {
				if f.Reason == "" {
					t.Fatalf("undetermined without a reason: %+v", f)
				}
				continue
			}
			if f.Measured == nil || *f.Measured < 0 || f.Limit == nil || f.Tolerance == nil || f.Row == "" || f.Clause == "" || f.Mark == "" {
				t.Fatalf("verdict without grounds: %+v", f)
			}
			if v.Instrument && (f.Uncertainty == nil || *f.Uncertainty == 0) {
				t.Fatalf("an instrument's value without uncertainty was judged: %+v", f)
			}
			if !p.Simulator && f.Mark == "M" && f.Notes == nil {
				t.Fatalf("an unverified row decided: %+v", f)
			}
			over := *f.Measured-*f.Tolerance > *f.Limit
			if over != (f.Verdict == rules.Exceeds) && p.Formula == nil {
				t.Fatalf("verdict against its own numbers: %+v", f)
			}
			if (f.Verdict == rules.Exceeds) != (f.Excess != nil) || f.Blocking != (f.Verdict == rules.Exceeds) {
				t.Fatalf("excess or blocking without Exceeds: %+v", f)
			}
		}
		if w := rules.Worst(fs); len(v.Axles) == 0 && w == rules.Within {
			t.Fatalf("vehicle without axles is within limits: %+v", fs)
		}
	})
}

// Judging is a function: again, after other vehicles and into a used slice it says the same.
func TestPropertyJudgingAgainChangesNothing(t *testing.T) {
	b := book(t, true)
	var dst []rules.Finding
	rapid.Check(t, func(t *rapid.T) {
		v, p := anyVehicle(t), anyPack(t, b)
		first := rules.Judge(nil, p, v, rules.Options{})
		dst = rules.Judge(dst[:0], p, anyVehicle(t), rules.Options{})
		dst = rules.Judge(dst[:0], p, v, rules.Options{})
		if d := cmp.Diff(first, dst); d != "" {
			t.Fatal(d)
		}
	})
}

// The order of the rows in the tables does not change a verdict or a limit.
func TestPropertyRowOrderChangesNothing(t *testing.T) {
	b := book(t, true)
	rapid.Check(t, func(t *rapid.T) {
		v, p := anyVehicle(t), anyPack(t, b)
		q := *p
		q.Axles = rapid.Permutation(p.Axles).Draw(t, "axles")
		q.Gross = rapid.Permutation(p.Gross).Draw(t, "gross")
		q.Sizes = rapid.Permutation(p.Sizes).Draw(t, "sizes")
		x, y := rules.Judge(nil, p, v, rules.Options{}), rules.Judge(nil, &q, v, rules.Options{})
		if len(x) != len(y) {
			t.Fatalf("%d and %d findings", len(x), len(y))
		}
		for i := range x {
			if x[i].Verdict != y[i].Verdict || !cmp.Equal(x[i].Limit, y[i].Limit) {
				t.Fatalf("%+v\n%+v", x[i], y[i])
			}
		}
	})
}

// More load never turns Exceeds into Within. (A lifted axle that is put down may: it is one
// axle more.)
func TestPropertyMoreLoadIsNeverKinder(t *testing.T) {
	b := book(t, true)
	rapid.Check(t, func(t *rapid.T) {
		v, p := anyVehicle(t), anyPack(t, b)
		before := make(map[string]rules.Verdict)
		fs := rules.Judge(nil, p, v, rules.Options{})
		for i := range fs {
			before[key(&fs[i])] = fs[i].Verdict
		}
		worst := rules.Worst(fs)
		for i := range v.Axles {
			if a := &v.Axles[i]; a.Mass != nil && *a.Mass > 0 && rapid.Bool().Draw(t, "heavier") {
				a.Mass = ptr(*a.Mass + quant.Mass(rapid.Int64Range(0, 3_000_000).Draw(t, "more")))
			}
		}
		fs = rules.Judge(fs[:0], p, v, rules.Options{})
		for i := range fs {
			if was := before[key(&fs[i])]; was == rules.Exceeds && fs[i].Verdict == rules.Within {
				t.Fatalf("heavier and now within: %+v", fs[i])
			}
		}
		if worst == rules.Exceeds && rules.Worst(fs) == rules.Within {
			t.Fatalf("heavier and now wholly within: %+v", fs)
		}
	})
}

// Groups partition the loaded axles, and the sum of the measured group loads is the gross.
func TestPropertyGroupsSumToGross(t *testing.T) {
	p := pack(t, "RU-2060", true)
	rapid.Check(t, func(t *rapid.T) {
		v := anyVehicle(t)
		v.UGap, v.Instrument, v.Gross = 0, false, nil
		var sum rules.Value
		var gross *rules.Value
		next := 1
		for _, f := range rules.Judge(nil, p, v, rules.Options{}) {
			switch {
			case f.Quantity == "gross":
				gross = f.Measured
			case len(f.Axles) == 2 && f.Axles[0] >= next:
				if f.Measured != nil {
					sum += *f.Measured
				}
				next = f.Axles[1] + 1
			}
		}
		if gross != nil && *gross != sum {
			t.Fatalf("groups sum to %d g, gross is %d g", sum, *gross)
		}
	})
}

// Permuting and doubling the items of a declaration changes no verdict.
func TestPropertyGoodsOrder(t *testing.T) {
	b := book(t, true)
	codes := []string{"7204490000", "2844100000", "6403990000", "9302000000", "8471300000", "29031400", "3104205000", "0511991000", ""}
	rapid.Check(t, func(t *rapid.T) {
		hs := rapid.SliceOfN(rapid.SampledFrom(codes), 0, 6).Draw(t, "codes")
		verdicts := func(codes []string) map[string]rules.Verdict {
			out := make(map[string]rules.Verdict)
			for _, f := range rules.Goods(nil, b, declared("export", codes...), "export", "road", day("2026-01-15")) {
				out[f.Row+f.Reason] = f.Verdict
			}
			return out
		}
		want := verdicts(hs)
		if d := cmp.Diff(want, verdicts(rapid.Permutation(hs).Draw(t, "permuted"))); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(want, verdicts(append(append([]string(nil), hs...), hs...))); d != "" {
			t.Fatal(d)
		}
	})
}

func TestJudgeAllocations(t *testing.T) {
	p := pack(t, "KZ-342", true) // its findings have several notes
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900")
	v.Axles[1].Dual, v.UGap = nil, 30
	var dst []rules.Finding
	var kept rules.Memory
	for _, c := range []struct {
		name string
		m    *rules.Memory
		most float64
	}{{"memory of its own", nil, 4}, {"kept memory", &kept, 0}} {
		n := testing.AllocsPerRun(100, func() {
			kept.Reset()
			dst = rules.Judge(dst[:0], p, v, rules.Options{Memory: c.m})
		})
		if n > c.most {
			t.Errorf("Judge of five axles, %s: %.0f allocations, want at most %.0f", c.name, n, c.most)
		}
	}
}

// TestMemory judges two vehicles into one memory: what Own has copied stays as it was.
func TestMemory(t *testing.T) {
	p := pack(t, "KZ-342", true)
	heavy := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/12900/9900/9900/9900")
	light := vehicle(t, "4200", "SD", "1000/2000")
	want := rules.Judge(nil, p, heavy, rules.Options{})
	var m, own rules.Memory
	for range 3 {
		m.Reset()
		own.Reset()
		got := rules.Judge(nil, p, heavy, rules.Options{Memory: &m})
		for i := range got {
			got[i].Evidence = m.Evidence(1, uint64(i))
			own.Own(&got[i])
		}
		m.Reset()
		rules.Judge(nil, p, light, rules.Options{Memory: &m})
		m.Evidence(9, 9, 9, 9, 9, 9, 9, 9, 9, 9)
		for i := range got {
			want[i].Evidence = []uint64{1, uint64(i)}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
	parts := rules.JudgeRest(rules.JudgeAxles(nil, p, heavy, rules.Options{}), p, heavy, rules.Options{})
	for i := range want {
		want[i].Evidence = nil
	}
	if d := cmp.Diff(want, parts); d != "" {
		t.Error(d)
	}
}

func BenchmarkJudge(b *testing.B) {
	for _, c := range []struct{ name, id, gaps, tyres, loads string }{
		{"RU2060/5axles", "RU-2060", "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900"},
		{"KZ342/5axles", "KZ-342", "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900"},
		{"US658/5axles", "US-658.17", "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900"},
	} {
		p := book(b, true).Pack(c.id)
		v := benchVehicle(c.gaps, c.tyres)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []rules.Finding
			for b.Loop() {
				dst = rules.Judge(dst[:0], p, v, rules.Options{})
			}
		})
		b.Run(c.name+"/memory", func(b *testing.B) {
			b.ReportAllocs()
			var dst []rules.Finding
			var m rules.Memory
			for b.Loop() {
				m.Reset()
				dst = rules.Judge(dst[:0], p, v, rules.Options{Memory: &m})
			}
		})
	}
}

func benchVehicle(gaps, tyres string) *rules.Vehicle {
	v := &rules.Vehicle{ID: "b", Date: "2025-10-10", Instrument: true, UGap: 15, Class: "articulated", Units: []int{2, 3}, Carriage: "international"}
	for i, g := range []quant.Length{0, 3700, 5600, 1310, 1310} {
		v.Axles = append(v.Axles, rules.Axle{Mass: ptr(quant.Kg(6900)), U: ptr(quant.Kg(70)), Gap: g, Dual: ptr(tyres[i] == 'D')})
	}
	v.Length, v.Width, v.Height = ptr(quant.Length(16500)), ptr(quant.Length(2550)), ptr(quant.Length(4000))
	v.ULen, v.UWid, v.UHei = ptr(quant.Length(100)), ptr(quant.Length(10)), ptr(quant.Length(10))
	return v
}

func BenchmarkGoods(b *testing.B) {
	bk := book(b, false)
	d := declared("export", "8471300000", "6403990000", "3104205000")
	b.ReportAllocs()
	var dst []rules.Finding
	for b.Loop() {
		dst = rules.Goods(dst[:0], bk, d, "export", "road", day("2026-01-15"))
	}
}
