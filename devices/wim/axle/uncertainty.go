package axle

// The tables below are standard uncertainties by platform length and speed, relative to
// the load and to the speed. They were fitted on simulated weighings of this project's own
// signal model (body bounce 1.5 to 4 Hz, axle hop 8 to 15 Hz, amplitudes growing with speed,
// 100 Hz, 15 kg noise), so that 95 % of the errors lie within two standard uncertainties.
// A site refits them in its verification runs: real roads have camber and unevenness that
// the model lacks.
//
// A fit knows its own uncertainty, which holds for bodies that bounce more slowly and after
// a bump too; it is never said to be better than the table of fits, nor a mean than the
// table of means.

// UncertaintyVersion counts the tables: 1 had the means only.
const UncertaintyVersion = 2

// fitCommon is the share of a fit's standard uncertainty that the axles of a vehicle may have
// in common: they share the body's frequency. Means share all of it: they may bounce in step.
const fitCommon = 0.6

type table [len(tableLengths)][len(tableSpeeds)]float64

var (
	tableLengths = [...]float64{0.70, 0.75, 1.00, 3.20}     // m
	tableSpeeds  = [...]float64{1, 3, 5, 8, 10, 12, 15, 20} // km/h

	meanLoad = table{
		{0.0012, 0.0016, 0.0056, 0.0112, 0.0138, 0.0182, 0.0225, 0.0320},
		{0.0010, 0.0016, 0.0046, 0.0099, 0.0133, 0.0168, 0.0220, 0.0300},
		{0.0010, 0.0013, 0.0021, 0.0066, 0.0105, 0.0130, 0.0190, 0.0270},
		{0.0010, 0.0010, 0.0010, 0.0012, 0.0015, 0.0020, 0.0030, 0.0060},
	}
	meanSpeed = table{
		{0.0012, 0.0018, 0.0047, 0.0071, 0.0074, 0.0081, 0.0090, 0.0120},
		{0.0010, 0.0019, 0.0036, 0.0067, 0.0070, 0.0077, 0.0087, 0.0115},
		{0.0010, 0.0013, 0.0020, 0.0043, 0.0050, 0.0062, 0.0066, 0.0090},
		{0.0010, 0.0010, 0.0010, 0.0015, 0.0020, 0.0025, 0.0030, 0.0040},
	}
	fitLoad = table{
		{0.0006, 0.0006, 0.0011, 0.0033, 0.0050, 0.0086, 0.0125, 0.0210},
		{0.0006, 0.0006, 0.0010, 0.0028, 0.0044, 0.0066, 0.0105, 0.0210},
		{0.0006, 0.0006, 0.0006, 0.0016, 0.0025, 0.0042, 0.0075, 0.0165},
		{0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0006, 0.0008},
	}
	fitSpeed = table{
		{0.0006, 0.0006, 0.0007, 0.0012, 0.0015, 0.0023, 0.0031, 0.0050},
		{0.0006, 0.0006, 0.0006, 0.0012, 0.0014, 0.0019, 0.0026, 0.0048},
		{0.0006, 0.0006, 0.0006, 0.0008, 0.0011, 0.0015, 0.0024, 0.0050},
		{0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0007},
	}
)

// at interpolates for a platform of length m and speed v in m/s, linearly in both; outside the table the nearest edge
// holds, except that above its last speed the value grows in proportion.
func (t *table) at(length, v float64) float64 {
	kmh := v * 3.6
	i, x := cell(tableLengths[:], length)
	j, y := cell(tableSpeeds[:], kmh)
	a := t[i][j]*(1-y) + t[i][j+1]*y
	b := t[i+1][j]*(1-y) + t[i+1][j+1]*y
	s := a*(1-x) + b*x
	if top := tableSpeeds[len(tableSpeeds)-1]; kmh > top {
		s *= kmh / top
	}
	return s
}

// cell finds the interval of grid that holds v, and where in it, clamped to 0..1.
func cell(grid []float64, v float64) (i int, x float64) {
	for i = 0; i < len(grid)-2 && v > grid[i+1]; i++ {
	}
	return i, min(1, max(0, (v-grid[i])/(grid[i+1]-grid[i])))
}
