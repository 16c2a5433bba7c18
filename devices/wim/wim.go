// Package wim holds what all weighing instruments share: the sample, the measured rate,
// the stability that a protocol does not tell, and the times of a steady stream.
//
// An indicator's driver turns its frames into Samples; package weigh turns Samples into
// observations, package axle turns the fast ones into axles.
package wim

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Sample is one reading of an indicator.
type Sample struct {
	At        time.Time  // when the load was true: arrival of the last byte less the time of the frame
	Raw       quant.Mass // gross as indicated; meaningless with Fault, Overload or Underload
	Stable    bool       // the indicator's own word, or Steady's
	Motion    bool       // the indicator says that the load moves
	Overload  bool       // above Max
	Underload bool       // below zero range
	Zero      bool       // at the centre of zero
	Net       bool       // the indicator shows net; Raw is gross all the same
	Fault     bool       // the value must not be used
}

// Valid reports whether Raw is a weight.
func (s Sample) Valid() bool { return !s.Overload && !s.Underload && !s.Fault }

// Flags appends the quality flags of s.
func (s Sample) Flags(dst []obs.Flag) []obs.Flag {
	if s.Overload {
		dst = append(dst, obs.Overload)
	}
	if s.Underload {
		dst = append(dst, obs.Underload)
	}
	if s.Fault {
		dst = append(dst, obs.Fault)
	}
	if s.Motion || !s.Stable && s.Valid() {
		dst = append(dst, obs.InMotion)
	}
	return dst
}

// FrameTime is the time that n bytes take on the serial line that a link URL names
// (8N1: ten bits a byte), and 0 for links without a baud rate.
func FrameTime(link string, n int) time.Duration {
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, "serial:") {
		return 0
	}
	baud, err := strconv.Atoi(u.Query().Get("baud"))
	if err != nil || baud <= 0 {
		baud = 9600
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(baud)
}
