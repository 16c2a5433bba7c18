package matchbench

import (
	"context"
	"runtime"
	"slices"
	"time"

	"acsgd/internal/plate"
)

// answer is what a method says of one read.
type answer struct {
	kind  kind
	plate string // of a match
}

type kind uint8

const (
	none kind = iota
	ambiguous
	matched
)

// method is one way to find the declared plate. It is built once and asked about every
// read; lookup is timed, answers gives what each of its settings makes of it.
type method interface {
	name() string
	build(ctx context.Context, w *world) error
	settings() []string
	elsewhere() bool // it works in another process: time passes, of which ours shows nothing
	most() int       // reads that it is asked about; 0 = all
	lookup(text string) error
	answers(dst []answer) []answer
	close() error
}

// Result is one method's.
type Result struct {
	Name    string
	Missing string // why it was not measured
	Build   time.Duration
	Bytes   int64 // 0 = not known
	Asked   int   // timed lookups
	P50     time.Duration
	P99     time.Duration
	PerSec  float64
	Curve   bool // its settings are values of one threshold
	Rates   [][]Outcome
}

// Outcome is one setting of a method at one rate.
type Outcome struct {
	Setting                                     string
	Correct, False, Cleared, Ambiguous, Nothing Share
	Bound                                       float64 // the most that is possible at this share of false ones
}

// count makes the shares of answers.
func count(setting string, reads []read, answers []answer) Outcome {
	var declared, strange, correct, falsely, cleared, unsure, nothing int
	for i, a := range answers {
		t := reads[i].truth
		if t == "" {
			strange++
		} else {
			declared++
		}
		switch {
		case a.kind == matched && t == "":
			cleared++
			falsely++
		case a.kind == matched && a.plate == t:
			correct++
		case a.kind == matched:
			falsely++
		case t == "":
		case a.kind == ambiguous:
			unsure++
		default:
			nothing++
		}
	}
	return Outcome{Setting: setting, Correct: share(correct, declared), False: share(falsely, len(answers)), Cleared: share(cleared, strange),
		Ambiguous: share(unsure, declared), Nothing: share(nothing, declared)}
}

// inside is what is common to methods in this process.
type inside struct{}

func (inside) elsewhere() bool { return false }
func (inside) close() error    { return nil }

// measured runs f and gives how long it took and by how much the heap has grown.
func measured(f func()) (time.Duration, int64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	return took, max(int64(after.HeapAlloc)-int64(before.HeapAlloc), 0)
}

// run measures a method on the reads of all rates.
func run(ctx context.Context, c Config, w *world, m method) (res Result, err error) {
	res = Result{Name: m.name()}
	tell := c.tell(res.Name, 1+len(Rates)*c.Reads)
	tell(0)
	res.Build, res.Bytes = measured(func() { err = m.build(ctx, w) })
	if err != nil {
		return res, err
	}
	defer func() { err = join(err, m.close()) }()
	n := c.Reads
	if k := m.most(); k > 0 {
		n = min(n, k)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock := busy
	if m.elsewhere() {
		clock = func() time.Duration { return time.Since(began) }
	}
	settings := m.settings()
	var took []time.Duration
	for rate := range Rates {
		reads := w.reads[rate][:n]
		if x, ok := m.(interface{ at(rate int) }); ok { // it has learnt each rate apart
			x.at(rate)
		}
		all := make([][]answer, len(settings))
		var one []answer
		for i := range reads {
			if err := ctx.Err(); err != nil {
				return res, err
			}
			start := clock()
			if err := m.lookup(reads[i].text); err != nil {
				return res, err
			}
			if rate == 0 { // the speed is that at the lower rate
				took = append(took, clock()-start)
			}
			one = m.answers(one[:0])
			for k := range one {
				all[k] = append(all[k], one[k])
			}
			tell(1 + (rate*n+i)*c.Reads/n)
		}
		var out []Outcome
		for k, s := range settings {
			out = append(out, count(s, reads, all[k]))
		}
		res.Rates = append(res.Rates, out)
	}
	tell(1 + len(Rates)*c.Reads)
	res.timed(took)
	return res, nil
}

func (r *Result) timed(took []time.Duration) {
	sum := time.Duration(0)
	for _, d := range took {
		sum += d
	}
	slices.Sort(took)
	r.Asked, r.PerSec = len(took), float64(len(took))/sum.Seconds()
	r.PerSec = min(r.PerSec, 1e9) // a clock that is too coarse
	r.P50, r.P99 = took[len(took)/2], took[len(took)*99/100]
}

// nearest is the rule of all methods by distance: the one nearest plate, if it is one.
func nearest(list []neighbour, within int) answer {
	best, n := within+1, 0
	var code plate.Code
	for _, c := range list {
		switch {
		case c.edits < best:
			best, n, code = c.edits, 1, c.code
		case c.edits == best && best <= within:
			n++
		}
	}
	switch {
	case n == 0:
		return answer{}
	case n > 1:
		return answer{kind: ambiguous}
	}
	return answer{matched, code.String()}
}
