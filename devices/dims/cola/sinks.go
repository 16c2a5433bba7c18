package cola

import (
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/devices/dims/profile"
	"acsgd/internal/obs"
)

// remarks are the flags of one scan.
func remarks(s *Scan) (m profile.Remarks) {
	switch s.Status[1] {
	case 1:
		m |= profile.Fault
	case 4, 5:
		m |= profile.Polluted
	}
	if s.HasClock && s.Clock.Unset() {
		m |= profile.ClockUnset
	}
	return m
}

// streamer reports every scan, for "decode" and "probe".
type streamer struct {
	env  devices.Env
	scan bool // with its distances
}

// Scan implements Sink.
func (t *streamer) Scan(s *Scan, info Info, out *devices.Out) {
	at := obs.Unix(info.At)
	p := &obs.Profile{Scans: 1, Lost: info.Lost, Start: at, End: at, Period: int32(s.Period() / time.Microsecond)}
	m := remarks(s)
	for _, f := range [...]struct {
		on   bool
		flag obs.Flag
	}{{m&profile.Fault != 0, obs.Fault}, {m&profile.Polluted != 0, obs.Polluted},
		{info.Lost > 0, obs.ScansLost}, {m&profile.ClockUnset != 0, obs.ClockUnset}} {
		if f.on {
			p.Flags = append(p.Flags, f.flag)
		}
	}
	c := s.Channel(distances)
	if t.scan && c != nil {
		p.Scan = &obs.Scan{Counter: s.Counter, Micros: s.Micros, Start: c.Start, Step: int32(c.Step),
			Dist: c.Millimetres(make([]int32, 0, len(c.Values)))}
		if r := s.Channel("RSSI1"); r != nil {
			p.Scan.RSSI = r.Scaled(make([]int32, 0, len(r.Values)))
		}
	}
	o := obs.Observation{Stamp: obs.Stamp{At: at, Err: info.Err, Origin: obs.Device}, Body: p}
	if len(info.Raw) <= obs.MaxRaw {
		o.Raw = append([]byte(nil), info.Raw...)
	} else if t.env.Keep != nil {
		if b, err := t.env.Keep("application/octet-stream", info.Raw); err == nil {
			b.Role = "frame"
			o.Blobs = append(o.Blobs, b)
		}
	}
	out.Obs = append(out.Obs, o)
}

// measurer is the profile engine of one device, shared by the sessions of its scanners.
type measurer struct {
	mu   sync.Mutex
	env  devices.Env
	eng  *profile.Engine
	scan [2]profile.Scan
	told bool // that calibration is under way
}

func newMeasurer(cfg Config, env devices.Env) *measurer {
	return &measurer{env: env, eng: profile.New(cfg.profile())}
}

func (m *measurer) sink(k int) Sink { return measuring{m, k} }

type measuring struct {
	m *measurer
	k int
}

// Scan implements Sink.
func (w measuring) Scan(s *Scan, info Info, out *devices.Out) {
	out.Frames++
	c := s.Channel(distances)
	if c == nil {
		return
	}
	m := w.m
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &m.scan[w.k]
	p.At, p.Beam, p.Period = info.At, s.BeamTime(), info.Period
	p.Start, p.Step = float64(c.Start)/1e4, info.Step/1e4
	p.Dist = c.Millimetres(p.Dist[:0])
	p.Lost, p.Marks = info.Lost, remarks(s)
	res := m.eng.Feed(w.k, p)
	m.news(info.Now, out)
	if res != nil {
		m.report(res, info, out)
	}
}

// news turns what the engine says about the mount into health.
func (m *measurer) news(now time.Time, out *devices.Out) {
	if !m.told {
		m.told = true
		if !m.eng.Ready() {
			out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: "calibrating on the empty lane; vehicles are not measured yet"})
		}
	}
	for _, n := range m.eng.Notices() {
		state := obs.Degraded
		if !n.Bad && m.eng.Ready() {
			state = obs.Online
		}
		out.Emit(now, nil, &obs.Health{State: state, Reason: n.Text})
	}
}

// report emits one vehicle, its trace stored before.
func (m *measurer) report(res *profile.Result, info Info, out *devices.Out) {
	o := obs.Observation{Stamp: obs.Stamp{At: res.Profile.End, Err: info.Err, Origin: obs.Device}, Body: res.Profile}
	if m.env.Keep != nil && res.Trace != nil {
		b, err := m.env.Keep(profile.TraceType, res.Trace)
		if err != nil {
			out.Emit(info.Now, nil, &obs.Health{State: obs.Degraded, Reason: "trace not stored: " + err.Error()})
		} else {
			b.Role = "trace"
			o.Blobs = append(o.Blobs, b)
		}
	}
	out.Obs = append(out.Obs, o)
}
