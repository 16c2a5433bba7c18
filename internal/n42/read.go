package n42

import (
	"fmt"
	"io"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// Reading is what a document says, as far as an officer or the alarm engine needs it.
type Reading struct {
	Format       string        `json:"format"` // 2011 or 2006
	UUID         string        `json:"uuid,omitempty"`
	Instrument   Instrument    `json:"instrument"`
	Class        string        `json:"class,omitempty"` // of the instrument: Radionuclide Identifier, Portal Monitor, ...
	Serial       string        `json:"serial,omitempty"`
	Time         time.Time     `json:"time,omitzero"` // of the first foreground measurement
	Detectors    []Detector    `json:"detectors,omitempty"`
	Items        []Value       `json:"items,omitempty"` // what is said of the measured object
	Measurements []Measurement `json:"measurements,omitempty"`
	Nuclides     []Nuclide     `json:"nuclides,omitempty"`
	Alarms       []Alarm       `json:"alarms,omitempty"`
	Faults       []Fault       `json:"faults,omitempty"`
	MaxDoseRate  int64         `json:"max_dose_rate_nsv_h,omitempty"` // of all measurements and results
	Problems     []string      `json:"problems,omitempty"`            // what was tolerated or left out
}

// Instrument is who made the measurement.
type Instrument struct {
	Maker    string  `json:"maker,omitempty"`
	Model    string  `json:"model,omitempty"`
	Text     string  `json:"description,omitempty"`
	Versions []Value `json:"versions,omitempty"`
}

// Value is a named text with its unit, as written.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// Detector is one channel of the instrument.
type Detector struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Category string `json:"category,omitempty"` // Gamma, Neutron, ...
	Kind     string `json:"kind,omitempty"`     // PVT, NaI, He3, ...
}

// Measurement is one interval.
type Measurement struct {
	ID        string      `json:"id,omitempty"`
	Class     string      `json:"class,omitempty"` // Foreground, Background, ...
	Start     time.Time   `json:"start,omitzero"`
	Real      int64       `json:"real_us"` // its length, microseconds; 0 = not said
	Occupied  *bool       `json:"occupied,omitempty"`
	Speed     quant.Speed `json:"speed_mms,omitempty"`
	Spectra   []Spectrum  `json:"spectra,omitempty"`
	Gross     []Gross     `json:"gross,omitempty"`
	DoseRates []DoseRate  `json:"dose_rates,omitempty"`
}

// Spectrum are the counts of a detector by energy.
type Spectrum struct {
	Detector     string    `json:"detector,omitempty"`
	Live         int64     `json:"live_us,omitempty"`
	Coefficients []string  `json:"coefficients_kev,omitempty"` // energy = a + b n + c n^2, as written
	Counts       []float64 `json:"counts"`
}

// Gross are the counts of a detector, in all or in each of its energy windows.
type Gross struct {
	Detector string    `json:"detector,omitempty"`
	Live     int64     `json:"live_us,omitempty"`
	Counts   []float64 `json:"counts"`
	From     []float64 `json:"from_kev,omitempty"` // of the windows
	To       []float64 `json:"to_kev,omitempty"`
}

// DoseRate is a rate that the instrument shows.
type DoseRate struct {
	Detector string `json:"detector,omitempty"`
	NSvH     int64  `json:"nsv_h,omitempty"`
	NRH      int64  `json:"nr_h,omitempty"` // exposure rate, nR/h: of older instruments
	Text     string `json:"text,omitempty"`
}

// Nuclide is one that the instrument names.
type Nuclide struct {
	Name       string `json:"name"`
	Confidence string `json:"confidence,omitempty"` // as written: instruments differ in its scale
	Strength   string `json:"strength,omitempty"`   // activity with its unit, as written
	Category   string `json:"category,omitempty"`   // Industrial, Medical, NORM, ...
}

// Alarm is one that the instrument gave.
type Alarm struct {
	Category  string    `json:"category"` // Gamma, Neutron, Isotope, ...
	Text      string    `json:"text,omitempty"`
	Time      time.Time `json:"time,omitzero"`
	Detectors []string  `json:"detectors,omitempty"`
}

// Fault is one that the instrument reports of itself.
type Fault struct {
	Code     string `json:"code,omitempty"`
	Text     string `json:"text,omitempty"`
	Severity string `json:"severity,omitempty"`
}

// Read reads one document of at most limit bytes; 0 is MaxSize. The error is a *SyntaxError
// where the XML is broken. What deviates from the standard is told in Problems and left
// out, so a number that is there was understood.
func Read(r io.Reader, limit int64) (*Reading, error) {
	root, err := load(r, limit)
	if err != nil {
		return nil, err
	}
	d := reader{out: &Reading{}}
	switch root.name {
	case "RadInstrumentData":
		d.edition2011(root)
	case "N42InstrumentData":
		d.edition2006(root)
	default:
		if inner := root.all("RadInstrumentData"); len(inner) > 0 {
			d.problem(root, "the document is wrapped in this element")
			d.edition2011(inner[0])
			break
		}
		return nil, &SyntaxError{Element: root.name, Offset: root.at, Reason: "this is no N42 document: want RadInstrumentData"}
	}
	d.finish()
	return d.out, nil
}

// maxProblems bounds what is told about one document.
const maxProblems = 100

// reader takes a tree apart.
type reader struct {
	out      *Reading
	ids      map[string]*node
	detector map[string]bool
}

// problem notes what was tolerated.
func (d *reader) problem(n *node, format string, args ...any) {
	if len(d.out.Problems) > maxProblems {
		return
	}
	s := fmt.Sprintf("byte %d, %s: %s", n.at, n.name, fmt.Sprintf(format, args...))
	if len(d.out.Problems) == maxProblems {
		s = "more problems than are told here"
	}
	d.out.Problems = append(d.out.Problems, s)
}

func (d *reader) edition2011(root *node) {
	out := d.out
	out.Format, out.UUID = "2011", root.attr("n42DocUUID")
	if root.space != Namespace {
		d.problem(root, "namespace %q: want %q", clip(root.space), Namespace)
	}
	d.index(root)
	d.instrument(root)
	for _, n := range root.all("RadDetectorInformation") {
		out.Detectors = append(out.Detectors, Detector{ID: n.attr("id"), Name: n.find("RadDetectorName"),
			Category: n.find("RadDetectorCategoryCode"), Kind: n.find("RadDetectorKindCode")})
		d.detector[n.attr("id")] = true
	}
	if len(out.Detectors) == 0 {
		d.problem(root, "no RadDetectorInformation")
	}
	for _, n := range root.all("RadItemInformation") {
		for _, c := range n.all("Characteristic") {
			out.Items = append(out.Items, Value{c.find("CharacteristicName"), c.find("CharacteristicValue"), unitOf(c.find("CharacteristicValueUnits"))})
		}
	}
	for _, n := range root.all("RadMeasurement") {
		out.Measurements = append(out.Measurements, d.measurement(n))
	}
	for _, n := range root.all("RadAlarm") {
		a := Alarm{Category: n.find("RadAlarmCategoryCode"), Text: n.find("RadAlarmDescription"), Detectors: strings.Fields(n.attr("radDetectorInformationReferences"))}
		if x := n.child("RadAlarmDateTime"); x != nil {
			a.Time = d.moment(x)
		}
		if a.Category == "" {
			d.problem(n, "no RadAlarmCategoryCode")
		}
		out.Alarms = append(out.Alarms, a)
	}
	for _, n := range root.all("Nuclide") {
		d.nuclide(n)
	}
	for _, n := range root.all("Fault") {
		f := Fault{n.find("FaultCodeValue"), n.find("FaultDescription"), n.find("FaultSeverityCode")}
		if len(out.Faults) == 0 || out.Faults[len(out.Faults)-1] != f { // each slice repeats it
			out.Faults = append(out.Faults, f)
		}
	}
	for _, name := range []string{"AverageDoseRateValue", "MaximumDoseRateValue"} {
		for _, n := range root.all(name) {
			d.rate(n)
		}
	}
	if t, ok := root.has("n42DocDateTime"); ok && len(out.Measurements) == 0 {
		out.Time, _, _ = moment(t)
	}
}

func unitOf(s string) string {
	if s == "unit-less" {
		return ""
	}
	return s
}

// index notes the elements by their ids.
func (d *reader) index(root *node) {
	d.ids, d.detector = map[string]*node{}, map[string]bool{}
	root.each(func(n *node) {
		id := n.attr("id")
		if id == "" {
			return
		}
		if d.ids[id] != nil {
			d.problem(n, "id %q stands more than once", clip(id))
			return
		}
		d.ids[id] = n
	})
}

func (d *reader) instrument(root *node) {
	n := root.child("RadInstrumentInformation")
	if n == nil {
		d.problem(root, "no RadInstrumentInformation")
		return
	}
	out := d.out
	out.Class, out.Serial = n.find("RadInstrumentClassCode"), n.find("RadInstrumentIdentifier")
	out.Instrument = Instrument{Maker: n.find("RadInstrumentManufacturerName"), Model: n.find("RadInstrumentModelName"), Text: n.find("RadInstrumentDescription")}
	for _, name := range []string{"RadInstrumentManufacturerName", "RadInstrumentModelName", "RadInstrumentClassCode"} {
		if n.find(name) == "" {
			d.problem(n, "no %s", name)
		}
	}
	for _, v := range n.all("RadInstrumentVersion") {
		out.Instrument.Versions = append(out.Instrument.Versions, Value{Name: v.find("RadInstrumentComponentName"), Value: v.find("RadInstrumentComponentVersion")})
	}
}

func (d *reader) measurement(n *node) Measurement {
	m := Measurement{ID: n.attr("id"), Class: n.find("MeasurementClassCode")}
	if m.Class == "" {
		d.problem(n, "no MeasurementClassCode")
	}
	if x := n.child("StartDateTime"); x != nil {
		m.Start = d.moment(x)
	} else {
		d.problem(n, "no StartDateTime")
	}
	if x := n.child("RealTimeDuration"); x != nil {
		m.Real = d.span(x)
	} else {
		d.problem(n, "no RealTimeDuration")
	}
	for _, k := range n.kids {
		switch k.name {
		case "Spectrum":
			d.spectrum(&m, k)
		case "GrossCounts":
			d.gross(&m, k)
		case "DoseRate", "ExposureRate":
			r := DoseRate{Detector: d.refers(k), Text: k.find(k.name + "LevelDescription")}
			if x := k.child(k.name + "Value"); x != nil {
				d.take(&r, x)
			}
			if r.NSvH != 0 || r.NRH != 0 || r.Text != "" || k.child(k.name+"Value") != nil {
				m.DoseRates = append(m.DoseRates, r)
			}
		case "OccupancyIndicator":
			if v, ok := truth(k.text); ok {
				m.Occupied = &v
			} else {
				d.problem(k, "%q is neither true nor false", clip(k.text))
			}
		case "RadItemState":
			d.speed(&m, k.child("StateVector").child("SpeedValue"))
		}
	}
	return m
}

func (d *reader) speed(m *Measurement, n *node) {
	if n == nil {
		return
	}
	v, err := quant.Decimal(n.text, 1000)
	if u := n.attr("units"); err != nil || u != "" && u != "m/s" || v < -100_000 || v > 100_000 {
		d.problem(n, "%q %s is no speed in m/s", clip(n.text), clip(u))
		return
	}
	m.Speed = quant.Speed(v)
}

// refers is the detector that an element names.
func (d *reader) refers(n *node) string {
	id := n.attr("radDetectorInformationReference")
	switch {
	case id == "":
		d.problem(n, "no radDetectorInformationReference")
	case !d.detector[id]:
		d.problem(n, "no detector %q", clip(id))
	}
	return id
}

func (d *reader) moment(n *node) time.Time {
	t, zoned, err := moment(n.text)
	if err != nil {
		d.problem(n, "%v", err)
	} else if !zoned {
		d.problem(n, "%q has no zone: taken as UTC", clip(n.text))
	}
	return t
}

// span is a duration in microseconds.
func (d *reader) span(n *node) int64 {
	v, plain, err := span(n.text)
	if err != nil {
		d.problem(n, "%v", err)
	} else if plain {
		d.problem(n, "%q taken as seconds", clip(n.text))
	}
	return v.Microseconds()
}

func (d *reader) live(n *node) int64 {
	if x := n.child("LiveTimeDuration"); x != nil {
		return d.span(x)
	}
	d.problem(n, "no LiveTimeDuration")
	return 0
}

// maxChannels bounds a spectrum that is written out.
const maxChannels = 1 << 16

func (d *reader) spectrum(m *Measurement, n *node) {
	s := Spectrum{Detector: n.attr("radDetectorInformationReference"), Live: d.live(n)}
	if s.Detector != "" {
		d.refers(n)
	}
	x := n.child("ChannelData")
	if x == nil {
		d.problem(n, "no ChannelData")
		return
	}
	var err error
	if s.Counts, err = channels(x.text, x.attr("compressionCode")); err != nil {
		d.problem(x, "%v: the spectrum is left out", err)
		return
	}
	if id := n.attr("energyCalibrationReference"); d.ids[id] == nil {
		d.problem(n, "no calibration %q", clip(id))
	} else {
		s.Coefficients = strings.Fields(d.ids[id].find("CoefficientValues"))
	}
	m.Spectra = append(m.Spectra, s)
}

// channels reads the counts of a spectrum; counted zeroes are written out.
func channels(text, compression string) ([]float64, error) {
	list, err := numbers(text)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(compression, "CountedZeroes") {
		if len(list) > maxChannels {
			return nil, fmt.Errorf("more than %d channels", maxChannels)
		}
		return list, nil
	}
	out := make([]float64, 0, len(list))
	for i := 0; i < len(list); i++ {
		n := 1.0
		if list[i] <= 0 { // numbers are not negative
			if i++; i == len(list) {
				return nil, fmt.Errorf("the counted zeroes end with a zero")
			}
			n = list[i]
			if n < 1 || n > maxChannels {
				return nil, fmt.Errorf("value %d counts %g zeroes", i+1, n)
			}
			out = append(out, make([]float64, int(n))...)
		} else {
			out = append(out, list[i])
		}
		if len(out) > maxChannels {
			return nil, fmt.Errorf("more than %d channels", maxChannels)
		}
	}
	return out, nil
}

func (d *reader) gross(m *Measurement, n *node) {
	g := Gross{Detector: d.refers(n), Live: d.live(n)}
	x := n.child("CountData")
	if x == nil {
		x = n.child("TotalCountData")
	}
	if x == nil {
		d.problem(n, "no CountData")
		return
	}
	var err error
	if g.Counts, err = numbers(x.text); err != nil {
		d.problem(x, "%v: the counts are left out", err)
		return
	}
	if id, ok := n.has("energyWindowsReference"); ok {
		d.windows(&g, n, d.ids[id])
	} else if len(g.Counts) != 1 {
		d.problem(x, "%d values without energy windows", len(g.Counts))
	}
	m.Gross = append(m.Gross, g)
}

func (d *reader) windows(g *Gross, n, w *node) {
	from, err1 := numbers(w.find("WindowStartEnergyValues"))
	to, err2 := numbers(w.find("WindowEndEnergyValues"))
	switch {
	case w == nil:
		d.problem(n, "no energy windows %q", clip(n.attr("energyWindowsReference")))
	case err1 != nil || err2 != nil || len(from) != len(g.Counts) || len(to) != len(g.Counts):
		d.problem(n, "%d counts in %d energy windows", len(g.Counts), len(from))
	default:
		g.From, g.To = from, to
	}
}

// take reads a dose or exposure rate.
func (d *reader) take(r *DoseRate, n *node) bool {
	table, to := dose, &r.NSvH
	if strings.Contains(n.name, "Exposure") {
		table, to = exposure, &r.NRH
	}
	unit := n.attr("units")
	if unit == "" {
		unit = n.attr("Units") // of 2006
	}
	v, err := table.read(n.text, unit)
	if err != nil {
		d.problem(n, "%v", err)
		return false
	}
	*to = v
	d.out.MaxDoseRate = max(d.out.MaxDoseRate, r.NSvH)
	return true
}

// rate reads a dose rate of an analysis, which belongs to no measurement.
func (d *reader) rate(n *node) {
	var r DoseRate
	d.take(&r, n)
}

func (d *reader) nuclide(n *node) {
	name := n.find("NuclideName")
	if name == "" {
		d.problem(n, "no NuclideName")
		return
	}
	if x := n.child("NuclideIdentifiedIndicator"); x == nil {
		d.problem(n, "no NuclideIdentifiedIndicator: taken as identified")
	} else if v, ok := truth(x.text); !ok {
		d.problem(x, "%q is neither true nor false: taken as identified", clip(x.text))
	} else if !v {
		return // looked for and not found
	}
	u := Nuclide{Name: name, Category: n.find("NuclideCategoryDescription"), Confidence: n.find("NuclideIDConfidenceValue")}
	if u.Confidence == "" {
		u.Confidence = n.find("NuclideIDConfidenceDescription")
	}
	if x := n.child("NuclideActivityValue"); x != nil {
		unit := x.attr("units")
		if unit == "" {
			unit = "kBq"
		}
		u.Strength = x.text + " " + unit
	}
	d.out.Nuclides = append(d.out.Nuclides, u)
}

// finish gives the reading its time.
func (d *reader) finish() {
	for i := range d.out.Measurements {
		m := &d.out.Measurements[i]
		if !m.Start.IsZero() && (m.Class == "Foreground" || d.out.Time.IsZero()) {
			d.out.Time = m.Start
			if m.Class == "Foreground" {
				return
			}
		}
	}
}
