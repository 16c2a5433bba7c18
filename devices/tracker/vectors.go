package tracker

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// ErrFaults says that some vectors could not be decoded in full; each says why in its own
// output line.
var ErrFaults = errors.New("some vectors have faults")

// Runner decodes test vectors: JSON lines, each a fresh session.
type Runner struct {
	Kind  string    // "device" of the observations, for example "tracker/teltonika"
	Start time.Time // the clock, which stands still; zero is 2000-01-01T00:00:00Z
	// New makes the session of one vector. options are the vector's own, and "transport"
	// and "layer" from its fields.
	New func(options map[string]string) (devices.Session, error)
}

// Sessions makes the New of a Runner out of a driver's catalogue row: a vector's options
// become the settings of its session, those that the driver does not know are left out.
func Sessions(d devices.Driver, env devices.Env) func(options map[string]string) (devices.Session, error) {
	return func(options map[string]string) (devices.Session, error) {
		if d.NewSession == nil {
			return nil, fmt.Errorf("%s has no byte stream", d.Kind)
		}
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(options)) {
			v := options[k]
			if _, err := strconv.ParseFloat(v, 64); err != nil && v != "true" && v != "false" {
				v = strconv.Quote(v)
			}
			fmt.Fprintf(&b, "%s = %s\n", strconv.Quote(k), v)
		}
		return d.NewSession(devices.Section{Driver: d.Kind, Decode: func(v any) error {
			_, err := toml.Decode(b.String(), v)
			return err
		}}, env)
	}
}

// Run decodes vectors with the default clock. Input is one JSON object a line with id,
// transport, layer, payload_hex (or payload_text; wire_hex, the escaped form of the
// payload, is preferred), prelude_hex and options; output one object a line, in the same
// order, with id, observations (as Observation.Report gives them), replies_hex (what the
// device is sent, taking every observation as durable) and errors (offset and reason).
// The prelude is fed first and leaves nothing in the output but its errors.
//
// The error is ErrFaults if any vector had one, else that of r or w.
func Run(r io.Reader, w io.Writer, newSession func(options map[string]string) (devices.Session, error)) error {
	return Runner{Kind: "tracker", New: newSession}.Run(r, w)
}

// maxVector bounds one line: hex of a photo frame is far below.
const maxVector = 8 << 20

type vector struct {
	ID        string         `json:"id"`
	Transport string         `json:"transport"`
	Layer     string         `json:"layer"`
	Payload   string         `json:"payload_hex"`
	Wire      string         `json:"wire_hex"`
	Text      string         `json:"payload_text"`
	Prelude   []string       `json:"prelude_hex"`
	Options   map[string]any `json:"options"`
}

type fault struct {
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
}

type result struct {
	ID           string            `json:"id"`
	Observations []json.RawMessage `json:"observations"`
	Replies      []string          `json:"replies_hex"`
	Errors       []fault           `json:"errors"`
}

// Run is as the function, with the runner's own kind and clock.
func (u Runner) Run(r io.Reader, w io.Writer) error {
	if u.Start.IsZero() {
		u.Start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxVector)
	out := bufio.NewWriter(w)
	faults := false
	for in.Scan() {
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		res := u.one(line)
		faults = faults || len(res.Errors) > 0
		b, err := json.Marshal(res)
		if err != nil {
			return fmt.Errorf("vector %s: %w", res.ID, err)
		}
		if _, err := out.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	if err := errors.Join(in.Err(), out.Flush()); err != nil {
		return fmt.Errorf("vectors: %w", err)
	}
	if faults {
		return ErrFaults
	}
	return nil
}

// one decodes one vector; whatever is wrong with it stands in the result.
func (u Runner) one(line []byte) result {
	res := result{Observations: []json.RawMessage{}, Replies: []string{}, Errors: []fault{}}
	bad := func(format string, args ...any) result {
		res.Errors = append(res.Errors, fault{Offset: -1, Reason: fmt.Sprintf(format, args...)})
		return res
	}
	var v vector
	if err := json.Unmarshal(line, &v); err != nil {
		return bad("vector: %v", err)
	}
	res.ID = v.ID
	payload, prelude, err := v.bytes()
	if err != nil {
		return bad("%v", err)
	}
	s, err := u.New(v.options())
	if err != nil {
		return bad("session: %v", err)
	}
	var out devices.Out
	s.Tick(u.Start, &out)
	for _, p := range prelude {
		s.Feed(u.Start, p, &out)
	}
	for _, e := range out.Errs {
		res.Errors = append(res.Errors, fault{e.Offset, "prelude: " + e.Reason})
	}
	out.Reset()
	s.Feed(u.Start, payload, &out)
	if f, ok := s.(devices.Finisher); ok && out.Fail == nil {
		f.Finish(u.Start, &out)
	}
	return u.collect(res, &out)
}

func (u Runner) collect(res result, out *devices.Out) result {
	if len(out.Send) > 0 {
		res.Replies = append(res.Replies, hex.EncodeToString(out.Send))
	}
	for _, a := range out.Acks {
		if len(a.Then) > 0 {
			res.Replies = append(res.Replies, hex.EncodeToString(a.Then))
		}
	}
	for _, o := range out.Obs {
		o.Source = u.Kind
		b, err := o.Report()
		if err != nil {
			res.Errors = append(res.Errors, fault{-1, fmt.Sprintf("report: %v", err)})
			continue
		}
		res.Observations = append(res.Observations, b)
	}
	for _, e := range out.Errs {
		res.Errors = append(res.Errors, fault{e.Offset, e.Reason})
	}
	var de *obs.DecodeError
	if out.Fail != nil && !errors.As(out.Fail, &de) { // a DecodeError stands in Errs already
		res.Errors = append(res.Errors, fault{-1, out.Fail.Error()})
	}
	return res
}

func (v *vector) bytes() (payload []byte, prelude [][]byte, err error) {
	switch {
	case v.Wire != "":
		payload, err = hex.DecodeString(v.Wire)
	case v.Payload != "":
		payload, err = hex.DecodeString(v.Payload)
	default:
		payload = []byte(v.Text)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("payload: %w", err)
	}
	for i, h := range v.Prelude {
		p, err := hex.DecodeString(h)
		if err != nil {
			return nil, nil, fmt.Errorf("prelude %d: %w", i, err)
		}
		prelude = append(prelude, p)
	}
	return payload, prelude, nil
}

// options gives the vector's options as settings: a JSON string as it is, anything else in
// its JSON form.
func (v *vector) options() map[string]string {
	m := map[string]string{}
	for k, x := range v.Options {
		if s, ok := x.(string); ok {
			m[k] = s
			continue
		}
		b, err := json.Marshal(x)
		if err != nil { // what was decoded from JSON can be encoded again
			continue
		}
		m[k] = strings.TrimSpace(string(b))
	}
	if v.Transport != "" {
		m["transport"] = v.Transport
	}
	if v.Layer != "" {
		m["layer"] = v.Layer
	}
	return m
}
