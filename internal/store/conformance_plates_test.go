package store

import (
	"fmt"
	"testing"
)

func lookAlikes(t *testing.T, s Store) {
	put(t, s, Batch{N: 1, Passages: []Passage{
		opened(1, 1, "А123ВО 77"), // Cyrillic
		opened(2, 1, "8O1SBD05"),
		opened(3, 1, "新A12345"),
		opened(4, 1, "---"),
		opened(5, 1),
	}})
	for _, p := range []string{"A123BO77", "a 123 b0-77", "А123ВО77", "А123ВQ77", "A*77", "а123*", "*23в*"} {
		wantFound(t, s, Query{Plate: p}, "1")
	}
	for _, p := range []string{"801580O5", "BO1 5B-D0S", "8Q*", "*0s"} {
		wantFound(t, s, Query{Plate: p}, "2")
	}
	wantFound(t, s, Query{Plate: "新A12345"}, "3")
	wantFound(t, s, Query{Plate: "新*"}, "3")
	wantFound(t, s, Query{Plate: "-"})
	wantFound(t, s, Query{Plate: "*"}, "5", "4", "3", "2", "1") // any plate, also none
}

func oneEdit(t *testing.T, s Store) {
	put(t, s, Batch{N: 1, Passages: []Passage{opened(1, 1, "347KLM02"), opened(2, 1, "34A"), opened(3, 1, "ABCDEFGHJKLMNPRST")}})
	for _, p := range []string{"347KLM02", "347KLM07", "X47KLM02", "347KXM02", "47KLM02", "347KLM0", "34KLM02", "1347KLM02", "347KLMЖ02", "347KLM022"} {
		wantFound(t, s, Query{Plate: p}, "1")
	}
	for _, p := range []string{"347KLX07", "47KLM0", "347KLM0222", "743KLM02", "34", "3A", "34AA"} {
		wantFound(t, s, Query{Plate: p})
	}
	wantFound(t, s, Query{Plate: "34A"}, "2")
	wantFound(t, s, Query{Plate: "ABCDEFGHJKLMNPRST"}, "3") // longer than any plate: without edits
}

func wildcards(t *testing.T, s Store) {
	put(t, s, Batch{N: 1, Passages: []Passage{
		opened(1, 1, "347KLM02", "73KPA02"),
		opened(2, 1, "347KLM03"),
		opened(3, 1, "247KLM02"),
		opened(4, 1, "01KG347KLM"),
	}})
	for p, want := range map[string][]string{
		"347*":       {"2", "1"},
		"347*02":     {"1"},
		"*02":        {"3", "1"},
		"*347*":      {"4", "2", "1"},
		"*4*K*0*":    {"3", "2", "1"},
		"347KLM02*":  {"1"},
		"*347KLM02":  {"1"},
		"3*47":       nil,
		"34":         nil,
		"347KLM0*02": nil,
		"73kpa*":     {"1"},
		"7*":         {"1"},
		"*K*":        {"4", "3", "2", "1"},
		"**K**":      {"4", "3", "2", "1"},
		"[3]*":       {"2", "1"}, // signs of a database's patterns are separators like any other
		"34%*":       {"2", "1"},
		"34_*":       {"2", "1"},
		`34\*`:       {"2", "1"},
		"3?7*":       nil,
	} {
		wantFound(t, s, Query{Plate: p}, want...)
	}
}

func corrected(t *testing.T, s Store) {
	put(t, s, Batch{N: 1, Passages: []Passage{opened(1, 1, "111KLM02")}})
	p := opened(1, 2, "999XYZ05")
	p.Verdict = "exceeds"
	put(t, s, Batch{N: 2, Passages: []Passage{p}})
	wantFound(t, s, Query{Plate: "999XYZ05", Verdict: "exceeds"}, "1")
	wantFound(t, s, Query{Plate: "111KLM02"})
	wantFound(t, s, Query{Plate: "111*"})
	wantFound(t, s, Query{Plate: "999*", Verdict: "within"})
}

// behindWindow has one plate behind more others than a search by pattern looks through
// first.
func behindWindow(t *testing.T, s Store) {
	put(t, s, Batch{N: 1, Passages: []Passage{opened(0, 1, "777XXX07")}})
	for from := 1; from <= window+10; from += 5000 {
		b := Batch{Epoch: epochA, N: 1}
		for i := from; i < from+5000; i++ {
			b.Passages = append(b.Passages, opened(i, 1, fmt.Sprintf("%03dABC02", i%1000)))
		}
		put(t, s, b)
	}
	for _, p := range []string{"777X*", "*XXX*", "*X07", "7*7"} {
		wantFound(t, s, Query{Plate: p}, "0")
	}
	wantFound(t, s, Query{Plate: "777XXX07"}, "0")
	if got, next := found(t, s, Query{Plate: "77*", Limit: 15}); len(got) != 15 || next == "" {
		t.Errorf("77*: %v, next %q", got, next)
	}
}
