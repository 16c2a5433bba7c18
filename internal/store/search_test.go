package store

import (
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/plate"
)

func TestFold(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"look-alikes become one", "O0DQ I1 Z2 S5 B8 G6", "0000112255" + "8866"},
		{"scripts become one", "а123во77", "A12380" + "77"},
		{"separators go", " 3-4.7 K/L*M 02 ", "347KLM02"},
		{"nothing stays nothing", "-- ", ""},
		{"what is longer than a plate stays whole", strings.Repeat("K", 40), strings.Repeat("K", 40)},
		{"what is far longer is cut", strings.Repeat("K", 400), strings.Repeat("K", platesMax)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fold(test.in); got != test.want {
				t.Errorf("fold(%q): got %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestNearIsAllWithinOneEdit(t *testing.T) {
	letters := alphabet()
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.StringOfN(rapid.SampledFrom(letters), editsFrom, 9, -1)
		a := draw.Draw(t, "a")
		b := []rune(a)
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch c := rapid.SampledFrom(letters).Draw(t, "c"); rapid.IntRange(0, 2).Draw(t, "edit") {
			case 0:
				b[i] = c
			case 1:
				b = slices.Insert(b, i, c)
			default:
				b = slices.Delete(b, i, i+1)
			}
		}
		all := near(a)
		if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Fatal("not in order, or some twice")
		}
		_, got := slices.BinarySearch(all, string(b))
		if want := plate.Distance(plate.Encode(a), plate.Encode(string(b)), 1) <= 1; got != want {
			t.Fatalf("%q near %q: got %v, want %v", string(b), a, got, want)
		}
	})
}

func TestKeyComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := key{time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402214400000000).Draw(t, "us")).UTC(), rapid.Int64().Draw(t, "num")}
		got, err := parseKey(k.String())
		if err != nil || got != k {
			t.Fatalf("%v: got %v, %v", k, got, err)
		}
	})
}

// Patterns and filters against a list that is looked through from end to end.
func TestSearchFindsWhatAListFinds(t *testing.T) {
	engines(t, func(t *testing.T, s Store) {
		r := rand.New(rand.NewPCG(3, 4))
		var list []Passage
		b := Batch{N: 1}
		for i := range 400 {
			p := opened(i, 1)
			for range r.IntN(3) {
				text := make([]byte, 1+r.IntN(7))
				for j := range text {
					text[j] = "1I70OKX"[r.IntN(7)]
				}
				p.Plates = append(p.Plates, string(text))
			}
			for _, d := range []string{"wim-1", "wim-2", "cam-1"} {
				if r.IntN(2) == 0 {
					p.Devices = append(p.Devices, d)
				}
			}
			p.Lane, p.Verdict = strconv.Itoa(r.IntN(2)), []string{"", "within", "exceeds"}[r.IntN(3)]
			b.Put(p)
			list = append(list, p)
		}
		put(t, s, b)
		slices.Reverse(list)
		rapid.Check(t, func(rt *rapid.T) {
			q := Query{
				Lane:    rapid.SampledFrom([]string{"", "0", "1", "2"}).Draw(rt, "lane"),
				Verdict: rapid.SampledFrom([]string{"", "within", "exceeds"}).Draw(rt, "verdict"),
				Device:  rapid.SampledFrom([]string{"", "", "wim-1", "cam-1", "none"}).Draw(rt, "device"),
				Plate:   rapid.StringOfN(rapid.SampledFrom([]rune("17KX0o*-*")), 0, 7, -1).Draw(rt, "plate"),
				Limit:   1000,
			}
			if rapid.Bool().Draw(rt, "times") {
				q.From = day.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "from")) * time.Minute)
				q.To = day.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "to")) * time.Minute)
			}
			var want []string
			for i := range list {
				if fits(q, &list[i]) {
					want = append(want, strings.TrimPrefix(list[i].ID, "KRD-1-"))
				}
			}
			got, _ := found(t, s, q)
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("search %+v: (-want +got)\n%s", q, diff)
			}
		})
	})
}

// fits is what Query promises, one passage at a time.
func fits(q Query, p *Passage) bool {
	if q.Device != "" && !slices.Contains(p.Devices, q.Device) {
		return false
	}
	if q.Lane != "" && q.Lane != p.Lane || q.Verdict != "" && q.Verdict != p.Verdict {
		return false
	}
	if !q.From.IsZero() && p.Opened.Before(q.From) || !q.To.IsZero() && !p.Opened.Before(q.To) {
		return false
	}
	if q.Plate == "" {
		return true
	}
	simple := strings.NewReplacer("-", "", "O", "0", "o", "0", "I", "1")
	want := simple.Replace(q.Plate)
	if want != "" && strings.Trim(want, "*") == "" {
		return true
	}
	for _, text := range p.Plates {
		text = simple.Replace(text)
		if strings.Contains(want, "*") {
			if ok, err := path.Match(want, text); err == nil && ok {
				return true
			}
			continue
		}
		edits := 0
		if len(want) >= editsFrom {
			edits = 1
		}
		if want != "" && plate.Distance(plate.Encode(want), plate.Encode(text), edits) <= edits {
			return true
		}
	}
	return false
}
