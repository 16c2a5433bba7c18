package tsa

import "acsgd/internal/obs"

// arena hands out memory for observations in blocks, so that a line costs a fraction of an
// allocation. What was handed out is never handed out again; a block lives as long as the
// last observation in it.
type arena struct {
	bodies []obs.Radiation
	bytes  []byte
	ints   []int64
}

// The sizes of the blocks: about one occupancy's second.
const (
	bodyBlock = 16
	byteBlock = 1 << 10
	intBlock  = 64
)

func (a *arena) body() *obs.Radiation {
	if len(a.bodies) == 0 {
		a.bodies = make([]obs.Radiation, bodyBlock)
	}
	r := &a.bodies[0]
	a.bodies = a.bodies[1:]
	return r
}

func (a *arena) copy(p []byte) []byte {
	if len(p) > len(a.bytes) {
		a.bytes = make([]byte, max(byteBlock, len(p)))
	}
	to := a.bytes[:len(p):len(p)]
	a.bytes = a.bytes[len(p):]
	copy(to, p)
	return to
}

func (a *arena) numbers(n int) []int64 {
	if n > len(a.ints) {
		a.ints = make([]int64, intBlock)
	}
	v := a.ints[:n:n]
	a.ints = a.ints[n:]
	return v
}
