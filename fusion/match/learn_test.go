package match

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

// writes makes a camera that writes W for K and drops first characters now and then.
func writes(r *rand.Rand, camera string, n int) (list []Confirmed) {
	for range n {
		p := platetest.Plate(r)
		read := p
		if r.IntN(4) == 0 {
			read = strings.ReplaceAll(p, "K", "W")
		}
		if r.IntN(50) == 0 {
			read = "B" + read
		}
		list = append(list, Confirmed{camera, p, read})
	}
	return list
}

func TestLearnMakesAChannelForEachCamera(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	list := append(writes(r, "front", 600), Confirmed{"rear", "389BK01", "389BK01"}, Confirmed{"rear", "389BK01", "24AN01"},
		Confirmed{"rear", "", "24AN01"}, Confirmed{"rear", "24AN01", ""})
	set, a, err := Learn(list)
	if err != nil || a.Plates != 601 || a.Left["another plate was read than the true one"] != 1 || a.Left["no true plate"] != 1 || a.Left["nothing was read"] != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := set.Cameras(); !slices.Equal(got, []string{"front"}) {
		t.Errorf("cameras with a channel of their own: %v", got)
	}
	w, k := plate.SymbolOf('W'), plate.SymbolOf('K')
	if p := set.Of("front").Off(w, k); p < 0.8 {
		t.Errorf("W for K at the front: %v", p)
	}
	if set.Of("rear") != set.Of("never heard of") || set.Of("rear") == plate.StartChannel() {
		t.Error("a camera with few plates is not seen through what all have in common")
	}
	if c := a.Cameras[0].Tally.Strongest(1); len(c) != 1 || c[0].True != 'K' || c[0].Written != 'W' {
		t.Errorf("strongest confusion %v", c)
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	again, _, _ := Learn(list)
	one, _ := json.Marshal(set)
	two, _ := json.Marshal(again)
	if string(one) != string(two) {
		t.Error("the order of the plates has an effect")
	}
	again.Version = "v"
	b, err := json.Marshal(again)
	back, err2 := plate.ParseChannels(b)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if c, _ := json.Marshal(back); string(c) != string(b) || back.Version != "v" || back.Plates != 601 {
		t.Error("stored and read back the channels differ")
	}
	if _, a, err := Learn([]Confirmed{{"x", "389BK01", "24AN01"}}); err == nil || a.Plates != 0 {
		t.Errorf("learnt from nothing: %+v", a)
	}
}

func TestBadChannelsAreRefused(t *testing.T) {
	good := `{"keep":0.9,"drop":0.1,"insert":0.1,"insert_first":0.1}`
	if s, err := plate.ParseChannels([]byte(" null\n")); s != nil || err != nil {
		t.Errorf("null: %v, %v", s, err)
	}
	for _, bad := range []string{"", "{}", `{"version":"x"}`, `{"version":"x","all":{}}`, `{"version":"x","all":` + good + `,"more":1}`,
		`{"all":` + good + `}`, `{"version":"x","cameras":{"a":{"keep":2}}}`, `{"version":"x","plates":-1,"all":` + good + `}`,
		`{"version":"x","all":{"keep":0.9,"drop":0.1,"insert":0.1,"insert_first":0.1,"off":{"A":{"A":1}}}}`,
		`{"version":"x","all":{"keep":0.9,"drop":0.1,"insert":0.1,"insert_first":0.1,"off":{"A":{"B":0.1}}}}`} {
		if _, err := plate.ParseChannels([]byte(bad)); err == nil {
			t.Errorf("%s is taken for channels", bad)
		}
	}
	if _, err := plate.ParseChannels([]byte(`{"version":"x","all":` + good + `}`)); err != nil {
		t.Error(err)
	}
}
