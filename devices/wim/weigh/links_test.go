package weigh_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
)

// source is one platform's link: each Run ends as the next of ends says, and then lasts.
type source struct{ ends []error }

func (s *source) Run(ctx context.Context, _ devices.Emit) error {
	if len(s.ends) > 0 {
		err := s.ends[0]
		s.ends = s.ends[1:]
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestTwoLinksEndTogetherOnlyWhenBothAreAway(t *testing.T) {
	cut := errors.New("cable out")
	set := weigh.Default()
	set.SecondLink, set.PlatformDistance = "tcp:second:1", distance
	for _, c := range []struct {
		name          string
		first, second []error
		ends          string // "" goes on
		told          int
	}{
		{"both work", nil, nil, "", 0},
		{"the second is cut off once", nil, []error{cut}, "", 1},
		{"the first is cut off again and again", []error{cut, cut, cut}, nil, "", 1},
		{"both are cut off", []error{cut}, []error{cut}, "cable out", 1},
		{"one will never work", nil, []error{devices.Permanent(cut)}, "platform 2 of 2", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var told []obs.Health
				done := make(chan error, 1)
				src := weigh.Both(weigh.NewJoint(set, devices.Env{}), [2]devices.Source{&source{c.first}, &source{c.second}})
				go func() {
					done <- src.Run(ctx, func(o obs.Observation, _ func(error)) { told = append(told, *o.Body.(*obs.Health)) })
				}()
				time.Sleep(time.Minute)
				synctest.Wait()
				select {
				case err := <-done:
					if c.ends == "" || err == nil || !strings.Contains(err.Error(), c.ends) {
						t.Errorf("ended: %v, want %q", err, c.ends)
					}
					done <- nil
				default:
					if c.ends != "" {
						t.Error("goes on")
					}
				}
				cancel()
				<-done
				if len(told) != c.told || c.told > 0 && (told[0].State != obs.Degraded || !strings.Contains(told[0].Reason, "platform: cable out")) {
					t.Errorf("told %+v, want %d", told, c.told)
				}
			})
		})
	}
}
