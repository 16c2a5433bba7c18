package aspect

import (
	"math"
	"strconv"

	"acsgd/devices/rpm/portal"
	"acsgd/internal/quant"
)

// The device description, registers 0 to 7.
const (
	descAt   = 0
	descLen  = 8
	descBase = 3 // base address of the monitor block
	descSize = 4 // its length
)

// The monitor block: where it lies if the description does not tell, and what is read of it.
const (
	usualBase = 100
	blockLen  = 21
)

// Offsets in the monitor block. 32 bits take two registers, the low word first.
const (
	atElapsed  = 0
	atInputs   = 2
	atGamma    = 3 // channel status, then count, background, variance
	atNeutron  = 10
	toCount    = 1
	toMean     = 3
	toVariance = 5
	atObject   = 17
	atMark     = 18
	atSpeed    = 19 // mm/s
	atOutputs  = 20
)

// Bits of the inputs.
const (
	inOccupied = 0x000F // occupancy sensors 0 to 3
	inForward  = 0x0040
	inBackward = 0x0080
	inPower    = 0x0100
	inBattery  = 0x0200
	inOpen     = 0x0400
	inError    = 0x0800
	inReset    = 0x8000
)

// Bits of a channel's status.
const (
	chAlarm    = 0x0003 // alarms 1 and 2
	chLow      = 0x0010
	chHigh     = 0x0020
	chOverload = 0x0040
	chReady    = 0x0080
)

// Bits of the outputs.
const (
	outAlarm = 0x0001
	outAdapt = 0x0040
)

// block finds the monitor block in the description; ok is false where it names none that
// can hold what is read of it.
func block(desc []uint16) (base uint16, ok bool) {
	base, size := desc[descBase], desc[descSize]
	return base, base >= descLen && size >= blockLen && int(base)+int(size) <= 1<<16
}

func u32(w []uint16) uint32  { return uint32(w[1])<<16 | uint32(w[0]) }
func f32(w []uint16) float64 { return float64(math.Float32frombits(u32(w))) }

// largest bounds counts and rates: six digits, as on any portal's display.
const largest = 999_999

// scale is that of obs.Radiation.Values.
const scale = 100_000_000

// decode reads a monitor block. What is wrong with it is a fault of the portal, never a
// count of nought; noReady lets channels pass that do not say that they are ready.
func decode(w []uint16, noReady bool) (r portal.Reading) {
	in, out := w[atInputs], w[atOutputs]
	r.Occupied = in&inOccupied != 0
	r.Counted, r.Object = true, uint32(w[atObject])
	r.Open = in&inOpen != 0
	add := func(list *[]string, on bool, what string) {
		if on {
			*list = append(*list, what)
		}
	}
	add(&r.Faults, out&outAdapt != 0, "adaptation")
	add(&r.Faults, in&inError != 0, "error")
	mean := func(at int, what string) float64 {
		v := f32(w[at:])
		if v >= 0 && v <= largest { // false of what is no number
			return v
		}
		r.Faults, r.NoMean = append(r.Faults, what+"_invalid"), true
		return 0
	}
	channel := func(at int, name string) (alarm bool, count int32, background, variance float64) {
		s := w[at]
		background, variance = mean(at+toMean, name+"_background"), mean(at+toVariance, name+"_variance")
		n := u32(w[at+toCount:])
		add(&r.Faults, n > largest, name+"_count_invalid")
		add(&r.Faults, s&chHigh != 0, name+"_high")
		add(&r.Faults, s&chLow != 0, name+"_low")
		add(&r.Faults, s&chReady == 0 && !noReady, name+"_not_ready")
		add(&r.Faults, s&chOverload != 0, name+"_overload")
		return s&chAlarm != 0, int32(min(n, largest)), background, variance
	}
	var bg, variance float64
	r.GammaAlarm, r.Gamma[0], bg, variance = channel(atGamma, "gamma")
	r.Background[0] = int32(math.Round(bg))
	r.Values = []int64{times(bg), times(variance)}
	add(&r.Faults, in&inBattery != 0, "low_battery")
	r.NeutAlarm, r.Neutron[0], bg, variance = channel(atNeutron, "neutron")
	r.NeutronBG[0], r.NeutronMCP = int32(bg), int64(math.Round(bg*1000))
	r.NeutValues = []int64{times(bg), times(variance)}
	if out&outAlarm != 0 && !r.GammaAlarm && !r.NeutAlarm { // an alarm is an alarm, whoever gave it
		r.GammaAlarm = true
	}
	add(&r.Notes, in&inPower != 0, "power fail")
	add(&r.Notes, in&inReset != 0, "reset")
	r.Speed = quant.Speed(w[atSpeed])
	r.Setup = said(in, w[atMark])
	return r
}

func times(v float64) int64 { return int64(math.Round(v * scale)) }

// said is what else the portal tells of its object, in words.
func said(in, mark uint16) []string {
	var s []string
	switch in & (inForward | inBackward) {
	case inForward:
		s = append(s, "direction 0-1")
	case inBackward:
		s = append(s, "direction 1-0")
	}
	if mark != 0 {
		s = append(s, "mark "+strconv.Itoa(int(mark)))
	}
	return s
}
