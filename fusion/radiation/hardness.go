package radiation

import "math"

// hardness is the mean of what vehicles leave of each energy window, in permille of what
// they leave of all; zero if less than leastLearned of them have windows.
func hardness(all []*Occupancy) (h [4]int32) {
	var total [4]float64
	n := 0.0
	for _, o := range all {
		var c, b [4]float64
		var counts, rates float64
		for i := range o.Windows {
			for w, k := range o.Windows[i].Counts {
				c[w] += float64(k)
				counts += float64(k)
			}
		}
		for w, r := range o.WindowBG {
			b[w] = float64(r)
			rates += b[w]
		}
		if counts <= 0 || min(b[0], b[1], b[2], b[3]) <= 0 {
			continue
		}
		n++
		for w := range total {
			total[w] += float64(c[w]/counts) / float64(b[w]/rates)
		}
	}
	if n < leastLearned {
		return h
	}
	for w := range h {
		h[w] = int32(math.Round(float64(total[w]/n) * 1000))
	}
	return h
}
