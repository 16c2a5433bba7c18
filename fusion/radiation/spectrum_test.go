package radiation

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A class is what the excess is nearest to: natural loads have the background's own shares.
func TestClassesOfSpectra(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	background := [4]float64{443, 584, 289, 271}
	for _, row := range []struct {
		name   string
		net    float64 // counts/s, for 4 s
		shares [4]float64
		class  SpectrumClass
		least  int // of 100
	}{
		{"potash and the like", 500, [4]float64{0.279, 0.368, 0.182, 0.171}, NormLike, 70},
		{"the recorded source", 500, [4]float64{0.52, 0.42, 0.06, 0.006}, Medium, 95},
		{"americium", 300, [4]float64{0.9, 0.1, 0, 0}, Soft, 95},
		{"cobalt", 1500, [4]float64{0.28, 0.27, 0.35, 0.10}, Hard, 95},
		{"too little", 20, [4]float64{0.9, 0.1, 0, 0}, UnknownSpectrum, 95},
		{"like nothing that is known", 1500, [4]float64{0, 0, 0.3, 0.7}, UnknownSpectrum, 95},
	} {
		n := map[SpectrumClass]int{}
		for range 100 {
			o := spectral(r, background)
			for i := 20; i < 40; i++ {
				for w, q := range row.shares {
					o.Windows[i].Counts[w] += poisson(r, 0.2*row.net*q)
				}
			}
			s, why := (*Templates)(nil).spectra(o)
			if why != "" {
				t.Fatal(why)
			}
			x := s.spectrum(o, o.Windows[20].At-200, o.Windows[39].At, 1000)
			n[x.Class]++
			if x.Class != UnknownSpectrum {
				for w, q := range row.shares {
					if math.Abs(float64(x.Shares[w])/1000-q) > 0.17 {
						t.Errorf("%s: shares %v", row.name, x.Shares)
					}
				}
			}
		}
		t.Logf("%s: %v", row.name, n)
		if n[row.class] < row.least {
			t.Errorf("%s: %v", row.name, n)
		}
		for _, c := range []SpectrumClass{Soft, Medium, Hard} { // and nothing artificial is ever natural
			if row.class == c && n[NormLike] > 0 {
				t.Errorf("%s is called natural %d times", row.name, n[NormLike])
			}
		}
	}
}

// With neutrons, or a compact peak on a plateau, an excess is not called natural.
func TestNothingThatMayHideSomethingIsNatural(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for _, row := range []struct {
		name    string
		change  func(*Occupancy, *Analysis)
		natural bool
	}{
		{"a load", func(*Occupancy, *Analysis) {}, true},
		{"with neutrons", func(o *Occupancy, _ *Analysis) { o.NeutronAlarm = true }, false},
		{"with a compact peak on it", func(_ *Occupancy, a *Analysis) { a.Peak.OnPlateau = true }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := 0
			for range 20 {
				o := spectral(r, [4]float64{443, 584, 289, 271})
				for i := range o.Windows {
					o.Slices = append(o.Slices, Slice{At: o.Windows[i].At, Gamma: [4]int32{80, 80, 80, 80}})
					for w, q := range [4]float64{0.279, 0.368, 0.182, 0.171} {
						o.Windows[i].Counts[w] += poisson(r, 0.2*1200*q)
					}
				}
				a := &Analysis{Peak: &Peak{From: 2000, To: 10_000, Shape: Distributed}}
				for range o.Slices {
					a.Expected = append(a.Expected, 1000)
				}
				row.change(o, a)
				var p excess
				if !p.make(o, a.Expected) {
					t.Fatal("no profile")
				}
				a.spectral(o, nil, &p)
				if a.Spectrum.Class == NormLike {
					n++
				}
			}
			if row.natural && n < 14 || !row.natural && n > 0 {
				t.Errorf("%d of 20 are called natural", n)
			}
		})
	}
}
