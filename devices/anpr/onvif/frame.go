package onvif

import (
	"fmt"
	"strings"
	"time"

	"acsgd/devices/anpr/xmlwalk"
	"acsgd/internal/quant"
)

// Document is what one message says about vehicles and plates.
type Document struct {
	Frames  []Frame
	Notices []Notice
}

// Frame is the scene at one moment.
type Frame struct {
	At      time.Time // zero without a time in UTC
	AtErr   time.Duration
	Objects []Object
	Gone    []string // ids of objects that were deleted

	turn transform
}

// Object is a plate or a vehicle in a scene, or what a notice says of one. Texts are as sent.
type Object struct {
	ID, Parent string
	Class      string // of the greatest likelihood: LicensePlate, Vehicle, ...
	Box        Box    // in parts of the picture; empty if not sent
	Number     string
	HasPlate   bool       // there is a plate, whether or not it was read
	Sure       quant.Prob // likelihood of the number; 0 is unknown
	Country    string
	Type       string      // Normal, Police, Diplomat, Temporary
	Speed      quant.Speed // 0 is unknown
	Direction  string      // Approaching, Leaving, in, out, ...
	Pictures   []Picture
	Refs       []string // where further pictures are to be had

	classSure quant.Prob
	turn      transform
}

// Picture is a picture in base64.
type Picture struct {
	Role string // plate, vehicle, overview or picture
	Text []byte
}

// Notice is one event.
type Notice struct {
	Topic     string // without prefixes: RuleEngine/Recognition/LicensePlate
	Operation string // Initialized, Changed, Deleted; "" is an event without a state
	At        time.Time
	AtErr     time.Duration
	Items     map[string]string // of source, key and data
	Object    Object            // what stands in the data as elements
}

// Box is a rectangle in millionths of half the picture, as ONVIF has it: x from -1000000 at
// the left, y upwards.
type Box struct{ Left, Top, Right, Bottom int64 }

// Holds reports whether the middle of c lies in b.
func (b Box) Holds(c Box) bool {
	x, y := (c.Left+c.Right)/2, (c.Top+c.Bottom)/2
	return b != Box{} && c != Box{} && x >= b.Left && x <= b.Right && y >= b.Bottom && y <= b.Top
}

// transform is a tt:Transformation in millionths: p*scale + move.
type transform struct {
	set                          bool
	scaleX, scaleY, moveX, moveY int64
}

func (t transform) box(b Box) Box {
	if !t.set || b == (Box{}) {
		return b
	}
	x := func(v int64) int64 { return v*t.scaleX/unit + t.moveX }
	y := func(v int64) int64 { return v*t.scaleY/unit + t.moveY }
	b = Box{Left: x(b.Left), Top: y(b.Top), Right: x(b.Right), Bottom: y(b.Bottom)}
	if b.Top < b.Bottom { // pixels count downwards, and the scale may say so
		b.Top, b.Bottom = b.Bottom, b.Top
	}
	return b
}

const (
	unit = 1_000_000
	// Limits of one document; what is more is an error.
	maxFrames   = 256
	maxObjects  = 512
	maxItems    = 64
	maxPictures = 32
	maxTag      = 64 << 10 // small pictures stand in attributes too
)

// reader fills a Document; it is told of XML and of JSON alike.
type reader struct {
	d        Document
	sure     string // attribute Likelihood of the innermost element
	topic    string // of the transport; JSON payloads do not repeat it
	notice   *Notice
	depth    int // of the notice's element
	objects  int
	pictures int
}

// ParseXML reads the first document in p and returns how many bytes it takes; 0 if p ends
// before it does. An error stands at offset n.
func ParseXML(p []byte) (d *Document, n int, err error) {
	w, r := newWalker()
	n, err = w.More(p)
	return &r.d, n, err
}

func newWalker() (*xmlwalk.Walker, *reader) {
	r := new(reader)
	w := xmlwalk.New(r)
	w.MaxTag = maxTag
	return w, r
}

// Open implements xmlwalk.Visitor.
func (r *reader) Open(path [][]byte, attrs []byte) error {
	name, parent := tail(path)
	r.sure = xmlwalk.Attr(attrs, "Likelihood")
	switch name {
	case "Frame":
		if len(r.d.Frames) == maxFrames {
			return fmt.Errorf("more than %d frames in one document", maxFrames)
		}
		f := Frame{}
		f.At, f.AtErr = utc(xmlwalk.Attr(attrs, "UtcTime"))
		r.d.Frames = append(r.d.Frames, f)
	case "Object":
		return r.openObject(parent, attrs)
	case "NotificationMessage":
		r.open(len(path), &Notice{})
	case "Message":
		at, operation := xmlwalk.Attr(attrs, "UtcTime"), xmlwalk.Attr(attrs, "PropertyOperation")
		if r.notice == nil && (at != "" || operation != "") {
			r.open(len(path), &Notice{Topic: r.topic})
		}
		if r.notice != nil && at != "" {
			r.notice.At, r.notice.AtErr = utc(at)
		}
		if r.notice != nil && operation != "" {
			r.notice.Operation = operation
		}
	case "SimpleItem":
		return r.item(xmlwalk.Attr(attrs, "Name"), xmlwalk.Attr(attrs, "Value"))
	case "LicensePlateInfo":
		if o := r.object(); o != nil {
			o.HasPlate = true
		}
	case "BoundingBox":
		if o := r.object(); o != nil && parent == "Shape" {
			o.Box = Box{Left: micro(attrs, "left", maxPlace), Top: micro(attrs, "top", maxPlace), Right: micro(attrs, "right", maxPlace), Bottom: micro(attrs, "bottom", maxPlace)}
		}
	case "Translate", "Scale":
		r.transformation(name, path, attrs)
	case "Property": // an extension of Dahua
		r.sure = xmlwalk.Attr(attrs, "name")
	case "Delete":
		if id := xmlwalk.Attr(attrs, "ObjectId"); id != "" {
			r.gone(id)
		}
	}
	return nil
}

func (r *reader) openObject(parent string, attrs []byte) error {
	if r.objects++; r.objects > maxObjects {
		return fmt.Errorf("more than %d objects in one document", maxObjects)
	}
	o := Object{ID: xmlwalk.Attr(attrs, "ObjectId"), Parent: xmlwalk.Attr(attrs, "Parent")}
	switch {
	case r.notice != nil: // the object of an event
		if r.notice.Object.ID == "" {
			r.notice.Object.ID, r.notice.Object.Parent = o.ID, o.Parent
		}
	case parent == "Frame" && len(r.d.Frames) > 0:
		f := &r.d.Frames[len(r.d.Frames)-1]
		f.Objects = append(f.Objects, o)
	}
	return nil
}

func (r *reader) open(depth int, n *Notice) { r.notice, r.depth = n, depth }

// Leaf implements xmlwalk.Visitor.
func (r *reader) Leaf(path [][]byte, text []byte) {
	name, parent := tail(path)
	o := r.object()
	switch {
	case name == "NotificationMessage" || name == "Message" || name == "Frame":
		r.Shut(path)
	case name == "Topic" && r.notice != nil:
		r.notice.Topic = plainTopic(string(text))
	case r.notice != nil && (parent == "Source" || parent == "Key" || parent == "Data") && name != "SimpleItem":
		_ = r.item(name, string(text)) // too many items are left out
	case o == nil:
	case parent == "LicensePlateInfo":
		r.plate(o, name, text)
	case name == "Type" && parent == "Class":
		o.class(string(text), likelihood(r.sure))
	case name == "Type" && parent == "ClassCandidate":
		o.class(string(text), 0)
	case name == "Speed" && parent == "Behaviour":
		if v, err := quant.Decimal(string(text), 1000); err == nil && v >= 0 && v < 1<<20 {
			o.Speed = quant.Speed(v)
		}
	case name == "Property" && r.sure == "Direction":
		o.Direction = string(text)
	case name == "Image" && (parent == "VehicleInfo" || parent == "Appearance"):
		r.picture(o, parent, text)
	case name == "ImageRef" && len(o.Refs) < maxPictures:
		o.Refs = append(o.Refs, string(text))
	}
}

// Shut implements xmlwalk.Visitor.
func (r *reader) Shut(path [][]byte) {
	name, _ := tail(path)
	switch {
	case r.notice != nil && len(path) == r.depth:
		if name == "NotificationMessage" || name == "Message" || name == "JSON" {
			r.d.Notices = append(r.d.Notices, *r.notice)
			r.notice = nil
		}
	case name == "Frame" && r.notice == nil && len(r.d.Frames) > 0:
		f := &r.d.Frames[len(r.d.Frames)-1]
		for i := range f.Objects {
			o := &f.Objects[i]
			o.Box = f.turn.box(o.turn.box(o.Box))
		}
	}
}

// object is what elements belong to just now; nil if they belong to nothing of interest.
func (r *reader) object() *Object {
	if r.notice != nil {
		return &r.notice.Object
	}
	if len(r.d.Frames) == 0 {
		return nil
	}
	f := &r.d.Frames[len(r.d.Frames)-1]
	if len(f.Objects) == 0 {
		return nil
	}
	return &f.Objects[len(f.Objects)-1]
}

func (r *reader) plate(o *Object, name string, text []byte) {
	switch name {
	case "PlateNumber":
		o.Number, o.Sure = string(text), likelihood(r.sure)
	case "PlateType":
		o.Type = string(text)
	case "CountryCode":
		o.Country = string(text)
	case "Image":
		r.picture(o, "LicensePlateInfo", text)
	}
}

func (r *reader) picture(o *Object, parent string, text []byte) {
	if r.pictures++; r.pictures > maxPictures || len(text) == 0 {
		return
	}
	role := "picture"
	switch {
	case parent == "LicensePlateInfo", parent == "Appearance" && o.Class == "LicensePlate":
		role = "plate"
	case parent == "VehicleInfo", parent == "Appearance" && o.Class != "":
		role = "vehicle"
	}
	o.Pictures = append(o.Pictures, Picture{role, append([]byte(nil), text...)})
}

// class takes the class of the greatest likelihood; one without a likelihood counts if
// there is no other. A plate is one whatever else the object may be.
func (o *Object) class(name string, sure quant.Prob) {
	if name == "LicensePlate" {
		o.HasPlate = true
	}
	if o.Class == "" || sure > o.classSure {
		o.Class, o.classSure = name, sure
	}
}

func (r *reader) item(name, value string) error {
	n := r.notice
	if n == nil || name == "" {
		return nil
	}
	if n.Items == nil {
		n.Items = map[string]string{}
	}
	if len(n.Items) == maxItems {
		return fmt.Errorf("more than %d items in one event", maxItems)
	}
	n.Items[name] = value
	return nil
}

func (r *reader) gone(id string) {
	if len(r.d.Frames) == 0 || r.objects >= maxObjects {
		return
	}
	r.objects++
	f := &r.d.Frames[len(r.d.Frames)-1]
	f.Gone = append(f.Gone, id)
}

func (r *reader) transformation(name string, path [][]byte, attrs []byte) {
	if len(r.d.Frames) == 0 || r.notice != nil || len(path) < 3 {
		return
	}
	t := &r.d.Frames[len(r.d.Frames)-1].turn
	if string(path[len(path)-3]) == "Appearance" {
		o := r.object()
		if o == nil {
			return
		}
		t = &o.turn
	}
	if !t.set {
		*t = transform{set: true, scaleX: unit, scaleY: unit}
	}
	if name == "Scale" {
		t.scaleX, t.scaleY = micro(attrs, "x", maxScale), micro(attrs, "y", maxScale)
	} else {
		t.moveX, t.moveY = micro(attrs, "x", maxPlace), micro(attrs, "y", maxPlace)
	}
}

// Coordinates may be pixels, scales are small: their product must fit 64 bits.
const (
	maxPlace = 20_000
	maxScale = 400
)

// micro reads an attribute in millionths; 0 if it is no number, or beyond the limit.
func micro(attrs []byte, name string, limit int64) int64 {
	v, err := quant.Decimal(xmlwalk.Attr(attrs, name), unit)
	if err != nil || v > limit*unit || v < -limit*unit {
		return 0
	}
	return v
}

func likelihood(s string) quant.Prob {
	v, err := quant.Decimal(s, int64(quant.Certain))
	if err != nil || v < 0 || v > int64(quant.Certain) {
		return 0
	}
	return quant.Prob(v)
}

func tail(path [][]byte) (name, parent string) {
	name = string(path[len(path)-1])
	if len(path) > 1 {
		parent = string(path[len(path)-2])
	}
	return name, parent
}

// utc reads a time with its zone; one without is not used: it may be of any hour.
func utc(s string) (time.Time, time.Duration) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, 0
	}
	if strings.Contains(s, ".") {
		return at.UTC(), time.Millisecond
	}
	return at.UTC(), time.Second
}

// plainTopic gives a topic without prefixes and without what JSON topics add behind it.
func plainTopic(s string) string {
	s, _, _ = strings.Cut(s, "/&")
	levels := strings.Split(strings.TrimSpace(s), "/")
	for i, l := range levels {
		levels[i] = l[strings.LastIndexByte(l, ':')+1:]
	}
	return strings.Join(levels, "/")
}
