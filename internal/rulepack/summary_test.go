package rulepack

import (
	"strings"
	"testing"
)

// Every row of a pack is counted under one mark, and what is from memory is named.
func TestSummaries(t *testing.T) {
	b, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]Summary{}
	for _, s := range Summaries(b) {
		seen[s.ID] = s
		n := 0
		for _, k := range s.Marks {
			n += k
		}
		if n != s.Rows || len(s.Absent) != s.Marks["M"] {
			t.Errorf("%s: %d rows, marks %v, absent %v", s.ID, s.Rows, s.Marks, s.Absent)
		}
	}
	// 9 axle rows, 3 of the spring, 11 gross masses of lorries and combinations, 14 sizes, 4 seasons, 1 band.
	if kz := seen["KZ-342"]; kz.Rows != 42 || kz.Marks["M"] != 12 || kz.From != 20150508 || kz.Ended != 4 || kz.Absent[0] != "axle_limits.csv:5" {
		t.Errorf("KZ-342: %+v", kz)
	}
	eaeu := seen["EAEU-2024"]
	if eaeu.Dated != 0 || eaeu.Marks["V"] != 0 || !strings.Contains(strings.Join(eaeu.Lines(), "\n"), "empty until the appendices are read") {
		t.Errorf("EAEU-2024: %+v", eaeu)
	}
}
