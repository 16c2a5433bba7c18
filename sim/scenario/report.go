package scenario

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Result is the judgement of one run.
type Result struct {
	Scenario string
	Seed     uint64
	Mode     string // virtual, real
	Outcomes []*Outcome
	Extra    []Fault       // false passages, and what went wrong with the run itself
	Took     time.Duration // of the run, wall time
	Span     time.Duration // simulated
}

// Add judges one lane: its vehicles, and what was reported of it.
func (r *Result) Add(sc *Scenario, passings []*Passing, reported []*Passage) {
	outcomes, extra := Assign(passings, reported)
	for _, o := range outcomes {
		o.Judge(sc.Accuracy)
	}
	r.Outcomes = append(r.Outcomes, outcomes...)
	for _, p := range extra {
		r.Extra = append(r.Extra, Fault{False, p.ID + ": a passage without a vehicle"})
	}
	for _, p := range passings {
		if p.In.IsZero() {
			r.Extra = append(r.Extra, Fault{Missed, p.Name + " never drove in: the lane before it was not cleared"})
		}
	}
}

// Describe writes what was reported of every vehicle.
func (r *Result) Describe(w io.Writer) {
	for _, o := range r.Outcomes {
		fmt.Fprintf(w, "  lane %d %s (%s %s %v):\n", o.Passing.Lane, o.Passing.Name, o.Passing.Vehicle.Template, o.Passing.Vehicle.Front.Text, o.Passing.Vehicle.Gross())
		for _, p := range o.Passages {
			fmt.Fprintf(w, "    %s %s final %v green %v phase %s match %s missing %v plates %v\n      %s\n", p.ID, p.Verdict, p.Final, p.Green, p.Phase, p.Match.State, p.Missing, plates(p), open(p))
			if p.Gross != nil {
				fmt.Fprintf(w, "      gross %v ± %v, %d axles %v\n", p.Gross.Mass, p.Gross.U, len(p.Axles), p.Gross.Flags)
			}
			if s := p.Size; s != nil {
				fmt.Fprintf(w, "      length %v ± %v, width %v ± %v, height %v ± %v %v\n", s.Length, s.ULength, s.Width, s.UWidth, s.Height, s.UHeight, s.Flags)
			}
		}
	}
}

// Failed counts vehicles with faults, and all faults.
func (r *Result) Failed() (vehicles, faults int) {
	for _, o := range r.Outcomes {
		if len(o.Faults) > 0 {
			vehicles++
		}
		faults += len(o.Faults)
	}
	return vehicles, faults + len(r.Extra)
}

// Print writes each fault with scenario, seed and vehicle, then one line about the whole.
func (r *Result) Print(w io.Writer) {
	for _, o := range r.Outcomes {
		for _, f := range o.Faults {
			fmt.Fprintf(w, "%s seed %d lane %d %s: %s: %s\n", r.Scenario, r.Seed, o.Passing.Lane, o.Passing.Name, f.Kind, f.Text)
		}
	}
	for _, f := range r.Extra {
		fmt.Fprintf(w, "%s seed %d: %s: %s\n", r.Scenario, r.Seed, f.Kind, f.Text)
	}
	n, missed, wrong := 0, 0, len(r.Extra)
	for _, o := range r.Outcomes {
		for _, f := range o.Faults {
			if f.Kind == Missed {
				missed++
			} else {
				wrong++
			}
		}
		if len(o.Faults) > 0 {
			n++
		}
	}
	fmt.Fprintf(w, "%s seed %d: %d vehicles, %d as expected, %d missed and %d false findings\n", r.Scenario, r.Seed, len(r.Outcomes), len(r.Outcomes)-n, missed, wrong)
}

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Time     string     `xml:"time,attr"`
	Props    []property `xml:"properties>property"`
	Cases    []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	Failure []failure `xml:"failure"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes results as a JUnit report: a suite a scenario, a case a vehicle.
func JUnit(w io.Writer, results []*Result) error {
	var all suites
	for _, r := range results {
		vehicles, _ := r.Failed()
		s := suite{Name: r.Scenario, Tests: len(r.Outcomes), Failures: vehicles, Time: fmt.Sprintf("%.3f", r.Took.Seconds()),
			Props: []property{{"seed", fmt.Sprint(r.Seed)}, {"mode", r.Mode}}}
		for _, o := range r.Outcomes {
			s.Cases = append(s.Cases, testcase{Name: fmt.Sprintf("lane %d: %s", o.Passing.Lane, o.Passing.Name), Class: r.Scenario, Failure: failures(r, o.Faults)})
		}
		if len(r.Extra) > 0 {
			s.Tests++
			s.Failures++
			s.Cases = append(s.Cases, testcase{Name: "the run", Class: r.Scenario, Failure: failures(r, r.Extra)})
		}
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func failures(r *Result, fs []Fault) []failure {
	var out []failure
	for _, f := range fs {
		out = append(out, failure{Message: f.Text, Type: f.Kind, Text: fmt.Sprintf("scenario %s, seed %d: %s: %s", r.Scenario, r.Seed, f.Kind, f.Text)})
	}
	return out
}
