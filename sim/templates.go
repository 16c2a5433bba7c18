package sim

import (
	"math/rand/v2"
	"strings"

	"acsgd/internal/quant"
)

// Template is one kind of vehicle of the region's traffic; the figures are our engineering
// defaults (vehicle_templates.csv, mark E). All loaded templates are legal in Kazakhstan.
type Template struct {
	ID       string
	Name     string
	Class    string // rigid, articulated, road_train
	Units    []int
	Gaps     []quant.Length // between the axles
	Dual     string         // a letter an axle: S single, D dual tyres
	Empty    []int64        // kg an axle
	Loaded   []int64
	Length   quant.Length
	Width    quant.Length
	Height   quant.Length
	Share    int          // percent of the traffic
	Overhang quant.Length // front to first axle
}

// Templates lists the kinds of vehicles.
func Templates() []Template {
	return []Template{
		{"R2", "two-axle rigid", "rigid", []int{2}, []quant.Length{4200}, "SD", []int64{3600, 3000}, []int64{6200, 9600}, 8500, 2500, 3400, 8, 1400},
		{"R3", "6x4 tipper", "rigid", []int{3}, []quant.Length{3600, 1350}, "SDD", []int64{5000, 3400, 3400}, []int64{7000, 7800, 7800}, 8600, 2500, 3300, 7, 1400},
		{"R4", "8x4 tipper", "rigid", []int{4}, []quant.Length{1950, 3200, 1350}, "SSDD", []int64{4200, 4200, 3600, 3600}, []int64{7200, 7200, 7900, 7900}, 10200, 2500, 3400, 5, 1400},
		{"T11O3", "2-axle tractor, tridem semi-trailer", "articulated", []int{2, 3}, []quant.Length{3700, 5600, 1310, 1310}, "SDSSS", []int64{5200, 3900, 1900, 1900, 1900}, []int64{7000, 9700, 6900, 6900, 6900}, 16500, 2550, 4000, 46, 1400},
		{"T12O3", "3-axle tractor, tridem semi-trailer", "articulated", []int{3, 3}, []quant.Length{3300, 1350, 5400, 1310, 1310}, "SDDSSS", []int64{5600, 3200, 3200, 2000, 2000, 2000}, []int64{7000, 7300, 7300, 6100, 6100, 6100}, 16900, 2550, 4000, 16, 1400},
		{"T12O2", "3-axle tractor, tandem semi-trailer", "articulated", []int{3, 2}, []quant.Length{3300, 1350, 6800, 1310}, "SDDDD", []int64{5600, 3000, 3000, 2200, 2200}, []int64{6800, 7800, 7800, 7800, 7800}, 16000, 2550, 3900, 5, 1400},
		{"R12R2", "3-axle lorry, 2-axle trailer", "road_train", []int{3, 2}, []quant.Length{4400, 1350, 5200, 5000}, "SDDDD", []int64{5400, 2900, 2900, 2000, 2000}, []int64{7000, 8000, 8000, 8500, 8500}, 18750, 2550, 4000, 4, 1400},
		{"BUS2", "coach", "rigid", []int{2}, []quant.Length{6100}, "SD", []int64{5000, 7500}, []int64{6500, 9800}, 12000, 2550, 3700, 4, 2700},
	}
}

// TemplateByID finds a template; ok is false if there is none.
func TemplateByID(id string) (Template, bool) {
	for _, t := range Templates() {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

// Vehicle makes a vehicle of the template; load is the share of its full load, 0 empty,
// 1 the loaded template, above 1 overloaded.
func (t *Template) Vehicle(id string, load float64, rng *rand.Rand) *Vehicle {
	v := &Vehicle{ID: id, Template: t.ID, Class: t.Class, Units: t.Units, Length: t.Length, Width: t.Width, Height: t.Height}
	at := t.Overhang
	for i := range t.Loaded {
		if i > 0 {
			at += t.Gaps[i-1]
		}
		kg := float64(t.Empty[i]) + load*float64(t.Loaded[i]-t.Empty[i])
		kg *= 1 + 0.01*(rng.Float64()*2-1)
		v.Axles = append(v.Axles, Axle{Mass: quant.Mass(kg) * quant.Kilogram, Offset: at, Dual: t.Dual[i] == 'D'})
	}
	v.Parts = t.outline()
	v.Shield = 0.15 + 0.3*min(load, 1)
	return v
}

// Gross is the vehicle's true mass.
func (v *Vehicle) Gross() quant.Mass {
	var m quant.Mass
	for _, a := range v.Axles {
		m += a.Mass
	}
	return m
}

// outline builds the boxes of a template: cab, body or trailer, drawbar.
func (t *Template) outline() []Part {
	half := t.Width / 2
	box := func(name string, from, to, bottom, top quant.Length) Part {
		return Part{Name: name, From: from, To: to, Bottom: bottom, Top: top, Left: -half, Right: half}
	}
	cab := min(t.Height, 3600)
	mirror := func(side quant.Length) Part {
		p := Part{Name: "mirror", From: 500, To: 700, Bottom: 2000, Top: 2500, Left: half, Right: half + 200}
		if side < 0 {
			p.Left, p.Right = -half-200, -half
		}
		return p
	}
	switch t.Class {
	case "articulated":
		return []Part{box("cab", 0, 2300, 500, cab), box("chassis", 2300, 5000, 500, 1100),
			box("trailer", 2900, t.Length, 1100, t.Height), mirror(1), mirror(-1)}
	case "road_train":
		joint := t.Length - 9000
		bar := Part{Name: "drawbar", From: joint - 1200, To: joint, Bottom: 500, Top: 800, Left: -100, Right: 100}
		return []Part{box("cab", 0, 2300, 500, cab), box("body", 2300, joint-1200, 900, t.Height), bar,
			box("trailer", joint, t.Length, 900, t.Height), mirror(1), mirror(-1)}
	}
	if strings.HasPrefix(t.ID, "BUS") {
		return []Part{box("body", 0, t.Length, 350, t.Height), mirror(1), mirror(-1)}
	}
	return []Part{box("cab", 0, 2200, 500, min(cab, 3000)), box("body", 2400, t.Length, 900, t.Height),
		box("chassis", 2200, 2400, 500, 1000), mirror(1), mirror(-1)}
}
