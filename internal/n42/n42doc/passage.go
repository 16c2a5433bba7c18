package n42doc

import (
	"fmt"
	"slices"
	"strings"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
)

// Of gives the documents of a passage's occupancies, the oldest first. params are those in
// force when its record was made; nil leaves out what only they know.
func Of(p *fusion.Passage, params *fusion.Params) []*Document {
	var out []*Document
	for _, o := range append(slices.Clone(p.Earlier), p.Radiation) {
		if o == nil || o.Open {
			continue
		}
		d := base(p, params)
		if d.Occupancy = o; o == p.Radiation {
			d.Place = p.Place
		}
		out = append(out, d)
	}
	return out
}

// Is reports whether a document is of the occupancy with this name, BOOT-NUMBER.
func (d *Document) Is(which string) bool {
	return which == strings.TrimSuffix(strings.TrimPrefix(Name(d.Occupancy), "occupancy-"), ".n42")
}

// base is what the documents of one passage share.
func base(p *fusion.Passage, params *fusion.Params) *Document {
	d := &Document{Lane: p.Lane, Passage: p.ID, Speed: p.Speed}
	if p.Simulated {
		d.Remarks = append(d.Remarks, "simulated: no such vehicle has passed")
	}
	roles := map[string]string{}
	for i := range p.Instruments {
		if m := &p.Instruments[i]; m.Class == "rpm" {
			d.Portal.Device, d.Portal.Serial = m.Name, m.Serial
		}
	}
	if params != nil {
		d.Site = params.Site
		for i := range params.Devices {
			x := &params.Devices[i]
			roles[x.Name] = x.Role
			if x.Class == "rpm" && (d.Portal.Device == "" || d.Portal.Device == x.Name) {
				d.Portal.of(x)
			}
		}
	}
	d.plates(p, roles)
	if x := p.Declaration; x != nil {
		d.Declaration = x.MRN
		if d.Declaration == "" {
			d.Declaration = x.LRN
		}
		if d.Declaration == "" {
			d.Declaration = x.ID
		}
		for _, c := range x.Containers {
			d.Declared = append(d.Declared, c.ID)
		}
		for i := range x.Items {
			if hs := x.Items[i].HS; hs != "" && !slices.Contains(d.HS, hs) {
				d.HS = append(d.HS, hs)
			}
		}
	}
	if a := p.Adjudication; a != nil {
		d.Remarks = append(d.Remarks, adjudication(a))
	}
	return d
}

// of takes what the site knows of its portal.
func (p *Portal) of(x *fusion.Instrument) {
	p.Device = x.Name
	p.Known(x.Driver)
	if c := x.Certificate; c != nil {
		p.Serial, p.Firmware = c.Serial, c.Firmware
		if c.Make != "" {
			p.Maker = c.Make
		}
		if c.Model != "" {
			p.Model = c.Model
		}
	}
}

// plates takes the plates and containers that were read, and their pictures by their hashes.
func (d *Document) plates(p *fusion.Passage, roles map[string]string) {
	seen := map[string]bool{}
	for i := range p.Plates {
		r := &p.Plates[i]
		text := r.Corrected
		if text == "" {
			text = r.Text
		}
		if text != "" && !seen[text] {
			d.Plates = append(d.Plates, Plate{text, roles[r.Source]})
		}
		seen[text] = true
		if c := r.Container; c != "" && !slices.Contains(d.Containers, c) {
			d.Containers = append(d.Containers, c)
		}
		for _, b := range r.Pictures {
			if strings.HasPrefix(b.MediaType, "image/") && !seen["#"+b.SHA256] {
				seen["#"+b.SHA256] = true
				d.Pictures = append(d.Pictures, Picture{Text: b.Role, Device: r.Source, Plate: b.Role == "plate", At: r.At, MediaType: b.MediaType, SHA256: b.SHA256, Size: b.Size})
			}
		}
	}
}

// adjudication tells in a line how the alarm stands. It names functions, not persons.
func adjudication(a *fusion.Adjudication) string {
	c := a.Coded
	if c == nil {
		return "adjudication: " + string(a.State)
	}
	s := fmt.Sprintf("adjudication: code %v, %v", c.Code, c.Group)
	if c.Class != "" {
		s += fmt.Sprintf(", %v", c.Class)
	}
	if c.Text != "" {
		s += "; " + c.Text
	}
	if len(c.Nuclides) > 0 {
		s += "; nuclides " + strings.Join(c.Nuclides, " ")
	}
	return s + "; decided " + c.At.UTC().Format(stampForm) + " by " + c.Role + " and " + c.SecondRole
}

// Main is the document of the occupancy that a passage is judged by; nil if it has none.
func Main(list []*Document, o *radiation.Occupancy) *Document {
	for _, d := range list {
		if d.Occupancy == o {
			return d
		}
	}
	return nil
}
