// Package portal turns what a polled gross-count portal says at each reading into the lines
// of obs.Radiation that the alarm engine knows: backgrounds every five seconds while it is
// vacant, slices while it is occupied, and the end of the occupancy.
package portal

import (
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Reading is what a portal says at one moment.
type Reading struct {
	New       bool // these counts were not read before
	Restarted bool // the portal has been started anew since the last reading

	Occupied   bool
	Counted    bool   // the portal counts its objects
	Object     uint32 // the counter: a change is a new object
	GammaAlarm bool
	NeutAlarm  bool
	Open       bool     // its case
	Faults     []string // why it cannot be judged by what it counts, sorted
	Notes      []string // what else an engineer should look at, sorted

	Gamma      [4]int32 // counts of the interval
	Neutron    [4]int32
	NoMean     bool     // the backgrounds are none
	Background [4]int32 // counts/s
	NeutronBG  [4]int32 // counts/s, cut
	NeutronMCP int64    // the sum, counts/1000 s
	Values     []int64  // further numbers of the gamma background, times 10^8
	NeutValues []int64

	Speed quant.Speed // 0 is unknown
	Setup []string    // what else is said of the object: direction, mark
}

// Config is how a portal is read.
type Config struct {
	Interval time.Duration // that the counts are of
	Assumed  bool          // Interval is an assumption
	Every    time.Duration // from reading to reading
	Hold     time.Duration // how long it stays occupied after it was clear
	Silence  time.Duration // how long nothing new may come

	NoNeutrons bool // it counts none
}

// Portal is what is remembered from reading to reading. The zero value with a Config is
// ready to use.
type Portal struct {
	Config

	seen    bool      // there was a reading
	read    time.Time // the last one
	blind   bool      // and it was so long before this one that much may have passed
	object  uint32
	fresh   time.Time // the last new counts
	stuck   bool
	health  string
	stated  string
	open    bool // its case
	speed   quant.Speed
	setup   []string
	nextBG  time.Time
	inside  bool
	number  uint32
	own     uint32 // objects of a portal that does not count them
	named   bool   // number is its own
	early   bool   // it was opened by an alarm, before its object was counted
	partial bool   // it was not seen to begin
	alarm   bool   // of the last reading
	began   time.Time
	was     bool      // occupied since it began
	clear   time.Time // since when it is not occupied; zero: it is
	slice   time.Time // the last gamma slice
	sliced  bool
	pending bool // there are new counts that no slice has told
	counts  int  // intervals in neutron
	neutron [4]int32
	gammaAt bool // a gamma alarm that no line has told yet
	neutAt  bool // the same of neutrons
	shouted bool // the neutron alarm of this occupancy has been told
}

const (
	backgroundEvery = 5 * time.Second
	neutronEvery    = time.Second
	// blindness is how long nothing may be read for a beginning to count as seen.
	blindness = time.Second
	// appears is how long an object that was counted may be out of the beams before it is
	// over that it was never in them.
	appears = 2 * time.Second
)

// Take takes a reading; raw is its bytes, which are kept.
func (p *Portal) Take(at time.Time, r *Reading, raw []byte, out *devices.Out) {
	p.blind = p.seen && at.Sub(p.read) > blindness
	p.read = at
	if !p.seen || r.New || r.Restarted {
		p.fresh, p.stuck = at, false
	}
	p.Watch(at, out)
	p.condition(at, r, out)
	line := p.liner(at, raw, out)
	p.faults(r, line)
	if r.Restarted && p.seen { // an open occupancy gets no end line: the background ends it
		p.inside, p.seen, p.nextBG = false, false, time.Time{}
	}
	p.objects(at, r, line)
	p.seen, p.object, p.alarm = true, r.Object, r.GammaAlarm || r.NeutAlarm
	if p.inside {
		p.during(at, r, line)
		p.leave(at, r, line)
		return
	}
	if !r.Occupied && !r.NoMean && !at.Before(p.nextBG) {
		p.nextBG = at.Add(backgroundEvery)
		line(&obs.Radiation{Tag: "GB", Gamma: r.Background, Values: slices.Clone(r.Values)})
		if !p.NoNeutrons {
			line(&obs.Radiation{Tag: "NB", Neutron: r.NeutronBG, Background: r.NeutronMCP, Values: slices.Clone(r.NeutValues)})
		}
	}
}

// Stated is the fault that the portal has stated; "" is none.
func (p *Portal) Stated() string { return p.stated }

// Lost says that readings are missing: what was open is not whole any more.
func (p *Portal) Lost() { p.partial = p.partial || p.inside }

// liner makes what emits lines of one reading.
func (p *Portal) liner(at time.Time, raw []byte, out *devices.Out) func(*obs.Radiation) {
	raw = slices.Clone(raw)
	return func(r *obs.Radiation) {
		out.Obs = append(out.Obs, obs.Observation{Body: r, Raw: raw, Stamp: obs.Stamp{At: obs.Unix(at), Err: p.Every}})
	}
}

// Watch reports that nothing new has come for too long, as of a portal that answers while
// its counting stands still.
func (p *Portal) Watch(now time.Time, out *devices.Out) {
	if p.Silence > 0 && !p.stuck && !p.fresh.IsZero() && now.Sub(p.fresh) >= p.Silence {
		p.stuck = true
		p.Lost()
		p.tell(now, "no new counts for "+p.Silence.String(), out)
	}
}

// condition tells the portal's state for the device list, when it changes.
func (p *Portal) condition(at time.Time, r *Reading, out *devices.Out) {
	if p.stuck {
		return
	}
	words := slices.Concat(r.Faults, r.Notes)
	if r.Open {
		words = append(words, "case open")
	}
	p.tell(at, strings.Join(words, ", "), out)
}

func (p *Portal) tell(at time.Time, why string, out *devices.Out) {
	if why == p.health {
		return
	}
	p.health = why
	h := &obs.Health{State: obs.Online}
	if why != "" {
		h = &obs.Health{State: obs.Degraded, Reason: why}
	}
	out.Emit(at, nil, h)
}

// faults tells what the portal states of itself, when it changes.
func (p *Portal) faults(r *Reading, line func(*obs.Radiation)) {
	if r.Open != p.open {
		p.open = r.Open
		if r.Open {
			line(&obs.Radiation{Tag: "TT", Fault: "tamper", Occupied: p.inside})
		} else {
			line(&obs.Radiation{Tag: "TC", Occupied: p.inside})
		}
	}
	if f := strings.Join(r.Faults, ", "); f != p.stated {
		p.stated = f
		tag := "FT"
		if f == "" {
			tag = "FC"
		}
		line(&obs.Radiation{Tag: tag, Fault: f, Occupied: p.inside})
	}
}

// objects opens an occupancy: where the portal counts its objects when the counter changes,
// else when it becomes occupied; and always at an alarm.
func (p *Portal) objects(at time.Time, r *Reading, line func(*obs.Radiation)) {
	came := r.Occupied && !p.inside
	if r.Counted {
		came = p.seen && r.Object != p.object
	}
	switch {
	case !p.seen && r.Occupied: // whoever is in it was not seen to come
		p.enter(at)
		p.partial = true
	case came && p.inside && p.early:
		p.early = false
		p.name(r)
	case came:
		if p.inside { // the next one follows at once
			p.end(r, line)
		}
		p.enter(at)
		p.name(r)
		p.partial = p.blind
	case !p.inside && !p.alarm && (r.GammaAlarm || r.NeutAlarm):
		p.enter(at)
		p.early, p.partial = true, true
	}
}

// name numbers the occupancy.
func (p *Portal) name(r *Reading) {
	p.own++
	p.number, p.named = p.own, true
	if r.Counted {
		p.number = r.Object
	}
}

func (p *Portal) enter(at time.Time) {
	p.inside, p.named, p.early, p.began, p.partial, p.was, p.clear = true, false, false, at, false, false, time.Time{}
	p.sliced, p.pending, p.counts, p.neutron, p.gammaAt, p.neutAt, p.shouted = false, false, 0, [4]int32{}, false, false, false
	p.speed, p.setup = 0, nil
}

// during tells what is counted in an occupancy.
func (p *Portal) during(at time.Time, r *Reading, line func(*obs.Radiation)) {
	var flags []obs.Flag
	if p.partial {
		flags = append(flags, obs.Truncated)
	}
	if p.Assumed {
		flags = append(flags, obs.IntervalUnknown)
	}
	if r.Speed != p.speed || !slices.Equal(r.Setup, p.setup) {
		p.speed, p.setup = r.Speed, slices.Clone(r.Setup)
		sp := &obs.Radiation{Tag: "SP", Speed: r.Speed, Setup: p.setup, Occupied: true}
		if r.Speed == 0 || r.Speed > fastest {
			sp.Flags = []obs.Flag{obs.SpeedOutOfRange}
		}
		line(sp)
	}
	p.gammaAt, p.neutAt = p.gammaAt || r.GammaAlarm, p.neutAt || r.NeutAlarm
	// Readings come a little early or late: half a period either way is the same interval.
	// What was read too early for a slice of its own is told at the next reading.
	p.pending = p.pending || r.New
	if due := !p.sliced || at.Sub(p.slice) >= p.Interval-p.Every/2; due && (p.pending || p.gammaAt && !p.sliced) {
		p.slice, p.sliced, p.pending = at, true, false
		p.gamma(r, flags, line)
		p.counts++
		for c, n := range r.Neutron {
			p.neutron[c] += min(n, 1<<20)
		}
	}
	if time.Duration(p.counts)*p.Interval >= neutronEvery && !p.NoNeutrons || p.neutAt && !p.shouted {
		p.neutrons(flags, line)
	}
}

func (p *Portal) gamma(r *Reading, flags []obs.Flag, line func(*obs.Radiation)) {
	line(&obs.Radiation{Tag: tag("GS", "GA", p.gammaAt), Gamma: r.Gamma, Interval: int32(p.Interval.Milliseconds()), Alarm: p.gammaAt, Occupied: true, Flags: flags})
	p.gammaAt = false
}

// neutrons tells what was counted since the last such line; an alarm does not wait for the
// second to be over.
func (p *Portal) neutrons(flags []obs.Flag, line func(*obs.Radiation)) {
	line(&obs.Radiation{Tag: tag("NS", "NA", p.neutAt), Neutron: p.neutron, Interval: int32((time.Duration(p.counts) * p.Interval).Milliseconds()),
		Alarm: p.neutAt, Occupied: true, Flags: flags})
	p.shouted = p.shouted || p.neutAt
	p.counts, p.neutron, p.neutAt = 0, [4]int32{}, false
}

func tag(quiet, alarm string, on bool) string {
	if on {
		return alarm
	}
	return quiet
}

// fastest is 60 km/h: what is faster came from a gap or a drawbar.
const fastest quant.Speed = 60_000_000 / 3600

// leave ends an occupancy when the portal has been clear for long enough: between a lorry
// and its trailer the beams may be free.
func (p *Portal) leave(at time.Time, r *Reading, line func(*obs.Radiation)) {
	switch {
	case r.Occupied:
		p.was, p.clear = true, time.Time{}
		return
	case p.clear.IsZero():
		p.clear = at
	}
	if at.Sub(p.clear) < p.Hold || !p.was && at.Sub(p.began) < appears+p.Hold || !p.named && (r.GammaAlarm || r.NeutAlarm) {
		return
	}
	p.end(r, line)
	p.nextBG = at.Add(backgroundEvery)
}

// end tells the end of the occupancy. One that was not seen to begin has no number, and ends
// by the next background line.
func (p *Portal) end(r *Reading, line func(*obs.Radiation)) {
	if p.gammaAt { // in the last moment, between two intervals
		p.gamma(r, nil, line)
	}
	if p.neutAt {
		p.neutrons(nil, line)
	}
	p.inside = false
	if !p.named && !r.NoMean {
		line(&obs.Radiation{Tag: "GB", Gamma: r.Background, Values: slices.Clone(r.Values)})
	}
	if !p.named {
		return
	}
	line(&obs.Radiation{Tag: "GX", Occupancy: p.number, Background: r.NeutronMCP})
}
