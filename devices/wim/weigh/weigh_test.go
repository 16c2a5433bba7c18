package weigh_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/axle"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/tensom"
	"acsgd/devices/wim/weigh"
	"acsgd/devices/wim/yaohua"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"

	"github.com/google/go-cmp/cmp"
)

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// road is a lane that vehicles cross at even speeds.
type road []car

type car struct {
	v   *sim.Vehicle
	at  time.Time // its front reaches the platform
	mms float64
}

func (r road) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for _, c := range r {
		if x := t.Sub(c.at).Seconds() * c.mms; x > -40000 && x < 60000 {
			dst = append(dst, sim.Placed{Vehicle: c.v, X: x, V: c.mms})
		}
	}
	return dst
}

func lorry(id string, kg ...int64) *sim.Vehicle {
	v := &sim.Vehicle{ID: id}
	at := quant.Length(1400)
	for i, m := range kg {
		if i > 0 {
			at += [...]quant.Length{3700, 5600, 1310, 1310}[(i-1)%4]
		}
		v.Axles = append(v.Axles, sim.Axle{Mass: quant.Kg(m), Offset: at})
	}
	v.Length = at + 2000
	return v
}

// evidence keeps blobs in memory.
type evidence map[string][]byte

func (e evidence) keep(mediaType string, p []byte) (obs.Blob, error) {
	h := sha256.Sum256(p)
	id := hex.EncodeToString(h[:])
	e[id] = append([]byte(nil), p...)
	return obs.Blob{SHA256: id, Size: int64(len(p)), MediaType: mediaType}, nil
}

// run joins a session and a simulated indicator in virtual time; bytes arrive in pieces.
func run(t *testing.T, s devices.Session, m sim.Machine, d time.Duration, reorder int) []obs.Observation {
	t.Helper()
	var all []obs.Observation
	v := devices.NewVirtual("wim", "L01", s)
	v.Emit = func(o obs.Observation) error { all = append(all, o); return nil }
	v.Report = func(e *obs.DecodeError) { t.Errorf("decode error: %v", e) }
	rng := rand.New(rand.NewPCG(1, 1))
	var out sim.Out
	var held []byte
	now := epoch
	if err := v.Open(now); err != nil {
		t.Fatal(err)
	}
	m.Tick(now, &out)
	for now.Before(epoch.Add(d)) {
		if len(v.Sent) > 0 {
			m.Feed(now, v.Sent, &out)
			v.Sent = v.Sent[:0]
		}
		held = append(held, out.Send...)
		out.Send = out.Send[:0]
		// A converter collects a few frames now and then.
		if len(held) > 0 && (reorder == 0 || rng.IntN(reorder) == 0) {
			if err := v.Feed(now, held); err != nil {
				t.Fatal(err)
			}
			held = held[:0]
			continue
		}
		next := now.Add(10 * time.Millisecond)
		if at, ok := m.Deadline(); ok && at.Before(next) {
			next = at
		}
		if at, ok := v.Deadline(); ok && at.Before(next) {
			next = at
		}
		if !next.After(now) {
			next = now.Add(time.Microsecond)
		}
		now = next
		m.Tick(now, &out)
		if at, ok := v.Deadline(); ok && !at.After(now) {
			if err := v.Tick(now); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := v.Finish(now); err != nil {
		t.Fatal(err)
	}
	return all
}

// check compares the weighings with the vehicles that crossed.
func check(t *testing.T, all []obs.Observation, r road, ev evidence) {
	t.Helper()
	var ws []*obs.Weighing
	var os []obs.Observation
	for _, o := range all {
		if w, ok := o.Body.(*obs.Weighing); ok {
			ws, os = append(ws, w), append(os, o)
		} else {
			t.Errorf("unexpected %s %+v", o.Body.Kind(), o.Body)
		}
	}
	i := 0
	for _, c := range r {
		var sum quant.Mass
		for k, a := range c.v.Axles {
			if i >= len(ws) || ws[i].Axle != k+1 {
				t.Fatalf("%s axle %d: weighing %d of %d is another", c.v.ID, k+1, i, len(ws))
			}
			w := ws[i]
			sum += w.Mass
			if e := w.Mass - a.Mass; max(e, -e) > a.Mass*4/100 || w.U == 0 || len(w.Flags) > 0 {
				t.Errorf("%s axle %d = %v ± %v %v, truth %v", c.v.ID, k+1, w.Mass, w.U, w.Flags, a.Mass)
			}
			on := c.at.Add(time.Duration(float64(a.Offset) / c.mms * 1e9))
			if d := w.TOn.Sub(on); max(d, -d) > 60*time.Millisecond {
				t.Errorf("%s axle %d on at %v, truth %v", c.v.ID, k+1, w.TOn, on)
			}
			if e := float64(w.Speed) - c.mms; max(e, -e) > 0.03*c.mms {
				t.Errorf("%s axle %d at %v, truth %.0f mm/s", c.v.ID, k+1, w.Speed, c.mms)
			}
			i++
		}
		if i >= len(ws) || ws[i].Axle != 0 || ws[i].Axles != len(c.v.Axles) || ws[i].Mass != sum || ws[i].U == 0 {
			t.Fatalf("%s: no whole vehicle of %d axles and %v after them", c.v.ID, len(c.v.Axles), sum)
		}
		replayed(t, os[i], ws[i-len(c.v.Axles):i+1], ev)
		i++
	}
	if i != len(ws) {
		t.Errorf("%d weighings more than vehicles crossed", len(ws)-i)
	}
}

// replayed runs the trace of a vehicle again.
func replayed(t *testing.T, o obs.Observation, want []*obs.Weighing, ev evidence) {
	t.Helper()
	if len(o.Blobs) != 1 || o.Blobs[0].Role != "trace" {
		t.Fatalf("blobs %+v, want one trace", o.Blobs)
	}
	got, err := axle.Replay(ev[o.Blobs[0].SHA256])
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if d := cmp.Diff(want[i], &got[i]); d != "" {
			t.Errorf("replay of axle %d (-live +replay):\n%s", want[i].Axle, d)
		}
	}
}

func crossing() road {
	return road{
		{lorry("one", 6500, 11000, 7800, 7600, 7900), epoch.Add(5 * time.Second), 1389},
		{lorry("two", 6200, 9600), epoch.Add(40 * time.Second), 2200},
	}
}

func TestVehiclesThroughTheBytesOfAContinuousIndicator(t *testing.T) {
	for _, c := range []struct {
		name    string
		collect int
		thin    bool
		noSum   bool
	}{{"frame by frame", 0, false, false}, {"collected by a converter", 4, false, false}, {"thinned while empty, without checksum", 0, true, true}} {
		t.Run(c.name, func(t *testing.T) {
			r, ev := crossing(), evidence{}
			m := simwim.NewMT(simwim.Default(11), r)
			m.Thin, m.NoSum = c.thin, c.noSum
			s, err := mtcontinuous.NewSession(devices.Section{Link: "pipe:wim"}, devices.Env{Keep: ev.keep})
			if err != nil {
				t.Fatal(err)
			}
			check(t, run(t, s, m, 70*time.Second, c.collect), r, ev)
		})
	}
}

func TestVehiclesThroughTheBytesOfAPolledIndicator(t *testing.T) {
	r, ev := crossing()[:1], evidence{}
	r[0].mms = 1000
	m := simwim.NewTenso(simwim.Default(12), r)
	m.Echo, m.Lost = true, 0
	s, err := tensom.NewSession(devices.Section{Link: "pipe:wim", Decode: func(v any) error {
		v.(*tensom.Config).Poll = 10 * time.Millisecond
		return nil
	}}, devices.Env{Keep: ev.keep})
	if err != nil {
		t.Fatal(err)
	}
	check(t, run(t, s, m, 50*time.Second, 0), r, ev)
}

func TestVehiclesThroughTheBytesOfAYaohuaIndicator(t *testing.T) {
	for _, c := range []struct {
		format   string
		decimals int
		seven    bool
		lines    bool
	}{{"a9", 0, false, false}, {"a9", 1, true, true}, {"a26", 1, true, false}, {"a23p", 0, false, true}, {"a12e", 1, false, true}} {
		t.Run(fmt.Sprint(c.format, " with decimals ", c.decimals), func(t *testing.T) {
			r, ev := crossing(), evidence{}
			m := simwim.NewYaohua(simwim.Default(13), r)
			m.Format, m.Decimals, m.Seven, m.Lines = c.format, c.decimals, c.seven, c.lines
			s, err := yaohua.NewSession(devices.Section{Link: "pipe:wim", Decode: func(v any) error {
				v.(*yaohua.Config).Format = yaohua.Format(c.format)
				return nil
			}}, devices.Env{Keep: ev.keep})
			if err != nil {
				t.Fatal(err)
			}
			check(t, run(t, s, m, 70*time.Second, 0), r, ev)
		})
	}
}

func TestASlowStreamIsDegradedWithTheReason(t *testing.T) {
	m := simwim.NewMT(simwim.Default(1), road{})
	m.Rate = 20
	s, err := mtcontinuous.NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	all := run(t, s, m, 10*time.Second, 0)
	if len(all) != 1 {
		t.Fatalf("%d observations, want one", len(all))
	}
	h, ok := all[0].Body.(*obs.Health)
	if want := "samples/s, rolling weighing needs 50: only axles that stop are weighed"; !ok || h.State != obs.Degraded || len(h.Reason) < len(want) || h.Reason[len(h.Reason)-len(want):] != want {
		t.Errorf("%+v, want degraded with the rate", all[0].Body)
	}
}

func stream(t *testing.T, env devices.Env, change func(*weigh.Settings)) *weigh.Stream {
	t.Helper()
	set := weigh.Default()
	change(&set)
	s, err := weigh.New(set, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// static feeds loads, one every 100 ms, in mode static and prints the weighings.
func static(t *testing.T, loads ...[2]int64) (lines []string) {
	t.Helper()
	s := stream(t, devices.Env{}, func(c *weigh.Settings) { c.Mode = weigh.Static })
	var out devices.Out
	at := epoch
	for _, l := range loads { // kilograms, tenths of a second; negative: moving
		for i := range max(l[1], -l[1]) {
			kg := l[0]
			if l[1] < 0 {
				kg += 200 * (i % 2)
			}
			s.Add(wim.Sample{At: at, Raw: quant.Kg(kg), Stable: l[1] > 0}, 0, nil, &out)
			at = at.Add(100 * time.Millisecond)
		}
	}
	s.End(at, &out)
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		lines = append(lines, fmt.Sprintf("%v known %v stable %v %v %v", w.Mass, w.U > 0, w.Stable, w.Mode, w.Flags))
	}
	return lines
}

func TestAWeighbridgeGivesOneWeighingAnOccupation(t *testing.T) {
	for _, c := range []struct {
		name  string
		loads [][2]int64
		want  []string
	}{
		{"an empty platform gives none", [][2]int64{{0, 100}}, nil},
		{"a vehicle at rest gives one", [][2]int64{{0, 20}, {20000, -20}, {38000, 100}, {20000, -20}, {0, 20}}, []string{
			"20100kg known false stable false static [group_load]", "17900kg known false stable false static [group_load]", "38000kg known true stable true static []"}},
		{"two vehicles give two", [][2]int64{{38000, 60}, {0, 20}, {12000, 60}, {0, 20}}, []string{"38000kg known true stable true static []", "12000kg known true stable true static []"}},
		{"a vehicle that stood half on it is corrected", [][2]int64{{18000, 60}, {30000, -20}, {38000, 60}, {0, 20}}, []string{"18000kg known true stable true static []", "38000kg known true stable true static []"}},
		{"one whose axles were told is not judged by them when it stood half on it", [][2]int64{{0, 20}, {7000, 20}, {18000, 60}, {30000, -20}, {38000, 60}, {0, 20}}, []string{
			"7000kg known false stable false static [group_load]", "11000kg known false stable false static [group_load]",
			"18000kg known true stable true static []", "38000kg known false stable true static [truncated]"}},
		{"a vehicle that never rests is not lost, and not known", [][2]int64{{0, 20}, {38000, -60}, {0, 20}}, []string{"38200kg known false stable false static [motion]"}},
	} {
		if d := cmp.Diff(c.want, static(t, c.loads...)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestOverloadOnAWeighbridgeIsNoWeight(t *testing.T) {
	s := stream(t, devices.Env{}, func(c *weigh.Settings) { c.Mode = weigh.Static })
	var out devices.Out
	for i := range 100 {
		x := wim.Sample{At: epoch.Add(time.Duration(i) * 100 * time.Millisecond), Stable: true}
		if i > 10 && i < 80 {
			x.Raw, x.Overload = quant.Kg(99000), true
		}
		s.Add(x, x.Raw, nil, &out)
	}
	if len(out.Obs) != 1 {
		t.Fatalf("%d weighings, want one", len(out.Obs))
	}
	if w := out.Obs[0].Body.(*obs.Weighing); w.U != 0 || w.Stable || len(w.Flags) == 0 || w.Flags[0] != obs.Overload {
		t.Errorf("%+v, want overload and no uncertainty", w)
	}
}

func TestEvidenceThatCannotBeKeptDoesNotStopTheWeighing(t *testing.T) {
	env := devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }}
	r := crossing()[1:]
	s, err := mtcontinuous.NewSession(devices.Section{}, env)
	if err != nil {
		t.Fatal(err)
	}
	all := run(t, s, simwim.NewMT(simwim.Default(3), r), 60*time.Second, 0)
	if len(all) != 3 || len(all[2].Blobs) != 0 {
		t.Errorf("%d observations, the last with %v; want two axles and a vehicle without evidence", len(all), all)
	}
}
