package radiation

import (
	"time"

	"acsgd/internal/obs"
)

// Report is the analysis of one occupancy, as "acsgd radiation analyse" prints it. Slices
// and neutron intervals are numbered from 0 in the order received.
type Report struct {
	Occupancy     uint32  `json:"occupancy"`
	Slices        int     `json:"slices"`
	VendorAlarms  []int   `json:"vendor_alarm_slices"` // flagged by the portal
	Alarms        []int   `json:"alarm_slices"`        // by the engine
	TemplateAlarm bool    `json:"template_alarm"`      // of the tests that are learned; false without templates
	NeutronSPRT   []Sum   `json:"neutron_sprt"`        // the sum after each neutron interval
	Suppression   int32   `json:"suppression_max_permille"`
	N42           *string `json:"n42"` // filled by the command

	Analysis *Analysis `json:"analysis,omitempty"`

	Boot   uint32   `json:"boot,omitempty"`
	Fault  string   `json:"fault,omitempty"`
	Sigmas []int32  `json:"-"` // of each slice, milli-sigma; MinInt32 before the first window
	Sents  []SentNZ `json:"-"` // the portal's own sums, where its firmware sends them
}

// SentNZ is the portal's own sum for a neutron interval.
type SentNZ struct {
	Interval int // index into Report.NeutronSPRT
	Sum      Sum
}

// Analyser turns a portal's lines into one Report an occupancy.
type Analyser struct {
	engine *Engine
	open   Report
	sent   *Sum // an NZ line that waits for its neutron line
	nz     Sum
}

// NewAnalyser makes an Analyser around an engine, which it feeds.
func NewAnalyser(e *Engine) *Analyser {
	a := &Analyser{engine: e}
	a.reset()
	return a
}

func (a *Analyser) reset() {
	a.open = Report{VendorAlarms: []int{}, Alarms: []int{}, NeutronSPRT: []Sum{}}
}

// Feed takes one line. If it has closed an occupancy, that and its report are returned.
func (a *Analyser) Feed(at time.Time, r *obs.Radiation) (Report, *Occupancy) {
	var rep Report
	done := a.engine.Feed(at, r)
	if done != nil {
		rep = a.finish(done)
	}
	o := a.engine.Current()
	switch {
	case r.Tag == "NZ" && len(r.Values) > 0:
		a.nz = Sum(r.Values[0])
		a.sent = &a.nz
	case o == nil:
	case r.Tag == "GS" || r.Tag == "GA":
		i, u := o.Count-1, &a.engine.run
		if u.vendor {
			a.open.VendorAlarms = append(a.open.VendorAlarms, i)
		}
		if u.alarm {
			a.open.Alarms = append(a.open.Alarms, i)
		}
		if n := len(o.Slices); n > 0 {
			a.open.Sigmas = append(a.open.Sigmas, o.Slices[n-1].Sigma)
		}
	case r.Tag == "NS" || r.Tag == "NA":
		if n := len(o.Neutron); n > len(a.open.NeutronSPRT) {
			if a.sent != nil {
				a.open.Sents = append(a.open.Sents, SentNZ{n - 1, *a.sent})
			}
			a.open.NeutronSPRT = append(a.open.NeutronSPRT, o.Neutron[n-1].Sum)
		}
		a.sent = nil
	}
	return rep, done
}

// Close ends an occupancy that the lines have left open; nil if there is none.
func (a *Analyser) Close() (Report, *Occupancy) {
	if a.engine.cur == nil {
		return Report{}, nil
	}
	o := a.engine.close("no end line")
	o.Truncated = true
	return a.finish(o), o
}

func (a *Analyser) finish(o *Occupancy) Report {
	r := a.open
	a.reset()
	r.Occupancy, r.Boot, r.Fault = o.Number, o.Boot, o.Fault
	r.Slices, r.Suppression = o.Count, o.Suppression
	if r.Analysis = o.Analysis; r.Analysis != nil {
		for i := range r.Analysis.Tests {
			t := &r.Analysis.Tests[i]
			r.TemplateAlarm = r.TemplateAlarm || t.Alarm && t.Learned()
		}
	}
	return r
}

// Analyse runs lines through a fresh engine and yields each occupancy with its report, the
// last one also where its end line is missing.
func Analyse(cfg Config, lines func(yield func(time.Time, *obs.Radiation) bool)) func(yield func(Report, *Occupancy) bool) {
	return func(yield func(Report, *Occupancy) bool) {
		a, on := NewAnalyser(New(cfg)), true
		lines(func(at time.Time, r *obs.Radiation) bool {
			if rep, o := a.Feed(at, r); o != nil {
				on = yield(rep, o)
			}
			return on
		})
		if !on {
			return
		}
		if rep, o := a.Close(); o != nil {
			yield(rep, o)
		}
	}
}
