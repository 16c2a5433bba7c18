package wim

import (
	"math"
	"testing"

	"acsgd/internal/quant"
)

func TestCountsBecomeMassesExactly(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		unit     Unit
		decimals int
		count    int64
		want     quant.Mass
		ok       bool
	}{
		{1, 1, Kilogram, 0, 18420, quant.Kg(18420), true},
		{1, 1, Kilogram, 1, -1255, -125_500, true},
		{20, 1, Kilogram, 0, 921, quant.Kg(18420), true},
		{1, 1000, Tonne, 0, 18420, quant.Kg(18420), true},
		{1, 1, Pound, 0, 40000, 18_143_695, true},
		{1, 1, Gram, 1, 5, 1, true}, {1, 1, Gram, 1, 4, 0, true}, {1, 1, Gram, 1, -5, -1, true},
		{1_000_000, 1, Tonne, 0, math.MaxUint32, 0, false},
		{1, 1, Tonne, 0, math.MinInt32, -2_147_483_648_000_000, false},
		{1, 1_000_000, Ounce, 7, math.MaxInt32, 0, true},
	} {
		s, err := NewScale(c.num, c.den, c.unit, c.decimals)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.Of(c.count)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%d of %d/%d with %d decimals is %d g %v, want %d g %v", c.count, c.num, c.den, c.decimals, got, ok, c.want, c.ok)
		}
		if ok {
			if f, fok := s.OfFloat(float64(c.count)); !fok || f != got {
				t.Errorf("the same as a float: %d g %v, want %d g", f, fok, got)
			}
		}
	}
	kg, _ := NewScale(1, 1, Kilogram, 0)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30} {
		if m, ok := kg.OfFloat(v); ok {
			t.Errorf("%v is the mass %d", v, m)
		}
	}
	for _, bad := range [][3]int64{{0, 1, 0}, {1, 0, 0}, {-1, 1, 0}, {1, 2_000_000, 0}, {1, 1, 8}, {1, 1, -1}} {
		if _, err := NewScale(bad[0], bad[1], Kilogram, int(bad[2])); err == nil {
			t.Errorf("the scale %v is taken", bad)
		}
	}
}
