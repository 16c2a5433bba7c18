package site

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"acsgd/console"
	"acsgd/devices/mqtt"
	"acsgd/internal/bus"
)

// openBus starts the embedded NATS with its MQTT listener, or connects to the external one.
func (s *Site) openBus(ctx context.Context) error {
	s.bus = s.opt.Bus
	if s.bus == nil && !s.needsBus() && s.opt.File.Bus.Centre != "tell" {
		return nil
	}
	if s.bus == nil {
		b := s.opt.File.Bus
		var err error
		if s.bus, err = bus.Start(ctx, bus.Config{Dir: filepath.Join(s.dir, "bus"), Listen: b.Listen, MQTT: b.MQTT, URL: b.URL, Name: s.opt.File.Site.Code}); err != nil {
			return err
		}
		s.ownBus = true
	}
	s.broker = mqtt.NewBroker(mqtt.Config{Addr: s.bus.MQTTAddr(), ClientID: "acsgd-" + s.opt.File.Site.Code})
	return nil
}

// needsBus reports whether any device speaks MQTT through the site's own broker.
func (s *Site) needsBus() bool {
	for i := range s.opt.File.Lanes {
		for _, d := range s.opt.File.Lanes[i].Devices {
			if isMQTT(d.Link) {
				return true
			}
		}
	}
	return false
}

func isMQTT(link string) bool { return strings.HasPrefix(link, "mqtt:/") }

// openConsole binds the console's and the metrics' addresses, so that a taken port is a
// clear error before anything runs.
func (s *Site) openConsole() error {
	f := s.opt.File
	secure := f.Console.Cert != ""
	c, err := console.New(console.Config{Site: f.Site.Name, Mode: f.Site.Mode, Zone: f.Site.Zone, Build: s.opt.Build, Hub: s.hub, Users: s.users,
		Commander: s, Templates: s.Templates, Channels: s.Channels, Archive: Archive{Store: s.store, Books: s.lib.Book}, Papers: s.papers, N42: s.papers, Evidence: s.keep, Devices: s.devices, Ages: s.ages, Audit: s.audit, Static: s.opt.Static,
		Origins: f.Console.Origin, Secure: secure, Log: s.log})
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	s.console = c
	if s.opt.Console == nil {
		if s.opt.Console, err = s.listen(f.Console.Listen, secure); err != nil {
			return fmt.Errorf("console: %w", err)
		}
	}
	s.addr = s.opt.Console.Addr()
	if secure {
		pair, err := tls.LoadX509KeyPair(f.Console.Cert, f.Console.Key)
		if err != nil {
			return fmt.Errorf("console certificate: %w", err)
		}
		s.opt.Console = tls.NewListener(s.opt.Console, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	if s.opt.Metrics == nil && f.Metrics.Listen != "" {
		if s.opt.Metrics, err = net.Listen("tcp", f.Metrics.Listen); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}

// listen binds an address; without a certificate only loopback is allowed.
func (s *Site) listen(addr string, secure bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); !secure && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %s is not loopback: console.cert and console.key are needed", addr)
	}
	return net.Listen("tcp", addr)
}

// serve starts the listeners; the channel gives the first error of any.
func (s *Site) serve() <-chan error {
	errs := make(chan error, 2)
	start := func(l net.Listener, h http.Handler, write time.Duration) {
		srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: write,
			IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
		s.servers = append(s.servers, srv)
		go func() {
			if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
				errs <- err
			}
		}()
	}
	start(s.opt.Console, s.console, 60*time.Second)
	s.log.Info("serving", "what", "console", "addr", s.addr)
	if s.opt.Metrics != nil {
		start(s.opt.Metrics, s.metrics(), 2*time.Minute)
		s.log.Info("serving", "what", "metrics", "addr", s.opt.Metrics.Addr())
	}
	return errs
}

// metrics is the loopback listener's handler: metrics, health, profiles.
func (s *Site) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collector{s})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		for id, l := range s.lanes {
			if age := time.Since(l.Alive()); age > 3*time.Second {
				http.Error(w, fmt.Sprintf("lane %s has not turned for %v", id, age), http.StatusServiceUnavailable)
				return
			}
			if why := l.Stats().Journal; why != "" {
				http.Error(w, "the journal refuses: "+why, http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// collector gives the counters of the parts to Prometheus; label values come from the site
// file only.
type collector struct{ s *Site }

var (
	descSteps   = prometheus.NewDesc("acsgd_lane_inputs_total", "inputs stepped", []string{"lane"}, nil)
	descInbox   = prometheus.NewDesc("acsgd_lane_inbox_length", "inputs that wait", []string{"lane"}, nil)
	descLast    = prometheus.NewDesc("acsgd_lane_last_seconds", "hand-over to published, of the last input", []string{"lane"}, nil)
	descFrames  = prometheus.NewDesc("acsgd_device_frames_total", "decoded frames", []string{"lane", "dev"}, nil)
	descErrors  = prometheus.NewDesc("acsgd_device_decode_errors_total", "frames that could not be understood", []string{"lane", "dev"}, nil)
	descBytes   = prometheus.NewDesc("acsgd_device_bytes_total", "bytes read", []string{"lane", "dev"}, nil)
	descReconn  = prometheus.NewDesc("acsgd_device_reconnects_total", "links opened again", []string{"lane", "dev"}, nil)
	descRows    = prometheus.NewDesc("acsgd_journal_rows_total", "rows written since start", nil, nil)
	descCommit  = prometheus.NewDesc("acsgd_journal_commit_seconds", "last commit, fsync included", nil, nil)
	descWaiting = prometheus.NewDesc("acsgd_journal_waiting", "rows that wait for the writer", nil, nil)
	descSubs    = prometheus.NewDesc("acsgd_console_subscribers", "open streams", nil, nil)
	descSlow    = prometheus.NewDesc("acsgd_console_slow_closes_total", "streams closed because the browser did not read", nil, nil)
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, l ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, l...)
	}
	gauge := func(d *prometheus.Desc, v float64, l ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, l...)
	}
	for _, id := range c.s.order {
		st := c.s.lanes[id].Stats()
		count(descSteps, float64(st.Steps), id)
		gauge(descInbox, float64(st.Inbox), id)
		gauge(descLast, st.Last.Seconds(), id)
	}
	for _, d := range c.s.devs {
		n := d.sup.Status().Counters
		count(descFrames, float64(n.Frames), d.lane, d.cfg.Name)
		count(descErrors, float64(n.DecodeErrors), d.lane, d.cfg.Name)
		count(descBytes, float64(n.Bytes), d.lane, d.cfg.Name)
		count(descReconn, float64(n.Reconnects), d.lane, d.cfg.Name)
	}
	j := c.s.journal.Stats()
	count(descRows, float64(j.Rows))
	gauge(descCommit, j.Commit.Seconds())
	gauge(descWaiting, float64(j.Waiting))
	h := c.s.hub.Stats()
	gauge(descSubs, float64(h.Subscribers))
	count(descSlow, float64(h.Slow))
}
