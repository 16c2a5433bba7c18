package lanes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Snapshot is one lane's core after row N. It only makes restarts quick: without it, or
// with a damaged one, the journal is played from the start.
type Snapshot struct {
	Lane  string          `json:"lane"`
	N     uint64          `json:"n"`
	Seq   uint64          `json:"seq"`
	Epoch string          `json:"epoch"`
	State json.RawMessage `json:"state"`
}

// WriteSnapshot writes s into dir in one step.
func WriteSnapshot(dir string, s Snapshot) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode snapshot of lane %s: %w", s.Lane, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make snapshot directory: %w", err)
	}
	name := filepath.Join(dir, "lane-"+s.Lane+".json")
	tmp := name + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	_, werr := f.Write(b)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write snapshot %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, name); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// ReadSnapshots reads the snapshots in dir that belong to the journal with this epoch and
// are not ahead of its head. A snapshot that cannot be read is left out and named in skipped.
func ReadSnapshots(dir, epoch string, head uint64) (ss []Snapshot, skipped []error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{fmt.Errorf("read snapshots: %w", err)}
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		var s Snapshot
		if err == nil {
			err = json.Unmarshal(b, &s)
		}
		switch {
		case err != nil:
			skipped = append(skipped, fmt.Errorf("snapshot %s: %w", e.Name(), err))
		case s.Epoch != epoch || s.N > head:
			skipped = append(skipped, fmt.Errorf("snapshot %s belongs to another journal", e.Name()))
		default:
			ss = append(ss, s)
		}
	}
	return ss, skipped
}
