package weigh_test

import (
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/ricelake"
	"acsgd/devices/wim/stgs"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"

	"github.com/BurntSushi/toml"
)

// halt is a lane where one lorry drives onto the platform, stands and drives off.
type halt struct {
	v      *sim.Vehicle
	stands quant.Length // its front, from the platform's first edge
}

func (h halt) At(dst []sim.Placed, t time.Time) []sim.Placed {
	const v = 2000.0 // mm/s
	s, way := t.Sub(epoch).Seconds(), float64(h.stands)
	reach := 3 + way/v
	switch {
	case s < reach:
		return append(dst, sim.Placed{Vehicle: h.v, X: (s - 3) * v, V: v})
	case s < reach+15:
		return append(dst, sim.Placed{Vehicle: h.v, X: way})
	}
	return append(dst, sim.Placed{Vehicle: h.v, X: way + (s-reach-15)*v, V: v})
}

func TestALorryThatStandsIsWeighedFromText(t *testing.T) {
	const settings = "mode = \"static\"\nplatform_length = \"18m\"\n"
	for _, c := range []struct {
		name   string
		driver devices.Driver
		form   simwim.TextForm
		extra  string
	}{
		{"st-gs", stgs.Driver(), simwim.StandardString, ""},
		{"rlws", ricelake.Driver(), simwim.RiceLake, ""},
		{"cardinal", ricelake.Driver(), simwim.CardinalForm, `format = "cardinal"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			sec := devices.Section{Link: "tcp:127.0.0.1:4001", Decode: func(v any) error {
				_, err := toml.Decode(settings+c.extra, v)
				return err
			}}
			s, err := c.driver.NewSession(sec, devices.Env{})
			if err != nil {
				t.Fatal(err)
			}
			m := simwim.Default(5)
			m.Platform, m.Capacity, m.Noise = 18000, 60*quant.Tonne, 5*quant.Kilogram
			m.Filter = 200 * time.Millisecond
			h := halt{lorry("one", 6200, 9600, 8000, 8100), 15500}
			var ws []*obs.Weighing
			for _, o := range run(t, s, simwim.NewText(c.form, m, h), 60*time.Second, 0) {
				w, ok := o.Body.(*obs.Weighing)
				if !ok {
					t.Fatalf("unexpected %s %+v", o.Body.Kind(), o.Body)
				}
				if w.Axle == 0 { // those before it are the axles that rolled on
					ws = append(ws, w)
				}
			}
			if len(ws) != 1 {
				t.Fatalf("%d weighings, want one", len(ws))
			}
			w := ws[0]
			if off := w.Mass - quant.Kg(31900); max(off, -off) > w.U || w.U == 0 || !w.Stable || w.Mode != obs.Static || len(w.Flags) > 0 {
				t.Errorf("%+v, want 31900 kg at rest within its uncertainty", w)
			}
		})
	}
}
