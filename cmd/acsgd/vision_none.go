//go:build !gocv

package main

import "acsgd/devices/anpr/reader"

// openVision is nil: this build has no OpenCV, so no second reader. Tests put another there.
var openVision func(dir string) (reader.Engine, error)
