package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"acsgd/fusion"
	"acsgd/internal/config"
	"acsgd/internal/journal"
	"acsgd/internal/plate"
	"acsgd/lanes"
)

// ErrChannels is why camera channels are refused.
var ErrChannels = errors.New("camera channels are refused")

// ReadChannels reads a file of camera channels; it must hold some.
func ReadChannels(path string) ([]byte, *plate.Channels, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("camera channels: %w", err)
	}
	set, err := plate.ParseChannels(b)
	if err == nil && set == nil {
		err = errors.New("no camera channels in it")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, set, nil
}

// Channels puts a supervisor's camera channels in force in a lane, "" in all lanes with a
// camera; "null" ends their use. It returns when that is durable and done.
func (s *Site) Channels(ctx context.Context, lane, user string, b []byte) (version string, err error) {
	if version, err = channelsVersion(b); err != nil {
		return "", err
	}
	ids, err := cameraLanes(s.opt.File, lane)
	if err != nil {
		return "", err
	}
	return version, s.putInForce(ctx, fusion.TuneChannels, ids, named(version), user, b)
}

// UseChannels writes what Channels does into the journal of a site that does not run; it
// comes into force when the site starts. The user must be a supervisor.
func UseChannels(ctx context.Context, dir, lane, user, password string, b []byte) (ids []string, err error) {
	version, err := channelsVersion(b)
	if err != nil {
		return nil, err
	}
	return useStopped(ctx, dir, user, password, fusion.TuneChannels, named(version), b, func(r *journal.Reader) ([]string, error) {
		return journalLanes(ctx, r, lane, "anpr", "plate camera", ErrChannels)
	})
}

// channelsVersion is "" of no channels.
func channelsVersion(b []byte) (string, error) {
	set, err := plate.ParseChannels(b)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrChannels, err)
	}
	if set == nil {
		return "", nil
	}
	return set.Version, nil
}

// named is the version as the journal names it.
func named(version string) string {
	if version == "" {
		return "none"
	}
	return version
}

// cameraLanes lists the lanes with a camera: the one that is named, or all.
func cameraLanes(f *config.File, lane string) ([]string, error) {
	var ids []string
	for i := range f.Lanes {
		l := &f.Lanes[i]
		if lane != "" && l.ID != lane {
			continue
		}
		for k := range l.Devices {
			if classOf(l.Devices[k].Driver) == "anpr" {
				ids = append(ids, l.ID)
				break
			}
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: there is no lane %q with a plate camera", ErrChannels, lane)
	}
	return ids, nil
}

// ChannelsInForce gives the camera channels that are in force in each lane, by the journal of
// the data directory dir; the site may run. Nil is the start channel.
func ChannelsInForce(ctx context.Context, dir string) (of map[string]*plate.Channels, err error) {
	r, err := journal.OpenReader(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head, err := r.Newest(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := r.Lanes(ctx)
	if err != nil {
		return nil, err
	}
	of = map[string]*plate.Channels{}
	for _, id := range ids {
		if of[id], err = lanes.ChannelsAt(ctx, r, id, head); err != nil {
			return nil, err
		}
	}
	return of, nil
}
