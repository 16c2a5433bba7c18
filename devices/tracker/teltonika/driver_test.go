package teltonika

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

func TestTheExampleIsAWholeGateway(t *testing.T) {
	cfg, err := load(devicestest.Section(t, Driver().Example))
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	if cfg.SealInput != 1 || len(cfg.Allow) != 1 || cfg.Login != want.Login || cfg.Idle != want.Idle || cfg.MaxFrame != want.MaxFrame {
		t.Errorf("settings %+v", cfg)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an IMEI that is none", `allow = ["17"]`, "15 or 16 digits"},
		{"another transport", `transport = "sctp"`, "want tcp or udp"},
		{"no frame fits", `max_frame = 10`, "256 to 65535"},
		{"an unknown integrity", `integrity = "some"`, "strict or lenient"},
		{"a seal without an input", `seal_input = 9`, "digital input 1 to 4"},
		{"two faults are both named", "seal_closed = 2\nlogin = \"-1s\"", "seal_closed 2"},
		{"an unknown key", `alow = []`, "alow"},
	} {
		_, err := NewSession(devicestest.Settings(t, Kind, "", c.text), devices.Env{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestGatewayAnswersOnlyWhenDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		src, err := New(devices.Section{Link: "pipe:gw"}, devices.Env{Name: "gw",
			Open: func(string) (line.Open, error) { return pipes.Open("gw"), nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var dones []func(error)
		ended := make(chan error)
		go func() {
			ended <- src.Run(ctx, func(_ obs.Observation, done func(error)) { dones = append(dones, done) })
		}()
		c, err := pipes.Accept(ctx, "gw")
		if err != nil {
			t.Fatal(err)
		}
		read := func(n int) string {
			b := make([]byte, n)
			if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			n, err := io.ReadFull(c, b)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			return string(b[:n])
		}
		write := func(h string) {
			if _, err := c.Write(devicestest.Unhex(t, h)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		write(login)
		if got := read(1); got != "\x01" {
			t.Fatalf("login answered %q", got)
		}
		write(two8)
		if len(dones) != 2 {
			t.Fatalf("%d observations, want 2", len(dones))
		}
		dones[0](nil)
		if got := read(4); got != "" {
			t.Fatalf("answered %q with one of two records durable", got)
		}
		dones[1](nil)
		if got := read(4); got != "\x00\x00\x00\x02" {
			t.Fatalf("answered %q", got)
		}
		write(one8)
		dones[2](errors.New("disk full"))
		if got := read(4); got != "\x00\x00\x00\x00" {
			t.Fatalf("answered %q to a record that was refused", got)
		}
		cancel()
		<-ended
	})
}
