package rules

// Memory holds what findings point to. Whoever judges again and again keeps one: after
// Reset a judgement overwrites the last one's values and costs no allocation. The zero
// Memory is ready.
type Memory struct {
	values []Value
	axles  []int
	texts  []string
	seqs   []uint64
}

// Reset gives the memory free: findings that point into it must not be used any more.
func (m *Memory) Reset() {
	m.values, m.axles, m.texts, m.seqs = m.values[:0], m.axles[:0], m.texts[:0], m.seqs[:0]
}

// Own makes f independent of the memory that it points to: what it points to is copied
// into m.
func (m *Memory) Own(f *Finding) {
	for _, p := range [...]**Value{&f.Measured, &f.Uncertainty, &f.Tolerance, &f.Limit, &f.Excess} {
		if *p != nil {
			*p = m.value(int64(**p))
		}
	}
	f.Axles = keep(&m.axles, f.Axles)
	f.Notes = keep(&m.texts, f.Notes)
	f.Evidence = keep(&m.seqs, f.Evidence)
}

// Evidence keeps the numbers of inputs for a finding; of none it is nil.
func (m *Memory) Evidence(seqs ...uint64) []uint64 { return keep(&m.seqs, seqs) }

func (m *Memory) value(v int64) *Value {
	m.values = grow(m.values, 1)
	m.values = append(m.values, Value(v))
	return &m.values[len(m.values)-1]
}

func (m *Memory) pair(x, y int) []int {
	m.axles = grow(m.axles, 2)
	n := len(m.axles)
	m.axles = append(m.axles, x, y)
	return m.axles[n : n+2 : n+2]
}

// keep copies s into *to; of nothing it is nil.
func keep[T any](to *[]T, s []T) []T {
	if len(s) == 0 {
		return nil
	}
	*to = grow(*to, len(s))
	n := len(*to)
	*to = append(*to, s...)
	return (*to)[n:len(*to):len(*to)]
}

// piece is the least that memory grows by: a judgement of a usual vehicle fits in it.
const piece = 40

// grow makes room for n more. What stands in s may be pointed to, so it is never moved: a
// larger piece begins empty, and the old one lives as long as it is pointed to.
func grow[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return make([]T, 0, max(2*cap(s), n, piece))
}
