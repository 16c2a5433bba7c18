package rules

// arena holds what findings point to, so that one judgement costs one allocation.
type arena struct {
	values []Value
	ints   []int
}

const chunkValues, chunkInts = 40, 16

func (a *arena) value(v int64) *Value {
	if len(a.values) == cap(a.values) {
		a.values = make([]Value, 0, chunkValues)
	}
	a.values = append(a.values, Value(v))
	return &a.values[len(a.values)-1]
}

func (a *arena) pair(x, y int) []int {
	if cap(a.ints)-len(a.ints) < 2 {
		a.ints = make([]int, 0, chunkInts)
	}
	n := len(a.ints)
	a.ints = append(a.ints, x, y)
	return a.ints[n : n+2 : n+2]
}
