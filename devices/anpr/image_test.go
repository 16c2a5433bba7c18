package anpr

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/internal/obs"
)

func TestCheckPicture(t *testing.T) {
	var j, p bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 320, 200))
	if err := jpeg.Encode(&j, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&p, m); err != nil {
		t.Fatal(err)
	}
	huge := append([]byte(nil), p.Bytes()...)
	huge[16] = 0x7f
	for _, c := range []struct {
		name  string
		bytes []byte
		want  Picture
		ok    bool
	}{
		{"a JPEG", j.Bytes(), Picture{"image/jpeg", 320, 200}, true},
		{"a PNG", p.Bytes(), Picture{"image/png", 320, 200}, true},
		{"a JPEG cut in its header is evidence still", j.Bytes()[:30], Picture{"image/jpeg", 0, 0}, true},
		{"a PNG of absurd width", huge, Picture{}, false},
		{"text", []byte("hello, this is not a picture at all"), Picture{}, false},
		{"nothing", nil, Picture{}, false},
	} {
		got, err := CheckPicture(c.bytes)
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestTextCharsContainer(t *testing.T) {
	var p obs.Plate
	for _, s := range []string{"noPlate", "unknown", "No Plate", "", " - "} {
		if Text(&p, s); p.Text != "" {
			t.Errorf("%q gives text %q", s, p.Text)
		}
	}
	Text(&p, "新f-12345")
	Chars(&p, "99,98,97,96,95,94")
	if len(p.Chars) != 0 {
		t.Error("six confidences for seven characters are taken")
	}
	Chars(&p, "99,98,97,96,95,94,93.5")
	if d := cmp.Diff(obs.Char{C: "新", P: 990_000}, p.Chars[0]); d != "" || p.Chars[6].P != 935_000 || p.Original != "新f-12345" {
		t.Errorf("%s%+v", d, p)
	}
	if Container(&p, "CSQU3054384") || p.Container != "" || !Container(&p, "csqu 305438 3") || p.Container != "CSQU3054383" {
		t.Errorf("container %q", p.Container)
	}
	if v, ok := Percent("101"); ok {
		t.Errorf("101 %% is taken as %v", v)
	}
}

func FuzzCheckPicture(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, p []byte) {
		c, err := CheckPicture(p)
		if err == nil && (c.Width < 0 || c.Height < 0 || c.Width > MaxSide || c.Height > MaxSide || c.MediaType == "") {
			t.Errorf("%+v is taken", c)
		}
	})
}
