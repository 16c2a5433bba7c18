package devices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// source is a Source of a function.
type source func(ctx context.Context, emit Emit) error

func (s source) Run(ctx context.Context, emit Emit) error { return s(ctx, emit) }

// record collects what a supervisor hands on, with the time.
type record struct {
	mu    sync.Mutex
	start time.Time
	lines []string
	obs   []obs.Observation
}

func (r *record) emit(o obs.Observation, done func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done != nil {
		done(nil)
	}
	r.obs = append(r.obs, o)
	text := ""
	switch b := o.Body.(type) {
	case *obs.Health:
		text = string(b.State) + " (" + b.Reason + ")"
	case *obs.Presence:
		text = b.Signal
	}
	r.lines = append(r.lines, fmt.Sprintf("%v %d %s", time.Since(r.start).Round(time.Second), o.Seq, text))
}

func (r *record) String() string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

func supervise(t *testing.T, how Supervision) (*Supervisor, *record) {
	t.Helper()
	r := &record{start: time.Now()}
	how.Name, how.Lane, how.Emit = "wim-03", "L1", r.emit
	return NewSupervisor(how), r
}

func want(t *testing.T, got fmt.Stringer, lines ...string) {
	t.Helper()
	if g, w := got.String(), strings.Join(lines, "\n"); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}

func TestSupervisorRestartsWithGrowingPausesAndTellsChangesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{})
		var at []time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		src := source(func(ctx context.Context, emit Emit) error {
			at = append(at, time.Since(rec.start))
			if len(at) == 9 { // good for 70 s, then the pause starts small again
				emit(obs.Observation{Body: &obs.Presence{Signal: "on"}}, nil)
				time.Sleep(70 * time.Second)
			}
			if len(at) == 10 {
				emit(obs.Observation{Body: &obs.Presence{Signal: "off"}}, nil)
				<-ctx.Done()
				return nil
			}
			return errors.New("connection refused")
		})
		end := make(chan error)
		go func() { end <- sup.Run(ctx, src) }()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(at) != 10 {
			t.Fatalf("%d runs, want 10", len(at))
		}
		pause := 500 * time.Millisecond
		for i := 1; i < 9; i++ {
			d := at[i] - at[i-1]
			if d < pause*8/10 || d > pause*12/10 {
				t.Errorf("pause %d is %v, want %v within 20 %%", i, d, pause)
			}
			pause = min(2*pause, 30*time.Second)
		}
		if d := at[9] - at[8] - 70*time.Second; d > 600*time.Millisecond {
			t.Errorf("pause after a good run is %v, want about 0.5 s", d)
		}
		var states []string
		for _, o := range rec.obs {
			if o.Source != "wim-03" || o.Lane != "L1" || o.Stamp.Arrived.IsZero() {
				t.Errorf("observation without name or arrival: %+v", o)
			}
			if h, ok := o.Body.(*obs.Health); ok {
				states = append(states, string(h.State)+" "+h.Reason)
			}
		}
		if got := strings.Join(states, ", "); got != "offline connection refused, online , offline connection refused, online " {
			t.Errorf("health: %s", got)
		}
		for i, o := range rec.obs {
			if o.Seq != uint64(i+1) {
				t.Errorf("observation %d has seq %d", i, o.Seq)
			}
		}
		st := sup.Status()
		if st.State != obs.Online || st.Counters.Reconnects != 9 {
			t.Errorf("status %+v", st)
		}
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestSupervisorDoesNotRetryWhatCannotBeMended(t *testing.T) {
	for _, cause := range []error{Permanent(errors.New("wrong model answered")), fmt.Errorf("replay x: %w", line.ErrEnd)} {
		synctest.Test(t, func(t *testing.T) {
			sup, rec := supervise(t, Supervision{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			n := 0
			err := sup.Run(ctx, source(func(context.Context, Emit) error { n++; return cause }))
			if n != 1 || !errors.Is(err, cause) || time.Since(rec.start) != time.Hour {
				t.Errorf("%d runs, %v after %v", n, err, time.Since(rec.start))
			}
			want(t, rec, "0s 1 offline ("+cause.Error()+")")
		})
	}
}

func TestAPanicOfADriverIsADeviceFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n := 0
		sup.Run(ctx, source(func(context.Context, Emit) error { n++; panic("index out of range") }))
		if n < 3 {
			t.Errorf("%d runs, want it restarted", n)
		}
		want(t, rec, "0s 1 offline (fault in the driver: index out of range)")
	})
}

func TestASourceThatIgnoresCancellationIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		release := make(chan struct{})
		refused := make(chan error, 1)
		err := sup.Run(ctx, source(func(_ context.Context, emit Emit) error {
			<-release
			emit(obs.Observation{Body: &obs.Presence{}}, func(err error) { refused <- err })
			return nil
		}))
		if !errors.Is(err, ErrStuck) || time.Since(rec.start) != 66*time.Second {
			t.Errorf("Run: %v after %v, want ErrStuck after 66 s", err, time.Since(rec.start))
		}
		if st := sup.Status(); st.State != obs.Offline || !strings.Contains(st.Reason, "ignores cancellation") {
			t.Errorf("status %+v", st)
		}
		close(release)
		if err := <-refused; err == nil {
			t.Error("an observation after the end was taken")
		}
		want(t, rec, "5s 1 offline (nothing heard from the instrument yet)")
	})
}

func TestHealthOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{Silence: 20 * time.Second})
		pipes := line.NewPipes()
		src := Stream(pipes.Open("x"), func() Session { return &lines{} }, sup.Env(Env{}))
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error)
		go func() { end <- sup.Run(ctx, src) }()
		time.Sleep(10 * time.Second)
		far, err := pipes.Accept(ctx, "x")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(far, "hello\n")
		synctest.Wait()
		io.WriteString(far, strings.Repeat("bad\n", 10))
		synctest.Wait()
		io.WriteString(far, strings.Repeat("bad\n", 7))
		synctest.Wait()
		for range 7 {
			time.Sleep(10 * time.Second)
			synctest.Wait()
			io.WriteString(far, "y")
		}
		time.Sleep(30 * time.Second)
		io.WriteString(far, "\n")
		synctest.Wait()
		if n := len(sup.Status().Errors); n != 17 {
			t.Errorf("%d decode errors on the health screen, want 17", n)
		}
		far.Close()
		time.Sleep(100 * time.Millisecond)
		cancel()
		<-end
		want(t, rec,
			"5s 1 offline (nothing heard from the instrument yet)",
			"10s 2 online ()",
			"10s 3 hello",
			"10s 4 degraded (10 bad frames in the last minute, last: lines: offset 46: bad line)",
			"1m10s 5 online ()",
			"1m40s 6 degraded (nothing heard for 20s)",
			"1m50s 7 online ()",
			"1m50s 8 yyyyyyy",
			"1m50s 9 offline (read from pipe:x: EOF)",
		)
		c := sup.Status().Counters
		if c.Frames != 2 || c.DecodeErrors != 17 || c.Bytes != 6+17*4+8 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestWhatAnInstrumentSaysOfItselfIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sup.Run(ctx, source(func(ctx context.Context, emit Emit) error {
			say := func(s obs.HealthState, why string) {
				got := make(chan error, 1)
				emit(obs.Observation{Body: &obs.Health{State: s, Reason: why}}, func(err error) { got <- err })
				if err := <-got; err != nil {
					t.Errorf("done: %v", err)
				}
			}
			say(obs.Online, "")
			say(obs.Degraded, "barrier did not follow")
			say(obs.Degraded, "barrier did not follow")
			say(obs.Degraded, "loop stuck")
			say(obs.Maintenance, "cover open")
			say(obs.Online, "")
			<-ctx.Done()
			return nil
		}))
		want(t, rec, "0s 1 online ()", "0s 2 degraded (barrier did not follow)", "0s 3 degraded (loop stuck)",
			"0s 4 maintenance (cover open)", "0s 5 online ()")
	})
}

func TestAWrongInstrumentClockIsMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, rec := supervise(t, Supervision{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		see := func(emit Emit, late time.Duration, body obs.Body) {
			emit(obs.Observation{Stamp: obs.Stamp{At: time.Now().Add(-late), Origin: obs.Device}, Body: body}, nil)
			time.Sleep(time.Minute)
		}
		sup.Run(ctx, source(func(ctx context.Context, emit Emit) error {
			p := &obs.Presence{Signal: "x"}
			see(emit, time.Second, p)
			see(emit, time.Hour, p)    // late, but the clock is known to be right
			see(emit, -time.Minute, p) // in the future: the clock is wrong
			for range 22 {
				see(emit, time.Second, p) // set right: believed after a while
			}
			see(emit, 5*time.Hour, &obs.Fix{}) // trackers deliver late
			see(emit, -time.Hour, &obs.Fix{})
			emit(obs.Observation{Stamp: obs.Stamp{At: time.Unix(0, 0)}, Body: p}, nil) // our own clock is not checked
			<-ctx.Done()
			return nil
		}))
		var origins []obs.Origin
		var health []string
		for _, o := range rec.obs {
			if h, ok := o.Body.(*obs.Health); ok {
				health = append(health, string(h.State)+" "+h.Reason)
				continue
			}
			origins = append(origins, o.Stamp.Origin)
		}
		if origins[0] != obs.Device || origins[1] != obs.Device || origins[2] != obs.DeviceUnsynced || origins[24] != obs.Device ||
			origins[25] != obs.Device || origins[26] != obs.DeviceUnsynced || origins[27] != obs.Gateway {
			t.Errorf("origins %v", origins)
		}
		if got := strings.Join(health, ", "); got != "online , degraded instrument clock is 1m0s fast, online " {
			t.Errorf("health: %s", got)
		}
	})
}

func TestADecodedRecordingIsTheSameInAnyPieces(t *testing.T) {
	in := "a\nack b\nbad\nboth\nsay x\nhalf"
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for chunk := range len(in) {
		var got []string
		err := Decode(&lines{}, strings.NewReader(in), func() time.Time { return start }, chunk,
			func(o obs.Observation) { got = append(got, fmt.Sprint(o.Seq, o.Body.(*obs.Presence).Signal)) },
			func(e *obs.DecodeError) { got = append(got, e.Error()) })
		if err != nil {
			t.Fatal(err)
		}
		w := "1a 2b lines: offset 12: bad line 31 42 53 lines: offset 27: half a line"
		if chunk == 0 || chunk >= 6 { // errors of a chunk come before its observations
			w = ""
		}
		if g := strings.Join(got, " "); w != "" && g != w {
			t.Errorf("chunk %d: %s\nwant %s", chunk, g, w)
		}
		if len(got) != 7 {
			t.Errorf("chunk %d: %d outcomes, want 7", chunk, len(got))
		}
	}
}

func TestVirtualAcknowledgesAsStreamDoes(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	v := NewVirtual("dev", "L1", &lines{every: time.Second})
	full := false
	v.Emit = func(o obs.Observation) error {
		if full {
			return errors.New("full")
		}
		return nil
	}
	if err := errors.Join(v.Open(now), v.Feed(now, []byte("both\nack a\n"))); err != nil {
		t.Fatal(err)
	}
	full = true
	if err := v.Feed(now.Add(1500*time.Millisecond), []byte("ack b\n")); err != nil {
		t.Fatal(err)
	}
	if got, w := string(v.Sent), "tick\nonetwo+atick\n-b"; got != w {
		t.Errorf("sent %q, want %q", got, w)
	}
	if at, ok := v.Deadline(); !ok || !at.Equal(now.Add(2500*time.Millisecond)) {
		t.Errorf("deadline %v %v", at, ok)
	}
	if err := v.Feed(now, []byte("fail x\n")); err == nil || v.Feed(now, nil) == nil {
		t.Error("a failed link goes on")
	}
	if _, ok := v.Deadline(); ok {
		t.Error("a failed link has a deadline")
	}
}

func BenchmarkStreamAcknowledged(b *testing.B) {
	c := &endless{frame: []byte("ack a\n"), left: b.N}
	b.ReportAllocs()
	s := Stream(once(c), func() Session { return &lines{} }, Env{})
	b.ResetTimer()
	s.Run(b.Context(), func(_ obs.Observation, done func(error)) { done(nil) })
}

type endless struct {
	halfClosed
	frame []byte
	left  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	e.left--
	return copy(p, e.frame), nil
}

func (e *endless) Write(p []byte) (int, error) { return len(p), nil }
