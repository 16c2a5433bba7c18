package line

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the child of exec: links.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "test-child" {
		os.Exit(testChild())
	}
	os.Exit(m.Run())
}

// testChild answers each line in capitals; some words have another effect.
func testChild() int {
	r := bufio.NewReader(os.Stdin)
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return 0
		}
		switch strings.TrimSpace(l) {
		case "die":
			fmt.Fprintln(os.Stderr, "terminate called after throwing an instance of 'cv::Exception'")
			fmt.Fprintln(os.Stderr, "further talk")
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour) // the signal is on its way
		case "leave":
			fmt.Fprintln(os.Stderr, "no model file")
			return 3
		case "deaf":
			time.Sleep(time.Hour)
		}
		fmt.Print(strings.ToUpper(l))
	}
}

func openChild(t *testing.T) Conn {
	t.Helper()
	open, err := Parse("exec:self test-child")
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func say(t *testing.T, c Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func TestChildAnswersUntilClosed(t *testing.T) {
	c := openChild(t)
	say(t, c, "hello\n")
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err != nil || string(buf[:n]) != "HELLO\n" {
		t.Fatalf("Read = %q, %v", buf[:n], err)
	}
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read of a silent child = %v, want a deadline that has passed", err)
	}
	pid := c.(*child).cmd.Process.Pid
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there after Close: %v", err)
	}
}

func TestHowAChildEndedIsTold(t *testing.T) {
	for word, want := range map[string]string{
		"die":   "test-child ended: signal: killed: terminate called",
		"leave": "test-child ended: exit status 3: no model file",
	} {
		c := openChild(t)
		say(t, c, word+"\n")
		_, err := c.Read(make([]byte, 10))
		e, ok := errors.AsType[*EndedError](err)
		if !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: Read = %v, want %q", word, err, want)
		}
		if word == "die" && ok && !strings.HasPrefix(e.Said, "terminate called") {
			t.Errorf("it said %q, want the line that names the fault", e.Said)
		}
		// What is written to one that is gone fails the same way, once the pipe has noticed.
		if _, err := io.WriteString(c, "more\n"); err == nil || !strings.Contains(err.Error(), "ended") {
			t.Errorf("%s: Write = %v, want how the child ended", word, err)
		}
	}
}

func TestADeafChildIsKilledByClose(t *testing.T) {
	c := openChild(t)
	say(t, c, "deaf\n")
	began := time.Now()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < closeGrace/2 || took > time.Minute {
		t.Errorf("Close took %v, want about %v", took, closeGrace)
	}
}

func TestCloseEndsARead(t *testing.T) {
	c := openChild(t)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 10))
		ended <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("Read of a closed link gave no error")
		}
	case <-ctx.Done():
		t.Error("Read goes on after Close")
	}
}
