package devicestest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// catch collects what a source hands out.
type catch struct {
	obs  []obs.Observation
	over bool
	late int
}

func (c *catch) emit(o obs.Observation, done func(error)) {
	if c.over {
		c.late++
	}
	if _, ok := o.Body.(*obs.Health); !ok {
		c.obs = append(c.obs, o)
	}
	if done != nil {
		done(nil)
	}
}

func (k kit) shell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		env := k.env(t)
		env.Open = func(string) (line.Open, error) { return pipes.Open("kit"), nil }
		src, err := k.d.New(k.section(t), env)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			want := k.s.Want
			if k.s.Once && n > 0 {
				want = 0
			}
			if err := k.once(t, src, pipes, want, n == 1); err != nil {
				t.Errorf("run %d: %v", n+1, err)
			}
		}
	})
}

// once makes one run that gives want observations; hangUp ends it from the instrument's side.
func (k kit) once(t *testing.T, src devices.Source, pipes *line.Pipes, want int, hangUp bool) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var c catch
	end := make(chan error, 1)
	go func() { end <- src.Run(ctx, c.emit) }()
	far, err := pipes.Accept(ctx, "kit")
	if err != nil {
		return err
	}
	defer far.Close()
	go func() {
		for p := make([]byte, 4096); ; {
			if _, err := far.Read(p); err != nil {
				return
			}
		}
	}()
	synctest.Wait()
	if _, err := far.Write(k.s.Good); err != nil {
		return err
	}
	synctest.Wait()
	if len(c.obs) != want {
		return fmt.Errorf("%d observations, want %d", len(c.obs), want)
	}
	if hangUp {
		far.Close()
		synctest.Wait()
	}
	start := time.Now()
	cancel()
	<-end
	c.over = true
	if d := time.Since(start); d > time.Second {
		return fmt.Errorf("Run returned %v after it was cancelled", d)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	if c.late > 0 {
		return fmt.Errorf("%d observations after Run returned", c.late)
	}
	return nil
}
