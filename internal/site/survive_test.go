package site

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

func lane(id string) string { return fmt.Sprintf(laneText, id) }

func TestACableOutMakesWhatItMeasuresUndeterminedUntilItIsBack(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr))
	is := func(want obs.HealthState) func() bool {
		return func() bool { s, _, _ := r.state("rpm-1"); return s == string(want) }
	}
	r.wait("the portal is online", is(obs.Online))
	p.pull()
	r.wait("the portal is offline", is(obs.Offline))
	got := r.judged(r.passage("1"))
	found := false
	for _, f := range got.Findings {
		found = found || f.Quantity == "radiation" && f.Verdict == "undetermined" && strings.Contains(f.Reason, "offline")
	}
	if got.Verdict == "within" || !found {
		t.Errorf("verdict %s with findings %+v, want radiation undetermined because the portal is offline", got.Verdict, got.Findings)
	}
	p.plugIn()
	r.wait("the portal is online again by itself", is(obs.Online))
}

func TestGarbageOfADeviceIsShownWithItsOffset(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr))
	r.wait("the portal speaks", func() bool { s, _, _ := r.state("rpm-1"); return s == string(obs.Online) })
	p.say("GB,00x383\r\n")
	p.say(strings.Repeat("\x00\xff garbage", 20) + "\r\nGB,000383,000389,000432,000423\r\n")
	r.wait("both errors", func() bool { _, n, _ := r.state("rpm-1"); return n >= 2 })
	if _, _, offsets := r.state("rpm-1"); len(offsets) < 2 || slices.Max(offsets) < 60 {
		t.Errorf("offsets %v, want those behind the two good lines", offsets)
	}
}

func TestAClockOf1970DoesNotMoveAMeasurementToAnotherTime(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1")+more("dims-1", "dims/test", "tcp:127.0.0.1:2"))
	id := r.passage("1")
	wrong := time.Unix(3600, 0)
	at := obs.Unix(wrong)
	body := &obs.Profile{Height: 4500, UHeight: 20, Width: 2500, UWidth: 20, Length: 16_000, ULength: 100, Scans: 50, Start: at.Add(-time.Millisecond), End: at}
	o := obs.Observation{Stamp: obs.Stamp{At: at, Origin: obs.Device}, Body: body}
	done := make(chan error, 1)
	r.dev.of("dims-1") <- said{o, func(err error) { done <- err }}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if ids := r.snapshot("1"); !slices.Equal(ids, []string{id}) {
		t.Errorf("passages %v, want only %s", ids, id)
	}
	if got := r.judged(id); got.Size == nil || string(got.Size) == "null" {
		t.Errorf("the measurement did not reach its vehicle: %+v", got)
	}
	if s, _, _ := r.state("dims-1"); s != string(obs.Degraded) {
		t.Errorf("an instrument that is 50 years off is %q, want degraded", s)
	}
}

func TestOneUserWithTenThousandWrongPasswordsFillsNothing(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	if err := r.site.users.Set("aigerim", "a long password", "officer"); err != nil {
		t.Fatal(err)
	}
	codes := map[int]int{}
	for range 10_000 {
		req := httptest.NewRequest(http.MethodPost, "http://site/api/login", strings.NewReader(`{"user":"aigerim","password":"a wrong password"}`))
		req.Header.Set("X-ACSGD", "1")
		w := httptest.NewRecorder()
		r.site.console.ServeHTTP(w, req)
		codes[w.Code]++
	}
	// The delays grow, but a slow machine may get a try or two more in.
	if codes[http.StatusUnauthorized] > 8 || codes[http.StatusUnauthorized]+codes[http.StatusTooManyRequests] != 10_000 {
		t.Errorf("answers %v, want about 5 of 401 and the rest 429", codes)
	}
	r.stop()
	rows := 0
	for _, rec := range r.rows() {
		if rec.Kind == lanes.KindUser {
			rows++
		}
	}
	if rows != codes[http.StatusUnauthorized] {
		t.Errorf("%d refused passwords are in the journal, want %d", rows, codes[http.StatusUnauthorized])
	}
}

// rows reads the journal.
func (r *rig) rows() (all []journal.Record) {
	r.t.Helper()
	j, err := journal.OpenReader(r.t.Context(), filepath.Join(r.dir, "journal"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer j.Close()
	for rec, err := range j.Records(r.t.Context(), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}

// endless gives n bytes and counts what was taken.
type endless struct {
	left  int64
	taken *atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(int64(len(p)), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = 'a'
	}
	e.left -= n
	e.taken.Add(n)
	return int(n), nil
}

func TestABodyOfOneGigabyteIsRefusedUnread(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	for name, length := range map[string]int64{"with its length": 1 << 30, "chunked": -1} {
		var taken atomic.Int64
		body := io.MultiReader(strings.NewReader(`{"user":"`), &endless{1 << 30, &taken})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.site.Addr().String()+"/api/login", body)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		req.Header.Set("X-ACSGD", "1")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		res, err := http.DefaultClient.Do(req)
		runtime.ReadMemStats(&after)
		if err == nil { // the answer, or the connection that broke under the writing client
			res.Body.Close()
			if res.StatusCode < 400 {
				t.Errorf("%s: answered %d", name, res.StatusCode)
			}
		}
		if n := taken.Load(); n > 64<<20 {
			t.Errorf("%s: %d bytes were taken", name, n)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
			t.Errorf("%s: %d bytes were allocated", name, n)
		}
	}
	if code := r.health(); code != http.StatusOK {
		t.Errorf("health afterwards: %d", code)
	}
}

func TestTwoSitesOnOneDirectoryAreRefused(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	_, err := Start(t.Context(), r.options())
	if err == nil || !strings.Contains(err.Error(), r.dir) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("the second site: %v, want the directory and the process that has it", err)
	}
	r.see("io-1", time.Now(), &obs.Presence{Signal: "loop_entry"}) // the first goes on
}

func TestAListenerThatFailsEndsTheSiteInOrder(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	if err := r.site.opt.Console.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-r.done:
		if err == nil {
			t.Error("the site ended without saying why")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the site goes on without a console")
	}
	r.end()
	r.end = nil
	if err := r.site.Close(); err != nil {
		t.Error(err)
	}
	if r.log.has("not stopped in time") {
		t.Error("something was not told to stop")
	}
	if _, err := os.Stat(filepath.Join(r.dir, "snapshots", "lane-1.json")); err != nil {
		t.Error("no last snapshot: ", err)
	}
}

func TestADriverThatHangsDoesNotKeepTheLanesFromTheirEnd(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	id := r.passage("1")
	r.dev.hang = true
	start := time.Now()
	r.stop()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	again := newRig(t, r.dir, "", lane("1"))
	if again.archived(id) == nil {
		t.Error("the passage is lost")
	}
}

func TestNothingRunsOnAfterAStop(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1")) // what the process keeps for good is started
	r.stop()
	ignore := goleak.IgnoreCurrent()
	p := newPortal(t)
	r = newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr)+lane("2"))
	id := r.passage("2")
	r.see("io-2", time.Now(), &obs.Presence{Signal: "loop_exit", On: true})
	r.judged(id)
	r.stop()
	p.pull()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, ignore)
}

func TestNothingRunsOnAfterAStartThatFails(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	taken := r.site.Addr().String()
	r.passage("1")
	r.wait("the last of its parts has started", func() bool {
		_, err := os.Stat(filepath.Join(r.dir, "declarations", "done"))
		return err == nil
	})
	ignore := goleak.IgnoreCurrent()
	dir := t.TempDir()
	text := strings.Replace(fmt.Sprintf(siteHead, dir, ""), "127.0.0.1:0", taken, 1) + lane("1")
	bad := &rig{t: t, dir: dir, dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
	bad.parse(text)
	if _, err := Start(t.Context(), bad.options()); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("a taken port: %v, want the address", err)
	}
	goleak.VerifyNone(t, ignore)
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mine := held.Addr().String()
	held.Close()
	text = fmt.Sprintf(siteHead, dir, "") + lane("1")
	text = strings.Replace(text, "127.0.0.1:0", mine, 1)  // the console's
	text = strings.Replace(text, "127.0.0.1:0", taken, 1) // the metrics'
	bad.parse(text)
	if _, err := Start(t.Context(), bad.options()); err == nil || !strings.Contains(err.Error(), "metrics") || !strings.Contains(err.Error(), taken) {
		t.Errorf("a taken port of the metrics: %v, want the address", err)
	}
	if l, err := net.Listen("tcp", mine); err != nil {
		t.Error("the console's port was not given back: ", err)
	} else {
		l.Close()
	}
	bad.parse(fmt.Sprintf(siteHead, dir, "") + lane("1"))
	s, err := Start(t.Context(), bad.options())
	if err != nil {
		t.Fatal("the directory was not given back: ", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnEndlessLogOfADeviceDoesNotGrowTheSite(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr))
	r.wait("the portal speaks", func() bool { s, _, _ := r.state("rpm-1"); return s == string(obs.Online) })
	line := bytes.Repeat([]byte("x"), 1<<20) // without an end
	for range 8 {
		p.say(string(line))
	}
	r.wait("the error", func() bool { _, n, _ := r.state("rpm-1"); return n > 0 })
	p.say("\r\nGB,000383,000389,000432,000423\r\n")
	if _, _, offsets := r.state("rpm-1"); len(offsets) > 64 {
		t.Errorf("%d errors are kept", len(offsets))
	}
}

// A link that drops in the middle of a vehicle and comes back while it is still there: the
// rest of it looks like a whole vehicle, but half of it was not measured.
func TestALinkThatDropsWithinAnOccupancyLeavesItUndetermined(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", strings.Replace(lane("1"), "300ms", "5s", 1)+more("rpm-1", "rpm/tsa", "tcp:"+p.addr))
	is := func(want obs.HealthState) func() bool {
		return func() bool { s, _, _ := r.state("rpm-1"); return s == string(want) }
	}
	r.wait("the portal is online", is(obs.Online))
	gs := "GS,000080,000080,000080,000080\r\n"
	p.say(strings.Repeat(gs, 6))
	time.Sleep(300 * time.Millisecond)
	p.say(gs)
	var ids []string
	r.wait("the passage", func() bool { ids = r.snapshot("1"); return len(ids) == 1 })
	p.pull()
	r.wait("the portal is offline", is(obs.Offline))
	p.mute = true // it is not vacant: it has no background to tell
	p.plugIn()
	r.wait("the portal is connected again", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.muted })
	p.say("NS,000001,000000,000001,000000\r\n")
	for range 8 {
		p.say(gs)
		time.Sleep(200 * time.Millisecond)
	}
	p.say("GX,000001,002566,000000,000000\r\n")
	got := r.judged(ids[0])
	for _, f := range got.Findings {
		if strings.HasPrefix(f.Quantity, "radiation") && f.Verdict != "undetermined" {
			t.Errorf("%s is %s", f.Quantity, f.Verdict)
		}
	}
	if got.Verdict != "undetermined" || len(r.snapshot("1")) != 1 {
		t.Errorf("verdict %s with findings %+v", got.Verdict, got.Findings)
	}
}
