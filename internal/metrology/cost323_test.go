package metrology

import (
	"strings"
	"testing"

	"acsgd/internal/quant"
)

// lorries is a campaign of one lorry that was weighed once for each error, in tenths of a
// percent of its mass; its axles share it.
func lorries(simulator bool, errs ...int64) *Campaign {
	c := &Campaign{Device: "wim-1", Stage: Initial, Simulator: simulator,
		Instrument: Instrument{Serial: "1", Division: quant.Kg(20), Min: quant.Kg(400), Max: quant.Kg(20000), From: 278, To: 2778},
		Vehicles:   []Vehicle{{ID: "lorry", Kind: TwoAxle, Load: Loaded, Mass: quant.Kg(16000), Axles: []quant.Mass{quant.Kg(6000), quant.Kg(10000)}, Parts: []int{1, 1}}}}
	for i, e := range errs {
		a, b := quant.Kg(6000+6*e), quant.Kg(10000+10*e)
		c.Runs = append(c.Runs, Run{N: i + 1, Vehicle: "lorry", Position: Middle, Speed: 1000, Gross: a + b, Axles: []quant.Mass{a, b}})
	}
	return c
}

// of gives n errors, the last ones as told.
func of(n int, last ...int64) []int64 {
	out := make([]int64, n-len(last), n)
	for i := range out {
		out[i] = 10
	}
	return append(out, last...)
}

// TestCOST323 works the shares of one vehicle (r2) out by hand: of 20 results 94.1 % must
// keep a class.
func TestCOST323(t *testing.T) {
	tables, err := R134()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		c            *Campaign
		gross, whole string
		inside       int
		why          string
	}{
		"19 of 20 within 5 %":              {lorries(true, of(20, 60)...), "A(5)", "A(5)", 19, ""},
		"18 of 20 within 5 %, all in 7 %":  {lorries(true, of(20, 60, -60)...), "B+(7)", "B+(7)", 20, ""},
		"exactly on the edge":              {lorries(true, of(10, 50, -50)...), "A(5)", "A(5)", 10, ""},
		"axles worse than the gross":       {lorries(true, of(20, 160, 160)...), "D+(20)", "D+(20)", 20, ""},
		"beyond all classes":               {lorries(true, of(20, 400, 400)...), "", "", 0, "no class is kept by enough results"},
		"nine results":                     {lorries(true, of(9)...), "", "", 0, "9 results, at least 10 are needed"},
		"tables from memory, a real scale": {lorries(false, of(20)...), "", "", 0, NotVerified},
	} {
		s := Verify(c.c, tables).Statistical
		if s == nil || len(s.Shares) != 2 || s.Condition != extendedRepeatability {
			t.Fatalf("%s: %+v, want the shares of gross mass and single axles of one vehicle", name, s)
		}
		g := s.Shares[0]
		if g.Quantity != "gross" || g.Class != c.gross || g.Inside != c.inside || s.Class != c.whole || g.Why != c.why {
			t.Errorf("%s: %+v, class %q", name, g, s.Class)
		}
	}

	missed := lorries(true, of(20)...)
	for i := range 2 {
		missed.Runs[i].Axles = missed.Runs[i].Axles[:1]
	}
	if s := Verify(missed, tables).Statistical; s.Class != "" || s.Shares[0].Results != 20 || s.Shares[0].Missed != 2 {
		t.Errorf("two runs with an axle not weighed: %+v", s)
	}
	out := lorries(true, of(21, 400)...)
	out.Runs[20].Discarded = "braked"
	if s := Verify(out, tables).Statistical; s.Class != "A(5)" || s.Shares[0].Results != 20 || s.Shares[0].Mean != 100 {
		t.Errorf("a run that does not count: %+v", s)
	}
	two := lorries(true, of(20, 60, -60)...)
	two.Vehicles = append(two.Vehicles, two.Vehicles[0])
	two.Vehicles[1].ID, two.Runs[0].Vehicle = "other", "other"
	if s := Verify(two, tables).Statistical; s.Condition != limitedReproducibility || s.Shares[0].Least != 908 || s.Shares[0].Class != "B+(7)" {
		t.Errorf("two vehicles: %+v", s)
	}
}

func TestTheShareOfAnyNumberOfResults(t *testing.T) {
	c, err := parseCost(costClassTable, costShareTable)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]int64{0: 0, 9: 0, 10: 850, 11: 908, 20: 908, 21: 925, 60: 942, 120: 952, 121: 970, 5000: 970} {
		if got, ok := c.least(limitedReproducibility, n); got != want || ok != (want > 0) {
			t.Errorf("%d results: %d, %v, want %d", n, got, ok, want)
		}
	}
}

func TestPoorTablesOfCOST323AreRefused(t *testing.T) {
	for old, poor := range map[string]string{"A(5),5,7,8": "A(5),5,4,8", "B(10),10": "B(10),6", "n_inf,status": "n_inf", "95.0,97.2": "97.2,95.0", "extended_": "other_", "C(15),15": "C(15),x"} {
		if _, err := parseCost(strings.Replace(costClassTable, old, poor, 1), strings.Replace(costShareTable, old, poor, 1)); err == nil {
			t.Errorf("%s instead of %s is taken", poor, old)
		}
	}
}
