package rpm

import (
	"math"
	"sync"
	"time"

	"acsgd/sim"
	"acsgd/sim/modbus"
)

// AspectConfig describes a simulated Aspect portal. Of Config it has what it counts and its
// threshold; its panels are read as one total.
type AspectConfig struct {
	Config
	Unit    byte   // 1
	Base    int    // where its monitor block begins; 100
	Unnamed bool   // its description is all noughts
	Elapsed uint32 // its time when it is switched on
}

// Aspect is a portal that answers Modbus requests for holding registers: a description and a
// block of 21 registers. It counts every 200 ms by itself, also when nobody asks. It is safe
// for concurrent use.
type Aspect struct {
	cfg AspectConfig

	mu    sync.Mutex
	p     *Portal // what panels and beams see
	fault modbus.Fault
	bits  uint16 // inputs that are ordered
	sick  uint16 // status bits of the gamma channel that are ordered
	hung  bool   // it answers, and counts no more

	elapsed  uint32
	object   uint16
	inside   bool
	facing   uint16 // occupancy bits
	speed    float64
	mark     int
	gamma    int32
	panels   [4]int32
	neutron  int32
	alarm    bool
	neutAt   bool
	rule     gammaRule
	sprt     neutronRule
	second   int // slices until the sequential test takes a sum
	sum      int
	variance [2]float64
}

// The bits that it uses, as the register map has them.
const (
	aspectForward = 1 << 6
	aspectAlarm   = 1 << 0
	aspectReady   = 1 << 7
	aspectSize    = 21
)

// NewAspect makes a portal in a scene.
func NewAspect(cfg AspectConfig, scene sim.Scene) *Aspect {
	if cfg.Unit == 0 {
		cfg.Unit = 1
	}
	if cfg.Base == 0 {
		cfg.Base = 100
	}
	a := &Aspect{cfg: cfg, p: New(cfg.Config, scene), elapsed: cfg.Elapsed}
	a.cfg.Config = a.p.cfg
	a.object = uint16(cfg.Counter)
	return a
}

// SetFault changes what goes wrong on its wire.
func (a *Aspect) SetFault(f modbus.Fault) { a.set(func() { a.fault = f }) }

// SetInputs adds bits to its inputs: power, battery, open, error, reset.
func (a *Aspect) SetInputs(bits uint16) { a.set(func() { a.bits = bits }) }

// SetStatus adds bits to the status of its gamma channel: low, high, overload.
func (a *Aspect) SetStatus(bits uint16) { a.set(func() { a.sick = bits }) }

// SetHung stops its counting, or lets it go on; it answers either way.
func (a *Aspect) SetHung(hung bool) { a.set(func() { a.hung = hung }) }

// Restart switches it off and on: its time and its counter begin again.
func (a *Aspect) Restart() { a.set(func() { a.elapsed, a.object, a.inside = 0, 0, false }) }

func (a *Aspect) set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// Unit implements modbus.Device.
func (a *Aspect) Unit() byte { return a.cfg.Unit }

// Failing implements modbus.Device.
func (a *Aspect) Failing() modbus.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fault
}

// PDU implements modbus.Device: function 3 alone.
func (a *Aspect) PDU(now time.Time, req []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.advance(now)
	refuse := func(code byte) []byte { return []byte{req[0] | 0x80, code} }
	if req[0] != modbus.ReadHolding {
		return refuse(modbus.IllegalFunction)
	}
	if len(req) != 5 {
		return refuse(modbus.IllegalValue)
	}
	addr, n := int(req[1])<<8|int(req[2]), int(req[3])<<8|int(req[4])
	if n < 1 || n > 125 {
		return refuse(modbus.IllegalValue)
	}
	var from []uint16
	switch {
	case addr+n <= 8:
		from = a.description()[addr:]
	case addr >= a.cfg.Base && addr+n <= a.cfg.Base+aspectSize:
		from = a.monitor()[addr-a.cfg.Base:]
	default:
		return refuse(modbus.IllegalAddress)
	}
	ans := []byte{modbus.ReadHolding, byte(2 * n)}
	for _, w := range from[:n] {
		ans = append(ans, byte(w>>8), byte(w))
	}
	return ans
}

func (a *Aspect) description() []uint16 {
	if a.cfg.Unnamed {
		return make([]uint16, 8)
	}
	return []uint16{0x4153, uint16(a.cfg.Base + aspectSize), 1, uint16(a.cfg.Base), aspectSize, 0, 0, 0}
}

// monitor is the monitor block as it stands now.
func (a *Aspect) monitor() []uint16 {
	w := make([]uint16, 0, aspectSize)
	long := func(v uint32) { w = append(w, uint16(v%65536), uint16(v/65536)) }
	single := func(v float64) { long(math.Float32bits(float32(v))) }
	status := func(alarm bool) uint16 {
		s := uint16(aspectReady)
		if alarm {
			s += aspectAlarm
		}
		return s
	}
	in := a.bits + a.facing
	if a.inside {
		in += aspectForward
	}
	long(a.elapsed)
	w = append(w, in, status(a.alarm)|a.sick)
	long(uint32(a.gamma))
	single(a.p.gamma.total() * 5)
	single(a.variance[0])
	w = append(w, status(a.neutAt))
	long(uint32(a.neutron))
	single(a.p.neutron.total() * 5)
	single(a.variance[1])
	out := uint16(0)
	if a.alarm || a.neutAt {
		out = 1
	}
	return append(w, a.object, uint16(a.mark), uint16(max(0, min(a.speed, 65535))), out)
}

// advance lets it count until now.
func (a *Aspect) advance(now time.Time) {
	p := a.p
	if !p.started {
		p.begin(now)
	}
	if late := now.Sub(p.due); late > catchUp { // nobody looked: the time between is lost
		skip := (late - catchUp).Truncate(slice)
		p.due = p.due.Add(skip)
		a.elapsed += uint32(skip / time.Millisecond)
	}
	for ; !p.due.After(now); p.due = p.due.Add(slice) {
		if !a.hung {
			a.step(p.due)
		}
	}
}

// step is one counting interval that ends at t.
func (a *Aspect) step(t time.Time) {
	p := a.p
	a.elapsed += uint32(slice / time.Millisecond)
	p.seen = p.scene.At(p.seen[:0], t.Add(-slice/2))
	g, n := p.count(t, p.seen)
	a.panels = g
	a.gamma, a.neutron = g[0]+g[1]+g[2]+g[3], n[0]+n[1]+n[2]+n[3]
	a.look()
	switch was := a.inside; {
	case a.facing != 0 && !was:
		a.inside = true
		a.object++
		a.rule = newGammaRule([4]int{int(math.Round(p.gamma.total() * 5))}, a.cfg.K, a.cfg.Window)
		a.sprt = newNeutronRule(p.neutron.total() * 5)
		a.second, a.sum = 5, 0
	case a.facing == 0 && was:
		a.inside, a.alarm, a.neutAt, a.mark, a.speed = false, false, false, 0, 0
	}
	if !a.inside {
		p.gamma.add(g)
		p.neutron.add(n)
		a.variance = [2]float64{p.gamma.total() * 5, p.neutron.total() * 5} // of a Poisson process
		return
	}
	a.alarm = a.rule.add([4]int32{a.gamma})
	a.sum += int(a.neutron)
	if a.second--; a.second == 0 {
		_, a.neutAt = a.sprt.add(a.sum)
		a.second, a.sum = 5, 0
	}
}

// look sets the occupancy sensors, four along a metre of the lane.
func (a *Aspect) look() {
	a.facing = 0
	for i := range a.p.seen {
		v := &a.p.seen[i]
		for s := range 4 {
			if passed := v.X - a.cfg.Station - float64(300*s); passed >= 0 && passed <= float64(v.Length) {
				a.facing |= 1 << s
				a.speed, a.mark = v.V, len(v.Axles)
			}
		}
	}
}
