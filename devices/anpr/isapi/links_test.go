package isapi

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

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// served answers each connection to a pipe with what answer gives for its first bytes.
func served(t *testing.T, pipes *line.Pipes, name string, answer func(request string) (reply string, stay bool)) {
	go func() {
		for {
			c, err := pipes.Accept(t.Context(), name)
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					reply, stay := answer(string(buf[:n]))
					if _, err := io.WriteString(c, reply); err != nil || !stay {
						return
					}
				}
			}()
		}
	}()
}

// sources runs the driver in virtual time on two links and gives what it emits.
func sources(t *testing.T, settings string, main, poll func(string) (string, bool), d time.Duration) (told []string, err error) {
	pipes := line.NewPipes()
	env := devices.Env{Name: "cam", Keep: nameOnly, Report: func(*obs.DecodeError) {},
		Open: func(link string) (line.Open, error) { return pipes.Open(strings.TrimPrefix(link, "pipe:")), nil }}
	src, err := New(devicestest.Settings(t, Kind, "pipe:main", settings), env)
	if err != nil {
		t.Fatal(err)
	}
	served(t, pipes, "main", main)
	served(t, pipes, "poll", poll)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var mu sync.Mutex
	busy := false
	err = src.Run(ctx, func(o obs.Observation, done func(error)) {
		mu.Lock()
		if busy {
			t.Error("two observations at once")
		}
		busy = true
		mu.Unlock()
		time.Sleep(time.Millisecond)
		switch b := o.Body.(type) {
		case *obs.Plate:
			told = append(told, fmt.Sprintf("%s late=%v", b.Text, b.Late))
		case *obs.Health:
			told = append(told, strings.TrimSpace(string(b.State)+" "+b.Reason))
		}
		mu.Lock()
		busy = false
		mu.Unlock()
		if done != nil {
			done(nil)
		}
	})
	return told, err
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=boundary\r\n\r\n"

// TestTwoLinksOfACamera: the second link is opened beside the first, rests while the camera
// closes it, and ends with the first.
func TestTwoLinksOfACamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		began := time.Now()
		poll := func(request string) (string, bool) {
			asked++
			body := "<Plates></Plates>"
			if since := time.Since(began); since > time.Minute && since < 2*time.Minute {
				body = "<Plates><Plate><captureTime>" + began.Add(50*time.Second).UTC().Format("20060102T150405Z") + "</captureTime><plateNumber>7777AB</plateNumber><picName>9</picName></Plate></Plates>"
			}
			return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body), asked%2 == 0
		}
		stream := func(string) (string, bool) {
			now := strings.Replace(alert, "2026-03-01T11:13:59.250+05:00", time.Now().Format("2006-01-02T15:04:05.000Z07:00"), 1)
			return streamHead + field("e.xml", "application/xml", now, true) + field("b.jpg", "image/jpeg", jpeg(9, 9, ""), true), true
		}
		told, err := sources(t, "mode = \"stream\"\npoll = \"pipe:poll\"\npoll_every = \"10s\"\nsilence = \"1h\"\n", stream, poll, 2*time.Minute)
		if !errors.Is(err, context.DeadlineExceeded) || strings.Join(told, "|") != "389BK01 late=false|7777AB late=true" {
			t.Errorf("told %q, %v", told, err)
		}
		if asked < 10 || asked > 16 {
			t.Errorf("asked %d times in two minutes", asked)
		}
	})
}

// TestAFirstLinkThatEndsTakesTheSecondWithIt.
func TestAFirstLinkThatEndsTakesTheSecondWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := sources(t, "mode = \"stream\"\npoll = \"pipe:poll\"\n", func(string) (string, bool) { return streamHead, false },
			func(string) (string, bool) {
				return "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<Plates></Plates>", true
			}, time.Hour)
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ends with %v", err)
		}
	})
}

// TestListsThatFailAreTold, and that they work again.
func TestListsThatFailAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		beat := field("e", "application/xml", "<EventNotificationAlert><eventType>heartBeat</eventType></EventNotificationAlert>", true)
		told, _ := sources(t, "mode = \"stream\"\npoll = \"pipe:poll\"\nsilence = \"1h\"\n", func(string) (string, bool) { return streamHead + beat, true },
			func(string) (string, bool) {
				if time.Since(began) < time.Minute {
					return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", true
				}
				return "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<Plates></Plates>", true
			}, 3*time.Minute)
		if got := strings.Join(told, "|"); got != "degraded plates cannot be fetched: isapi: the camera answers 503 Busy to the request for plates|online" {
			t.Errorf("told %q", got)
		}
	})
}
