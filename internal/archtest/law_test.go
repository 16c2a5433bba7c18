package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "acsgd"

// pure is the part of the standard library without clocks, locks, logs, chance and I/O.
// time is in it for its types; pure_test.go forbids its clock.
var pure = []string{
	"bytes", "cmp", "container/heap", "crypto/sha256", "encoding", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json",
	"errors", "fmt", "hash", "hash/crc32", "hash/fnv", "iter", "maps", "math", "math/bits", "regexp", "regexp/syntax", "slices", "sort",
	"strconv", "strings", "time", "unicode", "unicode/utf16", "unicode/utf8",
}

// closed maps a subtree to everything of ours that it may import; of the standard library
// it may import pure alone, of others nothing. The longest subtree that fits counts.
var closed = map[string][]string{
	"internal/quant":     nil,
	"internal/wire":      nil,
	"internal/obs":       {"internal/quant"},
	"internal/plate":     {"internal/quant"},
	"internal/decl":      {"internal/quant", "internal/plate"},
	"internal/metrology": {"internal/quant"},
	"fusion":             {"fusion", "internal/obs", "internal/quant", "internal/plate", "internal/decl", "internal/metrology"},
}

// rule forbids packages under from to import packages under any of to, except those under
// any of except. An empty from is every package; to may be outside the module.
type rule struct {
	from   string
	to     []string
	except []string
	tests  bool // the rule holds for test files too
	why    string
}

var forbidden = []rule{
	{from: "devices", to: []string{"fusion", "lanes", "console", "sim", "internal/store", "internal/journal", "internal/site", "internal/rulepack"},
		why: "instruments know nothing of decisions, places and people"},
	{from: "devices", to: []string{"devices/catalog"}, except: []string{"devices/catalog"}, why: "drivers do not know the catalogue"},
	{from: "devices/wim", to: classesBut("wim"), why: "device classes do not know one another"},
	{from: "devices/dims", to: classesBut("dims"), why: "device classes do not know one another"},
	{from: "devices/rpm", to: classesBut("rpm"), why: "device classes do not know one another"},
	{from: "devices/anpr", to: classesBut("anpr"), why: "device classes do not know one another"},
	{from: "devices/laneio", to: classesBut("laneio"), why: "device classes do not know one another"},
	{from: "devices/tracker", to: classesBut("tracker"), why: "device classes do not know one another"},
	{from: "sim", to: []string{"fusion", "lanes", "console", "devices", "internal/site", "internal/store", "internal/journal"},
		why: "the simulated world must not share a mistake with what it tests"},
	{from: "sim", to: []string{"internal/wire", "internal/obs"}, why: "simulator and drivers share no framing, checksum or scaling code"},
	{from: "console", to: []string{"lanes", "devices", "sim", "internal/store", "internal/journal", "internal/site", "database/sql"},
		why: "the console reaches history and lanes by interfaces of its own"},
	{from: "lanes", to: []string{"console", "sim", "internal/store", "internal/site", "github.com/gorilla/websocket"},
		why: "lanes publish to whoever listens"},
	{from: "internal", to: []string{"lanes", "console", "sim"}, except: []string{"internal/site", "internal/centre", "internal/roc"}, why: "only the wiring sees everything"},
	{from: "internal/config", to: []string{"devices", "fusion"}, why: "the site file is read without knowing any driver"},
	{from: "internal/journal", to: []string{"fusion"}, why: "the journal stores bytes"},
	{from: "internal/line", to: []string{"internal/obs"}, why: "links carry bytes"},
	{from: "internal/store", to: []string{"lanes", "devices", "console"}, why: "the store is a projection of the journal"},
	{from: "internal/document", to: []string{"internal/store", "internal/journal", "internal/evidence", "internal/signature", "os", "net", "database/sql"},
		why: "a paper is made of a record, and of nothing else"},
	{to: []string{"github.com/go-pdf/fpdf", "github.com/skip2/go-qrcode"}, except: []string{"internal/document"}, why: "papers are drawn in one place"},
	{to: []string{"cmd"}, why: "programs are wiring only"},
	{to: []string{"internal/site"}, except: []string{"cmd", "internal/site", "internal/centre"}, why: "the wiring is used by programs only"},
	{to: []string{"internal/roc"}, except: []string{"cmd/acsgd-sim", "internal/roc"}, why: "what joins simulator and engine to measure them is a bench"},
	{to: []string{"internal/matchbench"}, except: []string{"cmd/acsgd-sim", "internal/matchbench"}, why: "what joins the matcher and others to measure them is a bench"},
	{to: []string{"github.com/sajari/fuzzy"}, except: []string{"internal/matchbench"}, tests: true, why: "a method that ours is measured against is not part of the product"},
	{to: []string{"github.com/jackc/pgx"}, except: []string{"internal/store", "internal/matchbench"}, tests: true, why: "SQL of PostgreSQL stays in the store"},
	{to: []string{"gocv.io/x/gocv", "github.com/yalue/onnxruntime_go"}, except: []string{"devices/anpr/vision"}, tests: true, why: "cgo stays in the second reader"},
	{to: []string{"go.bug.st/serial"}, except: []string{"internal/line"}, why: "links are opened in one place"},
	{to: []string{"github.com/gorilla/websocket"}, except: []string{"console", "cmd", "internal/site"}, why: "the stream is the console's"},
}

// classesBut lists the device classes other than one.
func classesBut(class string) []string {
	var out []string
	for _, c := range []string{"wim", "dims", "rpm", "anpr", "laneio", "tracker"} {
		if c != class {
			out = append(out, "devices/"+c)
		}
	}
	return out
}

// imported is one import of one file.
type imported struct {
	pkg  string // directory under the root, "/"-separated
	file string
	test bool
	path string
}

// under reports whether path is prefix or lies below it; versions of a module count.
func under(path, prefix string) bool {
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func underAny(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return under(path, p) })
}

// judge returns what is wrong with one import; "" is nothing.
func judge(i imported) string {
	own, ours := strings.CutPrefix(i.path, module+"/")
	target := i.path
	if ours {
		target = own
	}
	for _, r := range forbidden {
		if i.test && !r.tests || !under(i.pkg, r.from) || underAny(i.pkg, r.except) || !underAny(target, r.to) {
			continue
		}
		return fmt.Sprintf("%s imports %s: %s", i.file, i.path, r.why)
	}
	if i.test || isTestSupport(i.pkg) {
		return ""
	}
	tree := ""
	for t := range closed {
		if under(i.pkg, t) && len(t) > len(tree) {
			tree = t
		}
	}
	switch {
	case tree == "":
	case ours && !underAny(own, append([]string{tree}, closed[tree]...)):
		return fmt.Sprintf("%s imports %s: %s may import of ours only %v", i.file, i.path, tree, closed[tree])
	case tree == "internal/metrology" && i.path == "embed": // tables that it was built with
	case tree == "internal/decl" && i.path == "sync": // an index is shared by lanes and makes its mix once
	case !ours && !slices.Contains(pure, i.path):
		return fmt.Sprintf("%s imports %s: %s is pure", i.file, i.path, tree)
	}
	return ""
}

// isTestSupport reports whether a package only serves tests: its name ends in "test".
func isTestSupport(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// isBench reports whether a package is a test in the form of a command: it may use what
// serves tests.
func isBench(pkg string) bool { return pkg == "internal/matchbench" }

// TestImportLaw reads the imports of every Go file under the root, whatever its build tags.
func TestImportLaw(t *testing.T) {
	seen := 0
	for _, i := range imports(t, root(t)) {
		seen++
		if fault := judge(i); fault != "" {
			t.Error(fault)
		}
	}
	if seen < 100 {
		t.Errorf("only %d imports found: the walk is broken", seen)
	}
}

// TestTestSupportIsForTests: what may break the law because it serves tests is imported by
// tests and by other such packages only.
func TestTestSupportIsForTests(t *testing.T) {
	for _, i := range imports(t, root(t)) {
		own, ours := strings.CutPrefix(i.path, module+"/")
		if ours && isTestSupport(own) && !i.test && !isTestSupport(i.pkg) && !isBench(i.pkg) {
			t.Errorf("%s imports %s, which is for tests", i.file, i.path)
		}
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func imports(t *testing.T, root string) []imported {
	t.Helper()
	var out []imported
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out = append(out, imported{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), strings.HasSuffix(name, "_test.go"), p})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLawForbids proves that the law can fail.
func TestLawForbids(t *testing.T) {
	for _, c := range []struct {
		pkg, path string
		test      bool
		forbidden bool
	}{
		{"devices/wim/tensom", "acsgd/fusion", false, true},
		{"devices/wim/tensom", "acsgd/devices/rpm/tsa", false, true},
		{"devices/wim/tensom", "acsgd/devices/wim", false, false},
		{"devices/wim/tensom", "acsgd/devices/catalog", false, true},
		{"devices/catalog", "acsgd/devices/wim/tensom", false, false},
		{"devices/wim/tensom", "acsgd/sim/wim", true, false},
		{"sim/wim", "acsgd/devices/wim", false, true},
		{"sim", "acsgd/fusion/rules", false, true},
		{"sim/wim", "acsgd/internal/wire", false, true},
		{"simulator", "acsgd/devices", false, false},
		{"fusion", "context", false, true},
		{"fusion", "net", false, true},
		{"fusion/rules", "os", false, true},
		{"fusion/match", "sync", false, true},
		{"fusion", "sync/atomic", false, true},
		{"fusion", "log/slog", false, true},
		{"fusion/radiation", "math/rand", false, true},
		{"fusion/radiation", "math/rand/v2", false, true},
		{"fusion/radiation", "math", false, false},
		{"fusion", "acsgd/internal/journal", false, true},
		{"fusion", "acsgd/internal/decl", false, false},
		{"fusion", "acsgd/fusion/rules", false, false},
		{"fusion", "github.com/google/go-cmp/cmp", false, true},
		{"fusion/rules", "acsgd/internal/rulepack", true, false},
		{"internal/metrology", "embed", false, false},
		{"fusion/rules", "embed", false, true},
		{"internal/obs", "acsgd/internal/quant", false, false},
		{"internal/obs", "acsgd/internal/plate", false, true},
		{"internal/quant", "acsgd/internal/obs", false, true},
		{"internal/wire", "io", false, true},
		{"internal/plate/platetest", "math/rand/v2", false, false},
		{"internal/store", "github.com/jackc/pgx/v5", false, false},
		{"internal/store", "github.com/jackc/pgx/v5", true, false},
		{"internal/journal", "github.com/jackc/pgx/v5", false, true},
		{"cmd/acsgd", "github.com/jackc/pgx/v5/pgxpool", true, true},
		{"console", "acsgd/lanes", false, true},
		{"console", "acsgd/fusion", false, false},
		{"lanes", "acsgd/console", false, true},
		{"internal/site", "acsgd/console", false, false},
		{"internal/journal", "acsgd/fusion", false, true},
		{"internal/rulepack", "acsgd/fusion/rules", false, false},
		{"internal/bus", "acsgd/internal/site", false, true},
		{"internal/document", "acsgd/internal/store", false, true},
		{"internal/document", "os", false, true},
		{"internal/document", "acsgd/fusion", false, false},
		{"console", "github.com/go-pdf/fpdf", false, true},
		{"cmd/acsgd-sim", "acsgd/devices/catalog", false, false},
		{"devices/anpr/vision", "gocv.io/x/gocv", false, false},
		{"devices/anpr/reader", "gocv.io/x/gocv", false, true},
	} {
		fault := judge(imported{c.pkg, c.pkg + "/x.go", c.test, c.path})
		if (fault != "") != c.forbidden {
			t.Errorf("%s -> %s (test %v): %q, want forbidden %v", c.pkg, c.path, c.test, fault, c.forbidden)
		}
	}
}
