package quant

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestParseRefusesBareNumbers(t *testing.T) {
	for _, s := range []string{"20", "", "kg", "1.2.3kg", "12,4t", "1e99kg", "0x10kg"} {
		if m, err := ParseMass(s); err == nil {
			t.Errorf("ParseMass(%q) = %v, want an error", s, m)
		}
	}
	if l, err := ParseLength("12"); err == nil {
		t.Errorf("ParseLength(12) = %v, want an error", l)
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]Mass{"20kg": 20000, "12.4t": 12400000, "-0.5 kg": -500, "1359.984kg": 1359984, "7g": 7} {
		if got, err := ParseMass(s); err != nil || got != want {
			t.Errorf("ParseMass(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]Length{"12.40m": 12400, "131cm": 1310, "7mm": 7} {
		if got, err := ParseLength(s); err != nil || got != want {
			t.Errorf("ParseLength(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]Speed{"5km/h": 1389, "1.5m/s": 1500, "9mm/s": 9} {
		if got, err := ParseSpeed(s); err != nil || got != want {
			t.Errorf("ParseSpeed(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
}

func TestDecimalKeepsEveryGram(t *testing.T) {
	for s, want := range map[string]int64{
		"1.0623724E7": 10623724000, "21095.0": 21095000, "0.0005": 1, "0.0004": 0, "1908": 1908000,
		"1e-3": 1, "12345e-2": 123450, "10952.446": 10952446,
	} {
		if got, err := Decimal(s, 1000); err != nil || got != want {
			t.Errorf("Decimal(%q, 1000) = %d, %v, want %d", s, got, err, want)
		}
	}
}

func TestMassJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Mass(rapid.Int64Range(-1e12, 1e12).Draw(t, "m"))
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var got Mass
		if err := json.Unmarshal(b, &got); err != nil || got != m {
			t.Fatalf("%s decodes to %d (%v), want %d", b, got, err, m)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	f.Add("12.5e3")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := Decimal(s, 1000); err == nil && v < 0 && s[0] != '-' {
			t.Errorf("Decimal(%q) = %d", s, v)
		}
	})
}
