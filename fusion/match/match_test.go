package match

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/plate/platetest"
	"acsgd/internal/quant"
)

func lorry(id, tractor, trailer string) *decl.Declaration {
	d := &decl.Declaration{ID: id, Units: []decl.Unit{{Role: "tractor", Plate: tractor, Country: "KZ"}}}
	if trailer != "" {
		d.Units = append(d.Units, decl.Unit{Role: "trailer", Plate: trailer})
	}
	return d
}

func front(text string) Read {
	return Read{Text: text, P: 950_000, Role: obs.Front, Camera: "front"}
}

func trailer(text string) Read {
	return Read{Text: text, P: 950_000, Role: obs.Trailer, Camera: "rear"}
}

func fleet() *decl.Index {
	full := lorry("full", "389BK01", "24AN01")
	full.MRN = "50404-2026-A-17"
	full.Containers = []decl.Container{{ID: "CSQU3054383"}}
	full.Totals.Gross = quant.Kg(20_000)
	return decl.NewIndex(1, []*decl.Declaration{
		full, lorry("twin", "390BK01", "25AN01"), lorry("alone", "A585CUO", ""),
		lorry("im7", "01KG123ABC", ""), lorry("im4", "01KG123ABC", ""), lorry("ru", "A123BC77", "AB123477"),
	})
}

func TestMatch(t *testing.T) {
	x := fleet()
	for _, c := range []struct {
		name  string
		e     Evidence
		state State
		best  string
		auto  bool
	}{
		{"a plate read as declared opens the barrier", Evidence{Reads: []Read{front("389BK01")}}, Matched, "full", true},
		{"separators and Cyrillic twins do not matter", Evidence{Reads: []Read{front("А 123 ВС-77")}}, Matched, "ru", true},
		{"one wrong character alone is matched but not automatic", Evidence{Reads: []Read{front("A5B5CUO")}}, Matched, "alone", false},
		{"a fuzzy tractor with its exact trailer is automatic", Evidence{Reads: []Read{front("389BKO1"), trailer("24AN01")}}, Matched, "full", true},
		{"a fuzzy tractor with its container is automatic", Evidence{Reads: []Read{front("38BK01")}, Containers: []string{"CSQU 305438 3"}}, Matched, "full", true},
		{"two declarations of one lorry are both listed", Evidence{Reads: []Read{front("01KG123ABC")}}, Ambiguous, "im4", false},
		{"a Kyrgyz plate written without KG is the same plate", Evidence{Reads: []Read{front("01123ABC")}}, Ambiguous, "im4", false},
		{"a vehicle that nobody declared has no match", Evidence{Reads: []Read{front("777ZZZ02")}}, None, "", false},
		{"no evidence is no match", Evidence{}, None, "", false},
		{"a vehicle without a readable plate has no match", Evidence{Reads: []Read{front("")}}, None, "", false},
		{"a container alone finds its declaration", Evidence{Containers: []string{"CSQU3054383"}}, Matched, "full", true},
		{"a container with a wrong check digit says nothing", Evidence{Containers: []string{"CSQU3054384"}}, None, "", false},
		{"another tractor before a declared trailer is for the officer", Evidence{Reads: []Read{front("777ZZZ02"), trailer("24AN01")}}, Ambiguous, "full", false},
		{"another trailer behind a declared tractor is not automatic", Evidence{Reads: []Read{front("389BK01"), trailer("B7777BB")}}, Matched, "full", false},
		{"an undeclared trailer does not speak against a tractor declared alone", Evidence{Reads: []Read{front("A585CUO"), trailer("B7777BB")}}, Matched, "alone", true},
		{"a tractor with the trailer of another declaration is not automatic", Evidence{Reads: []Read{front("389BK01"), trailer("25AN01")}}, Matched, "full", false},
	} {
		r := Match(x, c.e, 0, Prior{})
		best := ""
		if len(r.Declared) > 0 && r.State != None {
			best = r.Declared[0].Declaration
		}
		if r.State != c.state || best != c.best || r.Auto() != c.auto {
			t.Errorf("%s: got %s %s auto %v, want %s %s %v: %+v", c.name, r.State, best, r.Auto(), c.state, c.best, c.auto, r.Declared)
		}
	}
	if r := Match(x, Evidence{Reads: []Read{front("389BK01")}}, 0, Prior{}); r.Declared[0].Number != "50404-2026-A-17" {
		t.Errorf("the candidate is not named by its registration: %+v", r.Declared[0])
	}
	if r := Match(x, Evidence{Reads: []Read{front("01KG123ABC")}}, 0, Prior{}); len(r.Declared) != 2 || r.Declared[0].Posterior != r.Declared[1].Posterior {
		t.Errorf("the pair of one lorry has unequal posteriors: %+v", r)
	}
}

func TestCharacterConfidenceDecidesBetweenNeighbours(t *testing.T) {
	x := decl.NewPlateIndex(1, []string{"383BK01", "388BK01"})
	read := front("38BBK01")
	for i, c := range "38BBK01" {
		p := quant.Prob(990_000)
		if i == 2 {
			p = 400_000
		}
		read.Chars = append(read.Chars, obs.Char{C: string(c), P: p})
	}
	r := Match(x, Evidence{Reads: []Read{read}}, 0, Prior{})
	if len(r.Declared) == 0 || r.Declared[0].Text != "388BK01" {
		t.Fatalf("B is taken for 8 more readily than for 3: %+v", r)
	}
	alt := Evidence{Reads: []Read{{Text: "38BBK01", P: 600_000, Camera: "c"}, {Text: "383BK01", P: 400_000, Camera: "c"}}}
	if r := Match(x, alt, 0, Prior{}); r.Declared[0].Text != "383BK01" {
		t.Errorf("an alternative of 40 %% that is declared must win: %+v", r)
	}
}

func TestMassWeighsButIsNoSecondEvidence(t *testing.T) {
	x := fleet()
	e := Evidence{Reads: []Read{front("389BKO1")}, Gross: quant.Kg(36_000), UGross: quant.Kg(300)}
	fits := Match(x, e, 0, Prior{})
	e.Gross = quant.Kg(8_000)
	empty := Match(x, e, 0, Prior{})
	e.UGross = 0
	unknown := Match(x, e, 0, Prior{})
	if fits.Auto() || empty.Auto() || unknown.Auto() {
		t.Errorf("automatic by a plate that is not exact: fits %v, empty %v, unknown %v", fits.Auto(), empty.Auto(), unknown.Auto())
	}
	if !(fits.Declared[0].Posterior >= unknown.Declared[0].Posterior && unknown.Declared[0].Posterior >= empty.Declared[0].Posterior) {
		t.Errorf("posteriors: fits %v, unknown %v, empty %v", fits.Declared[0].Posterior, unknown.Declared[0].Posterior, empty.Declared[0].Posterior)
	}
}

// Two cameras that read the same undeclared plate, one character from a declared one, show
// that plate and not the declared one misread twice in one way.
func TestAPlateReadAlikeByTwoCamerasIsNotItsNeighbour(t *testing.T) {
	x := decl.NewPlateIndex(1, platetest.Plates(rand.New(rand.NewPCG(3, 4)), 6000))
	kazakh := regexp.MustCompile(`^[0-9]{2}9[A-Z]{2}(0[1-9]|1[0-9]|20)$`)
	var declared string
	for i := range decl.PlateRef(x.Len()) {
		if s := x.Plate(i).String(); kazakh.MatchString(s) {
			declared = s
			break
		}
	}
	odd := strings.Replace(declared, "9", "1", 1)
	for _, role := range []obs.PlateRole{obs.Rear, obs.Trailer, ""} {
		one := Read{Text: odd, P: 970_000, Role: obs.Front, Camera: "front"}
		two := Read{Text: odd, P: 970_000, Role: role, Camera: "rear"}
		e := Evidence{Reads: []Read{one, two}, Gross: quant.Kg(36_000), UGross: quant.Kg(300)}
		if r := Match(x, e, 0, Prior{}); r.State == Matched {
			t.Errorf("%s is not declared and read alike from front and %q, %s is declared: %+v", odd, role, declared, r)
		}
		two.Text = declared
		e.Reads[1] = two
		if r := Match(x, e, 0, Prior{}); r.State != Matched || r.Declared[0].Text != declared {
			t.Errorf("%s is declared and read right from %q, misread from the front: %+v", declared, role, r)
		}
	}
}

func TestOddsAndUndeclaredShareWeigh(t *testing.T) {
	x := fleet()
	late := Prior{Odds: func(d *decl.Declaration) quant.Prob {
		if d.ID == "im7" {
			return 1000
		}
		return quant.Certain
	}}
	r := Match(x, Evidence{Reads: []Read{front("01KG123ABC")}}, 0, late)
	if r.State != Matched || r.Declared[0].Declaration != "im4" {
		t.Errorf("the declaration outside its window must not tie: %+v", r)
	}
	few := Match(x, Evidence{Reads: []Read{front("A5B5CUU")}}, 0, Prior{Undeclared: 20_000})
	many := Match(x, Evidence{Reads: []Read{front("A5B5CUU")}}, 0, Prior{Undeclared: 900_000})
	if few.Declared[0].Posterior <= many.Declared[0].Posterior {
		t.Errorf("posterior with few undeclared %v, with many %v", few.Declared[0].Posterior, many.Declared[0].Posterior)
	}
}

func TestAMatcherForgetsTheVehicleBefore(t *testing.T) {
	x := fleet()
	var m Matcher
	rapid.Check(t, func(t *rapid.T) {
		var e Evidence
		for range rapid.IntRange(0, 4).Draw(t, "reads") {
			text := platetest.Corrupt(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)),
				rapid.SampledFrom([]string{"389BK01", "24AN01", "A585CUO", "01KG123ABC", "X"}).Draw(t, "text"), 0.1)
			e.Reads = append(e.Reads, Read{Text: text, P: quant.Prob(rapid.IntRange(0, 1_000_000).Draw(t, "p")),
				Role: obs.PlateRole(rapid.SampledFrom([]string{"", "front", "rear", "trailer"}).Draw(t, "role")), Camera: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "camera")})
		}
		got, want := m.Match(x, e, 0, Prior{}), Match(x, e, 0, Prior{})
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		sum := quant.Prob(0)
		for i, c := range got.Declared {
			sum += c.Posterior
			if i > 0 && c.Posterior > got.Declared[i-1].Posterior {
				t.Fatalf("candidates out of order: %+v", got.Declared)
			}
		}
		if sum > quant.Certain+5 || len(got.Declared) > Listed {
			t.Fatalf("posteriors sum to %v of %d", sum, len(got.Declared))
		}
		if (got.State == Matched || got.State == Ambiguous) != (len(got.Declared) > 0 && got.Declared[0].Posterior >= leastListed) {
			t.Fatalf("state %s with %+v", got.State, got.Declared)
		}
	})
}

// TestAnswersAreTheSameOnEveryMachine holds the posteriors of fixed evidence to the ppm.
func TestAnswersAreTheSameOnEveryMachine(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	declared := platetest.Plates(r, 200_000)
	x := decl.NewPlateIndex(1, declared)
	got := ""
	for i := range 8 {
		text := platetest.Corrupt(r, declared[i], 0.15)
		res := Match(x, Evidence{Reads: []Read{{Text: text, P: 900_000}}}, 0, Prior{})
		got += fmt.Sprintf("%s %s", text, res.State)
		for _, c := range res.Declared {
			got += fmt.Sprintf(" %s=%d", c.Text, c.Posterior)
		}
		got += "\n"
	}
	if got != wantAnswers {
		t.Errorf("got\n%swant\n%s", got, wantAnswers)
	}
}

func TestMatchPlates(t *testing.T) {
	x, faults := decl.ParseIndex(1, []byte("389BK01\n\n 24 AN 01 \n01KG123ABC\n"))
	if len(faults) != 0 || x.Len() != 3 {
		t.Fatalf("index of %d, faults %v", x.Len(), faults)
	}
	reads := `{"id":"a","reads":[{"text":"389BK01","p":0.97}]}
{"id":2,"reads":[{"text":"24AN0I","p":0.6},{"text":"24AN01","p":0.4}]}
nonsense
{"id":"d","reads":[{"text":"777ZZZ02","p":1}]}
{"id":"e","reads":[{"text":"01123ABC","p":0.9}]}`
	var out []string
	errs := MatchPlates(x, []byte(reads), 0, Prior{}, func(a Answer) {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	})
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "line 3") {
		t.Errorf("faults %v", errs)
	}
	for i, want := range []string{
		`{"id":"a","state":"matched","declared":[{"declaration":"389BK01","text":"389BK01","posterior":1`,
		`{"id":2,"state":"matched","declared":[{"declaration":"24 AN 01","text":"24 AN 01","posterior":1`,
		`{"id":"d","state":"none"}`,
		`{"id":"e","state":"matched","declared":[{"declaration":"01KG123ABC","text":"01KG123ABC","posterior":1`,
	} {
		if i >= len(out) || !strings.HasPrefix(out[i], want) {
			t.Errorf("answer %d of %q, want %q", i, out, want)
		}
	}
}

func TestParseIndexTakesDeclarationsToo(t *testing.T) {
	x, faults := decl.ParseIndex(1, []byte("\xef\xbb\xbf"+`{"id":"d1","kind":"import","format":"x","units":[{"role":"tractor","plate":"389BK01"}]}
{"kind":"import","format":"x"}
{broken
24AN01`))
	if len(faults) != 1 || x.Len() != 3 || x.ByID("d1") == nil || x.ByID("line-2") == nil || x.ByID("24AN01") == nil {
		t.Errorf("index of %d, faults %v", x.Len(), faults)
	}
}

const wantAnswers = `G1041RY matched G1041RY=1000000
V849520 matched V849520=999997
4S6CN ambiguous 4661CN=214628
16814VIU matched 16814VIU=1000000
K1227G matched K1227G=999995
A5H66664 matched 45H666684=999784
I606003 ambiguous J606003=448503 I906003=446544 D206003=3 HE06003=3 I602703=3
0BO003 matched 08OD03=992726 09OF03=214
`
