package lanes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"acsgd/fusion"
	"acsgd/internal/decl"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
)

// The kinds of journal rows. Lane "" carries KindDeclaration, KindTuned with its bytes,
// and what the site records of its users; a lane's own rows carry the rest.
const (
	KindSeen        = "seen"
	KindDeclared    = "declared"
	KindOrdered     = "ordered"
	KindTuned       = "tuned"
	KindTick        = "tick"
	KindDeclaration = "declaration"
	KindQuarantine  = "quarantine" // the row named in it stopped the core; replay leaves it out
	KindUser        = "user"       // sign-ins, refused passwords, changed users
)

// declaredRow and tunedRow are what the journal keeps of Declared and Tuned.
type declaredRow struct {
	Version uint64 `json:"version"`
}

type tunedRow struct {
	Kind    fusion.TunedKind `json:"kind"`
	Version string           `json:"version"`
	SHA256  string           `json:"sha256"`
	Bytes   []byte           `json:"bytes,omitempty"` // in lane "" only
	By      string           `json:"by,omitempty"`    // in the lanes' own rows
}

type quarantineRow struct {
	Seq    uint64 `json:"seq"`
	Reason string `json:"reason"`
}

// QuarantineRecord is the row, with its own number seq in the lane, that leaves an input out
// for ever.
func QuarantineRecord(lane string, seq, poison uint64, now time.Time, cause error) journal.Record {
	return journal.Record{Lane: lane, Seq: seq, Now: now, Kind: KindQuarantine,
		Payload: fmt.Appendf(nil, `{"seq":%d,"reason":%s}`, poison, quoted(firstLine(cause.Error())))}
}

// quoted is a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string always encodes
	}
	return b
}

// TunedRecord is the row of lane "" that carries tuned data.
func TunedRecord(kind fusion.TunedKind, version string, b []byte, now time.Time) (journal.Record, error) {
	sum := sha256.Sum256(b)
	p, err := json.Marshal(tunedRow{Kind: kind, Version: version, SHA256: hex.EncodeToString(sum[:]), Bytes: b})
	if err != nil {
		return journal.Record{}, fmt.Errorf("encode tuned data %s: %w", version, err)
	}
	return journal.Record{Now: now, Kind: KindTuned, Payload: p}, nil
}

// InForceRecord is the row, with its own number seq in the lane, by which a user puts tuned
// data in force in a lane that does not run.
func InForceRecord(lane string, seq uint64, kind fusion.TunedKind, version, user string, b []byte, now time.Time) (journal.Record, error) {
	sum := sha256.Sum256(b)
	k, p, err := encode(fusion.Tuned{Kind: kind, Version: version, SHA256: hex.EncodeToString(sum[:]), By: user})
	return journal.Record{Lane: lane, Seq: seq, Now: now, Kind: k, Payload: p}, err
}

// DeclarationRecord is the row of lane "" that carries a declaration.
func DeclarationRecord(d *decl.Declaration, now time.Time) (journal.Record, error) {
	p, err := json.Marshal(d)
	if err != nil {
		return journal.Record{}, fmt.Errorf("encode declaration %s: %w", d.ID, err)
	}
	return journal.Record{Now: now, Kind: KindDeclaration, Payload: p}, nil
}

// encode gives the journal form of an input's body.
func encode(b fusion.InputBody) (kind string, payload []byte, err error) {
	switch b := b.(type) {
	case fusion.Seen:
		payload, err = b.Observation.AppendJSON(make([]byte, 0, 320))
		return KindSeen, payload, err
	case fusion.Declared:
		payload, err = json.Marshal(declaredRow{b.Version})
		return KindDeclared, payload, err
	case fusion.Ordered:
		payload, err = json.Marshal(b.Order)
		return KindOrdered, payload, err
	case fusion.Tuned:
		payload, err = json.Marshal(tunedRow{Kind: b.Kind, Version: b.Version, SHA256: b.SHA256, By: b.By})
		return KindTuned, payload, err
	case fusion.Tick:
		return KindTick, nil, nil
	}
	return "", nil, fmt.Errorf("encode input: unknown body %T", b)
}

// decode reads the body of a lane's row; what it refers to comes from lib.
func decode(r *journal.Record, lib *Library) (fusion.InputBody, error) {
	switch r.Kind {
	case KindSeen:
		var o obs.Observation
		if err := json.Unmarshal(r.Payload, &o); err != nil {
			return nil, fmt.Errorf("decode row %d: %w", r.N, err)
		}
		return fusion.Seen{Observation: o}, nil
	case KindOrdered:
		var o fusion.Order
		if err := json.Unmarshal(r.Payload, &o); err != nil {
			return nil, fmt.Errorf("decode row %d: %w", r.N, err)
		}
		return fusion.Ordered{Order: o}, nil
	case KindDeclared:
		var d declaredRow
		if err := json.Unmarshal(r.Payload, &d); err != nil {
			return nil, fmt.Errorf("decode row %d: %w", r.N, err)
		}
		return fusion.Declared{Version: d.Version, Index: lib.Index(d.Version)}, nil
	case KindTuned:
		var t tunedRow
		if err := json.Unmarshal(r.Payload, &t); err != nil {
			return nil, fmt.Errorf("decode row %d: %w", r.N, err)
		}
		tuned, err := lib.Tuned(t.Kind, t.SHA256)
		if err != nil {
			return nil, fmt.Errorf("decode row %d: %w", r.N, err)
		}
		tuned.By = t.By
		return tuned, nil
	case KindTick:
		return fusion.Tick{}, nil
	}
	return nil, fmt.Errorf("decode row %d: unknown kind %q", r.N, r.Kind)
}
