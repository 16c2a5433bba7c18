package matchbench

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

// Config is what a run depends on: equal ones give equal figures.
type Config struct {
	Seed     uint64
	Declared int // declared plates; 0 = 10^6
	Reads    int // of each character error rate; 0 = 10,000
	// Progress, if not nil, is told how far a stage is.
	Progress func(stage string, done, of int)
}

func (c Config) filled() Config {
	if c.Declared <= 0 {
		c.Declared = 1_000_000
	}
	if c.Reads <= 0 {
		c.Reads = 10_000
	}
	return c
}

// tell reports progress, at most five times a second.
func (c Config) tell(stage string, of int) func(done int) {
	var mu sync.Mutex
	var last time.Time
	return func(done int) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); c.Progress != nil && (done >= of || now.Sub(last) > 200*time.Millisecond) {
			last = now
			c.Progress(stage, done, of)
		}
	}
}

// Rates are the character error rates.
var Rates = []float64{0.02, 0.05}

// undeclaredEvery: one vehicle in so many has no declaration.
const undeclaredEvery = 10

// read is one string that a camera wrote, and the declared plate that it saw.
type read struct {
	text  string
	truth string // "" = a plate that is not declared
}

// world is the traffic that every method is asked about.
type world struct {
	declared, strangers []string
	index               *decl.Index
	build               time.Duration
	bytes               int64
	reads               [][]read // by rate
}

func newWorld(c Config) *world {
	r := rand.New(rand.NewPCG(c.Seed, 26))
	all := platetest.Plates(r, c.Declared+c.Declared/50)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	w := &world{declared: all[:c.Declared:c.Declared], strangers: all[c.Declared:]}
	w.build, w.bytes = measured(func() { w.index = decl.NewPlateIndex(1, w.declared) })
	for _, cer := range Rates {
		w.reads = append(w.reads, w.see(r, c.Reads, func(p string) string { return platetest.Corrupt(r, p, cer) }))
	}
	return w
}

// see reads n vehicles, one in ten of them not declared.
func (w *world) see(r *rand.Rand, n int, write func(string) string) []read {
	list := make([]read, n)
	for i := range list {
		p := w.declared[r.IntN(len(w.declared))]
		list[i] = read{truth: p}
		if i%undeclaredEvery == undeclaredEvery-1 {
			p = w.strangers[r.IntN(len(w.strangers))]
			list[i].truth = ""
		}
		list[i].text = write(p)
	}
	return list
}

// near gives the declared plates within so many edits of a text, nearest first.
func (w *world) near(dst []neighbour, text string, edits int) []neighbour {
	c := plate.Encode(text)
	from := len(dst)
	for _, p := range w.index.Search(nil, c, decl.Reach(edits)) {
		if d := plate.Distance(w.index.Plate(p), c, edits); d <= edits && w.isDeclared(p) {
			dst = append(dst, neighbour{w.index.Plate(p), d})
		}
	}
	slices.SortFunc(dst[from:], func(a, b neighbour) int { return a.edits - b.edits })
	return dst
}

// isDeclared reports whether a plate of the index is one of the declared ones and not the
// second spelling of one.
func (w *world) isDeclared(p decl.PlateRef) bool {
	var own [4]decl.Ref
	text := w.index.Plate(p).String()
	for _, d := range w.index.Owners(own[:0], p) {
		if w.index.ID(d) == text {
			return true
		}
	}
	return false
}

// neighbour is a declared plate and how far it is.
type neighbour struct {
	code  plate.Code
	edits int
}

// Share is k of n with its 95 % interval by Wilson.
type Share struct {
	K, N      int
	P, Lo, Hi float64
}

func share(k, n int) Share {
	s := Share{K: k, N: n, Hi: 1}
	if n == 0 {
		return s
	}
	const z = 1.959964
	m := float64(n)
	s.P = float64(k) / m
	mid := (s.P + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(s.P*(1-s.P)/m+z*z/(4*m*m))
	s.Lo, s.Hi = max(mid-half, 0), min(mid+half, 1)
	return s
}
