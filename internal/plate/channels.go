package plate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Channels are the channels of a site's cameras and readers, learnt from confirmed plates:
// versioned data (decision D23). Nil is the start channel for everybody. Immutable and safe
// for concurrent use.
type Channels struct {
	Version string
	Plates  int // confirmed ones that they were learnt from
	all     *Channel
	of      map[string]*Channel
}

// NewChannels makes a set: of named cameras, and of all others, where nil is the start
// channel. The map is kept.
func NewChannels(version string, plates int, all *Channel, of map[string]*Channel) *Channels {
	return &Channels{version, plates, all, of}
}

// Of gives the channel of a camera or reader.
func (s *Channels) Of(camera string) *Channel {
	if s == nil {
		return startChannel
	}
	if ch := s.of[camera]; ch != nil {
		return ch
	}
	if s.all != nil {
		return s.all
	}
	return startChannel
}

// Cameras lists those that have a channel of their own, in order.
func (s *Channels) Cameras() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.of))
}

// channelsFile is the stored form of Channels.
type channelsFile struct {
	Version string                     `json:"version"`
	Plates  int                        `json:"plates,omitempty"`
	All     json.RawMessage            `json:"all,omitempty"`
	Cameras map[string]json.RawMessage `json:"cameras,omitempty"`
}

// MarshalJSON gives the stored form, "null" of nil. Equal ones give equal bytes.
func (s *Channels) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	f := channelsFile{Version: s.Version, Plates: s.Plates, Cameras: map[string]json.RawMessage{}}
	var errs error
	if s.all != nil {
		f.All, errs = s.all.MarshalJSON()
	}
	for name, ch := range s.of {
		b, err := ch.MarshalJSON()
		f.Cameras[name], errs = b, errors.Join(errs, err)
	}
	if errs != nil {
		return nil, errs
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads the stored form.
func (s *Channels) UnmarshalJSON(b []byte) error {
	p, err := ParseChannels(b)
	if err == nil && p != nil {
		*s = *p
	}
	return err
}

// maxCameras bounds a set: a site has a few dozen cameras at most, and each has a background
// of its own that takes a megabyte.
const maxCameras = 256

// ParseChannels reads the stored form; "null" is nil.
func ParseChannels(b []byte) (*Channels, error) {
	if string(bytes.TrimSpace(b)) == "null" {
		return nil, nil
	}
	var f channelsFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("camera channels: %w", err)
	}
	switch {
	case f.Version == "":
		return nil, errors.New("camera channels: no version")
	case f.Plates < 0:
		return nil, fmt.Errorf("camera channels: learnt from %d plates", f.Plates)
	case len(f.Cameras) > maxCameras:
		return nil, fmt.Errorf("camera channels: %d cameras, at most %d", len(f.Cameras), maxCameras)
	case f.All == nil && len(f.Cameras) == 0:
		return nil, errors.New("camera channels: none in it")
	}
	s := &Channels{Version: f.Version, Plates: f.Plates, of: map[string]*Channel{}}
	var err error
	if f.All != nil {
		if s.all, err = ParseChannel(f.All); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Cameras)) {
		if s.of[name], err = ParseChannel(f.Cameras[name]); err != nil {
			return nil, fmt.Errorf("camera %s: %w", name, err)
		}
	}
	return s, nil
}
