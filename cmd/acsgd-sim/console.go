package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"

	"acsgd/sim/scenario"
)

// consoleClient is an officer's browser as far as a scenario needs one.
type consoleClient struct {
	base    string
	http    http.Client
	waiting map[string]time.Time // since when a passage is seen to wait
	ordered map[string]bool
}

func newConsoleClient(base string) *consoleClient {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &consoleClient{base: base, http: http.Client{Jar: jar, Timeout: 10 * time.Second}, waiting: map[string]time.Time{}, ordered: map[string]bool{}}
}

// ask sends a request and reads the answer into v, unless that is nil.
func (c *consoleClient) ask(ctx context.Context, method, path string, body, v any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("X-ACSGD", "1")
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.200s", method, path, res.Status, b)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *consoleClient) login(ctx context.Context, user, password string) error {
	return c.ask(ctx, http.MethodPost, "/api/login", map[string]string{"user": user, "password": password}, nil)
}

// passages gives the passages since a time: the newest page, or all.
func (c *consoleClient) passages(ctx context.Context, from time.Time, all bool) ([]*scenario.Passage, error) {
	var out []*scenario.Passage
	q := url.Values{"limit": {"200"}, "from": {from.Add(-time.Minute).UTC().Format(time.RFC3339)}}
	for {
		var page struct {
			Passages []json.RawMessage `json:"passages"`
			Next     string            `json:"next"`
		}
		if err := c.ask(ctx, http.MethodGet, "/api/passages?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, j := range page.Passages {
			p, err := scenario.ParsePassage(j)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		if page.Next == "" || !all {
			return out, nil
		}
		q.Set("before", page.Next)
	}
}

// secondary sends a passage to inspection once it has waited for so long.
func (c *consoleClient) secondary(ctx context.Context, p *scenario.Passage, think time.Duration) error {
	since, known := c.waiting[p.ID]
	if !known {
		c.waiting[p.ID] = time.Now()
		return nil
	}
	if c.ordered[p.ID] || time.Since(since) < think {
		return nil
	}
	c.ordered[p.ID] = true
	return c.ask(ctx, http.MethodPost, "/api/lanes/"+url.PathEscape(p.Lane)+"/orders",
		map[string]any{"id": "sim-" + p.ID, "action": "secondary", "passage": p.ID, "reason": "automatic", "user": "", "role": ""}, nil)
}
