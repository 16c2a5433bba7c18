package rules

import (
	"strings"

	"acsgd/fusion/radiation"
	"acsgd/internal/decl"
)

// NormRow is one commodity that radiates by nature.
type NormRow struct {
	Source
	Prefix     string
	Commodity  string
	Nuclides   string
	Profile    string // shape of the count rate along the vehicle
	Likelihood string // of an alarm
	Low, High  int    // activity, Bq/kg; 0 is not known
	Orphan     bool   // an alarm is an orphan source until shown otherwise: never NORM
}

// NormHit is a declared commodity that may explain a gamma alarm. It is advice: it adds a
// note and never takes an alarm away.
type NormHit struct {
	Commodity string
	Nuclides  string
	Profile   string
	Item      int // index in Declaration.Items
	Row       string
	Orphan    bool // scrap: treat as an orphan source
}

// Norm finds the first item of d that radiates by nature; an item of scrap wins over all
// others, because an alarm over scrap is never innocent. ok is false where none does.
func Norm(b *Book, d *decl.Declaration) (hit NormHit, ok bool) {
	if d == nil {
		return NormHit{}, false
	}
	for i := range d.Items {
		r := b.norm(d.Items[i].HS)
		if r == nil || ok && !r.Orphan {
			continue
		}
		hit = NormHit{r.Commodity, r.Nuclides, r.Profile, i, r.Row, r.Orphan}
		ok = true
		if r.Orphan {
			return hit, true
		}
	}
	return hit, ok
}

func (b *Book) norm(hs string) *NormRow {
	if !validCode(hs) {
		return nil
	}
	var best *NormRow
	for i := range b.Norms {
		if r := &b.Norms[i]; strings.HasPrefix(hs, r.Prefix) && (best == nil || len(r.Prefix) > len(best.Prefix)) {
			best = r
		}
	}
	return best
}

// Radiation judges one occupancy of the portal: one finding for gamma and one for
// neutrons. An alarm of the portal or of our own engine Exceeds, whatever else is wrong; a
// fault, an open or missing occupancy or one without background is Undetermined. norm is
// what the declaration says, or nil; it only adds a note, and nothing explains neutrons.
func Radiation(dst []Finding, o *radiation.Occupancy, norm *NormHit) []Finding {
	if o == nil {
		return append(dst, Finding{Quantity: "radiation", Verdict: Undetermined, Reason: "no occupancy"})
	}
	why := cannotJudge(o)
	vendorGamma := o.VendorGamma || o.VendorAlarm && !o.NeutronAlarm
	for i := range o.Slices {
		vendorGamma = vendorGamma || o.Slices[i].Vendor
	}
	gamma := Finding{Quantity: "radiation", Text: "gamma", Clause: "portal alarm, or own k-sigma test", Verdict: Within}
	// The largest of a record with holes is not the vehicle's largest, unless it alarms.
	if o.HasBG && len(o.Slices) > 0 && o.MaxSigma > -1<<31 && (o.GammaAlarm || !o.Truncated) {
		v := Value(o.MaxSigma)
		gamma.Measured, gamma.Unit = &v, "sigma"
	}
	switch {
	case vendorGamma || o.GammaAlarm || o.Analysis != nil && o.Analysis.Alarm:
		alarm(&gamma, who(vendorGamma, o))
		if norm != nil {
			gamma.Notes = append(gamma.Notes, norm.note())
		}
	case why != "":
		gamma.Verdict, gamma.Reason = Undetermined, why
	}
	gamma.Notes = append(gamma.Notes, notMade(o)...)
	neutron := Finding{Quantity: "radiation", Text: "neutron", Clause: "neutron alarm: never natural in a lorry", Verdict: Within}
	switch {
	case o.NeutronAlarm:
		alarm(&neutron, "neutron alarm")
		if o.NeutronConfirmed {
			neutron.Notes = append(neutron.Notes, "confirmed: an excess in two of three seconds")
		}
	case why != "":
		neutron.Verdict, neutron.Reason = Undetermined, why
	case len(o.Neutron) == 0 && !o.Contacts:
		neutron.Verdict, neutron.Reason = Undetermined, "no neutrons were counted"
	}
	if o.Contacts {
		gamma.Clause, neutron.Clause = "portal's alarm contact", "portal's neutron alarm contact"
		gamma.Notes, neutron.Notes = append(gamma.Notes, byContacts), append(neutron.Notes, byContacts)
	}
	if o.IntervalUnknown {
		gamma.Notes, neutron.Notes = append(gamma.Notes, assumedInterval), append(neutron.Notes, assumedInterval)
	}
	return append(dst, gamma, neutron)
}

// What an officer must know of how the portal tells.
const (
	byContacts      = "by the portal's contacts alone, no profile"
	assumedInterval = "the portal does not tell its counting interval: 200 ms assumed"
)

func alarm(f *Finding, reason string) {
	f.Verdict, f.Reason = Exceeds, reason
	f.Blocking, f.TwoPersons = true, true
}

// who says whose gamma alarm it is, and which of our tests beside the portal's own rule.
func who(vendor bool, o *radiation.Occupancy) string {
	var ours []string
	if o.GammaAlarm {
		ours = append(ours, "k-sigma")
	}
	if o.Analysis != nil {
		ours = o.Analysis.Alarms(ours)
	}
	text := "our test"
	if len(ours) > 1 {
		text = "our tests"
	}
	if len(ours) > 0 && (len(ours) > 1 || !o.GammaAlarm) {
		text += ": " + strings.Join(ours, ", ")
	}
	switch {
	case vendor && len(ours) > 0:
		return "gamma alarm of the portal and of " + text
	case vendor:
		return "gamma alarm of the portal"
	}
	return "gamma alarm of " + text
}

// notMade says which of our tests were not made although the others were: of those with
// templates only where there are any.
func notMade(o *radiation.Occupancy) (notes []string) {
	if o.Analysis == nil || o.Contacts || cannotJudge(o) != "" {
		return nil
	}
	for i := range o.Analysis.Tests {
		t := &o.Analysis.Tests[i]
		if t.Reason != "" && (o.Analysis.Templates != "" || !t.Learned()) {
			notes = append(notes, "test "+t.Title()+" not made: "+t.Reason)
		}
	}
	return notes
}

// cannotJudge says why the absence of an alarm means nothing; "" = it does.
func cannotJudge(o *radiation.Occupancy) string {
	switch {
	case o.Fault != "":
		return o.Fault
	case o.Open:
		return "vehicle still in the portal"
	case len(o.Slices) == 0 && !o.Contacts:
		return "no counts in the occupancy"
	case !o.HasBG && !o.Contacts:
		return "no background"
	case o.Truncated:
		return "occupancy truncated"
	}
	return ""
}

func (h *NormHit) note() string {
	if h.Orphan {
		return "orphan source until shown otherwise: " + h.Commodity
	}
	return "declared goods radiate by nature: " + h.Commodity + " (" + h.Nuclides + "); expected profile: " + h.Profile
}
