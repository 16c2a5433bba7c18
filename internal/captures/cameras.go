package captures

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// cameras push the recorded events, one after the other, each once: an event that comes
// again is the same vehicle.
type cameras struct {
	set    *Set
	http   string // address that the ISAPI driver listens on
	broker string // MQTT, "" for none
	every  time.Duration
	log    *slog.Logger
}

// run plays all events.
func (c *cameras) run(ctx context.Context) {
	var client mqtt.Client
	if len(c.set.Messages) > 0 && c.broker != "" {
		o := mqtt.NewClientOptions().AddBroker("tcp://" + c.broker).SetClientID("recorded-cameras").
			SetAutoReconnect(true).SetConnectRetry(true).SetConnectRetryInterval(time.Second)
		client = mqtt.NewClient(o)
		client.Connect() // goes on trying until Disconnect
		defer client.Disconnect(100)
	}
	for _, name := range c.set.Pushes {
		if !sleep(ctx, c.every) {
			return
		}
		c.tell(ctx, name, func() error { return push(ctx, c.http, name) })
	}
	for _, name := range c.set.Messages {
		if client == nil || !sleep(ctx, c.every) {
			return
		}
		c.tell(ctx, name, func() error { return publish(ctx, client, name) })
	}
}

// patience is for how long a receiver that is not there yet is tried.
const patience = 30 * time.Second

// tell plays one event, again and again while nobody listens.
func (c *cameras) tell(ctx context.Context, name string, send func() error) {
	for end := time.Now().Add(patience); ; {
		err := send()
		if err == nil || ctx.Err() != nil {
			return
		}
		if _, dial := errors.AsType[*net.OpError](err); !dial || time.Now().After(end) {
			c.log.Warn("recorded camera", "file", filepath.Base(name), "err", err)
			return
		}
		if !sleep(ctx, 500*time.Millisecond) {
			return
		}
	}
}

// push hands one recorded event to a listener as the camera does. A .bin is the request as
// it was on the wire, else the file is the document alone.
func push(ctx context.Context, addr, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if !strings.HasSuffix(name, ".bin") {
		head := fmt.Sprintf("POST /recorded HTTP/1.1\r\nHost: %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", addr, len(b))
		b = append([]byte(head), b...)
	}
	if _, err := conn.Write(b); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the listener answered %s", res.Status)
	}
	return nil
}

// topic is where Frigate tells what it has read.
const topic = "frigate/tracked_object_update"

// publish sends one recorded message and waits until the broker has it.
func publish(ctx context.Context, client mqtt.Client, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	t := client.Publish(topic, 1, false, bytes.TrimSpace(b))
	select {
	case <-t.Done():
		return t.Error()
	case <-time.After(patience):
		return errors.New("the broker has not answered")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cameraOf gives Frigate's name of the camera that a message is from.
func cameraOf(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	var m struct {
		Camera string `json:"camera"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return m.Camera, nil
}
