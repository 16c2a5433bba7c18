package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"acsgd/fusion"
	"acsgd/internal/auth"
	"acsgd/internal/evidence"
	"acsgd/internal/metrology"
)

// Commander takes officers' orders. It returns when the order is durable; the answer is an
// event of the stream.
type Commander interface {
	Order(ctx context.Context, lane string, o fusion.Order) error
}

// Archive answers questions about the past.
type Archive interface {
	// Passages finds passages, the newest first.
	Passages(ctx context.Context, q Query) (Page, error)
	// Passage gives the JSON of one passage; nil if there is none.
	Passage(ctx context.Context, id string) (json.RawMessage, error)
	// Explanation derives a passage's findings again; nil if there is no such passage,
	// ErrUnexplained if nothing was judged or its tables are not here.
	Explanation(ctx context.Context, id string) (any, error)
	// Log gives the events after row n, at most limit rows.
	Log(ctx context.Context, after uint64, limit int) (LogPage, error)
}

// ErrUnexplained is why a passage has no explanation.
var ErrUnexplained = errors.New("the passage cannot be explained")

// Query says which passages are wanted; empty fields do not limit.
type Query struct {
	Lane    string
	Device  string // name of an instrument that has measured it
	Plate   string // with * for any characters
	Verdict string
	From    time.Time
	To      time.Time
	Before  string // key of the page before, from Page.Next
	Limit   int    // 1 to 200
}

// Page is one page of passages.
type Page struct {
	Passages []json.RawMessage `json:"passages"`
	Next     string            `json:"next,omitempty"`
}

// LogPage is one page of the log.
type LogPage struct {
	N    uint64            `json:"n"` // row of the last event
	A    []json.RawMessage `json:"a"`
	More bool              `json:"more,omitempty"`
}

// Device is one row of the device list.
type Device struct {
	fusion.DeviceState
	Lane string `json:"lane"`
	Kind string `json:"kind"`
	Link string `json:"link"`
	// Certificate is that of its last verification; nil if the site file names none.
	Certificate *metrology.Certificate `json:"certificate,omitempty"`

	Counters map[string]uint64 `json:"counters,omitempty"`
	Errors   []DeviceError     `json:"errors,omitempty"`
}

// DeviceError is one frame that could not be understood.
type DeviceError struct {
	At     time.Time `json:"at"`
	Offset int64     `json:"offset"`
	Reason string    `json:"reason"`
	Frame  string    `json:"frame_hex,omitempty"`
}

// Config is what a console is made of.
type Config struct {
	Site      string
	Mode      string // enforcement, simulator
	Zone      string
	Build     string
	Centre    bool // passages of many sites, no lanes and no orders
	Hub       *Hub
	Users     *auth.Users
	Commander Commander
	Archive   Archive
	Papers    Papers      // nil: this console prints none
	N42       Occupancies // nil: this console exports none
	Evidence  *evidence.Store
	Devices   func() []Device
	Ages      func(now time.Time) map[string]int64                 // ms since the last sign of life, by "lane/ID" and "lane/ID/DEVICE"
	Audit     func(ctx context.Context, kind, user, detail string) // sign-ins and refusals enter the journal
	Static    fs.FS
	Origins   []string // further origins that browsers may come from
	Secure    bool     // served over TLS: the cookie is __Host- and Secure
	Log       *slog.Logger

	// Templates puts a supervisor's radiation templates in force in a lane, "" in all; nil is
	// a console without lanes.
	Templates func(ctx context.Context, lane, user string, b []byte) (version string, err error)
	// Channels does the same for the channels of plate cameras.
	Channels func(ctx context.Context, lane, user string, b []byte) (version string, err error)
}

// Server is the console's HTTP handler.
type Server struct {
	cfg      Config
	hub      *Hub
	info     []byte
	mux      *http.ServeMux
	upgrader websocket.Upgrader
	cross    *http.CrossOriginProtection
	ageing   ageing
	stop     atomic.Bool
	uploads  uploadCount
}

// New returns a console.
func New(cfg Config) (*Server, error) {
	info, err := json.Marshal(map[string]any{"build": cfg.Build, "site": cfg.Site, "mode": cfg.Mode, "zone": cfg.Zone, "sim": cfg.Mode == "simulator", "centre": cfg.Centre})
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, hub: cfg.Hub, info: info, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
	for _, o := range cfg.Origins {
		if err := s.cross.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	s.upgrader = newUpgrader(s.sameOrigin)
	s.routes()
	return s, nil
}

// Stop refuses new streams and ends the open ones with 4000.
func (s *Server) Stop() {
	s.stop.Store(true)
	s.hub.Close()
}

func (s *Server) stopped() bool { return s.stop.Load() }

// sameOrigin wants an Origin, ours or an allowed one: a page from elsewhere must not open
// the stream with an officer's cookie.
func (s *Server) sameOrigin(r *http.Request) bool {
	o, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || o.Host == "" {
		return false
	}
	if strings.EqualFold(o.Host, r.Host) {
		return true
	}
	for _, a := range s.cfg.Origins {
		if strings.EqualFold(a, r.Header.Get("Origin")) {
			return true
		}
	}
	return false
}

func (s *Server) routes() {
	s.mux.HandleFunc("POST /api/login", s.login)
	s.mux.HandleFunc("POST /api/logout", s.logout)
	s.mux.HandleFunc("GET /api/me", s.with(func(w http.ResponseWriter, r *http.Request, u auth.User) {
		reply(w, http.StatusOK, json.RawMessage(`{"user":`+string(s.userJSON(u))+`,"server":`+string(s.info)+`}`))
	}))
	s.mux.HandleFunc("GET /api/stream", s.openStream)
	s.mux.HandleFunc("POST /api/lanes/{lane}/orders", s.with(s.order, "officer", "radiation_officer", "supervisor"))
	s.mux.HandleFunc("POST /api/alarms/{id}/{verb}", s.with(s.alarm, "officer", "radiation_officer", "supervisor"))
	s.mux.HandleFunc("POST "+templatesPath, s.with(s.tuned("radiation templates", s.cfg.Templates), "supervisor"))
	s.mux.HandleFunc("POST "+channelsPath, s.with(s.tuned("camera channels", s.cfg.Channels), "supervisor"))
	s.mux.HandleFunc("POST /api/passages/{id}"+uploads, s.with(s.attachment, "officer", "radiation_officer", "supervisor"))
	s.mux.HandleFunc("GET /api/passages/{id}/radiation/history", s.with(s.radiationHistory))
	s.mux.HandleFunc("GET /api/passages", s.with(s.passages))
	s.mux.HandleFunc("GET /api/passages/{id}", s.with(s.passage))
	s.mux.HandleFunc("GET /api/passages/{id}/explanation", s.with(s.explanation))
	s.mux.HandleFunc("GET /api/passages/{id}/profile.svg", s.with(s.profile))
	for _, kind := range []string{"weighing", "overload"} {
		s.mux.HandleFunc("GET /api/passages/{id}/"+kind+".pdf", s.with(s.paper(kind)))
	}
	s.mux.HandleFunc("GET /api/passages/{id}/n42", s.with(s.n42))
	s.mux.HandleFunc("GET /api/log", s.with(s.log))
	s.mux.HandleFunc("GET /api/devices", s.with(func(w http.ResponseWriter, r *http.Request, u auth.User) {
		reply(w, http.StatusOK, map[string]any{"devices": s.cfg.Devices()})
	}))
	s.mux.HandleFunc("GET /api/evidence/{sum}", s.with(s.picture))
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "there is no "+r.URL.Path)
	})
	s.mux.Handle("/", newStatic(s.cfg.Static))
}

const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// maxBody bounds a request's body, but that of an attachment: an order, a password.
const maxBody = 64 << 10

// What is learnt may be longer: of each camera about 70 KB once it has confused every
// character.
const (
	templatesPath = "/api/radiation/templates"
	channelsPath  = "/api/plates/channels"
	maxTuned      = 32 << 20
)

// ServeHTTP serves the console.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.cfg.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := s.cross.Check(r); err != nil {
			refuse(w, http.StatusForbidden, "request from another site")
			return
		}
		if r.Header.Get("X-ACSGD") != "1" {
			refuse(w, http.StatusForbidden, "header X-ACSGD is missing")
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the browser may be gone: there is nobody to tell
}

func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, map[string]string{"error": why})
}

func (s *Server) cookie() string {
	if s.cfg.Secure {
		return "__Host-acsgd"
	}
	return "acsgd"
}

func (s *Server) token(r *http.Request) string {
	c, err := r.Cookie(s.cookie())
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) userJSON(u auth.User) []byte {
	b, err := json.Marshal(map[string]any{"id": u.Name, "name": u.Name, "roles": u.Roles})
	if err != nil {
		return []byte("{}")
	}
	return b
}

// with wraps a handler that needs a session and, if roles are given, one of them.
func (s *Server) with(f func(http.ResponseWriter, *http.Request, auth.User), roles ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, ok := s.cfg.Users.Session(s.token(r))
		switch {
		case !ok:
			refuse(w, http.StatusUnauthorized, "sign in first")
		case len(roles) > 0 && !u.Has(roles...):
			refuse(w, http.StatusForbidden, "your roles do not allow this")
		default:
			f(w, r, u)
		}
	}
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ User, Password string }
	if err := decode(r, &in); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	token, u, err := s.cfg.Users.Login(in.User, in.Password)
	switch {
	case errors.Is(err, auth.ErrTooMany), errors.Is(err, auth.ErrBusy):
		refuse(w, http.StatusTooManyRequests, err.Error())
		return
	case errors.Is(err, auth.ErrRefused):
		s.cfg.Audit(r.Context(), "login_refused", in.User, host(r))
		refuse(w, http.StatusUnauthorized, err.Error())
		return
	case err != nil:
		s.cfg.Log.Error("sign-in", "err", err)
		refuse(w, http.StatusInternalServerError, "the session could not be kept")
		return
	}
	s.cfg.Audit(r.Context(), "login", u.Name, host(r))
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: token, Path: "/", HttpOnly: true, Secure: s.cfg.Secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(auth.Absolute / time.Second)})
	w.WriteHeader(http.StatusNoContent)
}

func host(r *http.Request) string {
	h, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return h
}

func decode(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("body: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("body: more than one JSON value")
	}
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	t := s.token(r)
	if u, ok := s.cfg.Users.Session(t); ok {
		s.cfg.Audit(r.Context(), "logout", u.Name, host(r))
	}
	if err := s.cfg.Users.Logout(t); err != nil {
		s.cfg.Log.Error("sign-out", "err", err)
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) openStream(w http.ResponseWriter, r *http.Request) {
	t := s.token(r)
	u, ok := s.cfg.Users.Session(t)
	if !ok {
		refuse(w, http.StatusUnauthorized, "sign in first")
		return
	}
	s.stream(w, r, u, func() bool {
		_, ok := s.cfg.Users.Session(t)
		return ok
	})
}

// order takes an officer's order: 202 means durable and answered in the stream.
func (s *Server) order(w http.ResponseWriter, r *http.Request, u auth.User) {
	lane := r.PathValue("lane")
	var o fusion.Order
	if err := decode(r, &o); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if v, shown := s.hub.Version(o.Passage); shown && o.Version != 0 && v != o.Version {
		reply(w, http.StatusConflict, map[string]any{"error": "the passage has changed", "version": v})
		return
	}
	if sum := s.unkept(&o); sum != "" {
		refuse(w, http.StatusBadRequest, "the attachment "+sum+" was not uploaded")
		return
	}
	s.send(w, r, u, lane, o)
}

// send hands an order over to its lane.
func (s *Server) send(w http.ResponseWriter, r *http.Request, u auth.User, lane string, o fusion.Order) {
	if o.ID == "" || len(o.ID) > 64 || len(o.Alarm) > 64 || len(o.Text) > 4096 || len(o.Reason) > 256 || len(o.Plate) > 32 {
		refuse(w, http.StatusBadRequest, "an order needs an id of at most 64 characters, and texts in bounds")
		return
	}
	o.User, o.Role = u.Name, strongest(u)
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := s.cfg.Commander.Order(ctx, lane, o); err != nil {
		s.cfg.Log.Error("order", "lane", lane, "err", err)
		refuse(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	reply(w, http.StatusAccepted, map[string]string{"order": o.ID})
}

// strongest gives the deciding role that a user acts in.
func strongest(u auth.User) string {
	for _, r := range []string{"supervisor", "radiation_officer", "officer"} {
		if u.Has(r) {
			return r
		}
	}
	return ""
}

func (s *Server) passages(w http.ResponseWriter, r *http.Request, _ auth.User) {
	v := r.URL.Query()
	q := Query{Lane: v.Get("lane"), Device: v.Get("device"), Plate: v.Get("plate"), Verdict: v.Get("verdict"), Before: v.Get("before"), Limit: 50}
	var err error
	if x := v.Get("limit"); x != "" {
		if q.Limit, err = strconv.Atoi(x); err != nil || q.Limit < 1 || q.Limit > 200 {
			refuse(w, http.StatusBadRequest, "limit: want 1 to 200")
			return
		}
	}
	for name, to := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if x := v.Get(name); x != "" {
			if *to, err = time.Parse(time.RFC3339, x); err != nil {
				refuse(w, http.StatusBadRequest, name+": want a time as 2026-03-01T08:00:00Z")
				return
			}
		}
	}
	page, err := s.cfg.Archive.Passages(r.Context(), q)
	if err != nil {
		s.cfg.Log.Error("search passages", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
		return
	}
	reply(w, http.StatusOK, page)
}

func (s *Server) passage(w http.ResponseWriter, r *http.Request, _ auth.User) {
	p, err := s.cfg.Archive.Passage(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		s.cfg.Log.Error("read passage", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
	case p == nil:
		refuse(w, http.StatusNotFound, "there is no passage "+r.PathValue("id"))
	default:
		reply(w, http.StatusOK, p)
	}
}

func (s *Server) explanation(w http.ResponseWriter, r *http.Request, _ auth.User) {
	e, err := s.cfg.Archive.Explanation(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, ErrUnexplained):
		refuse(w, http.StatusConflict, err.Error())
	case err != nil:
		s.cfg.Log.Error("explain passage", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
	case e == nil:
		refuse(w, http.StatusNotFound, "there is no passage "+r.PathValue("id"))
	default:
		reply(w, http.StatusOK, e)
	}
}

func (s *Server) log(w http.ResponseWriter, r *http.Request, _ auth.User) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 63)
	if err != nil {
		refuse(w, http.StatusBadRequest, "after: want a row number")
		return
	}
	page, err := s.cfg.Archive.Log(r.Context(), after, 500)
	if err != nil {
		s.cfg.Log.Error("read log", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
		return
	}
	reply(w, http.StatusOK, page)
}

func (s *Server) picture(w http.ResponseWriter, r *http.Request, _ auth.User) {
	f, err := s.cfg.Evidence.Open(r.PathValue("sum"))
	if err != nil {
		refuse(w, http.StatusNotFound, "there is no such evidence")
		return
	}
	defer f.Close()
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(w, r, "", time.Time{}, f)
}
