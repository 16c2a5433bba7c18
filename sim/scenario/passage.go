package scenario

import (
	"encoding/json"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// Passage is what the software under test reports about one vehicle: the fields of its
// console's passage object that a scenario looks at.
type Passage struct {
	ID       string     `json:"id"`
	Lane     string     `json:"lane"`
	Phase    string     `json:"phase"`
	Opened   time.Time  `json:"opened"`
	Closed   time.Time  `json:"closed"`
	Verdict  string     `json:"verdict"`
	Final    bool       `json:"final"`
	Green    bool       `json:"green"`
	Missing  []string   `json:"missing"`
	Findings []Reported `json:"findings"`
	Match    struct {
		State    string `json:"state"`
		Declared []struct {
			Declaration string `json:"declaration"`
		} `json:"declared"`
	} `json:"match"`
	Declaration *struct {
		ID    string `json:"id"`
		Units []struct {
			Plate string `json:"plate"`
		} `json:"units"`
	} `json:"declaration"`
	Gross *struct {
		Mass  quant.Mass `json:"mass_kg"`
		U     quant.Mass `json:"u_kg"`
		Flags []string   `json:"flags"`
	} `json:"gross"`
	Axles []struct {
		Mass  quant.Mass   `json:"mass_kg"`
		U     quant.Mass   `json:"u_kg"`
		Gap   quant.Length `json:"gap_mm"`
		Flags []string     `json:"flags"`
	} `json:"axles"`
	Size *struct {
		Length  quant.Length `json:"length_mm"`
		ULength quant.Length `json:"u_length_mm"`
		Width   quant.Length `json:"width_mm"`
		UWidth  quant.Length `json:"u_width_mm"`
		Height  quant.Length `json:"height_mm"`
		UHeight quant.Length `json:"u_height_mm"`
		Flags   []string     `json:"flags"`
	} `json:"size"`
	Plates []struct {
		Text string `json:"text"`
		Role string `json:"role"`
	} `json:"plates"`
	Decision *struct {
		Action string `json:"action"`
		Order  string `json:"order"`
	} `json:"decision"`
}

// Reported is one finding of a passage.
type Reported struct {
	Quantity string   `json:"quantity"`
	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason"`
	Text     string   `json:"text"`
	Notes    []string `json:"notes"`
	Axles    []int    `json:"axles"`
	Measured any      `json:"measured"`
	Limit    any      `json:"limit"`
	Unit     string   `json:"unit"`
}

// String is the finding in words.
func (r *Reported) String() string {
	s := r.Quantity + " " + r.Verdict
	if r.Text != "" {
		s += " " + r.Text
	}
	if len(r.Axles) > 0 {
		s += fmt.Sprintf(" axles %v", r.Axles)
	}
	if r.Measured != nil {
		s += fmt.Sprintf(" %v", r.Measured)
		if r.Limit != nil {
			s += fmt.Sprintf(" of %v", r.Limit)
		}
		s += " " + r.Unit
	}
	if r.Reason != "" {
		s += " (" + r.Reason + ")"
	}
	return s
}

// ParsePassage reads the JSON of a passage.
func ParsePassage(b []byte) (*Passage, error) {
	p := new(Passage)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("read a reported passage: %w", err)
	}
	return p, nil
}
