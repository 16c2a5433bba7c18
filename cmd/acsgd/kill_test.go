package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// number is a number from the environment.
func number(t *testing.T, name string, def uint64) uint64 {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// A site is killed at any instruction, again and again, while vehicles drive and an officer
// decides. What the officer was shown is there after every restart, the hash chain and the
// evidence are whole, and in the end the journal replays to the same verdicts.
//
//	ACSGD_KILLS=100 go test -run TestKillAtAnyInstruction -timeout 60m ./cmd/acsgd
//	ACSGD_SEED=... repeats the moments of another run.
func TestKillAtAnyInstruction(t *testing.T) {
	t.Parallel()
	kills, seed := int(number(t, "ACSGD_KILLS", 6)), number(t, "ACSGD_SEED", uint64(time.Now().UnixNano()))
	if testing.Short() {
		kills = 2
	}
	t.Logf("ACSGD_SEED=%d ACSGD_KILLS=%d", seed, kills)
	r := rand.New(rand.NewPCG(seed, 1))
	k := &killer{t: t, dir: t.TempDir(), officer: newFollower(t)}
	for i := range kills {
		if i > 0 && r.IntN(4) == 0 {
			k.early(i, time.Duration(r.Int64N(int64(600*time.Millisecond))))
			continue
		}
		longest := 6 * time.Second
		switch n := r.IntN(10); {
		case kills > 20 && n == 0:
			longest = 60 * time.Second // long enough for a passage with its decision
		case kills > 20 && n < 5:
			longest = 20 * time.Second
		}
		k.round(i, time.Duration(r.Int64N(int64(longest))))
	}
	k.begin("after the last kill")
	k.demo.stop()
	k.verify("after the last stop")
	out, errw, code := call(t, "", "replay", "--raw", k.dir)
	if code != exitFine {
		t.Errorf("replay: %d %s%s", code, out, errw)
	}
	t.Log("replay: ", errw)
	f := k.officer
	rows := 0
	for _, es := range f.log {
		rows += len(es)
	}
	slices.Sort(k.starts)
	t.Logf("%d kills: officer saw %d passages, %d log entries, %d orders decided, %d of his own acknowledged; lost: %d; start to answer: median %v, worst %v",
		kills, len(f.passages), rows, len(f.orders), len(f.acked), k.lost, k.starts[len(k.starts)/2].Round(time.Millisecond), k.starts[len(k.starts)-1].Round(time.Millisecond))
	if kills >= 5 && (len(f.passages) == 0 || rows == 0 || len(f.acked) == 0) {
		t.Error("the officer saw nothing: the test has tested nothing")
	}
}

type killer struct {
	t       *testing.T
	dir     string
	demo    *demo
	officer *follower
	who     *session
	starts  []time.Duration
	lost    int
}

// args are what the demo is started with: vehicles come soon.
func (k *killer) args() []string {
	return []string{"--officer", "auto", "--lanes", "3", "--lead", "500ms", "--headway", "1s"}
}

// begin starts the site on the data of the one before. What the officer was shown must be
// there and the session go on; then the officer looks on.
func (k *killer) begin(when string) {
	k.t.Helper()
	start := time.Now()
	k.demo = startDemo(k.t, k.dir, k.args()...)
	k.starts = append(k.starts, time.Since(start))
	if k.who == nil {
		k.who = k.demo.session("officer", k.demo.passwords["officer"])
	}
	k.who.url = k.demo.url
	if code := k.who.get("/api/me", nil); code != 200 {
		k.t.Fatalf("%s: the officer's session has ended: %d", when, code)
	}
	k.check(when)
	k.officer.follow(k.who, "lanes", "lane/1", "alarms")
}

// round lets the site run for a moment and kills it; what is left must be whole.
func (k *killer) round(i int, after time.Duration) {
	k.t.Helper()
	k.begin("at start " + strconv.Itoa(i))
	if i == 0 {
		k.officer.until("a first passage", 90*time.Second, func() bool { return len(k.officer.passages) > 0 })
	}
	var wg sync.WaitGroup
	wg.Go(func() { k.order(i) })
	time.Sleep(after) // the random moment, not a wait for anything
	k.kill(k.demo.cmd)
	wg.Wait()
	k.officer.ended()
	k.verify("after kill " + strconv.Itoa(i))
}

// order sends orders one after the other until the site is killed, and remembers which were
// acknowledged: 202 means durable.
func (k *killer) order(round int) {
	for n := 0; ; n++ {
		id := fmt.Sprintf("round-%d-%d", round, n)
		code, err := k.who.send("/api/lanes/3/orders", fmt.Sprintf(`{"id":%q,"action":"open_lane"}`, id))
		switch {
		case err != nil:
			return
		case code != http.StatusAccepted:
			k.t.Errorf("order %s: %d", id, code)
			return
		}
		k.officer.mu.Lock()
		k.officer.acked[id] = true
		k.officer.mu.Unlock()
		time.Sleep(20 * time.Millisecond) // an officer who is very quick
	}
}

// early kills a site while it starts.
func (k *killer) early(i int, after time.Duration) {
	k.t.Helper()
	c := program(k.t.Context(), demoArgs(k.dir, k.args()...)...)
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	time.Sleep(after) // the random moment
	k.kill(c)
	k.verify("after early kill " + strconv.Itoa(i))
}

func (k *killer) kill(c *exec.Cmd) {
	k.t.Helper()
	if err := c.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		k.t.Fatalf("the site has ended by itself: %v\n%s", err, k.demo.log)
	}
}

// check asks the running site for all that the officer was ever shown.
func (k *killer) check(when string) {
	k.t.Helper()
	missing := k.officer.lost(k.who)
	k.lost += len(missing)
	if len(missing) > 0 {
		k.t.Errorf("%s: lost what the officer saw: %q", when, missing[:min(len(missing), 10)])
	}
}

// verify checks hash chain and evidence of the site that is not running.
func (k *killer) verify(when string) {
	k.t.Helper()
	out, errw, code := call(k.t, "", "audit", "verify", k.dir)
	var rep struct {
		OK   bool
		Rows uint64
	}
	if err := json.Unmarshal([]byte(out), &rep); err != nil || code != exitFine || !rep.OK {
		k.t.Errorf("%s: audit verify: %d %s%s", when, code, out, errw)
	}
}
