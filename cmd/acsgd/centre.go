package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"acsgd/internal/bus"
	"acsgd/internal/centre"
	"acsgd/internal/config"
)

type centreCmd struct {
	Config string `short:"c" required:"" help:"Centre file."`
}

// Help says more.
func (centreCmd) Help() string {
	return `A centre file:

  [centre]
  name    = "Central monitoring"
  data    = "var/centre"
  store   = "postgres://..."       # "" is SQLite in data
  console = "127.0.0.1:8081"       # loopback: put a TLS proxy before it
  [bus]
  listen      = "127.0.0.1:4222"   # sites connect here (bus.url in their site file)
  leaf_listen = "0.0.0.0:7422"     # or as leaf nodes
`
}

// Run runs the centre.
func (c *centreCmd) Run(ctx context.Context, s *std, log *slog.Logger) error {
	f, err := config.ReadCentre(c.Config)
	if err != nil {
		return usage{err}
	}
	b, err := bus.Start(ctx, bus.Config{Dir: filepath.Join(f.Centre.Data, "bus"), Listen: f.Bus.Listen, LeafListen: f.Bus.LeafListen, Name: "centre", Log: log})
	if err != nil {
		return usage{err}
	}
	defer b.Close()
	ct, err := centre.Start(ctx, centre.Config{Name: f.Centre.Name, Mode: "enforcement", Zone: f.Centre.Zone, Data: f.Centre.Data, Store: f.Centre.Store,
		Listen: f.Centre.Console, Bus: b, Static: static(), Build: build(), Log: log})
	if err != nil {
		return usage{err}
	}
	fmt.Fprintf(s.out, "centre: http://%s\n", ct.Addr())
	return errors.Join(ct.Run(ctx), ct.Close())
}
