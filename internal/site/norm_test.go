package site

import (
	"os"
	"path/filepath"
	"testing"
)

func TestALaneGetsWhatWasLearntOfIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "norm.json")
	const learnt = `{"version":"","factors":[{"lane":"1","factor_micro":80,"cases":9},{"lane":"2","factor_micro":90,"cases":9}]}`
	if err := os.WriteFile(path, []byte(learnt), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := ReadNorm(path)
	if err != nil || len(n.Version) != len("norm-12345678") {
		t.Fatalf("%+v, %v", n, err)
	}
	if own := normOf(n, "2"); own == nil || len(own.Factors) != 1 || own.Factors[0].Factor != 90 || own.Version != n.Version {
		t.Errorf("of lane 2: %+v", own)
	}
	if own := normOf(n, "3"); own != nil {
		t.Errorf("of lane 3: %+v", own)
	}
	if n, err := ReadNorm(""); n != nil || err != nil {
		t.Errorf("no file: %+v, %v", n, err)
	}
	if _, err := ReadNorm(path + "x"); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := os.WriteFile(path, []byte(learnt[1:]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadNorm(path); err == nil {
		t.Error("a broken file was read")
	}
}
