package wim

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// lane holds one vehicle with even motion; its front is at X at the epoch.
type lane struct {
	v    *sim.Vehicle
	x, s float64
}

func (l lane) At(dst []sim.Placed, t time.Time) []sim.Placed {
	if l.v == nil {
		return dst
	}
	return append(dst, sim.Placed{Vehicle: l.v, X: l.x + l.s*t.Sub(epoch).Seconds(), V: l.s})
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMTFramesAreThoseOfTheManual(t *testing.T) {
	m := NewMT(Model{Division: 10 * quant.Kilogram}, lane{})
	for _, c := range []struct {
		r    Reading
		want string
	}{
		{Reading{Mass: quant.Kg(18420), Stable: true}, "022a30202031383432302020202020300d08"},
		{Reading{Mass: quant.Kg(18440)}, "022a38202031383434302020202020300d7e"},
	} {
		if got := m.frame(nil, c.r); !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("frame(%+v) = %x, want %s", c.r, got, c.want)
		}
	}
}

func TestYaohuaFramesAreThoseOfTheManuals(t *testing.T) {
	for _, c := range []struct {
		format   string
		decimals int
		r        Reading
		want     string
	}{
		{"a9", 0, Reading{Mass: quant.Kg(18420)}, "022b30313834323030313403"},
		{"a9", 2, Reading{Mass: quant.Kg(-1)}, "022d30303031303032314503"},
		{"a26", 2, Reading{Mass: quant.Kg(-1)}, hex.EncodeToString([]byte("=00.1000-"))},
		{"a23p", 2, Reading{Mass: quant.Kg(-1)}, hex.EncodeToString([]byte("=-0001.00"))},
		{"a12e", 3, Reading{Mass: 4139}, "57473030342e3133396b6733440d0a"},
		{"a12e", 3, Reading{Over: true}, "2020202020202020204f4c32330d0a"},
		{"a12e", 3, Reading{Mass: quant.Kg(-500)}, "2020202020202020204c4f32330d0a"},
	} {
		y := NewYaohua(Model{Division: 10 * quant.Kilogram}, lane{})
		y.Format, y.Decimals = c.format, c.decimals
		if got := y.frame(nil, c.r); !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("%s: frame(%+v) = %x, want %s", c.format, c.r, got, c.want)
		}
		y.Lines, y.Seven = true, true
		got := y.frame(nil, c.r)
		for i := range got {
			got[i] &= 0x7F
		}
		if !bytes.Equal(got, unhex(t, c.want+"0d0a")) {
			t.Errorf("%s on a line of seven bits, with line ends: %x", c.format, got)
		}
	}
}

func TestTensoFramesAreThoseOfTheProtocol(t *testing.T) {
	ten := NewTenso(Model{Division: quant.Kilogram}, lane{})
	for _, c := range []struct {
		r    Reading
		want string
	}{
		{Reading{Mass: quant.Kg(18420), Stable: true}, "ff01c320840110" + "70ffff"},
		{Reading{Stable: true}, "ff01c300000010" + "5bffff"},
		{Reading{Mass: quant.Kg(69), Stable: true}, "ff01c369000010" + "fffeffff"},
	} {
		if got := wrap(append([]byte{1, 0xC3}, ten.weight(c.r)...)); !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("answer to gross, %+v = %x, want %s", c.r, got, c.want)
		}
	}
	for _, c := range []string{"ff01c3e3ffff", "ff01c28affff", "ff01c058ffff", "ff01bfcbffff", "ff01a1a8ffff", "ff01cd0fffff"} {
		body, rest, ok := cutRequest(unhex(t, c))
		if !ok || len(rest) != 0 || remainder(body) != 0 {
			t.Errorf("cutRequest(%s) = %x, %x, %v with remainder %02x, want it whole and 0", c, body, rest, ok, remainder(body))
		}
	}
}

func TestTensoAnswersOnlyItsOwnWholeRequests(t *testing.T) {
	ten := NewTenso(Model{Division: quant.Kilogram}, lane{})
	ten.Lost = 0
	var out sim.Out
	for i, b := range unhex(t, "ff02c3e6ffff"+"00ff01"+"ff01c3e3ffff") {
		ten.Feed(epoch.Add(time.Duration(i)*time.Millisecond), []byte{b}, &out)
	}
	ten.Tick(epoch.Add(time.Second), &out)
	if want := unhex(t, "ff01c3000000004cffff"); len(out.Send) != len(want) || !bytes.Equal(out.Send[:3], want[:3]) {
		t.Errorf("answers %x, want one like %x", out.Send, want)
	}
}

func TestAStandingAxleIsSeenWithItsWholeLoad(t *testing.T) {
	v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
	m := Default(1)
	m.Noise, m.Drift = 0, 0
	s := NewSignal(m, lane{v: v, x: 1000 + 375})
	var r Reading
	for i := range 300 {
		r = s.At(epoch.Add(time.Duration(i) * 10 * time.Millisecond))
	}
	if r.Mass != quant.Kg(8000) || !r.Stable {
		t.Errorf("reading %+v, want 8000 kg, stable", r)
	}
}

func TestARollingAxleIsOnThePlatformForItsLength(t *testing.T) {
	v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
	m := Default(1)
	m.Noise, m.Drift, m.Bounce, m.Filter = 0, 0, 0, 0
	s := NewSignal(m, lane{v: v, s: 1000})
	above := 0
	for i := range 3000 {
		if s.At(epoch.Add(time.Duration(i)*time.Millisecond)).Mass > quant.Kg(4000) {
			above++
		}
	}
	if above < 745 || above > 755 {
		t.Errorf("%d ms above half of the load, want 750", above)
	}
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	run := func(seed uint64) []byte {
		v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
		m := NewMT(Default(seed), lane{v: v, s: 1000})
		var out sim.Out
		m.Tick(epoch, &out)
		for at, ok := m.Deadline(); ok && at.Before(epoch.Add(3*time.Second)); at, ok = m.Deadline() {
			m.Tick(at, &out)
		}
		return out.Send
	}
	if !bytes.Equal(run(7), run(7)) {
		t.Error("two runs with seed 7 differ")
	}
	if bytes.Equal(run(7), run(8)) {
		t.Error("seeds 7 and 8 give the same bytes")
	}
}

func TestAThinnedStreamWakesBeforeAVehicleComes(t *testing.T) {
	v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
	m := NewMT(Default(1), lane{v: v, x: -60000, s: 4000})
	m.Thin, m.Lost = true, 0
	frames := map[int]int{}
	var out sim.Out
	m.Tick(epoch, &out)
	for at, ok := m.Deadline(); ok && at.Before(epoch.Add(20*time.Second)); at, ok = m.Deadline() {
		out.Send = out.Send[:0]
		m.Tick(at, &out)
		frames[int(at.Sub(epoch).Seconds())] += len(out.Send) / 18
	}
	if frames[5] != 1 || frames[14] < 99 {
		t.Errorf("%d frames in second 5, %d in second 14; want 1 and 100", frames[5], frames[14])
	}
}

func TestOffScaleWheelsLoseLoad(t *testing.T) {
	v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
	m := Default(1)
	m.Noise, m.Drift, m.OffScale = 0, 0, 1
	s := NewSignal(m, lane{v: v, x: 1000 + 375})
	var r Reading
	for i := range 300 {
		r = s.At(epoch.Add(time.Duration(i) * 10 * time.Millisecond))
	}
	if kg := float64(r.Mass) / 1000; math.Abs(kg-5200) > 1300 {
		t.Errorf("%v kg of 8000 with one wheel beside the platform, want 4000 to 6400", kg)
	}
}

func BenchmarkSignal(b *testing.B) {
	v := &sim.Vehicle{ID: "a", Length: 2000, Axles: []sim.Axle{{Mass: quant.Kg(8000), Offset: 1000}}}
	s := NewSignal(Default(1), lane{v: v, s: 10})
	t := epoch
	b.ReportAllocs()
	for b.Loop() {
		t = t.Add(10 * time.Millisecond)
		s.At(t)
	}
}
