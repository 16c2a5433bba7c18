package fusion

import (
	"maps"
	"slices"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Input is everything that a core may know. Seq and Now are assigned by the lane and
// journaled; Seq continues across restarts, Now never decreases.
type Input struct {
	Seq  uint64
	Now  time.Time
	Body InputBody
}

// InputBody is Seen, Declared, Ordered, Tuned or Tick.
type InputBody interface{ inputBody() }

// Seen is one observation of one of the lane's instruments.
type Seen struct{ Observation obs.Observation }

// Declared puts a new version of the expected-arrival index in force. The journal stores
// the version alone; replay rebuilds the index from the declaration records of lane "".
type Declared struct {
	Version uint64
	Index   *decl.Index
}

// Ordered is an officer's command.
type Ordered struct{ Order Order }

// Tuned puts versioned data in force: site parameters, rule packs, templates.
type Tuned struct {
	Kind    TunedKind
	Version string
	SHA256  string
	Bytes   []byte
	Value   any    // decoded from Bytes by the shell: *Params, *rules.Book, *radiation.Templates, *plate.Channels
	By      string // the user who put them in force; "" is the site file
}

// TunedKind says what a Tuned carries.
type TunedKind string

// The kinds of tuned data.
const (
	TuneParams    TunedKind = "params"    // *Params
	TuneRules     TunedKind = "rules"     // *rules.Book
	TuneTemplates TunedKind = "templates" // *radiation.Templates of the lane's portal; nil ends their use
	TuneChannels  TunedKind = "channels"  // *plate.Channels of the lane's cameras; nil ends their use
)

// Tick is a wake-up that the core asked for with Deadline.
type Tick struct{}

func (Seen) inputBody()     {}
func (Declared) inputBody() {}
func (Ordered) inputBody()  {}
func (Tuned) inputBody()    {}
func (Tick) inputBody()     {}

// Action is what an officer orders.
type Action string

// The actions. Release, Hold, Secondary and Override decide a passage.
const (
	Release      Action = "release"       // let it go: nothing blocking is open
	Hold         Action = "hold"          // keep it: the barrier stays closed
	Secondary    Action = "secondary"     // send it to inspection
	Override     Action = "override"      // let it go although something blocks: needs a reason
	CorrectPlate Action = "correct_plate" // keep both texts, match again
	ChooseMatch  Action = "choose_match"  // the officer names the declaration
	Undo         Action = "undo"          // take the own last decision back, within 5 s and before the barrier moves
	Remeasure    Action = "remeasure"     // keep the first values, wait for new ones
	Note         Action = "note"
	CloseLane    Action = "close_lane"
	OpenLane     Action = "open_lane"
	Acknowledge  Action = "acknowledge" // somebody has seen the alarm
	Shelve       Action = "shelve"      // put an alarm aside for 15 or 60 minutes: needs a reason
	Unshelve     Action = "unshelve"

	// About a radiation alarm.
	Assess     Action = "assess"     // the officer's answers to the card's questions
	RepeatPass Action = "repeat"     // it drives through the portal once more
	Inspect    Action = "inspect"    // the result of a secondary inspection
	Adjudicate Action = "adjudicate" // the alarm's code: by two persons
)

// Order is one command of one user, with the version of the passage or alarm that the user
// saw.
type Order struct {
	ID        string `json:"id"` // idempotency key, unique for 24 h
	Action    Action `json:"action"`
	Passage   string `json:"passage,omitempty"`
	Version   uint64 `json:"version,omitempty"` // of the passage, or of the alarm; 0 = not checked
	Alarm     string `json:"alarm,omitempty"`   // Acknowledge, Shelve, Unshelve
	Minutes   int    `json:"minutes,omitempty"` // Shelve: 15 or 60
	User      string `json:"user"`
	Role      string `json:"role"`
	Reason    string `json:"reason,omitempty"` // code
	Text      string `json:"note,omitempty"`
	Plate     string `json:"plate,omitempty"`      // CorrectPlate
	PlateRole string `json:"plate_role,omitempty"` // CorrectPlate
	// Of CorrectPlate: the device and number of the reading that the officer saw. Without
	// them, as older consoles order, it is the first reading of PlateRole.
	PlateDevice string `json:"plate_device,omitempty"`
	PlateSeq    uint64 `json:"plate_seq,omitempty"`
	Declaration string `json:"declaration,omitempty"` // ChooseMatch
	Console     string `json:"console,omitempty"`

	Assessment *Assessment      `json:"assessment,omitempty"` // Assess
	Inspection *Inspection      `json:"inspection,omitempty"` // Inspect
	Code       rules.AlarmCode  `json:"code,omitempty"`       // Adjudicate, and Override of a passage with a radiation alarm
	Class      rules.AlarmClass `json:"class,omitempty"`      // with Code; "" is that of the code
}

// Params describe one lane to its core.
type Params struct {
	Site      string        `json:"site"`            // code in passage ids
	Place     string        `json:"place,omitempty"` // the site's name, as papers print it
	Lane      string        `json:"lane"`
	Direction string        `json:"direction"`        // import, export, transit: which controls apply
	Mode      string        `json:"mode"`             // enforcement, simulator
	Window    time.Duration `json:"window"`           // how long to wait for late instruments after the last sight
	Green     bool          `json:"green"`            // the barrier may open by itself when everything is Within
	Declare   bool          `json:"declare"`          // a declaration is expected of every vehicle
	Pack      string        `json:"pack"`             // rule pack that judges
	Advice    []string      `json:"advice,omitempty"` // further packs, advice only
	RoadClass int64         `json:"road_class_kg"`
	Region    string        `json:"region,omitempty"`
	MinLength int32         `json:"min_length_mm"`       // shortest vehicle: bounds which record belongs to whom
	Secondary string        `json:"secondary,omitempty"` // beyond: the inspection bay lies behind the barrier, which opens for it
	// Norm is what released cases have told of this lane; nil is nothing.
	Norm    *rules.NormLearnt `json:"norm,omitempty"`
	Offset  int32             `json:"utc_offset_s"` // of the site's civil time: the day whose law counts
	Devices []Instrument      `json:"devices"`
}

// Instrument is one device of the lane as the core needs it.
type Instrument struct {
	Name    string `json:"name"`
	Class   string `json:"class"` // wim, dims, rpm, anpr, laneio
	Driver  string `json:"driver,omitempty"`
	Station int32  `json:"station_mm"`     // distance of its sensing line from the lane datum
	Expect  bool   `json:"expect"`         // a passage is incomplete without it
	Role    string `json:"role,omitempty"` // anpr: front, rear, trailer
	// Loops are those of its loops whose places are known, for the speed over them; the entry
	// loop is at Station if it is not among them.
	Loops []LoopPlace `json:"loops,omitempty"`
	// Radiation overrides what a portal says of its own alarm test; nil follows the portal.
	Radiation *radiation.Config `json:"radiation,omitempty"`
	// Certificate is of its last verification; nil has none.
	Certificate *metrology.Certificate `json:"certificate,omitempty"`
}

// LoopPlace is where a loop begins.
type LoopPlace struct {
	Signal  string `json:"signal"`
	Station int32  `json:"station_mm"`
}

// LoopPlaces lists places by signal, in the signals' order.
func LoopPlaces(of map[string]quant.Length) []LoopPlace {
	var list []LoopPlace
	for _, signal := range slices.Sorted(maps.Keys(of)) {
		list = append(list, LoopPlace{signal, int32(of[signal])})
	}
	return list
}
