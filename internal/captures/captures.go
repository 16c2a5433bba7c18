// Package captures plays recordings of real instruments to the drivers, over the same wires
// as the instruments themselves: portals over TCP, camera events over HTTP and MQTT,
// scanner sessions through replay: links. The recordings lie in a directory of the
// reader's own; nothing of them is part of this project.
//
//	radiation/tsa-vm250-day/day-part1.txt   a portal's daily file
//	radiation/tsa-4window/*.csv             files of a portal with energy windows
//	profiler/*.jsonl                        scanner sessions as record files
//	anpr/payloads/hik_*.bin, hik_*.xml      ISAPI pushes: whole requests, bare documents
//	anpr/payloads/frigate_*.json            MQTT messages
//	declarations/asycuda/*.xml              declarations
//
// Recordings of different places make no coherent vehicles, so what was not recorded
// together comes into lanes of its own: R1 the daily file, R2 the portal with energy
// windows, R3 cameras, R4 scanners.
package captures

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The places of the recordings under their directory.
const (
	dayGlob     = "radiation/tsa-vm250-day/day-part1.txt"
	windowsGlob = "radiation/tsa-4window/*.csv"
	sessionGlob = "profiler/*.jsonl"
	requestGlob = "anpr/payloads/hik_*.bin"
	eventGlob   = "anpr/payloads/hik_*.xml"
	messageGlob = "anpr/payloads/frigate_*.json"
	paperGlob   = "declarations/asycuda/*.xml"
)

// Set names the recordings of a directory; every list is sorted.
type Set struct {
	Dir          string
	Day          string   // the daily file, "" where there is none
	Windows      []string // files of the portal with energy windows
	Sessions     []string // record files of scanners
	Pushes       []string // ISAPI requests (.bin) and documents (.xml)
	Messages     []string // Frigate messages
	Declarations []string
	Missing      []string // what was looked for and not found
}

// Find looks for recordings. A part that is absent is named in Missing; a directory that
// cannot be read, or holds none of them, is an error that names what was looked for.
func Find(dir string) (*Set, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("recordings: %w; looked for %s", err, strings.Join(globs(), ", "))
	}
	s := &Set{Dir: dir}
	look := func(glob string) []string {
		// The pattern is a constant of ours, so the only error of Glob cannot occur; a
		// directory with a wildcard in its name must not be read as one.
		names, _ := filepath.Glob(filepath.Join(escape(dir), filepath.FromSlash(glob)))
		if len(names) == 0 {
			s.Missing = append(s.Missing, filepath.Join(dir, filepath.FromSlash(glob)))
		}
		slices.Sort(names)
		return names
	}
	if day := look(dayGlob); len(day) > 0 {
		s.Day = day[0]
	}
	s.Windows, s.Sessions = look(windowsGlob), look(sessionGlob)
	s.Pushes = append(look(requestGlob), look(eventGlob)...)
	s.Messages, s.Declarations = look(messageGlob), look(paperGlob)
	if len(s.Missing) == len(globs()) {
		return nil, errors.New("no recordings: found none of " + strings.Join(s.Missing, ", "))
	}
	return s, nil
}

func globs() []string {
	return []string{dayGlob, windowsGlob, sessionGlob, requestGlob, eventGlob, messageGlob, paperGlob}
}

// escape takes the meaning from wildcards in a path.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
