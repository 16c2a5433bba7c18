package console

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/gorilla/websocket"

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

// watcher is a browser without a socket: it takes its frames when it is woken.
type watcher struct {
	*client
	frames, bytes int64
}

// drain takes what is due, as the writer of a socket would; sends go to an in-memory pipe.
func (w *watcher) drain(h *Hub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range w.snaps {
		w.bytes += int64(len(h.snapshot(nil, t)))
	}
	w.snaps = nil
	if d := h.delta(w.topics, w.view, w.ver); d != nil {
		w.frames++
		w.bytes += int64(len(d))
	}
	w.ver = h.ver
	w.pending, w.backlog = w.pending[:0], 0
}

// BenchmarkPublish is one publication of one lane, and the frames that it gives to 1, 100
// and 1000 browsers that show all lanes; every browser is drained before the clock stops.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{0, 1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			h := NewHub("0123456789abcdef", 0)
			ws := make([]*watcher, n)
			for i := range ws {
				ws[i] = &watcher{client: &client{hub: h, user: auth.User{Name: strconv.Itoa(i)}, kick: make(chan struct{}, 1), gone: make(chan struct{})}}
				if err := h.join(ws[i].client); err != nil {
					b.Fatal(err)
				}
				ws[i].subscribe([]string{"lanes"})
			}
			var lanes [benchLanes][]fusion.Output
			for i := range lanes {
				var id string
				id, lanes[i] = laneOf(i)
				h.Publish(id, uint64(i+1), time.Now(), lanes[i])
			}
			for _, w := range ws {
				w.drain(h)
				w.frames = 0
			}
			k, row := 0, uint64(100)
			b.ReportAllocs()
			for b.Loop() {
				k, row = (k+1)%benchLanes, row+1
				advance(lanes[k], row, time.Unix(0, int64(row)))
				h.Publish(strconv.Itoa(k+1), row, time.Unix(0, int64(row)), lanes[k])
				for _, w := range ws {
					w.drain(h)
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
// alarm a second. Browsers and server share this process and its cores: the CPU share is
// that of both. One operation is one second. Budget for 1000: state p99 50 ms, events p99
// 5 ms, 60 % of a core for the server alone.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { fanOut(b, n) })
	}
}

type tally struct {
	mu            sync.Mutex
	state, events *hdrhistogram.Histogram
	frames, lost  atomic.Int64
	ended         atomic.Int64
}

func fanOut(b *testing.B, n int) {
	h := NewHub("0123456789abcdef", 0)
	c := &Server{hub: h, cfg: Config{Ages: func(time.Time) map[string]int64 { return nil }}, info: []byte("{}")}
	c.upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 4096}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.stream(w, r, auth.User{Name: r.URL.Query().Get("u"), Roles: []string{"officer"}}, func() bool { return true })
	}))
	b.Cleanup(srv.Close)
	var lanes [benchLanes][]fusion.Output
	for i := range lanes {
		var id string
		id, lanes[i] = laneOf(i)
		h.Publish(id, 0, time.Now(), lanes[i])
	}
	t := &tally{state: hdrhistogram.New(1, 60e6, 3), events: hdrhistogram.New(1, 60e6, 3)}
	var ready, all sync.WaitGroup
	conns := make([]net.Conn, 0, n)
	for i := range n {
		ws, res, err := websocket.DefaultDialer.DialContext(b.Context(), fmt.Sprintf("ws%s/?u=%d", srv.URL[len("http"):], i), nil)
		if err != nil {
			b.Fatalf("browser %d: %v", i, err)
		}
		res.Body.Close()
		if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"hello","topics":["lanes"]}`)); err != nil {
			b.Fatal(err)
		}
		conns = append(conns, ws.NetConn())
		ready.Add(1)
		all.Go(func() { t.watch(ws, ready.Done) })
	}
	ready.Wait()
	rss := resident()
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
	spent = cpu() - spent
	ended := t.ended.Load()
	for _, c := range conns {
		c.Close()
	}
	all.Wait()
	ms := func(h *hdrhistogram.Histogram, q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	b.ReportMetric(ms(t.state, 50), "state-p50-ms")
	b.ReportMetric(ms(t.state, 99), "state-p99-ms")
	b.ReportMetric(ms(t.events, 50), "events-p50-ms")
	b.ReportMetric(ms(t.events, 99), "events-p99-ms")
	b.ReportMetric(100*spent.Seconds()/d.Seconds(), "cpu-%")
	b.ReportMetric(float64(t.frames.Load())/d.Seconds(), "frames/s")
	b.ReportMetric(float64(rss)/(1<<20), "rss-MB")
	b.ReportMetric(float64(ended), "disconnected")
	if got := t.events.TotalCount(); ended == 0 && got < int64((seconds-1)*n) {
		b.Fatalf("%d events arrived in %d s at %d browsers", got, seconds, n)
	}
}

// watch reads a stream; of every frame the newest time in it is taken.
func (t *tally) watch(ws *websocket.Conn, ready func()) {
	first := true
	for {
		_, p, err := ws.ReadMessage()
		if err != nil {
			t.ended.Add(1)
			return
		}
		now := time.Now()
		key, h := []byte(`"updated":"`), t.state
		switch {
		case first && bytes.HasPrefix(p, []byte(`{"t":"snap"`)):
			first = false
			ready()
			continue
		case bytes.HasPrefix(p, []byte(`{"t":"log"`)):
			key, h = []byte(`"at":"`), t.events
		case !bytes.HasPrefix(p, []byte(`{"t":"delta"`)):
			continue
		}
		t.frames.Add(1)
		oldest := time.Duration(0)
		for {
			i := bytes.Index(p, key)
			if i < 0 {
				break
			}
			p = p[i+len(key):]
			at, err := time.Parse(time.RFC3339Nano, string(p[:bytes.IndexByte(p, '"')]))
			if err == nil {
				oldest = max(oldest, now.Sub(at))
			}
		}
		t.mu.Lock()
		_ = h.RecordValue(min(oldest, time.Minute).Microseconds()) // bounded on this line
		t.mu.Unlock()
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
