package dahua

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/internal/obs"
)

// camera makes readings of what one camera says, in whatever way. It outlives connections.
type camera struct {
	cfg    *Config
	env    devices.Env
	held   *waiting     // of a stream; a connection that is cut leaves it to the next
	clocks *anpr.Clocks // nil in a recording, which is as old as it is
}

func newCamera(cfg *Config, env devices.Env, live bool) *camera {
	c := &camera{cfg: cfg, env: env}
	if live {
		c.clocks = anpr.NewClocks(cfg.ClockLimit)
	}
	return c
}

var errNoVehicle = errors.New("nothing about a vehicle in the message")

// document takes a JSON document of any kind that stood at offset. kept is false where
// evidence could not be stored: the camera is to send it again.
func (c *camera) document(now time.Time, offset int64, p []byte, out *devices.Out) (kept bool, err error) {
	f, damage := parseJSON(p)
	var events []event
	e, ok := tollgate(f, c.cfg)
	switch list := f.parts("params.eventList"); {
	case ok:
		return c.tollgate(now, offset, p, f, e, damage, out), nil
	case len(list) > 0:
		for _, l := range list {
			data := l.under("Data")
			if data["Code"] == "" {
				data["Code"], data["Action"] = l["Code"], l["Action"]
			}
			events = append(events, junction(data, c.cfg))
		}
	case len(f.under("TrafficCar")) > 0:
		events = append(events, junction(f, c.cfg))
	case damage != nil:
		return true, damage
	default:
		return true, errNoVehicle
	}
	if damage != nil {
		out.Err(Proto, offset, damage.Error(), p)
	}
	out.Frames = max(out.Frames, 1)
	album := anpr.NewAlbum(c.env)
	for i := range events {
		if c.wanted(&events[i]) {
			c.emit(now, offset, &events[i], album, jsonType, p, out)
		}
	}
	return !album.Unkept, nil
}

const jsonType = "application/json"

// tollgate takes an ITSAPI message. What is wrong with a picture, or behind the place where
// the document is damaged, costs no more than that: the text goes on.
func (c *camera) tollgate(now time.Time, offset int64, p []byte, f fields, e event, damage error, out *devices.Out) (kept bool) {
	out.Frames = max(out.Frames, 1)
	if !c.wanted(&e) {
		return true
	}
	sum := sha256.Sum256(p)
	e.body = hex.EncodeToString(sum[:16])
	album := anpr.NewAlbum(c.env)
	for _, pic := range []struct{ name, role string }{{"CutoutPic", "plate"}, {"VehiclePic", "vehicle"}, {"NormalPic", "overview"}} {
		if err := c.picture(album, pic.role, f["Picture."+pic.name+".Content"]); err != nil {
			out.Err(Proto, offset, pic.name+": "+err.Error(), nil)
		}
	}
	if damage != nil {
		out.Err(Proto, offset, damage.Error(), p)
	}
	c.emit(now, offset, &e, album, jsonType, p, out)
	return !album.Unkept
}

// picture adds a picture in base64 to the album.
func (c *camera) picture(album *anpr.Album, role, text string) error {
	if _, rest, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(text, "data:") {
		text = rest
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if n := base64.StdEncoding.DecodedLen(len(text)); n > c.cfg.MaxPicture+2 {
		return fmt.Errorf("picture of %d bytes is larger than %d bytes", n, c.cfg.MaxPicture)
	}
	return album.AddBase64(role, []byte(text))
}

// wanted reports whether an event is one that is taken.
func (c *camera) wanted(e *event) bool {
	if c.cfg.Lane != 0 && e.hasLane && e.lane != c.cfg.Lane {
		return false
	}
	return (e.code == "" || e.code == c.cfg.Event) && !strings.EqualFold(e.action, "stop")
}

// emit hands out the reading of an event that came at now, with the pictures of an album.
// doc is the message.
func (c *camera) emit(now time.Time, offset int64, e *event, album *anpr.Album, mediaType string, doc []byte, out *devices.Out) {
	stamp := obs.Stamp{At: obs.Unix(now), Arrived: obs.Unix(now)}
	if !e.at.IsZero() {
		stamp.At, stamp.Err, stamp.Origin = e.at, e.err, obs.Device
		if c.clocks != nil {
			c.clocks.Heard(e.device, now, e.at, out)
		}
	}
	one := album.Copy()
	if err := one.Emit(out, e.reading(c.cfg), stamp, mediaType, doc); err != nil {
		out.Err(Proto, offset, err.Error(), nil)
		album.Unkept = true
	}
}
