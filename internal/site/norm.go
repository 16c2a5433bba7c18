package site

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"acsgd/fusion/rules"
)

// ReadNorm reads a file of what released natural loads have told; path "" gives nil. Its
// version is named after its bytes.
func ReadNorm(path string) (*rules.NormLearnt, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("learnt natural loads: %w", err)
	}
	n, err := rules.ParseNorm(b)
	if err != nil {
		return nil, fmt.Errorf("learnt natural loads, %s: %w", path, err)
	}
	sum := sha256.Sum256(b)
	n.Version = "norm-" + hex.EncodeToString(sum[:4])
	return n, nil
}

// normOf gives what was learnt of one lane; nil if nothing was.
func normOf(n *rules.NormLearnt, lane string) *rules.NormLearnt {
	if n == nil {
		return nil
	}
	own := &rules.NormLearnt{Version: n.Version}
	for _, f := range n.Factors {
		if f.Lane == lane {
			own.Factors = append(own.Factors, f)
		}
	}
	for _, m := range n.Medians {
		if m.Lane == lane {
			own.Medians = append(own.Medians, m)
		}
	}
	if own.Factors == nil && own.Medians == nil {
		return nil
	}
	return own
}
