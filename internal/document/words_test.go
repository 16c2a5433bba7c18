package document

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

// TestWords: every word stands in three languages, asks for the same values in each, and
// the fonts have its letters.
func TestWords(t *testing.T) {
	all, err := wordsOf()
	if err != nil {
		t.Fatal(err)
	}
	if len(all[Kazakh]) < 400 {
		t.Fatalf("%d words", len(all[Kazakh]))
	}
	for key, kk := range all[Kazakh] {
		want := placeholder.FindAllString(kk, -1)
		slices.Sort(want)
		for _, l := range Langs {
			s := all[l][key]
			got := placeholder.FindAllString(s, -1)
			slices.Sort(got)
			if strings.TrimSpace(s) != s || s == "" || !slices.Equal(got, want) {
				t.Errorf("%s in %s: %q asks for %v, %q for %v", key, l, s, got, kk, want)
			}
			if printable(s) != s {
				t.Errorf("%s in %s: the fonts do not have all of %q", key, l, s)
			}
		}
	}
}

// TestEveryWordIsThere reads the keys that the package asks for out of its own source.
func TestEveryWordIsThere(t *testing.T) {
	all, err := wordsOf()
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`^(doc|sec|f|col|ins|say|why|unit|ver|test|cert)\.[a-z0-9_]+$`)
	asked := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if s, err := strconv.Unquote(lit.Value); err == nil && key.MatchString(s) {
				asked++
				if all[Kazakh][s] == "" {
					t.Errorf("%s: there is no word %s", path, s)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked < 150 {
		t.Errorf("only %d keys found: the walk is broken", asked)
	}
}

// TestWordsOfTheConsole: what both say, they say alike.
func TestWordsOfTheConsole(t *testing.T) {
	all, err := wordsOf()
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\s*'([\w.]+)':\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")`)
	for _, l := range Langs {
		b, err := os.ReadFile(filepath.Join("..", "..", "console", "web", "src", "lib", "i18n", string(l)+".ts"))
		if err != nil {
			t.Fatal(err)
		}
		same := 0
		for _, m := range line.FindAllStringSubmatch(string(b), -1) {
			ours, ok := all[l][m[1]]
			if !ok {
				continue
			}
			if theirs := strings.ReplaceAll(m[2]+m[3], `\'`, "'"); !strings.HasPrefix(m[1], "unit.") && ours != theirs {
				t.Errorf("%s in %s: the paper says %q, the console %q", m[1], l, ours, theirs)
			}
			same++
		}
		if same < 150 {
			t.Errorf("%s: only %d words in common: the catalogue was not read", l, same)
		}
	}
}

// TestSentences: what the core says in English is said in the language of the paper.
func TestSentences(t *testing.T) {
	w, err := wordsIn(Russian)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{w.reason("within tolerance"), "в пределах допуска"},
		{w.reason("prof is offline: no answer"), "prof: прибор недоступен: no answer"},
		{w.reason("wim has not reported; not measured"), "wim: не ответил; не измерено"},
		{w.reason("no certificate of wim-1"), "wim-1: свидетельство о поверке не внесено"},
		{w.reason("certificate KZ 1/2 of wim-1 expired on 2026-02-28"), "wim-1: свидетельство № KZ 1/2 истекло 28.02.2026"},
		{w.reason("speed 11.5 km/h outside the approved 1 to 5, 5 to 10 km/h"), "скорость 11,5 км/ч вне утверждённых: 1–5, 5–10 км/ч"},
		{w.reason("something new"), "something new"},
		{w.note("tyres_assumed"), "шины приняты"},
		{w.note("declared goods radiate by nature: Potash; expected profile: uniform"), "заявленный товар имеет природную радиоактивность: Potash; ожидается: равномерно"},
		{w.clause("Order 342 of 26 Mar 2015: cl. 5"), "Приказ № 342 от 26.03.2015: cl. 5"},
		{w.clause("usual tare of the vehicle class"), "обычная тара машин этого класса"},
		{w.band("RU-12.21.1: part 4: RUB 300000 to the owner"), "RU-12.21.1: часть 4: 300\u00a0000 руб. собственнику"},
		{w.test("lorry: 3 of 10 runs at 1 to 4 km/h"), "lorry: не хватает 3 из 10 проездов при 1–4 км/ч"},
		{w.test("single axle: class C is wanted, none is reached"), "одиночная ось: запрошен класс C, не достигнут никакой"},
		{w.test("speed 11.2 outside 1 to 10 km/h"), "скорость 11,2 км/ч вне 1–10 км/ч"},
		{w.number(1234567), "1234,567"}, {w.number(-12345678), "\u221212\u00a0345,678"}, {w.number(0), "0"},
		{w.kmh(1389), "5"}, {w.kmh(1400), "5"}, {w.kmh(1542), "5,6"}, {w.kmh(-1389), "\u22125"},
		{w.up(48_426), "49"}, {w.up(49_000), "49"}, {w.up(0), ""}, {w.percent(1234), "12,34\u00a0%"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}
