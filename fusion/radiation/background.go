package radiation

import (
	"slices"
	"time"
)

const (
	medianSpan  = 30 * time.Minute // what the median looks back on
	medianLeast = 10 * time.Minute // and what it needs at least
	samples     = 360              // backgrounds of half an hour, one each 5 s
	staleAfter  = 5 * time.Minute  // a background older than this does not judge
	// Plausible share of the median, in thousandths.
	guardShare = 930
)

// sample is one background line.
type sample struct {
	At time.Time
	G  [4]int32
}

// background keeps the portal's gamma background: the newest, and half an hour of them.
type background struct {
	last sample
	has  bool
	ring [samples]sample
	head int // the oldest
	n    int
	sort [samples]int32 // scratch
}

func (b *background) take(at time.Time, g [4]int32) {
	b.last, b.has = sample{at, g}, true
	if b.n < samples {
		b.ring[(b.head+b.n)%samples] = b.last
		b.n++
		return
	}
	b.ring[b.head] = b.last
	b.head = (b.head + 1) % samples
}

// median gives the median background of each panel over the last half hour; ok is false
// before ten minutes of it are there. Time stepping back forgets what lies in the future.
func (b *background) median(now time.Time) (m [4]int32, total int64, ok bool) {
	for b.n > 0 && now.Sub(b.ring[b.head].At) > medianSpan {
		b.head, b.n = (b.head+1)%samples, b.n-1
	}
	if b.n == 0 || now.Sub(b.ring[b.head].At) < medianLeast || b.n < samples/6 {
		return m, 0, false
	}
	s := b.sort[:b.n]
	for p := range m {
		for i := range s {
			s[i] = b.ring[(b.head+i)%samples].G[p]
		}
		slices.Sort(s)
		m[p] = s[len(s)/2]
	}
	for i := range s {
		s[i] = int32(min(sum(b.ring[(b.head+i)%samples].G), 1<<30))
	}
	slices.Sort(s)
	return m, int64(s[len(s)/2]), true
}

// guard gives the background to hold against the newest one if that is implausibly low.
func (b *background) guard(now time.Time) (held [4]int32, on bool) {
	m, total, ok := b.median(now)
	if !ok || sum(b.last.G)*1000 >= total*guardShare {
		return held, false
	}
	return m, true
}

func sum(g [4]int32) int64 { return int64(g[0]) + int64(g[1]) + int64(g[2]) + int64(g[3]) }
