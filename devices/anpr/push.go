package anpr

import (
	"errors"
	"fmt"

	"acsgd/devices"
	"acsgd/devices/push"
)

// Push are the settings of every camera that pushes over HTTP. A driver that needs no more
// uses them as they are, another embeds them.
type Push struct {
	push.Settings
	// Role is where the camera looks: front, rear or trailer; empty is unknown.
	Role string `toml:"role"`
	// MaxPicture is the largest part of a message, usually a picture, in bytes.
	MaxPicture int `toml:"max_picture"`
}

// PushDefaults are the settings of a camera that is not configured further.
func PushDefaults() Push { return Push{Settings: push.Defaults(), MaxPicture: 16 << 20} }

// Load decodes the settings of a section into v, which holds the defaults and embeds p, and
// names all that are out of range.
func (p *Push) Load(kind string, sec devices.Section, v any) error {
	if sec.Decode != nil {
		if err := sec.Decode(v); err != nil {
			return err
		}
	}
	errs := []error{p.Validate(kind, sec), CheckRole(kind, p.Role)}
	if p.MaxPicture < 64<<10 || int64(p.MaxPicture) > p.MaxBody {
		errs = append(errs, fmt.Errorf("%s: max_picture %d: want 65536 to max_body", kind, p.MaxPicture))
	}
	return errors.Join(errs...)
}

// Listen makes the source of a listening link: what push.Settings.Source does, and a
// message that was repeated as it was is handed on once.
func (p *Push) Listen(sec devices.Section, proto string, env devices.Env, newSession func(*push.Door) devices.Session) (devices.Source, error) {
	src, err := p.Source(sec, proto, env, newSession)
	if err != nil {
		return nil, err
	}
	return Once(src), nil
}
