package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"acsgd/devices/anpr/reader"
	"acsgd/devices/catalog"
	"acsgd/internal/auth"
	"acsgd/internal/bus"
	"acsgd/internal/centre"
	"acsgd/internal/config"
	"acsgd/internal/journal"
	"acsgd/internal/line"
	"acsgd/internal/site"
	"acsgd/sim"
	"acsgd/sim/checkpoint"
	"acsgd/sim/declare"
)

type demoCmd struct {
	Data     string        `default:"var/demo" help:"Directory of journal, evidence, archive and users."`
	Listen   string        `default:"127.0.0.1:8080" help:"Address of the console."`
	Metrics  string        `default:"127.0.0.1:9090" help:"Address of metrics and health."`
	Nats     string        `default:"127.0.0.1:4222" help:"Address of the embedded bus."`
	Mqtt     string        `default:"127.0.0.1:1883" help:"Address of the MQTT listener."`
	Centre   string        `default:"127.0.0.1:8081" help:"Address of the console of the centre."`
	Trackers string        `default:"127.0.0.1:5001" help:"Address where trackers connect."`
	Lanes    int           `default:"4" help:"Simulated lanes."`
	Seed     uint64        `default:"1" help:"Seed of the traffic: the same vehicles for the same seed. A demo started again on its data draws another."`
	Store    string        `help:"Archive: empty is SQLite, or postgres://..."`
	Captures string        `help:"Play recordings of real instruments of this directory through the drivers into further lanes." placeholder:"DIR"`
	Officer  string        `default:"human" enum:"human,auto" help:"Who decides: you at the console, or a simulated officer."`
	Lead     time.Duration `default:"8s" hidden:"" help:"How long before a vehicle its declaration is lodged."`
	Headway  time.Duration `default:"3s" hidden:"" help:"Between a vehicle that leaves and the next one."`
	Misread  float64       `hidden:"" help:"Share of characters that the simulated cameras read wrongly."`
	Reader   bool          `default:"true" negatable:"" help:"A second reader of number plates in every lane, where this program has one: --no-reader spares its memory."`
	Addr     string        `help:"Write the console's address to this file." placeholder:"FILE"`
}

// Help says more.
func (demoCmd) Help() string {
	return "Everything on this machine: lanes, instruments on pseudo terminals, TCP, Modbus, HTTP and MQTT, declarations in a watched folder, console. The first start prints a password for each role."
}

// stories are the first vehicles of each lane, so that a new user sees within minutes what
// the system is for.
var stories = []sim.Story{sim.Clean, sim.Overloaded, sim.Clean, sim.Potash, sim.Undeclared, sim.Clean, sim.Prohibited, sim.TooHigh, sim.Understated, sim.Misread}

// Run runs the demo.
func (d *demoCmd) Run(ctx context.Context, s *std, log *slog.Logger) error {
	claim, err := site.NewClaim(d.Data)
	if err != nil {
		return usage{err}
	}
	defer claim.Close()
	d.freshTraffic()
	watch := filepath.Join(d.Data, "declarations")
	b, err := bus.Start(ctx, bus.Config{Dir: filepath.Join(d.Data, "bus"), Listen: d.Nats, MQTT: d.Mqtt, Name: "demo", Log: log})
	if err != nil {
		return usage{err}
	}
	defer b.Close()
	link, err := d.reader(ctx)
	if err != nil {
		log.Warn("the lanes have no second reader of number plates", "err", err)
	}
	var paper paperwork
	cp, err := checkpoint.New(checkpoint.Config{Lanes: d.Lanes, Seed: d.Seed, Lead: d.Lead, Headway: d.Headway, Log: log, MQTT: b.MQTTAddr(), CER: d.Misread, Stories: stories, Reader: link,
		Lodge: func(a sim.Arrival, n int) error { return paper.lodge(watch, a, d.Seed) }})
	if err != nil {
		return err
	}
	rec, err := d.openRecordings(s.err, b.MQTTAddr(), log)
	if err != nil {
		return err
	}
	text := cp.SiteFile(d.head()) + rec.lanes()
	path := filepath.Join(d.Data, "site.toml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		return fmt.Errorf("write site file: %w", err)
	}
	f, err := config.Parse(path, []byte(text))
	if err != nil {
		return fmt.Errorf("the demo's own site file: %w", err)
	}
	st, err := site.Start(ctx, site.Options{File: f, Catalog: catalog.Drivers(), Static: static(), Build: build(), Log: log, Bus: b, Claim: claim})
	if err != nil {
		return usage{err}
	}
	ct, err := centre.Start(ctx, centre.Config{Name: "Demo centre", Mode: "simulator", Zone: f.Site.Zone, Data: filepath.Join(d.Data, "centre"),
		Listen: d.Centre, Bus: b, Static: static(), Build: build(), Log: log})
	if err != nil {
		return errors.Join(usage{err}, st.Close())
	}
	defer ct.Close()
	if err := d.welcome(s, st, ct); err != nil {
		return errors.Join(err, st.Close())
	}
	rec.welcome(s.out)
	var wg sync.WaitGroup
	simCtx, stop := context.WithCancel(ctx)
	wg.Go(func() { cp.Run(simCtx) })
	wg.Go(func() {
		if err := ct.Run(simCtx); err != nil {
			log.Error("centre ended", "err", err)
		}
	})
	wg.Go(func() { rec.run(simCtx, st, watch, d.Officer == "human", log) })
	if d.Officer == "auto" {
		wg.Go(func() { newAutoOfficer(st, log).run(simCtx) })
	}
	err = st.Run(ctx)
	stop()
	wg.Wait()
	return errors.Join(err, st.Close())
}

// reader gives the link of the second reader if there is one: this program must have been
// built with OpenCV, and a child of it must be able to open the networks. A program without
// OpenCV gives "" and no error.
func (d *demoCmd) reader(ctx context.Context) (string, error) {
	if !d.Reader || openVision == nil {
		return "", nil
	}
	open, err := line.Parse(reader.Self)
	if err != nil {
		return "", err
	}
	child := reader.NewChild(open, reader.Limits{})
	if err := errors.Join(child.Start(ctx), child.Close()); err != nil {
		return "", err
	}
	return reader.Self, nil
}

// freshTraffic lets other vehicles come when a demo is started again on its data: those of
// the first run have their declarations there already, and each would match two.
func (d *demoCmd) freshTraffic() {
	if _, err := os.Stat(filepath.Join(d.Data, "journal", journal.FileName)); err == nil && d.Seed == 1 {
		d.Seed = uint64(time.Now().Unix())
	}
}

func (d *demoCmd) head() string {
	return fmt.Sprintf(`# The demo checkpoint: simulated hardware on real wires of this machine.
[site]
code   = "DEMO"
name   = "Demo checkpoint"
mode   = "simulator"
zone   = "Asia/Almaty"
data   = %q
store  = %q
pack   = "KZ-342"
advice = ["RU-2060"]
region = "Zhetysu"

[console]
listen = %q

[metrics]
listen = %q

[bus]
centre = "tell"

[declarations]
watch = %q
every = "500ms"

[[tracker]]
name   = "trackers"
driver = "tracker/teltonika"
link   = "listen:%s"
`, d.Data, d.Store, d.Listen, d.Metrics, filepath.Join(d.Data, "declarations"), d.Trackers)
}

// demoUsers are the people of the demo and their roles.
var demoUsers = []struct{ name, role string }{
	{"officer", "officer"}, {"radiation", "radiation_officer"}, {"supervisor", "supervisor"},
	{"engineer", "engineer"}, {"auditor", "auditor"}, {"admin", "admin"},
}

// welcome prints where the console is, and on the first start the passwords.
func (d *demoCmd) welcome(s *std, st *site.Site, ct *centre.Centre) error {
	url := "http://" + st.Addr().String()
	if d.Addr != "" {
		if err := os.WriteFile(d.Addr, []byte(url+"\n"), 0o600); err != nil {
			return fmt.Errorf("write address: %w", err)
		}
	}
	fmt.Fprintf(s.out, "\n  ACSGD demo checkpoint\n\n  console   %s\n  centre    http://%s\n  data      %s\n", url, ct.Addr(), d.Data)
	if len(st.Users().List()) > 0 {
		fmt.Fprintf(s.out, "  users     as on the first start; a new password: acsgd user add --data %s --role ROLE NAME\n\n", d.Data)
		return nil
	}
	fmt.Fprintf(s.out, "\n  %-12s %-20s %s\n", "user", "password", "role")
	for _, u := range demoUsers {
		pw := auth.Password()
		if err := st.Users().Set(u.name, pw, u.role); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  %-12s %-20s %s\n", u.name, pw, u.role)
	}
	pw := auth.Password()
	if err := ct.Users().Set("central", pw, "central"); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "  %-12s %-20s %s\n", "central", pw, "central, at the centre's console")
	fmt.Fprintf(s.out, "\n  These passwords are shown once. Vehicles arrive in about ten seconds.\n\n")
	return nil
}

// paperwork lodges declarations as declarants do: as files in the watched folder.
type paperwork struct {
	mu sync.Mutex
	n  int
}

func (p *paperwork) lodge(dir string, a sim.Arrival, seed uint64) error {
	p.mu.Lock()
	p.n++
	n := p.n
	p.mu.Unlock()
	now := time.Now()
	// The number holds the time, so that a later run lodges new documents, not old ones.
	paper, ok := declare.Of(a, int(now.Unix()%1_000_000)*100+n%100, now)
	if !ok {
		return nil
	}
	name := fmt.Sprintf("%s-%d-%d.xml", strings.ToLower(a.Vehicle.ID), seed, now.UnixMilli())
	return moveIn(dir, name, paper.XML())
}
