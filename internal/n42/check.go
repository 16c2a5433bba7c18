package n42

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Problem is a rule of the standard that a document breaks.
type Problem struct {
	Rule    string `json:"rule"`    // as Annex M names it
	Element string `json:"element"` // RadInstrumentData/RadMeasurement/GrossCounts
	Offset  int64  `json:"offset"`  // bytes, where the element begins
	Text    string `json:"text"`
}

// Check holds a document against the rules of Annex M of the standard, which its XML schema
// cannot state. now is the time that no date of the document may lie after. The problems
// stand in the order of the rules, and of one rule in the order of the document; the error
// is of a document that is no XML.
//
// The schema itself is not checked: "xmllint --schema n42.xsd" does that.
func Check(r io.Reader, limit int64, now time.Time) ([]Problem, error) {
	root, err := load(r, limit)
	if err != nil {
		return nil, err
	}
	if root.name != "RadInstrumentData" || root.space != Namespace {
		return nil, &SyntaxError{Element: root.name, Offset: root.at, Reason: "this is no document of the 2011 edition: want RadInstrumentData in " + Namespace}
	}
	return check(root, now), nil
}

func check(root *node, now time.Time) []Problem {
	c := checker{now: now, ids: map[string]*node{}, named: map[string][]*node{}}
	root.each(func(n *node) {
		if id := n.attr("id"); id != "" && c.ids[id] == nil {
			c.ids[id] = n
		}
		for _, a := range n.attrs {
			c.named["@"+a.Name.Local] = append(c.named["@"+a.Name.Local], n)
		}
		if n.space == Namespace {
			c.named[n.name] = append(c.named[n.name], n)
		}
	})
	for _, r := range rules {
		c.rule = r.name
		r.test(&c)
	}
	return c.out
}

// checker is one document under test.
type checker struct {
	now   time.Time
	ids   map[string]*node
	named map[string][]*node // elements by their name, and by "@" and the name of an attribute that they have
	rule  string
	out   []Problem
}

func (c *checker) problem(n *node, format string, args ...any) {
	c.out = append(c.out, Problem{c.rule, n.path(), n.at, fmt.Sprintf(format, args...)})
}

// rules are those of Annex M under their names.
var rules = []struct {
	name string
	test func(*checker)
}{
	{"AnalysisDataReferencesExclusivityCheck", oneReference},
	{"AnalysisStartDateCheck", past("AnalysisStartDateTime")},
	{"CalibrationDateCheck", past("CalibrationDateTime")},
	{"CharacteristicGroupOOLConsistencyCheck", outOfLimits},
	{"CompressionCheck", compression},
	{"CountDataValuesCheck", countValues},
	{"DerivedDataReferencesTypeMatch", refer("derivedDataReferences", "DerivedData")},
	{"EBoundariesChannelsCheck", boundaries},
	{"EfficiencyUncertaintyMatch", asMany("EfficiencyUncertaintyValues", "EfficiencyValues")},
	{"EnergyBoundaryIncreasingValuesCheck", increasing("EnergyBoundaryValues", true)},
	{"EnergyCalibrationReferenceTypeMatch", refer("energyCalibrationReference", "EnergyCalibration")},
	{"EnergyFWHMMatch", asMany("FWHMValues", "EnergyValues")},
	{"EnergyEfficiencyMatch", asMany("EfficiencyValues", "EnergyValues")},
	{"EnergyIncreasingListValuesCheck", increasing("EnergyValues", true)},
	{"FullEnergyPECalibrationReferenceTypeMatch", refer("fullEnergyPeakEfficiencyCalibrationReference", "FullEnergyPeakEfficiencyCalibration")},
	{"FWHMCalibrationReferenceTypeMatch", refer("FWHMCalibrationReference", "FWHMCalibration")},
	{"IDoubleEscapePECalibrationReferenceTypeMatch", refer("intrinsicDoubleEscapePeakEfficiencyCalibrationReference", "IntrinsicDoubleEscapePeakEfficiencyCalibration")},
	{"IFullEnergyPECalibrationReferenceTypeMatch", refer("intrinsicFullEnergyPeakEfficiencyCalibrationReference", "IntrinsicFullEnergyPeakEfficiencyCalibration")},
	{"InspectionDateCheck", past("InspectionDateTime")},
	{"ISingleEscapePECalibrationReferenceTypeMatch", refer("intrinsicSingleEscapePeakEfficiencyCalibrationReference", "IntrinsicSingleEscapePeakEfficiencyCalibration")},
	{"N42DocDateCheck", past("@n42DocDateTime")},
	{"OriginReferenceCircularReferenceCheck", circular},
	{"OriginReferenceDescriptionCheck", originDescribed},
	{"OriginReferenceTypeMatch", refer("originReference", "RadInstrumentInformation", "RadDetectorInformation", "RadItemInformation")},
	{"RadAlarmCategoryCheck", described("RadAlarm", "RadAlarmCategoryCode", "RadAlarmDescription")},
	{"RadAlarmDateCheck", past("RadAlarmDateTime")},
	{"RadDetectorCategoryCheck", described("RadDetectorInformation", "RadDetectorCategoryCode", "RadDetectorDescription")},
	{"RadDetectorInformationReferencesTypeMatch", refer("radDetectorInformationReferences", "RadDetectorInformation")},
	{"RadDetectorInformationReferenceTypeMatch", refer("radDetectorInformationReference", "RadDetectorInformation")},
	{"RadDetectorKindCheck", described("RadDetectorInformation", "RadDetectorKindCode", "RadDetectorDescription")},
	{"RadItemInformationReferencesTypeMatch", refer("radItemInformationReferences", "RadItemInformation")},
	{"RadMeasurementGroupReferencesTypeMatch", refer("radMeasurementGroupReferences", "RadMeasurementGroup")},
	{"RadMeasurementReferencesTypeMatch", refer("radMeasurementReferences", "RadMeasurement")},
	{"RadMeasurementUniqueDetectorCheck-DoseRate", oncePerDetector("DoseRate")},
	{"RadMeasurementUniqueDetectorCheck-ExposureRate", oncePerDetector("ExposureRate")},
	{"RadMeasurementUniqueDetectorCheck-GrossCounts", oncePerDetector("GrossCounts")},
	{"RadMeasurementUniqueDetectorCheck-Spectrum", oncePerDetector("Spectrum")},
	{"RadMeasurementUniqueDetectorCheck-TotalDose", oncePerDetector("TotalDose")},
	{"RadMeasurementUniqueDetectorCheck-TotalExposure", oncePerDetector("TotalExposure")},
	{"RadRawDoseRateReferencesCheck", derivedOnly("radRawDoseRateReferences")},
	{"RadRawDoseRateReferencesTypeMatch", refer("radRawDoseRateReferences", "DoseRate")},
	{"RadRawExposureRateReferencesCheck", derivedOnly("radRawExposureRateReferences")},
	{"RadRawExposureRateReferencesTypeMatch", refer("radRawExposureRateReferences", "ExposureRate")},
	{"RadRawGrossCountsReferencesCheck", derivedOnly("radRawGrossCountsReferences")},
	{"RadRawGrossCountsReferencesTypeMatch", refer("radRawGrossCountsReferences", "GrossCounts")},
	{"RadRawSpectrumReferencesCheck", derivedOnly("radRawSpectrumReferences")},
	{"RadRawSpectrumReferencesTypeMatch", refer("radRawSpectrumReferences", "Spectrum")},
	{"RadRawTotalDoseReferencesCheck", derivedOnly("radRawTotalDoseReferences")},
	{"RadRawTotalDoseReferencesTypeMatch", refer("radRawTotalDoseReferences", "TotalDose")},
	{"RadRawTotalExposureReferencesCheck", derivedOnly("radRawTotalExposureReferences")},
	{"RadRawTotalExposureReferencesTypeMatch", refer("radRawTotalExposureReferences", "TotalExposure")},
	{"StartDateCheck", past("StartDateTime")},
	{"TotalEfficiencyCalibrationReferenceTypeMatch", totalEfficiency},
	{"ValueDateCheck", past("@valueDateTime")},
	{"WindowStartEndCheck", windowOrder},
	{"WindowStartEndMatch", asMany("WindowStartEnergyValues", "WindowEndEnergyValues")},
	{"WindowStartIncreasingListValuesCheck", increasing("WindowStartEnergyValues", false)},
}

// past refuses times after now in an element, or in an attribute named with "@".
func past(name string) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named[name] {
			text := n.text
			if a, ok := strings.CutPrefix(name, "@"); ok {
				text = n.attr(a)
			}
			t, _, err := moment(text)
			switch {
			case err != nil:
				c.problem(n, "%s: %v", name, err)
			case !t.Before(c.now):
				c.problem(n, "%s %s lies in the future", name, clip(text))
			}
		}
	}
}

// refer asks that each id in an attribute is of an element of one of these names.
func refer(attr string, names ...string) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named["@"+attr] {
			c.points(n, attr, names)
		}
	}
}

func (c *checker) points(n *node, attr string, names []string) {
	ids := strings.Fields(n.attr(attr))
	if len(ids) == 0 {
		c.problem(n, "%s names nothing", attr)
	}
	for _, id := range ids {
		is := "nothing"
		if to := c.ids[id]; to != nil {
			is = to.name
		}
		ok := false
		for _, want := range names {
			ok = ok || is == want
		}
		if !ok {
			c.problem(n, "%s %q is %s: want %s", attr, clip(id), is, strings.Join(names, " or "))
		}
	}
}

// oneReference: results are of derived data, of a group or of measurements.
func oneReference(c *checker) {
	for _, n := range c.named["AnalysisResults"] {
		count := 0
		for _, a := range []string{"derivedDataReferences", "radMeasurementGroupReferences", "radMeasurementReferences"} {
			if _, ok := n.has(a); ok {
				count++
			}
		}
		if count != 1 {
			c.problem(n, "%d of derivedDataReferences, radMeasurementGroupReferences and radMeasurementReferences: want exactly one", count)
		}
	}
}

// outOfLimits: a group that is within limits has no characteristic that is not.
func outOfLimits(c *checker) {
	for _, n := range c.named["CharacteristicGroup"] {
		group, ok := truth(n.attr("groupOutOfLimits"))
		if !ok || group {
			continue
		}
		for _, k := range n.kids {
			if out, _ := truth(k.attr("valueOutOfLimits")); k.name == "Characteristic" && out {
				c.problem(n, "groupOutOfLimits is false and %q is out of limits", clip(k.find("CharacteristicName")))
			}
		}
	}
}

// values is a list of numbers as XPath reads them: what is none is NaN.
func values(text string) []float64 {
	fields := strings.Fields(text)
	out := make([]float64, len(fields))
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

func zero(v float64) bool { return math.Abs(v) <= 0 }

// compression: in counted zeroes each zero is followed by how many there are.
func compression(c *checker) {
	for _, n := range c.named["ChannelData"] {
		if n.attr("compressionCode") != "CountedZeroes" {
			continue
		}
		list := values(n.text)
		for i, v := range list {
			switch {
			case !zero(v):
			case i+1 == len(list):
				c.problem(n, "the counted zeroes end with a zero")
			case !(list[i+1] > 0) || list[i+1] > math.Floor(list[i+1]):
				c.problem(n, "the zero at %d is followed by %g: want a count", i+1, list[i+1])
			}
		}
	}
}

// countValues: one count, or one for each energy window.
func countValues(c *checker) {
	for _, n := range c.named["GrossCounts"] {
		count := len(strings.Fields(n.find("CountData")))
		id, ok := n.has("energyWindowsReference")
		want := 1
		if ok {
			want = len(strings.Fields(c.ids[id].find("WindowStartEnergyValues")))
		}
		if count != want {
			c.problem(n, "%d counts, want %d", count, want)
		}
	}
}

// boundaries: a calibration by boundaries has one value more than channels.
func boundaries(c *checker) {
	for _, n := range c.named["Spectrum"] {
		have := len(strings.Fields(c.ids[n.attr("energyCalibrationReference")].find("EnergyBoundaryValues")))
		if have == 0 {
			continue
		}
		want := 0.0
		data := n.child("ChannelData")
		list := values(n.find("ChannelData"))
		for i := 0; i < len(list); i++ {
			if zero(list[i]) && data.attr("compressionCode") == "CountedZeroes" && i+1 < len(list) {
				i++
				want += list[i]
			} else {
				want++
			}
		}
		if float64(have) > want+1 || float64(have) < want+1 {
			c.problem(n, "%d energy boundaries of %g channels", have, want)
		}
	}
}

// asMany: two lists beside each other are of one length.
func asMany(a, b string) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named[a] {
			if x, y := len(strings.Fields(n.text)), len(strings.Fields(n.up.find(b))); x != y {
				c.problem(n, "%d %s and %d %s", x, a, y, b)
			}
		}
	}
}

// increasing: a list rises; if not strictly, equal neighbours are fine.
func increasing(name string, strictly bool) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named[name] {
			list := values(n.text)
			for i := 1; i < len(list); i++ {
				if strictly && !(list[i-1] < list[i]) || list[i-1] > list[i] {
					c.problem(n, "value %d, %g, after %g", i+1, list[i], list[i-1])
					break
				}
			}
		}
	}
}

// described: what is Other says what.
func described(parent, code, text string) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named[parent] {
			if n.find(code) == "Other" && n.child(text) == nil {
				c.problem(n, "%s is Other and there is no %s", code, text)
			}
		}
	}
}

// oncePerDetector: a measurement has one value of a kind of each detector.
func oncePerDetector(name string) func(*checker) {
	return func(c *checker) {
		type key struct {
			in *node
			id string
		}
		count := map[key]int{}
		for _, n := range c.named[name] {
			if id, ok := n.has("radDetectorInformationReference"); ok {
				count[key{n.up, id}]++
			}
		}
		for _, n := range c.named[name] {
			if id := n.attr("radDetectorInformationReference"); n.up.name == "RadMeasurement" && count[key{n.up, id}] != 1 {
				c.problem(n, "%d %s of detector %q: want one", count[key{n.up, id}], name, clip(id))
			}
		}
	}
}

// derivedOnly: an attribute stands on children of DerivedData alone.
func derivedOnly(attr string) func(*checker) {
	return func(c *checker) {
		for _, n := range c.named["@"+attr] {
			if n.up == nil || n.up.name != "DerivedData" {
				c.problem(n, "%s outside of DerivedData", attr)
			}
		}
	}
}

// circular: the place of a thing is not told against itself. Only a direct circle is looked
// for, as in the standard.
func circular(c *checker) {
	for _, n := range c.named["@originReference"] {
		state := n
		for _, name := range []string{"Origin", "RelativeLocation", "StateVector"} {
			if state == nil || state.name != name {
				state = nil
				break
			}
			state = state.up
		}
		if state == nil {
			continue
		}
		id := n.attr("originReference")
		bad := false
		switch state.name {
		case "RadInstrumentState":
			bad = c.ids[id] != nil && c.ids[id].name == "RadInstrumentInformation"
		case "RadDetectorState":
			bad = id == state.attr("radDetectorInformationReference")
		case "RadItemState":
			bad = id == state.attr("radItemInformationReference")
		}
		if bad {
			c.problem(n, "the origin of %s is itself", state.name)
		}
	}
}

func originDescribed(c *checker) {
	for _, n := range c.named["@originReference"] {
		if n.child("OriginDescription") == nil {
			c.problem(n, "originReference without an OriginDescription")
		}
	}
}

// totalEfficiency: the standard's rule file writes the names with a word too many, which no
// document has; both spellings are taken.
func totalEfficiency(c *checker) {
	refer("totalEfficiencyCalibrationReference", "TotalEfficiencyCalibration")(c)
	refer("totalEfficiencyEfficiencyCalibrationReference", "TotalEfficiencyCalibration")(c)
}

// windowOrder: each energy window begins below its end.
func windowOrder(c *checker) {
	for _, n := range c.named["EnergyWindows"] {
		from, to := values(n.find("WindowStartEnergyValues")), values(n.find("WindowEndEnergyValues"))
		for i := range from {
			if i >= len(to) || !(from[i] < to[i]) {
				c.problem(n, "window %d does not end above its start", i+1)
				break
			}
		}
	}
}
