// Package radiation is the alarm engine: it keeps the background, reproduces the portal's
// own decision to the slice and adds further tests beside it. It never suppresses the
// portal's alarm (decision D9).
package radiation

import (
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
	Slices       []Slice       `json:"slices,omitempty"`
	Background   [4]int32      `json:"background_cps"` // frozen at the start
	HasBG        bool          `json:"has_background"`
	BGAge        time.Duration `json:"background_age,omitempty"`
	NeutronBG    int64         `json:"neutron_background_mcps"`
	VendorAlarm  bool          `json:"vendor_alarm"`
	GammaAlarm   bool          `json:"gamma_alarm"`   // our own k-sigma test
	NeutronAlarm bool          `json:"neutron_alarm"` // portal's or ours
	MaxSigma     int32         `json:"max_milli_sigma"`
	Suppression  int32         `json:"suppression_max_permille"`
	Speed        quant.Speed   `json:"speed_mms,omitempty"`
	Truncated    bool          `json:"truncated,omitempty"`
	Fault        string        `json:"fault,omitempty"` // why the occupancy cannot be judged; "" = it can
}

// Slice is one gamma interval with the engine's decision.
type Slice struct {
	At     int32    `json:"t_ms"` // after Occupancy.Start; negative in the buffered pre-occupancy burst
	Gamma  [4]int32 `json:"g"`
	Sigma  int32    `json:"z"` // milli-sigma of the strongest enabled group; MinInt32 before the first window
	Alarm  bool     `json:"a,omitempty"`
	Vendor bool     `json:"v,omitempty"`
}
