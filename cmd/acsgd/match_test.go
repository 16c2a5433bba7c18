package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a withheld file of reads may hold besides good lines.
func TestMatchBearsWhateverReadsHold(t *testing.T) {
	declared := temp(t, "\xef\xbb\xbf123ABC02\r\n\n 456 def 02 \n123ABC02\n新F12345\n1234УБА\nABCDEFGH12345678\n")
	good := []string{
		`{"id":"twice","reads":[{"text":"123ABC02","p":0.9},{"text":"123ABC02","p":0.9}]}`,
		`{"id":"sum above 1","reads":[{"text":"123ABC02","p":1},{"text":"123ABC0Z","p":1},{"text":"I23ABC02","p":1}]}`,
		`{"id":"p 0","reads":[{"text":"123ABC02","p":0}]}`,
		`{"id":"no p","reads":[{"text":"123ABC02"}]}`,
		`{"id":"lower case and spaces","reads":[{"text":" 123 abc-02 ","p":0.987654321}]}`,
		`{"id":"as declared","reads":[{"text":"456DEF02","p":0.9}]}`,
		`{"id":"Han","reads":[{"text":"新F12345","p":0.9}]}`,
		`{"id":"Cyrillic","reads":[{"text":"1234уба","p":0.9}]}`,
		`{"id":"16 characters","reads":[{"text":"ABCDEFGH12345678","p":0.9}]}`,
		`{"id":7,"reads":[{"text":"","p":1},{"text":"123ABC02","p":0.5}]}`,
		`{"id":{"a":1},"reads":[{"text":"123ABCO2","p":0.9,"more":1}],"more":2}`,
	}
	none := []string{`{"id":"empty text","reads":[{"text":"","p":1}]}`, `{"id":"no reads"}`, `{"id":"marks","reads":[{"text":"--- ---","p":1}]}`, `{"reads":[]}`}
	bad := []string{`{"id":"x","reads":[{"text":"A","p":2}]}`, `{"id":"x","reads":[{"text":"A","p":-1}]}`, `{"id":"x","reads":[{"text":5,"p":1}]}`, `[1]`, `{"id":`, strings.Repeat(" ", longestLine+10) + "{}"}
	var lines []string
	for i := range max(len(good), len(none), len(bad)) {
		for _, list := range [][]string{good, none, bad} {
			if i < len(list) {
				lines = append(lines, list[i])
			}
		}
	}
	reads := "\xef\xbb\xbf" + strings.Join(lines, "\r\n") // the last without an end
	for _, from := range []string{"file", "pipe"} {
		args, in := []string{"match", "--declared", declared, "--reads", temp(t, reads)}, ""
		if from == "pipe" {
			args[4], in = "-", reads
		}
		out, errw, code := call(t, in, args...)
		answers := rows(t, out)
		if code != exitFaults || len(answers) != len(good)+len(none) || strings.Count(errw, "reads line ") != len(bad) {
			t.Fatalf("%s: exit %d, %d answers of %d, %s", from, code, len(answers), len(good)+len(none), errw)
		}
		matched := 0
		for _, a := range answers {
			if a["state"] == "matched" {
				matched++
			} else if a["state"] != "none" {
				t.Errorf("%s: %v", from, a)
			}
		}
		if matched != len(good) {
			t.Errorf("%s: %d matched, want %d:\n%s", from, matched, len(good), out)
		}
	}
	for _, accept := range []string{"0", "-1", "1.5", "NaN"} {
		if _, _, code := call(t, "", "match", "--declared", declared, "--reads", "-", "--accept="+accept); code != exitUsage {
			t.Errorf("--accept %s: exit %d", accept, code)
		}
	}
}

func TestMatchThroughChannels(t *testing.T) {
	declared := temp(t, "388KK01\n388VK01\n")
	reads := temp(t, `{"id":1,"reads":[{"text":"388WK01","p":0.9,"camera":"cam"}]}`+"\n")
	file := filepath.Join(t.TempDir(), "channels.json")
	b := `{"version":"v","plates":400,"cameras":{"cam":{"keep":0.8,"drop":0.005,"insert":0.005,"insert_first":0.01,"off":{"K":{"W":0.99,"X":0.01}}}}}`
	if err := os.WriteFile(file, []byte(b), 0o600); err != nil {
		t.Fatal(err)
	}
	state := func(args ...string) string {
		out, errw, code := call(t, "", append([]string{"match", "--declared", declared, "--reads", reads}, args...)...)
		if code != exitFine {
			t.Fatalf("exit %d: %s", code, errw)
		}
		return fmt.Sprint(rows(t, out)[0]["state"], " ", dig(rows(t, out)[0], "declared", 0, "text"))
	}
	if before, after := state(), state("--channel", file); before == "matched 388KK01" || after != "matched 388KK01" {
		t.Errorf("K written as W: %s, with what was learnt %s", before, after)
	}
	if out, _, code := call(t, "", "match", "channel", "show", file); code != exitFine || !strings.Contains(out, "400 plates") || !strings.Contains(out, "cam ") {
		t.Errorf("show, exit %d: %s", code, out)
	}
	for name, args := range map[string][]string{
		"no such file":        {"match", "--declared", declared, "--reads", reads, "--channel", "/no/such"},
		"show something else": {"match", "channel", "show", declared},
		"use without a user":  {"match", "channel", "use", "--data", t.TempDir(), file},
		"use of nothing":      {"match", "channel", "use", "--data", t.TempDir()},
		"use where":           {"match", "channel", "use", "--user", "sup", file},
		"learn from nothing":  {"match", "learn", "-o", file},
		"learn from nowhere":  {"match", "learn", "--data", "/no/such/dir", "-o", file},
	} {
		if _, errw, code := call(t, "", args...); code != exitUsage || errw == "" {
			t.Errorf("%s: exit %d, %q", name, code, errw)
		}
	}
}
