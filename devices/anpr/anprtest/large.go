package anprtest

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

const (
	// hugeSize is the picture that no camera makes.
	hugeSize = 200 << 20
	// memoryBound is how much the heap may grow while one such picture is sent: the largest
	// part that is taken (16 MiB), the room that growing it needs, and garbage that is not
	// collected yet.
	memoryBound = 96 << 20
	// crowdBound is the same for a hundred connections with a picture of 256 KiB each.
	crowdBound = 128 << 20
)

// peak watches the heap until it is stopped, and gives by how much it grew at most.
func peak() (stop func() int64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, m.HeapAlloc
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(quit)
		<-done
		return int64(most - before)
	}
}

func huge(t *testing.T, s Sender) {
	r := start(t, s, "")
	stop := peak()
	contentType, before, after := s.Wrap("a", plate, hugeSize)
	c := r.dial()
	defer c.Close()
	c.Write(s.head(contentType, fmt.Sprintf("Content-Length: %d", len(before)+hugeSize+len(after))))
	sent := stream(c, before, after, false)
	grown := stop()
	t.Logf("%d MiB sent before the driver closed; the heap grew by %d MiB at most", sent>>20, grown>>20)
	if grown > memoryBound {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, memoryBound)
	}
	r.reported("larger than", "are taken")
	r.next("b")
}

func hugeChunked(t *testing.T, s Sender) {
	r := start(t, s, "")
	stop := peak()
	contentType, before, after := s.Wrap("a", plate, hugeSize)
	c := r.dial()
	defer c.Close()
	c.Write(s.head(contentType, "Transfer-Encoding: chunked"))
	sent := stream(c, before, after, true)
	grown := stop()
	t.Logf("%d MiB sent before the driver closed; the heap grew by %d MiB at most", sent>>20, grown>>20)
	if grown > memoryBound {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, memoryBound)
	}
	r.reported("larger than")
	r.next("b")
}

// stream sends an event whose picture is made as it goes, until the driver has heard
// enough, and gives how much it took.
func stream(c net.Conn, before, after string, chunked bool) (sent int64) {
	block := bytes.Repeat([]byte{'A'}, 64<<10) // text as well as bytes
	put := func(p []byte) bool {
		if chunked {
			p = fmt.Appendf(nil, "%x\r\n%s\r\n", len(p), p)
		}
		n, err := c.Write(p)
		sent += int64(n)
		return err == nil
	}
	ok := put([]byte(before))
	for n := 0; n < hugeSize && ok; n += len(block) {
		ok = put(block)
	}
	if ok && put([]byte(after)) && chunked {
		c.Write([]byte("0\r\n\r\n"))
	}
	return sent
}

// crowd sends a hundred events at once. Those that find the driver full are closed at once,
// and come again, as cameras' queues do.
func crowd(t *testing.T, s Sender) {
	const n = 100
	r := start(t, s, "")
	picture := JPEG(1920, 1080, 256<<10)
	var messages [n][]byte
	for i := range n {
		id := fmt.Sprintf("%03d", i)
		messages[i] = s.request(s.event(id, id+"ABC02", picture), -1)
	}
	stop := peak()
	var wg sync.WaitGroup
	for i, m := range messages {
		wg.Go(func() {
			for range 500 {
				if r.try(m) == 200 {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Errorf("event %d is never taken", i)
		})
	}
	wg.Wait()
	grown := stop()
	t.Logf("the heap grew by %d MiB at most", grown>>20)
	if grown > crowdBound {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, crowdBound)
	}
	for i := range n {
		if got := r.count(fmt.Sprintf("%03dABC02", i)); got != 1 {
			t.Errorf("event %d is read %d times, want once", i, got)
		}
	}
	r.next("b")
}

// try sends a message, which may be refused by a closed connection.
func (r *rig) try(m []byte) int {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		return 0
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(m); err != nil {
		return 0
	}
	if t, ok := c.(*net.TCPConn); ok {
		t.CloseWrite() // fails where the driver has closed
	}
	return answer(c)
}
