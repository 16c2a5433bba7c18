package rules

import "math/bits"

// notes is a set of remarks on a finding.
type notes uint32

const (
	noteTyres notes = 1 << iota
	noteSpacing
	noteLift
	noteRole
	noteSuspension
	noteUnit
	noteClass
	noteCondition
	noteSpacingU
	noteChangeDay
	noteSeasonExempt
	noteSeasonUnread
	noteSeasonOthers
	noteSurface
	noteTrain
	notePermit
	noteDeduction
	notePermitOther
	notePermitSilent
)

// noteNames are the texts of the bits above, in their order. The array is never written;
// findings share its parts.
var noteNames = [...]string{
	"tyres_assumed",               // not known: twin tyres, the kinder limit
	"spacing_ambiguous",           // the spacing's uncertainty touches two bands: the kinder limit
	"lift_axle",                   // an axle without load does not count
	"role_assumed",                // driving axle or not: the kinder limit
	"suspension_assumed",          // air suspension: the kinder limit
	"unit_assumed",                // tractor or trailer: the kinder limit
	"class_inferred",              // from the axle spacings
	"condition_assumed",           // the limit's condition is taken as met: the kinder limit
	"spacing_u_assumed",           // the instrument gave none: 30 mm
	"change_day_unknown",          // only the month of a change of the law is known: the kinder limit
	"season_exempt",               // international carriage
	"season_exemption_assumed",    // the season's list of exemptions was not read
	"season_exemptions_unchecked", // food, medicines, emergency and the like are not known here
	"surface_assumed",             // stone-mastic, the kinder limit
	"articulated_as_road_train",   // the act knows trains only
	"permit_applied",              // the limit is the special permit's
	"deduction_not_verified",
	"permit_does_not_cover", // another plate, day or route
	"permit_silent",         // the special permit says nothing of this quantity
}

// list returns the texts, nil for none. One remark costs no allocation.
func (n notes) list(m *Memory) []string {
	if n == 0 {
		return nil
	}
	if n&(n-1) == 0 {
		i := bits.TrailingZeros32(uint32(n))
		return noteNames[i : i+1 : i+1]
	}
	count := bits.OnesCount32(uint32(n))
	m.texts = grow(m.texts, count)
	first := len(m.texts)
	for ; n != 0; n &= n - 1 {
		m.texts = append(m.texts, noteNames[bits.TrailingZeros32(uint32(n))])
	}
	return m.texts[first:len(m.texts):len(m.texts)]
}
