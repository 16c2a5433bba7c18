package fusion

import (
	"time"

	"acsgd/fusion/match"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Output is one consequence of an input. The pointers in it are valid until the next Step.
type Output struct {
	Kind    OutputKind
	Passage *Passage // of Opened, Updated, Judged, Amended, Closed
	Lane    *LaneState
	Signal  *Signal
	Event   *Event
}

// OutputKind says what an Output is.
type OutputKind string

// The kinds of outputs. Opened, Judged, Decided, Amended, Closed and Alarm enter the
// lossless log of the stream; Updated and Status are state, of which only the newest counts.
const (
	Opened  OutputKind = "opened"
	Updated OutputKind = "updated"
	Judged  OutputKind = "judged"  // the verdict is final
	Decided OutputKind = "decided" // an order was accepted, refused or made pending
	Amended OutputKind = "amended" // late data or a correction changed a judged passage
	Closed  OutputKind = "closed"
	Alarm   OutputKind = "alarm"
	Status  OutputKind = "status" // lane state
	Signals OutputKind = "signal" // move the barrier or the light, once the input is durable
)

// Signal asks the lane to move something.
type Signal struct {
	Output  string `json:"output"` // barrier, light
	Action  string `json:"action"` // open, close; red, green
	Passage string `json:"passage,omitempty"`
	Cause   string `json:"cause"` // "green path", or the order's id
}

// Event is one line of the passage's history, and of the log of the stream.
type Event struct {
	At       time.Time `json:"at"`
	Seq      uint64    `json:"seq"`
	Kind     string    `json:"kind"` // opened, plate, axle, weighed, profile, radiation, matched, judged, order, refused, pending, signal, barrier, left, closed, fault, amended, device, unshelved
	Lane     string    `json:"lane"`
	Passage  string    `json:"passage,omitempty"`
	Text     string    `json:"text"`
	User     string    `json:"user,omitempty"`
	Order    string    `json:"order,omitempty"`
	Priority int       `json:"priority,omitempty"` // 1 high, 2 medium, 3 low; 0 is not an alarm
	Alarm    string    `json:"alarm,omitempty"`    // id of the standing alarm that it raised or changed
}

// Phase is where a passage stands.
type Phase string

// The phases of a passage.
const (
	Approaching Phase = "approaching" // seen, nothing measured yet
	Measuring   Phase = "measuring"
	Awaiting    Phase = "awaiting" // judged, waits for an officer
	Released    Phase = "released"
	Held        Phase = "held"
	ToSecondary Phase = "secondary"
	Left        Phase = "left" // through the barrier
	Gone        Phase = "closed"
)

// Passage is one vehicle in one lane: the unit of work. Its JSON is the console's and the
// archive's object.
type Passage struct {
	ID        string    `json:"id"`
	Version   uint64    `json:"version"` // Seq of the input that changed it last
	Lane      string    `json:"lane"`
	Direction string    `json:"direction"`
	Phase     Phase     `json:"phase"`
	Opened    time.Time `json:"opened"`
	Closed    time.Time `json:"closed,omitzero"`
	Simulated bool      `json:"simulated,omitempty"`

	Instruments []Measured `json:"instruments,omitempty"` // that have contributed, in that order

	Plates    []PlateRead          `json:"plates,omitempty"`
	Axles     []AxleLoad           `json:"axles,omitempty"`
	Gross     *GrossLoad           `json:"gross,omitempty"`
	Size      *Size                `json:"size,omitempty"`
	Radiation *radiation.Occupancy `json:"radiation,omitempty"`
	// Earlier are its other occupancies, the oldest first: Radiation is the one that says most
	// against the load, Earlier are the passes before or after it.
	Earlier  []*radiation.Occupancy `json:"earlier,omitempty"`
	Speed    quant.Speed            `json:"speed_mms,omitempty"`
	AxleCode string                 `json:"axle_code,omitempty"` // IVWC: A2T3, A2C3
	Pattern  string                 `json:"pattern,omitempty"`   // how its axles stand: T11O3
	Class13  int                    `json:"class13,omitempty"`   // FHWA; 0 where the table may not tell it

	Match       match.Result      `json:"match"`
	Declaration *decl.Declaration `json:"declaration,omitempty"` // of the best candidate
	ChosenBy    string            `json:"chosen_by,omitempty"`   // the officer who named it
	Declared    uint64            `json:"index_version"`

	Verdict  rules.Verdict   `json:"verdict"` // worst of the findings: exceeds, undetermined, within
	Final    bool            `json:"final"`   // all expected instruments have reported, or the window has ended
	Missing  []string        `json:"missing,omitempty"`
	Findings []rules.Finding `json:"findings,omitempty"`
	Advice   []rules.Finding `json:"advice,omitempty"`
	// Place is where the peak of Radiation is on the vehicle; a new one whenever it changes.
	Place *radiation.Place `json:"radiation_place,omitempty"`
	Basis Basis            `json:"basis,omitzero"` // what the findings rest on beside the measurements

	Decision *Decision `json:"decision,omitempty"`
	Pending  *Decision `json:"pending,omitempty"` // waits for a second person
	Green    bool      `json:"green,omitempty"`   // released by the green path
	Amended  int       `json:"amended,omitempty"`
	// Adjudication is of the radiation alarm; nil if there was none.
	Adjudication *Adjudication `json:"adjudication,omitempty"`
	History      []Event       `json:"history,omitempty"`

	memory rules.Memory // of what findings and advice point to
}

// Measured is an instrument that has contributed to a passage, with its certificate of that
// day. The state of contacts is no contribution.
type Measured struct {
	Name        string `json:"name"`
	Class       string `json:"class"` // wim, dims, rpm, anpr
	Certificate string `json:"certificate,omitempty"`
	Serial      string `json:"serial,omitempty"`
	Expires     string `json:"expires,omitempty"` // last day, YYYY-MM-DD
}

// PlateRead is one plate as kept in a passage.
type PlateRead struct {
	Source string    `json:"device"`
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	obs.Plate
	Pictures []obs.Blob `json:"pictures,omitempty"`
	// Corrected is what an officer says stands there. Equal to Text, it confirms the reading.
	// Text, Chars and Candidates stay what was read: the two are a pair to learn from.
	Corrected string    `json:"corrected,omitempty"`
	By        string    `json:"corrected_by,omitempty"`
	Confirmed time.Time `json:"corrected_at,omitzero"` // only of an order that names its reading
	// Otherwise is what the camera read in the picture, where a second reader reads another
	// text.
	Otherwise string `json:"otherwise,omitempty"`
}

// AxleLoad is one axle as kept in a passage.
type AxleLoad struct {
	Seq   uint64       `json:"seq"`
	Axle  int          `json:"axle"`
	Mass  quant.Mass   `json:"mass_kg"`
	U     quant.Mass   `json:"u_kg,omitempty"`
	Gap   quant.Length `json:"gap_mm"` // to the axle before; 0 for the first or unknown
	UGap  quant.Length `json:"u_gap_mm,omitempty"`
	Speed quant.Speed  `json:"speed_mms,omitempty"`
	Mode  string       `json:"mode,omitempty"`
	Flags []obs.Flag   `json:"flags,omitempty"`
	Group int          `json:"group,omitempty"` // axles that were weighed together share a number, from 1
	// Of the last axle of a group: the load of all of it; 0 is not known.
	GroupMass quant.Mass `json:"group_kg,omitempty"`
	GroupU    quant.Mass `json:"u_group_kg,omitempty"`
}

// GrossLoad is the vehicle's mass.
type GrossLoad struct {
	Seq      uint64     `json:"seq"`
	Mass     quant.Mass `json:"mass_kg"`
	U        quant.Mass `json:"u_kg,omitempty"`
	Declared quant.Mass `json:"declared_kg,omitempty"`
	Device   string     `json:"device,omitempty"`
	Flags    []obs.Flag `json:"flags,omitempty"`
}

// Size is the vehicle's outline.
type Size struct {
	Seq     uint64       `json:"seq"`
	Length  quant.Length `json:"length_mm"`
	ULength quant.Length `json:"u_length_mm,omitempty"`
	Width   quant.Length `json:"width_mm"`
	UWidth  quant.Length `json:"u_width_mm,omitempty"`
	Height  quant.Length `json:"height_mm"`
	UHeight quant.Length `json:"u_height_mm,omitempty"`
	Device  string       `json:"device,omitempty"`
	// As seen with mirrors and aerials; the limits are not about these.
	RawHeight quant.Length `json:"raw_height_mm,omitempty"`
	RawWidth  quant.Length `json:"raw_width_mm,omitempty"`
	Flags     []obs.Flag   `json:"flags,omitempty"`
	Overhang  quant.Length `json:"overhang_mm,omitempty"` // first axle behind the front; 0 is not known
	Outline   []Point      `json:"outline,omitempty"`     // cross-sections from the front, at most 128
}

// Point is one cross-section of the outline: distance from the front, height, and the left
// and right edges from the lane's middle, negative to the left; 0 and 0 are not measured.
type Point struct {
	X     quant.Length `json:"x"`
	Z     quant.Length `json:"z"`
	Left  quant.Length `json:"l,omitempty"`
	Right quant.Length `json:"r,omitempty"`
}

// Decision is what was ordered.
type Decision struct {
	Action Action `json:"action"`
	User   string `json:"user"`
	Role   string `json:"role,omitempty"`   // of the first person, while pending
	Second string `json:"second,omitempty"` // the second person
	Reason string `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
	// Of an override of a radiation alarm that had no code: the one that it gives.
	Code    rules.AlarmCode  `json:"code,omitempty"`
	Class   rules.AlarmClass `json:"class,omitempty"`
	At      time.Time        `json:"at"`
	Order   string           `json:"order"`
	Expires time.Time        `json:"expires,omitzero"` // of a pending decision
}

// LaneState is the state of a lane.
type LaneState struct {
	Lane     string        `json:"lane"`
	Version  uint64        `json:"version"`
	Mode     string        `json:"mode"`
	Open     bool          `json:"open"`    // accepts vehicles
	Barrier  string        `json:"barrier"` // closed, opening, open, closing, unknown, fault
	Light    string        `json:"light"`   // red, green, unknown
	Loops    []Contact     `json:"loops,omitempty"`
	Passages []string      `json:"passages,omitempty"` // open ones, the oldest (nearest to the barrier) first
	Devices  []DeviceState `json:"devices"`
	Alarms   []Standing    `json:"alarms,omitempty"` // that stand, the oldest first
	Index    uint64        `json:"index_version"`
	Arrivals int           `json:"arrivals"` // declarations in the index
	Updated  time.Time     `json:"updated"`
	// Templates are those in force in the lane's portal; nil is a lane without a portal. It is
	// replaced, never changed.
	Templates *TemplatesState `json:"templates,omitempty"`
	// Channels are the camera channels in force; nil where none ever were. Replaced, never
	// changed.
	Channels *TunedState `json:"channels,omitempty"`
}

// TemplatesState names the suppression templates in force.
type TemplatesState = TunedState

// TunedState names versioned data in force.
type TunedState struct {
	Version string    `json:"version"` // "" = none are in force
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	SHA256  string    `json:"sha256,omitempty"`
}

// Contact is one binary input.
type Contact struct {
	Signal string `json:"signal"`
	On     bool   `json:"on"`
}

// DeviceState is one instrument's health.
type DeviceState struct {
	Name   string          `json:"name"`
	Class  string          `json:"class"`
	State  obs.HealthState `json:"state"`
	Reason string          `json:"reason,omitempty"`
	Since  time.Time       `json:"since,omitzero"`
	Last   time.Time       `json:"last,omitzero"` // last observation
	// Optional: no passage waits for it, so its loss stops no decision.
	Optional bool `json:"optional,omitempty"`
	// Fault is what a portal's lines show to be wrong with it, whatever the link is.
	Fault string    `json:"fault,omitempty"`
	Told  time.Time `json:"told,omitzero"` // when its degradation was announced last
}
