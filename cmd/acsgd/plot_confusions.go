package main

import (
	"bytes"
	"fmt"
	"html"
	"math"

	"acsgd/fusion/match"
	"acsgd/internal/plate"
)

// drawConfusions draws how often each character was written for each other, of all cameras
// together and of each with a channel of its own: rows are what stood there, columns what was
// written, of the digits and Latin letters.
func drawConfusions(a *match.Account) []byte {
	const usual, cell, left, top = 36, 14, 60, 50
	panel := usual*cell + 70
	panels := []match.CameraAccount{{Name: "all cameras", Tally: a.All}}
	for _, c := range a.Cameras {
		if c.Own {
			panels = append(panels, c)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", left+usual*cell+20, len(panels)*panel+20)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for k, c := range panels {
		y0 := k*panel + top
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="13" font-weight="bold">%s: %d plates, %d of %d characters wrong</text>`+"\n",
			left, y0-28, html.EscapeString(c.Name), c.Tally.Plates, c.Tally.Wrong, c.Tally.Chars)
		most := 1.0
		for x := range usual {
			for y := range usual {
				most = max(most, float64(c.Tally.Row[x+1][y+1]))
			}
		}
		for i := range usual {
			s := string(plate.Symbol(i + 1).Rune())
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
				left+i*cell+cell/2, y0-4, s, left-5, y0+i*cell+11, s)
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d">written</text><text x="6" y="%d">true</text>`+"\n", left, y0-16, y0+11)
		for x := range usual {
			for y := range usual {
				n := c.Tally.Row[x+1][y+1]
				fill := "#f3f5f7"
				if n > 0 {
					light := 85 - 60*math.Log1p(float64(n))/math.Log1p(most)
					fill = fmt.Sprintf("hsl(215 70%% %.0f%%)", light)
				}
				if x == y {
					fill = "#d8dce0"
				}
				fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s">`, left+y*cell, y0+x*cell, cell-1, cell-1, fill)
				if n > 0 {
					fmt.Fprintf(&b, `<title>%c as %c: %d</title>`, plate.Symbol(x+1).Rune(), plate.Symbol(y+1).Rune(), n)
				}
				b.WriteString("</rect>\n")
			}
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
