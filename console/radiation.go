package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // photos of an inspection
	_ "image/png"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/auth"
	"acsgd/internal/n42"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
)

const (
	// maxAttachment bounds one file of a secondary inspection, and maxUpload the request that
	// brings it: a form has headers of its own.
	maxAttachment = 10 << 20
	maxUpload     = maxAttachment + 64<<10
	// maxPixels bounds a photo, so that no small file becomes a large picture in a browser.
	maxPixels = 100_000_000

	uploads = "/radiation/attachments"
)

// bodyLimit is how long the body of a request may be.
func bodyLimit(r *http.Request) int64 {
	switch {
	case r.Method != http.MethodPost:
	case strings.HasSuffix(r.URL.Path, uploads):
		return maxUpload
	case r.URL.Path == channelsPath || r.URL.Path == templatesPath:
		return maxTuned
	}
	return maxBody
}

// attachment keeps a file of a secondary inspection and answers what stands in it; the
// officer confirms that into the order, which alone is a result.
func (s *Server) attachment(w http.ResponseWriter, r *http.Request, u auth.User) {
	id := r.PathValue("id")
	if _, ok := s.hub.Version(id); !ok {
		p, err := s.cfg.Archive.Passage(r.Context(), id)
		if err != nil {
			s.cfg.Log.Error("read passage", "err", err)
			refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
			return
		}
		if p == nil {
			refuse(w, http.StatusNotFound, "there is no passage "+id)
			return
		}
	}
	if !s.uploads.more(id) {
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("there are %d uploads for this passage already", maxUploads))
		return
	}
	name, b, err := uploaded(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), err == nil && len(b) > maxAttachment:
		refuse(w, http.StatusRequestEntityTooLarge, "an attachment is of at most 10 MB")
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, "body: "+err.Error())
		return
	}
	a, sum, err := examined(b)
	if err != nil {
		refuse(w, http.StatusUnsupportedMediaType, err.Error())
		return
	}
	kept, err := s.cfg.Evidence.Put(a.MediaType, b)
	if err != nil {
		s.cfg.Log.Error("keep attachment", "passage", id, "err", err)
		refuse(w, http.StatusServiceUnavailable, "the attachment could not be kept")
		return
	}
	kept.Role = a.Role
	a.Blob, a.Name = kept, name
	s.cfg.Audit(r.Context(), "attachment", u.Name, id+" "+kept.SHA256)
	out := map[string]any{"attachment": a}
	if sum != nil {
		out["summary"] = sum
	}
	reply(w, http.StatusCreated, out)
}

// maxUploads bounds the uploads for one passage between two starts: an order names 16 of them
// at most, and what no order names stays in the evidence too.
const maxUploads = 64

// uploadCount counts uploads by passage. It is safe for concurrent use.
type uploadCount struct {
	mu sync.Mutex
	of map[string]int
}

// more counts one more upload for a passage; false is too many.
func (c *uploadCount) more(passage string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) > 10_000 {
		c.of = map[string]int{}
	}
	if c.of[passage] >= maxUploads {
		return false
	}
	c.of[passage]++
	return true
}

// uploaded reads the body, or the part "file" of a form, and the file's name.
func uploaded(r *http.Request) (name string, b []byte, err error) {
	name = r.URL.Query().Get("name")
	body := io.Reader(r.Body)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		form, err := r.MultipartReader()
		if err != nil {
			return "", nil, err
		}
		for {
			p, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				return "", nil, errors.New("the form has no part named file")
			}
			if err != nil {
				return "", nil, err
			}
			if p.FormName() == "file" {
				name, body = p.FileName(), p
				break
			}
		}
	}
	if b, err = io.ReadAll(io.LimitReader(body, maxAttachment+1)); err == nil && len(b) == 0 {
		err = errors.New("it is empty")
	}
	return plainName(name), b, err
}

// plainName makes a browser's file name fit to be shown: its last element, printable, short.
func plainName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > 100 {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	if s == "." || s == "/" {
		return ""
	}
	return s
}

// n42Summary is what an instrument's document says that an inspection asks for.
type n42Summary struct {
	Instrument string   `json:"instrument,omitempty"`
	Serial     string   `json:"serial,omitempty"`
	Nuclides   []string `json:"nuclides,omitempty"`
	Dose       int64    `json:"dose_nsvh,omitempty"` // the highest: at which distance is for the officer to say
	Neutron    string   `json:"neutron"`             // yes, no, not_searched
	Problems   []string `json:"problems,omitempty"`
}

// examined says by its content what a file is: an N42 document, a JPEG or a PNG.
func examined(b []byte) (a fusion.Attachment, sum *n42Summary, err error) {
	switch kind := http.DetectContentType(b); kind {
	case "image/jpeg", "image/png":
		c, _, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
			return a, nil, errors.New("the picture cannot be read, or is too large")
		}
		a.Blob = obs.Blob{MediaType: kind, Role: "photo"}
		return a, nil, nil
	}
	doc, err := n42.Read(bytes.NewReader(b), maxAttachment)
	if err != nil {
		return a, nil, fmt.Errorf("it is neither a JPEG or PNG picture nor an N42 document: %w", err)
	}
	a.Blob = obs.Blob{MediaType: "application/xml", Role: "n42"}
	return a, summed(doc), nil
}

func summed(doc *n42.Reading) *n42Summary {
	i := doc.Instrument
	sum := &n42Summary{Instrument: strings.Join(strings.Fields(i.Maker+" "+i.Model), " "), Serial: doc.Serial, Dose: doc.MaxDoseRate, Neutron: "not_searched", Problems: doc.Problems}
	for _, n := range doc.Nuclides {
		if name := rules.NuclideName(n.Name); name != "" && !slices.Contains(sum.Nuclides, name) {
			sum.Nuclides = append(sum.Nuclides, name)
		}
	}
	for _, m := range doc.Measurements {
		for _, g := range m.Gross {
			if slices.ContainsFunc(doc.Detectors, func(d n42.Detector) bool { return d.ID == g.Detector && d.Category == "Neutron" }) {
				sum.Neutron = "no"
			}
		}
	}
	for _, a := range doc.Alarms {
		if a.Category == "Neutron" {
			sum.Neutron = "yes"
		}
	}
	return sum
}

// unkept names an attachment of an order that was never uploaded here; "" if all were.
func (s *Server) unkept(o *fusion.Order) string {
	if o.Inspection == nil {
		return ""
	}
	for _, a := range o.Inspection.Evidence {
		f, err := s.cfg.Evidence.Open(a.SHA256)
		if err != nil {
			return a.SHA256
		}
		n, err := f.Seek(0, io.SeekEnd)
		if f.Close(); err != nil || n != a.Size {
			return a.SHA256
		}
	}
	return ""
}

// past is what the history of a vehicle or a consignor shows of a passage.
type past struct {
	ID        string               `json:"id"`
	Lane      string               `json:"lane"`
	Opened    time.Time            `json:"opened"`
	Verdict   rules.Verdict        `json:"verdict"`
	Phase     fusion.Phase         `json:"phase"`
	Plate     string               `json:"plate,omitempty"`
	Consignor string               `json:"consignor,omitempty"`
	Alarm     bool                 `json:"alarm"`
	Neutron   bool                 `json:"neutron"`
	Sigma     int32                `json:"max_milli_sigma,omitempty"`
	State     fusion.CaseState     `json:"state,omitempty"`
	Code      rules.AlarmCode      `json:"code,omitempty"`
	Group     rules.CodeGroup      `json:"group,omitempty"`
	Class     rules.AlarmClass     `json:"class,omitempty"`
	Grade     rules.Grade          `json:"grade,omitempty"`
	Radiation *radiation.Occupancy `json:"radiation,omitempty"`
}

// pastPages is how many pages a history looks through: a vehicle's are found by its plate,
// but a consignor's are not indexed.
const pastPages = 3

// radiationHistory gives the last passages of the same vehicle or consignor, with what the
// portal has seen of them.
func (s *Server) radiationHistory(w http.ResponseWriter, r *http.Request, _ auth.User) {
	q := r.URL.Query()
	by, limit := q.Get("by"), 5
	if by == "" {
		by = "plate"
	}
	if x := q.Get("limit"); x != "" {
		var err error
		if limit, err = strconv.Atoi(x); err != nil || limit < 1 || limit > 20 {
			refuse(w, http.StatusBadRequest, "limit: want 1 to 20")
			return
		}
	}
	if by != "plate" && by != "consignor" {
		refuse(w, http.StatusBadRequest, "by: want plate or consignor")
		return
	}
	p, err := s.current(r.Context(), r.PathValue("id"))
	if err != nil {
		s.cfg.Log.Error("read passage", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
		return
	}
	if p == nil {
		refuse(w, http.StatusNotFound, "there is no passage "+r.PathValue("id"))
		return
	}
	list, key, err := s.before(r.Context(), p, by, limit)
	if err != nil {
		s.cfg.Log.Error("search passages", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
		return
	}
	reply(w, http.StatusOK, map[string]any{"by": by, "key": key, "passages": list})
}

// current gives a passage as it stands: the archive follows a little behind.
func (s *Server) current(ctx context.Context, id string) (*fusion.Passage, error) {
	if p := s.hub.find(id); p != nil {
		return p, nil
	}
	b, err := s.cfg.Archive.Passage(ctx, id)
	if b == nil || err != nil {
		return nil, err
	}
	p := new(fusion.Passage)
	return p, json.Unmarshal(b, p)
}

// before finds the newest passages that share the plate, or the consignor, of p.
func (s *Server) before(ctx context.Context, p *fusion.Passage, by string, limit int) (list []past, key string, err error) {
	list = []past{}
	key = rules.Consignor(p.Declaration)
	q := Query{Limit: 200}
	if by == "plate" {
		key = vehiclePlate(p)
		q.Plate = key
	}
	if key == "" {
		return list, "", nil
	}
	for range pastPages {
		page, err := s.cfg.Archive.Passages(ctx, q)
		if err != nil {
			return nil, key, err
		}
		for _, b := range page.Passages {
			var o fusion.Passage
			if err := json.Unmarshal(b, &o); err != nil {
				return nil, key, err
			}
			same := vehiclePlate(&o) == key
			if by == "consignor" {
				same = rules.Consignor(o.Declaration) == key
			}
			if !same || o.ID == p.ID {
				continue
			}
			if list = append(list, pastOf(&o)); len(list) == limit {
				return list, key, nil
			}
		}
		if q.Before = page.Next; page.Next == "" {
			break
		}
	}
	return list, key, nil
}

// vehiclePlate is the plate that a passage is known by: of its front, as it was corrected.
func vehiclePlate(p *fusion.Passage) string {
	text := ""
	for i := range p.Plates {
		r := &p.Plates[i]
		if r.Role == obs.Trailer || text != "" && r.Role != obs.Front || p.Overruled(r) {
			continue
		}
		if text = r.Text; r.Corrected != "" {
			text = r.Corrected
		}
		if r.Role == obs.Front {
			break
		}
	}
	return plate.Normalise(text)
}

func pastOf(p *fusion.Passage) past {
	x := past{ID: p.ID, Lane: p.Lane, Opened: p.Opened, Verdict: p.Verdict, Phase: p.Phase, Plate: vehiclePlate(p), Radiation: p.Radiation}
	if p.Declaration != nil {
		x.Consignor = p.Declaration.Parties.Consignor
	}
	if o := p.Radiation; o != nil {
		x.Neutron = o.NeutronAlarm
		if o.HasBG && o.Count > 0 {
			x.Sigma = o.MaxSigma
		}
	}
	if a := p.Adjudication; a != nil {
		x.Alarm, x.State = true, a.State
		if a.Norm != nil {
			x.Grade = a.Norm.Grade
		}
		if c := a.Coded; c != nil {
			x.Code, x.Group, x.Class = c.Code, c.Group, c.Class
		}
	}
	return x
}
