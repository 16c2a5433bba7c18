package n42

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/internal/n42/n42test"
	"acsgd/internal/sharedtest"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// failing makes of the whole document in testdata one that breaks a rule: once old is
// replaced by new. The document itself breaks none.
var failing = []struct{ rule, old, new string }{
	{"AnalysisDataReferencesExclusivityCheck", `<AnalysisResults id="F" radMeasurementReferences="M"/>`, `<AnalysisResults id="F"/>`},
	{"AnalysisStartDateCheck", "2026-01-15T08:30:05Z", "2226-01-15T08:30:05Z"},
	{"CalibrationDateCheck", "2025-03-01T", "2225-03-01T"},
	{"CharacteristicGroupOOLConsistencyCheck", `valueOutOfLimits="false"`, `valueOutOfLimits="true"`},
	{"CompressionCheck", "0 2 7 8 9", "0 1 7 8 9 0"},
	{"CountDataValuesCheck", "1 2 3</CountData>", "1 2</CountData>"},
	{"DerivedDataReferencesTypeMatch", `derivedDataReferences="E"`, `derivedDataReferences="M"`},
	{"EBoundariesChannelsCheck", "0 2 7 8 9", "0 3 7 8 9"},
	{"EfficiencyUncertaintyMatch", "0.01 0.02", "0.01"},
	{"EnergyBoundaryIncreasingValuesCheck", "0 10 20 30", "0 20 20 30"},
	{"EnergyCalibrationReferenceTypeMatch", `"S2" radDetectorInformationReference="N" energyCalibrationReference="EC"`, `"S2" radDetectorInformationReference="N" energyCalibrationReference="G"`},
	{"EnergyFWHMMatch", "<FWHMValues>7 8<", "<FWHMValues>7 8 9<"},
	{"EnergyEfficiencyMatch", "<EfficiencyValues>0.1 0.2<", "<EfficiencyValues>0.1<"},
	{"EnergyIncreasingListValuesCheck", "100 201", "201 100"},
	{"FullEnergyPECalibrationReferenceTypeMatch", `PeakEfficiencyCalibrationReference="PC"`, `PeakEfficiencyCalibrationReference="TC"`},
	{"FWHMCalibrationReferenceTypeMatch", `FWHMCalibrationReference="FC"`, `FWHMCalibrationReference="PC"`},
	{"IDoubleEscapePECalibrationReferenceTypeMatch", `CalibrationReference="DC"`, `CalibrationReference="SC"`},
	{"IFullEnergyPECalibrationReferenceTypeMatch", `CalibrationReference="IC"`, `CalibrationReference="PC"`},
	{"InspectionDateCheck", "2025-01-01T", "2225-01-01T"},
	{"ISingleEscapePECalibrationReferenceTypeMatch", `CalibrationReference="SC"`, `CalibrationReference="DC"`},
	{"N42DocDateCheck", "2026-01-15T08:30:12Z", "2226-01-15T08:30:12Z"},
	{"OriginReferenceCircularReferenceCheck", `originReference="I"`, `originReference="V"`},
	{"OriginReferenceDescriptionCheck", "<OriginDescription>portal</OriginDescription>", ""},
	{"OriginReferenceTypeMatch", `originReference="I"`, `originReference="W"`},
	{"RadAlarmCategoryCheck", "<RadAlarmDescription>both</RadAlarmDescription>", ""},
	{"RadAlarmDateCheck", "2026-01-15T08:30:04Z", "2226-01-15T08:30:04Z"},
	{"RadDetectorCategoryCheck", "<RadDetectorDescription>gamma</RadDetectorDescription>", ""},
	{"RadDetectorInformationReferencesTypeMatch", `radDetectorInformationReferences="G N"`, `radDetectorInformationReferences="G V"`},
	{"RadDetectorInformationReferenceTypeMatch", `<TotalDose id="ET" radDetectorInformationReference="G"`, `<TotalDose id="ET" radDetectorInformationReference="I"`},
	{"RadDetectorKindCheck", "<RadDetectorDescription>neutrons</RadDetectorDescription>", ""},
	{"RadItemInformationReferencesTypeMatch", `radItemInformationReferences="V"`, `radItemInformationReferences="G"`},
	{"RadMeasurementGroupReferencesTypeMatch", `"M" radMeasurementGroupReferences="O"`, `"M" radMeasurementGroupReferences="W"`},
	{"RadMeasurementReferencesTypeMatch", `radMeasurementReferences="M"`, `radMeasurementReferences="O"`},
	{"RadMeasurementUniqueDetectorCheck-DoseRate", `"DN" radDetectorInformationReference="N"`, `"DN" radDetectorInformationReference="G"`},
	{"RadMeasurementUniqueDetectorCheck-ExposureRate", `"XN" radDetectorInformationReference="N"`, `"XN" radDetectorInformationReference="G"`},
	{"RadMeasurementUniqueDetectorCheck-GrossCounts", `"CN" radDetectorInformationReference="N"`, `"CN" radDetectorInformationReference="G"`},
	{"RadMeasurementUniqueDetectorCheck-Spectrum", `"S2" radDetectorInformationReference="N"`, `"S2" radDetectorInformationReference="G"`},
	{"RadMeasurementUniqueDetectorCheck-TotalDose", `"TN" radDetectorInformationReference="N"`, `"TN" radDetectorInformationReference="G"`},
	{"RadMeasurementUniqueDetectorCheck-TotalExposure", `"YN" radDetectorInformationReference="N"`, `"YN" radDetectorInformationReference="G"`},
	{"RadRawDoseRateReferencesCheck", `"DN" radDetectorInformationReference="N"`, `"DN" radDetectorInformationReference="N" radRawDoseRateReferences="D"`},
	{"RadRawDoseRateReferencesTypeMatch", `radRawDoseRateReferences="D"`, `radRawDoseRateReferences="X"`},
	{"RadRawExposureRateReferencesCheck", `"XN" radDetectorInformationReference="N"`, `"XN" radDetectorInformationReference="N" radRawExposureRateReferences="X"`},
	{"RadRawExposureRateReferencesTypeMatch", `radRawExposureRateReferences="X"`, `radRawExposureRateReferences="D"`},
	{"RadRawGrossCountsReferencesCheck", `"CN" radDetectorInformationReference="N"`, `"CN" radDetectorInformationReference="N" radRawGrossCountsReferences="C"`},
	{"RadRawGrossCountsReferencesTypeMatch", `radRawGrossCountsReferences="CN"`, `radRawGrossCountsReferences="CN S"`},
	{"RadRawSpectrumReferencesCheck", `"S1" radDetectorInformationReference="G"`, `"S1" radDetectorInformationReference="G" radRawSpectrumReferences="S"`},
	{"RadRawSpectrumReferencesTypeMatch", `radRawSpectrumReferences="S"`, `radRawSpectrumReferences="C"`},
	{"RadRawTotalDoseReferencesCheck", `"TN" radDetectorInformationReference="N"`, `"TN" radDetectorInformationReference="N" radRawTotalDoseReferences="T"`},
	{"RadRawTotalDoseReferencesTypeMatch", `radRawTotalDoseReferences="T"`, `radRawTotalDoseReferences="D"`},
	{"RadRawTotalExposureReferencesCheck", `"YN" radDetectorInformationReference="N"`, `"YN" radDetectorInformationReference="N" radRawTotalExposureReferences="Y"`},
	{"RadRawTotalExposureReferencesTypeMatch", `radRawTotalExposureReferences="Y"`, `radRawTotalExposureReferences="D"`},
	{"StartDateCheck", "2026-01-15T08:30:02Z", "2226-01-15T08:30:02Z"},
	{"TotalEfficiencyCalibrationReferenceTypeMatch", `totalEfficiencyCalibrationReference="TC"`, `totalEfficiencyEfficiencyCalibrationReference="PC"`},
	{"ValueDateCheck", "2025-02-01T", "2225-02-01T"},
	{"WindowStartEndCheck", "100 3000 400<", "100 3000 100<"},
	{"WindowStartEndMatch", "100 3000 400<", "100 3000 400 500<"},
	{"WindowStartIncreasingListValuesCheck", "0 0 100<", "0 50 20<"},
}

// broken lists the rules that a document breaks, each once, sorted.
func broken(t *testing.T, doc string) []string {
	t.Helper()
	list, err := Check(strings.NewReader(doc), 0, now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range list {
		if p.Offset <= 0 || !strings.HasPrefix(doc[p.Offset:], "<"+p.Element[strings.LastIndexByte(p.Element, '/')+1:]) {
			t.Errorf("%s: offset %d of %s is not where it begins", p.Rule, p.Offset, p.Element)
		}
		out = append(out, p.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func everything(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "everything.n42"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documents are those that fail, by their rule; "" is the one that does not.
func documents(t *testing.T) map[string]string {
	whole := everything(t)
	out := map[string]string{"": whole}
	for _, f := range failing {
		if strings.Count(whole, f.old) != 1 {
			t.Fatalf("%s: %q stands %d times in the document", f.rule, f.old, strings.Count(whole, f.old))
		}
		out[f.rule] = strings.Replace(whole, f.old, f.new, 1)
	}
	return out
}

// TestEachRule finds the one rule that each document breaks, and all rules are tried.
func TestEachRule(t *testing.T) {
	docs := documents(t)
	if got := broken(t, docs[""]); len(got) > 0 {
		t.Fatalf("the whole document breaks %q", got)
	}
	for _, r := range rules {
		doc, ok := docs[r.name]
		if !ok {
			t.Errorf("%s: no document that breaks it", r.name)
		} else if got := broken(t, doc); !slices.Equal(got, []string{r.name}) {
			t.Errorf("%s: the document breaks %q", r.name, got)
		}
	}
	if len(failing) != len(rules) {
		t.Errorf("%d documents of %d rules", len(failing), len(rules))
	}
}

// TestTheStandardsOwnRules has Saxon judge the same documents by the standard's file: it
// finds the same rules.
func TestTheStandardsOwnRules(t *testing.T) {
	dir := t.TempDir()
	var files []string
	at := map[string]string{}
	for rule, doc := range documents(t) {
		f := filepath.Join(dir, rule+".n42")
		if err := os.WriteFile(f, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		files, at[f] = append(files, f), rule
	}
	for _, name := range []string{"Annex_B.n42", "Annex_D_alarmed.n42", "Annex_E.n42"} {
		f := sharedtest.Path(t, "radiation", "n42", name)
		files, at[f] = append(files, f), ""
	}
	slices.Sort(files)
	said := n42test.Schematron(t, files...)
	for _, f := range files {
		var want []string
		if at[f] != "" {
			want = []string{at[f]}
		}
		if got := said[f]; !slices.Equal(got, want) {
			t.Errorf("%s: Saxon finds %q, want %q", filepath.Base(f), got, want)
		}
	}
}

// TestTheWholeDocumentFitsTheSchema: the rules are tried on what the schema allows.
func TestTheWholeDocumentFitsTheSchema(t *testing.T) {
	for f, why := range n42test.Schema(t, filepath.Join("testdata", "everything.n42")) {
		t.Errorf("%s: %s", f, why)
	}
	f := filepath.Join(t.TempDir(), "bad.n42")
	if err := os.WriteFile(f, []byte(strings.Replace(everything(t), "<MeasurementClassCode>Foreground", "<MeasurementClassCode>Sideways", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if bad := n42test.Schema(t, f); !strings.Contains(bad[f], "MeasurementClassCode") {
		t.Errorf("a class that there is not: %q", bad)
	}
}

// TestTheExamplesBreakNoRule checks Annexes B, D and E.
func TestTheExamplesBreakNoRule(t *testing.T) {
	for _, name := range []string{"Annex_B.n42", "Annex_D_alarmed.n42", "Annex_E.n42"} {
		if got := broken(t, string(sharedtest.File(t, "radiation", "n42", name))); len(got) > 0 {
			t.Errorf("%s breaks %q", name, got)
		}
	}
}

// TestRulesBeyondOneDocument are cases that share a rule with another.
func TestRulesBeyondOneDocument(t *testing.T) {
	whole := everything(t)
	for _, c := range []struct{ name, old, new, rule string }{
		{"a reference by its right name", `totalEfficiencyCalibrationReference="TC"`, `totalEfficiencyCalibrationReference="PC"`, "TotalEfficiencyCalibrationReferenceTypeMatch"},
		{"two kinds of references", `derivedDataReferences="E"`, `derivedDataReferences="E" radMeasurementReferences="M"`, "AnalysisDataReferencesExclusivityCheck"},
		{"two counts without windows", "<CountData>4<", "<CountData>4 5<", "CountDataValuesCheck"},
		{"half a zero", "0 2 7 8 9", "0 2.5 7 8 9", "CompressionCheck"},
		{"an id that is not there", `radRawSpectrumReferences="S"`, `radRawSpectrumReferences="none"`, "RadRawSpectrumReferencesTypeMatch"},
		{"a date that is none", "2026-01-15T08:30:02Z", "yesterday", "StartDateCheck"},
		{"the very moment", "2026-01-15T08:30:02Z", "2026-06-01T00:00:00Z", "StartDateCheck"},
	} {
		if strings.Count(whole, c.old) != 1 {
			t.Fatalf("%s: %q is not once in the document", c.name, c.old)
		}
		if got := broken(t, strings.Replace(whole, c.old, c.new, 1)); !slices.Contains(got, c.rule) {
			t.Errorf("%s: breaks %q, want %s", c.name, got, c.rule)
		}
	}
	if _, err := Check(strings.NewReader("<RadInstrumentData/>"), 0, now); err == nil {
		t.Error("a document without its namespace is checked")
	}
}

func FuzzCheck(f *testing.F) {
	b, err := os.ReadFile(filepath.Join("testdata", "everything.n42"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`<RadInstrumentData xmlns="` + Namespace + `" radRawDoseRateReferences="x" originReference="a"><GrossCounts/></RadInstrumentData>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Check(strings.NewReader(string(b)), 1<<16, now)
	})
}
