package profile

import (
	"math"
	"time"

	"acsgd/internal/quant"
)

// LengthFrom is the length of a vehicle that passed the plane at constant speed v (95 %
// half-width uv) and was seen in slices from start to end, one every period.
//
// The true edges lie on average half a period outside the first and the last slice, so a
// whole v*period is added; a quarter of the beam's width along the lane is taken off each
// side, because an edge is seen before the middle of the beam is on it. The 95 % half-width
// is 2*sqrt((v*T)^2/6 + (L*s)^2 + (beam/4)^2): two edges, each even over a period, the
// relative standard uncertainty s of the speed, and the beam. Both are 0 if nothing can be
// said (no speed, no time).
func LengthFrom(start, end time.Time, period time.Duration, v, uv quant.Speed, beam quant.Length) (l, u quant.Length) {
	if v <= 0 || end.Before(start) {
		return 0, 0
	}
	speed := float64(v) // mm/s
	slice := speed * period.Seconds()
	length := speed*end.Sub(start).Seconds() + slice - float64(beam)/2
	s := float64(uv) / 2 / speed
	edge := float64(beam) / 4
	half := 2 * math.Sqrt(slice*slice/6+length*s*length*s+edge*edge)
	if length > math.MaxInt32 || half > math.MaxInt32 {
		return 0, 0
	}
	return quant.Length(math.Round(length)), quant.Length(math.Ceil(half))
}
