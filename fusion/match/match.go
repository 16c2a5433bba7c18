package match

import (
	"cmp"
	"slices"
	"strings"

	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// Listed is how many candidates a Result lists.
const Listed = 5

// Match weighs the evidence against the expected arrivals of x. accept is the posterior
// from which a match counts; 0 means DefaultAccept. It is a pure function: equal arguments
// give equal results on every machine. A caller with many vehicles keeps a Matcher.
func Match(x *decl.Index, e Evidence, accept quant.Prob, prior Prior) Result {
	var m Matcher
	return m.Match(x, e, accept, prior)
}

// Matcher matches vehicle after vehicle and keeps its buffers. What it remembers of one
// vehicle changes nothing for the next. Not safe for concurrent use; the zero Matcher is ready.
type Matcher struct {
	views  []view
	reads  []weighted
	plates []decl.PlateRef
	owners []decl.Ref
	hits   []hit
	cands  []candidate

	mix   *plate.Mix             // of the traffic, whatever the channel
	known [knownReads]randomRead // a vehicle is matched again with each new read of it
	next  int                    // the one of known that goes next
}

// randomRead is how probable a read is of a random vehicle of a traffic.
type randomRead struct {
	mix  *plate.Mix
	read plate.Read
	p    float64
}

const knownReads = 16

// random gives Mix.Likelihood of a read.
func (m *Matcher) random(w *weighted) float64 {
	for i := range m.known {
		if k := &m.known[i]; k.mix == w.mix && k.read == w.Read {
			return k.p
		}
	}
	k := &m.known[m.next]
	m.next = (m.next + 1) % knownReads
	*k = randomRead{w.mix, w.Read, w.mix.Likelihood(&w.Read)}
	return k.p
}

// view is what one camera says: alternative reads of one plate.
type view struct {
	Read
	first, end int        // its alternatives in Matcher.reads
	code       plate.Code // the best alternative
	declared   bool       // it is a declared plate, letter for letter
	random     float64    // probability of these reads from a random vehicle, u(r)
	other      float64    // the same from a random vehicle that is not declared, as a share of u(r)
}

// weighted is one alternative, seen through the channel of whoever read it.
type weighted struct {
	plate.Read
	p       float64
	reader  string
	channel *plate.Channel
	mix     *plate.Mix
}

// hit is one declared plate near the reads of one view.
type hit struct {
	d     decl.Ref
	view  int
	plate decl.PlateRef
	ratio float64 // likelihood of the reads from this plate, over u(r)
}

// candidate is one declaration with the product of its evidence.
type candidate struct {
	d      decl.Ref
	plate  decl.PlateRef // of Text
	weight float64
	other  bool // another tractor was seen than the declared one
	Candidate
}

// Match is the method form of the function Match.
//
// The method is that of anpr.md 4.2: for each declaration d the evidence weighs
//
//	W(d) = product over the views of P(reads | d) / u(reads), times m/u of further evidence
//
// and P(d | evidence) = pi_d W(d) / (pi_0 W_0 + sum of pi W). W_0 is the weight of a
// vehicle that is not declared: it cannot carry a declared plate, so what declared plates
// near the read contribute to u(r) is taken out, and its cameras show one plate or two.
func (m *Matcher) Match(x *decl.Index, e Evidence, accept quant.Prob, prior Prior) Result {
	if accept == 0 {
		accept = DefaultAccept
	}
	m.look(x, e)
	r := m.weigh(x, e, accept, prior, decl.OneEdit)
	// What is farther than one edit matters only where nothing near decides.
	if len(m.views) > 0 && (r.State != Matched || !r.Declared[0].Exact) {
		r = m.weigh(x, e, accept, prior, decl.TwoEdits)
	}
	return r
}

// look groups the reads by camera.
func (m *Matcher) look(x *decl.Index, e Evidence) {
	m.views, m.reads = m.views[:0], m.reads[:0]
	m.mix = x.Mix("")
	for i := range e.Reads {
		if m.seen(e.Reads, i) {
			continue
		}
		v := view{Read: e.Reads[i], first: len(m.reads)}
		best := quant.Prob(-1)
		for k := i; k < len(e.Reads); k++ {
			r := &e.Reads[k]
			if !sameView(r, &v.Read) || !m.alternative(x, r) {
				continue
			}
			if r.P > best { // the view's own text is that of the best alternative
				best, v.code = r.P, m.reads[len(m.reads)-1].Code
			}
		}
		v.end = len(m.reads)
		if v.end == v.first {
			continue
		}
		balance(m.reads[v.first:v.end])
		for k := v.first; k < v.end; k++ {
			v.random += float64(m.reads[k].p * m.random(&m.reads[k]))
		}
		m.views = append(m.views, v)
	}
}

// seen reports whether an earlier read belongs to the view of read i.
func (m *Matcher) seen(reads []Read, i int) bool {
	for k := range i {
		if sameView(&reads[k], &reads[i]) {
			return true
		}
	}
	return false
}

func sameView(a, b *Read) bool { return a.Camera == b.Camera && (a.Camera != "" || a.Role == b.Role) }

// alternative adds r to the reads; false if it has no text.
func (m *Matcher) alternative(x *decl.Index, r *Read) bool {
	text := plate.Normalise(r.Text)
	code := plate.Encode(text)
	if code.Len() == 0 {
		return false
	}
	by := cmp.Or(r.Reader, r.Camera)
	ch := x.Channel(by)
	w := weighted{Read: ch.NewRead(code), p: max(r.P.Float(), 0), reader: r.Reader, channel: ch, mix: x.Mix(by)}
	if len(r.Chars) == code.Len() {
		for i := range r.Chars {
			// Cameras give 99 % to wrong characters too, and 0 to right ones.
			w.Sure[i] = min(max(r.Chars[i].P.Float(), 0.2), 0.99)
		}
	}
	m.reads = append(m.reads, w)
	return true
}

// The weight of one reader's alternatives together, where several have read one picture.
// Whatever a reader says of itself, the other is not to be silenced by it.
const (
	leastWeight = 0.3
	mostWeight  = 1
)

// balance gives alternatives without any probability equal ones, and weighs readers of one
// picture against one another. Among the alternatives of a single reader only their ratios
// count.
func balance(reads []weighted) {
	several := false
	for i := range reads {
		several = several || reads[i].reader != reads[0].reader
	}
	for i := range reads {
		if readBy(reads[:i], reads[i].reader) {
			continue
		}
		sum, n := 0.0, 0
		for k := i; k < len(reads); k++ {
			if reads[k].reader == reads[i].reader {
				sum += reads[k].p
				n++
			}
		}
		by := 1.0
		if several && sum > 0 {
			by = min(max(sum, leastWeight), mostWeight) / sum
		}
		for k := i; k < len(reads); k++ {
			switch {
			case reads[k].reader != reads[i].reader:
			case sum > 0:
				reads[k].p = float64(reads[k].p * by)
			case several:
				reads[k].p = leastWeight / float64(n)
			default:
				reads[k].p = 1
			}
		}
	}
}

// readBy reports whether one of the reads is by this reader.
func readBy(reads []weighted, reader string) bool {
	for i := range reads {
		if reads[i].reader == reader {
			return true
		}
	}
	return false
}

// weigh finds the candidates within reach and makes the result.
func (m *Matcher) weigh(x *decl.Index, e Evidence, accept quant.Prob, prior Prior, reach decl.Reach) Result {
	m.hits, m.cands = m.hits[:0], m.cands[:0]
	for v := range m.views {
		m.near(x, v, reach)
	}
	m.owners = m.owners[:0]
	for _, h := range m.hits {
		m.owners = append(m.owners, h.d)
	}
	for _, c := range e.Containers {
		if id, ok := plate.Container(c); ok {
			m.owners = x.ByContainer(m.owners, id)
		}
	}
	slices.Sort(m.owners)
	m.owners = slices.Compact(m.owners)
	slices.SortFunc(m.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.view, b.view), cmp.Compare(a.plate, b.plate))
	})
	hits := m.hits
	for _, d := range m.owners {
		n := 0
		for n < len(hits) && hits[n].d == d {
			n++
		}
		m.cands = append(m.cands, m.judge(x, e, d, hits[:n], prior))
		hits = hits[n:]
	}
	return m.conclude(x, accept, prior)
}

// near adds the declared plates near the reads of view v, and takes their share out of
// the background of undeclared vehicles.
func (m *Matcher) near(x *decl.Index, v int, reach decl.Reach) {
	w := &m.views[v]
	m.plates = m.plates[:0]
	for k := w.first; k < w.end; k++ {
		m.plates = x.Search(m.plates, m.reads[k].Code, reach)
	}
	if w.end-w.first > 1 {
		slices.Sort(m.plates)
		m.plates = slices.Compact(m.plates)
	}
	declared := 0.0
	w.declared = false
	for _, p := range m.plates {
		code := x.Plate(p)
		ratio := m.ratioOf(v, code)
		m.owners = x.Owners(m.owners[:0], p)
		if len(m.owners) == 0 {
			continue
		}
		w.declared = w.declared || code == w.code
		declared += float64(m.mix.Prior(code) * ratio)
		for _, d := range m.owners {
			m.hits = append(m.hits, hit{d, v, p, ratio})
		}
	}
	// The traffic mix is a model: never believe that no undeclared vehicle reads like this.
	w.other = max(1-declared, leastOther)
}

// leastOther is the least share of the background that is left to undeclared vehicles.
const leastOther = 0.01

// conclude normalises the weights, orders the candidates and names the state.
func (m *Matcher) conclude(x *decl.Index, accept quant.Prob, prior Prior) Result {
	none := cmp.Or(prior.Undeclared, DefaultUndeclared)
	none = max(none, LeastUndeclared)
	undeclared := none.Float()
	for i := range m.views {
		undeclared *= m.views[i].other
	}
	undeclared = float64(undeclared * m.together())
	each := (1 - none.Float()) / float64(max(x.Len(), 1))
	sum := undeclared
	for i := range m.cands {
		c := &m.cands[i]
		c.weight = float64(c.weight * each)
		sum += c.weight
	}
	for i := range m.cands {
		m.cands[i].Posterior = quant.ProbOf(m.cands[i].weight / sum)
	}
	slices.SortFunc(m.cands, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Posterior, a.Posterior), strings.Compare(x.ID(a.d), x.ID(b.d)))
	})
	r := Result{State: None}
	if len(m.cands) == 0 {
		return r
	}
	r.Declared = make([]Candidate, min(len(m.cands), Listed))
	for i := range r.Declared {
		m.explain(x, &m.cands[i])
		r.Declared[i] = m.cands[i].Candidate
	}
	r.State = stateOf(r.Declared, accept)
	if r.State == Matched && m.cands[0].other {
		r.State = Ambiguous // whatever else agrees: that is for the officer
	}
	return r
}

// stateOf applies decision D27.
func stateOf(list []Candidate, accept quant.Prob) State {
	best, second := int64(list[0].Posterior), int64(0)
	if len(list) > 1 {
		second = int64(list[1].Posterior)
	}
	// The default goes with a margin of 100 over the second. Any other value was chosen
	// with its errors in mind and carries the margin that it implies: with 100 at every
	// value the two goals of the design for one string among 10^6 plates exclude each other.
	ahead := best >= 100*second
	if accept != DefaultAccept {
		ahead = best*int64(quant.Certain-accept) >= second*int64(accept)
	}
	switch {
	case best < leastListed:
		return None
	case best >= int64(accept) && ahead:
		return Matched
	}
	return Ambiguous
}

// leastListed is the posterior in ppm below which a vehicle counts as not declared.
const leastListed = 50_000
