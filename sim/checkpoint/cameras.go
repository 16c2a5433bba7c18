package checkpoint

import (
	"context"
	"fmt"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// cameras puts a front camera and one that looks at the rear of the last unit into a lane.
// They push to the host as Hikvision cameras do; in every fourth lane the front camera is
// one that a video recorder reads, whose plates come over MQTT.
func (l *Lane) cameras(i int, seed uint64, cfg Config) error {
	if i%4 == 3 && cfg.MQTT != "" {
		l.frigate(seed, cfg)
	} else if err := l.push("front", "front", atCamera, seed+400, cfg.CER); err != nil {
		return err
	}
	return l.push("rear", "trailer", atRear, seed+500, cfg.CER)
}

func (l *Lane) push(name, role string, at quant.Length, seed uint64, cer float64) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	l.held = append(l.held, ln)
	addr := ln.Addr().String()
	cam := anpr.NewISAPI(anpr.Config{Name: name + "-" + l.ID, Station: float64(at), Role: role, CER: cer, Path: "/anpr/" + name, Host: addr, Seed: seed}, l.Scene)
	l.links["cam-"+name] = "listen:" + addr
	w := newWire(cam)
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
	if link := l.links["cam-front"]; strings.HasPrefix(link, "mqtt:") {
		dev("front", "anpr/frigate", link, atCamera, fmt.Sprintf("  role    = \"front\"\n    [lane.device.settings]\n    camera = \"front_%s\"\n    role   = \"front\"\n", l.ID))
	} else {
		dev("front", "anpr/isapi", link, atCamera, "  role    = \"front\"\n    [lane.device.settings]\n    path = \"/anpr/front\"\n    role = \"front\"\n")
	}
	dev("rear", "anpr/isapi", l.links["cam-rear"], atRear, "  role    = \"trailer\"\n  expect  = \"never\"\n    [lane.device.settings]\n    path = \"/anpr/rear\"\n    role = \"trailer\"\n")
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
