package archtest

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clock are the functions of package time that read or wait for the clock.
var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"}

// TestCoreIsPure parses every package of fusion and refuses goroutines, clocks, maps whose
// order has effects, and floats compared for equality.
func TestCoreIsPure(t *testing.T) {
	dir := root(t)
	exports := exportData(t, dir, "./fusion/...")
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, "fusion"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() == "testdata" {
			return err
		}
		fset := token.NewFileSet()
		parsed := parseDir(t, fset, path)
		if len(parsed) == 0 {
			return nil
		}
		files += len(parsed)
		for _, fault := range impure(t, fset, parsed, exports) {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("only %d files of fusion found: the walk is broken", files)
	}
}

// parseDir parses the Go files of a directory that belong to a build, without tests.
func parseDir(t *testing.T, fset *token.FileSet, dir string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.File
	for _, e := range entries {
		if ok, err := build.Default.MatchFile(dir, e.Name()); err != nil || !ok || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// exportData returns the export files of packages and all that they import, by import path.
func exportData(t *testing.T, dir string, patterns ...string) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, patterns...)...)
	cmd.Dir = dir
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("list export data of %v: %v", patterns, err)
	}
	out := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out[path] = file
	}
	return out
}

// impure type-checks one package and returns its faults.
func impure(t *testing.T, fset *token.FileSet, files []*ast.File, exports map[string]string) []string {
	t.Helper()
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object), Defs: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	if _, err := conf.Check(files[0].Name.Name, fset, files, info); err != nil {
		t.Fatalf("type-check %s: %v", fset.Position(files[0].Pos()).Filename, err)
	}
	c := &checker{fset: fset, info: info}
	for _, f := range files {
		ast.Inspect(f, c.visit)
	}
	return c.faults
}

type checker struct {
	fset   *token.FileSet
	info   *types.Info
	faults []string
	sorted map[*ast.RangeStmt]string // loops whose collected slice is sorted right after
	fine   map[ast.Expr]bool         // calls of maps.Keys and the like that are sorted at once
}

func (c *checker) fault(n ast.Node, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf("%s: %s", c.fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
}

func (c *checker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.fault(n, "go statement")
	case *ast.SelectStmt:
		c.fault(n, "select statement")
	case *ast.BlockStmt:
		c.sortsAfter(n.List)
	case *ast.CaseClause:
		c.sortsAfter(n.Body)
	case *ast.CallExpr:
		c.call(n)
	case *ast.SelectorExpr:
		if pkg, name := c.function(n); pkg == "time" && slices.Contains(clock, name) {
			c.fault(n, "time.%s reads or waits for the clock", name)
		}
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ) && (c.float(n.X) || c.float(n.Y)) && !c.constant(n) {
			c.fault(n, "floats compared for equality")
		}
	case *ast.SwitchStmt:
		if n.Tag != nil && c.float(n.Tag) {
			c.fault(n, "switch on a float")
		}
	case *ast.RangeStmt:
		if c.isMap(n.X) {
			c.mapRange(n)
		}
	}
	return true
}

// function returns the package and name of a selected package-level function.
func (c *checker) function(e ast.Expr) (pkg, name string) {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if f, ok := c.info.Uses[s.Sel].(*types.Func); ok && f.Pkg() != nil && f.Signature().Recv() == nil {
		return f.Pkg().Path(), f.Name()
	}
	return "", ""
}

// call refuses maps.Keys, Values and All unless slices sorts them at once.
func (c *checker) call(n *ast.CallExpr) {
	if c.fine == nil {
		c.fine = make(map[ast.Expr]bool)
	}
	pkg, name := c.function(n.Fun)
	if pkg == "slices" && strings.HasPrefix(name, "Sorted") && len(n.Args) > 0 {
		c.fine[n.Args[0]] = true
	}
	if pkg == "maps" && (name == "Keys" || name == "Values" || name == "All") && !c.fine[n] {
		c.fault(n, "maps.%s in the order of the map", name)
	}
}

func (c *checker) float(e ast.Expr) bool {
	b, ok := c.info.TypeOf(e).Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

func (c *checker) constant(e ast.Expr) bool {
	tv := c.info.Types[e]
	return tv.Value != nil || tv.IsNil()
}

func (c *checker) isMap(e ast.Expr) bool {
	_, ok := c.info.TypeOf(e).Underlying().(*types.Map)
	return ok
}

// sortsAfter notes loops that are followed at once by a sort of one slice.
func (c *checker) sortsAfter(list []ast.Stmt) {
	for i := 0; i+1 < len(list); i++ {
		r, ok := list[i].(*ast.RangeStmt)
		e, ok2 := list[i+1].(*ast.ExprStmt)
		if !ok || !ok2 {
			continue
		}
		call, ok := e.X.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		pkg, name := c.function(call.Fun)
		if pkg == "slices" && strings.HasPrefix(name, "Sort") || pkg == "sort" {
			if c.sorted == nil {
				c.sorted = make(map[*ast.RangeStmt]string)
			}
			c.sorted[r] = types.ExprString(call.Args[0])
		}
	}
}

// mapRange refuses a body whose result may depend on the order of the map. It may sum whole
// numbers, take min and max, set flags to constants, delete, write to another map at the
// same key, and collect into a slice that is sorted right after the loop.
func (c *checker) mapRange(r *ast.RangeStmt) {
	ast.Inspect(r.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			c.mapAssign(r, n)
		case *ast.CallExpr:
			if tv := c.info.Types[n.Fun]; !tv.IsBuiltin() && !tv.IsType() {
				c.fault(n, "range over a map calls %s", types.ExprString(n.Fun))
			}
		case *ast.ReturnStmt:
			if slices.ContainsFunc(n.Results, func(e ast.Expr) bool { return !c.constant(e) }) {
				c.fault(n, "range over a map returns what it met first")
			}
		case *ast.SendStmt, *ast.DeferStmt:
			c.fault(n, "range over a map has effects")
		}
		return true
	})
}

func (c *checker) mapAssign(r *ast.RangeStmt, a *ast.AssignStmt) {
	for i, lhs := range a.Lhs {
		id, isIdent := lhs.(*ast.Ident)
		switch {
		case a.Tok == token.DEFINE, isIdent && (id.Name == "_" || c.local(id, r)):
			continue
		case a.Tok != token.ASSIGN:
			if b, ok := c.info.TypeOf(lhs).Underlying().(*types.Basic); ok && b.Info()&types.IsInteger != 0 {
				continue
			}
		case len(a.Rhs) == len(a.Lhs) && (c.constant(a.Rhs[i]) || c.minMax(a.Rhs[i]) || c.collects(r, lhs, a.Rhs[i])):
			continue
		}
		if x, ok := lhs.(*ast.IndexExpr); ok && c.isMap(x.X) && r.Key != nil && types.ExprString(x.Index) == types.ExprString(r.Key) {
			continue
		}
		c.fault(a, "range over a map assigns %s", types.ExprString(lhs))
	}
}

// local reports whether a variable is declared inside the loop.
func (c *checker) local(id *ast.Ident, r *ast.RangeStmt) bool {
	o := c.info.Uses[id]
	return o != nil && o.Pos() >= r.Pos() && o.Pos() < r.End()
}

func (c *checker) builtin(e ast.Expr, names ...string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	return ok && c.info.Types[call.Fun].IsBuiltin() && slices.Contains(names, id.Name)
}

func (c *checker) minMax(e ast.Expr) bool { return c.builtin(e, "min", "max") }

func (c *checker) collects(r *ast.RangeStmt, lhs, rhs ast.Expr) bool {
	return c.builtin(rhs, "append") && c.sorted[r] == types.ExprString(lhs)
}

// TestCheckerFindsImpurity proves that the checker can fail: each line that ends in a
// comment "bad" has exactly one fault, and no other line has one.
func TestCheckerFindsImpurity(t *testing.T) {
	const src = `package p

import (
	"maps"
	"slices"
	"sort"
	"time"
)

type clocked struct{}

func (clocked) Now() time.Time { return time.Time{} }

func f(m map[string]int, x, y float64, k clocked) (n int, s []string) {
	go func() {}() // bad
	select {} // bad
	_ = time.Now() // bad
	g := time.Since // bad
	_ = g
	_ = k.Now()
	_ = time.Unix(1, 0).After(time.Time{})
	if x == y { // bad
	}
	if x != 0 { // bad
	}
	if x < y || n == 3 || 1.5 == 2.5 {
	}
	switch x { // bad
	}
	other := make(map[string]int)
	seen := false
	for k, v := range m {
		n += v
		n = max(n, v)
		n++
		other[k] = v
		delete(m, k)
		seen = true
		w := v + len(k)
		w = int(float64(w))
		if v > 3 {
			return 7, nil
		}
	}
	for k, v := range m {
		x += float64(v) // bad
		s = append(s, k) // bad
		other["z"] = v // bad
		n = v // bad
		h(k) // bad
		if v > 3 {
			return v, nil // bad
		}
	}
	for k := range m {
		s = append(s, k)
	}
	sort.Strings(s)
	switch {
	case seen:
		for k := range m {
			s = append(s, k)
		}
		slices.Sort(s)
	}
	for range maps.Keys(m) { // bad
	}
	_ = slices.Collect(maps.Values(m)) // bad
	return n, slices.Sorted(maps.Keys(m))
}

func h(string) {}
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "src.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	faults := impure(t, fset, []*ast.File{f}, exportData(t, root(t), "maps", "slices", "sort", "time"))
	count := make(map[string]int)
	for _, fault := range faults {
		line, _, _ := strings.Cut(strings.TrimPrefix(fault, "src.go:"), ":")
		count[line]++
	}
	for i, line := range strings.Split(src, "\n") {
		want := 0
		if strings.HasSuffix(line, "// bad") {
			want = 1
		}
		if got := count[fmt.Sprint(i+1)]; got != want {
			t.Errorf("line %d %q: %d faults, want %d", i+1, line, got, want)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(faults, "\n"))
	}
}
