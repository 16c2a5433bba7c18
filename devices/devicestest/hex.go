package devicestest

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Unhex gives the bytes of a frame as documents print it: hex digits with blanks and line
// ends between them.
func Unhex(t testing.TB, parts ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(strings.Join(parts, "")), ""))
	if err != nil {
		t.Fatalf("frame %q: %v", parts, err)
	}
	return b
}
