package console

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/auth"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const benchLanes = 32

// laneOf is a lane with one passage that is being measured: about 390 bytes change.
func laneOf(i int) (lane string, outs []fusion.Output) {
	lane = strconv.Itoa(i + 1)
	l := &fusion.LaneState{Lane: lane, Barrier: "closed", Light: "red", Devices: []fusion.DeviceState{{Name: "wim-" + lane, Class: "wim", State: obs.Online}}}
	p := &fusion.Passage{ID: "BENCH-" + lane + "-1", Lane: lane, Phase: fusion.Measuring, Opened: time.Unix(1_800_000_000, 0).UTC(), Verdict: "undetermined"}
	for a := range 4 {
		p.Axles = append(p.Axles, fusion.AxleLoad{Seq: uint64(a), Axle: a + 1, Mass: quant.Kg(7000), U: quant.Kg(60), Speed: 1389})
	}
	return lane, []fusion.Output{{Kind: fusion.Updated, Passage: p}, {Kind: fusion.Status, Lane: l}}
}

// advance changes what a lane publishes; the time in it is what latencies are taken from.
func advance(outs []fusion.Output, n uint64, now time.Time) {
	p := outs[0].Passage
	p.Version, p.Speed = n, quant.Speed(n%1000+1)
	p.Axles[n%4].Mass = quant.Mass(n) * 1000
	outs[1].Lane.Version, outs[1].Lane.Updated = n, now
}

// watcher is a browser without a socket: it takes its frames when it is told to.
type watcher struct {
	*client
	frames, bytes int64
}

// drain takes what is due, as the writer of a socket would.
func (w *watcher) drain() {
	m := w.take()
	for _, b := range m.snapshots {
		w.bytes += int64(len(b))
	}
	if m.delta != nil {
		w.frames++
		w.bytes += int64(len(m.delta))
	}
}

// BenchmarkPublish is one publication of one lane, and the frames that it gives to 1, 100
// and 1000 browsers that show all lanes; every browser is drained before the clock stops.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{0, 1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			h := NewHub("0123456789abcdef", 0)
			ws := make([]*watcher, n)
			for i := range ws {
				ws[i] = &watcher{client: newClient(h, auth.User{Name: strconv.Itoa(i)}, nil)}
				if code, reason := h.join(ws[i].client); code != 0 {
					b.Fatal(reason)
				}
				h.mu.Lock()
				h.pumping = true // the benchmark is the pump
				ws[i].subscribe([]string{"lanes"})
				h.mu.Unlock()
			}
			var lanes [benchLanes][]fusion.Output
			for i := range lanes {
				var id string
				id, lanes[i] = laneOf(i)
				h.Publish(id, uint64(i+1), time.Now(), lanes[i])
			}
			flush := func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.show()
				for _, w := range ws {
					w.look(&h.screen)
				}
			}
			flush()
			for _, w := range ws {
				w.drain()
				w.frames = 0
			}
			k, row := 0, uint64(100)
			b.ReportAllocs()
			for b.Loop() {
				k, row = (k+1)%benchLanes, row+1
				advance(lanes[k], row, time.Unix(0, int64(row)))
				h.Publish(strconv.Itoa(k+1), row, time.Unix(0, int64(row)), lanes[k])
				if n > 0 {
					flush()
				}
				for _, w := range ws {
					w.drain()
				}
			}
			for _, w := range ws {
				if w.frames < int64(b.N) {
					b.Fatalf("a browser was shown %d of %d states", w.frames, b.N)
				}
			}
		})
	}
}

func TestPublishToNobodyStaysWithinItsAllocations(t *testing.T) {
	h := NewHub("0123456789abcdef", 0)
	id, outs := laneOf(0)
	n := uint64(0)
	publish := func() {
		n++
		advance(outs, n, time.Unix(0, int64(n)))
		h.Publish(id, n, time.Unix(0, int64(n)), outs)
	}
	for range 100 {
		publish()
	}
	if got := testing.AllocsPerRun(1000, publish); got > 4 { // the key and, at times, the timer of the pace
		t.Errorf("%v allocations a publication without browsers, want at most 4", got)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFanOut is 32 lanes at 10 Hz shown by many browsers over real sockets, with an
// alarm a second. The browsers are a process of their own, on the same cores: their share
// of a core is reported beside the server's. Latencies end where a frame lies in the
// browser's socket; "read" is when the browser, waiting for a core, has it. One operation is one second. Budget for 1000: state p99 50 ms, events p99 5 ms, 60 % of a
// core, 60 MB, none disconnected; browsers that never read change none of it.
func BenchmarkFanOut(b *testing.B) {
	for _, w := range []browsers{{Reading: 1}, {Reading: 100}, {Reading: 1000}, {Reading: 1000, Stuck: 10}} {
		name := strconv.Itoa(w.Reading)
		if w.Stuck > 0 {
			name += "+" + strconv.Itoa(w.Stuck) + "stuck"
		}
		b.Run(name, func(b *testing.B) { fanOut(b, w) })
	}
}

func fanOut(b *testing.B, w browsers) {
	h := NewHub("0123456789abcdef", 0)
	quiet := map[string]int64{}
	for i := range benchLanes {
		quiet["lane/"+strconv.Itoa(i+1)] = 7
	}
	c := &Server{hub: h, cfg: Config{Ages: func(time.Time) map[string]int64 { return quiet }}, info: []byte("{}")}
	c.upgrader = newUpgrader(nil)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.stream(w, r, auth.User{Name: r.URL.Query().Get("u"), Roles: []string{"officer"}}, func() bool { return true })
	}))
	b.Cleanup(srv.Close)
	b.Cleanup(h.Close)
	var lanes [benchLanes][]fusion.Output
	for i := range lanes {
		var id string
		id, lanes[i] = laneOf(i)
		h.Publish(id, 0, time.Now(), lanes[i])
	}
	w.URL = "ws" + srv.URL[len("http"):]
	finish := w.start(b)
	seconds := 0
	spent, start := cpu(), time.Now()
	due, row := start, uint64(1000)
	for b.Loop() {
		for tick := range 10 * benchLanes {
			due = due.Add(time.Second / (10 * benchLanes))
			time.Sleep(time.Until(due))
			k := tick % benchLanes
			row++
			advance(lanes[k], row, time.Now().UTC())
			outs := lanes[k]
			if tick == 0 {
				outs = append(outs[:2:2], fusion.Output{Kind: fusion.Alarm, Event: &fusion.Event{Kind: "test", At: time.Now().UTC(), Lane: "1", Text: "alarm"}})
			}
			h.Publish(strconv.Itoa(k+1), row, time.Now(), outs)
		}
		seconds++
	}
	d := time.Since(start)
	spent, rss := cpu()-spent, resident()
	r := finish()
	for name, a := range map[string]ages{"state": r.State, "events": r.Events, "state-read": r.StateRead, "events-read": r.LogRead} {
		b.ReportMetric(a.P50, name+"-p50-ms")
		b.ReportMetric(a.P99, name+"-p99-ms")
	}
	b.ReportMetric(100*spent.Seconds()/d.Seconds(), "cpu-%")
	b.ReportMetric(100*r.CPU/d.Seconds(), "browsers-cpu-%")
	b.ReportMetric(float64(r.Frames)/d.Seconds(), "frames/s")
	b.ReportMetric(float64(rss)/(1<<20), "rss-MB")
	b.ReportMetric(float64(r.Ended), "disconnected")
	// The last two may be on their way on a busy machine.
	if r.Ended == 0 && r.Logs < int64((seconds-2)*w.Reading) {
		b.Fatalf("%d events arrived in %d s at %d browsers", r.Logs, seconds, w.Reading)
	}
}

// resident is the memory of this process.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(f[1]), 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize())
}
