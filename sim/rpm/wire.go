package rpm

import (
	"fmt"
	"math"
)

// The lines as the controller writes them: two letters, fields of six digits, CR LF.

func counts(b []byte, tag string, v [4]int) []byte {
	b = append(b, tag...)
	for _, x := range v {
		b = append(b, ",000000"...)
		x = max(0, min(x, 999_999))
		for k := len(b) - 1; x > 0; k-- {
			b[k] += byte(x % 10)
			x /= 10
		}
	}
	return append(b, "\r\n"...)
}

func gammaLine(b []byte, alarm bool, g [4]int32) []byte {
	tag := "GS"
	if alarm {
		tag = "GA"
	}
	return counts(b, tag, [4]int{int(g[0]), int(g[1]), int(g[2]), int(g[3])})
}

func neutronLine(b []byte, alarm bool, n [4]int) []byte {
	if alarm {
		return counts(b, "NA", n)
	}
	return counts(b, "NS", n)
}

// neutronBackground is cut to whole counts; above 50 counts/s it is a fault.
func neutronBackground(b []byte, n [4]float64) []byte {
	tag := "NB"
	if n[0]+n[1]+n[2]+n[3] > 50 {
		tag = "NH"
	}
	return counts(b, tag, [4]int{int(n[0]), int(n[1]), int(n[2]), int(n[3])})
}

// speedLine gives the time between the two beams, a foot apart, and the speed from it; the
// controller's display ends at 99.999 mph.
func speedLine(b []byte, seconds float64) []byte {
	dt := math.Round(seconds*1e4) / 1e4
	mph := 99.999
	if dt > 0 {
		mph = min(mph, 0.3048/dt/0.44704)
	}
	return fmt.Appendf(b, "SP,%06.4f,%06.3f,%06.2f,000000\r\n", dt, mph, mph*1.609344)
}

func endLine(b []byte, number, mcps int) []byte {
	return counts(b, "GX", [4]int{number % 1_000_000, mcps, 0, 0})
}

func contact(b []byte, open bool) []byte {
	if open {
		return counts(b, "TT", [4]int{})
	}
	return counts(b, "TC", [4]int{111_111, 111_111, 111_111, 111_111})
}

func floats(b []byte, tag string, places int, v ...float64) []byte {
	b = append(b, tag...)
	for _, x := range v {
		b = fmt.Appendf(b, ",%.*f", places, x)
	}
	return append(b, "\r\n"...)
}

// settings is the block that the controller sends when it starts.
func (p *Portal) settings(b []byte) []byte {
	b = fmt.Appendf(b, "SG1,%06d,%06d,%02d,%02d,%04.1f,P\r\n", int(p.cfg.High), int(p.cfg.Low), p.cfg.Window, p.cfg.Hold, p.cfg.K)
	b = append(b, "SG2,1111,0.069,0.455,01,1010,A\r\n"...)
	b = append(b, "SG3,0.069,0.455,020,000,1.10.1\r\n"...)
	b = append(b, "SN1,000050,03,0004,1200,01,120\r\n"...)
	return append(b, "SN2,0.504,5.040,0.504,5.040,PP\r\n"...)
}
