package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// Text is a field that senders write as a text or as a number, with or without quotes; null
// and what is neither is "".
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(p []byte) error {
	*t = ""
	if len(p) > 0 && p[0] == '"' {
		return json.Unmarshal(p, (*string)(t))
	}
	if len(p) > 0 && (p[0] == '-' || p[0] >= '0' && p[0] <= '9') {
		*t = Text(p)
	}
	return nil
}

// mostCandidates is how many further readings of one plate are kept.
const mostCandidates = 10

// Candidates sets the further readings of p: those that say something else than its text,
// no text twice, at most ten. They are given best first.
func Candidates(p *obs.Plate, list []obs.Candidate) {
	p.Candidates = nil
	for _, c := range list {
		c.Text = plate.Normalise(c.Text)
		again := slices.ContainsFunc(p.Candidates, func(o obs.Candidate) bool { return o.Text == c.Text })
		if c.Text != "" && c.Text != p.Text && !again && len(p.Candidates) < mostCandidates {
			p.Candidates = append(p.Candidates, c)
		}
	}
}

// Country gives the country of a region code such as kz, us-mo or eu-de: what stands
// before the hyphen, or behind it for a region of several countries. "" is no country.
func Country(region string) string {
	first, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(region)), "-")
	if first == "eu" {
		first, _, _ = strings.Cut(rest, "-")
	}
	if first == "uk" {
		first = "gb"
	}
	if len(first) != 2 || first[0] < 'a' || first[0] > 'z' || first[1] < 'a' || first[1] > 'z' {
		return ""
	}
	return strings.ToUpper(first)
}

// NoForward is the setting of a camera whose degrees say nothing of the lane's direction.
const NoForward = -1

// Forward checks the setting that says at how many degrees of the sender's own compass a
// vehicle drives forward.
func Forward(kind string, forward int) error {
	if forward < NoForward || forward > 359 {
		return fmt.Errorf("%s: forward %d: want degrees of 0 to 359, or %d for none", kind, forward, NoForward)
	}
	return nil
}

// aside is how far from forward a vehicle may go and still drive forward, in degrees. What
// goes across is neither forward nor reverse.
const aside = 60

// Direction gives forward or reverse of a vehicle that goes at so many degrees, "" if the
// number is none or nothing is known of it.
func Direction(degrees Text, forward int) string {
	v, err := quant.Decimal(string(degrees), 1)
	if err != nil || forward < 0 || v < -360 || v > 360 {
		return ""
	}
	off := (int(v)-forward)%360 + 720
	switch off %= 360; {
	case off <= aside || off >= 360-aside:
		return "forward"
	case off >= 180-aside && off <= 180+aside:
		return "reverse"
	}
	return ""
}
