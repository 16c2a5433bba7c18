package captures

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The lanes of recordings; their instruments' names begin with "rec-".
const (
	DayLane     = "R1" // the portal's daily file
	WindowsLane = "R2" // the portal with energy windows
	CameraLane  = "R3" // cameras
	ScannerLane = "R4" // scanners
)

// Config says how recordings are played. Zero values are defaults.
type Config struct {
	Vacancy time.Duration // to which a portal's longer vacancies are shortened, default 2 s
	Every   time.Duration // between two events of the cameras, default 15 s
	Lead    int           // whole occupancies before the first alarm of the first lap, default 3
	MQTT    string        // broker of the Frigate messages, "" plays none
	Log     *slog.Logger
}

// Player plays the recordings of a Set. The lanes that it makes are live instruments for
// the software under test.
type Player struct {
	set   *Set
	cfg   Config
	lanes strings.Builder
	notes []string
	ids   []string
	run   []func(ctx context.Context)
}

// New reads the portals' files and opens all ports; Run begins to play.
func New(set *Set, cfg Config) (*Player, error) {
	cfg.Vacancy = cmp.Or(cfg.Vacancy, 2*time.Second)
	cfg.Every = cmp.Or(cfg.Every, 15*time.Second)
	cfg.Lead = cmp.Or(cfg.Lead, 3)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &Player{set: set, cfg: cfg}
	if set.Day != "" {
		if err := p.portal(DayLane, "rec-day", []string{set.Day}); err != nil {
			return nil, err
		}
	}
	if len(set.Windows) > 0 {
		if err := p.portal(WindowsLane, "rec-windows", set.Windows); err != nil {
			return nil, err
		}
	}
	if err := p.cameras(); err != nil {
		return nil, err
	}
	p.scanners()
	if n := len(set.Declarations); n > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d declarations go into the watched folder", n))
	}
	return p, nil
}

// Lanes is the part of the site file that describes the lanes of the recordings.
func (p *Player) Lanes() string { return p.lanes.String() }

// IDs names the lanes.
func (p *Player) IDs() []string { return p.ids }

// Notes says what is played and at which pace, a line each.
func (p *Player) Notes() []string { return p.notes }

// Run plays until ctx ends.
func (p *Player) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, f := range p.run {
		wg.Go(func() { f(ctx) })
	}
	wg.Wait()
}

func (p *Player) lane(id, declaration string) {
	p.ids = append(p.ids, id)
	// What was recorded cannot be stopped or sent back: nothing blocks behind a barrier.
	fmt.Fprintf(&p.lanes, "\n# Recordings of real instruments.\n[[lane]]\nid          = %q\ndirection   = \"import\"\nwindow      = \"4s\"\n"+
		"green       = \"officer\"\ndeclaration = %q\nsecondary   = \"beyond\"\n", id, declaration)
}

func (p *Player) device(name, driver, link, expect string, station int, more string) {
	fmt.Fprintf(&p.lanes, "\n  [[lane.device]]\n  name    = %q\n  driver  = %q\n  link    = %q\n  station = \"%dmm\"\n  expect  = %q\n%s",
		name, driver, link, station, expect, more)
}

// portal makes a lane of one portal that plays files one after the other, lap after lap.
func (p *Player) portal(id, name string, files []string) error {
	var lap []Line
	var recorded, base time.Duration
	for _, f := range files {
		lines, err := ReadLines(f)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			continue
		}
		recorded += lines[len(lines)-1].At
		// The first lap begins shortly before an alarm; what stands before comes behind the end.
		i := BeforeAlarm(lines, p.cfg.Lead)
		for _, part := range [][]Line{lines[i:], lines[:i]} {
			for _, l := range Shorten(part, p.cfg.Vacancy) {
				l.At += base
				lap = append(lap, l)
			}
			if len(lap) > 0 {
				base = lap[len(lap)-1].At + p.cfg.Vacancy
			}
		}
	}
	w, err := newPortal(lap, p.cfg.Vacancy)
	if err != nil {
		return err
	}
	p.run = append(p.run, w.run)
	p.lane(id, "optional")
	p.device(name, "rpm/tsa", "tcp:"+w.ln.Addr().String(), "always", 12_000, "")
	p.notes = append(p.notes, fmt.Sprintf("lane %s: %s, %s of recording in %s (%.0f times the pace: occupancies as recorded, vacancies within %s), first from shortly before its first alarm, again and again",
		id, strings.Join(names(files), ", "), round(recorded), round(base), float64(recorded)/float64(max(base, 1)), p.cfg.Vacancy))
	return nil
}

func round(d time.Duration) time.Duration { return d.Round(time.Minute) }

func names(paths []string) []string {
	var out []string
	for _, x := range paths {
		out = append(out, filepath.Base(x))
	}
	return out
}

// cameras makes the lane of cameras.
func (p *Player) cameras() error {
	s := p.set
	if len(s.Pushes)+len(s.Messages) == 0 {
		return nil
	}
	p.lane(CameraLane, "expected")
	c := &cameras{set: s, broker: p.cfg.MQTT, every: p.cfg.Every, log: p.cfg.Log}
	if len(s.Pushes) > 0 {
		ln, err := net.Listen("tcp", "127.0.0.1:0") // for a free port, on which the driver will listen
		if err != nil {
			return err
		}
		c.http = ln.Addr().String()
		if err := ln.Close(); err != nil {
			return err
		}
		p.device("rec-isapi", "anpr/isapi", "listen:"+c.http, "never", 2000, "  role    = \"front\"\n")
	}
	if err := p.frigate(); err != nil {
		return err
	}
	p.run = append(p.run, c.run)
	p.notes = append(p.notes, fmt.Sprintf("lane %s: %d ISAPI pushes and %d Frigate messages, each once, %s apart",
		CameraLane, len(s.Pushes), len(s.Messages), p.cfg.Every))
	return nil
}

// frigate adds a device for every camera that the messages are from: other cameras of the
// same broker are not taken.
func (p *Player) frigate() error {
	if p.cfg.MQTT == "" {
		return nil
	}
	var known []string
	for _, name := range p.set.Messages {
		camera, err := cameraOf(name)
		if err != nil {
			return fmt.Errorf("Frigate message: %w", err)
		}
		if slices.Contains(known, camera) {
			continue
		}
		known = append(known, camera)
		p.device("rec-frigate-"+camera, "anpr/frigate", "mqtt:/frigate/#", "never", 2500,
			fmt.Sprintf("  role    = \"front\"\n    [lane.device.settings]\n    camera = %q\n", camera))
	}
	return nil
}

// scanners makes the lane of recorded sessions. Their scene is a room, not a lane: without
// a height a scanner calibrates and measures nothing, which is the truth.
func (p *Player) scanners() {
	if len(p.set.Sessions) == 0 {
		return
	}
	p.lane(ScannerLane, "optional")
	for _, path := range p.set.Sessions {
		abs, err := filepath.Abs(path)
		if err != nil {
			abs = path
		}
		model := "lms5xx"
		if strings.Contains(filepath.Base(path), "lms1") {
			model = "lms1xx"
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		p.device("rec-"+name, "dims/cola", "replay:"+abs, "never", 9000, fmt.Sprintf("    [lane.device.settings]\n    model = %q\n", model))
	}
	p.notes = append(p.notes, fmt.Sprintf("lane %s: %d scanner sessions of a few seconds in a room, once; then their scanners are offline", ScannerLane, len(p.set.Sessions)))
}
