package fusion_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the recorded outputs of testdata/*.txt")

// TestScripts plays the stories of testdata: blocks of commands, a line of four dashes,
// and what the core said. Run with -update to record, then read the difference.
//
// Lines before the first "at" describe the lane:
//
//	lane KEY=VALUE...                green, declare, secondary, region, window, mode; camera=STATION;
//	                                 without=DEV,DEV; optional=DEV,DEV; reader=always|never
//	certificate DEV NUMBER ISSUED EXPIRES [simulator] [FROM..TO]...
//	declare ID TRACTOR TRAILER MASS HS
//
// Everything else happens at a time of the clock, which first lets the earlier sights of
// vehicles come in, and the wake-ups that the core asked for:
//
//	at TIME presence SIGNAL on|off
//	at TIME weigh AXLE MASS u=MASS on=TIME off=TIME v=SPEED [axles=N] [flags=F,F]
//	at TIME profile height=L width=L length=L u=L from=TIME to=TIME [flags=F,F]
//	at TIME plate DEV TEXT [p=0.98] [event=ID] [role=ROLE] [picture=NAME] [parent=NAME]
//	at TIME background g=COUNTS
//	at TIME slices N g=COUNTS [alarm] [neutrons] [v=SPEED]
//	at TIME gx N
//	at TIME contacts [occupied] [gamma] [neutron] [fault=NAME] [flags=F,F]
//	at TIME health DEV STATE [reason]
//	at TIME order ID ACTION P1 [user=] [role=] [reason=] [note="..."] [plate=] [declaration=] [version=stale] [code=] [class=]
//	at TIME order ID assess P1 neutron= shape= place= declared= guard= speed=
//	at TIME order ID inspect P1 at1m=NSVH [at10cm=] [background=] [neutrons=no] [nuclides=A,B] [instrument=] [serial=]
//	at TIME order ID acknowledge|shelve|unshelve alarm=A1 [minutes=15] [reason=] [user=] [role=] [version=stale]
//	at TIME declared ID...
//	at TIME arrive | leave           on to the exit loop; barrier up and off the loop
//	at TIME certificate ...          as above: the site has got a new one
//	at TIME restart                  snapshot, restore, go on
//	at TIME tick
//	vehicle NAME at TIME PLATE [v=SPEED] [axles=M,M,..] [height=L] [alarm] [without=DEV,DEV] [late=DEV:DURATION]
//	                                 (the picture of its plate is named as the plate)
//	join scale|portal NAME NAME      the scale, or the portal, takes two vehicles for one
//	alarms                           writes down the alarms that stand
//	wait DURATION
//	clock back DURATION              our own clock is set back
//	numbers restart                  the sources count from 1 again
//
// A time may carry arrived=TIME after it where the record comes in later than it was true.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d scripts, err %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(b))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(strings.Split(string(b), "\n"), strings.Split(got, "\n")); d != "" {
				t.Errorf("%s (-recorded +got):\n%s", f, d)
			}
		})
	}
}

// play gives the script with its outputs recorded anew.
func play(t *testing.T, text string) string {
	t.Helper()
	s := newScript(t)
	var b strings.Builder
	recorded := false
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case line == "----":
			recorded = true
			b.WriteString("----\n")
			b.WriteString(s.drain())
			continue
		case recorded && line != "":
			continue // the old record
		case recorded:
			recorded = false
			b.WriteString("\n")
			continue
		}
		b.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.line = n + 1
		s.command(line)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
