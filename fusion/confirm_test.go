package fusion

import (
	"maps"
	"slices"
	"testing"
	"time"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

func readOf(source string, role obs.PlateRole, text string) PlateRead {
	return PlateRead{Source: source, Plate: obs.Plate{Text: text, Role: role}}
}

func TestConfirmedPlates(t *testing.T) {
	d := &decl.Declaration{ID: "d", Units: []decl.Unit{{Role: "tractor", Plate: "389BK01"}, {Role: "trailer", Plate: "24AN01"}},
		Containers: []decl.Container{{ID: "CSQU3054383"}}}
	front, rear := readOf("cam-f", obs.Front, "389BKO1"), readOf("cam-t", obs.Trailer, "24AN01")
	sure := match.Result{State: match.Matched, Declared: []match.Candidate{{Declaration: "d", Posterior: 999_500}}}
	box := front
	box.Container = "CSQU 305438 3"
	wrongBox := front
	wrongBox.Container = "CSQU3054384"
	corrected := front
	corrected.Corrected, corrected.By = "389BK07", "off"
	second := readOf("reader", obs.Front, "389BK0")
	second.Parent = "picture"
	withPicture := corrected
	withPicture.Images = []string{"picture"}
	typed := PlateRead{Source: "officer", Corrected: "389BK07", By: "off", Plate: obs.Plate{Role: obs.Front}}
	none, alone := "no declaration and not corrected", "no officer and no other evidence confirms it"
	for _, c := range []struct {
		name string
		p    Passage
		want []match.Confirmed
		left map[string]int
	}{
		{"a correction", Passage{Plates: []PlateRead{corrected}}, []match.Confirmed{{Camera: "cam-f", True: "389BK07", Read: "389BKO1"}}, nil},
		{"a correction holds for the second reader of the picture", Passage{Plates: []PlateRead{withPicture, second}},
			[]match.Confirmed{{Camera: "cam-f", True: "389BK07", Read: "389BKO1"}, {Camera: "reader", True: "389BK07", Read: "389BK0"}}, nil},
		{"a plate that an officer typed", Passage{Plates: []PlateRead{front, typed}}, []match.Confirmed{{Camera: "cam-f", True: "389BK07", Read: "389BKO1"}}, nil},
		{"nothing known", Passage{Plates: []PlateRead{front}}, nil, map[string]int{none: 1}},
		{"its own fuzzy match alone", Passage{Plates: []PlateRead{front}, Declaration: d, Match: sure}, nil, map[string]int{alone: 1}},
		{"its own exact match alone", Passage{Plates: []PlateRead{readOf("cam-f", obs.Front, "389BK01")}, Declaration: d, Match: sure}, nil, map[string]int{alone: 1}},
		{"two cameras that see one plate", Passage{Plates: []PlateRead{front, readOf("cam-2", obs.Front, "389BK01")}, Declaration: d, Match: sure}, nil, map[string]int{alone: 2}},
		{"the trailer confirms the tractor, and is not confirmed by it", Passage{Plates: []PlateRead{front, rear}, Declaration: d, Match: sure},
			[]match.Confirmed{{Camera: "cam-f", True: "389BK01", Read: "389BKO1"}}, map[string]int{alone: 1}},
		{"the container", Passage{Plates: []PlateRead{box}, Declaration: d, Match: sure}, []match.Confirmed{{Camera: "cam-f", True: "389BK01", Read: "389BKO1"}}, nil},
		{"a container with a wrong check digit", Passage{Plates: []PlateRead{wrongBox}, Declaration: d, Match: sure}, nil, map[string]int{alone: 1}},
		{"a match that is not sure", Passage{Plates: []PlateRead{front, rear}, Declaration: d,
			Match: match.Result{State: match.Matched, Declared: []match.Candidate{{Declaration: "d", Posterior: 950_000}}}}, nil, map[string]int{alone: 2}},
		{"chosen by an officer", Passage{Plates: []PlateRead{front}, Declaration: d, ChosenBy: "off"}, []match.Confirmed{{Camera: "cam-f", True: "389BK01", Read: "389BKO1"}}, nil},
	} {
		left := map[string]int{}
		if got := ConfirmedPlates(&c.p, left); !slices.Equal(got, c.want) || !maps.Equal(left, c.left) {
			t.Errorf("%s: %v left %v, want %v left %v", c.name, got, left, c.want, c.left)
		}
	}
}

func TestOddsOfADeclaration(t *testing.T) {
	at := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	c := &Core{s: state{Params: &Params{Offset: 5 * 3600, Declare: true}, Used: []used{{"used", "p0"}, {"own", "p1"}}}}
	v := &visit{First: at}
	v.ID, v.Direction = "p1", "import"
	for _, x := range []struct {
		name string
		d    decl.Declaration
		want quant.Prob
	}{
		{"nothing known of it", decl.Declaration{}, quant.Certain},
		{"its direction", decl.Declaration{Kind: "import"}, quant.Certain},
		{"the other direction", decl.Declaration{Kind: "export"}, 50_000},
		{"transit goes either way", decl.Declaration{Kind: "transit", Deadline: "2026-03-10"}, quant.Certain},
		{"transit whose time is over", decl.Declaration{Kind: "transit", Deadline: "2026-03-09T10:00:00"}, 300_000},
		{"received after the vehicle", decl.Declaration{Received: at.AddDate(0, 0, 3)}, quant.Certain},
		{"pre-arrival of yesterday", decl.Declaration{Kind: "pre_arrival", Received: at.AddDate(0, 0, -1)}, quant.Certain},
		{"pre-arrival of last week", decl.Declaration{Kind: "pre_arrival", Received: at.AddDate(0, 0, -7)}, 300_000},
		{"pre-arrival of last year", decl.Declaration{Kind: "pre_arrival", Received: at.AddDate(-1, 0, 0)}, 50_000},
		{"import of last week", decl.Declaration{Kind: "import", Received: at.AddDate(0, 0, -7)}, quant.Certain},
		{"used by another vehicle", decl.Declaration{ID: "used"}, 100_000},
		{"used by this very passage", decl.Declaration{ID: "own"}, quant.Certain},
		{"used, and for the other direction", decl.Declaration{ID: "used", Kind: "export"}, 20_000},
	} {
		if got := c.odds(v, &x.d); got != x.want {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
	v.Direction = "export"
	if got := c.odds(v, &decl.Declaration{Kind: "pre_arrival"}); got != 50_000 {
		t.Errorf("pre-arrival on the way out: %v", got)
	}
	if p := c.prior(v); p.Undeclared != 0 {
		t.Errorf("a declaration is expected: %v undeclared", p.Undeclared)
	}
	c.s.Params.Declare = false
	if p := c.prior(v); p.Undeclared != notExpected {
		t.Errorf("no declaration is expected: %v undeclared", p.Undeclared)
	}
	for i := range maxUsed + 10 {
		w := &visit{}
		w.ID, w.Phase, w.Declaration = string(rune('a'+i%26)), Left, &decl.Declaration{ID: "x"}
		c.useUp(w)
	}
	if len(c.s.Used) != maxUsed {
		t.Errorf("%d used declarations are remembered", len(c.s.Used))
	}
	gone := &visit{}
	gone.Phase, gone.Declaration = Gone, &decl.Declaration{ID: "never left"}
	if c.useUp(gone); c.s.Used[maxUsed-1].Declaration != "x" {
		t.Error("a vehicle that did not leave used its declaration up")
	}
}

// A picture that is not known any more is of the only camera of its place.
func TestTheViewOfASecondReader(t *testing.T) {
	front := readOf("cam-f", obs.Front, "389BK01")
	front.Images, front.EventID = []string{"aa"}, "event"
	v := &visit{}
	v.Plates = []PlateRead{front, readOf("cam-t", obs.Trailer, "24AN01")}
	for _, c := range []struct {
		parent       string
		role         obs.PlateRole
		camera, read string
	}{
		{"aa", obs.Front, "cam-f", "reader"},
		{"gone", obs.Trailer, "cam-t", "reader"}, {"gone", obs.Rear, "reader", "reader"}, {"", obs.Front, "reader", ""},
	} {
		r := readOf("reader", c.role, "389BK01")
		r.Parent = c.parent
		if camera, reader := v.viewOf(&r); camera != c.camera || reader != c.read {
			t.Errorf("parent %q, %s: %s by %q, want %s by %q", c.parent, c.role, camera, reader, c.camera, c.read)
		}
	}
}
