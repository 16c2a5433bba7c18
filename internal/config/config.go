// Package config reads the site file: TOML, strict, with units. Unknown keys, bare numbers
// for physical values and two devices on one port are refused with file and line, all
// problems at once.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/internal/line"
	"acsgd/internal/metrology"
	"acsgd/internal/quant"
)

// File is a site file.
type File struct {
	Path      string    `toml:"-"`
	Site      Site      `toml:"site"`
	Console   Console   `toml:"console"`
	Metrics   Metrics   `toml:"metrics"`
	Bus       Bus       `toml:"bus"`
	Arrive    Arrive    `toml:"declarations"`
	Radiation Radiation `toml:"radiation"`
	Lanes     []Lane    `toml:"lane"`
	Tracker   []Device  `toml:"tracker"` // corridor sources, without a lane

	src *source
}

// Site names the site and its data.
type Site struct {
	Code      string     `toml:"code"`       // in passage ids: upper case letters, digits
	Name      string     `toml:"name"`       // shown
	Zone      string     `toml:"zone"`       // IANA, display and the day whose law counts
	Mode      string     `toml:"mode"`       // enforcement (default) or simulator
	Data      string     `toml:"data"`       // directory of journal, evidence, snapshots
	Store     string     `toml:"store"`      // archive: "" = SQLite in Data, or postgres://...
	Pack      string     `toml:"pack"`       // rule pack that judges: KZ-342, RU-2060, ...
	Advice    []string   `toml:"advice"`     // further packs, advice only
	Rules     string     `toml:"rules"`      // folder of rule tables that stand before the program's own; "" has none
	Norm      string     `toml:"norm"`       // file of what released natural loads have told, by "radiation cases --learn"; from the site file's folder; "" has none
	RoadClass quant.Mass `toml:"road_class"` // 6t, 10t, 11.5t an axle
	Region    string     `toml:"region"`     // of seasonal limits
}

// Console is the officers' web server.
type Console struct {
	Listen string   `toml:"listen"`
	Origin []string `toml:"origin"` // further origins that browsers may come from
	Cert   string   `toml:"cert"`   // TLS; needed off loopback
	Key    string   `toml:"key"`
}

// Metrics is the listener for metrics, health and profiles; loopback.
type Metrics struct {
	Listen string `toml:"listen"`
}

// Bus is the embedded NATS server with its MQTT listener, or an external one.
type Bus struct {
	Listen string `toml:"listen"` // NATS clients
	MQTT   string `toml:"mqtt"`   // MQTT listener for devices
	URL    string `toml:"url"`    // an external NATS instead of the embedded one
	Centre string `toml:"centre"` // "tell": deliver what was decided to the centre; "none" (default)
}

// Arrive says where declarations come from.
type Arrive struct {
	Watch string        `toml:"watch"` // folder; "" = Data/declarations/in
	Every time.Duration `toml:"every"`
}

// Lane is one lane.
type Lane struct {
	ID        string        `toml:"id"`
	Direction string        `toml:"direction"`   // import, export, transit
	Window    time.Duration `toml:"window"`      // how long to wait for late instruments
	Green     string        `toml:"green"`       // "auto": the barrier opens by itself when everything is within; "officer"
	Declare   string        `toml:"declaration"` // "expected" or "optional"
	Secondary string        `toml:"secondary"`   // "beyond" or "before" the barrier
	Shortest  quant.Length  `toml:"shortest_vehicle"`
	Devices   []Device      `toml:"device"`
}

// Device is one instrument.
type Device struct {
	Name    string       `toml:"name"`
	Driver  string       `toml:"driver"`
	Link    string       `toml:"link"`
	Station quant.Length `toml:"station"` // distance of its sensing line from the lane datum
	Expect  string       `toml:"expect"`  // "always" (default; of anpr/reader "never") or "never": whether a passage waits for it
	Role    string       `toml:"role"`    // cameras: front, rear, trailer
	// Loops says where loops of a lane I/O module begin, by their signals: two of them that
	// vehicles drive over without stopping tell a speed. The entry loop is at Station.
	Loops map[string]quant.Length `toml:"loops"`
	// Certificate names the JSON file of the instrument's last verification, from the site
	// file's folder; Verified is what stands in it.
	Certificate string                 `toml:"certificate"`
	Verified    *metrology.Certificate `toml:"-"`
	// Templates names the file of a portal's suppression templates, from the site file's
	// folder: see "acsgd radiation learn".
	Templates string `toml:"templates"`
	// Radiation overrides what a portal says of its own alarm test.
	Radiation *Tests         `toml:"radiation"`
	Record    string         `toml:"record"` // file that keeps the raw bytes
	Settings  map[string]any `toml:"settings"`
}

// Tests are the alarm test of one portal; nil follows what the portal says of itself.
type Tests struct {
	K        *float64 `toml:"k"`        // threshold, in sigma
	Window   *int     `toml:"window"`   // slices that are tested together
	Mask     *string  `toml:"mask"`     // panel groups: sum, horizontal, vertical, single as "1010"
	Buffered *int     `toml:"buffered"` // slices from before an occupancy that come with its first one
}

// Defaults of a site file.
func defaults() File {
	return File{
		Site:    Site{Mode: "enforcement", Zone: "Asia/Almaty", Data: "var", Pack: "KZ-342", RoadClass: 10 * quant.Tonne},
		Console: Console{Listen: "127.0.0.1:8080"},
		Metrics: Metrics{Listen: "127.0.0.1:9090"},
		Bus:     Bus{Listen: "127.0.0.1:4222", MQTT: "127.0.0.1:1883"},
		Arrive:  Arrive{Every: 2 * time.Second},
	}
}

// Read reads and checks a site file. The error joins all problems, each with file and line.
func Read(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read site file: %w", err)
	}
	return Parse(path, b)
}

// Parse is Read for bytes already read; path names them in errors.
func Parse(path string, b []byte) (*File, error) {
	f := defaults()
	f.Path, f.src = path, newSource(path, b)
	md, err := toml.Decode(string(b), &f)
	if err != nil {
		return nil, f.src.explain(err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		if i := strings.Index(k.String(), ".settings."); i < 0 {
			errs = append(errs, f.src.at(k, -1, fmt.Sprintf("unknown key %q%s", k.String(), suggest(k))))
		}
	}
	f.fill()
	errs = append(errs, f.validate()...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &f, nil
}

func (f *File) fill() {
	for i := range f.Lanes {
		l := &f.Lanes[i]
		set(&l.Direction, "import")
		set(&l.Green, "auto")
		set(&l.Declare, "expected")
		set(&l.Secondary, "before")
		if l.Window == 0 {
			l.Window = 4 * time.Second
		}
		if l.Shortest == 0 {
			l.Shortest = 3 * quant.Metre
		}
		for k := range l.Devices {
			expect := "always"
			if l.Devices[k].Driver == secondReader {
				expect = "never" // it reads what a camera has seen: the camera is waited for
			}
			set(&l.Devices[k].Expect, expect)
		}
	}
}

// secondReader is the driver kind of second readers of number plates.
const secondReader = "anpr/reader"

func set(s *string, def string) {
	if *s == "" {
		*s = def
	}
}

func oneOf(s string, want ...string) bool {
	for _, w := range want {
		if s == w {
			return true
		}
	}
	return false
}

func (f *File) validate() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, f.src.at(toml.Key(strings.Split(key, ".")), -1, fmt.Sprintf(format, args...)))
	}
	if !word(f.Site.Code) {
		bad("site.code", "site.code %q: want upper-case letters and digits", f.Site.Code)
	}
	if !oneOf(f.Site.Mode, "enforcement", "simulator") {
		bad("site.mode", "site.mode %q: want enforcement or simulator", f.Site.Mode)
	}
	if _, err := time.LoadLocation(f.Site.Zone); err != nil {
		bad("site.zone", "site.zone %q: %v", f.Site.Zone, err)
	}
	if len(f.Lanes) == 0 && len(f.Tracker) == 0 {
		bad("lane", "no [[lane]] and no [[tracker]]: there is nothing to run")
	}
	if !oneOf(f.Bus.Centre, "", "none", "tell") {
		bad("bus.centre", "bus.centre %q: want none or tell", f.Bus.Centre)
	}
	names, ports, lanes := map[string]string{}, map[string]string{}, map[string]bool{}
	n := 0
	for i := range f.Lanes {
		l := &f.Lanes[i]
		errs = append(errs, f.lane(i, l, lanes)...)
		for k := range l.Devices {
			errs = append(errs, f.device("lane.device", n, &l.Devices[k], names, ports)...)
			n++
		}
	}
	for k := range f.Tracker {
		errs = append(errs, f.device("tracker", k, &f.Tracker[k], names, ports)...)
	}
	return errs
}

func (f *File) lane(i int, l *Lane, seen map[string]bool) []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, f.src.at(toml.Key{"lane", key}, i, fmt.Sprintf(format, args...)))
	}
	switch {
	case !word(strings.ToUpper(l.ID)):
		bad("id", "lane.id %q: want letters and digits", l.ID)
	case seen[l.ID]:
		bad("id", "lane.id %q stands twice", l.ID)
	}
	seen[l.ID] = true
	if !oneOf(l.Direction, "import", "export", "transit") {
		bad("direction", "lane.direction %q: want import, export or transit", l.Direction)
	}
	if !oneOf(l.Green, "auto", "officer") {
		bad("green", "lane.green %q: want auto or officer", l.Green)
	}
	if !oneOf(l.Declare, "expected", "optional") {
		bad("declaration", "lane.declaration %q: want expected or optional", l.Declare)
	}
	if !oneOf(l.Secondary, "beyond", "before") {
		bad("secondary", "lane.secondary %q: want beyond or before", l.Secondary)
	}
	if l.Window < 0 || l.Window > time.Hour {
		bad("window", "lane.window %v: want 0s to 1h", l.Window)
	}
	return errs
}

func (f *File) device(table string, i int, d *Device, names, ports map[string]string) []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, f.src.at(append(toml.Key(strings.Split(table, ".")), key), i, fmt.Sprintf(format, args...)))
	}
	if d.Name == "" {
		bad("name", "%s without a name", table)
	}
	if other, ok := names[d.Name]; ok {
		bad("name", "device name %q stands twice, the first is %s", d.Name, other)
	}
	names[d.Name] = f.src.where(append(toml.Key(strings.Split(table, ".")), "name"), i)
	if !oneOf(d.Expect, "", "always", "never") {
		bad("expect", "device %s: expect %q: want always or never", d.Name, d.Expect)
	}
	if !oneOf(d.Role, "", "front", "rear", "trailer") {
		bad("role", "device %s: role %q: want front, rear or trailer", d.Name, d.Role)
	}
	if len(d.Loops) > 0 && !strings.HasPrefix(d.Driver, "laneio/") {
		bad("loops", "device %s: loops belong to a lane I/O module, not to %s", d.Name, d.Driver)
	}
	for signal, at := range d.Loops {
		if at < -100*quant.Metre || at > 100*quant.Metre {
			bad("loops", "device %s: loop %s at %v: want within 100 m of the datum", d.Name, signal, at)
		}
	}
	if d.Certificate != "" {
		if err := f.verified(d); err != nil {
			bad("certificate", "device %s: certificate %s: %v", d.Name, d.Certificate, err)
		}
	}
	if class, _, _ := strings.Cut(d.Driver, "/"); d.Templates != "" && class != "rpm" {
		bad("templates", "device %s: templates belong to a radiation portal, not to %s", d.Name, d.Driver)
	}
	if class, _, _ := strings.Cut(d.Driver, "/"); d.Radiation != nil && class != "rpm" {
		bad("radiation", "device %s: radiation belongs to a radiation portal, not to %s", d.Name, d.Driver)
	}
	if d.Link == "" {
		bad("link", "device %s without a link", d.Name)
		return errs
	}
	if key := line.Key(d.Link); key != "" {
		if other, ok := ports[key]; ok {
			bad("link", "device %s: link %s is taken by %s: two devices cannot share a port", d.Name, d.Link, other)
		}
		ports[key] = d.Name
	}
	return errs
}

// Radiation is what the site does with the occupancies of its portals.
type Radiation struct {
	// N42Dir names a folder, from the site file's, into which every occupancy of a closed
	// passage is written as ANSI N42.42; "" writes none.
	N42Dir string `toml:"n42_dir"`
}

// N42Dir is the path of the folder of occupancies; "" if there is none.
func (f *File) N42Dir() string {
	if d := f.Radiation.N42Dir; d == "" || filepath.IsAbs(d) {
		return d
	}
	return filepath.Join(f.Dir(), f.Radiation.N42Dir)
}

// Dir is the site file's folder: paths that devices name are from there.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// HasDevice reports whether a lane has a device of this name.
func (f *File) HasDevice(lane, name string) bool {
	for i := range f.Lanes {
		if l := &f.Lanes[i]; l.ID == lane {
			return slices.ContainsFunc(l.Devices, func(d Device) bool { return d.Name == name })
		}
	}
	return false
}

// TemplatesFile is the path of a portal's templates; "" if it names none.
func (f *File) TemplatesFile(d *Device) string {
	if d.Templates == "" || filepath.IsAbs(d.Templates) {
		return d.Templates
	}
	return filepath.Join(f.Dir(), d.Templates)
}

// NormFile is the file of what released natural loads have told; "" is none.
func (f *File) NormFile() string {
	if f.Site.Norm == "" || filepath.IsAbs(f.Site.Norm) {
		return f.Site.Norm
	}
	return filepath.Join(f.Dir(), f.Site.Norm)
}

// verified reads the certificate that a device names.
func (f *File) verified(d *Device) error {
	path := d.Certificate
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.Dir(), path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c, err := metrology.ParseCertificate(b)
	if err != nil {
		return err
	}
	class, _, _ := strings.Cut(d.Driver, "/")
	switch {
	case !oneOf(class, "wim", "dims", "rpm", "anpr"):
		return fmt.Errorf("a device of class %q measures nothing that is judged", class)
	case c.Class != class:
		return fmt.Errorf("it is of a device of class %q, this one is %q", c.Class, class)
	case c.Simulator && f.Site.Mode != "simulator":
		return errors.New("it was issued in simulator mode and counts only there")
	}
	d.Verified = c
	return nil
}

func word(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

// Location is the site's zone, which Parse has checked.
func (f *File) Location() *time.Location {
	l, err := time.LoadLocation(f.Site.Zone)
	if err != nil {
		return time.UTC
	}
	return l
}

// DecodeMap fills v, which holds the defaults, from settings without a file: those of a
// command line. Unknown keys and bad units are errors.
func DecodeMap(settings map[string]any, v any) error {
	f := File{Path: "settings", src: newSource("settings", nil)}
	return f.DecodeSettings("settings", -1, &Device{Name: "settings", Settings: settings}, v)
}

// At gives an error of the i-th entry of a table with file and line, unless it has them.
func (f *File) At(table string, i int, key string, err error) error {
	if strings.Contains(err.Error(), f.Path+":") {
		return err
	}
	return f.src.at(append(toml.Key(strings.Split(table, ".")), key), i, err.Error())
}

// DecodeSettings fills v, which holds the defaults, from the settings of the i-th device of
// a table ("lane.device" counts through all lanes). Unknown keys and bad units are errors
// with file and line.
func (f *File) DecodeSettings(table string, i int, d *Device, v any) error {
	b, err := toml.Marshal(d.Settings)
	if err != nil {
		return fmt.Errorf("device %s: settings: %w", d.Name, err)
	}
	base := append(toml.Key(strings.Split(table, ".")), "settings")
	md, err := toml.Decode(string(b), v)
	if err != nil {
		key := base
		if pe, ok := errors.AsType[toml.ParseError](err); ok && pe.LastKey != "" {
			key = append(base, strings.Split(pe.LastKey, ".")...)
			return f.src.at(key, i, fmt.Sprintf("device %s: %s: %s", d.Name, pe.LastKey, pe.Message))
		}
		return f.src.at(key, i, fmt.Sprintf("device %s: settings: %v", d.Name, err))
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, f.src.at(append(append(toml.Key(nil), base...), k...), i,
			fmt.Sprintf("device %s (%s): unknown setting %q", d.Name, d.Driver, k.String())))
	}
	return errors.Join(errs...)
}
