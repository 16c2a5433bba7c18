package evidence

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/internal/obs"
)

func TestPutOpenVerify(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := s.Put("image/jpeg", []byte("picture"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Put("image/jpeg", []byte("picture")); err != nil || again != b {
		t.Errorf("second Put: %+v, %v, want %+v", again, err, b)
	}
	f, err := s.Open(b.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(f)
	f.Close()
	if string(got) != "picture" {
		t.Errorf("read %q", got)
	}
	if p, err := s.Get(b.SHA256); err != nil || string(p) != "picture" {
		t.Errorf("Get = %q, %v", p, err)
	}
	if err := s.Verify(b.SHA256); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, path(b.SHA256)), []byte("changed"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(b.SHA256); err == nil {
		t.Error("Verify accepts changed bytes")
	}
	if _, err := s.Get(b.SHA256); err == nil {
		t.Error("Get gives changed bytes")
	}
	if _, err := s.Get(strings.Repeat("0", 64)); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of what is not kept: %v", err)
	}
}

func TestNamesCannotEscape(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, n := range []string{"", "../../etc/passwd", "/etc/passwd", "zz"} {
		if f, err := s.Open(n); err == nil {
			f.Close()
			t.Errorf("Open(%q) succeeded", n)
		}
	}
	if _, err := s.Open("00000000000000000000000000000000000000000000000000000000000000ff"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown evidence: %v", err)
	}
}

func TestSweepKeepsWhatIsReferenced(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, _ := s.Put("x", []byte("a"))
	b, _ := s.Put("x", []byte("b"))
	n, err := s.Sweep(time.Now().Add(time.Hour), func(sum string) bool { return sum == a.SHA256 })
	if err != nil || n != 1 {
		t.Fatalf("Sweep removed %d, %v, want 1", n, err)
	}
	if _, err := s.Open(b.SHA256); !errors.Is(err, ErrNotFound) {
		t.Error("unreferenced evidence is still there")
	}
	if err := s.Verify(a.SHA256); err != nil {
		t.Error(err)
	}
}

// A process that was killed leaves the file that it was writing. In a container the next
// one has the same process number: it must not stumble over it.
func TestAFileLeftByAKilledProcessOfTheSameNumberIsInNobodysWay(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := obs.BlobOf("text/plain", []byte("picture"))
	if err := os.Mkdir(filepath.Join(dir, b.SHA256[:2]), 0o750); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, b.SHA256[:2], fmt.Sprintf(".%d-1", os.Getpid()))
	if err := os.WriteFile(left, []byte("pict"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put("text/plain", []byte("picture")); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(b.SHA256); err != nil {
		t.Error(err)
	}
	if n, err := s.Sweep(time.Now().Add(time.Hour), func(string) bool { return true }); n != 1 || err != nil {
		t.Errorf("%d files swept, %v, want the one that was left", n, err)
	}
}
