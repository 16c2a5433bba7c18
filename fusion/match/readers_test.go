package match

import (
	"testing"

	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

func second(text string, p quant.Prob) Read {
	r := front(text)
	r.Reader, r.P = "second", p
	return r
}

// What two readers say of one picture is one reading: agreeing, they are no two witnesses.
func TestTwoReadersOfOnePictureAreOneView(t *testing.T) {
	x := fleet()
	few := Prior{Undeclared: 900_000}
	alone := Match(x, Evidence{Reads: []Read{front("A5B5CUU")}}, 0, few)
	both := Match(x, Evidence{Reads: []Read{front("A5B5CUU"), second("A5B5CUU", 900_000)}}, 0, few)
	if both.Declared[0].Second || both.Auto() || both.Declared[0].Posterior != alone.Declared[0].Posterior {
		t.Errorf("one reading said twice: %+v, said once: %+v", both.Declared[0], alone.Declared[0])
	}
	two := front("A5B5CUU")
	two.Camera = "front 2"
	views := Match(x, Evidence{Reads: []Read{front("A5B5CUU"), two}}, 0, few)
	if views.Declared[0].Posterior == both.Declared[0].Posterior {
		t.Error("two cameras weigh as two readers of one picture do: the test tells nothing")
	}
}

func TestAReaderHelpsWhereTheOtherErred(t *testing.T) {
	x := fleet()
	for _, c := range []struct {
		name  string
		reads []Read
		state State
		best  string
		exact bool
	}{
		{"the second reader reads what the camera could not", []Read{front("ZZ9"), second("389BK01", 900_000)}, Matched, "full", false},
		{"the camera is right and the second reader far off", []Read{front("389BK01"), second("ZZ9", 900_000)}, Matched, "full", true},
		{"a camera without confidence is not silenced", []Read{{Text: "389BK01", Role: obs.Front, Camera: "front"}, second("777ZZZ02", 990_000)}, Matched, "full", false},
		{"a reader that knows nothing of its chances is not silenced", []Read{front("777ZZZ02"), second("389BK01", 0)}, Matched, "full", false},
		{"each reads another declared plate: an officer decides", []Read{front("389BK01"), second("390BK01", 900_000)}, Ambiguous, "full", true},
		{"both read an undeclared plate", []Read{front("777ZZZ02"), second("777ZZZ02", 900_000)}, None, "", false},
		{"nobody reads anything", []Read{front(""), second("", 0)}, None, "", false},
	} {
		r := Match(x, Evidence{Reads: c.reads}, 0, Prior{})
		best, exact := "", false
		if r.State != None {
			best, exact = r.Declared[0].Declaration, r.Declared[0].Exact
		}
		if r.State != c.state || best != c.best || exact != c.exact {
			t.Errorf("%s: %s %s exact %v, want %s %s %v: %+v", c.name, r.State, best, exact, c.state, c.best, c.exact, r.Declared)
		}
		turned := []Read{c.reads[1], c.reads[0]}
		if q := Match(x, Evidence{Reads: turned}, 0, Prior{}); q.State != r.State || len(q.Declared) > 0 && q.Declared[0].Declaration != r.Declared[0].Declaration {
			t.Errorf("%s: in the other order %s %+v", c.name, q.State, q.Declared)
		}
	}
}

// How much a reader writes must not count: ten poor alternatives do not outweigh one.
func TestAReaderWithManyAlternativesWeighsAsOne(t *testing.T) {
	x := fleet()
	reads := []Read{front("389BK01")}
	for _, text := range []string{"390BK01", "390BK0I", "39OBK01", "3908K01", "390BX01", "J390BK01"} {
		reads = append(reads, second(text, 990_000))
	}
	r := Match(x, Evidence{Reads: reads}, 0, Prior{})
	if r.Declared[0].Declaration != "full" || r.Declared[0].Posterior < 300_000 {
		t.Errorf("six alternatives of a second reader silence the camera: %+v", r.Declared)
	}
}

// Each reader is seen through what has been learnt of it.
func TestEachReaderHasItsOwnChannel(t *testing.T) {
	var pairs []plate.Confirmed
	for range 200 {
		pairs = append(pairs, plate.Confirmed{True: plate.Encode("389BK01"), Read: plate.Encode("389BW01")})
	}
	odd := plate.StartChannel().Learn(pairs) // it writes W for K
	x := decl.NewIndex(1, []*decl.Declaration{lorry("k", "388KK01", ""), lorry("v", "388VK01", "")})
	read := front("388WK01")
	posterior := func(x *decl.Index, r Read) quant.Prob {
		for _, c := range Match(x, Evidence{Reads: []Read{r}}, 0, Prior{}).Declared {
			if c.Declaration == "k" {
				return c.Posterior
			}
		}
		return 0
	}
	before := posterior(x, read)
	y := x.WithChannels(plate.NewChannels("v", 200, nil, map[string]*plate.Channel{"front": odd, "second": odd}))
	byName := posterior(y, read)
	read.Camera = "other"
	if other := posterior(y, read); byName < 900_000 || byName <= before || other != before {
		t.Errorf("K as W: %v before, %v by the camera that is learnt, %v by another", before, byName, other)
	}
	read.Reader = "second"
	if reader := posterior(y, read); reader != byName {
		t.Errorf("K as W by the second reader: %v, want %v", reader, byName)
	}
}

func TestAnUnaccompaniedTrailerIsMatchedByItself(t *testing.T) {
	box := &decl.Declaration{ID: "trailer", Units: []decl.Unit{{Role: "trailer", Plate: "24AN01"}}, Containers: []decl.Container{{ID: "CSQU3054383"}}}
	two := &decl.Declaration{ID: "two", Units: []decl.Unit{{Role: "trailer", Plate: "26AN01"}, {Role: "trailer", Plate: "27AN02"}}}
	x := decl.NewIndex(1, []*decl.Declaration{box, two, lorry("tractor", "389BK01", "")})
	for _, c := range []struct {
		name  string
		e     Evidence
		state State
		best  string
	}{
		{"an undeclared tractor brings it", Evidence{Reads: []Read{front("777ZZZ02"), trailer("24AN01")}}, Matched, "trailer"},
		{"its trailer is misread, the container agrees", Evidence{Reads: []Read{front("777ZZZ02"), trailer("24AN0I")}, Containers: []string{"CSQU3054383"}}, Matched, "trailer"},
		{"the tractor is declared for another load", Evidence{Reads: []Read{front("389BK01"), trailer("24AN01")}}, Ambiguous, "tractor"},
		{"another trailer is seen", Evidence{Reads: []Read{front("777ZZZ02"), trailer("B7777BB")}}, None, ""},
		{"the second of two", Evidence{Reads: []Read{front("777ZZZ02"), trailer("27AN02")}}, Matched, "two"},
		{"an undeclared tractor alone is none", Evidence{Reads: []Read{front("777ZZZ02")}}, None, ""},
	} {
		r := Match(x, c.e, 0, Prior{})
		best := ""
		if r.State != None {
			best = r.Declared[0].Declaration
		}
		if r.State != c.state || best != c.best && c.state == Matched {
			t.Errorf("%s: %s %s, want %s %s: %+v", c.name, r.State, best, c.state, c.best, r.Declared)
		}
	}
}

// Plate syntax never decides the country (domain rules 6.2): what several systems claim
// stays open, and what a camera says or a declaration names is weighed as it is.
func TestSyntaxNeverDecidesTheCountry(t *testing.T) {
	for text, want := range map[string][]string{
		"01298QMA": {"KG", "UZ"}, "389BK01": {"AM", "KZ"}, "24AN01": {"AM", "KZ"}, "24ANM01": {"KZ", "TR"}, "D123456": {"KZ", "UZ"}, "AB123477": {"RU"},
		"AB12347": {"BY", "RU"}, "1234AB77": {"RU"},
	} {
		claimed := map[string]bool{}
		for _, f := range plate.Formats(text) {
			claimed[f.Country] = true
		}
		for _, c := range want {
			if !claimed[c] {
				t.Errorf("%s is not told to be of %s: %v", text, c, claimed)
			}
		}
	}
	// The string is Armenian or Kazakh: the declared country does not change what a read
	// without a country is worth, and a camera's country counts although the syntax disagrees.
	of := func(country string) *decl.Index {
		d := lorry("d", "389BK01", "")
		d.Units[0].Country = country
		return decl.NewIndex(1, []*decl.Declaration{d, lorry("e", "389BX01", "")})
	}
	posterior := func(x *decl.Index, country string) quant.Prob {
		r := front("389BR01")
		r.Country = country
		for _, c := range Match(x, Evidence{Reads: []Read{r}}, 0, Prior{}).Declared {
			if c.Declaration == "d" {
				return c.Posterior
			}
		}
		return 0
	}
	same := posterior(of("KZ"), "")
	for _, country := range []string{"AM", "DE", ""} {
		if got := posterior(of(country), ""); got != same {
			t.Errorf("declared as %q: %v, as KZ: %v, although nobody saw a country", country, got, same)
		}
	}
	if agrees, differs := posterior(of("DE"), "DE"), posterior(of("DE"), "KZ"); agrees <= differs {
		t.Errorf("a German plate read as Kazakh weighs %v, read as German %v", differs, agrees)
	}
}
