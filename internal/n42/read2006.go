package n42

import "strings"

// edition2006 reads ANSI N42.42-2006, which older identifiers write. Its elements are
// looked for wherever they stand: makers nested them differently.
func (d *reader) edition2006(root *node) {
	out := d.out
	out.Format = "2006"
	if root.space != Namespace2006 {
		d.problem(root, "namespace %q: want %q", clip(root.space), Namespace2006)
	}
	d.index(root)
	if list := root.all("InstrumentInformation"); len(list) > 0 {
		n := list[0]
		out.Class, out.Serial = n.find("InstrumentType"), n.find("InstrumentID")
		out.Instrument = Instrument{Maker: n.find("Manufacturer"), Model: n.find("InstrumentModel")}
		if v := n.find("InstrumentVersion"); v != "" {
			out.Instrument.Versions = []Value{{Name: "Software", Value: v}}
		}
	} else {
		d.problem(root, "no InstrumentInformation")
	}
	for _, n := range root.all("Spectrum") {
		d.spectrum2006(n)
	}
	for _, name := range []string{"DoseRate", "ExposureRate"} {
		for _, n := range root.all(name) {
			d.rate2006(n)
		}
	}
	for _, n := range root.all("Nuclide") {
		u := Nuclide{Name: n.find("NuclideName"), Category: n.find("NuclideType"), Confidence: n.find("NuclideIDConfidenceIndication")}
		if u.Name == "" {
			d.problem(n, "no NuclideName")
			continue
		}
		if u.Confidence == "" {
			u.Confidence = n.find("NuclideIDConfidenceDescription")
		}
		if x := n.child("NuclideActivity"); x != nil {
			u.Strength = strings.TrimSpace(x.text + " " + x.attr("Units"))
		}
		out.Nuclides = append(out.Nuclides, u)
	}
}

// around looks for a child of an element or of those around it.
func (n *node) around(names ...string) *node {
	for ; n != nil; n = n.up {
		for _, name := range names {
			if k := n.child(name); k != nil {
				return k
			}
		}
	}
	return nil
}

// when fills in what 2006 writes at varying depths.
func (d *reader) when(m *Measurement, n *node) {
	if x := n.around("StartTime"); x != nil {
		m.Start = d.moment(x)
	} else {
		d.problem(n, "no StartTime")
	}
	if x := n.around("RealTime", "SampleRealTime"); x != nil {
		m.Real = d.span(x)
	}
}

func (d *reader) spectrum2006(n *node) {
	x := n.child("ChannelData")
	if x == nil {
		d.problem(n, "no ChannelData")
		return
	}
	m := Measurement{ID: n.attr("ID"), Class: "Foreground"}
	if strings.Contains(strings.ToLower(n.attr("Type")+n.find("SourceType")), "background") {
		m.Class = "Background"
	}
	d.when(&m, n)
	s := Spectrum{Detector: n.attr("Detector")}
	if l := n.child("LiveTime"); l != nil {
		s.Live = d.span(l)
	}
	var err error
	if s.Counts, err = channels(x.text, x.attr("Compression")); err != nil {
		d.problem(x, "%v: the spectrum is left out", err)
		return
	}
	if c := n.all("Coefficients"); len(c) > 0 {
		s.Coefficients = strings.Fields(c[0].text)
	}
	m.Spectra = []Spectrum{s}
	d.out.Measurements = append(d.out.Measurements, m)
}

func (d *reader) rate2006(n *node) {
	m := Measurement{Class: "Foreground"}
	d.when(&m, n)
	var r DoseRate
	if d.take(&r, n) {
		m.DoseRates = []DoseRate{r}
		d.out.Measurements = append(d.out.Measurements, m)
	}
}
