package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/site"
)

type radiationTemplatesCmd struct {
	Show radiationShowCmd `cmd:"" help:"Print a file of templates."`
	Use  radiationUseCmd  `cmd:"" help:"Put templates in force in a site, or try what would change."`
}

type radiationShowCmd struct {
	File string `arg:"" help:"Templates, as 'learn' writes them."`
}

// Run prints a set.
func (c *radiationShowCmd) Run(s *std) error {
	_, set, err := site.ReadTemplates(c.File)
	if err != nil {
		return usage{err}
	}
	describe(s.out, set)
	return nil
}

type radiationUseCmd struct {
	Data    string `help:"The site's data directory; the site must be stopped, except for --dry-run." placeholder:"DIR"`
	Console string `help:"Or the console of the running site, http://..." placeholder:"URL"`
	User    string `help:"The supervisor. The password is read from standard input." placeholder:"NAME"`
	Lane    string `help:"In this lane; else in all with a portal." placeholder:"ID"`
	None    bool   `help:"No templates: end the use of those in force."`
	DryRun  bool   `help:"Only show what would change in the last passages of the archive."`
	Last    int    `default:"1000" help:"For --dry-run: how many passages of the archive are tried."`
	Store   string `help:"For --dry-run: an archive in a database, postgres://..." placeholder:"URL"`
	File    string `arg:"" optional:"" help:"Templates, as 'learn' writes them."`
}

// Help says more.
func (radiationUseCmd) Help() string {
	return "The act is a row of the journal with the user's name. Where the site file names templates of a lane, those hold: change the site file instead."
}

// Run puts a set in force.
func (c *radiationUseCmd) Run(ctx context.Context, s *std) error {
	b, set := []byte("null"), (*radiation.Templates)(nil)
	switch {
	case c.None == (c.File != ""):
		return usage{errors.New("want a file or --none")}
	case c.File != "":
		var err error
		if b, set, err = site.ReadTemplates(c.File); err != nil {
			return usage{err}
		}
	}
	if c.DryRun {
		return c.try(ctx, s, set)
	}
	return putInForce(ctx, s, tunedTarget{c.Data, c.Console, c.Lane, c.User}, "/api/radiation/templates", site.UseTemplates, b)
}

// tunedTarget says where learnt data are put in force, and by whom.
type tunedTarget struct{ data, console, lane, user string }

// putInForce has a supervisor put learnt data in force: in the journal of a stopped site by
// use, or by the console of a running one at path. The password comes from standard input.
func putInForce(ctx context.Context, s *std, to tunedTarget, path string, use func(ctx context.Context, data, lane, user, password string, b []byte) ([]string, error), b []byte) error {
	switch {
	case to.user == "":
		return usage{errors.New("who: want --user")}
	case (to.console == "") == (to.data == ""):
		return usage{errors.New("where: want --data of a stopped site or --console of a running one")}
	}
	pw, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && pw == "" {
		return usage{fmt.Errorf("read password: %w", err)}
	}
	pw = strings.TrimRight(pw, "\r\n")
	if to.console != "" {
		return orderTuned(ctx, s, to.console, path, to.user, pw, to.lane, b)
	}
	ids, err := use(ctx, to.data, to.lane, to.user, pw, b)
	if err != nil {
		return usage{err}
	}
	fmt.Fprintf(s.out, "in the journal; in force in lane %s from the next start on\n", strings.Join(ids, ", "))
	return nil
}

// orderTuned lets the running site put learnt data in force.
func orderTuned(ctx context.Context, s *std, console, path, user, password, lane string, b []byte) error {
	base, err := url.Parse(console)
	if err != nil || base.Host == "" {
		return usage{fmt.Errorf("--console %s: want a URL as http://127.0.0.1:8080", console)}
	}
	client := &http.Client{Timeout: 10 * time.Second}
	var session []*http.Cookie
	post := func(path, query string, body []byte) ([]byte, error) {
		to := *base
		to.Path, to.RawQuery = path, query
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("X-ACSGD", "1")
		req.Header.Set("Content-Type", "application/json")
		for _, k := range session {
			req.AddCookie(k)
		}
		res, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		if err == nil && res.StatusCode >= 300 {
			err = fmt.Errorf("%s: %s", res.Status, bytes.TrimSpace(answer))
		}
		if k := res.Cookies(); len(k) > 0 {
			session = k
		}
		return answer, err
	}
	login, err := json.Marshal(map[string]string{"user": user, "password": password})
	if err != nil {
		return err
	}
	if _, err := post("/api/login", "", login); err != nil {
		return usage{err}
	}
	answer, err := post(path, url.Values{"lane": {lane}}.Encode(), b)
	if _, bye := post("/api/logout", "", nil); err == nil {
		err = bye
	}
	if err != nil {
		return usage{err}
	}
	fmt.Fprintf(s.out, "in force: %s\n", bytes.TrimSpace(answer))
	return nil
}

// changed is one line of a dry run: what was found then and what would be found now.
type changed struct {
	Passage string              `json:"passage"`
	Lane    string              `json:"lane"`
	At      time.Time           `json:"at"`
	Before  *radiation.Analysis `json:"before"`
	After   *radiation.Analysis `json:"after"`
}

// try analyses the newest passages of the archive again and prints those whose alarm would
// be another.
func (c *radiationUseCmd) try(ctx context.Context, s *std, set *radiation.Templates) error {
	if c.Data == "" && c.Store == "" {
		return usage{errors.New("where: --dry-run wants --data or --store")}
	}
	out := bufio.NewWriter(s.out)
	enc := json.NewEncoder(out)
	n, before, after, diff := 0, 0, 0, 0
	err := eachPassage(ctx, passagesCmd{Data: c.Data, Store: c.Store, Lane: c.Lane, Zone: "UTC"}, max(c.Last, 1), func(p *fusion.Passage) error {
		o := p.Radiation
		now := set.Analyse(o)
		was := o.Analysis != nil && o.Analysis.Alarm
		n++
		if was {
			before++
		}
		if now.Alarm {
			after++
		}
		if was == now.Alarm {
			return nil
		}
		diff++
		return enc.Encode(changed{p.ID, p.Lane, p.Opened, o.Analysis, now})
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d passages with a portal: %d alarms of our own tests before, %d after, %d passages differ; the portal's own alarms stay as they are\n", n, before, after, diff)
	return nil
}
