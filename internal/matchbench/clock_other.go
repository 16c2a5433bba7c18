//go:build !linux

package matchbench

import "time"

func busy() time.Duration { return time.Since(began) }

var began = time.Now()
