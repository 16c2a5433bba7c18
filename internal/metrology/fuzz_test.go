package metrology

import (
	"encoding/json"
	"testing"
)

// FuzzVerify: whatever campaign is valid has a report with all its runs, whose errors are
// what was shown less the reference, and a plan that completes its runs.
func FuzzVerify(f *testing.F) {
	for _, c := range []*Campaign{campaign(), driven(campaign(), nil)} {
		b, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	x := tables(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Campaign
		if json.Unmarshal(b, &c) != nil || c.Validate() != nil {
			return
		}
		rep := Verify(&c, x)
		if len(rep.Runs) != len(c.Runs) || len(rep.References) != len(c.Vehicles) {
			t.Fatalf("%d of %d runs, %d of %d vehicles", len(rep.Runs), len(c.Runs), len(rep.References), len(c.Vehicles))
		}
		for _, r := range rep.Runs {
			for _, e := range r.Loads {
				if e.Error != e.Shown-e.Reference || e.Reference < 0 || e.Limit < 0 || e.Over && e.Class == e.classOf(rep) && e.Class != "" {
					t.Fatalf("run %d: %+v", r.N, e)
				}
			}
		}
		if rep.Passed && len(rep.Missing)+len(rep.Against) > 0 {
			t.Fatalf("passed although %q, %q", rep.Missing, rep.Against)
		}
		for _, d := range Plan(&c) {
			c.Runs = append(c.Runs, Run{Vehicle: d.Vehicle, Position: d.Position, Speed: (d.Band.From + d.Band.To) / 2})
		}
		if m := missingRuns(&c); len(m) > 0 {
			t.Fatalf("after the plan there is missing %q", m)
		}
	})
}

// classOf is the class whose limit stands beside e in a report without classes wanted.
func (e *Error) classOf(rep *Report) string {
	if (rep.Campaign.Want != Classes{}) {
		return "another"
	}
	if e.First == e.Last {
		return rep.Whole.Classes.Axle
	}
	return rep.Whole.Classes.Group
}

// FuzzParseCertificate: a certificate that is accepted is valid and comes back the same.
func FuzzParseCertificate(f *testing.F) {
	f.Add([]byte(`{"number":"1","class":"wim","serial":"7","standard":"s","issuer":"i","issued":"2026-03-02","expires":"2027-03-01","division_kg":20,"ranges":[{"from_mms":278,"to_mms":2778,"mass_class":"2"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCertificate(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseCertificate(again)
		if err != nil || len(d.Ranges) != len(c.Ranges) || d.Number != c.Number || d.Expires != c.Expires {
			t.Fatalf("%s comes back as %+v, %v", again, d, err)
		}
	})
}
