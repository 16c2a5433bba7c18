package radiation

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// snapshot is everything an Engine remembers, in a fixed order. Fields are added, never
// renamed. What follows from other fields is computed again.
type snapshot struct {
	Version      int               `json:"v"`
	Config       Config            `json:"config"`
	Background   []flatSample      `json:"background"` // the oldest first, the newest last
	Last         *flatSample       `json:"last,omitempty"`
	Neutrons     neutronBackground `json:"neutrons"`
	Settings     settings          `json:"settings"`
	Windows      windowBackground  `json:"windows,omitzero"`
	Watch        watch             `json:"watch,omitzero"`
	Templates    *Templates        `json:"templates,omitempty"`
	GammaFault   string            `json:"gamma_fault,omitempty"`
	NeutronFault string            `json:"neutron_fault,omitempty"`
	Tamper       bool              `json:"tamper,omitempty"`
	Boot         uint32            `json:"boot,omitempty"`
	Number       uint32            `json:"number,omitempty"`
	Numbered     bool              `json:"numbered,omitempty"`
	Current      *Occupancy        `json:"current,omitempty"`
	Run          *flatRun          `json:"run,omitempty"` // with Current
}

// flatSample is a background: Unix nanoseconds and four rates.
type flatSample [5]int64

// flatRun is run without what can be computed.
type flatRun struct {
	K        int32       `json:"k"`
	Window   int         `json:"window"`
	Mask     uint8       `json:"mask"`
	Interval int32       `json:"interval"`
	Stride   int         `json:"stride"`
	Sprt     sequential  `json:"sprt"`
	Neutrons neutronTest `json:"neutrons"`
	Counts   [][4]int32  `json:"counts"` // as many as Window, the oldest first
	Counted  [4]int64    `json:"counted"`
	Changes  [4]int      `json:"changes"`
	Newest   [4]int32    `json:"newest"`
	Speeds   speeds      `json:"speeds"`
	Windows  int         `json:"windows"`
	Stretch  int         `json:"stretch"`
	Heard    time.Time   `json:"heard"`
	First    time.Time   `json:"first"`
	Last     time.Time   `json:"last"`
}

const snapshotVersion = 1

func flat(s sample) flatSample {
	return flatSample{s.At.UnixNano(), int64(s.G[0]), int64(s.G[1]), int64(s.G[2]), int64(s.G[3])}
}

func (f flatSample) sample() sample {
	s := sample{At: time.Unix(0, f[0]).UTC()}
	for p := range s.G {
		s.G[p] = int32(max(0, min(maxCount, f[p+1])))
	}
	return s
}

// AppendBinary appends the state of e: equal states give equal bytes.
func (e *Engine) AppendBinary(b []byte) ([]byte, error) {
	s := snapshot{
		Version: snapshotVersion, Config: e.cfg, Background: make([]flatSample, e.bg.n),
		Neutrons: e.neutrons, Settings: e.set, Windows: e.windows, Watch: e.watch, Templates: e.templates,
		GammaFault: e.gammaFault, NeutronFault: e.neutronFault, Tamper: e.tamper,
		Boot: e.boot, Number: e.number, Numbered: e.numbered, Current: e.cur,
	}
	for i := range s.Background {
		s.Background[i] = flat(e.bg.ring[(e.bg.head+i)%samples])
	}
	if e.bg.has {
		last := flat(e.bg.last)
		s.Last = &last
	}
	if e.cur != nil {
		u := &e.run
		r := flatRun{K: u.k, Window: u.window, Mask: u.mask, Interval: u.interval, Stride: u.stride,
			Sprt: u.sprt, Neutrons: u.neutrons, Counted: u.counted, Changes: u.changes, Newest: u.newest,
			Speeds: u.speeds, Windows: u.windows, Stretch: u.stretch, Heard: u.heard, First: u.first, Last: u.last}
		for i := range u.window {
			r.Counts = append(r.Counts, u.counts[(u.next+i)%u.window])
		}
		s.Run = &r
	}
	p, err := json.Marshal(s)
	if err != nil {
		return b, fmt.Errorf("snapshot of the radiation engine: %w", err)
	}
	return append(b, p...), nil
}

// MarshalBinary gives the state of e.
func (e *Engine) MarshalBinary() ([]byte, error) { return e.AppendBinary(nil) }

// UnmarshalBinary replaces the state of e by what AppendBinary gave.
func (e *Engine) UnmarshalBinary(p []byte) error {
	var s snapshot
	if err := json.Unmarshal(p, &s); err != nil {
		return fmt.Errorf("snapshot of a radiation engine: %w", err)
	}
	if s.Version != snapshotVersion || len(s.Background) > samples {
		return fmt.Errorf("snapshot of a radiation engine: version %d with %d backgrounds is not ours", s.Version, len(s.Background))
	}
	n := Engine{
		cfg: s.Config, neutrons: s.Neutrons, set: s.Settings, windows: s.Windows, watch: s.Watch, templates: s.Templates,
		gammaFault: s.GammaFault, neutronFault: s.NeutronFault, tamper: s.Tamper,
		boot: s.Boot, number: s.Number, numbered: s.Numbered,
	}
	for i, f := range s.Background {
		n.bg.ring[i] = f.sample()
	}
	n.bg.n = len(s.Background)
	if s.Last != nil {
		n.bg.last, n.bg.has = s.Last.sample(), true
	}
	if s.Current != nil {
		if err := n.resume(s.Current, s.Run); err != nil {
			return err
		}
	}
	*e = n
	return nil
}

// resume takes up an open occupancy.
func (e *Engine) resume(o *Occupancy, r *flatRun) error {
	if r == nil || r.Window < 1 || r.Window > maxWindow || len(r.Counts) != r.Window || r.Stride < 1 ||
		r.Interval < 0 || r.Interval > maxInterval || r.K < 0 || r.K > maxK ||
		r.Speeds.N < 0 || r.Speeds.N > len(r.Speeds.V) || r.Windows < 0 || r.Stretch < 0 || r.Windows > 0 && (r.Stretch < 1 || len(o.Windows) == 0) {
		return fmt.Errorf("snapshot of a radiation engine: the open occupancy cannot be resumed")
	}
	e.cur = o
	e.run = run{k: r.K, window: r.Window, mask: r.Mask, stride: r.Stride, sprt: r.Sprt, neutrons: r.Neutrons,
		counted: r.Counted, changes: r.Changes, newest: r.Newest, speeds: r.Speeds, windows: r.Windows, stretch: r.Stretch, heard: r.Heard, first: r.First, last: r.Last}
	for i, c := range r.Counts {
		e.run.counts[i] = clamp(c)
		for p, v := range e.run.counts[i] {
			e.run.total[p] += int64(v)
		}
	}
	if r.Interval > 0 {
		e.freeze(r.Interval)
	}
	if o.MaxSigma == 0 && o.Count < r.Window {
		o.MaxSigma = math.MinInt32
	}
	return nil
}
