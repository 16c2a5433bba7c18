// Package passages is the workload that the forward path is measured with: what the
// instruments of one lane see of one lorry, 62 or 63 observations. Contacts of two loops,
// 50 lines of the portal, 5 or 6 axles and the whole vehicle, 2 plates, 1 profile.
//
// The times in it are the vehicle's own; how fast the observations are handed over is the
// business of who measures.
package passages

import (
	"slices"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// The names of the instruments of a lane.
const (
	IO      = "io"
	Front   = "cam-front"
	Rear    = "cam-rear"
	Scale   = "wim"
	Scanner = "prof"
	Portal  = "rpm"
)

// Every is the time between two vehicles of a lane.
const Every = time.Minute

// Params describe the lane that the observations come from: green path on, no declaration
// expected.
func Params(lane string) *fusion.Params {
	return &fusion.Params{Site: "BENCH", Lane: lane, Direction: "import", Mode: "simulator", Window: 10 * time.Second, Green: true,
		Secondary: "before", Pack: "KZ-342", RoadClass: 10_000, MinLength: 3000, Offset: 5 * 3600,
		Devices: []fusion.Instrument{
			{Name: IO, Class: "laneio"},
			{Name: Front, Class: "anpr", Station: 2000, Expect: true, Role: "front"},
			{Name: Scale, Class: "wim", Station: 4000, Expect: true},
			{Name: Scanner, Class: "dims", Station: 8000, Expect: true},
			{Name: Portal, Class: "rpm", Station: 12_000, Expect: true},
			{Name: Rear, Class: "anpr", Station: 26_000, Expect: true, Role: "rear"},
		}}
}

// Lane makes the observations of one lane. The zero Lane of a name and a start is ready.
type Lane struct {
	Name  string
	Start time.Time
	n     int
	seq   map[string]uint64
}

const (
	speed  = 1389    // mm/s
	length = 16_500  // mm
	pcts   = 980_000 // confidence of a plate, ppm
)

// Next gives the observations of the next vehicle in the order of their times. The one at
// Completes is the portal's end line: with it every instrument has reported.
func (l *Lane) Next() []obs.Observation {
	if l.seq == nil {
		l.seq = map[string]uint64{}
	}
	in := l.Start.Add(time.Duration(l.n) * Every)
	l.n++
	at := func(mm int64) time.Time { return in.Add(time.Duration(mm * int64(time.Second) / speed)) }
	os := make([]obs.Observation, 0, 64)
	add := func(dev string, at time.Time, b obs.Body) {
		os = append(os, obs.Observation{Source: dev, Lane: l.Name, Stamp: obs.Stamp{At: at, Arrived: at}, Body: b})
	}
	add(IO, at(0), &obs.Presence{Signal: "loop_entry", On: true})
	plate := []byte("123ABC02")
	plate[0], plate[1], plate[2] = byte('0'+l.n/100%10), byte('0'+l.n/10%10), byte('0'+l.n%10)
	add(Front, at(2000), &obs.Plate{Text: string(plate), Country: "KZ", Confidence: pcts, Role: obs.Front})
	add(Rear, at(26_000+length), &obs.Plate{Text: "45XYZ02", Country: "KZ", Confidence: pcts, Role: obs.Rear})
	add(IO, at(length+2000), &obs.Presence{Signal: "loop_entry"})
	l.weigh(add, at)
	add(Scanner, at(8000+length+600), &obs.Profile{Height: 3900, UHeight: 30, Width: 2500, UWidth: 50, Start: at(8000), End: at(8000 + length), Period: 40_000, Scans: 300})
	l.portal(add, at)
	add(IO, at(45_500), &obs.Presence{Signal: "loop_exit", On: true})
	add(IO, at(46_000), &obs.Presence{Signal: "loop_exit"})
	slices.SortStableFunc(os, func(a, b obs.Observation) int { return a.Stamp.At.Compare(b.Stamp.At) })
	for i := range os {
		l.seq[os[i].Source]++
		os[i].Seq = l.seq[os[i].Source]
	}
	return os
}

// Completes is the index, from the end, of the observation that completes a passage:
// os[len(os)-Completes].
const Completes = 3

func (l *Lane) weigh(add func(string, time.Time, obs.Body), at func(int64) time.Time) {
	kg, gaps := []int64{6900, 9400, 6600, 6600, 6600}, []int64{1400, 3700, 5600, 1310, 1310}
	if l.n%2 == 0 {
		kg, gaps = []int64{6000, 6500, 6500, 6300, 6300, 6300}, []int64{1400, 3200, 1350, 5600, 1310, 1310}
	}
	n := len(kg)
	off, gross := int64(0), int64(0)
	for i := range n {
		off += gaps[i]
		gross += kg[i]
		add(Scale, at(4000+off+800), &obs.Weighing{Axle: i + 1, Mass: quant.Kg(kg[i]), U: quant.Kg(60), TOn: at(4000 + off), TOff: at(4000 + off + 750),
			Speed: speed, USpeed: 8, Mode: obs.Dynamic})
	}
	add(Scale, at(4000+length+2000), &obs.Weighing{Axles: n, Mass: quant.Kg(gross), U: quant.Kg(200), TOn: at(5400), TOff: at(4000 + off + 750), Mode: obs.Dynamic})
}

func (l *Lane) portal(add func(string, time.Time, obs.Body), at func(int64) time.Time) {
	add(Portal, at(9000), &obs.Radiation{Tag: "GB", Gamma: [4]int32{400, 400, 400, 400}})
	add(Portal, at(9001), &obs.Radiation{Tag: "NB", Neutron: [4]int32{1, 1, 1, 0}})
	const slices = 40
	for i := range int64(slices) {
		s := at(12_000 + i*length/slices)
		g := int32(118 + i%5)
		add(Portal, s, &obs.Radiation{Tag: "GS", Gamma: [4]int32{g, g + 1, g, g - 1}, Interval: 300, Occupied: true})
		if i%6 == 5 || i == 20 {
			add(Portal, s.Add(time.Millisecond), &obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true})
		}
	}
	add(Portal, at(45_000), &obs.Radiation{Tag: "GX", Occupancy: uint32(l.n), Background: 3000})
}
