package rules

// AlarmCode is the outcome of a radiation alarm: 1 to 12, 0 is none. 1 to 11 are those of
// the system that is in use at other borders, 12 is our own.
type AlarmCode int

// The codes.
const (
	CodeContraband    AlarmCode = 1
	CodeOtherReal     AlarmCode = 2
	CodeMedical       AlarmCode = 3
	CodeNorm          AlarmCode = 4
	CodeDeclared      AlarmCode = 5
	CodeNothingFound  AlarmCode = 6 // physical inspection negative
	CodeBackground    AlarmCode = 7 // the identifier shows background only
	CodeOtherFalse    AlarmCode = 8
	CodeTest          AlarmCode = 9 // authorised test, maintenance, training
	CodeTamper        AlarmCode = 10
	CodeOther         AlarmCode = 11
	CodeGuardArtefact AlarmCode = 12 // the background was implausibly low
)

// CodeGroup is what a code means for statistics.
type CodeGroup string

// The groups of codes.
const (
	GroupReal     CodeGroup = "real"
	GroupInnocent CodeGroup = "innocent"
	GroupFalse    CodeGroup = "false"
	GroupTest     CodeGroup = "test"
	GroupFault    CodeGroup = "fault"
	GroupOther    CodeGroup = "other"
)

// Group gives the group of a code; "" if there is no such code.
func (c AlarmCode) Group() CodeGroup {
	if c < 1 || int(c) >= len(groups) {
		return ""
	}
	return groups[c]
}

var groups = [...]CodeGroup{"", GroupReal, GroupReal, GroupInnocent, GroupInnocent, GroupInnocent,
	GroupFalse, GroupFalse, GroupFalse, GroupTest, GroupFault, GroupOther, GroupFalse}

// AlarmClass is what has caused an alarm.
type AlarmClass string

// The classes.
const (
	ClassMedical     AlarmClass = "medical"
	ClassNorm        AlarmClass = "norm"
	ClassIndustrial  AlarmClass = "industrial"
	ClassUnexplained AlarmClass = "unexplained"
)

// Answer is yes, no or unknown.
type Answer string

// The answers.
const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnknown Answer = "unknown"
)

// Because is one ground of an advice: a code for programs and the page's words, and an
// English sentence.
type Because struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Hint is a code that the evidence suggests. It is advice.
type Hint struct {
	Code    AlarmCode  `json:"code"`
	Class   AlarmClass `json:"class,omitempty"`
	Reasons []Because  `json:"reasons"`
}
