package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/anprtest"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
)

func post(path, contentType string, body []byte) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, contentType, len(body), body)
}

func form(pictures ...[]byte) []byte {
	b := "--zz\r\nContent-Disposition: form-data; name=\"camera\"\r\n\r\nnorth\r\n"
	for i, p := range pictures {
		b += fmt.Sprintf("--zz\r\nContent-Disposition: form-data; name=\"p%d\"; filename=\"p%d.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", i, i, p)
	}
	return []byte(b + "--zz--\r\n")
}

var now = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// see feeds bytes to a session; kept are the pictures in their order.
func see(t testing.TB, env devices.Env, settings, text string) (list []obs.Observation, errs []string, sent string) {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "", settings), env)
	if err != nil {
		t.Fatal(err)
	}
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	v.Report = func(e *obs.DecodeError) { errs = append(errs, e.Reason) }
	for p := []byte(text); len(p) > 0; {
		n := min(len(p), 700)
		if err := v.Feed(now, p[:n]); err != nil {
			t.Fatal(err)
		}
		p = p[n:]
	}
	if err := v.Finish(now); err != nil {
		t.Fatal(err)
	}
	return list, errs, string(v.Sent)
}

func TestAPushIsAReadingWithoutAText(t *testing.T) {
	a, b := anprtest.JPEG(1920, 1080, 9000), anprtest.PNG(640, 480, 3000)
	for name, c := range map[string]struct {
		text     string
		pictures [][]byte // of the reading; nil: there is none
		err      string
		answer   string
	}{
		"a picture":                {post("/cam", "image/jpeg", a), [][]byte{a}, "", "200"},
		"a picture of no type":     {post("/cam", "application/octet-stream", a), [][]byte{a}, "", "200"},
		"a form":                   {post("/cam", "multipart/form-data; boundary=zz", form(a, b)), [][]byte{a, b}, "", "200"},
		"a form, one is none":      {post("/cam", "multipart/form-data; boundary=zz", form([]byte("<html>"), b)), [][]byte{b}, `part "p0.jpg": picture "overview": not a JPEG, PNG or BMP`, "200"},
		"a form without a picture": {post("/cam", "multipart/form-data; boundary=zz", form()), nil, "", "400"},
		"no picture":               {post("/cam", "image/jpeg", []byte("<html>")), nil, "not a JPEG, PNG or BMP", "400"},
		"a picture bomb":           {post("/cam", "image/jpeg", anprtest.JPEG(60000, 60000, 500)), nil, "60000 x 60000", "400"},
		"a large picture":          {post("/cam", "image/jpeg", anprtest.JPEG(640, 480, 70_000)), nil, "body is larger than 65536 bytes", "400"},
		"a sign of life":           {post("/cam", "text/plain", nil), nil, "", "200"},
		"no HTTP":                  {string(a), [][]byte{a}, "", ""},
		"noise":                    {strings.Repeat("noise", 9000), nil, "no HTTP request", ""},
	} {
		kept := map[string][]byte{}
		env := devices.Env{Keep: func(mediaType string, p []byte) (obs.Blob, error) {
			b := obs.BlobOf(mediaType, p)
			kept[b.SHA256] = bytes.Clone(p)
			return b, nil
		}}
		list, errs, sent := see(t, env, "role = \"rear\"\nmax_picture = 65536\nmax_body = 131072\n", c.text)
		if len(list) != min(1, len(c.pictures)) {
			t.Errorf("%s: %d readings, errors %q", name, len(list), errs)
			continue
		}
		if !strings.HasPrefix(strings.TrimPrefix(sent, "HTTP/1.1 "), c.answer) || c.answer == "" && sent != "" {
			t.Errorf("%s: answered %q, want %q", name, sent, c.answer)
		}
		if (len(errs) == 0) != (c.err == "") || c.err != "" && !strings.Contains(strings.Join(errs, "; "), c.err) {
			t.Errorf("%s: errors %q, want %q", name, errs, c.err)
		}
		for _, o := range list {
			p := o.Body.(*obs.Plate)
			var got [][]byte
			for _, b := range o.Blobs {
				if b.Role != "overview" {
					t.Errorf("%s: picture of role %q", name, b.Role)
				}
				got = append(got, kept[b.SHA256])
			}
			if p.Text != "" || p.EventID != "" || p.Role != obs.Rear || len(p.Images) != len(got) || !o.Stamp.At.Equal(now) || !slices.EqualFunc(got, c.pictures, bytes.Equal) {
				t.Errorf("%s: %+v at %v with %d pictures", name, p, o.Stamp, len(got))
			}
		}
	}
}

// What cannot be stored is not told, and the camera hears that it must be sent again.
func TestAPictureThatIsNotStoredIsRefused(t *testing.T) {
	env := devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }}
	list, errs, sent := see(t, env, "", post("/cam", "image/jpeg", anprtest.JPEG(640, 480, 2000)))
	if len(list) != 0 || !strings.HasPrefix(sent, "HTTP/1.1 503") || len(errs) != 1 || !strings.Contains(errs[0], "disk full") {
		t.Errorf("%d readings, errors %q, answer %q", len(list), errs, sent)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(post("/cam", "image/jpeg", anprtest.JPEG(64, 48, 500))))
	f.Add([]byte(post("/cam", "multipart/form-data; boundary=zz", form(anprtest.JPEG(64, 48, 300), anprtest.PNG(64, 48, 300)))))
	f.Add(anprtest.JPEG(64, 48, 300))
	f.Fuzz(func(t *testing.T, p []byte) {
		list, _, _ := see(t, devices.Env{}, "", string(p))
		for _, o := range list {
			if r := o.Body.(*obs.Plate); r.Text != "" || len(r.Images) == 0 {
				t.Errorf("a reading %+v", r)
			}
		}
	})
}
