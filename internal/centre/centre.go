// Package centre wires central monitoring: it takes the records of all sites over the bus
// into one archive and shows them on a console of its own.
package centre

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"acsgd/console"
	"acsgd/fusion"
	"acsgd/internal/auth"
	"acsgd/internal/bus"
	"acsgd/internal/evidence"
	"acsgd/internal/exchange"
	"acsgd/internal/obs"
	"acsgd/internal/site"
	"acsgd/internal/store"
)

// Config is what a centre is made of.
type Config struct {
	Name   string
	Mode   string // enforcement, simulator
	Zone   string
	Data   string
	Store  string // "" is SQLite in Data
	Listen string // of the console
	Bus    *bus.Bus
	Static fs.FS
	Build  string
	Log    *slog.Logger
}

// Centre is a running centre.
type Centre struct {
	cfg    Config
	store  store.Store
	keep   *evidence.Store
	users  *auth.Users
	inbox  *exchange.Centre
	server *console.Server
	ln     net.Listener
}

// silent is how long a site may say nothing before it is shown as offline: it speaks when
// something was decided, and asks once a minute otherwise.
const silent = 3 * time.Minute

// Start opens everything; Close must be called, also after an error of Run.
func Start(ctx context.Context, cfg Config) (*Centre, error) {
	c := &Centre{cfg: cfg}
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Centre) open(ctx context.Context) (err error) {
	if c.users, err = auth.Open(filepath.Join(c.cfg.Data, "users")); err != nil {
		return err
	}
	if c.keep, err = evidence.Open(filepath.Join(c.cfg.Data, "evidence")); err != nil {
		return err
	}
	if c.store, err = store.Open(ctx, c.cfg.Store, filepath.Join(c.cfg.Data, "archive")); err != nil {
		return err
	}
	c.inbox = &exchange.Centre{Store: c.store, Log: c.cfg.Log}
	c.server, err = console.New(console.Config{Site: c.cfg.Name, Mode: c.cfg.Mode, Zone: c.cfg.Zone, Build: c.cfg.Build, Centre: true,
		Hub: console.NewHub("centre", 0), Users: c.users, Commander: nobody{}, Archive: site.Archive{Store: c.store}, Evidence: c.keep,
		Devices: c.sites, Ages: func(time.Time) map[string]int64 { return nil }, Audit: c.audit, Static: c.cfg.Static, Log: c.cfg.Log})
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.cfg.Listen)
	if err != nil {
		return fmt.Errorf("centre console: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("centre console: %s is not loopback, and this listener speaks no TLS", c.cfg.Listen)
	}
	c.ln, err = net.Listen("tcp", c.cfg.Listen)
	return err
}

// nobody refuses orders: lanes are commanded where they are.
type nobody struct{}

// Order implements console.Commander.
func (nobody) Order(context.Context, string, fusion.Order) error {
	return errors.New("orders are given at the site")
}

func (c *Centre) audit(_ context.Context, kind, user, detail string) {
	c.cfg.Log.Info("user", "kind", kind, "from", detail)
}

// sites shows each site as a row of the device list.
func (c *Centre) sites() []console.Device {
	list := []console.Device{}
	for _, s := range c.inbox.Sites() {
		state, reason := obs.Online, ""
		if age := time.Since(s.Heard); age > silent {
			state, reason = obs.Offline, "last records "+age.Round(time.Second).String()+" ago"
		}
		list = append(list, console.Device{Lane: s.Site, Kind: "site", Link: "bus",
			DeviceState: fusion.DeviceState{Name: s.Site, Class: "site", State: state, Reason: reason, Last: s.Heard},
			Counters:    map[string]uint64{"rows": s.N}})
	}
	slices.SortFunc(list, func(a, b console.Device) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Addr is the console's address.
func (c *Centre) Addr() net.Addr { return c.ln.Addr() }

// Users are the centre's users.
func (c *Centre) Users() *auth.Users { return c.users }

// Run runs the centre until ctx ends.
func (c *Centre) Run(ctx context.Context) error {
	srv := &http.Server{Handler: c.server, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	var wg sync.WaitGroup
	errs := make(chan error, 2)
	wg.Go(func() {
		if err := srv.Serve(c.ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			errs <- err
		}
	})
	wg.Go(func() {
		if err := c.inbox.Run(ctx, c.cfg.Bus.Conn()); err != nil {
			errs <- err
		}
	})
	var err error
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	c.server.Stop()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if serr := srv.Shutdown(end); serr != nil {
		_ = srv.Close() // a browser that does not go must not hold the end
	}
	if ctx.Err() != nil {
		wg.Wait()
	}
	return err
}

// Close releases what Start has opened.
func (c *Centre) Close() error {
	var errs []error
	if c.store != nil {
		errs = append(errs, c.store.Close())
	}
	if c.keep != nil {
		errs = append(errs, c.keep.Close())
	}
	if c.ln != nil {
		_ = c.ln.Close() // the server has closed it in most cases
	}
	return errors.Join(errs...)
}
