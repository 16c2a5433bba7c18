package ctc

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"acsgd/internal/plate"
)

// spelt makes a matrix that spells a text: characters with their look-alikes in brackets
// share a step, "_" is a blank: "4[0O]_A".
func spelt(text string) *Matrix {
	var rows [][]rune
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if runes[i] != '[' {
			rows = append(rows, runes[i:i+1])
			continue
		}
		end := i + 1
		for runes[end] != ']' {
			end++
		}
		rows = append(rows, runes[i+1:end])
		i = end
	}
	m := NewMatrix(len(rows))
	for t, row := range rows {
		for k, r := range row {
			s := plate.Symbol(0)
			if r != '_' {
				s = plate.SymbolOf(r)
			}
			m.Row(t)[s] = []float32{0.5, 0.3, 0.15}[k] * 1.9 / float32(len(row))
		}
	}
	return m
}

// TestLogPIsTheSumOverAllAlignments compares with the definition: every path through the
// steps, collapsed.
func TestLogPIsTheSumOverAllAlignments(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	alphabet := []plate.Symbol{0, plate.SymbolOf('A'), plate.SymbolOf('7')}
	for range 50 {
		m := NewMatrix(5)
		for t := range m.Steps {
			for _, s := range alphabet {
				m.Row(t)[s] = r.Float32()
			}
		}
		sums := map[plate.Code]float64{}
		var walk func(t int, p float64, last plate.Symbol, c plate.Code)
		walk = func(t int, p float64, last plate.Symbol, c plate.Code) {
			if t == m.Steps {
				sums[c] += p
				return
			}
			for _, s := range alphabet {
				next := c
				if s != 0 && s != last {
					next = c.With(s)
				}
				walk(t+1, p*float64(m.Row(t)[s]), s, next)
			}
		}
		walk(0, 1, 0, plate.Code{})
		best, most := plate.Code{}, 0.0
		for c, p := range sums {
			if p > most {
				best, most = c, p
			}
			if got, want := m.LogP(c), math.Log(p); math.Abs(got-want) > 1e-6 {
				t.Fatalf("LogP(%q) = %g, want %g", c, got, want)
			}
		}
		if got := m.Free(3)[0]; got != best {
			t.Errorf("Free gives %q, want %q (%g)", got, best, most)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, seen string
		site       []string
		want       string
	}{
		{"what is plain is read as it is", "4_5_3_D_X_A_1_2", nil, "453DXA12"},
		{"a letter twice needs a blank between", "1_2_3_A_A_0_1", nil, "123AA01"},
		{"without one it is one letter", "1_2_3_A_A_AA_0_1", nil, "123AAA01"},
		{"the shape decides between 0 and O", "[O0]_5_3_D_X_A_[O0]_1", []string{"KZ"}, "053DXA01"},
		{"but what is clearly an O stays one where a shape has it", "8_9_1_O_O_O_[O0]_1", []string{"KZ"}, "891OOO01"},
		{"and what was read clearly is not corrected by the shape", "4_5_3_D_X_A_1_B", []string{"KZ"}, "453DXA1B"},
		{"a province is told from other signs by the shape", "[挂皖]_A_1_2_3_4_5", []string{"CN"}, "皖A12345"},
		{"a string of no shape is read too", "B_I_M_M_I_A_N", nil, "BIMMIAN"},
	} {
		d := NewDecoder(c.site).Decode(spelt(c.seen))
		if len(d.Readings) == 0 || d.Readings[0].Code.String() != c.want {
			t.Errorf("%s: %q is read as %v, want %s", c.name, c.seen, d.Readings, c.want)
		}
	}
}

func TestSureTellsTheDoubtfulCharacter(t *testing.T) {
	d := NewDecoder(nil).Decode(spelt("4_5_3_[GC]_X_A_1_2"))
	if d.Readings[0].Code.String() != "453GXA12" || len(d.Sure) != 8 {
		t.Fatalf("read %v with %d characters", d.Readings[0], len(d.Sure))
	}
	for i, p := range d.Sure {
		if (i == 3) != (p < 0.7) || p <= 0 || p > 1 {
			t.Errorf("character %d is sure to %.3f: only the fourth is doubtful", i+1, p)
		}
	}
	if d.Readings[1].Code.String() != "453CXA12" {
		t.Errorf("the second reading is %v, want the other character", d.Readings[1])
	}
	sum := 0.0
	for _, r := range d.Readings {
		sum += r.P
	}
	if sum > 1+1e-9 {
		t.Errorf("the shares sum to %g", sum)
	}
}

// TestTwoLooks: what one look misses the other has.
func TestTwoLooks(t *testing.T) {
	d := NewDecoder(nil)
	r := d.Decode(spelt("4_5_3_D_X_A_1_[28]"), spelt("4_5_3_D_X_A_1_[28]"), spelt("4_5_3_D_X_A_1_8"))
	if got := r.Readings[0].Code.String(); got != "453DXA18" {
		t.Errorf("three looks give %s, want 453DXA18", got)
	}
}

func TestTwoRowsKeepTheirCharactersApart(t *testing.T) {
	m := Append(spelt("1_2_3"), spelt("3_A_B"))
	if got := NewDecoder(nil).Decode(m).Readings[0].Code.String(); got != "1233AB" {
		t.Errorf("two rows give %s, want 1233AB", got)
	}
}

func TestNothingLegible(t *testing.T) {
	d := NewDecoder(nil)
	for name, m := range map[string]*Matrix{"no steps": NewMatrix(0), "blanks": spelt("____")} {
		if r := d.Decode(m); len(r.Readings) > 0 && r.Readings[0].Score > -10 {
			t.Errorf("%s: read %v", name, r.Readings[0])
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint64(1), 12)
	f.Add(uint64(7), 60)
	d := NewDecoder([]string{"KZ", "CN"})
	f.Fuzz(func(t *testing.T, seed uint64, steps int) {
		r := rand.New(rand.NewPCG(seed, 9))
		m := NewMatrix(max(0, min(steps, 100)))
		for i := range m.P {
			if r.IntN(30) == 0 {
				m.P[i] = r.Float32()
			}
		}
		a := d.Decode(m)
		b := NewDecoder([]string{"KZ", "CN"}).Decode(m)
		if len(a.Readings) != len(b.Readings) {
			t.Fatal("a decoder that was used before gives another answer")
		}
		for i, x := range a.Readings {
			if x != b.Readings[i] || math.IsNaN(x.Score) || strings.ContainsRune(x.Code.String(), 0) {
				t.Fatalf("reading %d: %v and %v", i, x, b.Readings[i])
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	m := NewMatrix(40)
	for t := range m.Steps {
		row := m.Row(t)
		for range 4 {
			row[1+r.IntN(36)] += r.Float32() / 8
		}
		row[0] = r.Float32()
	}
	d := NewDecoder(nil)
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(m)
	}
}
