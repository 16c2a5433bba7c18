package fusion_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

// script is one story being played.
type script struct {
	t        *testing.T
	line     int
	core     *fusion.Core
	params   *fusion.Params
	book     *rules.Book
	papers   []*decl.Declaration
	index    *decl.Index
	started  bool
	seq      uint64
	dev      map[string]uint64
	now      time.Time
	vehicles map[string][]sight
	coming   []arrival // sights not yet handed over, by arrival
	outs     []fusion.Output
	names    map[string]string // passage id: P1, P2, ...
	out      strings.Builder
	seen     map[string]fusion.Passage
	order    []string // passage ids as they appeared
	told     map[string]string

	alarmNames map[string]string // alarm id: A1, A2, ...
	lane       string
	back       time.Duration // by which our clock was set back
	frozen     time.Time     // when that was: the lane's time stands still until the clock gets there
}

// arrival is a sight and when it comes in.
type arrival struct {
	sight
	arrived time.Time
}

func newScript(t *testing.T) *script {
	p := params()
	book, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, core: new(fusion.Core), params: p, book: book, dev: map[string]uint64{}, now: t0,
		vehicles: map[string][]sight{}, names: map[string]string{}, seen: map[string]fusion.Passage{}, told: map[string]string{}, alarmNames: map[string]string{}}
}

func (s *script) fatal(msg string) {
	s.t.Helper()
	s.t.Fatalf("line %d: %s", s.line, msg)
}

// command plays one line.
func (s *script) command(line string) {
	w := words(line)
	args := parse(w)
	switch w[0] {
	case "lane":
		s.describe(args)
	case "certificate":
		s.certify(w)
	case "declare":
		s.papers = append(s.papers, s.paper(w[1:]))
	case "vehicle":
		s.vehicle(w, args)
	case "join":
		s.join(w[1], w[2], w[3])
	case "clock":
		s.back += s.duration(w[2])
		s.frozen = s.now
	case "numbers":
		clear(s.dev)
	case "alarms":
		s.alarms()
	case "wait":
		s.until(s.now.Add(s.duration(w[1])))
	case "at":
		at := s.clock(w[1])
		arrived := at
		if a, ok := args["arrived"]; ok {
			arrived = s.clock(a)
		}
		s.until(arrived)
		s.happen(at, w[2:], args)
	default:
		s.fatal("unknown command " + w[0])
	}
}

// start puts parameters, rules, papers and the state of the contacts in force.
func (s *script) start() {
	if s.started {
		return
	}
	s.started = true
	s.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p1", Value: s.params})
	s.step(fusion.Tuned{Kind: fusion.TuneRules, Version: s.book.Version, Value: s.book})
	s.declared()
	if s.has("io") {
		for _, c := range []string{"loop_entry", "loop_exit", "barrier_up", "barrier_down"} {
			s.see("io", t0, &obs.Presence{Signal: c, On: c == "barrier_down"})
		}
	}
	s.out.Reset()
}

func (s *script) has(dev string) bool {
	return slices.ContainsFunc(s.params.Devices, func(d fusion.Instrument) bool { return d.Name == dev })
}

func (s *script) declared() {
	s.index = decl.NewIndex(uint64(len(s.papers))+1, s.papers)
	s.step(fusion.Declared{Version: uint64(len(s.papers)) + 1, Index: s.index})
}

func (s *script) describe(args map[string]string) {
	p := s.params
	for k, v := range args {
		switch k {
		case "green":
			p.Green = v == "yes"
		case "declare":
			p.Declare = v == "yes"
		case "secondary":
			p.Secondary = v
		case "region":
			p.Region = v
		case "mode":
			p.Mode = v
			book, err := rulepack.Load(v == "simulator")
			s.book = must(s, book, err)
		case "window":
			p.Window = s.duration(v)
		case "without":
			p.Devices = slices.DeleteFunc(p.Devices, func(d fusion.Instrument) bool { return slices.Contains(strings.Split(v, ","), d.Name) })
		case "optional":
			for i := range p.Devices {
				if slices.Contains(strings.Split(v, ","), p.Devices[i].Name) {
					p.Devices[i].Expect = false
				}
			}
		case "reader":
			p.Devices = append(p.Devices, fusion.Instrument{Name: "reader", Class: "anpr", Driver: "anpr/reader", Expect: v == "always"})
		case "camera":
			p.Devices[slices.IndexFunc(p.Devices, func(d fusion.Instrument) bool { return d.Name == "cam" })].Station = int32(s.length(v))
		default:
			s.fatal("lane has no " + k)
		}
	}
}

func (s *script) paper(w []string) *decl.Declaration {
	d := declaration(w[0], w[1], w[2], 0, w[4])
	d.Totals.Gross = s.mass(w[3])
	d.Items[0].Gross = d.Totals.Gross
	return d
}

// vehicle lets a whole vehicle come.
func (s *script) vehicle(w []string, args map[string]string) {
	s.start()
	l := legal(w[4], s.clock(w[3]))
	if v, ok := args["v"]; ok {
		l.speed = int64(s.speed(v))
	}
	if v, ok := args["height"]; ok {
		l.high = s.length(v)
	}
	if v, ok := args["axles"]; ok {
		l.axles = l.axles[:0]
		for _, m := range strings.Split(v, ",") {
			l.axles = append(l.axles, int64(s.mass(m)/quant.Kilogram))
		}
	}
	_, l.alarm = args["alarm"]
	l.misses = args["without"]
	late, by, _ := strings.Cut(args["late"], ":")
	s.vehicles[w[1]] = l.sights()
	for _, x := range s.vehicles[w[1]] {
		a := arrival{x, x.at}
		if x.dev == late {
			a.arrived = x.at.Add(s.duration(by))
		}
		s.coming = append(s.coming, a)
	}
	s.sort()
}

func (s *script) sort() {
	slices.SortStableFunc(s.coming, func(a, b arrival) int { return a.arrived.Compare(b.arrived) })
}

// join makes one record of what scale or portal saw of two vehicles.
func (s *script) join(what, a, b string) {
	mine := func(v string, x arrival) bool {
		return slices.ContainsFunc(s.vehicles[v], func(y sight) bool { return y.b == x.b })
	}
	if what == "portal" {
		s.coming = slices.DeleteFunc(s.coming, func(x arrival) bool {
			r, ok := x.b.(*obs.Radiation)
			return ok && (mine(a, x) && r.Tag == "GX" || mine(b, x) && (r.Tag == "GB" || r.Tag == "NB"))
		})
		return
	}
	var first, second *obs.Weighing
	n := 0
	for _, x := range s.coming {
		w, ok := x.b.(*obs.Weighing)
		switch {
		case !ok:
		case mine(a, x) && w.Axle == 0:
			first = w
		case mine(a, x):
			n = max(n, w.Axle)
		case mine(b, x) && w.Axle == 0:
			second = w
		}
	}
	for _, x := range s.coming {
		if w, ok := x.b.(*obs.Weighing); ok && mine(b, x) && w.Axle > 0 {
			w.Axle += n
		}
	}
	second.Mass, second.U, second.Axles, second.TOn = second.Mass+first.Mass, second.U+first.U, second.Axles+first.Axles, first.TOn
	s.coming = slices.DeleteFunc(s.coming, func(x arrival) bool { return x.b == obs.Body(first) })
}

// until hands over what comes in before "end", and wakes the core when it asks for it.
func (s *script) until(end time.Time) {
	s.start()
	for {
		at, wake := s.core.Deadline()
		if len(s.coming) > 0 && !s.coming[0].arrived.After(end) && (!wake || !s.coming[0].arrived.After(at)) {
			x := s.coming[0]
			s.coming = s.coming[1:]
			s.advance(x.arrived)
			s.see(x.dev, x.at, x.b)
			continue
		}
		if !wake || at.After(end) {
			break
		}
		s.advance(at)
		s.step(fusion.Tick{})
	}
	s.advance(end)
}

func (s *script) advance(t time.Time) {
	if t.After(s.now) {
		s.now = t
	}
}

func (s *script) see(dev string, at time.Time, b obs.Body) {
	s.dev[dev]++
	s.step(fusion.Seen{Observation: obs.Observation{Source: dev, Lane: "1", Seq: s.dev[dev],
		Stamp: obs.Stamp{At: at.Add(-s.back), Arrived: s.now.Add(-s.back)}, Body: earlier(b, s.back)}})
}

// earlier gives a body whose times are those of a clock that was set back.
func earlier(b obs.Body, by time.Duration) obs.Body {
	switch b := b.(type) {
	case *obs.Weighing:
		w := *b
		w.TOn, w.TOff = b.TOn.Add(-by), b.TOff.Add(-by)
		return &w
	case *obs.Profile:
		p := *b
		p.Start, p.End = b.Start.Add(-by), b.End.Add(-by)
		return &p
	}
	return b
}

// laneTime is what the lane gives the core: it never goes back.
func (s *script) laneTime() time.Time {
	if at := s.now.Add(-s.back); s.back > 0 && at.Before(s.frozen) {
		return s.frozen
	} else if s.back > 0 {
		return at
	}
	return s.now
}

// happen plays what follows "at TIME".
func (s *script) happen(at time.Time, w []string, args map[string]string) {
	switch w[0] {
	case "presence":
		s.see("io", at, &obs.Presence{Signal: w[1], On: w[2] == "on"})
	case "arrive":
		s.see("io", at, &obs.Presence{Signal: "loop_exit", On: true})
	case "leave":
		for i, p := range []obs.Presence{{Signal: "barrier_down"}, {Signal: "barrier_up", On: true}, {Signal: "loop_exit"}} {
			s.advance(at.Add(time.Duration(i) * time.Second))
			s.see("io", s.now, &p)
		}
	case "weigh":
		s.weigh(at, w, args)
	case "profile":
		u := s.length(cmp.Or(args["u"], "30mm"))
		p := &obs.Profile{Height: s.length(args["height"]), UHeight: u, Width: s.length(cmp.Or(args["width"], "2500mm")), UWidth: u,
			Start: s.clock(args["from"]), End: s.clock(args["to"]), Period: 40_000, Scans: 300, Flags: flags(args)}
		if l, ok := args["length"]; ok {
			p.Length, p.ULength = s.length(l), u
		}
		s.see("prof", at, p)
	case "plate":
		p := &obs.Plate{Text: strings.Trim(w[2], `"`), Country: "KZ", Confidence: s.prob(cmp.Or(args["p"], "0.98")),
			EventID: args["event"], Role: obs.PlateRole(args["role"]), Parent: args["parent"]}
		if pic, ok := args["picture"]; ok {
			p.Images = []string{pic}
		}
		s.see(w[1], at, p)
	case "contacts":
		_, occupied := args["occupied"]
		r := &obs.Radiation{Tag: "DC", Occupied: occupied, Fault: args["fault"], Flags: flags(args)}
		for _, word := range []string{"gamma", "neutron"} {
			if _, on := args[word]; on {
				r.Setup, r.Alarm = append(r.Setup, word), true
			}
		}
		s.see("rpm", at, r)
	case "background", "slices", "gx":
		s.portal(at, w, args)
	case "health":
		s.see(w[1], at, &obs.Health{State: obs.HealthState(w[2]), Reason: strings.Join(w[3:], " ")})
	case "order":
		s.orders(w, args)
	case "declared":
		s.declared()
	case "certificate":
		p := *s.params
		p.Devices = slices.Clone(p.Devices)
		s.params = &p
		s.certify(w)
		s.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p2", Value: s.params})
	case "restart":
		s.restart()
	case "tick":
		s.step(fusion.Tick{})
	default:
		s.fatal("nothing happens like " + w[0])
	}
}

// certify gives a device the certificate of a line.
func (s *script) certify(w []string) {
	i := slices.IndexFunc(s.params.Devices, func(d fusion.Instrument) bool { return d.Name == w[1] })
	if i < 0 {
		s.fatal("no device " + w[1])
	}
	cert := &metrology.Certificate{Number: w[2], Class: s.params.Devices[i].Class, Serial: "7001", Standard: metrology.Standard, Issuer: "KazStandard", Issued: w[3], Expires: w[4]}
	for _, r := range w[5:] {
		if r == "simulator" {
			cert.Simulator = true
			continue
		}
		from, to, _ := strings.Cut(r, "..")
		cert.Ranges = append(cert.Ranges, metrology.Range{From: s.speed(from), To: s.speed(to), Mass: "2"})
	}
	must(s, 0, cert.Validate())
	s.params.Devices[i].Certificate = cert
}

func (s *script) weigh(at time.Time, w []string, args map[string]string) {
	o := &obs.Weighing{Axle: s.number(w[1]), Mass: s.mass(w[2]), U: s.mass(cmp.Or(args["u"], "60kg")), Axles: s.number(cmp.Or(args["axles"], "0")),
		TOn: s.clock(args["on"]), TOff: s.clock(args["off"]), Mode: obs.Dynamic, Flags: flags(args)}
	if v, ok := args["v"]; ok {
		o.Speed, o.USpeed = s.speed(v), 8
	}
	s.see("wim", at, o)
}

func (s *script) portal(at time.Time, w []string, args map[string]string) {
	g := int32(s.number(cmp.Or(args["g"], "0")))
	switch w[0] {
	case "background":
		s.see("rpm", at, &obs.Radiation{Tag: "GB", Gamma: [4]int32{g, g, g, g}})
		s.see("rpm", at, &obs.Radiation{Tag: "NB", Neutron: [4]int32{1, 1, 1, 0}})
	case "gx":
		s.see("rpm", at, &obs.Radiation{Tag: "GX", Occupancy: uint32(s.number(w[1])), Background: 3000})
	default:
		_, alarm := args["alarm"]
		_, neutrons := args["neutrons"]
		if v, ok := args["v"]; ok {
			s.until(at)
			s.see("rpm", at, &obs.Radiation{Tag: "SP", Speed: s.speed(v), Occupied: true})
		}
		tag := "GS"
		if alarm {
			tag = "GA"
		}
		for i := range s.number(w[1]) {
			x := at.Add(time.Duration(i) * 200 * time.Millisecond)
			s.until(x)
			s.see("rpm", x, &obs.Radiation{Tag: tag, Gamma: [4]int32{g, g, g, g}, Interval: 200, Alarm: alarm, Occupied: true})
			if i%5 == 4 {
				n := &obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true}
				if neutrons {
					n.Tag, n.Alarm, n.Neutron = "NA", true, [4]int32{9, 8, 9, 7}
				}
				s.see("rpm", x, n)
			}
		}
	}
}

func (s *script) orders(w []string, args map[string]string) {
	o := fusion.Order{ID: w[1], Action: fusion.Action(w[2]), User: cmp.Or(args["user"], "aigerim"), Role: cmp.Or(args["role"], "officer"),
		Reason: args["reason"], Text: strings.Trim(args["note"], `"`), Plate: args["plate"], PlateRole: args["plate_role"], PlateDevice: args["plate_device"], Declaration: args["declaration"]}
	for id, name := range s.names {
		if len(w) > 3 && name == w[3] {
			o.Passage = id
		}
	}
	if args["version"] == "stale" {
		o.Version = 1
	}
	if n, ok := args["code"]; ok {
		o.Code = rules.AlarmCode(s.number(n))
	}
	o.Class = rules.AlarmClass(args["class"])
	answer := func(k string) rules.Answer { return rules.Answer(args[k]) }
	switch o.Action {
	case fusion.Assess:
		o.Assessment = &fusion.Assessment{Neutron: answer("neutron"), Shape: args["shape"], Place: args["place"], Declared: answer("declared"), Guard: answer("guard"), Speed: answer("speed")}
	case fusion.Inspect:
		o.Inspection = s.inspection(args)
	}
	for id, name := range s.alarmNames {
		if name == args["alarm"] {
			o.Alarm = id
		}
	}
	if _, ok := args["alarm"]; ok && o.Alarm == "" {
		o.Alarm = args["alarm"]
	}
	if m, ok := args["minutes"]; ok {
		o.Minutes = s.number(m)
	}
	s.step(fusion.Ordered{Order: o})
}

func (s *script) inspection(args map[string]string) *fusion.Inspection {
	dose := func(k string) *quant.DoseRate {
		if args[k] == "" {
			return nil
		}
		d := quant.DoseRate(s.number(args[k]))
		return &d
	}
	x := &fusion.Inspection{Dose10cm: dose("at10cm"), Dose1m: dose("at1m"), Background: dose("background"), Neutron: cmp.Or(args["neutrons"], "no"),
		Instrument: cmp.Or(args["instrument"], "identifier"), Serial: cmp.Or(args["serial"], "0815")}
	if n := args["nuclides"]; n != "" {
		x.Nuclides = strings.Split(n, ",")
	}
	return x
}

func (s *script) restart() {
	b, err := s.core.AppendBinary(nil)
	if err != nil {
		s.fatal(err.Error())
	}
	s.core = new(fusion.Core)
	if err := s.core.UnmarshalBinary(b); err != nil {
		s.fatal(err.Error())
	}
	s.core.Restore(s.book, s.index)
}

// words splits a line at blanks outside quotes.
func words(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

// parse gives the words KEY=VALUE, and bare words as keys.
func parse(w []string) map[string]string {
	m := map[string]string{}
	for _, x := range w[1:] {
		k, v, ok := strings.Cut(x, "=")
		if ok || w[0] != "lane" {
			m[k] = v
		}
	}
	return m
}

func flags(args map[string]string) (fs []obs.Flag) {
	for _, f := range strings.FieldsFunc(args["flags"], func(r rune) bool { return r == ',' }) {
		fs = append(fs, obs.Flag(f))
	}
	return fs
}

func must[T any](s *script, v T, err error) T {
	if err != nil {
		s.t.Helper()
		s.fatal(err.Error())
	}
	return v
}

// clock reads a time of the day at the site.
func (s *script) clock(text string) time.Time {
	at, err := time.Parse("15:04:05", text)
	midnight := time.Date(0, 1, 1, 8, 0, 0, 0, time.UTC)
	return t0.Add(must(s, at, err).Sub(midnight))
}

func (s *script) duration(v string) time.Duration {
	d, err := time.ParseDuration(v)
	return must(s, d, err)
}
func (s *script) mass(v string) quant.Mass { m, err := quant.ParseMass(v); return must(s, m, err) }
func (s *script) length(v string) quant.Length {
	l, err := quant.ParseLength(v)
	return must(s, l, err)
}
func (s *script) speed(v string) quant.Speed { x, err := quant.ParseSpeed(v); return must(s, x, err) }
func (s *script) number(v string) int        { n, err := strconv.Atoi(v); return must(s, n, err) }
func (s *script) prob(v string) quant.Prob {
	f, err := strconv.ParseFloat(v, 64)
	return quant.ProbOf(must(s, f, err))
}
