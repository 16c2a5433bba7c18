package roc

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Config is what a run depends on: equal ones give equal results.
type Config struct {
	Seed   uint64
	Passes int // injected sources of each strength and form: per occupancy of the real day, and hundreds in the model; 0 = 20
	Clean  int // occupancies without a source in the model; 0 = 30,000
	// Progress, if not nil, is told how far a stage is, from several goroutines.
	Progress func(stage string, done, of int)

	replicates int // draws of the bootstrap; 0 = 1000
	learn      int // lanes of the model that templates are learned from; 0 = 6, some 2600 occupancies
}

func (c Config) filled() Config {
	if c.Passes <= 0 {
		c.Passes = 20
	}
	if c.Clean <= 0 {
		c.Clean = 30_000
	}
	if c.learn <= 0 {
		c.learn = 6
	}
	if c.replicates <= 0 {
		c.replicates = 1000
	}
	return c
}

// Study is what was measured on one background.
type Study struct {
	Background string  // "real day", "test track" or "model"
	K          int32   // the portal's own threshold, milli-sigma
	Allowed    float64 // false alarms an occupancy
	Learned    int     // occupancies that templates were learned from
	Clean      int     // occupancies without a source that were judged
	LeftOut    int     // of those seen: alarms of the real day, guarded, faulty or short ones
	Injected   int     // occupancies with a source, of each form and strength
	Interval   string  // how the intervals were made
	Outcomes   []Outcome
	// Ratio is how many times more often the engine finds point sources than tuned k-sigma.
	Ratio []Estimate // by Strengths
}

// Outcome is one detector's.
type Outcome struct {
	Detector  Detector
	Threshold int32 // milli-sigma; of the engine and its windows above their own thresholds
	Made      bool  // the detector could judge any of the occupancies
	Fixed     bool  // the threshold is not set by the false alarms
	False     int   // clean occupancies above the threshold
	Crossed   int   // the same, each judged by a threshold that was set without its part
	Detected  [len(sources)][]Estimate
	Curve     []CurvePoint // point sources of CurveStrength
}

// CurvePoint is the detection at a rate of false alarms.
type CurvePoint struct {
	False float64
	Estimate
}

// CurveStrength is the strength whose detection is shown against the false alarms.
const CurveStrength = 600

// Real, the allowed false alarms an occupancy, and those of the model.
const (
	allowedReal  = 0.01
	allowedModel = 0.001
)

// judged is what one occupancy scored: as it was, and with each source injected.
type judged struct {
	clean scores
	part  int // of the cross-check of thresholds
	hits  [len(sources)][][len(detectors)][]int32
}

// injectAll judges copies of s with every source; n copies of each.
func (j *judged) injectAll(s subject, n int, seed, index uint64, in *injector, judge func(*injector, Source, int, *rand.Rand) scores) {
	for f, form := range sources {
		j.hits[f] = make([][len(detectors)][]int32, len(Strengths))
		for k, strength := range Strengths {
			for pass := range n {
				// The same place and side for all strengths.
				rng := rand.New(rand.NewPCG(seed, index<<16|uint64(pass)<<1|uint64(f)))
				sc := judge(in, form, strength, rng)
				for d, z := range sc {
					j.hits[f][k][d] = append(j.hits[f][k][d], z)
				}
			}
			for d := range detectors {
				slices.Sort(j.hits[f][k][d])
			}
		}
	}
}

// parts of the occupancies, for learning and for thresholds.
const parts = 5

// crossed counts the clean ones above a threshold that the other parts set.
func (s *Study) crossed(all []judged, d int) (n int) {
	for part := range parts {
		var others []int32
		for i := range all {
			if all[i].part != part {
				others = append(others, all[i].clean[d])
			}
		}
		if len(others) == 0 {
			continue
		}
		limit, ok := fixed(d, s.K)
		if !ok {
			limit = threshold(others, s.Allowed)
		}
		for i := range all {
			if all[i].part == part && all[i].clean[d] > limit {
				n++
			}
		}
	}
	return n
}

// limits are a detector's threshold for the allowed rate and those along its curve.
type limits struct {
	main  int32
	curve []int32
}

// limits sets thresholds on clean scores, which it sorts.
func (s *Study) limits(clean []int32, d int, curve []float64) (l limits) {
	l.main = threshold(clean, s.Allowed)
	if f, ok := fixed(d, s.K); ok {
		l.main = f
	}
	for _, a := range curve {
		l.curve = append(l.curve, threshold(clean, a))
	}
	return l
}

// rates are the false alarm rates of a curve: so many occupancies of n, to a tenth of them.
func rates(n int) (out []float64) {
	last := 0
	for x := 1.0; x <= float64(n)/10; x *= 1.25 {
		if k := int(x + 0.5); k > last {
			out = append(out, float64(k)/float64(n))
			last = k
		}
	}
	return out
}

// workers runs f for 0..n-1 on all processors; the first error ends it.
func workers(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// counter tells progress.
type counter struct {
	mu   sync.Mutex
	done int
	of   int
	name string
	tell func(string, int, int)
	last time.Time
}

func (c Config) counter(name string, of int) *counter {
	return &counter{name: name, of: of, tell: c.Progress}
}

func (c *counter) add(n int) {
	if c.tell == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += n
	if now := time.Now(); c.done >= c.of || now.Sub(c.last) > 200*time.Millisecond {
		c.last = now
		c.tell(c.name, min(c.done, c.of), c.of)
	}
}
