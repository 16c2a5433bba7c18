// Package document makes papers of records: the weighing certificate and the protocol of
// exceeded limits of a passage, and the report of an instrument's verification. A record
// goes in, the bytes of a PDF come out; nothing is read, nothing is asked, and the same
// record gives the same bytes.
//
// # What the weighing certificate follows
//
// It gives what the International Vehicle Weight Certificate asks for (International
// Convention on the Harmonization of Frontier Controls of Goods, 1982, annex 8, appendix 2),
// in an order of our own, and says of itself that it is not the convention's form. Read in
// public texts and followed:
//
//   - item 7.1 is the type of the vehicle by the code of a list of sketches, A2 to A5 and
//     the combinations with T and C, A2* from 4.0 m between the axles (Council Decision
//     2009/161/EC, attachment to appendix 2);
//   - item 1 is the transport operator with address, filled in before the weighing, and the
//     certificate's number stands at the top right (the form that Belarus approved in 2005
//     for the CIS agreement of 16 April 2004, from which Kazakhstan's Order 87 of
//     23 February 2011 has its certificate);
//   - the certificate counts for repeated weighings only where the vehicle was weighed in
//     the country where its transport began, at an approved station (annex 8, article 5).
//
// The numbers of all other items, their order and the wording of the form were not read.
// Those numbers are therefore not printed; they have to be compared with the form before a
// station issues this paper as the convention's certificate.
//
// # What is never printed
//
// A value that is missing, void or unknown is called so, in words, never 0. What rests on a
// limit from memory carries a dagger, a simulator's record a mark on every page.
package document

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/metrology"
)

// Kind is a kind of paper about a passage.
type Kind string

// The kinds.
const (
	Weighing Kind = "weighing"
	Overload Kind = "overload"
)

// Kinds are all of them.
var Kinds = []Kind{Weighing, Overload}

// ParseKind reads a kind.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("paper %.20q: want weighing or overload", s)
}

// Record is what the papers about a passage are made of.
type Record struct {
	Passage *fusion.Passage
	Params  *fusion.Params // of the lane when the record was made; nil: not known
	At      time.Time      // of the record: the paper's date
	Seal    Seal
	Photos  []Photo
}

// Seal is what a paper says of its record's signature. Texts are printed as they are.
type Seal struct {
	Text   string // signed statement, also in the code
	Record string // SHA-256 of the record
	Row    uint64 // of the journal; 0: the record is not in it
	Head   string // hash of the journal's chain up to that row
	Key    string // SHA-256 of the public key
}

// Photo is one picture of the evidence. Bytes is nil where the file is missing or too large.
type Photo struct {
	Plate  string // text that was read
	Role   string // of the plate: front, rear, trailer
	Device string
	At     time.Time
	SHA256 string
	Bytes  []byte
	Fault  string // why.* of the words, where Bytes is nil
}

// Number is a paper's number: of its kind, passage and version, so that it is the same
// whenever the paper is printed.
func Number(k Kind, p *fusion.Passage) string {
	letter := map[Kind]string{Weighing: "W", Overload: "P"}[k]
	return letter + "-" + p.ID + "-" + strconv.FormatUint(Version(p), 10)
}

// Version is the number of the newest input in a record. The passage's own version grows
// only with what an officer must look at again; a paper's grows with every line.
func Version(p *fusion.Passage) uint64 {
	v := p.Version
	for i := range p.History {
		v = max(v, p.History[i].Seq)
	}
	for i := range p.Plates {
		v = max(v, p.Plates[i].Seq)
	}
	for i := range p.Axles {
		v = max(v, p.Axles[i].Seq)
	}
	if p.Gross != nil {
		v = max(v, p.Gross.Seq)
	}
	if p.Size != nil {
		v = max(v, p.Size.Seq)
	}
	for i := range p.Findings {
		for _, seq := range p.Findings[i].Evidence {
			v = max(v, seq)
		}
	}
	return v
}

// Make gives the PDF of one paper.
func Make(k Kind, r *Record, l Lang) ([]byte, error) {
	w, err := wordsIn(l)
	if err != nil {
		return nil, err
	}
	switch {
	case r == nil || r.Passage == nil:
		return nil, errors.New("paper: there is no record")
	case r.Passage.ID == "":
		return nil, errors.New("paper: the record has no passage id")
	}
	p, err := newPaper(k, r, w)
	if err != nil {
		return nil, fmt.Errorf("paper %s of %s: %w", k, r.Passage.ID, err)
	}
	switch k {
	case Weighing:
		p.weighing()
	case Overload:
		p.overload()
	default:
		return nil, fmt.Errorf("paper %.20q: want weighing or overload", k)
	}
	b, err := p.finish()
	if err != nil {
		return nil, fmt.Errorf("paper %s of %s: %w", k, r.Passage.ID, err)
	}
	return b, nil
}

// paper is one paper about a passage while it is drawn.
type paper struct {
	*sheet
	rec    *Record
	p      *fusion.Passage
	offset int32 // seconds of the site's civil time
}

func newPaper(k Kind, r *Record, w *words) (*paper, error) {
	at := r.At
	if at.IsZero() {
		at = r.Passage.Opened
	}
	if at.IsZero() || at.Year() < 1900 || at.Year() > 9998 { // a PDF's dates have four digits
		at = time.Unix(0, 0)
	}
	sim := r.Passage.Simulated || r.Params != nil && r.Params.Mode == "simulator"
	no := Number(k, r.Passage)
	s, err := newSheet(w, w.t("doc."+string(k))+" "+no, r.Seal.Text, at, sim)
	if err != nil {
		return nil, err
	}
	p := &paper{sheet: s, rec: r, p: r.Passage}
	if r.Params != nil {
		p.offset = r.Params.Offset
	}
	s.left = p.place()
	s.right = w.t("doc.number") + " " + no
	s.foot = "SHA-256 " + r.Seal.Record
	return p, nil
}

// place is the checkpoint's name and code.
func (p *paper) place() string {
	x := p.rec.Params
	switch {
	case x == nil || x.Place == "" && x.Site == "":
		return p.w.t("doc.not_known")
	case x.Place == "":
		return x.Site
	case x.Site == "" || x.Site == x.Place:
		return x.Place
	}
	return x.Place + " (" + x.Site + ")"
}

// begin draws the code, the title and the marks that hold for the whole paper.
func (p *paper) begin(k Kind) {
	const room = 34
	y := p.y
	p.code(p.rec.Seal.Text, pageWidth-margin-room+2, y-1, room-2)
	p.title(p.w.t("doc."+string(k)), p.w.t("doc."+string(k)+"_sub"), room)
	p.put(margin, p.y, style{size: 10, bold: true, colour: black}, p.w.t("doc.number")+" "+Number(k, p.p))
	p.y = max(p.y+7, y+room)
	if p.sim {
		p.notice(red, p.w.t("doc.simulator")+". "+p.w.t("doc.simulator_text"))
	}
	if p.indicative() {
		p.notice(amber, p.w.t("say.indicative"))
	}
	if !p.p.Final {
		p.notice(amber, p.w.t("say.not_final"))
	}
}

// day is the civil day of the passage.
func (p *paper) day() string {
	return p.p.Opened.In(time.FixedZone("", int(p.offset))).Format(time.DateOnly)
}

// indicative reports whether no scale that weighed the vehicle has a certificate valid for
// it.
func (p *paper) indicative() bool {
	for _, d := range p.measuring("wim") {
		if d.Certificate != nil && p.validity(d.Certificate) == "ins.valid" && !p.outside(d.Certificate) {
			return false
		}
	}
	return true
}

// validity is the word for a certificate on the day of the passage.
func (p *paper) validity(c *metrology.Certificate) string {
	day := p.day()
	_, err := time.Parse(time.DateOnly, c.Issued)
	_, err2 := time.Parse(time.DateOnly, c.Expires)
	switch {
	case err2 == nil && day > c.Expires:
		return "ins.expired"
	case err != nil || err2 != nil:
		return "doc.not_known"
	case day < c.Issued:
		return "ins.early"
	case c.Simulator && !p.sim:
		return "ins.simulator"
	}
	return "ins.valid"
}

// unverified reports whether a finding rests on a limit from memory.
func unverified(f *rules.Finding) bool { return f.Mark == "M" }

// or gives text, or the word of what is missing.
func (p *paper) or(text, missing string) field {
	if text == "" {
		return field{value: p.w.t(missing), missing: true}
	}
	return field{value: text}
}

// box is a labelled field of a part of the width.
func (p *paper) box(label string, part float64, text, missing string) field {
	f := p.or(text, missing)
	f.label, f.part = p.w.t(label), part
	return f
}

func (f field) bold() field { f.strong = true; return f }

// numbered puts the convention's number before a label; "" is none.
func (f field) numbered(n string) field {
	if n != "" {
		f.label = n + ". " + f.label
	}
	return f
}
