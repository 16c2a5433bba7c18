package weigh_test

import (
	"fmt"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/mtsics"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"

	"github.com/google/go-cmp/cmp"
)

// visit is a vehicle that drives onto a weighbridge, rests there and drives on.
type visit struct {
	v        *sim.Vehicle
	at       time.Time // its front reaches the platform
	stop, on time.Duration
	mms      float64
}

func (p visit) At(dst []sim.Placed, t time.Time) []sim.Placed {
	d, v := t.Sub(p.at), p.mms
	switch {
	case d > p.stop+p.on:
		d -= p.on
	case d > p.stop:
		d, v = p.stop, 0
	}
	if x := d.Seconds() * p.mms; x > -30000 && x < 60000 {
		dst = append(dst, sim.Placed{Vehicle: p.v, X: x, V: v})
	}
	return dst
}

func TestAVehicleRestsOnAWeighbridgeThatIsAskedOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		deaf int
		want []string
	}{
		{"the request arrives", 0, []string{"35.0t known true stable true static []"}},
		{"the link loses the first request", 1, []string{"2s degraded", "2s online", "35.0t known true stable true static []"}},
	} {
		model := simwim.Default(21)
		model.Platform, model.Capacity = 18000, 60*quant.Tonne
		model.Filter, model.Noise = 200*time.Millisecond, 3*quant.Kilogram // as set for loads at rest
		m := simwim.NewSICS(model, visit{lorry("one", 6500, 11000, 5800, 5800, 5900), epoch.Add(8 * time.Second), 8 * time.Second, 12 * time.Second, 2000})
		m.Deaf = c.deaf
		s, err := mtsics.NewSession(devices.Section{Link: "pipe:wim", Decode: func(v any) error {
			set := v.(*mtsics.Config)
			set.Mode, set.PlatformLength, set.OnLoad, set.OffLoad = weigh.Static, 18000, quant.Kg(500), quant.Kg(300)
			return nil
		}}, devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var axles []int
		for _, o := range run(t, s, m, 50*time.Second, 0) {
			switch b := o.Body.(type) {
			case *obs.Health:
				got = append(got, fmt.Sprint(o.Stamp.At.Sub(epoch).Round(100*time.Millisecond), " ", b.State))
			case *obs.Weighing:
				if b.Axle > 0 { // an axle that rolled on: a step of the load, never judged
					axles = append(axles, b.Axle)
					continue
				}
				if stop := epoch.Add(16 * time.Second); b.TOff.Before(stop) || b.TOff.After(stop.Add(12*time.Second)) {
					t.Errorf("%s: weighed at %v, want it at rest", c.name, b.TOff)
				}
				got = append(got, fmt.Sprintf("%.1ft known %v stable %v %v %v", float64(b.Mass)/1e6, b.U > 0, b.Stable, b.Mode, b.Flags))
			}
		}
		if d := cmp.Diff([]int{1, 2, 3, 4, 5}, axles); d != "" {
			t.Errorf("%s: axles (-want +got):\n%s", c.name, d)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
