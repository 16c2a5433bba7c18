package tsa

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

func TestTheExampleIsAWholeDevice(t *testing.T) {
	var file struct {
		Lane struct {
			Device []struct {
				Name, Driver, Link, Station string
				Settings                    toml.Primitive
			}
		}
	}
	meta, err := toml.Decode(example, &file)
	if err != nil {
		t.Fatal(err)
	}
	d := file.Lane.Device[0]
	if d.Driver != Kind {
		t.Fatalf("driver %q", d.Driver)
	}
	sec := devices.Section{Driver: d.Driver, Link: d.Link, Station: d.Station,
		Decode: func(v any) error { return meta.PrimitiveDecode(d.Settings, v) }}
	if _, err := Driver().New(sec, devices.Env{}); err != nil {
		t.Fatal(err)
	}
	if left := meta.Undecoded(); len(left) > 0 {
		t.Fatalf("settings nobody reads: %v", left)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"a silence shorter than the background's interval", `silence = "2s"`, "at least the 5 s"},
		{"a zone by name", `zone = "Asia/Almaty"`, "offset from UTC"},
		{"a day that does not exist", `date = "2026-02-30"`, "want a day"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Driver().NewSession(devices.Section{Decode: func(v any) error {
				_, err := toml.Decode(row.text, v)
				return err
			}}, devices.Env{})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestOnALink(t *testing.T) {
	near, far := line.Pipe("portal")
	src, err := Driver().New(devices.Section{Link: "pipe:portal"}, devices.Env{
		Open: func(string) (line.Open, error) {
			return func(context.Context) (line.Conn, error) { return near, nil }, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = far.Write([]byte(corpus + strings.TrimSpace(line2)))
		_ = far.Close()
	}()
	var tags []string
	err = src.Run(t.Context(), func(o obs.Observation, done func(error)) {
		tags = append(tags, o.Body.(*obs.Radiation).Tag)
		if done != nil {
			done(nil)
		}
	})
	if errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := tags[len(tags)-1]; got != "TC" {
		t.Fatalf("the last of %d lines is %s: a line without its end was lost", len(tags), got)
	}
}

const line2 = "TC,111111,111111,111111,111111\r\n"
