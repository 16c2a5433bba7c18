package weigh_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	bus "acsgd/devices/modbus"
	"acsgd/devices/wim/modbus"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// polled weighs a scene with wim/modbus through the registers of a simulated transmitter, in
// virtual time.
func polled(t *testing.T, layout simwim.Layout, m simwim.Model, scene sim.Scene, settings string, env devices.Env, d time.Duration) []obs.Observation {
	t.Helper()
	x := simwim.NewTransmitter(layout, m, scene)
	now := epoch
	regs := bus.OverPDU(func(req []byte) ([]byte, error) { return x.PDU(now, req), nil })
	sec := devicestest.Settings(t, modbus.Kind, "modbus+tcp:127.0.0.1:502", fmt.Sprintf("model = %q\n", layout)+settings)
	u, every, err := modbus.NewVirtual(sec, env, regs)
	if err != nil {
		t.Fatal(err)
	}
	var out devices.Out
	for ; now.Before(epoch.Add(d)); now = now.Add(every) {
		if err := u.Poll(t.Context(), now, &out); err != nil {
			t.Fatal(err)
		}
	}
	u.End(now, &out)
	if len(out.Errs) > 0 {
		t.Errorf("decode errors %v", out.Errs)
	}
	return out.Obs
}

func TestVehiclesThroughTheRegistersOfATransmitter(t *testing.T) {
	for i, layout := range []simwim.Layout{simwim.Laumas, simwim.WTX, simwim.PT113} {
		t.Run(string(layout), func(t *testing.T) {
			r, ev := crossing(), evidence{}
			check(t, polled(t, layout, simwim.Default(uint64(20+i)), r, "poll = \"10ms\"\n", devices.Env{Keep: ev.keep}, 70*time.Second), r, ev)
		})
	}
}

func TestALorryThatStandsIsWeighedByATransmitter(t *testing.T) {
	for _, layout := range []simwim.Layout{simwim.Laumas, simwim.WTX, simwim.PT113} {
		m := simwim.Default(5)
		m.Platform, m.Capacity, m.Noise = 18000, 60*quant.Tonne, 5*quant.Kilogram
		m.Filter = 200 * time.Millisecond
		h := halt{lorry("one", 6200, 9600, 8000, 8100), 15500}
		all := polled(t, layout, m, h, "mode = \"static\"\nplatform_length = \"18m\"\npoll = \"100ms\"\n", devices.Env{}, 60*time.Second)
		if len(all) != 5 {
			t.Fatalf("%s: %d observations, want four axles that rolled on and the vehicle", layout, len(all))
		}
		w := all[4].Body.(*obs.Weighing)
		if off := w.Mass - quant.Kg(31900); max(off, -off) > w.U || w.U == 0 || !w.Stable || w.Mode != obs.Static || len(w.Flags) > 0 {
			t.Errorf("%s: %+v, want 31900 kg at rest within its uncertainty", layout, w)
		}
	}
}

func TestATransmitterThatIsAskedTooSeldomIsDegradedWithTheReason(t *testing.T) {
	all := polled(t, simwim.Laumas, simwim.Default(1), road{}, "poll = \"25ms\"\n", devices.Env{}, 10*time.Second)
	if len(all) != 1 {
		t.Fatalf("%d observations, want one", len(all))
	}
	h, ok := all[0].Body.(*obs.Health)
	if !ok || h.State != obs.Degraded || !strings.HasPrefix(h.Reason, "40.0 samples/s, rolling weighing needs 50") {
		t.Errorf("%+v, want degraded with the rate", all[0].Body)
	}
}
