// Package sharedtest finds the recordings of real instruments, vectors and other reference
// data that tests are held against. They are too large for the repository and lie beside
// the checkout, in ../shared/data, or where ACSGD_SHARED_DATA says.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is the file or folder with this name under the reference data. A test that needs
// what is not there is skipped, and says so.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	p := filepath.Join(append([]string{root(t)}, elem...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("no reference data beside the checkout or in ACSGD_SHARED_DATA: %v", err)
	}
	return p
}

// File is the content of a file under the reference data, as Path.
func File(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// root is the folder of the reference data, whether or not there is one.
func root(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("ACSGD_SHARED_DATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd() // of a test: its package
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "data")
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
