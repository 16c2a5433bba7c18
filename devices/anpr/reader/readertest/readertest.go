// Package readertest stands for OpenCV in tests: an engine that does what its pictures say.
package readertest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"acsgd/devices/anpr/reader"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// end closes a PNG; decoders pass over what stands behind it.
const end = "IEND\xaeB`\x82"

// Still makes a picture of w x h pixels with words for the engine: "TEXT P TEXT P" are the
// candidates of a plate, "none" is no plate, "error WHY" cannot be read, and "crash" ends
// the process. Without words the plate is the picture's size.
func Still(w, h int, words string) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err) // a buffer takes everything
	}
	b.WriteString(words)
	return b.Bytes()
}

// Engine is the engine.
type Engine struct{}

// Open makes an engine; it is the open of reader.Work.
func Open(string) (reader.Engine, error) { return Engine{}, nil }

// Close implements reader.Engine.
func (Engine) Close() error { return nil }

// Read implements reader.Engine.
func (Engine) Read(j *reader.Job) reader.Answer {
	a := reader.Answer{Engine: "fake", Micros: 2500}
	_, rest, _ := bytes.Cut(j.Picture, []byte(end))
	words := strings.Fields(string(rest))
	switch {
	case len(words) == 0:
		c, _, err := image.DecodeConfig(bytes.NewReader(j.Picture))
		if err != nil {
			a.Error = err.Error()
			return a
		}
		text := fmt.Sprintf("W%dH%d", c.Width, c.Height)
		if j.Crop {
			text += "CROP"
		}
		a.Plates = []reader.Plate{{Text: text, Confidence: 500_000}}
	case words[0] == "crash":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case words[0] == "error":
		a.Error = strings.Join(words[1:], " ")
	case words[0] == "none":
	default:
		p := reader.Plate{Text: words[0], Country: strings.Join(j.Site, ""), Box: [4]int{1, 2, 3, 4}}
		for i := 0; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i+1], 64)
			if err != nil {
				a.Error = err.Error()
				return a
			}
			p.Candidates = append(p.Candidates, obs.Candidate{Text: words[i], P: quant.ProbOf(v)})
		}
		if len(p.Candidates) > 0 {
			p.Confidence = p.Candidates[0].P
		}
		a.Plates = []reader.Plate{p}
	}
	return a
}
