package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// node is a demo that is measured from outside.
type node struct {
	url   string
	pid   int
	close func() // kill -9
}

// startNode starts a demo and waits until its console answers.
func startNode(b *testing.B, dir string, args ...string) *node {
	b.Helper()
	addr := filepath.Join(dir, "addr")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		b.Fatal(err)
	}
	_ = os.Remove(addr) // absent on the first start
	ctx, cancel := context.WithCancel(context.Background())
	log := new(tail)
	c := program(ctx, append([]string{"demo", "--data", dir, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--nats", "127.0.0.1:0",
		"--mqtt", "127.0.0.1:0", "--centre", "127.0.0.1:0", "--trackers", "127.0.0.1:0", "--addr", addr}, args...)...)
	c.Stderr = log
	if err := c.Start(); err != nil {
		cancel()
		b.Fatal(err)
	}
	n := &node{pid: c.Process.Pid, close: func() {
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait() // it was killed: its status says so
		cancel()
	}}
	b.Cleanup(func() {
		if c.ProcessState == nil {
			n.close()
		}
	})
	limit := time.Now().Add(time.Minute)
	for time.Now().Before(limit) {
		if n.url == "" {
			if p, err := os.ReadFile(addr); err == nil && strings.HasSuffix(string(p), "\n") {
				n.url = strings.TrimSpace(string(p))
			}
		}
		if n.url != "" {
			if res, err := http.Get(n.url + "/"); err == nil {
				res.Body.Close()
				return n
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	b.Fatalf("the demo does not answer:\n%s", log)
	return nil
}

// status reads a field of /proc/PID/status in kB.
func (n *node) status(b *testing.B, field string) float64 {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", n.pid))
	if err != nil {
		b.Skip("no /proc on this machine: ", err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), field+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb
		}
	}
	b.Fatalf("no %s in /proc/%d/status", field, n.pid)
	return 0
}

// cpu is the processor time of the process so far: fields 14 and 15 of its stat, in ticks
// of 10 ms.
func (n *node) cpu(b *testing.B) time.Duration {
	b.Helper()
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.pid))
	if err != nil {
		b.Skip("no /proc on this machine: ", err)
	}
	f := strings.Fields(string(p[strings.LastIndexByte(string(p), ')')+1:]))
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// spread reports the median and the worst of some durations.
func spread(b *testing.B, ds []time.Duration, name string) {
	slices.Sort(ds)
	b.ReportMetric(ds[len(ds)/2].Seconds(), name+"-median-s")
	b.ReportMetric(ds[len(ds)-1].Seconds(), name+"-worst-s")
}

// BenchmarkStart is the first start of a demo with 4 lanes, from the call of the program to
// the console's first answer. Budget 3 s.
func BenchmarkStart(b *testing.B) {
	var ds []time.Duration
	for i := 0; b.Loop(); i++ {
		dir := filepath.Join(b.TempDir(), strconv.Itoa(i))
		start := time.Now()
		n := startNode(b, dir)
		ds = append(ds, time.Since(start))
		n.close()
	}
	spread(b, ds, "start")
}

// BenchmarkRestart is the same after a run with traffic that ended by kill -9. Budget 2 s.
func BenchmarkRestart(b *testing.B) {
	dir := b.TempDir()
	n := startNode(b, dir, "--lanes", "16", "--officer", "auto")
	time.Sleep(30 * time.Second) // the traffic that is restored: there is nothing to wait for by event
	n.close()
	var ds []time.Duration
	for b.Loop() {
		start := time.Now()
		n := startNode(b, dir, "--lanes", "16", "--officer", "auto")
		ds = append(ds, time.Since(start))
		b.StopTimer()
		time.Sleep(3 * time.Second) // and some more
		n.close()
		b.StartTimer()
	}
	spread(b, ds, "restart")
}

// BenchmarkNode is a demo with 16 busy lanes and an officer, simulator included in the same
// process: memory after a minute, share of a core. Budget 300 MB, 1 core.
func BenchmarkNode(b *testing.B) {
	n := startNode(b, b.TempDir(), "--lanes", "16", "--officer", "auto")
	time.Sleep(40 * time.Second) // warm-up: vehicles come after ten seconds and take half a minute
	for b.Loop() {
		spent, start := n.cpu(b), time.Now()
		time.Sleep(20 * time.Second)
		b.ReportMetric(100*(n.cpu(b)-spent).Seconds()/time.Since(start).Seconds(), "cpu-%")
	}
	b.ReportMetric(n.status(b, "VmRSS")/1024, "rss-MB")
	b.ReportMetric(n.status(b, "RssAnon")/1024, "anonymous-MB")
	b.ReportMetric(n.status(b, "VmHWM")/1024, "peak-MB")
}
