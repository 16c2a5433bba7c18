package anpr

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"acsgd/devices"
	"acsgd/internal/obs"
)

func TestCountry(t *testing.T) {
	for code, want := range map[string]string{"KAZ": "KZ", "kz": "KZ", " DEU ": "DE", "SWE": "SE", "UZB": "UZ", "XKX": "XK", "ZZZ": "", "ZZ": "", "": "", "398": "", "KAZA": "", "AZA": "", "ZK": ""} {
		if got := Country(code); got != want {
			t.Errorf("Country(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestAlbum(t *testing.T) {
	var j, k bytes.Buffer
	if err := errors.Join(jpeg.Encode(&j, image.NewGray(image.Rect(0, 0, 64, 64)), nil), jpeg.Encode(&k, image.NewGray(image.Rect(0, 0, 32, 16)), nil)); err != nil {
		t.Fatal(err)
	}
	a := NewAlbum(devices.Env{})
	text := base64.StdEncoding.EncodeToString(k.Bytes())
	err := errors.Join(a.Add("overview", j.Bytes()), a.Add("overview", j.Bytes()), a.AddBase64("plate", []byte(strings.TrimRight(text[:40]+"\r\n "+text[40:], "="))))
	if err != nil {
		t.Fatal(err)
	}
	if a.Add("plate", []byte("GIF89a")) == nil || a.AddBase64("plate", []byte("%%%")) == nil {
		t.Error("what is no picture is taken")
	}
	var out devices.Out
	doc := `{"a":"b","image":"` + strings.Repeat(text, 100) + `"}`
	if err := a.Emit(&out, &obs.Plate{Text: "A"}, obs.Stamp{}, "application/json", []byte(doc)); err != nil {
		t.Fatal(err)
	}
	o := out.Obs[0]
	if len(o.Blobs) != 2 || o.Blobs[0].Role != "plate" || len(o.Body.(*obs.Plate).Images) != 2 || !a.Empty() {
		t.Errorf("%+v", o)
	}
	if raw := string(o.Raw); !strings.HasPrefix(raw, `{"a":"b","image":"[`) || len(raw) > 60 {
		t.Errorf("raw %q", raw)
	}
	long := strings.Repeat(`"a b",`, 1000)
	if err := a.Emit(&out, &obs.Plate{}, obs.Stamp{}, "application/json", []byte(long)); err != nil || len(out.Obs[1].Blobs) != 1 || out.Obs[1].Blobs[0].Role != "event" || out.Obs[1].Raw != nil {
		t.Errorf("a long message: %+v, %v", out.Obs[1], err)
	}
	full := NewAlbum(devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }})
	if err := full.Add("plate", j.Bytes()); err == nil || !full.Unkept {
		t.Errorf("a picture that is not stored: %v, %v", err, full.Unkept)
	}
	for range MaxPictures {
		_ = a.Add("picture", j.Bytes()) // the count is what matters
	}
	if a.Add("picture", k.Bytes()) == nil {
		t.Errorf("more than %d pictures are taken", MaxPictures)
	}
}
