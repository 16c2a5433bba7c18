package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// maker is how one camera of the checkpoint tells what it sees.
type maker struct {
	driver   string
	settings string // of the driver, besides the role
	asked    bool   // the host connects and asks; else the camera pushes to the host
	camera   func(cfg anpr.Config, scene sim.Scene) sim.Machine
}

// The login of cameras that are asked.
const user, password = "lane", "simulated"

const login = "    user     = \"lane\"\n    password = \"simulated\"\n"

// What is on the market, as far as it speaks one byte stream.
var (
	hikvision = maker{"anpr/isapi", "    path = \"/anpr\"\n", false, func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewISAPI(cfg, scene) }}
	// One connection a camera: nothing is fetched from its list.
	hikvisionStream = maker{"anpr/isapi", "    mode     = \"stream\"\n    poll     = \"off\"\n" + login, true, func(cfg anpr.Config, scene sim.Scene) sim.Machine {
		return anpr.NewISAPIServer(cfg, anpr.Stream{User: user, Password: password}, scene).Conn()
	}}
	dahua     = maker{"anpr/dahua", "    confidence = 255\n", false, func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewDahua(cfg, scene) }}
	dahuaSnap = maker{"anpr/dahua", "    mode     = \"snap\"\n    confidence = 255\n" + login, true, func(cfg anpr.Config, scene sim.Scene) sim.Machine {
		return anpr.NewDahuaSnap(cfg, anpr.Snap{User: user, Password: password}, scene)
	}}
	axis  = maker{"anpr/axis", "", false, func(cfg anpr.Config, scene sim.Scene) sim.Machine { return anpr.NewAxis(cfg, scene) }}
	onvif = maker{"anpr/onvif", "    path     = \"/onvif-media/media.amp?profile=p1\"\n" + login, true, func(cfg anpr.Config, scene sim.Scene) sim.Machine {
		c := anpr.NewRTSP(cfg, scene)
		c.User, c.Password = user, password
		return c
	}}
)

// fronts and rears are the cameras of four lanes; further lanes begin again. Where there is
// a broker, the front camera of the fourth is one that a video recorder reads, whose plates
// come over MQTT.
var (
	fronts = [4]maker{hikvision, dahua, hikvisionStream, hikvision}
	rears  = [4]maker{axis, hikvision, dahuaSnap, onvif}
)

// cameras puts a front camera and one that looks at the rear of the last unit into a lane.
func (l *Lane) cameras(i int, seed uint64, cfg Config) error {
	l.front, l.rear = fronts[i%4], rears[i%4]
	var err error
	if i%4 == 3 && cfg.MQTT != "" {
		l.frigate(seed, cfg)
	} else {
		err = l.camera(l.front, "front", "front", atCamera, seed+400, cfg.CER)
	}
	return errors.Join(err, l.camera(l.rear, "rear", "trailer", atRear, seed+500, cfg.CER))
}

func (l *Lane) camera(of maker, name, role string, at quant.Length, seed uint64, cer float64) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	addr := ln.Addr().String()
	w := newWire(of.camera(anpr.Config{Name: name + "-" + l.ID, Station: float64(at), Role: role, CER: cer, Host: addr, Seed: seed}, l.Scene))
	if of.asked {
		l.links["cam-"+name] = "tcp:" + addr
		l.run = append(l.run, func(ctx context.Context) { w.serve(ctx, ln) })
		return nil
	}
	l.held = append(l.held, ln)
	l.links["cam-"+name] = "listen:" + addr
	l.run = append(l.run, func(ctx context.Context) { w.dialled(ctx, addr, nil, nil) })
	return nil
}

// freePort asks the system for a port that the host will listen on.
func freePort() (string, error) {
	ln, err := listen()
	if err != nil {
		return "", err
	}
	addr := ln.Addr().String()
	return addr, ln.Close()
}

func (l *Lane) frigate(seed uint64, cfg Config) {
	cam := anpr.NewFrigate(anpr.Config{Name: "front_" + l.ID, Station: float64(atCamera), Role: "front", CER: cfg.CER, Seed: seed + 400}, l.Scene)
	l.links["cam-front"] = "mqtt:/frigate/#"
	l.run = append(l.run, func(ctx context.Context) {
		o := mqtt.NewClientOptions().AddBroker("tcp://" + cfg.MQTT).SetClientID("frigate-" + l.ID).SetAutoReconnect(true).SetConnectRetry(true).SetConnectRetryInterval(time.Second)
		c := mqtt.NewClient(o)
		c.Connect() // goes on trying until Disconnect
		defer c.Disconnect(100)
		t := time.NewTicker(20 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			for _, m := range cam.Tick(time.Now().Round(0)) {
				c.Publish(m.Topic, 1, false, m.Payload)
			}
		}
	})
}

func (l *Lane) cameraDevices(dev func(name, driver, link string, at quant.Length, more string)) {
	settings := func(role, more string) string {
		return fmt.Sprintf("    [lane.device.settings]\n    role     = %q\n%s", role, more)
	}
	if link := l.links["cam-front"]; strings.HasPrefix(link, "mqtt:") {
		dev("front", "anpr/frigate", link, atCamera, "  role    = \"front\"\n"+settings("front", fmt.Sprintf("    camera   = \"front_%s\"\n", l.ID)))
	} else {
		dev("front", l.front.driver, link, atCamera, "  role    = \"front\"\n"+settings("front", l.front.settings))
	}
	dev("rear", l.rear.driver, l.links["cam-rear"], atRear, "  role    = \"trailer\"\n  expect  = \"never\"\n"+settings("trailer", l.rear.settings))
}

// readerDevice is a second reader of what the lane's cameras see; link is that to it.
func (l *Lane) readerDevice(link string) string {
	return fmt.Sprintf("\n  [[lane.device]]\n  name    = \"reader-%s\"\n  driver  = \"anpr/reader\"\n  link    = %q\n  expect  = \"never\"\n    [lane.device.settings]\n    of = [\"front-%s\", \"rear-%s\"]\n", l.ID, link, l.ID, l.ID)
}

// mistype gives a vehicle as a declarant may write it: one character of the tractor's
// plate is another that looks alike.
func mistype(v *sim.Vehicle) *sim.Vehicle {
	alike := strings.NewReplacer("0", "O", "1", "I", "8", "B", "5", "S", "2", "Z")
	c := *v
	for i := range c.Front.Text {
		ch := c.Front.Text[i : i+1]
		if r := alike.Replace(ch); r != ch {
			c.Front.Text = c.Front.Text[:i] + r + c.Front.Text[i+1:]
			return &c
		}
	}
	c.Front.Text = "7" + c.Front.Text[1:]
	return &c
}
