package rules

// Grade is how well the declared goods explain a gamma alarm.
type Grade string

// The grades.
const (
	GradeA Grade = "A" // consistent
	GradeB Grade = "B" // evidence is incomplete
	GradeC Grade = "C" // contradicts
	GradeX Grade = "X" // neutrons, a compact peak or scrap: nothing declared explains it
)

// NormAdvice is what the declared goods make of a gamma alarm. It is advice: it neither
// lowers the alarm nor opens the barrier.
type NormAdvice struct {
	Grade    Grade      `json:"grade"`
	Lines    []NormLine `json:"lines"`                       // declared goods that are in the table
	Expected int32      `json:"expected_permille,omitempty"` // net counts, of the background; 0 is not known
	Measured *int32     `json:"measured_permille,omitempty"` // of the plateau
	Extent   *int32     `json:"extent_permille,omitempty"`   // of the load's length
	Reasons  []Because  `json:"reasons"`
	// Mark is the worst evidence mark of the rows and of the factor that the expectation
	// rests on: M is from memory.
	Mark   string `json:"mark,omitempty"`
	Factor string `json:"factor"` // where the factor comes from: default, or the version of what was learnt
}

// NormLine is one declared item that radiates by nature, or scrap.
type NormLine struct {
	Item      int    `json:"item"` // its number in the declaration
	HS        string `json:"hs"`
	Commodity string `json:"commodity"`
	Nuclides  string `json:"nuclides,omitempty"`
	Low       int    `json:"low_bq_kg,omitempty"` // activity
	High      int    `json:"high_bq_kg,omitempty"`
	Row       string `json:"row,omitempty"`
	Mark      string `json:"mark,omitempty"`
	Orphan    bool   `json:"scrap,omitempty"` // an orphan source until shown otherwise
}
