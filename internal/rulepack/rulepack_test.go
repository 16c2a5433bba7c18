package rulepack

import "testing"

func TestLoad(t *testing.T) {
	b, err := Load(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Packs {
		t.Log(p.ID, len(p.Axles), len(p.Spring), len(p.Gross), len(p.Sizes), len(p.Seasons), len(p.Deduct), len(p.Bands))
	}
}
