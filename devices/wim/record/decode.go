package record

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// The largest masses and lengths of anything on a road.
const (
	maxLoad    = 100 * quant.Tonne
	maxGross   = 1000 * quant.Tonne
	maxSpacing = 30 * quant.Metre
)

// Decode reads one record and checks it. division is the scale interval: a sum may differ
// from its parts by one a part, because each of them was rounded. The error names the
// member that is wrong, and is nil only for a record that is whole and holds together.
func Decode(p []byte, division quant.Mass) (*Record, error) {
	v, err := parse(p)
	if err != nil {
		return nil, err
	}
	m, is := v.(map[string]any)
	if !is {
		return nil, errors.New("record is not a JSON object")
	}
	r := read(&fields{m: m, err: &err})
	if err != nil {
		return nil, err
	}
	if err := r.check(division); err != nil {
		return nil, err
	}
	return r, nil
}

// read takes the members one by one, each by itself.
func read(f *fields) *Record {
	r := &Record{Version: int(f.whole("version", Version, Version, true)), ID: f.text("id", 128, true),
		Site: f.text("site", 64, false), Lane: f.text("lane", 64, false)}
	if v, ok := f.take("device", true); ok {
		r.Device = device(f.object("device", v))
	}
	r.Start, r.End = f.time("start", true), f.time("end", true)
	r.Direction = f.word("direction", Forward, Reverse)
	r.Speed, r.USpeed = f.speed("speed_mms"), f.speed("u_speed_mms")
	r.Accel = int32(f.number("accel_mms2", 1, -20_000, 20_000, false))
	for i, v := range f.list("axles", MaxAxles, true) {
		r.Axles = append(r.Axles, axle(f.object(fmt.Sprintf("axles[%d]", i), v)))
	}
	for i, v := range f.list("spacings_mm", MaxAxles-1, false) {
		r.Spacings = append(r.Spacings, quant.Length(f.decimal(fmt.Sprintf("spacings_mm[%d]", i), v, 1, 1, int64(maxSpacing))))
	}
	for i, v := range f.list("groups", MaxAxles, false) {
		r.Groups = append(r.Groups, group(f.object(fmt.Sprintf("groups[%d]", i), v)))
	}
	r.Gross, r.U = f.mass("gross_kg", 0, maxGross, true), f.mass("u_kg", 0, maxGross, false)
	r.Mode = f.word("mode", Static, StopGo, Dynamic)
	r.Flags = f.flags("flags")
	r.Alibi = f.text("alibi", 64, false)
	if r.Trace = f.text("trace_sha256", 64, false); r.Trace != "" {
		if b, err := hex.DecodeString(r.Trace); err != nil || len(b) != 32 {
			f.fault("trace_sha256", "want 64 hexadecimal digits")
		}
	}
	f.done()
	return r
}

func device(f *fields) Device {
	d := Device{ID: f.text("id", 64, true), Serial: f.text("serial", 64, false), Firmware: f.text("firmware", 64, false),
		Verified: f.text("verified_until", 10, false)}
	if d.Verified != "" {
		if _, err := time.Parse(time.DateOnly, d.Verified); err != nil {
			f.fault("verified_until", "%q is no day such as 2027-03-01", d.Verified)
		}
	}
	f.done()
	return d
}

func axle(f *fields) Axle {
	a := Axle{N: int(f.whole("n", 1, MaxAxles, true)), Load: f.mass("load_kg", 0, maxLoad, true), U: f.mass("u_kg", 0, maxLoad, false),
		On: f.time("t_on", false), Off: f.time("t_off", false), Speed: f.speed("speed_mms"), USpeed: f.speed("u_speed_mms"),
		Samples: int(f.whole("samples", 0, most, false)), Quality: f.flags("quality")}
	f.done()
	return a
}

func group(f *fields) Group {
	g := Group{Type: f.text("type", 32, true)}
	for i, v := range f.list("axles", MaxAxles, true) {
		g.Axles = append(g.Axles, int(f.integer(fmt.Sprintf("axles[%d]", i), v, 1, MaxAxles)))
	}
	g.Load = f.mass("load_kg", 0, maxGross, true)
	f.done()
	return g
}
