package devices

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// TestAnIdleConnectionIsCheap holds what one open connection costs in this process; a
// tracker gateway has 100,000 of them.
func TestAnIdleConnectionIsCheap(t *testing.T) {
	const n, most = 2000, 8 << 10
	ln, err := line.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var got sync.WaitGroup
	got.Add(n)
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	src := Listen(ln.Open, func() Session { return &lines{} }, Env{Name: "gw"}, ListenConfig{Max: n})
	conns := make([]net.Conn, 0, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	go func() { end <- src.Run(ctx, func(obs.Observation, func(error)) { got.Done() }) }()
	for i := range n {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Skipf("only %d connections here: %v", i, err)
		}
		defer c.Close()
		conns = append(conns, c)
		fmt.Fprintf(c, "imei %d\n", i)
	}
	got.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)) / n
	t.Logf("%d bytes of heap and stack a connection, its other end included", each)
	if each > most {
		t.Errorf("%d bytes a connection, want at most %d", each, most)
	}
	start := time.Now()
	cancel()
	<-end
	if d := time.Since(start); d > time.Second {
		t.Errorf("%d connections ended in %v", n, d)
	}
}
