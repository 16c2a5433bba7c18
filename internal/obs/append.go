package obs

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"acsgd/internal/quant"
)

// AppendJSON appends the journal form, byte for byte what encoding/json gives of the same
// fields: every input of a lane passes here, and reflection over the sum of all bodies
// costs ten times as much. A body that is rare goes through encoding/json.
func (o *Observation) AppendJSON(dst []byte) ([]byte, error) {
	if o.Body == nil {
		return dst, fmt.Errorf("observation %s/%d without a body", o.Source, o.Seq)
	}
	e := encoder{b: dst}
	e.str(`{"kind":`, string(o.Body.Kind()))
	e.str(`,"device":`, o.Source)
	if o.Lane != "" {
		e.str(`,"lane":`, o.Lane)
	}
	if o.Seq != 0 {
		e.uint(`,"seq":`, o.Seq)
	}
	e.stamp(&o.Stamp)
	if len(o.Raw) > 0 {
		e.raw(`,"raw":"`)
		e.b = append(base64.StdEncoding.AppendEncode(e.b, o.Raw), '"')
	}
	if len(o.Blobs) > 0 {
		e.any(`,"blobs":`, o.Blobs)
	}
	e.body(o.Body)
	e.raw("}")
	if e.err != nil {
		return dst, e.err
	}
	return e.b, nil
}

// encoder appends JSON as encoding/json writes it; err is the first failure.
type encoder struct {
	b   []byte
	err error
}

func (e *encoder) raw(s string) { e.b = append(e.b, s...) }

func (e *encoder) uint(key string, v uint64) {
	e.raw(key)
	e.b = strconv.AppendUint(e.b, v, 10)
}

func (e *encoder) int(key string, v int64) {
	e.raw(key)
	e.b = strconv.AppendInt(e.b, v, 10)
}

// some is int for members that are left out when they are 0.
func (e *encoder) some(key string, v int64) {
	if v != 0 {
		e.int(key, v)
	}
}

func (e *encoder) bool(key string, v bool) {
	e.raw(key)
	e.b = strconv.AppendBool(e.b, v)
}

func (e *encoder) str(key, s string) {
	e.raw(key)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			e.any("", s)
			return
		}
	}
	e.b = append(append(append(e.b, '"'), s...), '"')
}

func (e *encoder) text(key, s string) {
	if s != "" {
		e.str(key, s)
	}
}

func (e *encoder) any(key string, v any) {
	e.raw(key)
	j, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = err
	}
	e.b = append(e.b, j...)
}

func (e *encoder) time(key string, t time.Time) {
	e.raw(key)
	e.raw(`"`)
	b, err := t.AppendText(e.b)
	if err != nil {
		if e.err == nil {
			e.err = err
		}
		return
	}
	e.b = append(b, '"')
}

func (e *encoder) when(key string, t time.Time) {
	if !t.IsZero() {
		e.time(key, t)
	}
}

func (e *encoder) mass(key string, m quant.Mass) {
	e.raw(key)
	e.b = m.AppendJSON(e.b)
}

func (e *encoder) stamp(s *Stamp) {
	e.time(`,"stamp":{"at":`, s.At)
	e.some(`,"err":`, int64(s.Err))
	e.some(`,"origin":`, int64(s.Origin))
	e.when(`,"arrived":`, s.Arrived)
	e.raw("}")
}

func (e *encoder) flags(fs []Flag) {
	if len(fs) == 0 {
		return
	}
	e.raw(`,"flags":`)
	sep := "["
	for _, f := range fs {
		e.str(sep, string(f))
		sep = ","
	}
	e.raw("]")
}

func (e *encoder) counts(key string, c *[4]int32) {
	e.raw(key)
	sep := "["
	for _, n := range c {
		e.int(sep, int64(n))
		sep = ","
	}
	e.raw("]")
}

func (e *encoder) body(b Body) {
	switch b := b.(type) {
	case *Radiation:
		e.radiation(b)
	case *Presence:
		e.str(`,"presence":{"signal":`, b.Signal)
		e.bool(`,"on":`, b.On)
		e.some(`,"count":`, int64(b.Count))
		e.raw("}")
	case *Weighing:
		e.weighing(b)
	case *Plate:
		e.plate(b)
	case *Profile:
		e.profile(b)
	case *Fix:
		e.fix(b)
	case *Health:
		e.str(`,"health":{"state":`, string(b.State))
		e.text(`,"reason":`, b.Reason)
		e.raw("}")
	default:
		e.str(",", string(b.Kind()))
		e.any(":", b)
	}
}

func (e *encoder) radiation(r *Radiation) {
	e.str(`,"radiation":{"tag":`, r.Tag)
	e.counts(`,"gamma":`, &r.Gamma)
	e.counts(`,"neutron":`, &r.Neutron)
	e.some(`,"interval_ms":`, int64(r.Interval))
	e.bool(`,"alarm":`, r.Alarm)
	e.bool(`,"occupied":`, r.Occupied)
	e.some(`,"occupancy":`, int64(r.Occupancy))
	e.some(`,"speed_mms":`, int64(r.Speed))
	e.some(`,"background_mcps":`, r.Background)
	if len(r.Values) > 0 {
		e.any(`,"values_1e8":`, r.Values)
	}
	if len(r.Setup) > 0 {
		e.any(`,"setup":`, r.Setup)
	}
	e.flags(r.Flags)
	e.text(`,"fault":`, r.Fault)
	e.raw("}")
}

func (e *encoder) weighing(w *Weighing) {
	e.int(`,"weighing":{"axle":`, int64(w.Axle))
	e.some(`,"axles":`, int64(w.Axles))
	e.mass(`,"mass_kg":`, w.Mass)
	if w.U != 0 {
		e.mass(`,"u_kg":`, w.U)
	}
	e.when(`,"t_on":`, w.TOn)
	e.when(`,"t_off":`, w.TOff)
	e.some(`,"speed_mms":`, int64(w.Speed))
	e.some(`,"u_speed_mms":`, int64(w.USpeed))
	e.bool(`,"stable":`, w.Stable)
	e.text(`,"mode":`, string(w.Mode))
	e.flags(w.Flags)
	e.text(`,"alibi":`, w.Alibi)
	e.some(`,"group":`, int64(w.Group))
	if w.GroupMass != 0 {
		e.mass(`,"group_kg":`, w.GroupMass)
	}
	if w.GroupU != 0 {
		e.mass(`,"u_group_kg":`, w.GroupU)
	}
	if w.HasRaw {
		e.mass(`,"raw_kg":`, w.Raw)
	}
	e.raw("}")
}

func (e *encoder) plate(p *Plate) {
	e.str(`,"plate":{"text":`, p.Text)
	e.text(`,"original":`, p.Original)
	e.text(`,"country":`, p.Country)
	e.any(`,"confidence":`, p.Confidence)
	e.text(`,"role":`, string(p.Role))
	if len(p.Chars) > 0 {
		e.any(`,"chars":`, p.Chars)
	}
	if len(p.Candidates) > 0 {
		e.any(`,"candidates":`, p.Candidates)
	}
	e.text(`,"container":`, p.Container)
	e.text(`,"adr":`, p.ADR)
	e.text(`,"event_id":`, p.EventID)
	e.text(`,"direction":`, p.Direction)
	e.text(`,"parent":`, p.Parent)
	if len(p.Images) > 0 {
		e.any(`,"images":`, p.Images)
	}
	if p.Late {
		e.bool(`,"late":`, true)
	}
	e.raw("}")
}

func (e *encoder) profile(p *Profile) {
	e.int(`,"profile":{"height_mm":`, int64(p.Height))
	e.some(`,"u_height_mm":`, int64(p.UHeight))
	e.int(`,"width_mm":`, int64(p.Width))
	e.some(`,"u_width_mm":`, int64(p.UWidth))
	e.int(`,"length_mm":`, int64(p.Length))
	e.some(`,"u_length_mm":`, int64(p.ULength))
	e.some(`,"raw_height_mm":`, int64(p.RawHeight))
	e.some(`,"raw_width_mm":`, int64(p.RawWidth))
	e.int(`,"scans":`, int64(p.Scans))
	e.int(`,"lost":`, int64(p.Lost))
	e.when(`,"t_start":`, p.Start)
	e.when(`,"t_end":`, p.End)
	e.some(`,"period_us":`, int64(p.Period))
	e.some(`,"beam_mm":`, int64(p.Beam))
	e.flags(p.Flags)
	if len(p.Slices) > 0 {
		e.raw(`,"slices":`)
		sep := `[{"t_ms":`
		for i := range p.Slices {
			s := &p.Slices[i]
			e.int(sep, int64(s.T))
			e.int(`,"h_mm":`, int64(s.Height))
			e.int(`,"l_mm":`, int64(s.Left))
			e.int(`,"r_mm":`, int64(s.Right))
			e.some(`,"y_mm":`, int64(s.Place))
			sep = `},{"t_ms":`
		}
		e.raw("}]")
	}
	if p.Scan != nil {
		e.any(`,"scan":`, p.Scan)
	}
	e.raw("}")
}

func (e *encoder) fix(f *Fix) {
	e.time(`,"fix":{"time":`, f.Time)
	e.bool(`,"valid":`, f.Valid)
	e.raw(`,"lat":`)
	e.b = f.Lat.AppendJSON(e.b)
	e.raw(`,"lon":`)
	e.b = f.Lon.AppendJSON(e.b)
	e.raw(`,"alt_m":`)
	e.b = f.Alt.AppendJSON(e.b)
	e.raw(`,"speed_kmh":`)
	e.b = f.Speed.AppendJSON(e.b)
	e.raw(`,"course_deg":`)
	e.b = f.Course.AppendJSON(e.b)
	e.int(`,"satellites":`, int64(f.Satellites))
	e.text(`,"id":`, f.Device)
	if !f.Attributes.IsZero() {
		e.raw(`,"attributes":`)
		e.b = f.Attributes.AppendJSON(e.b)
	}
	e.raw("}")
}
