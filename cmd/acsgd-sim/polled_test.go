package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/internal/line"
)

const polledLane = `
lanes  = 1
length = "3m"
[[instruments.lane]]
lane  = 1
scale = "wim/modbus"
[[vehicle]]
name = "in the fault"
template = "T11O3"
load = 0.9
plate = "193MD14"
trailer = "42LDM06"
  [[vehicle.fault]]
  device = "wim"
  %s
  for = "40s"
  [vehicle.expect]
  verdict = %q
  match = "matched"
  %s
    [[vehicle.expect.may]]
    quantity = "axle|group|gross|length|declared_mass"
    verdict = "undetermined"
[[vehicle]]
name = "after it"
template = "T11O3"
load = 0.9
plate = "175LB20"
trailer = "68CKE17"
at = "100s"
  [vehicle.expect]
  verdict = "within"
  path = "green"
  match = "matched"
`

func TestAPolledScaleThatFailsIsMissedAndComesBack(t *testing.T) {
	for _, c := range []struct{ fault, verdict, more string }{
		{`kind = "disconnect"`, "undetermined", `missing = ["wim"]`},
		{`kind = "silence"`, "undetermined", `missing = ["wim"]`},
		{"kind = \"delay\"\n  delay = \"3s\"", "undetermined", `missing = ["wim"]`},
		{"kind = \"lost\"\n  share = 0.02", "within|undetermined", ""},
		{`kind = "duplicate"`, "within", ""},
	} {
		sc := traffic(t, fmt.Sprintf(polledLane, c.fault, c.verdict, c.more))
		r, err := runVirtual(t.Context(), sc, virtualOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, faults := r.Failed(); faults > 0 || len(r.Outcomes) != 2 {
			var b bytes.Buffer
			r.Print(&b)
			r.Describe(&b)
			t.Errorf("%s: %s", c.fault, b.String())
		}
	}
}

func TestARecordingOfAPolledScaleHasRequestsAndAnswers(t *testing.T) {
	dir := t.TempDir()
	sc := traffic(t, "lanes = 1\n[[instruments.lane]]\nlane = 1\nscale = \"wim/modbus\"\nmodel = \"laumas\"\n[[vehicle]]\ntemplate = \"R2\"\n")
	if _, err := runVirtual(t.Context(), sc, virtualOptions{Record: dir}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "wim-1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked, answered := 0, 0
	for e, err := range line.Entries(f) {
		if err != nil {
			t.Fatal(err)
		}
		if s := hex.EncodeToString(e.Hex); e.Tx && strings.HasSuffix(s, "00000006010300060005") {
			asked++
		} else if !e.Tx && strings.Contains(s, "0000000d01030a") {
			answered++
		}
	}
	if asked < 1000 || answered != asked {
		t.Errorf("%d requests, %d answers", asked, answered)
	}
}
