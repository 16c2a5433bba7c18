package wimjson_test

import (
	"context"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/mqtt"
	"acsgd/devices/wim/wimjson"
	"acsgd/internal/bus"
	"acsgd/internal/obs"
	simwim "acsgd/sim/wim"
)

// TestRecordsComeOverMQTT takes the records of the simulated logger, each sent twice, from a
// real broker.
func TestRecordsComeOverMQTT(t *testing.T) {
	b, err := bus.Start(t.Context(), bus.Config{Dir: t.TempDir(), MQTT: "127.0.0.1:0", AckWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	shared := mqtt.NewBroker(mqtt.Config{Addr: b.MQTTAddr(), ClientID: "site"})
	defer shared.Close()
	sec := devicestest.Settings(t, wimjson.Kind, "mqtt:/weighing/#", "lane = \"2\"\ndivision = \"50kg\"\n")
	src, err := wimjson.New(sec, devices.Env{Name: "wim", Broker: shared, Report: func(e *obs.DecodeError) { t.Error(e) }})
	if err != nil {
		t.Fatal(err)
	}
	r := lorries()
	l := simwim.NewLogger(7, r)
	l.Lane, l.Twice = "2", true
	logger := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.MQTTAddr()).SetClientID("logger"))
	if tok := logger.Connect(); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	defer logger.Disconnect(0)
	g := gather{t: t}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	listening := make(chan struct{}, 1)
	go func() {
		defer close(done)
		for ctx.Err() == nil { // as the supervisor does: a repetition that came too soon ends a run
			src.Run(ctx, func(o obs.Observation, done func(error)) {
				if w, ok := o.Body.(*obs.Weighing); ok && w.Mass == 1000 {
					select {
					case listening <- struct{}{}:
					default:
					}
				} else if g.observation(o); len(g.all) == len(r) {
					time.AfterFunc(500*time.Millisecond, cancel) // time for one too many
				}
				done(nil)
			})
		}
	}()
	send := func(p []byte) {
		if tok := logger.Publish("weighing/lane2", 1, false, p); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
			t.Fatal(tok.Error())
		}
	}
	const probe = `{"version":1,"id":"probe","lane":"2","device":{"id":"d"},"start":"2026-03-01T06:00:00Z","end":"2026-03-01T06:00:01Z","mode":"static","axles":[],"gross_kg":1}`
	for up := false; !up; {
		send([]byte(probe))
		select {
		case <-listening:
			up = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(time.Second) {
		for _, m := range l.Messages(now) {
			send(m)
		}
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%d vehicles after 20 s, want %d", len(g.all), len(r))
	}
	g.check(r, true)
}
