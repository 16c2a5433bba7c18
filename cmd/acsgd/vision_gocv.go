//go:build gocv

package main

import "acsgd/devices/anpr/vision"

// openVision opens the engine of the second reader.
var openVision = vision.Open
