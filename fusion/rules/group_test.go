package rules_test

import (
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// grouped is a lorry whose tridem a long platform has weighed as one: its middle axle was
// never alone, and the others only for a moment.
func grouped(t *testing.T, sum int64) *rules.Vehicle {
	t.Helper()
	v := vehicle(t, "3700/5600/1400/1400", "SDSSS", "7000/9900/6900/6900/6900")
	v.Instrument, v.UGap = true, 20
	for i := range v.Axles {
		v.Axles[i].U = ptr(quant.Kg(100))
		if i >= 2 {
			v.Axles[i].Group = 1
		}
	}
	v.Axles[3].U, v.Axles[3].Reason = nil, "measured as a group"
	v.Axles[4].GroupMass, v.Axles[4].GroupU = quant.Kg(sum), quant.Kg(150)
	return v
}

func TestAGroupThatWasWeighedAsOneIsJudgedByItsOwnMass(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for sum, want := range map[int64]rules.Verdict{20_700: rules.Within, 26_000: rules.Exceeds} {
		v := grouped(t, sum)
		fs := rules.Judge(nil, p, v, rules.Options{})
		if f := at(t, fs, "group", 3, 5); f.Verdict != want || kg(f.Measured) != sum || kg(f.Uncertainty) != 150 {
			t.Errorf("group of %d kg: %+v, want %s", sum, f, want)
		}
		if f := at(t, fs, "gross", 0, 0); f.Verdict == rules.Undetermined || kg(f.Measured) != 16_900+sum || kg(f.Uncertainty) != 350 {
			t.Errorf("gross with a group of %d kg: %+v", sum, f)
		}
	}
}

func TestAPartOfAGroupThatWasWeighedAsOneIsNotJudged(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for name, c := range map[string]struct {
		change      func(*rules.Vehicle)
		first, last int
		reason      string
	}{
		"the law's group is smaller":  {func(v *rules.Vehicle) { v.Axles[4].Gap = 5000 }, 3, 4, "measured as a group"},
		"its load is not known":       {func(v *rules.Vehicle) { v.Axles[4].GroupMass = 0 }, 3, 5, "measured as a group"},
		"its load has no uncertainty": {func(v *rules.Vehicle) { v.Axles[4].GroupU = 0 }, 3, 5, "no uncertainty"},
		"its load is spoilt":          {func(v *rules.Vehicle) { v.Axles[2].GroupReason = "overload" }, 3, 5, "overload"},
		"its load is no mass":         {func(v *rules.Vehicle) { v.Axles[4].GroupMass = 1 << 60 }, 3, 5, "measurement out of range"},
	} {
		v := grouped(t, 20_700)
		c.change(v)
		if f := judge1(t, p, v, rules.Options{}, "group", c.first, c.last); f.Verdict != rules.Undetermined || f.Reason != c.reason {
			t.Errorf("%s: %+v, want undetermined, %s", name, f, c.reason)
		}
	}
}
