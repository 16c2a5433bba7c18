package rules

import (
	"time"

	"acsgd/internal/quant"
)

// Derivation is one judgement step by step: the same for a printed explanation and for a
// screen.
type Derivation struct {
	Pack      string  `json:"pack"`
	Act       string  `json:"act"`
	Version   string  `json:"version"`             // of the tables
	Simulator bool    `json:"simulator,omitempty"` // unverified rows decided
	Day       string  `json:"day,omitempty"`       // whose law counts; "" is the newest
	DayOf     string  `json:"day_of,omitempty"`    // vehicle, options
	Shape     Shape   `json:"shape"`
	Groups    []Bogie `json:"groups,omitempty"`
	Findings  []Steps `json:"findings"`
}

// Shape is what the vehicle was taken for.
type Shape struct {
	Class    string `json:"class,omitempty"` // "" is not known: every class that fits was tried
	Tractor  int    `json:"tractor,omitempty"`
	Trailer  int    `json:"trailer,omitempty"`
	Code     string `json:"code,omitempty"`    // IVWC
	Pattern  string `json:"pattern,omitempty"` // T11O3
	Inferred bool   `json:"inferred,omitempty"`
}

// Bogie is an axle group with what it was formed from.
type Bogie struct {
	First    int            `json:"first"`
	Last     int            `json:"last"`
	Kind     string         `json:"kind"`              // single, tandem, tridem, multi
	Spacings []quant.Length `json:"gaps_mm,omitempty"` // between its axles
	Sum      quant.Length   `json:"sum_mm,omitempty"`  // the bounds are compared times the number of spacings
	Loads    []*quant.Mass  `json:"loads_kg"`          // nil: not measured
}

// Steps is one finding and how it came about.
type Steps struct {
	Finding Finding `json:"finding"`
	Steps   []Step  `json:"steps"`
}

// Step is one step of a derivation; which of its values are set depends on Kind.
type Step struct {
	Kind StepKind `json:"kind"`
	// Values in Unit: measured with its uncertainty; the limit; what is taken off; what is
	// judged against the limit; the excess.
	Value *Value `json:"value,omitempty"`
	Other *Value `json:"other,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Over  bool   `json:"over,omitempty"` // Compared: Value is above Other
	BP    int64  `json:"bp,omitempty"`   // Excess: basis points of the limit
	Text  string `json:"text,omitempty"` // the clause, the note, the band, the reason
	Row   string `json:"row,omitempty"`
	Mark  string `json:"mark,omitempty"`
}

// StepKind names a step.
type StepKind string

// The steps, in the order in which they stand. A step that does not occur is left out.
const (
	StepMeasured StepKind = "measured" // Value ± Other; without Value nothing was measured
	StepLimit    StepKind = "limit"    // Value by Row, with its Mark; Text is the clause
	StepTakenOff StepKind = "taken_off"
	StepCompared StepKind = "compared" // Value against the limit Other
	StepExcess   StepKind = "excess"
	StepBand     StepKind = "band"
	StepNote     StepKind = "note"
	StepVerdict  StepKind = "verdict" // Text is the reason
)

var kindNames = [...]string{Single: "single", Tandem: "tandem", Tridem: "tridem", Multi: "multi"}

// Derive judges v and says how.
func Derive(p *Pack, v *Vehicle, o Options) Derivation {
	d := Derivation{Pack: p.ID, Act: p.Act, Version: p.Version, Simulator: p.Simulator}
	switch {
	case v.Date != "":
		d.Day, d.DayOf = v.Date, "vehicle"
	case !o.Day.IsZero():
		d.Day, d.DayOf = o.Day.Format(time.DateOnly), "options"
	}
	if c, ok := Infer(v); ok {
		d.Shape = Shape{Class: c.Class, Tractor: max(c.Tractor, 0), Trailer: c.Trailer, Code: AxleCode(v), Pattern: Pattern(v), Inferred: v.Class == ""}
	}
	for _, g := range Groups(nil, p, v) {
		d.Groups = append(d.Groups, bogie(v, g))
	}
	for _, f := range Judge(nil, p, v, o) {
		d.Findings = append(d.Findings, Steps{f, f.steps()})
	}
	return d
}

func bogie(v *Vehicle, g Group) Bogie {
	b := Bogie{First: g.First, Last: g.Last, Kind: kindNames[g.Kind]}
	for i := g.First - 1; i < g.Last; i++ {
		b.Loads = append(b.Loads, v.Axles[i].Mass)
		if i >= g.First {
			b.Spacings = append(b.Spacings, v.Axles[i].Gap)
			b.Sum += v.Axles[i].Gap
		}
	}
	return b
}

// steps takes a finding apart.
func (f *Finding) steps() []Step {
	out := []Step{{Kind: StepMeasured, Value: f.Measured, Other: f.Uncertainty, Unit: f.Unit}}
	if f.Row != "" {
		out = append(out, Step{Kind: StepLimit, Value: f.Limit, Unit: f.Unit, Text: f.Clause, Row: f.Row, Mark: f.Mark})
	}
	if f.Tolerance != nil && f.Measured != nil {
		judged := *f.Measured - *f.Tolerance
		out = append(out, Step{Kind: StepTakenOff, Value: f.Tolerance, Unit: f.Unit},
			Step{Kind: StepCompared, Value: &judged, Other: f.Limit, Unit: f.Unit, Over: f.Excess != nil})
	}
	if f.Excess != nil {
		out = append(out, Step{Kind: StepExcess, Value: f.Excess, Unit: f.Unit, BP: f.ExcessBP})
	}
	if f.Band != "" {
		out = append(out, Step{Kind: StepBand, Text: f.Band})
	}
	for _, n := range f.Notes {
		out = append(out, Step{Kind: StepNote, Text: n})
	}
	return append(out, Step{Kind: StepVerdict, Text: f.Reason})
}
