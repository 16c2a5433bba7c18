// Package reader is the second reader of number plates: it takes the pictures that cameras
// and lanes keep, has them read by a child process, and tells the plates found as readings
// of its own. The child holds OpenCV and the networks (devices/anpr/vision): a crash there
// ends the child, never the lane (decision D29). This package needs no cgo.
package reader

import (
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Job asks for the plates of one picture.
type Job struct {
	Picture []byte   `json:"-"`                // JPEG, PNG or BMP; at most anpr.MaxPixels
	Crop    bool     `json:"crop,omitempty"`   // the picture is one plate alone, as a camera cuts it out
	Region  Region   `json:"region,omitzero"`  // where plates are looked for; zero: everywhere
	Site    []string `json:"site,omitempty"`   // ISO 3166-1 alpha-2 of the usual countries, the most usual first; empty: all
	Engine  string   `json:"engine,omitempty"` // "joint", "own", "ppocr"; "" is the one that measures better
}

// Region is a part of a picture in thousandths of its width and height.
type Region struct {
	X int `json:"x" toml:"x"`
	Y int `json:"y" toml:"y"`
	W int `json:"w" toml:"w"`
	H int `json:"h" toml:"h"`
}

// Answer is what was found in one picture, the likeliest plate first.
type Answer struct {
	Plates []Plate `json:"plates"`
	Engine string  `json:"engine,omitempty"` // that has read
	Micros int64   `json:"us"`               // from decoding to the answer, on one core
	Error  string  `json:"error,omitempty"`  // why the picture could not be read; no plates then
}

// Plate is one plate found.
type Plate struct {
	Text       string          `json:"text"`              // normalised, see internal/plate
	Country    string          `json:"country,omitempty"` // only where the picture shows it; syntax never decides it
	Confidence quant.Prob      `json:"confidence"`        // that Text is right
	Box        [4]int          `json:"box"`               // x, y, width, height in pixels of the picture
	Corners    [4][2]int       `json:"corners"`           // from the upper left one clockwise
	Rows       int             `json:"rows"`              // 1 or 2
	Chars      []obs.Char      `json:"chars"`             // one for each character of Text
	Candidates []obs.Candidate `json:"candidates"`        // best first, Text itself among them; their sum is at most 1
	Crop       []byte          `json:"-"`                 // JPEG of the straightened plate
}

// Engine reads pictures. Not safe for concurrent use.
type Engine interface {
	// Read answers one job; what is wrong with its picture stands in Answer.Error.
	Read(j *Job) Answer
	Close() error
}
