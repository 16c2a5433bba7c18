package modbusio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
)

// Config is the settings table.
type Config struct {
	Model  string        `toml:"model"`  // moxa-e1212 (default), moxa-e1214, or a name of your own with a map
	Poll   time.Duration `toml:"poll"`   // default 50 ms
	Inputs []string      `toml:"inputs"` // signals of the input channels of a built-in model, "" = not wired
	Invert []string      `toml:"invert"` // signals whose contact opens when they are true; default emergency

	// The map of any other module; see devices/modbus.
	Source  string          `toml:"source"`
	Blocks  []modbus.Block  `toml:"block"`
	Points  []modbus.Point  `toml:"point"`
	Actions []modbus.Action `toml:"action"`
}

// Map checks the settings and gives the register map.
func (c *Config) Map() (modbus.Map, error) {
	if c.Poll < 10*time.Millisecond || c.Poll > time.Second {
		return modbus.Map{}, fmt.Errorf("poll = %v, want 10ms to 1s", c.Poll)
	}
	m := modbus.Map{Model: c.Model, Source: c.Source, Blocks: c.Blocks, Points: c.Points, Actions: c.Actions}
	usual := wiring(c.Model)
	switch {
	case usual != nil && len(c.Blocks)+len(c.Points)+len(c.Actions) > 0:
		return modbus.Map{}, fmt.Errorf("model %q has its own map; give yours another name", c.Model)
	case usual != nil:
		if c.Inputs != nil {
			usual = c.Inputs
		}
		invert := c.Invert
		if invert == nil {
			for _, s := range usual {
				if s == "emergency" {
					invert = []string{s}
				}
			}
		}
		var err error
		if m, err = moxa(c.Model, usual, invert); err != nil {
			return modbus.Map{}, err
		}
	case len(c.Blocks) == 0:
		return modbus.Map{}, fmt.Errorf("model %q is not built in and has no map, want %s or %s", c.Model, E1212, E1214)
	case len(c.Inputs)+len(c.Invert) > 0:
		return modbus.Map{}, errors.New("inputs and invert belong to built-in models; use points")
	case c.Source == "":
		return modbus.Map{}, errors.New("source is missing: say which manual the addresses are from")
	}
	return m, m.Validate()
}

// Driver is the row of the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:    "laneio/modbus",
		Summary: "loops, light curtains, barrier and light on a Modbus I/O module",
		Manual:  manual,
		Example: example,
		New:     New,
	}
}

// New makes the source and actuator of one module.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, m, err := settings(sec)
	if err != nil {
		return nil, err
	}
	c, err := modbus.NewClient(sec.Link)
	if err != nil {
		return nil, err
	}
	return &source{unit: NewUnit(m, c, cfg.Poll), client: c, poll: cfg.Poll, env: env}, nil
}

// NewVirtual makes the unit of a section on registers of any kind, for virtual runs; Poll
// it every so often.
func NewVirtual(sec devices.Section, regs modbus.Registers) (u *Unit, every time.Duration, err error) {
	cfg, m, err := settings(sec)
	if err != nil {
		return nil, 0, err
	}
	return NewUnit(m, regs, cfg.Poll), cfg.Poll, nil
}

func settings(sec devices.Section) (Config, modbus.Map, error) {
	cfg := Config{Model: E1212, Poll: 50 * time.Millisecond}
	if err := sec.Decode(&cfg); err != nil {
		return cfg, modbus.Map{}, err
	}
	m, err := cfg.Map()
	return cfg, m, err
}

// source is a Unit on a link.
type source struct {
	unit   *Unit
	client *modbus.Client
	poll   time.Duration
	env    devices.Env
}

var _ devices.Actuator = (*source)(nil)

// Run implements devices.Source. The outputs are put into their safe state when it begins
// and when it is cancelled.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	defer s.client.Close()
	s.unit.Reset()
	if err := s.unit.Safe(ctx, time.Now()); err != nil {
		return err
	}
	err := devices.Poll(s.poll, s.unit.Poll, s.env).Run(ctx, emit)
	if ctx.Err() != nil && s.client.Connected() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, s.unit.Safe(end, time.Now()))
	}
	return err
}

// Do implements devices.Actuator.
func (s *source) Do(ctx context.Context, c devices.Command) error {
	if !s.client.Connected() {
		return fmt.Errorf("%s %s: the module is not connected", c.Output, c.Action)
	}
	return s.unit.Command(ctx, time.Now(), c)
}

const example = `[[lane.device]]
name   = "io-03"
driver = "laneio/modbus"
link   = "modbus+tcp:10.1.2.3:502?timeout=500ms"
  [lane.device.settings]
  model  = "moxa-e1214"
  inputs = ["loop_entry", "loop_exit", "ir_exit", "barrier_up", "barrier_down", "emergency"]
  invert = ["emergency"]
`

const manual = `Lane I/O on a Modbus module.

MODELS    moxa-e1212  Moxa ioLogik E1212: 8 inputs, 8 channels set to outputs
          moxa-e1214  Moxa ioLogik E1214: 6 inputs, 6 relays
          any other   by a map in the settings: [[block]], [[point]], [[action]], source
          The Moxa addresses are those of the factory map (manual, appendix A).

WIRING    inputs, channel 0 upwards; "" leaves one out
            moxa-e1212  loop_entry loop_platform loop_exit ir_entry ir_exit barrier_up barrier_down emergency
            moxa-e1214  loop_entry loop_exit ir_exit barrier_up barrier_down emergency
          outputs: 0 barrier open, 1 barrier close, 2 red lamp, 3 green lamp
          Wire emergency as an opening contact: a cut wire is an emergency.
          Further signals: tamper door_open rad_alarm_relay lamp_fault ups_on_battery
          Set outputs 0 and 1 of the module to pulse output, one pulse of 300 to 500 ms: the
          module ends the pulse itself, so a lost network cannot hold a relay. Set its
          watchdog to red on, all other outputs off. Enable the counters of the inputs.
          The barrier's own safety (loop or light curtain under the boom) stays in the
          barrier controller; the interlocks here are the second line.

SETTINGS  model   moxa-e1212
          poll    50ms; 10ms to 1s
          inputs  signals of the channels
          invert  signals whose contact opens when they are true; emergency

LOOPS     loops = { loop_platform = "3.5m" } beside station says where further loops begin, from
          the lane's datum; the entry loop is at station. The vehicle's front over two of them
          tells a speed, as well as polling and detectors allow: it checks the scale's, and
          contradicting it makes length and axle spacings unknown. Name no loop on which
          vehicles stop, as before the barrier.

BEHAVIOUR The first poll tells every signal. A change must show in two of three polls; its
          time is the middle between the polls around the edge. Edges that only the counter
          has seen are reported as decode errors. light_red and light_green are read back.
          open is refused while emergency is active, close while loop_exit, ir_exit or
          ir_entry is occupied, both when a state is older than half a second. The same
          movement is refused for 3 s. A pulse is never repeated automatically. The light is
          red when the driver starts and when it ends.

FAULTS    degraded "barrier did not follow": its limit switch was not reached in 6 s
          degraded "limit switches contradict each other": both closed for a second
          degraded "has not reached either end": neither closed for 6 s
          offline for good: the module refuses the addresses of its map

LINKS     modbus+tcp:HOST:502?unit=1&timeout=500ms
          modbus+rtuovertcp:HOST:PORT?unit=1&baud=9600
          modbus+rtu:/dev/ttyS1?unit=1&baud=9600&parity=even

FRAME     read the inputs of an E1214: 0001 0000 0006 01 04 0030 0001
          answer:                      0001 0000 0005 01 04 02 0030

SOURCES   Moxa ioLogik E1200 series user's manual, appendix A; Modbus application protocol V1.1b3
`
