package pictures

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// taker makes readings without a text of the pictures on one connection. It implements
// push.BodyTaker and push.Barer.
type taker struct {
	cfg  *anpr.Push
	env  devices.Env
	door *push.Door

	album *anpr.Album // during a call
	out   *devices.Out
	at    int64
}

// signs are how the pictures begin that are taken: JPEG, PNG, BMP.
var signs = [][]byte{{0xff, 0xd8, 0xff}, []byte("\x89PNG\r\n"), []byte("BM")}

func newSession(cfg *anpr.Push, env devices.Env, door *push.Door, live bool) devices.Session {
	return &push.Requests{Proto: Proto, Noun: "message", MaxBody: int(cfg.MaxBody), Live: live,
		Beginnings: [][]byte{[]byte("POST "), []byte("PUT ")}, To: &taker{cfg: cfg, env: env, door: door}}
}

// Refuse implements push.BodyTaker.
func (t *taker) Refuse(now time.Time, r *push.Request, at int64, out *devices.Out) (status, text string, headers []string) {
	if t.cfg.Path != "" && r.Path() != t.cfg.Path {
		text = "push to another path than " + t.cfg.Path
		out.Err(Proto, at, text, []byte(r.Target))
		return "404 Not Found", text, nil
	}
	if challenges, why := t.door.Check(r, now); challenges != nil {
		if why != "" {
			out.Err(Proto, at, why, nil)
		}
		return "401 Unauthorized", why, challenges
	}
	return "", "", nil
}

// Take implements push.BodyTaker: the body is one picture, or a multipart form with some of
// one moment. A body of no bytes tells that the camera is there.
func (t *taker) Take(now time.Time, r *push.Request, at int64, body []byte, out *devices.Out) (then, els []byte) {
	then, els = r.Tell("200 OK", ""), r.Tell("503 Service Unavailable", "the evidence cannot be stored", "Retry-After: 1")
	if len(body) == 0 {
		out.Frames = max(out.Frames, 1)
		return then, els
	}
	boundary := push.Param(r.ContentType, "boundary")
	switch taken, unkept := t.read(now, boundary, at, body, out); {
	case unkept:
		return els, els
	case !taken:
		return r.Tell("400 Bad Request", "no picture that can be taken"), els
	}
	return then, els
}

// Bare implements push.Barer: a recording may be a picture, which ends where it ends.
func (t *taker) Bare(now time.Time, at int64, p []byte, last bool, out *devices.Out) (n int, err error) {
	if !slices.ContainsFunc(signs, func(s []byte) bool { return bytes.HasPrefix(p, s[:min(len(s), len(p))]) }) {
		return -1, nil
	}
	if !last {
		return 0, nil
	}
	t.read(now, "", at, p, out)
	return len(p), nil
}

// read stores the pictures of a body and emits their reading. taken says that there was a
// picture, unkept that one could not be stored.
func (t *taker) read(now time.Time, boundary string, at int64, body []byte, out *devices.Out) (taken, unkept bool) {
	t.album, t.out, t.at = anpr.NewAlbum(t.env), out, at
	if boundary == "" {
		t.add("body", body)
	} else {
		form := push.NewSplitter(boundary, t.cfg.MaxPicture, at)
		form.Feed(body, t)
		form.End(t)
	}
	taken, unkept = !t.album.Empty(), t.album.Unkept
	if taken && !unkept {
		p := &obs.Plate{Role: obs.PlateRole(t.cfg.Role)}
		if err := t.album.Emit(out, p, obs.Stamp{At: obs.Unix(now)}, "", nil); err != nil {
			out.Err(Proto, at, err.Error(), nil)
		}
	}
	t.album, t.out = nil, nil
	return taken, unkept
}

func (t *taker) add(name string, p []byte) {
	if len(p) > t.cfg.MaxPicture {
		t.out.Err(Proto, t.at, fmt.Sprintf("%s is larger than %d bytes", name, t.cfg.MaxPicture), nil)
		return
	}
	if err := t.album.Add("overview", p); err != nil {
		t.out.Err(Proto, t.at, name+": "+err.Error(), p)
	}
}

// TakePart implements push.PartSink: texts of a form say nothing of a plate.
func (t *taker) TakePart(p push.Part, content []byte) {
	if len(content) > 0 && (p.File != "" || bytes.HasPrefix([]byte(p.Media), []byte("image/"))) {
		t.add(fmt.Sprintf("part %q", p.Label()), content)
	}
}

// PartFault implements push.PartSink.
func (t *taker) PartFault(offset int64, reason string) { t.out.Err(Proto, offset, reason, nil) }
