package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/internal/quant"
)

// Scenario is a scenario file.
type Scenario struct {
	Name     string        `toml:"name"`
	Title    string        `toml:"title"`
	Seed     uint64        `toml:"seed"`
	Start    time.Time     `toml:"start"`  // virtual time; default 2026-05-12T03:00:00Z
	Length   time.Duration `toml:"length"` // default: until every vehicle has been dealt with
	Lanes    int           `toml:"lanes"`
	Pack     string        `toml:"pack"`
	Window   time.Duration `toml:"window"`   // that the lane waits for late instruments
	Accuracy string        `toml:"accuracy"` // "check" (default): what was measured must be true within twice its own uncertainty; "skip"
	Officer  Officer       `toml:"officer"`
	Gear     GearConfig    `toml:"instruments"`
	Traffic  *Traffic      `toml:"traffic"`
	Vehicles []Vehicle     `toml:"vehicle"`

	src *source
}

// Officer says what the simulated officer does with a vehicle that waits for a person.
type Officer struct {
	Decides string        `toml:"decides"` // "secondary" (default): to inspection beyond the barrier; "nobody"
	Think   time.Duration `toml:"think"`   // default 2 s
}

// GearConfig says how the instruments are built.
type GearConfig struct {
	Camera   string        `toml:"camera"`   // how cameras tell: isapi (default), dahua, axis, openalpr, platerecognizer, which push; isapi-stream, dahua-snap or onvif, which are asked
	Pictures string        `toml:"pictures"` // of cameras: "none" (default) or "jpeg"
	Cameras  []Camera      `toml:"cameras"`  // of single lanes, instead
	Scale    string        `toml:"scale"`    // of all lanes: a driver, wim/mt-continuous (default), or mixed
	Scales   []Scale       `toml:"lane"`     // of single lanes, instead
	Portals  []Portal      `toml:"portal"`   // of single lanes: instead of rpm/tsa
	Beams    string        `toml:"beams"`    // of the scanner: fine 0.1667 degrees (default), coarse 0.5 degrees
	Idle     time.Duration `toml:"idle"`     // in virtual time, fast streams of an empty lane send one message in so long; default 1 s
	CER      float64       `toml:"character_errors"`
}

// Traffic is a random mix of vehicles on all lanes; what is expected of each follows from
// its story.
type Traffic struct {
	Vehicles int           `toml:"vehicles"` // on all lanes together; 0: as many as come in Length
	Headway  time.Duration `toml:"headway"`  // mean time between two vehicles of one lane
	Stories  []string      `toml:"stories"`  // of the first vehicles of each lane, then the usual mix
}

// Vehicle is one vehicle: the truth, and what is expected.
type Vehicle struct {
	Name     string        `toml:"name"` // in reports; default its number
	Lane     int           `toml:"lane"` // from 1, the default
	At       time.Duration `toml:"at"`   // earliest, after the start
	After    string        `toml:"after"`
	Gap      quant.Length  `toml:"gap"` // with after = "tail": behind the vehicle before it
	Story    string        `toml:"story"`
	Template string        `toml:"template"`
	Load     *float64      `toml:"load"`
	Axles    []quant.Mass  `toml:"axles"` // instead of load
	Speed    quant.Speed   `toml:"speed"`
	Plate    string        `toml:"plate"`
	Trailer  string        `toml:"trailer"`
	Country  string        `toml:"country"`
	Goods    []Goods       `toml:"goods"`
	Papers   string        `toml:"papers"` // "lodged" (default), "none", "late"
	Late     time.Duration `toml:"late"`   // with papers = "late": so long after the vehicle's earliest time
	Height   quant.Length  `toml:"height"`
	Width    quant.Length  `toml:"width"`
	Length   quant.Length  `toml:"length"`
	Shield   *float64      `toml:"shield"`
	Sources  []Source      `toml:"source"`
	Motion   []Motion      `toml:"motion"`
	Faults   []FaultPlan   `toml:"fault"`
	Expect   Expect        `toml:"expect"`
}

// Goods is one declared item.
type Goods struct {
	HS          string     `toml:"hs"`
	Gross       quant.Mass `toml:"gross"`
	Description string     `toml:"description"`
	Origin      string     `toml:"origin"`
	Packages    int        `toml:"packages"`
}

// Source is a radioactive source in the load.
type Source struct {
	Gamma   float64      `toml:"gamma"`   // counts/s at closest approach, all panels together
	Neutron float64      `toml:"neutron"` // counts/s
	At      quant.Length `toml:"at"`      // its middle, behind the front
	Extent  quant.Length `toml:"extent"`
	Side    float64      `toml:"side"` // -1 left to 1 right
}

// Motion is one thing that a vehicle does on its way, in the order of the file.
type Motion struct {
	Do   string        `toml:"do"`   // "stop", "roll_back", "speed"
	Over string        `toml:"over"` // stop: scale, scanner, portal, entry; or use at
	Axle int           `toml:"axle"` // stop over the scale: this axle stands on it; 0: the front
	At   quant.Length  `toml:"at"`   // stop: where the front stands
	For  time.Duration `toml:"for"`  // how long it stands afterwards
	By   quant.Length  `toml:"by"`   // roll_back
	To   quant.Speed   `toml:"to"`   // speed
}

// FaultPlan is one fault of one instrument while a vehicle is in the lane.
type FaultPlan struct {
	Device string        `toml:"device"` // class: io, front, rear, wim, wim2 (its second platform), dims, rpm
	Kind   FaultKind     `toml:"kind"`
	From   time.Duration `toml:"from"` // after the vehicle came into sight
	For    time.Duration `toml:"for"`  // default: until the vehicle has gone
	Share  float64       `toml:"share"`
	Delay  time.Duration `toml:"delay"`
	Plate  string        `toml:"plate"` // misread: what the camera believes to see
}

// FaultKind names a fault.
type FaultKind string

// The faults.
const (
	Disconnect FaultKind = "disconnect" // the link is cut and cannot be opened
	Silence    FaultKind = "silence"    // the link stays open and nothing comes
	Garbage    FaultKind = "garbage"    // a share of the bytes is damaged
	Duplicate  FaultKind = "duplicate"  // a share of the messages comes twice
	Lost       FaultKind = "lost"       // a share of the messages never comes
	Delay      FaultKind = "delay"      // everything comes later
	Misread    FaultKind = "misread"    // cameras: another plate is seen
)

// DefaultStart is the virtual time at which a scenario begins: a day without seasonal limits.
func DefaultStart() time.Time { return time.Date(2026, 5, 12, 3, 0, 0, 0, time.UTC) }

// Load reads a scenario: a shipped one by its name, else a file.
func Load(name string) (*Scenario, error) {
	if b, err := fs.ReadFile(shipped, "data/"+name+".toml"); err == nil {
		return Parse(name, b)
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/.") {
		return nil, fmt.Errorf("there is no scenario %q, want a file or one of %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return Parse(name, b)
}

// Parse reads the bytes of a scenario; path names them in errors. The error joins all
// problems, each with file and line.
func Parse(path string, b []byte) (*Scenario, error) {
	s := &Scenario{Seed: 1, Start: DefaultStart(), Lanes: 1, Pack: "KZ-342", Window: 4 * time.Second, Accuracy: "check",
		Officer: Officer{Decides: "secondary", Think: 2 * time.Second},
		Gear:    GearConfig{Camera: "isapi", Pictures: "none", Scale: "wim/mt-continuous", Beams: "fine", Idle: time.Second}, src: newSource(path, b)}
	md, err := toml.Decode(string(b), s)
	if err != nil {
		return nil, s.src.explain(err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, s.src.at(k, -1, fmt.Sprintf("unknown key %q%s", k.String(), suggest(k))))
	}
	s.fill()
	errs = append(errs, s.validate()...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Scenario) fill() {
	if t := s.Traffic; t != nil && t.Headway == 0 {
		t.Headway = time.Minute
	}
	for i := range s.Vehicles {
		v := &s.Vehicles[i]
		if v.Lane == 0 {
			v.Lane = 1
		}
		def(&v.After, "free")
		def(&v.Country, "KZ")
		def(&v.Papers, "lodged")
		def(&v.Name, fmt.Sprintf("vehicle %d", i+1))
		if v.Speed == 0 {
			v.Speed = 1400
		}
		for k := range v.Goods {
			def(&v.Goods[k].Description, "Goods")
			def(&v.Goods[k].Origin, "CN")
			if v.Goods[k].Packages == 0 {
				v.Goods[k].Packages = 1
			}
		}
	}
}

func def(s *string, d string) {
	if *s == "" {
		*s = d
	}
}

// source finds the line of a key, for errors.
type source struct {
	path  string
	lines []keyLine
}

type keyLine struct {
	key  string
	nth  int // which [[vehicle]] or other array of tables it stands in
	line int
}

func newSource(path string, b []byte) *source {
	s := &source{path: path}
	table, count := "", map[string]int{}
	outer := func() int {
		for t := table; t != ""; {
			if n, ok := count[t]; ok {
				return n - 1
			}
			t = t[:max(0, strings.LastIndexByte(t, '.'))]
		}
		return 0
	}
	for i, l := range strings.Split(string(b), "\n") {
		l = strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(l, "[["):
			table = strings.TrimSpace(strings.SplitN(l[2:], "]]", 2)[0])
			count[table]++
			s.lines = append(s.lines, keyLine{table, count[table] - 1, i + 1})
		case strings.HasPrefix(l, "["):
			table = strings.TrimSpace(strings.SplitN(l[1:], "]", 2)[0])
			s.lines = append(s.lines, keyLine{table, outer(), i + 1})
		default:
			k, _, ok := strings.Cut(l, "=")
			if !ok || strings.HasPrefix(l, "#") {
				continue
			}
			k = strings.Trim(strings.TrimSpace(k), `"'`)
			if table != "" {
				k = table + "." + k
			}
			s.lines = append(s.lines, keyLine{k, outer(), i + 1})
		}
	}
	return s
}

// at gives an error with file and line; nth < 0 takes the first such key, and a key that
// is not there gives its table.
func (s *source) at(key toml.Key, nth int, msg string) error {
	for n := len(key); n > 0; n-- {
		want := strings.Join(key[:n], ".")
		for _, k := range s.lines {
			if k.key == want && (nth < 0 || k.nth == nth) {
				return fmt.Errorf("%s:%d: %s", s.path, k.line, msg)
			}
		}
	}
	return fmt.Errorf("%s:1: %s", s.path, msg)
}

func (s *source) explain(err error) error {
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		msg := pe.Message
		if msg == "" {
			msg = pe.Error()
		}
		if pe.LastKey != "" {
			msg = pe.LastKey + ": " + msg
		}
		return fmt.Errorf("%s:%d: %s", s.path, pe.Position.Line, msg)
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// suggest names a known key of the same table that begins alike.
func suggest(k toml.Key) string {
	t := reflect.TypeFor[Scenario]()
	last := k[len(k)-1]
	for _, part := range k[:len(k)-1] {
		f, ok := fieldOf(t, part)
		if !ok {
			return ""
		}
		t = f
	}
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("toml")
		if len(name) > 2 && len(last) > 2 && (strings.HasPrefix(name, last[:3]) || strings.HasSuffix(name, last[len(last)-3:])) {
			return fmt.Sprintf(", did you mean %q?", name)
		}
	}
	return ""
}

func fieldOf(t reflect.Type, part string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") != part {
			continue
		}
		f := t.Field(i).Type
		for f.Kind() == reflect.Slice || f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		return f, f.Kind() == reflect.Struct
	}
	return nil, false
}
