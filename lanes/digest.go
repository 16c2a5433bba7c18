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
	var b, passage []byte
	var encoded *fusion.Passage // of passage: one input often judges and decides at once
	add := func(j []byte) { b = append(append(b, j...), '\n') }
	for i := range outs {
		o := &outs[i]
		if o.Event == nil && o.Signal == nil {
			continue
		}
		b = append(b, o.Kind...)
		if o.Event != nil {
			add(text(o.Event))
		}
		if o.Signal != nil {
			add(text(o.Signal))
		}
		switch o.Kind {
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Closed:
			if o.Passage != nil {
				if o.Passage != encoded {
					encoded, passage = o.Passage, text(o.Passage)
				}
				add(passage)
			}
		}
	}
	if len(b) == 0 {
		return sum, false
	}
	return sha256.Sum256(b), true
}

func text(v any) []byte {
	j, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error()) // deterministic as well: the same state fails the same way
	}
	return j
}
