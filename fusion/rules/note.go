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

// NoteText says in a sentence what a note of a finding means; an unknown one is its own
// text.
func NoteText(note string) string {
	for i := range noteNames {
		if noteNames[i] == note {
			return noteTexts[i]
		}
	}
	return note
}

// noteTexts are the sentences of noteNames, in their order.
var noteTexts = [...]string{
	"the tyres are not known: the limit for twin tyres counts",
	"the uncertainty of the spacing touches two bands: the kinder limit counts",
	"an axle without load does not count",
	"whether the axle drives is not known: the kinder limit counts",
	"the suspension is not known: air suspension is assumed",
	"whether the axle is the trailer's is not known: the kinder limit counts",
	"the class is told from the axle spacings",
	"the condition of the limit is not known: it is taken as met",
	"the instrument gives no uncertainty of the spacings: 30 mm",
	"the law changed in that month, on a day that is not known: the kinder limit counts",
	"international carriage is exempt from the seasonal limit",
	"the exemptions of the season were not read: international carriage is taken as exempt",
	"exemptions by kind of goods are not checked: food, medicines, emergency",
	"the road surface is not known: stone-mastic, the kinder limit counts",
	"the act knows road trains only: an articulated vehicle counts as one",
	"the limit is that of the special permit",
	"the deduction is not verified",
	"the special permit does not cover this vehicle here today",
	"the special permit says nothing of this quantity",
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
