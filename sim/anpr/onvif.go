package anpr

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"acsgd/sim"
)

// ONVIF is a camera of ONVIF Profile M that tells over MQTT: for each vehicle a second of
// metadata frames, in XML or as JSON, in which the plate is first seen, then misread, then
// read ever better, and at last is gone; and one recognition event. It is a pure machine
// like sim.Machine, but hands out messages, not bytes.
type ONVIF struct {
	eye
	// JSON has the frames in JSON instead of XML.
	JSON   bool
	Shots  []Shot
	Record bool // keep what was reported in Shots

	tracks []onvifTrack
}

// onvifTrack is a vehicle that the camera follows.
type onvifTrack struct {
	shot  Shot
	id    int
	frame int
	early string // what it reads at first
}

const (
	onvifFrames  = 14
	onvifFirst   = 2 // the frame in which a plate is first read
	onvifRead    = 5 // the frame from which on it is read as in the shot
	onvifPicture = 8
	onvifEvent   = 10
)

// NewONVIF makes a camera in a scene.
func NewONVIF(cfg Config, scene sim.Scene) *ONVIF {
	return &ONVIF{eye: eye{cfg: cfg.filled(), scene: scene}}
}

// Tick lets time pass and gives the messages that are due.
func (c *ONVIF) Tick(now time.Time) []Message {
	if now.Before(c.due) {
		return nil
	}
	for _, s := range c.see(now) {
		if s.Again {
			continue // it is followed once, however long
		}
		t := onvifTrack{shot: s, id: 10 * c.count, early: s.Text}
		if r := rand.New(rand.NewPCG(c.cfg.Seed, uint64(c.count))); s.Text != "" {
			letters := []rune(s.Text)
			i := r.IntN(len(letters))
			letters[i] = alike(r, letters[i])
			t.early = string(letters)
		}
		c.tracks = append(c.tracks, t)
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	var list []Message
	objects := ""
	kept := c.tracks[:0]
	for _, t := range c.tracks {
		if t.frame < onvifFrames {
			objects += c.objects(t)
		}
		if t.frame == onvifEvent && t.shot.Text != "" {
			list = append(list, c.event(t, now))
		}
		if t.frame++; t.frame < onvifFrames+40 { // frames without it follow
			kept = append(kept, t)
		}
	}
	if len(c.tracks) > 0 {
		list = append(list, c.wrapFrame(objects, now))
	}
	c.tracks = kept
	return list
}

// Deadline reports when Tick is due.
func (c *ONVIF) Deadline() (time.Time, bool) { return c.due, true }

// reading is what a track is read as in its frame, and how sure, in percent.
func (t *onvifTrack) reading() (string, int) {
	switch {
	case t.frame < onvifFirst:
		return "", 0
	case t.frame < onvifRead:
		return t.early, t.shot.Percent / 2
	}
	return t.shot.Text, t.shot.Percent * (80 + min(20, 4*(t.frame-onvifRead))) / 100
}

// objects are the vehicle and its plate in one frame.
func (c *ONVIF) objects(t onvifTrack) string {
	text, sure := t.reading()
	var crop, scene string
	if t.frame == onvifPicture && t.shot.crop != nil {
		crop, scene = base64.StdEncoding.EncodeToString(t.shot.crop), base64.StdEncoding.EncodeToString(t.shot.scene)
	}
	way := "Leaving"
	if t.shot.Forward == (c.cfg.Role == "front") {
		way = "Approaching"
	}
	if c.JSON {
		info := ""
		if text != "" {
			info = fmt.Sprintf(`,"LicensePlateInfo":{"PlateNumber":{"@Likelihood":%.2f,"#text":"%s"},"PlateType":"Normal","CountryCode":"%s"}`, float64(sure)/100, text, t.shot.Plate.Country)
		}
		image := func(p string) string {
			if p == "" {
				return ""
			}
			return `,"Image":"` + p + `"`
		}
		return fmt.Sprintf(`{"@ObjectId":%d,"Appearance":{"Class":{"Type":[{"@Likelihood":0.97,"#text":"Vehicle"}]}%s},"Extension":{"Properties":{"Property":{"@name":"Direction","#text":"%s"}}}},`+
			`{"@ObjectId":%d,"@Parent":%d,"Appearance":{"Class":{"Type":[{"@Likelihood":0.95,"#text":"LicensePlate"}]}%s%s}},`, t.id, image(scene), way, t.id+1, t.id, info, image(crop))
	}
	info := ""
	if text != "" {
		info = fmt.Sprintf(`<tt:LicensePlateInfo><tt:PlateNumber Likelihood="%.2f">%s</tt:PlateNumber><tt:PlateType>Normal</tt:PlateType><tt:CountryCode>%s</tt:CountryCode></tt:LicensePlateInfo>`, float64(sure)/100, text, t.shot.Plate.Country)
	}
	image := func(p string) string {
		if p == "" {
			return ""
		}
		return "<tt:Image>" + p + "</tt:Image>"
	}
	return fmt.Sprintf(`<tt:Object ObjectId="%d"><tt:Appearance><tt:Shape><tt:BoundingBox left="100" top="100" right="900" bottom="900"/></tt:Shape><tt:Class><tt:Type Likelihood="0.97">Vehicle</tt:Type></tt:Class>%s</tt:Appearance>`+
		`<tt:Extension><Properties><Property name="Direction">%s</Property></Properties></tt:Extension></tt:Object>`+
		`<tt:Object ObjectId="%d" Parent="%d"><tt:Appearance><tt:Shape><tt:BoundingBox left="400" top="700" right="600" bottom="750"/></tt:Shape><tt:Class><tt:Type Likelihood="0.95">LicensePlate</tt:Type></tt:Class>%s%s</tt:Appearance></tt:Object>`,
		t.id, image(scene), way, t.id+1, t.id, info, image(crop))
}

// wrapFrame makes a message of the objects of one frame.
func (c *ONVIF) wrapFrame(objects string, now time.Time) Message {
	at := now.Add(c.cfg.Clock).UTC().Format("2006-01-02T15:04:05.000Z")
	topic := c.cfg.Name + "/onvif-mj/VideoAnalytics/Profile_1/Analytics"
	if c.JSON {
		return Message{topic, []byte(`{"Frame":[{"@UtcTime":"` + at + `","Object":[` + strings.TrimSuffix(objects, ",") + `]}]}`)}
	}
	return Message{c.cfg.Name + "/metadata", []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics><tt:Frame UtcTime="` + at +
		`"><tt:Transformation><tt:Translate x="-1.0" y="1.0"/><tt:Scale x="0.001" y="-0.002"/></tt:Transformation>` + objects + "</tt:Frame></tt:VideoAnalytics></tt:MetadataStream>\n")}
}

// event is the recognition of a plate.
func (c *ONVIF) event(t onvifTrack, now time.Time) Message {
	text, sure := t.reading()
	return Message{c.cfg.Name + "/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/Plates",
		fmt.Appendf(nil, `{"UtcTime":"%s","Source":{"VideoSource":"1","Rule":"Plates"},"Key":{"ObjectId":"%d"},"Data":{"Likelihood":"%.2f","LicensePlateInfo":{"LicensePlateInfo":{"PlateNumber":{"@Likelihood":%.2f,"#text":"%s"},"CountryCode":{"#text":"%s"}}}}}`,
			now.Add(c.cfg.Clock).UTC().Format("2006-01-02T15:04:05.000Z"), t.id, float64(sure)/100, float64(sure)/100, text, t.shot.Plate.Country)}
}
