package rulepack

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"acsgd/fusion/rules"
)

const artic = `{"id":"A1","date":"2025-10-10","class":"articulated","road_class_kg":10000,"units":[2,3],` +
	`"axles":[{"mass_kg":6800,"gap_mm":0,"dual":false},{"mass_kg":11600,"gap_mm":3700,"dual":true},{"mass_kg":7000,"gap_mm":5600,"dual":false},` +
	`{"mass_kg":7000.5,"gap_mm":1310,"dual":false},{"gap_mm":1310,"dual":false}],"length_mm":16500,"width_mm":2550,"height_mm":4010,"u_mm":5}`

func TestCheck(t *testing.T) {
	in := strings.Join([]string{artic, "", `{"id":"bad","date":"tomorrow"}`, `{"id":`, `{"id":"gap","axles":[{"gap_mm":"wide"}]}`, `{"id":"empty"}`, strings.Repeat(" ", maxLine) + "{}"}, "\n")
	var out bytes.Buffer
	rep, err := Check(strings.NewReader(in), &out, "RU-2060", CheckOptions{})
	if err != nil || rep.Vehicles != 2 || len(rep.Faults) != 4 {
		t.Fatalf("Check = %+v, %v, want 2 vehicles and 4 faults", rep, err)
	}
	for i, want := range []int{3, 4, 5, 7} {
		if f := rep.Faults[i]; f.Line != want || !strings.HasPrefix(f.Error(), "line ") || errors.Unwrap(f) == nil {
			t.Errorf("fault %d: %v, want line %d", i, f, want)
		}
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var f rules.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("output line %q: %v", line, err)
		}
		got = append(got, f.Vehicle+" "+f.Quantity+" "+string(f.Verdict)+" "+f.Reason)
	}
	want := []string{
		"A1 axle within ", "A1 axle exceeds ", "A1 group undetermined an axle of the group was not measured", "A1 gross undetermined an axle was not measured",
		"A1 length within ", "A1 width within ", "A1 height exceeds ",
		"empty axle undetermined not measured", "empty gross undetermined not measured", "empty length undetermined not measured",
		"empty width undetermined not measured", "empty height undetermined not measured",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("findings\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestCheckDeductsWhenAskedFor(t *testing.T) {
	var out bytes.Buffer
	o := CheckOptions{Judge: rules.Options{Deduct: true}}
	if _, err := Check(strings.NewReader(strings.Replace(artic, "11600", "11111", 1)), &out, "RU-2060", o); err != nil {
		t.Fatal(err)
	}
	if line := strings.Split(out.String(), "\n")[1]; !strings.Contains(line, `"tolerance":1111.1,`) || !strings.Contains(line, `"reason":"within tolerance"`) || !strings.Contains(line, `"mark":"M"`) {
		t.Errorf("10 %% off the second axle: %s", line)
	}
}

func TestCheckFaults(t *testing.T) {
	if _, err := Check(strings.NewReader(artic), &bytes.Buffer{}, "XX", CheckOptions{}); err == nil || !strings.Contains(err.Error(), "KZ-342") {
		t.Errorf("unknown pack: %v, want the known ones named", err)
	}
	broken := errors.New("cable out")
	if _, err := Check(iotest.ErrReader(broken), &bytes.Buffer{}, "RU-2060", CheckOptions{}); !errors.Is(err, broken) {
		t.Errorf("broken input: %v", err)
	}
	if _, err := Check(strings.NewReader(artic), fullDisk{}, "RU-2060", CheckOptions{}); !errors.Is(err, errFull) {
		t.Errorf("full disk: %v", err)
	}
	if _, err := Check(strings.NewReader(strings.Repeat(artic+"\n", 50)), fullDisk{}, "RU-2060", CheckOptions{}); !errors.Is(err, errFull) {
		t.Errorf("full disk while writing: %v", err)
	}
	if _, err := ExplainAll(strings.NewReader(artic), fullDisk{}, "RU-2060", CheckOptions{}); !errors.Is(err, errFull) {
		t.Errorf("full disk, explain: %v", err)
	}
	if _, err := ExplainAll(strings.NewReader(artic), fullDisk{}, "XX", CheckOptions{}); err == nil {
		t.Error("explain with an unknown pack")
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestExplain(t *testing.T) {
	var out bytes.Buffer
	in := artic + "\n{\"id\":\"n\",\"axles\":[{\"mass_kg\":1},{\"mass_kg\":2,\"gap_mm\":4000}]}\n{\"class\":\"articulated\"}\n{}\nx\n" + strings.Repeat("x", maxLine+1)
	o := CheckOptions{Judge: rules.Options{Day: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}}
	rep, err := ExplainAll(strings.NewReader(in), &out, "RU-2060", o)
	if err != nil || rep.Vehicles != 4 || len(rep.Faults) != 2 {
		t.Fatalf("ExplainAll = %+v, %v", rep, err)
	}
	for _, want := range []string{
		"  law of 2025-10-10\n",
		"  law of 2026-01-02, the vehicle has no date\n",
		"  shape: articulated, 2 + 3 axles, code A2C3, as stated; pattern T11O3\n",
		"  shape: rigid, 2 + 0 axles, code A2*, from the axle spacings; pattern R11\n",
		"  shape: articulated, axles of the units not known\n",
		"  shape: not known; every class that fits is tried\n",
		"  axles 3 to 5: tridem, spacings sum to 2620 mm over 2 (bounds are compared times 2), 7000kg + 7000.5kg + not measured\n",
		"    judged     11600 kg - 0 kg = 11600 kg\n",
		"    limit      10000 kg, axle_limits.csv:48, mark V\n",
		"    excess     1600 kg, 16.00 % of the limit; RU-12.21.1: part 4: RUB 300000 to the owner\n",
		"    measured   4010 mm +- 5 mm\n",
		"    verdict    undetermined: an axle of the group was not measured\n",
		"    verdict    within\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the explanation lacks %q:\n%s", want, out.String())
			break
		}
	}
	out.Reset()
	b, err := Load(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := Explain(&out, b.Pack("KZ-342"), &rules.Vehicle{}, rules.Options{}); err != nil || !strings.Contains(out.String(), "simulator mode: unverified limits decide") || !strings.Contains(out.String(), "newest rows") {
		t.Errorf("explanation in simulator mode (%v): %s", err, out.String())
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(artic))
	f.Add([]byte(`{"axles":[{"mass_kg":1e20,"gap_mm":2147483647},{"mass_kg":1,"gap_mm":2147483647}],"u_gap_mm":2147483647,"gross_kg":9e15,"u_kg":9e15}`))
	b, err := Load(true)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, p := range b.Packs {
			var out bytes.Buffer
			if _, err := check(bytes.NewReader(in), &out, p, rules.Options{Deduct: true}); err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(out.Bytes()) {
				var fd rules.Finding
				if err := json.Unmarshal(line, &fd); err != nil || fd.Verdict == rules.Within && (fd.Measured == nil || *fd.Measured < 0) {
					t.Fatalf("%s: %v", line, err)
				}
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(true); err != nil {
			b.Fatal(err)
		}
	}
}
