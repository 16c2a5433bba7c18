package lanes

import (
	"crypto/sha256"
	"encoding/json"

	"acsgd/fusion"
)

// digest hashes what an input's outputs decided: events, signals, and the passage where it
// was judged, decided, amended or closed. Plain state changes have no digest: they follow
// from the inputs and decide nothing. ok is false if there is nothing to hash.
func digest(outs []fusion.Output) (sum [32]byte, ok bool) {
	var b []byte
	add := func(v any) {
		j, err := json.Marshal(v)
		if err != nil {
			j = []byte(err.Error()) // deterministic as well: the same state fails the same way
		}
		b = append(append(b, j...), '\n')
	}
	for i := range outs {
		o := &outs[i]
		if o.Event == nil && o.Signal == nil {
			continue
		}
		b = append(b, o.Kind...)
		if o.Event != nil {
			add(o.Event)
		}
		if o.Signal != nil {
			add(o.Signal)
		}
		switch o.Kind {
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Closed:
			if o.Passage != nil {
				add(o.Passage)
			}
		}
	}
	if len(b) == 0 {
		return sum, false
	}
	return sha256.Sum256(b), true
}
