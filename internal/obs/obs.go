// Package obs is the vocabulary that every instrument speaks: one Observation says what
// an instrument saw, when, and how well that is known.
package obs

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"acsgd/internal/quant"
)

// Origin says whose clock Stamp.At is.
type Origin uint8

// The origins, best first.
const (
	Gateway        Origin = iota // our own clock at the arrival of the last byte
	Device                       // the instrument's clock, corrected to ours
	DeviceUnsynced               // the instrument's clock, known or suspected to be wrong
)

// Stamp says when something was true and how well that is known.
type Stamp struct {
	At      time.Time     `json:"at"`           // event time, UTC
	Err     time.Duration `json:"err,omitzero"` // half-width of the uncertainty of At, ns; 0 is unknown
	Origin  Origin        `json:"origin,omitzero"`
	Arrived time.Time     `json:"arrived,omitzero"` // our clock when the last byte of the frame was read
}

// Blob names stored evidence: a picture, a raw trace. Its bytes lie in the evidence store
// before the observation that names it is committed.
type Blob struct {
	SHA256    string `json:"sha256"` // lower-case hex, 64 characters
	Size      int64  `json:"size"`
	MediaType string `json:"type"`
	Role      string `json:"role,omitempty"` // plate, vehicle, overview, trace, ...
}

// BlobOf names evidence by its bytes, without keeping it.
func BlobOf(mediaType string, p []byte) Blob {
	sum := sha256.Sum256(p)
	return Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(p)), MediaType: mediaType}
}

// Observation is one thing that one instrument saw. A driver fills Stamp.At, Err, Origin,
// Raw, Blobs and Body; the supervisor fills Source, Lane, Seq and Stamp.Arrived.
type Observation struct {
	Source string // instrument name from the site file, for example "wim-03"
	Lane   string // "" for corridor sources
	Seq    uint64 // per source, +1 an observation, survives reconnects, restarts at 1 with the process
	Stamp  Stamp
	Raw    []byte // the exact frame if at most MaxRaw, else it is a Blob; nil for polled registers
	Blobs  []Blob
	Body   Body
}

// MaxRaw is the largest frame that stands in an Observation itself.
const MaxRaw = 4 << 10

// Kind names a body; it is also the JSON key of the body.
type Kind string

// The kinds of bodies.
const (
	KindWeighing  Kind = "weighing"
	KindProfile   Kind = "profile"
	KindPlate     Kind = "plate"
	KindRadiation Kind = "radiation"
	KindFix       Kind = "fix"
	KindSeal      Kind = "seal"
	KindPresence  Kind = "presence"
	KindHealth    Kind = "health"
)

// Body is the sealed sum of what instruments report: *Weighing, *Profile, *Plate,
// *Radiation, *Fix, *Seal, *Presence or *Health. A body is never changed once emitted.
type Body interface {
	Kind() Kind
	sealed()
}

// WeighMode says how a load was weighed.
type WeighMode string

// The weighing modes.
const (
	Static  WeighMode = "static"
	StopGo  WeighMode = "stop_go"
	Dynamic WeighMode = "dynamic"
)

// Flag is a quality remark of an instrument. A flag that Voids makes the value unusable
// for a verdict: it ends in Undetermined with the flag as its reason.
type Flag string

// The quality flags.
const (
	SpeedOutOfRange   Flag = "speed_out_of_range"
	StoppedOnPlatform Flag = "stopped_on_platform" // remark only: the static estimate was used
	RollBack          Flag = "rollback"            // remark only: the forward pass was kept
	Overlap           Flag = "overlap"             // two axles on the platform at once
	OffScale          Flag = "off_scale"
	RateLow           Flag = "rate_low"
	ZeroDrift         Flag = "zero_drift"
	Overload          Flag = "overload" // above the instrument's Max
	Underload         Flag = "underload"
	InMotion          Flag = "motion"
	Fault             Flag = "fault"
	FewSamples        Flag = "few_samples"
	VehicleTooLong    Flag = "vehicle_too_long"
	ScansLost         Flag = "scans_lost"
	Polluted          Flag = "polluted"
	SpeedAssumed      Flag = "speed_assumed"
	Truncated         Flag = "truncated"
	ClockUnset        Flag = "clock_unset"  // remark only: the device's calendar stands in 1970
	OneScanner        Flag = "one_scanner"  // remark only: the sides were seen from one place, u of the width is larger
	Simulated         Flag = "simulated"    // remark only
	OnePlatform       Flag = "one_platform" // remark only: of two platforms only one has weighed it, u is that one's
	// PlatformsDisagree: two platforms weighed the same axle, and their loads differ by more
	// than both uncertainties together.
	PlatformsDisagree Flag = "platforms_disagree"
	// IntervalUnknown: the portal does not tell what time its counts are of. Remark only: the
	// driver's manual says what was assumed.
	IntervalUnknown Flag = "interval_unknown"
	GroupLoad       Flag = "group_load" // the axle was never alone on the platform: its load is a part of its group's
)

// Voids reports whether a value with this flag must not be judged.
func (f Flag) Voids() bool {
	switch f {
	case StoppedOnPlatform, RollBack, ClockUnset, OneScanner, OnePlatform, Simulated, IntervalUnknown:
		return false
	}
	return true
}

// Weighing is one axle (Axle from 1, in driving order), one whole vehicle (Axle 0, sent
// after its last axle with Axles set), or, where a driver streams an indicator, one
// decoded frame (HasRaw).
type Weighing struct {
	Axle   int         `json:"axle"`
	Axles  int         `json:"axles,omitempty"` // of a whole vehicle: how many axles were weighed
	Mass   quant.Mass  `json:"mass_kg"`
	U      quant.Mass  `json:"u_kg,omitempty"` // 95 % half-width; 0 is unknown, never "exact"
	TOn    time.Time   `json:"t_on,omitzero"`  // 50 % edge on to the platform
	TOff   time.Time   `json:"t_off,omitzero"` // 50 % edge off the platform
	Speed  quant.Speed `json:"speed_mms,omitempty"`
	USpeed quant.Speed `json:"u_speed_mms,omitempty"` // 95 % half-width
	Stable bool        `json:"stable"`
	Mode   WeighMode   `json:"mode,omitempty"`
	Flags  []Flag      `json:"flags,omitempty"`
	Alibi  string      `json:"alibi,omitempty"` // id in the indicator's alibi memory
	// Group counts, from 1, the axles that stood on a long platform together. The last axle of
	// a group carries the load of all of it; 0 where they never were all on it.
	Group     int        `json:"group,omitempty"`
	GroupMass quant.Mass `json:"group_kg,omitempty"`
	GroupU    quant.Mass `json:"u_group_kg,omitempty"` // 95 % half-width; 0 is unknown
	HasRaw    bool       `json:"-"`
	Raw       quant.Mass `json:"raw_kg"` // of a streamed frame only
}

// Profile is the silhouette of one vehicle.
type Profile struct {
	Height  quant.Length `json:"height_mm"`
	UHeight quant.Length `json:"u_height_mm,omitempty"` // 95 % half-widths; 0 is unknown
	Width   quant.Length `json:"width_mm"`
	UWidth  quant.Length `json:"u_width_mm,omitempty"`
	Length  quant.Length `json:"length_mm"` // 0 with SpeedAssumed: the core computes it from its own track
	ULength quant.Length `json:"u_length_mm,omitempty"`
	// With mirrors, aerials and all else that was there; no limit is judged by them.
	RawHeight quant.Length `json:"raw_height_mm,omitempty"`
	RawWidth  quant.Length `json:"raw_width_mm,omitempty"`
	Scans     int          `json:"scans"`
	Lost      int          `json:"lost"`
	Start     time.Time    `json:"t_start,omitzero"`
	End       time.Time    `json:"t_end,omitzero"`
	Period    int32        `json:"period_us,omitempty"` // scan period, for the slice spacing
	Beam      quant.Length `json:"beam_mm,omitempty"`   // width of a beam along the lane, which lengthens what it meets
	Flags     []Flag       `json:"flags,omitempty"`
	Slices    []Slice      `json:"slices,omitempty"` // at most 512, evenly thinned
	Scan      *Scan        `json:"scan,omitempty"`   // one raw scan, under --raw only
}

// Slice is one scan plane through a vehicle.
type Slice struct {
	T      int32        `json:"t_ms"` // after Profile.Start
	Height quant.Length `json:"h_mm"`
	Left   quant.Length `json:"l_mm"` // from the lane's middle, negative to the left
	Right  quant.Length `json:"r_mm"`
	Place  quant.Length `json:"y_mm,omitempty"` // behind the front, where the profiler knows the way itself
}

// Scan is one decoded scan telegram.
type Scan struct {
	Counter uint16  `json:"counter"`
	Micros  uint32  `json:"t_us"` // device microseconds since start-up
	Start   int32   `json:"start_1e4deg"`
	Step    int32   `json:"step_1e4deg"`
	Dist    []int32 `json:"dist_mm"`
	RSSI    []int32 `json:"rssi,omitempty"`
}

// PlateRole says where a plate was read.
type PlateRole string

// The plate roles.
const (
	Front   PlateRole = "front"
	Rear    PlateRole = "rear"
	Trailer PlateRole = "trailer"
)

// Plate is one reading of one number plate by one camera.
type Plate struct {
	Text       string      `json:"text"` // as read, upper case, no separators; "" = a vehicle without a readable plate
	Original   string      `json:"original,omitempty"`
	Country    string      `json:"country,omitempty"` // ISO 3166-1 alpha-2; "" is unknown
	Confidence quant.Prob  `json:"confidence"`
	Role       PlateRole   `json:"role,omitempty"`
	Chars      []Char      `json:"chars,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"` // further readings, best first
	Container  string      `json:"container,omitempty"`  // ISO 6346 number
	ADR        string      `json:"adr,omitempty"`        // hazard and UN number of an orange plate
	EventID    string      `json:"event_id,omitempty"`   // the camera's own id; equal ids are one vehicle
	Direction  string      `json:"direction,omitempty"`  // forward, reverse
	Parent     string      `json:"parent,omitempty"`     // the picture that a second reader read
	Images     []string    `json:"images,omitempty"`     // SHA-256 of the pictures, plate crop first
	Late       bool        `json:"late,omitempty"`       // fetched or sent again after a gap: it is as old as Stamp.At says
}

// Char is one character of a plate and how sure the reader is of it.
type Char struct {
	C string     `json:"c"`
	P quant.Prob `json:"p"`
}

// Candidate is one whole reading and its probability.
type Candidate struct {
	Text string     `json:"text"`
	P    quant.Prob `json:"p"`
}

// Radiation is one line of a portal: a background, a slice of counts, a speed, the end of
// an occupancy, a fault or a setup line, told apart by Tag (of the TSA line stream: GB, GS,
// GA, NS, ...). Drivers of other portals use the same tags, and of their own: FT, the portal
// states the fault Fault until FC says that it is over; DC, the state of a portal that tells
// by contacts alone: Occupied, and in Setup the words gamma and neutron of the alarms.
type Radiation struct {
	Tag        string      `json:"tag"`
	Gamma      [4]int32    `json:"gamma"`   // counts of the interval, or counts/s of a background
	Neutron    [4]int32    `json:"neutron"` // the same
	Interval   int32       `json:"interval_ms,omitempty"`
	Alarm      bool        `json:"alarm"` // the portal's own flag
	Occupied   bool        `json:"occupied"`
	Occupancy  uint32      `json:"occupancy,omitempty"` // the portal's counter
	Speed      quant.Speed `json:"speed_mms,omitempty"`
	Background int64       `json:"background_mcps,omitempty"` // neutron background of an occupancy's end, counts/1000 s
	Values     []int64     `json:"values_1e8,omitempty"`      // decimal fields of extended lines, times 10^8
	Setup      []string    `json:"setup,omitempty"`           // fields of a setup line, as sent
	Flags      []Flag      `json:"flags,omitempty"`
	Fault      string      `json:"fault,omitempty"` // high_background, low_background, tamper, comms, ...
}

// Presence is the state of a contact: a loop, a light curtain, a limit switch.
type Presence struct {
	Signal string `json:"signal"` // loop_entry, loop_exit, barrier_up, ...
	On     bool   `json:"on"`
	Count  uint32 `json:"count,omitempty"` // edge counter of the module, where it has one
}

// Seal is the state of an electronic seal.
type Seal struct {
	ID     string `json:"id"`
	State  string `json:"state"` // sealed, open, breach
	Source string `json:"source,omitempty"`
	Card   string `json:"card,omitempty"`
}

// Health is the state of an instrument.
type Health struct {
	State  HealthState `json:"state"`
	Reason string      `json:"reason,omitempty"`
}

// HealthState is one word for the officer.
type HealthState string

// The states of an instrument.
const (
	Online      HealthState = "online"
	Degraded    HealthState = "degraded"
	Offline     HealthState = "offline"
	Maintenance HealthState = "maintenance"
)

// Kind implements Body, as on the other bodies.
func (*Weighing) Kind() Kind  { return KindWeighing }
func (*Profile) Kind() Kind   { return KindProfile }
func (*Plate) Kind() Kind     { return KindPlate }
func (*Radiation) Kind() Kind { return KindRadiation }
func (*Fix) Kind() Kind       { return KindFix }
func (*Seal) Kind() Kind      { return KindSeal }
func (*Presence) Kind() Kind  { return KindPresence }
func (*Health) Kind() Kind    { return KindHealth }

func (*Weighing) sealed()  {}
func (*Profile) sealed()   {}
func (*Plate) sealed()     {}
func (*Radiation) sealed() {}
func (*Fix) sealed()       {}
func (*Seal) sealed()      {}
func (*Presence) sealed()  {}
func (*Health) sealed()    {}
