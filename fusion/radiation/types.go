// Package radiation is the alarm engine: it keeps the background, reproduces the portal's
// own decision to the slice and adds further tests beside it. It never suppresses the
// portal's alarm (decision D9).
//
// An Engine is fed with the portal's lines and their times. Everything that decides is
// integer arithmetic on counts, so the same lines give the same bytes on any machine;
// floating point serves display and the statistics of the template, and is rounded first.
package radiation

import (
	"strconv"
	"time"

	"acsgd/internal/quant"
)

// Occupancy is the state of one vehicle in the portal, from its first slice to the portal's
// end-of-occupancy line.
type Occupancy struct {
	Number       uint32        `json:"occupancy"`
	Start        time.Time     `json:"start"`
	End          time.Time     `json:"end,omitzero"`
	Open         bool          `json:"open"`
	Slices       Slices        `json:"slices,omitempty"`
	Background   [4]int32      `json:"background_cps"` // frozen at the start
	HasBG        bool          `json:"has_background"`
	BGAge        time.Duration `json:"background_age,omitempty"`
	BackgroundU  int32         `json:"background_u_cps,omitempty"`     // half-width of the sum of Background, 95 %: its counts, and its drift while it aged
	BackgroundT  int32         `json:"background_average_s,omitempty"` // seconds that Background is the mean of
	NeutronBG    int64         `json:"neutron_background_mcps"`
	VendorAlarm  bool          `json:"vendor_alarm"`
	GammaAlarm   bool          `json:"gamma_alarm"`     // our own k-sigma test
	NeutronAlarm bool          `json:"neutron_alarm"`   // portal's, its rule's or our own test's
	MaxSigma     int32         `json:"max_milli_sigma"` // of any window; MinInt32 before the first
	Suppression  int32         `json:"suppression_max_permille"`
	Speed        quant.Speed   `json:"speed_mms,omitempty"`
	Truncated    bool          `json:"truncated,omitempty"`
	Fault        string        `json:"fault,omitempty"` // why the occupancy cannot be judged; "" = it can

	Boot    uint32 `json:"boot,omitempty"`    // restarts of the portal's counter so far; (device, Boot, Number) is unique
	Missed  uint32 `json:"missed,omitempty"`  // occupancies that the counter skipped just before this one
	Count   int    `json:"count"`             // gamma slices received; Slices is thinned beyond MaxSlices
	Thinned int    `json:"thinned,omitempty"` // Slices holds every n-th and the alarming ones; 0 = all
	// NeutronConfirmed says of NeutronAlarm that the excess shows in two of three consecutive
	// intervals by themselves; one burst, as in steel, does not. It takes no alarm away.
	NeutronConfirmed bool `json:"neutron_confirmed,omitempty"`

	EnergyAlarm bool     `json:"energy_alarm,omitempty"`   // the portal's energy-window alarm (AA); also in VendorAlarm
	VendorGamma bool     `json:"vendor_gamma,omitempty"`   // the portal's gamma alarm (GA)
	VendorNeut  bool     `json:"vendor_neutron,omitempty"` // the portal's neutron alarm (NA)
	Neutron     Neutrons `json:"neutron,omitempty"`        // at most MaxNeutron intervals
	Group       string   `json:"group,omitempty"`          // panels of MaxSigma: sum, left, right, lower, upper, p1..p4
	PeakAt      int32    `json:"peak_t_ms,omitempty"`      // end of the window with MaxSigma, after Start
	Threshold   int32    `json:"threshold_milli_sigma"`    // k in force
	Interval    int32    `json:"interval_ms,omitempty"`    // of the gamma slices; 0 = 200

	// Guarded says that the background before this occupancy was implausibly low against
	// the median of the last half hour, as when a queueing vehicle shadows the panels. The
	// portal's own decision is then too sharp: GuardAlarm and GuardSigma are the same test
	// against GuardBackground, to be shown beside it.
	Guarded         bool     `json:"background_guard,omitempty"`
	GuardBackground [4]int32 `json:"guard_background_cps,omitzero"`
	GuardAlarm      bool     `json:"guard_alarm,omitempty"`
	GuardSigma      int32    `json:"guard_milli_sigma,omitempty"`

	// Windows are the counts in the portal's energy windows, of the three seconds before the
	// first slice too; empty without them. When they are many, two become one.
	Windows    Windows       `json:"windows,omitempty"`
	WindowSpan int32         `json:"window_ms,omitempty"`
	WindowBG   [4]int32      `json:"window_background_mcps,omitzero"` // of all panels, frozen at the start
	WindowAge  time.Duration `json:"window_background_age,omitempty"`

	Live int32 `json:"live_t_ms,omitempty"` // when the first slice that was not buffered ended
	Hold int32 `json:"hold_ms,omitempty"`   // how long the portal stays occupied behind the vehicle
	// Beams is the vehicle's speed by all the times between the portal's beams: the median of
	// the credible ones, and the largest deviation of those near it.
	Beams  quant.Speed `json:"beam_speed_mms,omitempty"`
	BeamsU quant.Speed `json:"beam_speed_spread_mms,omitempty"`

	Analysis *Analysis `json:"analysis,omitempty"` // nil while it is open
}

// MaxSlices is how many slices an Occupancy keeps. A vehicle that stands longer keeps being
// judged; its profile is thinned.
const MaxSlices = 600

// MaxNeutron is how many neutron intervals an Occupancy keeps.
const MaxNeutron = 600

// Neutron is one neutron interval with the sequential test's sum.
type Neutron struct {
	At     int32    `json:"t_ms"` // after Occupancy.Start
	Counts [4]int32 `json:"n"`
	Sum    Sum      `json:"s"`           // after these counts, before a restart
	Alarm  bool     `json:"a,omitempty"` // of the portal's rule, by us
	Vendor bool     `json:"v,omitempty"`
	Excess bool     `json:"e,omitempty"` // of our own test
}

// Sum is a sum of the sequential test in 10^-8; in JSON a decimal number.
type Sum int64

// MarshalJSON gives a decimal number with eight places.
func (s Sum) MarshalJSON() ([]byte, error) { return s.append(nil), nil }

func (s Sum) append(b []byte) []byte {
	u := uint64(s)
	if s < 0 {
		b, u = append(b, '-'), -u // also of the smallest int64, which has no positive twin
	}
	b = strconv.AppendUint(b, u/scale, 10)
	b = append(b, '.')
	for place, f := uint64(scale/10), u%scale; place > 0; place /= 10 {
		b = append(b, byte('0'+f/place%10))
	}
	return b
}

// UnmarshalJSON reads a decimal number.
func (s *Sum) UnmarshalJSON(b []byte) error {
	v, err := quant.Decimal(string(b), scale)
	if err != nil {
		return err
	}
	*s = Sum(v)
	return nil
}

// scale is the unit of sums and of the portal's decimal fields: 10^-8.
const scale = 100_000_000

// Slice is one gamma interval with the engine's decision.
type Slice struct {
	At     int32    `json:"t_ms"` // after Occupancy.Start; negative in the buffered pre-occupancy burst
	Gamma  [4]int32 `json:"g"`
	Sigma  int32    `json:"z"` // milli-sigma of the strongest enabled group; MinInt32 before the first window
	Alarm  bool     `json:"a,omitempty"`
	Vendor bool     `json:"v,omitempty"`
}
