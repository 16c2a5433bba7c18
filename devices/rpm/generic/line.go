package generic

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Line is one kind of line of a portal, as an expression of Go's regexp syntax (RE2: the
// time that it takes grows with the line alone) whose named groups are the numbers.
type Line struct {
	Kind  string `toml:"kind"`  // background, slice, neutron, speed, end, fault, ignore
	Match string `toml:"match"` // must match the whole line
	Alarm bool   `toml:"alarm"` // slice, neutron: such a line is the portal's alarm
	Fault string `toml:"fault"` // background, fault: what such a line says is wrong
	Clear bool   `toml:"clear"` // fault: such a line says that the fault is over

	re     *regexp.Regexp
	groups []group
}

// group is what one group of an expression holds.
type group struct {
	n    int    // of the submatch
	name string // without its digit
	i    int    // of four
}

// The bounds of what a site file can ask for.
const (
	maxLines = 32
	maxMatch = 1 << 10
)

// lineKind says which groups a kind of line may have, and which of them one must be there.
type lineKind struct{ may, one []string }

// kinds are the kinds of lines.
func kinds() map[string]lineKind {
	return map[string]lineKind{
		"background": {may: []string{"gamma", "neutron", "neutron_background_mcps"}, one: []string{"gamma", "neutron"}},
		"slice":      {may: []string{"gamma", "neutron", "alarm", "alarm_neutron", "interval_ms"}, one: []string{"gamma"}},
		"neutron":    {may: []string{"neutron", "alarm", "interval_ms"}, one: []string{"neutron"}},
		"speed":      {may: []string{"speed_kmh", "speed_mms"}, one: []string{"speed_kmh", "speed_mms"}},
		"end":        {may: []string{"counter", "neutron_background_mcps"}},
		"fault":      {may: []string{"fault"}},
		"ignore":     {},
	}
}

func kindNames() string { return "background, slice, neutron, speed, end, fault or ignore" }

// compile checks a line and makes it ready.
func (l *Line) compile() error {
	k, ok := kinds()[l.Kind]
	switch {
	case !ok:
		return fmt.Errorf("kind %q, want %s", l.Kind, kindNames())
	case l.Match == "" || len(l.Match) > maxMatch:
		return fmt.Errorf("match of %d characters, want 1 to %d", len(l.Match), maxMatch)
	case l.Alarm && l.Kind != "slice" && l.Kind != "neutron":
		return fmt.Errorf("alarm: a line of kind %q tells none", l.Kind)
	case l.Fault != "" && l.Kind != "fault" && l.Kind != "background":
		return fmt.Errorf("fault %q: a line of kind %q tells none", l.Fault, l.Kind)
	case l.Clear && (l.Kind != "fault" || l.Fault != ""):
		return errors.New("clear: only a line of kind \"fault\" without a fault takes one back")
	}
	var err error
	if l.re, err = regexp.Compile(`^(?:` + l.Match + `)$`); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	seen := map[string]bool{}
	l.groups = nil
	for n, full := range l.re.SubexpNames() {
		if full == "" {
			continue
		}
		g := group{n: n, name: full}
		if base := strings.TrimRight(full, "1234"); len(full)-len(base) == 1 && (base == "gamma" || base == "neutron") {
			g.name, g.i = base, int(full[len(full)-1]-'1')
		} else if full == "gamma" || full == "neutron" {
			g.name = "" // without its digit it is none
		}
		if !slices.Contains(k.may, g.name) {
			return fmt.Errorf("group %q is none of a line of kind %q, which may have %s", full, l.Kind, choices(k.may))
		}
		if seen[full] {
			return fmt.Errorf("group %q stands twice", full)
		}
		seen[full], seen[g.name] = true, true
		l.groups = append(l.groups, g)
	}
	if len(k.one) > 0 && !slices.ContainsFunc(k.one, func(n string) bool { return seen[n] }) {
		return fmt.Errorf("a line of kind %q needs a group %s", l.Kind, choices(k.one))
	}
	if l.Kind == "fault" && !l.Clear && l.Fault == "" && !seen["fault"] {
		return errors.New("a line of kind \"fault\" needs fault = \"NAME\", clear = true, or a group fault")
	}
	return nil
}

// choices names groups as they are written.
func choices(names []string) string {
	var out []string
	for _, n := range names {
		if n == "gamma" || n == "neutron" {
			n += "1 to " + n + "4"
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// read is what one line says.
type read struct {
	line      *Line
	gamma     [4]int32
	neutron   [4]int32
	hasGamma  bool
	hasNeut   bool
	mcps      int64 // neutron background, counts/1000 s
	interval  int32 // ms; 0 is not said
	counter   uint32
	hasCount  bool
	speed     quant.Speed
	alarm     bool
	neutAlarm bool
	fault     string
}

// maxCount is the largest count of a panel: six digits.
const maxCount = 999_999

// take reads a line that the expression matches: m are its submatches.
func (l *Line) take(line []byte, m []int) (r read, at int, why string) {
	r = read{line: l, alarm: l.Alarm && l.Kind == "slice", neutAlarm: l.Alarm && l.Kind == "neutron", fault: l.Fault}
	for _, g := range l.groups {
		from, to := m[2*g.n], m[2*g.n+1]
		if from < 0 || from == to {
			if g.name == "alarm" || g.name == "alarm_neutron" || g.name == "fault" {
				continue
			}
			return r, max(from, 0), "a group without a number"
		}
		if why := l.group(&r, g, string(line[from:to])); why != "" {
			return r, from, why
		}
	}
	return r, 0, ""
}

// group takes the text of one group.
func (l *Line) group(r *read, g group, text string) (why string) {
	number := func(scale, most int64) int64 {
		v, err := quant.Decimal(text, scale)
		if err != nil || v < 0 || v > most {
			why = fmt.Sprintf("%q is no number from 0 to %d", text, most/scale)
			return 0
		}
		return v
	}
	whole := strings.Trim(text, "0123456789") == ""
	switch g.name {
	case "gamma":
		if l.Kind != "background" && !whole {
			return fmt.Sprintf("%q is no count", text)
		}
		r.hasGamma, r.gamma[g.i] = true, int32(number(1, maxCount))
	case "neutron":
		if l.Kind != "background" && !whole {
			return fmt.Sprintf("%q is no count", text)
		}
		r.hasNeut, r.neutron[g.i] = true, int32(number(1000, maxCount*1000)/1000)
		if !whole { // it is known to the thousandth
			r.mcps += number(1000, maxCount*1000)
		}
	case "neutron_background_mcps":
		r.mcps = number(1, 1_000_000_000)
	case "interval_ms":
		if r.interval = int32(number(1, 1000)); r.interval == 0 && why == "" {
			why = "an interval of nothing"
		}
	case "counter":
		r.counter, r.hasCount = uint32(number(1, 1<<32-1)), true
	case "speed_mms":
		r.speed = quant.Speed(number(1, 1_000_000))
	case "speed_kmh": // mm/h to mm/s, half up
		r.speed = quant.Speed((number(1_000_000, 1_000_000*1_000_000) + 1800) / 3600)
	case "alarm":
		r.alarm, r.neutAlarm = r.alarm || l.Kind == "slice", r.neutAlarm || l.Kind == "neutron"
	case "alarm_neutron":
		r.neutAlarm = true
	case "fault":
		r.fault = strings.Map(printable, text)
	}
	return why
}

func printable(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

// bodies appends what the line says in the words of the alarm engine, but for counts of
// neutrons, which are gathered to a second first.
func (r *read) bodies(dst []*obs.Radiation, usual int32) []*obs.Radiation {
	interval := r.interval
	if interval == 0 {
		interval = usual
	}
	switch r.line.Kind {
	case "background":
		if r.hasGamma {
			dst = append(dst, &obs.Radiation{Tag: "GB", Gamma: r.gamma, Fault: r.fault})
		}
		if r.hasNeut {
			dst = append(dst, &obs.Radiation{Tag: "NB", Neutron: r.neutron, Background: r.mcps, Fault: r.fault})
		}
	case "slice":
		dst = append(dst, &obs.Radiation{Tag: either(r.alarm, "GA", "GS"), Gamma: r.gamma, Interval: interval, Alarm: r.alarm})
	case "speed":
		s := &obs.Radiation{Tag: "SP", Speed: r.speed}
		if r.speed == 0 || r.speed > fastest {
			s.Flags = []obs.Flag{obs.SpeedOutOfRange}
		}
		dst = append(dst, s)
	case "end":
		dst = append(dst, &obs.Radiation{Tag: "GX", Occupancy: r.counter, Background: r.mcps})
	case "fault":
		dst = append(dst, &obs.Radiation{Tag: either(r.line.Clear, "FC", "FT"), Fault: r.fault})
	}
	return dst
}

// fastest is 60 km/h: what is faster came from a wheel or a gap.
const fastest quant.Speed = 60_000_000 / 3600

func either(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}
