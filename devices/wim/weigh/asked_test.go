package weigh_test

import (
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/wim/stgs"
	"acsgd/devices/wim/tenso643"
	"acsgd/devices/wim/yaohua"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// A lorry stands on a platform whose indicator answers requests only.
func TestALorryThatStandsIsWeighedByAsking(t *testing.T) {
	const static = "mode = \"static\"\nplatform_length = \"18m\"\n"
	for _, c := range []struct {
		name     string
		driver   devices.Driver
		settings string
		machine  func(simwim.Model, sim.Scene) sim.Machine
		alibi    string
	}{
		{"6.43", tenso643.Driver(), "", func(m simwim.Model, s sim.Scene) sim.Machine { return simwim.NewTenso643(m, s) }, ""},
		{"6.43 with tenths, not selected", tenso643.Driver(), "address = 0\n", func(m simwim.Model, s sim.Scene) sim.Machine {
			x := simwim.NewTenso643(m, s)
			x.Address, x.Tenths, x.Lost = 0, true, 0.05
			return x
		}, ""},
		{"Yaohua in command mode, with echo", yaohua.Driver(), "format = \"command\"\naddress = \"C\"\n", func(m simwim.Model, s sim.Scene) sim.Machine {
			y := simwim.NewYaohua(m, s)
			y.Format, y.Address, y.Echo = "command", 'C', true
			return y
		}, ""},
		{"text of Yaohua A12", yaohua.Driver(), "format = \"a12\"\n", func(m simwim.Model, s sim.Scene) sim.Machine {
			y := simwim.NewYaohua(m, s)
			y.Format, y.Rate, y.Decimals = "a12", 10, 1
			return y
		}, ""},
		{"Dini Argeo by REXT, with tare and alibi memory", stgs.Driver(), "ask = \"rext\"\nalibi = true\naddress = \"07\"\n", func(m simwim.Model, s sim.Scene) sim.Machine {
			x := simwim.NewText(simwim.AxleString, m, s)
			x.Address, x.Silent, x.Tare = "07", true, 500*quant.Kilogram
			return x
		}, "00000-000001"},
		{"Dini Argeo by AF strings, with alibi memory", stgs.Driver(), "alibi = true\nscale = \"1\"\n", func(m simwim.Model, s sim.Scene) sim.Machine {
			return simwim.NewText(simwim.AxleString, m, s)
		}, "00000-000001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := c.driver.NewSession(devicestest.Settings(t, c.driver.Kind, "tcp:127.0.0.1:4001", static+c.settings), devices.Env{})
			if err != nil {
				t.Fatal(err)
			}
			m := simwim.Default(5)
			m.Platform, m.Capacity, m.Noise = 18000, 60*quant.Tonne, 5*quant.Kilogram
			m.Filter = 200 * time.Millisecond
			h := halt{lorry("one", 6200, 9600, 8000, 8100), 15500}
			var ws []*obs.Weighing
			for _, o := range run(t, s, c.machine(m, h), 60*time.Second, 0) {
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
			if off := w.Mass - quant.Kg(31900); max(off, -off) > w.U || w.U == 0 || !w.Stable || w.Mode != obs.Static || len(w.Flags) > 0 || w.Alibi != c.alibi {
				t.Errorf("%+v, want 31900 kg at rest within its uncertainty, alibi %q", w, c.alibi)
			}
		})
	}
}
