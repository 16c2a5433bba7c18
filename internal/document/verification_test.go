package document

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"acsgd/internal/metrology"
	"acsgd/internal/quant"
)

// campaign is a simulated test of a scale with two reference vehicles and n runs.
func campaign(n int) *metrology.Campaign {
	c := &metrology.Campaign{Device: "wim-1", Stage: metrology.Initial, Simulator: true, Place: "Қорғас", Engineer: "Ә. Өмірзақ", Conditions: "+14 °C",
		Instrument: metrology.Instrument{Make: "Тензо", Model: "ВА-20Д", Serial: "0042", Division: quant.Kg(20), Min: quant.Kg(400), Max: quant.Kg(20000), From: 278, To: 2778},
		Control:    metrology.Control{Name: "СВ-60", Certificate: "S-1"},
		Vehicles: []metrology.Vehicle{
			{ID: "lorry", Kind: metrology.TwoAxle, Load: metrology.Loaded, Mass: quant.Kg(16000), Axles: []quant.Mass{quant.Kg(6000), quant.Kg(10000)}, Parts: []int{1, 1}},
			{ID: "artic", Kind: metrology.Articulated, Load: metrology.Loaded, Mass: quant.Kg(40000), Parts: []int{1, 1, 3}},
		}}
	loads := map[string][]int64{"lorry": {6000, 10000}, "artic": {7000, 10000, 7600, 7700, 7700}}
	for i := range n {
		v := &c.Vehicles[i%2]
		r := metrology.Run{N: i + 1, Vehicle: v.ID, Position: metrology.Middle, Speed: quant.Speed(300 + i*61%2400), At: time.Date(2026, 5, 1, 9, i, 0, 0, time.FixedZone("", 18000))}
		for k, load := range loads[v.ID] {
			m := quant.Kg(load + int64((i*37+k*53)%90) - 40)
			r.Axles, r.Gross = append(r.Axles, m), r.Gross+m
		}
		c.Runs = append(c.Runs, r)
	}
	return c
}

func report(t testing.TB, c *metrology.Campaign) *metrology.Report {
	t.Helper()
	tables, err := metrology.R134()
	if err != nil {
		t.Fatal(err)
	}
	return metrology.Verify(c, tables)
}

func verify(t testing.TB, r *metrology.Report, l Lang) []byte {
	t.Helper()
	b, err := Verification(r, l)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerificationReport(t *testing.T) {
	c := campaign(40)
	c.Runs[7].Discarded = "тежелді"
	c.Runs[8].Speed = 0
	rep := report(t, c)
	for l, want := range map[Lang][]string{
		Kazakh: {"Салыстырып тексеру хаттамасы", "СИМУЛЯТОР: ЖАРАМСЫЗ", "ҚАТЕЛІК ШЕКТЕРІ ТЕКСЕРІЛМЕГЕН", "Сынақ аяқталмаған", "Сыналған аспап", "Қорғас", "Ә. Өмірзақ",
			"01.05.2026 09:00:00 (UTC+05:00)", "1: 6000; 2: 10 000 (статикалық жүктеме)", "түзетілген орташа", "Қателіктің жылдамдыққа тәуелділігі", "алып тасталды: тежелді", "жылдамдық өлшенбеді",
			"Метролог", "көлік түрі: екі осьті, бос"},
		Russian: {"Протокол поверки", "ПРЕДЕЛЫ ПОГРЕШНОСТИ НЕ ПРОВЕРЕНЫ", "не учитывается", "Классы по диапазонам скорости", "1 – 4: у наименьшей"},
		English: {"Verification report", "ERROR LIMITS NOT VERIFIED: the tables are from memory", "Not complete", "does not count", "Error by speed"},
	} {
		got := text(t, verify(t, rep, l))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in:\n%s", l, w, got)
			}
		}
		for i := range c.Runs {
			if line := c.Runs[i].Vehicle; strings.Count(got, line) < 20 {
				t.Fatalf("%s: %q stands %d times", l, line, strings.Count(got, line))
			}
		}
	}
}

// TestAWithheldVerificationNamesNoClass, nor a limit.
func TestAWithheldVerificationNamesNoClass(t *testing.T) {
	c := campaign(20)
	c.Simulator = false
	rep := report(t, c)
	got := text(t, verify(t, rep, English))
	for _, want := range []string{"ERROR LIMITS NOT VERIFIED: no limit and no class is named", "Classes reached: – / – / –"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "SIMULATOR") || strings.Contains(got, " within ") {
		t.Errorf("a withheld report says that something is within, or is a simulator's:\n%s", got)
	}
}

// TestVerificationIsBoundedAndRepeats: none and very many runs; the same report, the same bytes.
func TestVerificationIsBoundedAndRepeats(t *testing.T) {
	for _, n := range []int{0, 1, 1500} {
		rep := report(t, campaign(n))
		first := verify(t, rep, Kazakh)
		if n < 10 && !bytes.Equal(first, verify(t, rep, Kazakh)) {
			t.Errorf("%d runs: another paper of the same report", n)
		}
	}
	rep := report(t, campaign(2)) // a report that was edited by hand
	rep.Runs[0].Mass = &metrology.Error{Reference: 1, Error: 1 << 60, Limit: 1 << 60}
	rep.Runs[1].N = 99
	rep.Bands = nil
	rep.Campaign.Instrument.From, rep.Campaign.Instrument.To = -1<<31, 1<<31-1
	verify(t, rep, Russian)
}

func BenchmarkVerification(b *testing.B) {
	rep := report(b, campaign(60))
	for b.Loop() {
		verify(b, rep, Russian)
	}
}
