package scenario

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed data/*.toml
var shipped embed.FS

// Names lists the shipped scenarios, sorted.
func Names() []string {
	entries, err := fs.ReadDir(shipped, "data")
	if err != nil {
		return nil // the directory is embedded
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return out
}

// Text gives the file of a shipped scenario.
func Text(name string) ([]byte, error) { return fs.ReadFile(shipped, "data/"+name+".toml") }
