package rules

import (
	"slices"
	"strconv"
	"strings"

	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

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

// The lines of dose rates.
const (
	ScreeningDose quant.DoseRate = 100     // above background: screening level, 0.1 uSv/h
	EvacuateDose  quant.DoseRate = 100_000 // at 1 m: transport limit, 100 uSv/h
)

// NuclideKind is what a nuclide is used for, or where it comes from.
type NuclideKind string

// The kinds of nuclides.
const (
	NaturalNuclide    NuclideKind = "norm"
	MedicalNuclide    NuclideKind = "medical"
	IndustrialNuclide NuclideKind = "industrial"
	NuclearNuclide    NuclideKind = "snm" // special nuclear material
	OtherNuclide      NuclideKind = "other"
)

// nuclides are the categories that identifiers report by, after ANSI N42.34 (from memory).
// Radium is listed as natural: alone and compact it may be a source all the same.
var nuclides = []struct {
	kind  NuclideKind
	names []string
}{
	{NaturalNuclide, []string{"K-40", "Ra-226", "Th-232", "U-238", "Pb-214", "Bi-214", "Pb-212", "Bi-212", "Tl-208", "Ac-228", "Lu-176", "La-138", "Rn-222"}},
	{MedicalNuclide, []string{"F-18", "Cr-51", "Cu-64", "Ga-67", "Ga-68", "Rb-82", "Y-90", "Zr-89", "Tc-99", "Tc-99m", "Mo-99", "Pd-103", "In-111",
		"I-123", "I-124", "I-125", "I-131", "Xe-133", "Sm-153", "Lu-177", "Re-186", "Re-188", "Tl-201", "Ra-223", "Ac-225"}},
	{IndustrialNuclide, []string{"Na-22", "Mn-54", "Co-57", "Co-60", "Zn-65", "Se-75", "Kr-85", "Sr-90", "Cd-109", "Ba-133", "Cs-137", "Cs-134", "Ce-144",
		"Pm-147", "Eu-152", "Eu-154", "Gd-153", "Yb-169", "Ir-192", "Tl-204", "Po-210", "Am-241", "Cm-244", "Cf-252"}},
	{NuclearNuclide, []string{"U-232", "U-233", "U-235", "Np-237", "Pu-238", "Pu-239", "Pu-240", "Pu-241", "Pu-242", "HEU", "LEU", "WGPu", "RGPu", "SNM"}},
}

// KindOf gives the kind of a nuclide that NuclideName has written.
func KindOf(name string) NuclideKind {
	for i := range nuclides {
		if slices.ContainsFunc(nuclides[i].names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return nuclides[i].kind
		}
	}
	return OtherNuclide
}

// NuclideName writes a nuclide as Cs-137, however an instrument spells it: CS137, 137-Cs,
// Cs 137, Tc-99M. What is no nuclide stays as it is, without blanks around it.
func NuclideName(s string) string {
	s = strings.TrimSpace(s)
	var runs []string // of letters, or of digits
	kind := 0
	for i := range len(s) {
		c, k := s[i], 0
		switch {
		case c >= '0' && c <= '9':
			k = 1
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			k = 2
		case c != '-' && c != ' ':
			return s
		}
		if k != 0 && k == kind {
			runs[len(runs)-1] += string(c)
		} else if k != 0 {
			runs = append(runs, string(c))
		}
		kind = k
	}
	var element, mass, state string
	switch {
	case len(runs) == 2 && runs[0][0] > '9': // Cs-137
		element, mass = runs[0], runs[1]
	case len(runs) == 3 && runs[0][0] > '9': // Tc-99m
		element, mass, state = runs[0], runs[1], strings.ToLower(runs[2])
	case len(runs) == 2 && len(runs[1]) == 3: // 99mTc
		mass, state, element = runs[0], strings.ToLower(runs[1][:1]), runs[1][1:]
	case len(runs) == 2: // 137Cs
		mass, element = runs[0], runs[1]
	case len(runs) == 3: // 99m-Tc
		mass, state, element = runs[0], strings.ToLower(runs[1]), runs[2]
	}
	if element == "" || len(element) > 2 || len(mass) > 3 || state != "" && state != "m" {
		return s
	}
	return strings.ToUpper(element[:1]) + strings.ToLower(element[1:]) + "-" + mass + state
}

// CaseEvidence is what is known of a radiation alarm when its code is given.
type CaseEvidence struct {
	Neutron     bool // an alarm of any pass, or neutrons found by hand
	Guarded     bool // the background was implausibly low
	SoftLoad    bool // a soft spectrum that is not at the cab: possible nuclear material
	Norm        *NormAdvice
	Radioactive bool // nuclear or radioactive goods are declared
	Inspected   bool
	Searched    Answer // neutrons found by hand; unknown is not searched
	Nuclides    []string
	Dose        *quant.DoseRate // the highest at 1 m
	Hints       []Hint
}

// leastText is how many characters a decision's own words have at least.
const leastText = 15

// RefuseCode says why a code may not be given on this evidence; "" if it may.
func RefuseCode(code AlarmCode, class AlarmClass, text string, e *CaseEvidence) string {
	if code.Group() == "" {
		return "there is no code " + strconv.Itoa(int(code))
	}
	if why := refuseClass(code, class); why != "" {
		return why
	}
	if e.Neutron {
		if why := refuseNeutron(code, e); why != "" {
			return why
		}
	}
	if why := refuseEvidence(code, e); why != "" {
		return why
	}
	if needsText(code, e) && len([]rune(strings.TrimSpace(text))) < leastText {
		return "code " + strconv.Itoa(int(code)) + " needs at least 15 characters of text"
	}
	return ""
}

// Class gives the class that a code has by itself; "" is none.
func (c AlarmCode) Class() AlarmClass {
	switch c {
	case CodeMedical:
		return ClassMedical
	case CodeNorm:
		return ClassNorm
	case CodeDeclared:
		return ClassIndustrial
	}
	return ""
}

func refuseClass(code AlarmCode, class AlarmClass) string {
	ok := class == "" || class == code.Class()
	switch code {
	case CodeContraband, CodeOtherReal, CodeOther:
		if class == "" && code != CodeContraband {
			return "code " + strconv.Itoa(int(code)) + " needs a class"
		}
		ok = ok || class == ClassIndustrial || class == ClassUnexplained || class == ClassMedical || class == ClassNorm
	case CodeDeclared:
		ok = ok || class == ClassMedical || class == ClassNorm
	}
	if !ok {
		return "the class " + string(class) + " does not go with code " + strconv.Itoa(int(code))
	}
	return ""
}

func refuseNeutron(code AlarmCode, e *CaseEvidence) string {
	switch code {
	case CodeNorm, CodeDeclared:
		return "a neutron alarm is never explained by a declaration"
	case CodeMedical:
		return "a neutron alarm is no medical isotope"
	case CodeGuardArtefact:
		return "a neutron alarm is no background artefact"
	case CodeNothingFound, CodeBackground, CodeOtherFalse:
		if e.Searched != AnswerNo {
			return "a neutron alarm needs a neutron search by hand that found none"
		}
	}
	return ""
}

func refuseEvidence(code AlarmCode, e *CaseEvidence) string {
	switch code {
	case CodeNorm, CodeDeclared:
		if n := e.Norm; n != nil && !e.Inspected && slices.ContainsFunc(n.Lines, func(l NormLine) bool { return l.Orphan }) {
			return "metal scrap is an orphan source until a secondary inspection shows otherwise"
		}
		if code == CodeDeclared {
			if !e.Radioactive {
				return "nothing radioactive is declared"
			}
			return ""
		}
		switch {
		case e.Inspected:
		case e.Norm == nil:
			return "nothing declared radiates by nature: a secondary inspection comes first"
		case e.Norm.Grade >= GradeC:
			return "the declaration contradicts the measurement: a secondary inspection comes first"
		}
		return found(e, "which is not natural", NaturalNuclide)
	case CodeMedical:
		return found(e, "which is no medical isotope", MedicalNuclide, NaturalNuclide)
	case CodeNothingFound, CodeBackground:
		if !e.Inspected {
			return "the secondary inspection is not completed"
		}
		return found(e, "", NaturalNuclide)
	case CodeGuardArtefact:
		if !e.Guarded {
			return "the background was not implausibly low"
		}
		return found(e, "", NaturalNuclide)
	}
	return ""
}

// found refuses nuclides of other kinds than these.
func found(e *CaseEvidence, which string, but ...NuclideKind) string {
	for _, n := range e.Nuclides {
		if !slices.Contains(but, KindOf(n)) {
			if which != "" {
				which = ", " + which
			}
			return "the inspection found " + n + which
		}
	}
	return ""
}

// needsText reports whether a code says too little by itself.
func needsText(code AlarmCode, e *CaseEvidence) bool {
	switch code {
	case CodeNothingFound, CodeBackground, CodeDeclared:
		return false
	case CodeMedical:
		known := slices.ContainsFunc(e.Nuclides, func(n string) bool { return KindOf(n) == MedicalNuclide })
		return !known && !slices.ContainsFunc(e.Hints, func(h Hint) bool { return h.Code == CodeMedical })
	case CodeNorm:
		return e.Norm == nil || e.Norm.Grade != GradeA
	case CodeGuardArtefact:
		return false
	}
	return true
}

// StrictBecause lists why neither of the two persons may be a plain officer, nil if one may:
// neutrons, nuclear material, more than 100 uSv/h at 1 m, unexplained, or a real alarm. A
// code of 0 asks of the evidence alone.
func StrictBecause(code AlarmCode, class AlarmClass, e *CaseEvidence) []string {
	var why []string
	if e.Neutron {
		why = append(why, "neutron")
	}
	if e.SoftLoad || slices.ContainsFunc(e.Nuclides, func(n string) bool { return KindOf(n) == NuclearNuclide }) {
		why = append(why, "snm")
	}
	if e.Dose != nil && *e.Dose > EvacuateDose {
		why = append(why, "dose")
	}
	if class == ClassUnexplained || code == CodeOther || code == CodeTamper {
		why = append(why, "unexplained")
	}
	if code.Group() == GroupReal {
		why = append(why, "real")
	}
	return why
}

// RadioactiveItems gives the declared codes that are nuclear or radioactive goods.
func RadioactiveItems(b *Book, d *decl.Declaration) (codes []string, licence string) {
	if b == nil || d == nil {
		return nil, ""
	}
	for i := range d.Items {
		hs := d.Items[i].HS
		if !validCode(hs) {
			continue
		}
		best, row := 0, -1
		for r := range b.Radioactive {
			if k := longest(b.Radioactive[r].Prefixes, hs); k > best {
				best, row = k, r
			}
		}
		if row >= 0 {
			codes = append(codes, hs)
			licence = b.Radioactive[row].Licence
		}
	}
	return codes, licence
}
