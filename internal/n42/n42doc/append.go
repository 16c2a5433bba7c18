package n42doc

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/internal/n42"
)

// Append appends the document. It fits the schema and breaks no rule of the standard, as
// long as the occupancy does not lie in the future of whoever checks it.
func Append(b []byte, d *Document) []byte {
	o := d.Occupancy
	w := &document{writer: writer{b}, Document: d, o: o, interval: 200, neutron: neutronInterval(o)}
	if o.Interval > 0 {
		w.interval = int64(o.Interval)
	}
	w.channels()
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<RadInstrumentData xmlns="` + n42.Namespace + `" n42DocUUID="` + d.Key() + `" n42DocDateTime="`)
	w.b = end(o).UTC().AppendFormat(w.b, stampForm)
	w.raw("\">\n")
	for _, r := range d.Remarks {
		w.element("Remark", r)
	}
	w.raw("<RadInstrumentDataCreatorName>ACSGD</RadInstrumentDataCreatorName>\n")
	w.instrument()
	w.detectors()
	w.item()
	w.raw(`<RadMeasurementGroup id="OCC"><RadMeasurementGroupDescription>`)
	w.text(fmt.Sprintf("occupancy %d since restart %d of the portal's counter", o.Number, o.Boot))
	w.raw("</RadMeasurementGroupDescription></RadMeasurementGroup>\n")
	w.windows()
	w.background()
	w.slices()
	w.neutrons()
	w.windowSlices()
	if w.measured == 0 {
		w.open("M-1", "Foreground", o.Start, max(end(o).Sub(o.Start), time.Millisecond))
		w.close(true)
	}
	w.portal()
	w.engine()
	for i := range d.Pictures {
		w.picture(&d.Pictures[i])
	}
	w.raw("</RadInstrumentData>\n")
	return w.b
}

// document is one that is being written.
type document struct {
	writer
	*Document
	o        *radiation.Occupancy
	interval int64 // ms, of gamma slices
	neutron  int64 // ms, of neutron intervals
	gamma    uint8 // panels that are there
	tubes    uint8 // neutron channels that are there
	sum      bool  // the neutron background is known of all channels together
	edges    bool
	measured int // measurements so far
}

// neutronInterval is the length of the neutron intervals in ms: what lies between most of
// them, to a tenth of a second.
func neutronInterval(o *radiation.Occupancy) int64 {
	var gaps []int32
	for i := 1; i < len(o.Neutron); i++ {
		if g := o.Neutron[i].At - o.Neutron[i-1].At; g > 0 {
			gaps = append(gaps, g)
		}
	}
	if len(gaps) == 0 {
		return 1000
	}
	slices.Sort(gaps)
	return max(int64(gaps[len(gaps)/2]+50)/100*100, 100)
}

// channels finds which are there: those that are known to be, and those that have counted.
func (w *document) channels() {
	o := w.o
	w.gamma, w.tubes = w.Portal.Panels, w.Portal.Neutrons
	if o.HasBG {
		w.gamma |= counted(o.Background)
	}
	for i := range o.Slices {
		w.gamma |= counted(o.Slices[i].Gamma)
	}
	for i := range o.Neutron {
		w.tubes |= counted(o.Neutron[i].Counts)
	}
	if len(o.Slices) > 0 && w.gamma == 0 {
		w.gamma = 0b1111 // all of them are dead
	}
	if len(o.Neutron) > 0 && w.tubes == 0 {
		w.tubes = max(w.gamma, 1) // nothing counted, which says that there was nothing
	}
	w.sum = o.NeutronBG > 0
	w.edges = len(o.Windows) > 0 && len(w.Portal.WindowFrom) == 4 && len(w.Portal.WindowTo) == 4
}

func (w *document) instrument() {
	p := &w.Portal
	w.raw("<RadInstrumentInformation id=\"RPM\">\n")
	w.value("RadInstrumentManufacturerName", p.Maker)
	id := p.Serial
	if id == "" {
		id = p.Device
	}
	if id != "" {
		w.value("RadInstrumentIdentifier", id)
	}
	w.value("RadInstrumentModelName", p.Model)
	var where []string
	for _, x := range [][2]string{{"site", w.Site}, {"lane", w.Lane}, {"device", p.Device}} {
		if x[1] != "" {
			where = append(where, x[0]+" "+x[1])
		}
	}
	w.element("RadInstrumentDescription", strings.Join(where, ", "))
	w.raw("<RadInstrumentClassCode>Portal Monitor</RadInstrumentClassCode>\n<RadInstrumentVersion><RadInstrumentComponentName>Software</RadInstrumentComponentName>")
	w.value("RadInstrumentComponentVersion", p.Firmware)
	w.raw("</RadInstrumentVersion>\n</RadInstrumentInformation>\n")
}

func (w *document) detector(id, category, kind, text string) {
	w.raw(`<RadDetectorInformation id="` + id + `"><RadDetectorName>` + id + `</RadDetectorName><RadDetectorCategoryCode>` + category + `</RadDetectorCategoryCode><RadDetectorKindCode>`)
	if kind == "" {
		kind, text = "Other", text+"; its kind is not known"
	}
	w.text(kind)
	w.raw("</RadDetectorKindCode>")
	w.element("RadDetectorDescription", text)
	w.raw("</RadDetectorInformation>\n")
}

func (w *document) detectors() {
	for i := range 4 {
		if w.gamma>>i&1 != 0 {
			w.detector(gammaNames[i], "Gamma", w.Portal.GammaKind, channelText[i])
		}
	}
	if w.edges {
		w.detector(windowSum, "Gamma", w.Portal.GammaKind, "all panels together, in energy windows")
	}
	for i := range 4 {
		if w.tubes>>i&1 != 0 {
			w.detector(neutronNames[i], "Neutron", w.Portal.NeutronKind, channelText[i])
		}
	}
	if w.sum {
		w.detector(neutronSum, "Neutron", w.Portal.NeutronKind, "all neutron channels together")
	}
	if w.gamma == 0 && !w.edges && w.tubes == 0 && !w.sum {
		w.detector(noCounts, "Other", "", "the portal gives alarms and no counts")
	}
}

func (w *document) characteristic(name, value, unit, class string) {
	if strings.TrimSpace(value) == "" {
		return
	}
	w.raw("<Characteristic><CharacteristicName>" + name + "</CharacteristicName>")
	w.value("CharacteristicValue", value)
	w.raw("<CharacteristicValueUnits>" + unit + "</CharacteristicValueUnits><CharacteristicValueDataClassCode>" + class + "</CharacteristicValueDataClassCode></Characteristic>\n")
}

// item is the vehicle.
func (w *document) item() {
	w.raw("<RadItemInformation id=\"V\"><RadItemDescription>vehicle</RadItemDescription>")
	at := len(w.b)
	w.raw("<RadItemCharacteristics>\n")
	some := len(w.b)
	text := func(name, value string) { w.characteristic(name, value, "unit-less", "string") }
	text("Passage", w.Passage)
	for _, p := range w.Plates {
		name := "LicensePlate"
		if p.Role == "trailer" {
			name = "TrailerLicensePlate"
		}
		text(name, p.Text)
	}
	for _, c := range w.Containers {
		text("ContainerNumber", c)
	}
	text("DeclarationNumber", w.Declaration)
	for _, c := range w.Declared {
		text("DeclaredContainerNumber", c)
	}
	for _, c := range w.HS {
		text("DeclaredHSCode", c)
	}
	if w.Place != nil && w.Place.Length > 0 {
		var n writer
		n.decimal(int64(w.Place.Length), 3)
		w.characteristic("VehicleLength", string(n.b), "m", "double")
	}
	if len(w.b) == some {
		w.b = w.b[:at]
	} else {
		w.raw("</RadItemCharacteristics>")
	}
	w.raw("</RadItemInformation>\n")
}

// open begins a measurement of the occupancy's group.
func (w *document) open(id, class string, start time.Time, long time.Duration) {
	w.measured++
	w.raw(`<RadMeasurement id="`, id, `" radMeasurementGroupReferences="OCC"><MeasurementClassCode>`, class, `</MeasurementClassCode>`)
	w.stamp("StartDateTime", start)
	w.duration("RealTimeDuration", long)
	w.raw("\n")
}

func (w *document) close(occupied bool) {
	if occupied {
		w.raw("<OccupancyIndicator>true</OccupancyIndicator></RadMeasurement>\n")
	} else {
		w.raw("<OccupancyIndicator>false</OccupancyIndicator></RadMeasurement>\n")
	}
}

// counts appends the counts of a detector, in units of 10^-places.
func (w *document) counts(in, detector, windows string, long time.Duration, places int, v ...int64) {
	w.raw(`<GrossCounts id="`, in, "-", detector, `" radDetectorInformationReference="`, detector, `"`)
	if windows != "" {
		w.raw(` energyWindowsReference="`, windows, `"`)
	}
	w.raw(">")
	w.duration("LiveTimeDuration", long)
	w.raw("<CountData>")
	for i, n := range v {
		if i > 0 {
			w.raw(" ")
		}
		w.decimal(max(n, 0), places)
	}
	w.raw("</CountData></GrossCounts>\n")
}

func (w *document) windows() {
	if !w.edges {
		return
	}
	list := func(name string, v []float64) {
		w.raw("<" + name + ">")
		for i, x := range v {
			if i > 0 {
				w.raw(" ")
			}
			w.b = strconv.AppendFloat(w.b, x, 'f', -1, 64)
		}
		w.raw("</" + name + ">")
	}
	w.raw(`<EnergyWindows id="W">`)
	list("WindowStartEnergyValues", w.Portal.WindowFrom)
	list("WindowEndEnergyValues", w.Portal.WindowTo)
	w.raw("</EnergyWindows>\n")
}

// average is the time that the gamma background is a mean of; 0 is not known.
func (w *document) average() time.Duration {
	if w.o.BackgroundT > 0 {
		return time.Duration(w.o.BackgroundT) * time.Second
	}
	return w.Portal.Average
}

// background is what was frozen at the start. The portal gives rates, means of a known
// time: the counts are their exact product, not what a counter has shown.
func (w *document) background() {
	o := w.o
	last := o.Start.Add(-o.BGAge)
	if o.HasBG {
		long := w.average()
		if long <= 0 {
			long = time.Second // a rate, of no known time
		}
		w.open("BG", "Background", last.Add(-long), long)
		for i := range 4 {
			if w.gamma>>i&1 != 0 {
				w.counts("BG", gammaNames[i], "", long, 3, int64(o.Background[i])*long.Milliseconds())
			}
		}
		w.close(false)
	}
	if w.sum {
		long := w.Portal.NeutronAverage
		if long <= 0 {
			long = time.Second
		}
		w.open("BGN", "Background", last.Add(-long), long)
		w.counts("BGN", neutronSum, "", long, 6, o.NeutronBG*long.Milliseconds())
		w.close(false)
	}
	if o.WindowBG != ([4]int32{}) {
		w.open("BGE", "Background", o.Start.Add(-o.WindowAge-time.Second), time.Second)
		w.inWindows("BGE", time.Second, &o.WindowBG, 3)
		w.close(false)
	}
}

// id is a name with a number, G-007.
func id(prefix string, n int) string {
	s := strconv.Itoa(n)
	return prefix + "-" + "000"[min(len(s), 3):] + s
}

// state is where the vehicle was and how fast: at is in ms after the occupancy's start.
func (w *document) state(at int64) {
	v := int64(w.o.Beams)
	if v == 0 {
		v = int64(w.o.Speed)
	}
	if v == 0 {
		v = int64(w.Speed)
	}
	if v <= 0 {
		return
	}
	w.raw(`<RadItemState radItemInformationReference="V"><StateVector>`)
	if at >= 0 {
		w.raw("<RelativeLocation><DistanceValue>")
		w.decimal((v*at+500)/1000, 3)
		w.raw(`</DistanceValue><Origin originReference="RPM"><OriginDescription>plane of the portal, the front of the vehicle beyond it</OriginDescription></Origin></RelativeLocation>`)
	}
	w.raw("<SpeedValue>")
	w.decimal(v, 3)
	w.raw("</SpeedValue></StateVector></RadItemState>\n")
}

func (w *document) slices() {
	long := time.Duration(w.interval) * time.Millisecond
	for n := range w.o.Slices {
		s := &w.o.Slices[n]
		m := id("G", n+1)
		w.open(m, "Foreground", w.o.Start.Add(time.Duration(s.At)*time.Millisecond-long), long)
		for i := range 4 {
			if w.gamma>>i&1 != 0 {
				w.counts(m, gammaNames[i], "", long, 0, int64(s.Gamma[i]))
			}
		}
		w.state(int64(s.At) - w.interval/2)
		w.close(s.At >= 0)
	}
}

func (w *document) neutrons() {
	long := time.Duration(w.neutron) * time.Millisecond
	for n := range w.o.Neutron {
		s := &w.o.Neutron[n]
		m := id("N", n+1)
		w.open(m, "Foreground", w.o.Start.Add(time.Duration(s.At)*time.Millisecond-long), long)
		for i := range 4 {
			if w.tubes>>i&1 != 0 {
				w.counts(m, neutronNames[i], "", long, 0, int64(s.Counts[i]))
			}
		}
		w.state(int64(s.At) - w.neutron/2)
		w.close(s.At >= 0)
	}
}

// windowSlices writes the counts in energy windows.
func (w *document) windowSlices() {
	long := time.Duration(w.interval) * time.Millisecond
	if w.o.WindowSpan > 0 {
		long = time.Duration(w.o.WindowSpan) * time.Millisecond
	}
	for n := range w.o.Windows {
		s := &w.o.Windows[n]
		m := id("E", n+1)
		w.open(m, "Foreground", w.o.Start.Add(time.Duration(s.At)*time.Millisecond-long), long)
		w.inWindows(m, long, &s.Counts, 0)
		w.close(s.At >= 0)
	}
}

// inWindows writes counts in energy windows, in units of 10^-places. Where the edges of the
// windows are not published they are no GrossCounts: those must name windows with edges, and
// none are made up. They are then a characteristic of the instrument in that slice.
func (w *document) inWindows(in string, long time.Duration, c *[4]int32, places int) {
	if w.edges {
		w.counts(in, windowSum, "W", long, places, int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3]))
		return
	}
	var list writer
	for i, n := range c {
		if i > 0 {
			list.raw(" ")
		}
		list.decimal(max(int64(n), 0), places)
	}
	w.raw(`<RadInstrumentState radInstrumentInformationReference="RPM"><RadInstrumentCharacteristics>`)
	w.characteristic("EnergyWindowCounts", string(list.b), "counts", "NonNegativeDoubleList")
	w.raw("</RadInstrumentCharacteristics></RadInstrumentState>\n")
}

func (w *document) picture(p *Picture) {
	w.raw("<MultimediaData>")
	w.element("MultimediaDataDescription", p.Text)
	if p.Bytes != nil {
		w.raw("<BinaryBase64Object>")
		w.b = base64.StdEncoding.AppendEncode(w.b, p.Bytes)
		w.raw("</BinaryBase64Object>")
	}
	if !p.At.IsZero() {
		w.stamp("MultimediaCaptureStartDateTime", p.At)
	}
	if p.SHA256 != "" {
		w.element("MultimediaFileURI", "urn:sha256:"+p.SHA256)
	}
	if p.Size > 0 {
		w.element("MultimediaFileSizeValue", strconv.FormatInt(p.Size, 10))
	}
	w.element("MultimediaDataMIMEKind", p.MediaType)
	if p.Plate {
		w.raw("<MultimediaDeviceCategoryCode>LPR</MultimediaDeviceCategoryCode>")
	} else {
		w.raw("<MultimediaDeviceCategoryCode>Camera</MultimediaDeviceCategoryCode>")
	}
	w.element("MultimediaDeviceIdentifier", p.Device)
	w.raw("</MultimediaData>\n")
}
