package n42doc

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"acsgd/fusion/radiation"
)

// portal writes what the portal itself has decided.
func (w *document) portal() {
	o := w.o
	w.raw("<AnalysisResults id=\"R-PORTAL\" radMeasurementGroupReferences=\"OCC\"><AnalysisAlgorithmName>decision of the portal</AnalysisAlgorithmName>")
	w.element("AnalysisAlgorithmCreatorName", w.Portal.Maker)
	if w.Portal.Firmware != "" {
		w.raw("<AnalysisAlgorithmVersion><AnalysisAlgorithmComponentName>Software</AnalysisAlgorithmComponentName>")
		w.value("AnalysisAlgorithmComponentVersion", w.Portal.Firmware)
		w.raw("</AnalysisAlgorithmVersion>")
	}
	w.verdict(o.VendorAlarm)
	gamma, neutron := first(o.Slices, func(s *radiation.Slice) (int32, bool) { return s.At, s.Vendor }),
		first(o.Neutron, func(s *radiation.Neutron) (int32, bool) { return s.At, s.Vendor })
	if o.VendorGamma || o.VendorAlarm && !o.VendorNeut && !o.EnergyAlarm {
		w.alarm("P-1", "Gamma", gamma, 0b1111, "the portal: gamma alarm")
	}
	if o.VendorNeut {
		w.alarm("P-2", "Neutron", neutron, 0b1111, "the portal: neutron alarm")
	}
	if o.EnergyAlarm {
		w.alarm("P-3", "Gamma", math.MinInt32, 0b1111, "the portal: alarm of its energy windows")
	}
	w.raw("</AnalysisResults>\n")
}

func (w *document) verdict(alarm bool) {
	if alarm {
		w.element("AnalysisResultDescription", "alarm")
	} else {
		w.element("AnalysisResultDescription", "no alarm")
	}
	w.raw("\n")
}

// first is the time of the first that is marked; MinInt32 if none is.
func first[T any](list []T, marked func(*T) (int32, bool)) int32 {
	for i := range list {
		if at, ok := marked(&list[i]); ok {
			return at
		}
	}
	return math.MinInt32
}

// alarm appends an alarm of a group of channels; at is in ms after the start, MinInt32 is
// not known.
func (w *document) alarm(id, category string, at int32, group uint8, text string) {
	names, there := gammaNames, w.gamma
	if category == "Neutron" {
		names, there = neutronNames, w.tubes
	}
	if there&group != 0 {
		there &= group
	}
	var ids []string
	for i := range 4 {
		if there>>i&1 != 0 {
			ids = append(ids, names[i])
		}
	}
	switch {
	case len(ids) > 0:
	case category == "Gamma" && w.edges:
		ids = []string{windowSum}
	case w.gamma == 0 && !w.edges && w.tubes == 0 && !w.sum:
		ids = []string{noCounts}
	case w.sum:
		ids = []string{neutronSum}
	default: // of a kind of channels that has given nothing else
		ids = w.anything()
	}
	w.raw(`<RadAlarm id="` + id + `" radDetectorInformationReferences="` + strings.Join(ids, " ") + `">`)
	if at != math.MinInt32 {
		t := w.o.Start.Add(time.Duration(at) * time.Millisecond)
		if last := end(w.o); t.After(last) {
			t = last
		}
		w.stamp("RadAlarmDateTime", t)
	}
	w.raw("<RadAlarmCategoryCode>" + category + "</RadAlarmCategoryCode>")
	w.element("RadAlarmDescription", text)
	w.raw("</RadAlarm>\n")
}

// anything are all channels of the portal.
func (w *document) anything() (ids []string) {
	for i := range 4 {
		if w.gamma>>i&1 != 0 {
			ids = append(ids, gammaNames[i])
		}
	}
	for i := range 4 {
		if w.tubes>>i&1 != 0 {
			ids = append(ids, neutronNames[i])
		}
	}
	if w.edges {
		ids = append(ids, windowSum)
	}
	return ids
}

func (w *document) setting(name, value, unit string) {
	w.raw("<AnalysisAlgorithmSetting><AnalysisAlgorithmSettingName>" + name + "</AnalysisAlgorithmSettingName>")
	w.value("AnalysisAlgorithmSettingValue", value)
	w.raw("<AnalysisAlgorithmSettingUnits>" + unit + "</AnalysisAlgorithmSettingUnits></AnalysisAlgorithmSetting>\n")
}

// milli is a number of thousandths as decimal.
func milli(v int32) string {
	var w writer
	w.decimal(int64(v), 3)
	return string(w.b)
}

// engine writes what our own tests have found.
func (w *document) engine() {
	o := w.o
	w.raw("<AnalysisResults id=\"R-ACSGD\" radMeasurementGroupReferences=\"OCC\"><AnalysisAlgorithmName>ACSGD radiation engine</AnalysisAlgorithmName><AnalysisAlgorithmCreatorName>ACSGD</AnalysisAlgorithmCreatorName>\n")
	w.settings()
	if o.Fault != "" {
		w.raw("<AnalysisResultStatusCode>Failure</AnalysisResultStatusCode>")
	} else {
		w.raw("<AnalysisResultStatusCode>Success</AnalysisResultStatusCode>")
	}
	ours := o.Analysis != nil && o.Analysis.Alarm
	w.verdict(o.GammaAlarm || o.NeutronAlarm || ours)
	w.alarms()
	w.position()
	w.faults()
	w.raw("</AnalysisResults>\n")
}

func (w *document) settings() {
	o := w.o
	if len(o.Slices) > 0 {
		window, mask := o.AlarmWindow, o.Mask
		if window == 0 {
			window = 5
		}
		if mask == "" {
			mask = "1010"
		}
		w.setting("k", milli(o.Threshold), "sigma")
		w.setting("AlarmWindow", strconv.Itoa(window), "slices")
		w.setting("AlarmMask of sum horizontal vertical single", mask, "unit-less")
	}
	if a := o.Analysis; a != nil {
		if a.Templates != "" {
			w.setting("SuppressionTemplates", a.Templates, "version")
		}
		for i := range a.Tests {
			if x := &a.Tests[i]; x.Reason == "" {
				w.setting("Threshold of "+x.Name, milli(x.Threshold), "sigma")
			}
		}
	}
}

func (w *document) alarms() {
	o := w.o
	if o.GammaAlarm {
		at := first(o.Slices, func(s *radiation.Slice) (int32, bool) { return s.At, s.Alarm })
		w.alarm("A-1", "Gamma", at, groupOf(o.Group), fmt.Sprintf("ACSGD: %s %s sigma, k=%s", o.Group, milli(o.MaxSigma), milli(o.Threshold)))
	}
	for i := range o.Neutron {
		if n := &o.Neutron[i]; n.Alarm {
			w.alarm("A-2", "Neutron", n.At, 0b1111, "ACSGD: sequential test of neutron counts")
			break
		}
	}
	if o.GuardAlarm && !o.GammaAlarm {
		w.alarm("A-3", "Gamma", math.MinInt32, 0b1111, fmt.Sprintf("ACSGD: %s sigma above the background of the last half hour, k=%s", milli(o.GuardSigma), milli(o.Threshold)))
	}
	if o.Analysis == nil {
		return
	}
	for i := range o.Analysis.Tests {
		if x := &o.Analysis.Tests[i]; x.Alarm {
			w.alarm(fmt.Sprintf("T-%d", i+1), "Gamma", x.At, groupOf(x.Group),
				strings.Replace(fmt.Sprintf("ACSGD: %s, %s %s sigma, threshold %s", x.Name, x.Group, milli(x.Sigma), milli(x.Threshold)), ",  ", ", ", 1))
		}
	}
}

// position is where along the vehicle the excess is.
func (w *document) position() {
	p := w.Place
	if p == nil || p.Middle < 0 {
		return
	}
	w.raw("<GrossCountAnalysisResults><SourcePosition><RelativeLocation><DistanceValue>")
	w.decimal(int64(p.Middle), 3)
	w.raw(`</DistanceValue><Origin originReference="V"><OriginDescription>`)
	w.text(fmt.Sprintf("front of the vehicle; the excess lies from %s m to %s m behind it, by the %s", milli(p.From), milli(p.To), p.By))
	w.raw("</OriginDescription></Origin></RelativeLocation></SourcePosition></GrossCountAnalysisResults>\n")
}

func (w *document) fault(code, text, severity string) {
	w.raw("<Fault><FaultCodeValue>" + code + "</FaultCodeValue>")
	w.element("FaultDescription", text)
	w.raw("<FaultSeverityCode>" + severity + "</FaultSeverityCode></Fault>\n")
}

func (w *document) faults() {
	o := w.o
	if o.Fault != "" {
		w.fault("not_judged", o.Fault, "Error")
	}
	if o.Truncated {
		w.fault("truncated", "a part of the occupancy is missing", "Error")
	}
	if o.Open {
		w.fault("open", "the occupancy had not ended", "Warning")
	}
	if !o.HasBG && len(o.Slices) > 0 {
		w.fault("no_background", "no background was known", "Error")
	}
	switch {
	case o.Contacts:
		w.fault("contacts_only", "the portal told this by its contacts alone: there are no counts and no profile", "Warning")
	case len(o.Slices) == 0:
		w.fault("no_counts", "no gamma counts were received", "Warning")
	}
	if o.IntervalUnknown {
		interval := int32(200)
		if o.Interval > 0 {
			interval = o.Interval
		}
		w.fault("interval_unknown", fmt.Sprintf("the portal does not tell what time its counts are of; %d ms are assumed", interval), "Warning")
	}
	if o.Thinned > 1 {
		w.fault("thinned", fmt.Sprintf("of %d slices every %d. and those with an alarm are here", o.Count, o.Thinned), "Warning")
	}
	if o.Guarded {
		w.fault("background_guard", fmt.Sprintf("the background before the occupancy was implausibly low; that of the last half hour: %d %d %d %d cps",
			o.GuardBackground[0], o.GuardBackground[1], o.GuardBackground[2], o.GuardBackground[3]), "Warning")
	}
	if o.Missed > 0 {
		w.fault("missed", fmt.Sprintf("%d occupancies before this one are missing", o.Missed), "Warning")
	}
	if w.o.HasBG && w.average() <= 0 {
		w.fault("background_time", "the background is a rate of no known time; it is given for one second", "Warning")
	}
}
