// Package n42doc writes the occupancy of a radiation portal as a document of ANSI
// N42.42-2011, for reach-back centres and for the record.
//
// A document is made of the record of the occupancy and of nothing else: the same record
// gives the same bytes, and no clock is read. Every occupancy can be written, also one
// without an alarm, one that was cut off and one of a portal that gives no counts. What is
// not known is left out or named "unknown"; nothing is made up for it.
package n42doc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Document is what is written.
type Document struct {
	Site, Lane string
	Portal     Portal
	Occupancy  *radiation.Occupancy
	Passage    string // its id

	Plates      []Plate
	Containers  []string         // numbers read
	Declared    []string         // numbers of containers declared
	Declaration string           // number
	HS          []string         // codes declared
	Speed       quant.Speed      // where the portal has not told it
	Place       *radiation.Place // of the peak, from the front of the vehicle
	Remarks     []string         // such as what an officer has decided
	Pictures    []Picture
}

// Portal is the instrument.
type Portal struct {
	Device                         string // its name in the site
	Maker, Model, Serial, Firmware string
	GammaKind, NeutronKind         string        // as the schema names them: PVT, He3; "" is not known
	Panels, Neutrons               uint8         // channels that are known to be there, bit 0 is the first; others show by their counts
	Average, NeutronAverage        time.Duration // of its backgrounds, where the occupancy does not tell
	// WindowFrom and WindowTo are the edges of its four energy windows in keV, low to high;
	// empty where their maker has not published them.
	WindowFrom, WindowTo []float64
}

// Known sets what is known of a driver's portals.
func (p *Portal) Known(driver string) {
	if driver == "rpm/tsa" {
		p.Maker, p.Model = "Rapiscan", "TSA VM-250"
		p.GammaKind, p.NeutronKind = "PVT", "He3"
		p.Average, p.NeutronAverage = 20*time.Second, 120*time.Second
	}
}

// Learn takes what the portal says of itself in a line.
func (p *Portal) Learn(r *obs.Radiation) {
	f := r.Setup
	switch {
	case r.Tag == "SG2" && len(f) > 0 && len(f[0]) == 4:
		p.Panels = 0
		for i := range 4 {
			if f[0][i] == '1' {
				p.Panels |= 1 << i
			}
		}
	case r.Tag == "SG3" && len(f) > 4:
		if n, err := strconv.Atoi(f[2]); err == nil && n > 0 {
			p.Average = time.Duration(n) * time.Second
		}
		p.Firmware = f[4]
	case r.Tag == "SN1" && len(f) > 5:
		if n, err := strconv.Atoi(f[5]); err == nil && n > 0 {
			p.NeutronAverage = time.Duration(n) * time.Second
		}
	case r.Tag == "NS" || r.Tag == "NA" || r.Tag == "NB":
		p.Neutrons |= counted(r.Neutron)
	}
}

func counted(c [4]int32) (m uint8) {
	for i, v := range c {
		if v > 0 {
			m |= 1 << i
		}
	}
	return m
}

// Plate is a registration plate.
type Plate struct{ Text, Role string } // Role: front, rear, trailer

// Picture is one that the passage has.
type Picture struct {
	Text      string // front of the vehicle, plate, ...
	Device    string
	Plate     bool // of the plate, not of the vehicle
	At        time.Time
	MediaType string
	SHA256    string // by which the evidence is found
	Size      int64
	Bytes     []byte // to be put in the document; nil leaves it by its hash alone
}

// Key names an occupancy as UUID: the same occupancy always has the same, another one never.
func (d *Document) Key() string {
	o := d.Occupancy
	h := sha256.Sum256(fmt.Appendf(nil, "acsgd n42\x00%s\x00%s\x00%s\x00%d\x00%d\x00%d", d.Site, d.Lane, d.Portal.Device, o.Boot, o.Number, o.Start.UnixNano()))
	u := h[:16]
	u[6] = u[6]&0x0F | 0x80 // version 8 of RFC 9562: a hash of our own making
	u[8] = u[8]&0x3F | 0x80
	s := hex.EncodeToString(u)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Name is a file's name for the document.
func (d *Document) Name() string { return Name(d.Occupancy) }

// Name is a file's name for the document of an occupancy: unique in what one portal has sent.
func Name(o *radiation.Occupancy) string {
	if o.Number == 0 { // not numbered, as where its end line was lost
		return fmt.Sprintf("occupancy-%d-%s.n42", o.Boot, o.Start.UTC().Format("20060102T150405.000"))
	}
	return fmt.Sprintf("occupancy-%d-%d.n42", o.Boot, o.Number)
}

// end is when the occupancy was over: no time in the document is later.
func end(o *radiation.Occupancy) time.Time {
	t := o.Start
	if !o.End.IsZero() && o.End.After(t) {
		t = o.End
	}
	later := func(ms int32) {
		if x := o.Start.Add(time.Duration(ms) * time.Millisecond); x.After(t) {
			t = x
		}
	}
	if n := len(o.Slices); n > 0 {
		later(o.Slices[n-1].At)
	}
	if n := len(o.Neutron); n > 0 {
		later(o.Neutron[n-1].At)
	}
	if n := len(o.Windows); n > 0 {
		later(o.Windows[n-1].At)
	}
	return t
}

// The channels of a portal: the first two are those of one pillar, from below.
var (
	gammaNames   = [4]string{"Aa1", "Aa2", "Ba1", "Ba2"}
	neutronNames = [4]string{"Aa1N", "Aa2N", "Ba1N", "Ba2N"}
	channelText  = [4]string{"first pillar, lower", "first pillar, upper", "second pillar, lower", "second pillar, upper"}
)

// Detectors that stand for no single channel.
const (
	noCounts   = "G0" // of a portal that gives none
	neutronSum = "N0"
	windowSum  = "GW"
)

// groupOf are the panels of a group that the engine names.
func groupOf(name string) uint8 {
	switch name {
	case "left":
		return 0b0011
	case "right":
		return 0b1100
	case "lower":
		return 0b0101
	case "upper":
		return 0b1010
	case "p1", "p2", "p3", "p4":
		return 1 << (name[1] - '1')
	}
	return 0b1111
}
