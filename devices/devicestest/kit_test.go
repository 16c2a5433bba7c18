package devicestest_test

import (
	"bytes"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
)

// lines is a driver as small as can be: a line is an observation.
type lines struct {
	buf    []byte
	offset int64
	mark   byte
}

func (s *lines) Feed(now time.Time, p []byte, out *devices.Out) {
	s.buf = append(s.buf, p...)
	for {
		i := bytes.IndexByte(s.buf, '\n')
		if i < 0 {
			break
		}
		l := s.buf[:i+1]
		if l[0] == s.mark {
			out.Emit(now, l, &obs.Presence{Signal: string(l)})
		} else {
			out.Err("lines", s.offset, "unknown line", l)
		}
		s.offset += int64(i + 1)
		s.buf = append(s.buf[:0], s.buf[i+1:]...)
	}
	if len(s.buf) > 1024 {
		out.Err("lines", s.offset, "line too long", s.buf)
		s.offset += int64(len(s.buf))
		s.buf = s.buf[:0]
	}
}

func (s *lines) Tick(time.Time, *devices.Out)     {}
func (s *lines) Deadline() (t time.Time, ok bool) { return t, false }

func driver() devices.Driver {
	type config struct {
		Mark string `toml:"mark"`
	}
	session := func(sec devices.Section, _ devices.Env) (devices.Session, error) {
		cfg := config{Mark: "+"}
		if err := sec.Decode(&cfg); err != nil {
			return nil, err
		}
		return &lines{mark: cfg.Mark[0]}, nil
	}
	return devices.Driver{Kind: "test/lines", Summary: "a line is an observation", Manual: "Send lines.",
		Example: `
[[lane.device]]
name   = "lines-1"
driver = "test/lines"
link   = "tcp:10.0.0.1:4001"
  [lane.device.settings]
  mark = "*"
`,
		New: func(sec devices.Section, env devices.Env) (devices.Source, error) {
			if _, err := session(sec, env); err != nil {
				return nil, err
			}
			open, err := env.Link(sec.Link)
			if err != nil {
				return nil, err
			}
			return devices.Stream(open, func() devices.Session { s, _ := session(sec, env); return s }, env), nil
		},
		NewSession: session,
	}
}

func TestAConformingDriverPasses(t *testing.T) {
	devicestest.Run(t, driver(), devicestest.Script{Good: []byte("*a\n*b\n"), Want: 2, RawIsBytes: true})
	devicestest.Run(t, driver(), devicestest.Script{Good: []byte("!a\n"), Want: 1, Settings: `mark = "!"`})
}

func TestSectionsAreStrict(t *testing.T) {
	var cfg struct {
		Mark string `toml:"mark"`
	}
	sec := devicestest.Section(t, "[[tracker]]\nname='a'\ndriver='x'\nlink='listen::1'\n[tracker.settings]\nmark='1'\nmarc='2'\n")
	if err := sec.Decode(&cfg); err == nil || sec.Link != "listen::1" {
		t.Errorf("an unknown setting decodes; link %q", sec.Link)
	}
	bare := devicestest.Section(t, "[[lane.device]]\nname='a'\ndriver='x'\nlink='tcp:a:1'\n")
	if err := bare.Decode(&cfg); err != nil {
		t.Errorf("no settings at all: %v", err)
	}
	if err := devicestest.Settings(t, "x", "", "mark='1'\nmarc='2'").Decode(&cfg); err == nil {
		t.Error("an unknown setting decodes")
	}
	if err := devicestest.Settings(t, "x", "", "mark='7'").Decode(&cfg); err != nil || cfg.Mark != "7" {
		t.Errorf("%v, mark %q", err, cfg.Mark)
	}
}
