package radiation

// Analysis is what the engine finds in a closed occupancy beside the k-sigma test that the
// portal makes too. Times are ms after Occupancy.Start.
type Analysis struct {
	Templates string       `json:"templates,omitempty"` // version in force; "" = none
	Alarm     bool         `json:"alarm"`               // of any of Tests
	Tests     []TestResult `json:"tests"`
	// Expected is what the vehicle's shadow leaves of the background, in permille of it, for
	// each of Occupancy.Slices; empty where it is not known.
	Expected []int32   `json:"expected_permille,omitempty"`
	Net      int32     `json:"net_cps"`      // largest excess over the expected counts, all panels, in a second
	NetShare int32     `json:"net_permille"` // the same in permille of the background
	Peak     *Peak     `json:"peak,omitempty"`
	Spectrum *Spectrum `json:"spectrum,omitempty"` // nil without energy windows
}

// The names of the tests.
const (
	TestTemplate = "template"        // excess over the shadow that is expected of such a vehicle
	TestPillars  = "pillars"         // one pillar against the opposite one
	TestLevel    = "level"           // excess over the background itself
	TestRatio    = "window_ratio"    // low against high energies
	TestDistance = "window_distance" // spectral distance from the background
)

// TestResult is the outcome of one test.
type TestResult struct {
	Name      string `json:"name"`
	Sigma     int32  `json:"milli_sigma"`
	Threshold int32  `json:"threshold_milli_sigma"` // alarm above
	Alarm     bool   `json:"alarm"`
	Group     string `json:"group,omitempty"` // panels: sum, left, right, ...
	At        int32  `json:"t_ms"`
	Reason    string `json:"reason,omitempty"` // why it could not be made; Sigma means nothing then
}

// titles are the names of the tests as people read them.
var titles = map[string]string{
	TestTemplate: "expected shadow",
	TestPillars:  "opposite pillar",
	TestLevel:    "level",
	TestRatio:    "energy ratio",
	TestDistance: "spectral distance",
}

// Title is the test's name as people read it.
func (r *TestResult) Title() string {
	if t, ok := titles[r.Name]; ok {
		return t
	}
	return r.Name
}

// Learned reports a test that needs templates.
func (r *TestResult) Learned() bool {
	return r.Name == TestTemplate || r.Name == TestPillars || r.Name == TestLevel
}

// Alarms appends the titles of the tests that alarm.
func (a *Analysis) Alarms(dst []string) []string {
	for i := range a.Tests {
		if a.Tests[i].Alarm {
			dst = append(dst, a.Tests[i].Title())
		}
	}
	return dst
}

// Peak is where the excess over the expected counts is.
type Peak struct {
	At    int32 `json:"t_ms"`      // its middle
	From  int32 `json:"from_t_ms"` // where it rises above half of its height
	To    int32 `json:"to_t_ms"`
	Side  int32 `json:"side_permille"` // -1000 all in the left pillar .. 1000 all in the right one; 0 of a portal with one pillar
	High  int32 `json:"high_permille"` // -1000 all in the lower panels .. 1000 all in the upper ones; 0 where they are at one height
	Shape Shape `json:"shape"`
	// OnPlateau says that a compact peak stands on a distributed excess.
	OnPlateau bool `json:"on_plateau,omitempty"`
}

// Shape is how far an excess extends along the vehicle.
type Shape string

// The shapes.
const (
	Compact      Shape = "compact"     // as wide as a point source
	Distributed  Shape = "distributed" // along most of the load
	UnknownShape Shape = "unknown"
)

// Spectrum is the excess in the portal's energy windows.
type Spectrum struct {
	Shares [4]int32      `json:"shares_permille"` // of the net counts, low to high energy
	Class  SpectrumClass `json:"class"`
}

// SpectrumClass is what an excess looks like in energy windows.
type SpectrumClass string

// The classes of spectra. A class is a hint, no identification.
const (
	NormLike        SpectrumClass = "norm" // like the background: K-40, radium and thorium series
	Soft            SpectrumClass = "soft" // possible nuclear material, Am-241, Tc-99m
	Medium          SpectrumClass = "medium"
	Hard            SpectrumClass = "hard" // Co-60
	UnknownSpectrum SpectrumClass = "unknown"
)

// Place is a peak on the vehicle: mm behind its front.
type Place struct {
	Middle int32  `json:"middle_mm"`
	From   int32  `json:"from_mm"`
	To     int32  `json:"to_mm"`
	U      int32  `json:"u_mm"` // half-width of Middle, 95 %
	Length int32  `json:"length_mm,omitempty"`
	By     string `json:"by"` // length: of the vehicle; speed: of the portal's beams
}
