package fusion

import (
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Adjudication is how the radiation alarm of a passage is worked through and decided. It
// begins with the alarm and never goes away: a silent repeat pass clears nothing, only a
// code that two persons give does. Nothing in it lowers the alarm or opens the barrier.
//
// It is never changed in place: each change makes a new one.
type Adjudication struct {
	State CaseState  `json:"state"`
	Steps []CaseStep `json:"steps,omitempty"` // what was done, in that order
	Card  []CardStep `json:"card,omitempty"`  // the procedure, as it stands

	Proposed Assessment   `json:"proposed"`          // the card's questions as the system answers them
	Answers  *Assessment  `json:"answers,omitempty"` // as the officer has answered them last
	Hints    []rules.Hint `json:"hints,omitempty"`   // codes that the evidence suggests: advice
	// Norm is what the declaration makes of a gamma alarm; nil if it names nothing that
	// radiates by nature and no scrap. Advice.
	Norm   *rules.NormAdvice `json:"norm,omitempty"`
	Safety Safety            `json:"safety,omitempty"` // by the inspections so far
	// Strict says that neither of the two persons may be a plain officer, and Why: neutron,
	// snm, dose, unexplained, real.
	Strict bool     `json:"strict,omitempty"`
	Why    []string `json:"strict_because,omitempty"`

	Inspections []Inspection `json:"inspections,omitempty"` // secondary, the newest last
	Pending     *Coded       `json:"pending,omitempty"`     // waits for a second person
	Coded       *Coded       `json:"coded,omitempty"`       // the code in force
}

// CaseState is how far an alarm is worked through.
type CaseState string

// The states of an alarm, in their order; a step may be left out.
const (
	CasePrimary   CaseState = "primary"             // the portal or our own tests have given an alarm
	CaseAssessed  CaseState = "assessed"            // an officer has answered the card's questions
	CaseRepeat    CaseState = "repeat_requested"    // waits for a second pass through the portal
	CaseRepeated  CaseState = "repeated"            // which has come
	CaseRequested CaseState = "secondary_requested" // waits for the result of the hand survey
	CaseInspected CaseState = "secondary_completed" // which has come
	CaseDecided   CaseState = "decided"             // has a code
	CaseRecorded  CaseState = "recorded"            // and its passage is closed
)

// CaseStep is one thing that was done about an alarm.
type CaseStep struct {
	State  CaseState `json:"step"` // what it led to; "" of what changes none: a proposed code, a code taken back
	At     time.Time `json:"at"`
	Seq    uint64    `json:"seq"`
	User   string    `json:"user,omitempty"` // "" is the system
	Role   string    `json:"role,omitempty"`
	Second string    `json:"second,omitempty"` // the second person of a decision
	Order  string    `json:"order,omitempty"`
	Text   string    `json:"text"`
}

// CardStep is one step of the procedure card.
type CardStep struct {
	ID    string    `json:"id"` // confirm, distance, declaration, repeat, secondary, call, code
	State CardState `json:"state"`
}

// CardState is where a step of the card stands.
type CardState string

// The states of a step of the card. One step at most is due, but "call" and "distance",
// which are due at once.
const (
	CardDone      CardState = "done"
	CardDue       CardState = "due"        // to be done now
	CardOpen      CardState = "open"       // later
	CardNotNeeded CardState = "not_needed" // may be left out, or does not apply
)

// Answer is yes, no or unknown.
type Answer = rules.Answer

// Assessment answers the questions of the card.
type Assessment struct {
	Neutron  Answer `json:"neutron"`  // is there a neutron alarm?
	Shape    string `json:"shape"`    // peak, plateau, unknown
	Place    string `json:"place"`    // cab, cargo, both, unknown
	Declared Answer `json:"declared"` // does the declaration explain it?
	Guard    Answer `json:"guard"`    // was the background implausibly low?
	Speed    Answer `json:"speed"`    // was the vehicle within 8 km/h?
}

// Safety is what the dose rates that were measured ask for.
type Safety string

// The safety lines.
const (
	Screening Safety = "screening" // more than 0.1 uSv/h above background
	Evacuate  Safety = "evacuate"  // more than 100 uSv/h at 1 m: evacuate and call
)

// Inspection is the result of a secondary inspection by hand. Dose rates are in nSv/h.
type Inspection struct {
	Dose10cm   *quant.DoseRate `json:"dose_10cm_nsvh,omitempty"`
	Dose1m     *quant.DoseRate `json:"dose_1m_nsvh,omitempty"` // required
	Background *quant.DoseRate `json:"dose_background_nsvh,omitempty"`
	Neutron    string          `json:"neutron"`            // yes, no, not_searched
	Nuclides   []string        `json:"nuclides,omitempty"` // Cs-137, K-40, U-235
	Instrument string          `json:"instrument"`
	Serial     string          `json:"serial"`
	Text       string          `json:"text,omitempty"`
	Evidence   []Attachment    `json:"attachments,omitempty"`

	// Of who has made it, set by the core.
	User  string    `json:"user,omitempty"`
	Role  string    `json:"role,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Order string    `json:"order,omitempty"`
}

// Attachment is one file of an inspection: an N42 document or a photo.
type Attachment struct {
	obs.Blob        // Role is n42 or photo
	Name     string `json:"name,omitempty"`
}

// Coded is the decision about an alarm.
type Coded struct {
	Code     rules.AlarmCode  `json:"code"`
	Group    rules.CodeGroup  `json:"group"`
	Class    rules.AlarmClass `json:"class,omitempty"`
	Text     string           `json:"text,omitempty"`
	Nuclides []string         `json:"nuclides,omitempty"` // that the inspections have identified
	HS       []string         `json:"hs,omitempty"`       // declared codes that were judged
	// Declaration is that of the passage when the code was given.
	Declaration string    `json:"declaration,omitempty"`
	User        string    `json:"user"`
	Role        string    `json:"role,omitempty"`
	Second      string    `json:"second,omitempty"`
	SecondRole  string    `json:"second_role,omitempty"`
	At          time.Time `json:"at"`
	Order       string    `json:"order"`
	Expires     time.Time `json:"expires,omitzero"` // of a pending one
}
