package anpr

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Album collects the pictures of one reading. They are stored when they are added, before
// the reading is emitted.
type Album struct {
	keep  func(mediaType string, p []byte) (obs.Blob, error)
	blobs []obs.Blob
	count int
	// Unkept says that something could not be stored: the sender should be told that its
	// message was not taken.
	Unkept bool
}

// MaxPictures is how many pictures one reading may have.
const MaxPictures = 16

// NewAlbum makes an empty album.
func NewAlbum(env devices.Env) *Album {
	if env.Keep == nil {
		env.Keep = nameOnly
	}
	return &Album{keep: env.Keep}
}

// nameOnly names evidence without storing it, where there is no store.
func nameOnly(mediaType string, p []byte) (obs.Blob, error) {
	sum := sha256.Sum256(p)
	return obs.Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(p)), MediaType: mediaType}, nil
}

// Add checks and stores one picture. Roles are plate, vehicle, overview and picture; of a
// role and its bytes once is enough.
func (a *Album) Add(role string, p []byte) error {
	pic, err := CheckPicture(p)
	if err != nil {
		return fmt.Errorf("picture %q: %w", role, err)
	}
	if a.count++; a.count > MaxPictures {
		return fmt.Errorf("picture %q: more than %d pictures", role, MaxPictures)
	}
	return a.put(pic.MediaType, role, p)
}

// AddBase64 is Add of a picture in a text. Cameras leave the padding away or wrap lines.
func (a *Album) AddBase64(role string, text []byte) error {
	text = bytes.TrimRight(bytes.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, text), "=")
	p := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(p, text)
	if err != nil {
		return fmt.Errorf("picture %q: %w", role, err)
	}
	return a.Add(role, p[:n])
}

func (a *Album) put(mediaType, role string, p []byte) error {
	b, err := a.keep(mediaType, p)
	if err != nil {
		a.Unkept = true
		return fmt.Errorf("keep %s of %d bytes: %w", role, len(p), err)
	}
	b.Role = role
	a.Again([]obs.Blob{b})
	return nil
}

// Copy gives an album with the same pictures, for one more reading of them.
func (a *Album) Copy() *Album {
	return &Album{keep: a.keep, blobs: slices.Clone(a.blobs), count: a.count, Unkept: a.Unkept}
}

// Len is how many pictures were stored.
func (a *Album) Len() int { return len(a.blobs) }

// Empty reports whether there is no picture.
func (a *Album) Empty() bool { return len(a.blobs) == 0 }

// Pictures gives the pictures so far, for Again.
func (a *Album) Pictures() []obs.Blob { return slices.Clone(a.blobs) }

// Again adds pictures that are stored already: those of an earlier reading of the vehicle.
// What is more than MaxPictures is left out.
func (a *Album) Again(list []obs.Blob) {
	for _, b := range list {
		if len(a.blobs) < MaxPictures && !slices.ContainsFunc(a.blobs, func(have obs.Blob) bool { return have.SHA256 == b.SHA256 }) {
			a.blobs = append(a.blobs, b)
		}
	}
}

// Emit adds the reading p to out with its pictures, the plate's own first. doc is the
// message that it was read from, of mediaType; its pictures in base64 are left out of what
// is kept of it.
func (a *Album) Emit(out *devices.Out, p *obs.Plate, stamp obs.Stamp, mediaType string, doc []byte) error {
	doc = WithoutPictures(doc)
	var err error
	blobs := make([]obs.Blob, 0, len(a.blobs)+1)
	for pass := range 2 {
		for _, b := range a.blobs {
			if (b.Role == "plate") == (pass == 0) {
				blobs = append(blobs, b)
				p.Images = append(p.Images, b.SHA256)
			}
		}
	}
	o := obs.Observation{Stamp: stamp, Body: p}
	if len(doc) <= obs.MaxRaw {
		o.Raw = bytes.Clone(doc)
	} else {
		a.blobs = a.blobs[:0]
		err = a.put(mediaType, "event", doc)
		blobs = append(blobs, a.blobs...)
	}
	if len(blobs) > 0 {
		o.Blobs = blobs
	}
	a.blobs, a.count = nil, 0
	out.Obs = append(out.Obs, o)
	return err
}

// longText is longer than any text of a message that is no picture.
const longText = 1000

// WithoutPictures gives a message with its long base64 texts replaced by their length: the
// pictures are kept as pictures.
func WithoutPictures(doc []byte) []byte {
	if len(doc) < longText {
		return doc
	}
	out := make([]byte, 0, min(len(doc), 8<<10))
	for i := 0; i < len(doc); {
		n := i
		for n < len(doc) && isBase64(doc[n]) {
			n++
		}
		switch {
		case n-i > longText:
			out = fmt.Appendf(out, "[%d characters]", n-i)
		case n == i:
			out = append(out, doc[i])
			n++
		default:
			out = append(out, doc[i:n]...)
		}
		i = n
	}
	return out
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '+' || c == '/' || c == '=' || c == '\\' || c == '\n' || c == '\r'
}
