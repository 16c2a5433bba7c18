package store

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// marker begins a named statement in statements.sql.
const marker = "-- name: "

// statements reads the named statements of an engine.
func statements(engine string) (map[string]string, error) {
	path := engine + "/statements.sql"
	b, err := files.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	_, text, _ := strings.Cut("\n"+string(b), "\n"+marker)
	for part := range strings.SplitSeq(text, "\n"+marker) {
		name, body, _ := strings.Cut(part, "\n")
		name, body = strings.TrimSpace(name), strings.TrimSpace(body)
		if _, twice := out[name]; twice || name == "" || body == "" {
			return nil, fmt.Errorf("%s: statement %q is empty or stands twice", path, name)
		}
		out[name] = body
	}
	return out, nil
}

// migration is one step of an engine's tables.
type migration struct {
	version int
	sql     string
}

// migrations reads the steps of an engine, NNNN_name.sql, numbered from 1 without a gap.
func migrations(engine string) ([]migration, error) {
	names, err := fs.Glob(files, engine+"/[0-9]*_*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []migration
	for i, path := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(path, engine+"/"), "_")
		if v, err := strconv.Atoi(number); err != nil || v != i+1 {
			return nil, fmt.Errorf("migration %s: want number %d", path, i+1)
		}
		b, err := files.ReadFile(path)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{i + 1, string(b)})
	}
	return out, nil
}

// pending gives the steps that an archive of a version still needs.
func pending(all []migration, have int) ([]migration, error) {
	if have > len(all) {
		return nil, fmt.Errorf("its tables are of version %d, this program knows versions to %d: use the newer program, or give an empty archive, which is filled again from the journal", have, len(all))
	}
	return all[have:], nil
}
