package config

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/BurntSushi/toml"
)

// CentreFile is the file of a centre.
type CentreFile struct {
	Centre struct {
		Name    string `toml:"name"`
		Data    string `toml:"data"`
		Store   string `toml:"store"`
		Console string `toml:"console"`
		Zone    string `toml:"zone"`
	} `toml:"centre"`
	Bus struct {
		Listen     string `toml:"listen"`
		LeafListen string `toml:"leaf_listen"`
	} `toml:"bus"`
}

// ReadCentre reads and checks a centre file, strictly like a site file.
func ReadCentre(path string) (*CentreFile, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read centre file: %w", err)
	}
	f := new(CentreFile)
	f.Centre.Name, f.Centre.Data, f.Centre.Console, f.Centre.Zone = "Centre", "var/centre", "127.0.0.1:8081", "Asia/Almaty"
	f.Bus.Listen = "127.0.0.1:4222"
	src := newSource(path, b)
	md, err := toml.Decode(string(b), f)
	if err != nil {
		return nil, src.explain(err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, src.at(k, -1, fmt.Sprintf("unknown key %q", k.String())))
	}
	if _, err := time.LoadLocation(f.Centre.Zone); err != nil {
		errs = append(errs, src.at(toml.Key{"centre", "zone"}, -1, fmt.Sprintf("centre.zone %q: %v", f.Centre.Zone, err)))
	}
	return f, errors.Join(errs...)
}
