package bus

import (
	"net"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"
)

// device connects an MQTT device.
func device(t *testing.T, b *Bus, id string) mqtt.Client {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.MQTTAddr()).SetClientID(id).SetAutoReconnect(false))
	if tok := c.Connect(); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatalf("%s: connect: %v", id, tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

func start(t *testing.T, cfg Config) *Bus {
	t.Helper()
	b, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestADeviceReachesBothSidesOfTheBus(t *testing.T) {
	b := start(t, Config{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Listen: "127.0.0.1:0"})
	if strings.HasSuffix(b.MQTTAddr(), ":0") || b.MQTTAddr() == "" || b.Addr() == "" {
		t.Fatalf("addresses %q, %q", b.MQTTAddr(), b.Addr())
	}
	nat := make(chan *nats.Msg, 1)
	if _, err := b.Conn().ChanSubscribe("trackers.>", nat); err != nil {
		t.Fatal(err)
	}
	if err := b.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	sub := device(t, b, "subscriber")
	if tok := sub.Subscribe("trackers/#", 1, func(_ mqtt.Client, m mqtt.Message) { got <- m.Topic() + " " + string(m.Payload()) }); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	if tok := device(t, b, "tracker").Publish("trackers/7", 1, false, "fix"); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	limit := time.After(10 * time.Second)
	for range 2 {
		select {
		case s := <-got:
			if s != "trackers/7 fix" {
				t.Errorf("MQTT subscriber got %q", s)
			}
		case m := <-nat:
			if m.Subject != "trackers.7" || string(m.Data) != "fix" {
				t.Errorf("NATS subscriber got %q %q", m.Subject, m.Data)
			}
		case <-limit:
			t.Fatal("the message has not arrived at both")
		}
	}
}

func TestAnExternalServerIsUsedAsTheOwnOne(t *testing.T) {
	own := start(t, Config{Listen: "127.0.0.1:0", User: "site", Password: "secret"})
	b := start(t, Config{URL: "nats://" + own.Addr(), User: "site", Password: "secret"})
	if b.MQTTAddr() != "" {
		t.Errorf("an external bus has MQTT at %q", b.MQTTAddr())
	}
	sub, err := own.Conn().SubscribeSync("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if err := b.Conn().Publish("a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if m, err := sub.NextMsg(10 * time.Second); err != nil || string(m.Data) != "x" {
		t.Errorf("got %v, %v", m, err)
	}
	if c, err := nats.Connect("nats://" + own.Addr()); err == nil {
		c.Close()
		t.Error("a stranger may connect")
	}
}

func TestALeafHearsItsCentre(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // the server does not tell the leaf port that it chose
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	centre := start(t, Config{Name: "centre", LeafListen: addr})
	site := start(t, Config{Name: "site", Leaf: []string{"nats://" + addr}})
	got := make(chan *nats.Msg, 1)
	if _, err := site.Conn().ChanSubscribe("orders", got); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for {
		select {
		case <-got:
			return
		case <-tick.C: // until the leaf has joined, nobody hears it
			if err := centre.Conn().Publish("orders", nil); err != nil {
				t.Fatal(err)
			}
		case <-limit:
			t.Fatal("the leaf hears nothing")
		}
	}
}

func TestAPortInUseIsAnErrorAtOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, cfg := range map[string]Config{
		"mqtt":              {Dir: t.TempDir(), MQTT: ln.Addr().String()},
		"listen":            {Listen: ln.Addr().String()},
		"mqtt without disk": {MQTT: "127.0.0.1:0"},
		"no port":           {Listen: "127.0.0.1"},
		"a bad port":        {Listen: "127.0.0.1:x"},
		"a bad leaf":        {Leaf: []string{"::"}},
	} {
		at := time.Now()
		if b, err := Start(t.Context(), cfg); err == nil {
			b.Close()
			t.Errorf("%s: started", name)
		} else if time.Since(at) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(at))
		}
	}
}
