package plate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Confirmed is a plate that a camera read, and what truly stood there.
type Confirmed struct{ True, Read Code }

// Smoothing of Learn, in characters: the older channel weighs as much as so many of them
// for the rates of all characters together, and for the look-alikes of one character.
const (
	learnRates = 400
	learnRow   = 2
)

// Learn gives the channel of a camera after further confirmed plates. Only plates that
// were confirmed by an officer or by independent evidence may be given, else the channel
// teaches itself (anpr.md 4.2). ch stays as it is; the result depends on the pairs alone,
// not on their order.
func (ch *Channel) Learn(pairs []Confirmed) *Channel {
	n := ch.Count(pairs)
	next := &Channel{insertOf: ch.insertOf, off: ch.off}
	rate := func(old float64, count, of int) float64 {
		return (float64(learnRates*old) + float64(count)) / float64(learnRates+of)
	}
	next.keep = rate(ch.keep, n.Kept, n.Kept+n.Wrong)
	next.drop = rate(ch.drop, n.Dropped, n.Chars)
	next.insert = rate(ch.insert, n.Inserted, n.Chars)
	next.insert0 = rate(ch.insert0, n.First, n.Plates)
	for x := range n.Row {
		sum := 0
		for _, c := range n.Row[x] {
			sum += int(c)
		}
		if sum == 0 {
			continue
		}
		for y := range n.Row[x] {
			next.off[x][y] = float32((float64(learnRow*float64(ch.off[x][y])) + float64(n.Row[x][y])) / float64(learnRow+sum))
		}
	}
	return next
}

// Tally counts what happened to true characters.
type Tally struct {
	Plates, Chars, Kept, Wrong, Dropped, Inserted, First int
	Row                                                  [Symbols][Symbols]int32 // wrong ones: true, written
}

// Count counts what happened in confirmed plates, each by its most probable alignment.
func (ch *Channel) Count(pairs []Confirmed) *Tally {
	n := new(Tally)
	for _, p := range pairs {
		n.add(ch, p)
	}
	return n
}

// Confusion is a character written for another, and how often.
type Confusion struct {
	True, Written rune
	N             int
}

// Strongest gives the most frequent confusions, at most so many.
func (t *Tally) Strongest(most int) []Confusion {
	var list []Confusion
	for x := range t.Row {
		for y, k := range t.Row[x] {
			if k > 0 {
				list = append(list, Confusion{Symbol(x).Rune(), Symbol(y).Rune(), int(k)})
			}
		}
	}
	slices.SortFunc(list, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.True, b.True), cmp.Compare(a.Written, b.Written))
	})
	return list[:min(most, len(list))]
}

// step is how a cell of the alignment was reached.
type step uint8

const (
	diagonal step = iota
	dropped
	inserted
)

// add counts the most probable alignment of one pair.
func (t *Tally) add(ch *Channel, p Confirmed) {
	m, n := p.True.Len(), p.Read.Len()
	if m == 0 || n == 0 {
		return
	}
	var best [MaxLen + 1][MaxLen + 1]float64
	var from [MaxLen + 1][MaxLen + 1]step
	best[0][0] = 1
	for i := 0; i <= m; i++ {
		for j := 0; j <= n; j++ {
			if i > 0 {
				if v := float64(best[i-1][j] * ch.drop); v > best[i][j] {
					best[i][j], from[i][j] = v, dropped
				}
			}
			if j > 0 {
				if v := float64(best[i][j-1] * ch.Insert(i)); v > best[i][j] {
					best[i][j], from[i][j] = v, inserted
				}
			}
			if i > 0 && j > 0 {
				v := ch.keep
				if x, y := p.True.At(i-1), p.Read.At(j-1); x != y {
					v = float64((1 - ch.keep) * ch.Off(y, x))
				}
				if v = float64(best[i-1][j-1] * v); v >= best[i][j] {
					best[i][j], from[i][j] = v, diagonal
				}
			}
		}
	}
	t.Plates++
	t.Chars += m
	for i, j := m, n; i > 0 || j > 0; {
		switch from[i][j] {
		case dropped:
			t.Dropped++
			i--
		case inserted:
			if j--; i == 0 {
				t.First++
			} else {
				t.Inserted++
			}
		default:
			i, j = i-1, j-1
			if x, y := p.True.At(i), p.Read.At(j); x == y {
				t.Kept++
			} else {
				t.Wrong++
				t.Row[x][y]++
			}
		}
	}
}

// channelFile is the stored form of a Channel.
type channelFile struct {
	Keep        float64                       `json:"keep"`
	Drop        float64                       `json:"drop"`
	Insert      float64                       `json:"insert"`
	InsertFirst float64                       `json:"insert_first"`
	Off         map[string]map[string]float32 `json:"off,omitempty"` // true character, written character
}

// MarshalJSON gives the stored form of a channel: its rates, and for each character whose
// wrong readings divide otherwise than in the start channel, how. Equal channels give equal
// bytes.
func (ch *Channel) MarshalJSON() ([]byte, error) {
	f := channelFile{ch.keep, ch.drop, ch.insert, ch.insert0, map[string]map[string]float32{}}
	for x := Symbol(1); x < other; x++ {
		if x.Class() == Unknown || ch.off[x] == startChannel.off[x] {
			continue
		}
		row := map[string]float32{}
		for y := Symbol(1); y < other; y++ {
			if p := ch.off[x][y]; p != 0 && y.Class() != Unknown {
				row[string(y.Rune())] = p
			}
		}
		f.Off[string(x.Rune())] = row
	}
	return json.Marshal(f)
}

// ParseChannel reads the stored form. Characters without a row keep the start channel's.
func ParseChannel(b []byte) (*Channel, error) {
	var f channelFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("camera channel: %w", err)
	}
	for name, v := range map[string]float64{"keep": f.Keep, "drop": f.Drop, "insert": f.Insert, "insert_first": f.InsertFirst} {
		if !(v > 0 && v < 1) {
			return nil, fmt.Errorf("camera channel: %s is %v, want between 0 and 1", name, v)
		}
	}
	ch := &Channel{keep: f.Keep, drop: f.Drop, insert: f.Insert, insert0: f.InsertFirst, insertOf: startChannel.insertOf, off: startChannel.off}
	for x, row := range f.Off {
		s := SymbolOf([]rune(x + " ")[0])
		if s == other {
			return nil, fmt.Errorf("camera channel: %q is no character of a plate", x)
		}
		ch.off[s] = [Symbols]float32{}
		sum := 0.0
		for y, p := range row { // the sum is only checked roughly: its order has no effect
			r := SymbolOf([]rune(y + " ")[0])
			if r == other || r == s || !(p >= 0 && p <= 1) {
				return nil, fmt.Errorf("camera channel: %q written for %q with probability %v", y, x, p)
			}
			ch.off[s][r] = p
			sum += float64(p)
		}
		if sum < 0.9 || sum > 1.1 {
			return nil, fmt.Errorf("camera channel: what is written for %q has %.3g together, want 1", x, sum)
		}
	}
	return ch, nil
}
