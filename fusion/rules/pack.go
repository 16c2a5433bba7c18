package rules

import "acsgd/internal/quant"

// Source says where a row comes from and how well it is known. Every limit has one.
type Source struct {
	Row    string // table and line, for example "axle_limits.csv:17"; sums of rows are joined by "+"
	Clause string // the act and what it says
	Mark   string // worst mark of the row's status columns: V, C, E, G or M (from memory, unverified)
}

// Unverified reports whether the row may decide in simulator mode only (decision D24).
func (s *Source) Unverified() bool { return s.Mark == "M" }

// Date is a calendar day as the number yyyymmdd; 0 is unknown or open.
type Date int32

// GroupKind is the number of axles that a limit is for.
type GroupKind uint8

// The kinds of axle groups. Multi is four and more axles.
const (
	Single GroupKind = iota + 1
	Tandem
	Tridem
	Multi
)

// Tyres is what a row, or a group of axles, has on its wheels.
type Tyres uint8

// The kinds of tyres. AnyTyres in a row means that the limit does not depend on them; in a
// group it means that they are not known.
const (
	AnyTyres Tyres = iota
	SingleTyres
	DualTyres
)

// UnitKind is the part of a vehicle that a row speaks of.
type UnitKind uint8

// The parts of a vehicle. AnyUnit of a group means that its unit is not known.
const (
	AnyUnit UnitKind = iota
	Powered
	TrailerUnit
)

// Role is what an axle does.
type Role uint8

// The roles of axles.
const (
	AnyRole Role = iota
	Driving
	NonDriving
)

// AxleRow is a limit of one axle or of one group of axles.
type AxleRow struct {
	Source
	RoadClass quant.Mass // 0: every road
	Unit      UnitKind
	Kind      GroupKind
	Role      Role
	Tyres     Tyres
	Air       bool         // only with air suspension
	Or95      bool         // or, instead of air suspension, with at most 9.5 t on each axle
	Lo, Hi    quant.Length // band of the (mean) spacing; Hi 0 is open
	LoOpen    bool         // the band begins above Lo, not at it
	HiIn      bool         // the band contains Hi
	Limit     quant.Mass
	PerAxle   bool  // of each axle; the group's limit is n times it
	Pounds    int64 // exact limit where the law counts in pounds; 0 elsewhere
}

// Condition is what a gross limit depends on beside the number of axles.
type Condition uint8

// The conditions that occur in the tables. Where the vehicle does not say whether one
// holds, the kinder limit counts and the finding says condition_assumed.
const (
	Always        Condition = iota
	TwinAir                 // driving axle with twin tyres and air suspension
	TwinAirOr95             // the same, or each driving axle with twin tyres and at most 9.5 t
	FourAxles               // TwinAirOr95, and at most 5 t a metre between the outer axles
	SemiUnder18             // semi-trailer axles 1.3 to 1.8 m apart
	SemiOver18              // semi-trailer axles more than 1.8 m apart, twin tyres and air suspension
	IntermodalBox           // carries a 40 or 45 ft container in intermodal transport
	SemiWide                // semi-trailer axles more than 1.8 m apart
	TwoTwinAir              // two driving axles with twin tyres and air suspension
)

// GrossConfig is the kind of vehicle that a gross limit is for.
type GrossConfig uint8

// The kinds of vehicles of gross limits. Combination is articulated or road train.
const (
	GrossAny GrossConfig = iota
	GrossRigid
	GrossArticulated
	GrossTrain
	GrossCombination
)

// GrossRow is a limit of the whole vehicle. Axle counts are of loaded axles; 0 is any.
type GrossRow struct {
	Source
	Config      GrossConfig
	Tractor     int
	TractorMore bool // Tractor and more
	Trailer     int
	Total       int
	TotalMore   bool // Total and more
	Condition   Condition
	Limit       quant.Mass
	Pounds      int64
}

// Classes is a set of vehicle classes.
type Classes uint8

// The members of Classes.
const (
	RigidClass Classes = 1 << iota
	ArticulatedClass
	TrainClass
	AllClasses = RigidClass | ArticulatedClass | TrainClass
)

// SizeRow is a limit of length, width or height. Of the rows that fit, the one of the
// highest Rank counts.
type SizeRow struct {
	Source
	Quantity string // length, width, height; others are kept and not judged: no instrument measures them
	From, To Date   // inclusive; a month without a day is the whole month
	Classes  Classes
	Bodies   []string // nil: every body
	NotBus   bool     // not for buses
	MinAxles int
	Rank     int
	Limit    quant.Length
}

// SeasonRow is a temporary limit of single axles and the switch for Pack.Spring.
type SeasonRow struct {
	Source
	Name          string // spring, summer
	Regions       []string
	From, To      int // mmdd, inclusive
	Start, End    int // minutes of the day, inclusive; both 0: all day
	AirAbove      int // degrees Celsius; 0: does not depend on the air
	Single        quant.Mass
	SingleMastic  quant.Mass // on stone-mastic; 0: the same
	International bool       // international carriage is exempt
	ExemptUnread  bool       // the list of exemptions was not read: international carriage is taken as exempt
}

// ShareRow is the least share of the laden mass that the driving axles must carry.
type ShareRow struct {
	Source
	Percent int64
}

// DeductRow is what is taken off a measured value before it is compared.
type DeductRow struct {
	Source
	Quantity string       // vehicle_mass, axle_load, axle_group_load, axle_spacing, length, width, height
	BP       int64        // of the measured value, basis points
	Length   quant.Length // or a fixed length
}

// BandRow is one step of severity: Over > Lo and Over <= Hi.
type BandRow struct {
	Source
	Size   bool  // of sizes; else of masses
	Lo, Hi int64 // basis points of the limit, or mm for sizes; Hi 0 is open
	Text   string
}

// Pack is one rule set as of one version of the tables. It is not changed once loaded and
// is safe for concurrent use.
type Pack struct {
	ID        string
	Version   string
	Act       string
	Note      string // what is missing in it, for people
	Simulator bool   // unverified rows may decide

	Bound   quant.Length // axles up to this far apart form a group
	BoundIn bool         // and at exactly this distance too

	Axles   []AxleRow
	Spring  []AxleRow // in force while a SeasonRow named spring is
	Gross   []GrossRow
	Sizes   []SizeRow
	Seasons []SeasonRow
	Deduct  []DeductRow
	Bands   []BandRow
	Driving *ShareRow // nil: the driving axles may carry what they do
	Formula *Source   // bridge formula of 23 U.S.C. 127; nil elsewhere
}

// Book is everything that rules compare with: packs, controls of goods, plausibility
// tables. It is not changed once loaded and is safe for concurrent use.
type Book struct {
	Version     string
	SHA256      string // of the bytes that it was read from
	Simulator   bool
	Packs       []*Pack
	Controls    []Control
	Bans        []Ban
	Radioactive []Radioactive
	Norms       []NormRow
	Classes     []ClassRow
	Schemes     []Scheme
}

// Pack returns the pack of that id, or nil.
func (b *Book) Pack(id string) *Pack {
	for _, p := range b.Packs {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Scheme names one class of one classification scheme.
type Scheme struct {
	Scheme, Code, Name, Axles, Mark string
}
