package wim

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Logger is a data logger that weighs rolling vehicles by itself and tells each as one JSON
// record: over HTTP, one request at a time on one connection, each repeated until it is
// answered 2xx or 4xx; or over MQTT, see Messages. Its loads and times are the truth with
// the errors that its accuracy allows: it has no platform model of its own.
type Logger struct {
	// Station and Platform are the edges of its sensors, mm from the lane datum.
	Station, Platform quant.Length
	// Site, Lane, Name and Serial stand in its records.
	Site, Lane, Name, Serial string
	// Path is the path that it posts to; Token is sent as a Bearer token if set.
	Path, Token string
	// Division is its scale interval, Error the relative standard deviation of a load.
	Division quant.Mass
	Error    float64
	// Mute leaves the uncertainties out, as a logger does that is not verified.
	Mute bool
	// Untimed leaves out the edges' times and gives the spacings alone.
	Untimed bool
	// Twice sends every record a second time, as after an answer that was lost.
	Twice bool

	Accepted int      // requests that were answered 2xx
	Refused  []string // answers 4xx

	seed    uint64
	scene   sim.Scene
	placed  []sim.Placed
	passing []*passing
	due     time.Time
	count   int
	queue   [][]byte // records that wait
	sent    time.Time
	waiting bool
	again   time.Time // after an answer 5xx
	reply   []byte
}

// passing is one vehicle before the sensors.
type passing struct {
	v    *sim.Vehicle
	x, s float64 // front, mm; speed, mm/s
	on   []time.Time
	off  []time.Time
	seen bool
}

const (
	loggerStep = 10 * time.Millisecond
	loggerWait = 5 * time.Second // for an answer
	loggerKeep = 64              // records that wait at most
)

// NewLogger makes a logger in a scene: sensors at the datum, 0.75 m, 50 kg divisions, loads
// good to half a percent.
func NewLogger(seed uint64, scene sim.Scene) *Logger {
	return &Logger{Platform: 750, Name: "logger-1", Serial: "S-100", Path: "/weighing", Division: 50 * quant.Kilogram, Error: 0.005,
		seed: seed, scene: scene}
}

var _ sim.Machine = (*Logger)(nil)

// Tick implements sim.Machine.
func (l *Logger) Tick(now time.Time, out *sim.Out) {
	for _, r := range l.watch(now) {
		l.queue = append(l.queue, r)
		if l.Twice {
			l.queue = append(l.queue, r)
		}
	}
	if len(l.queue) > loggerKeep {
		l.queue = l.queue[len(l.queue)-loggerKeep:]
	}
	if l.waiting && now.Sub(l.sent) > loggerWait {
		l.waiting, l.reply, out.Close = false, l.reply[:0], true
	}
	l.post(now, out)
}

// Messages lets time pass and gives the records that are due, for MQTT.
func (l *Logger) Messages(now time.Time) [][]byte {
	var list [][]byte
	for _, r := range l.watch(now) {
		list = append(list, r)
		if l.Twice {
			list = append(list, r)
		}
	}
	return list
}

// Deadline implements sim.Machine.
func (l *Logger) Deadline() (time.Time, bool) { return l.due, true }

func (l *Logger) post(now time.Time, out *sim.Out) {
	if l.waiting || len(l.queue) == 0 || now.Before(l.again) {
		return
	}
	fmt.Fprintf(bytesTo{&out.Send}, "POST %s HTTP/1.1\r\nHost: logger\r\nContent-Type: application/json\r\n", l.Path)
	if l.Token != "" {
		fmt.Fprintf(bytesTo{&out.Send}, "Authorization: Bearer %s\r\n", l.Token)
	}
	fmt.Fprintf(bytesTo{&out.Send}, "Content-Length: %d\r\n\r\n%s", len(l.queue[0]), l.queue[0])
	l.waiting, l.sent = true, now
}

type bytesTo struct{ b *[]byte }

func (w bytesTo) Write(p []byte) (int, error) {
	*w.b = append(*w.b, p...)
	return len(p), nil
}

// Feed implements sim.Machine: it reads answers.
func (l *Logger) Feed(now time.Time, p []byte, out *sim.Out) {
	l.reply = append(l.reply, p...)
	for l.waiting {
		head, rest, ok := bytes.Cut(l.reply, []byte("\r\n\r\n"))
		if !ok {
			break
		}
		length := 0
		for _, line := range strings.Split(string(head), "\r\n")[1:] {
			if k, v, _ := strings.Cut(line, ":"); strings.EqualFold(k, "Content-Length") {
				fmt.Sscan(v, &length) // a length that is none is 0
			}
		}
		if len(rest) < length {
			break
		}
		status := strings.TrimPrefix(string(head[:min(len(head), 12)]), "HTTP/1.1 ")
		switch {
		case strings.HasPrefix(status, "2"):
			l.Accepted++
			l.queue = l.queue[1:]
		case strings.HasPrefix(status, "4"):
			l.Refused = append(l.Refused, status+" "+strings.TrimSpace(string(rest[:length])))
			l.queue = l.queue[1:]
		default:
			l.again = now.Add(time.Second)
		}
		l.waiting = false
		l.reply = append(l.reply[:0], rest[length:]...)
	}
	l.post(now, out)
}

// watch follows the vehicles to now and gives the records of those that have passed.
func (l *Logger) watch(now time.Time) [][]byte {
	if l.due.IsZero() {
		l.due = now
	}
	var list [][]byte
	for !now.Before(l.due) {
		list = append(list, l.look(l.due)...)
		l.due = l.due.Add(loggerStep)
	}
	return list
}

func (l *Logger) look(t time.Time) (done [][]byte) {
	l.placed = l.scene.At(l.placed[:0], t)
	for _, p := range l.passing {
		p.seen = false
	}
	for i := range l.placed {
		l.follow(&l.placed[i], t)
	}
	l.passing = slices.DeleteFunc(l.passing, func(p *passing) bool {
		whole := len(p.v.Axles) > 0 && !slices.ContainsFunc(p.off, time.Time.IsZero)
		if whole {
			done = append(done, l.record(p))
		}
		return whole || !p.seen
	})
	return done
}

// follow notes the edges that the axles of a vehicle have passed since the last look.
func (l *Logger) follow(v *sim.Placed, t time.Time) {
	i := slices.IndexFunc(l.passing, func(p *passing) bool { return p.v.ID == v.ID })
	if i < 0 {
		if v.X >= float64(l.Station) {
			return // it has passed, or it came on before the logger was switched on
		}
		i = len(l.passing)
		l.passing = append(l.passing, &passing{v: v.Vehicle, x: v.X, on: make([]time.Time, len(v.Axles)), off: make([]time.Time, len(v.Axles))})
	}
	p := l.passing[i]
	p.seen = true
	way := v.X - p.x
	for k, a := range v.Axles {
		for _, edge := range []struct {
			at   float64
			when *time.Time
		}{{float64(l.Station), &p.on[k]}, {float64(l.Station + l.Platform), &p.off[k]}} {
			left := edge.at + float64(a.Offset) - p.x // the front's way to where this axle is at the edge
			if !edge.when.IsZero() || way <= 0 || left > way {
				continue
			}
			*edge.when = t.Add(-time.Duration((1 - max(left, 0)/way) * float64(loggerStep)))
		}
	}
	p.x, p.s = v.X, v.V
}

// record writes one vehicle.
func (l *Logger) record(p *passing) []byte {
	h := fnv.New64a()
	h.Write([]byte(p.v.ID)) // a hash never fails
	r := rand.New(rand.NewPCG(l.seed, h.Sum64()))
	l.count++
	n := len(p.v.Axles)
	clock := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	speed := func(k int) float64 { return float64(l.Platform) / p.off[k].Sub(p.on[k]).Seconds() }
	mean := 0.0
	for k := range n {
		mean += speed(k) / float64(n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"version":1,"id":"%s-%s-%d","site":"%s","lane":"%s","device":{"id":"%s","serial":"%s","firmware":"1.0"},"start":"%s","end":"%s",`,
		l.Serial, p.v.ID, l.count, l.Site, l.Lane, l.Name, l.Serial, clock(p.on[0]), clock(p.off[n-1].Add(time.Millisecond)))
	fmt.Fprintf(&b, `"direction":"forward","mode":"dynamic","speed_mms":%.0f,`, mean)
	if !l.Mute {
		fmt.Fprintf(&b, `"u_speed_mms":%.0f,`, math.Ceil(mean/100))
	}
	b.WriteString(`"axles":[`)
	var gross, spread quant.Mass
	for k, a := range p.v.Axles {
		if k > 0 {
			b.WriteByte(',')
		}
		m := quant.Mass(float64(a.Mass)*(1+l.Error*r.NormFloat64())/float64(l.Division)+0.5) * l.Division
		u := quant.Mass(2*l.Error*float64(a.Mass)) + l.Division/2
		gross, spread = gross+m, spread+u
		fmt.Fprintf(&b, `{"n":%d,"load_kg":%s`, k+1, kilograms(m))
		if !l.Mute {
			fmt.Fprintf(&b, `,"u_kg":%s`, kilograms(u))
		}
		if !l.Untimed {
			fmt.Fprintf(&b, `,"t_on":"%s","t_off":"%s","speed_mms":%.0f`, clock(p.on[k]), clock(p.off[k]), speed(k))
			if !l.Mute {
				fmt.Fprintf(&b, `,"u_speed_mms":%.0f`, math.Ceil(speed(k)/100))
			}
		}
		b.WriteString("}")
	}
	b.WriteString(`],"spacings_mm":[`)
	for k := 1; k < n; k++ {
		if k > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d", p.v.Axles[k].Offset-p.v.Axles[k-1].Offset)
	}
	fmt.Fprintf(&b, `],"gross_kg":%s`, kilograms(gross))
	if !l.Mute {
		fmt.Fprintf(&b, `,"u_kg":%s`, kilograms(spread))
	}
	b.WriteString("}")
	return []byte(b.String())
}

// kilograms writes grams as a decimal number of kilograms.
func kilograms(m quant.Mass) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", m/quant.Kilogram, m%quant.Kilogram), "0"), ".")
}
