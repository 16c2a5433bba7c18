package reader

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// TestFrames is held against bytes written by hand, so that both sides agree on the format
// and not only with one another.
func TestFrames(t *testing.T) {
	job, err := appendJob(nil, &Job{Picture: []byte("PIC"), Crop: true, Site: []string{"KZ"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "\x00\x00\x00\x27" + `{"bytes":[3],"crop":true,"site":["KZ"]}` + "PIC"
	if string(job) != want {
		t.Errorf("job is %q, want %q", job, want)
	}
	answer := "\x00\x00\x00\x60" + `{"bytes":[0,4],"plates":[{"text":"A1","confidence":0.5},{"text":"B2","confidence":0.25}],"us":7}` + "CROP"
	a, err := takeAnswer(iotest.OneByteReader(strings.NewReader(answer)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Answer{Micros: 7, Plates: []Plate{{Text: "A1", Confidence: 500_000}, {Text: "B2", Confidence: 250_000, Crop: []byte("CROP")}}}, a); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
	b, err := appendAnswer(nil, a)
	if err != nil {
		t.Fatal(err)
	}
	back, err := takeAnswer(bytes.NewReader(b))
	if d := cmp.Diff(a, back); err != nil || d != "" {
		t.Errorf("answer there and back: %v (-want +got):\n%s", err, d)
	}
	if _, err := takeAnswer(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("the end between two frames: %v", err)
	}
}

func TestWrongFramesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"\x00\x00":                 "cut off in its length",
		"\xff\xff\xff\xff":         "header of 4294967295 bytes",
		"\x00\x00\x00\x09{\"bytes": "cut off in its header",
		"\x00\x00\x00\x02[]":       "header: json",
		"\x00\x00\x00\x18{\"bytes\":[9,1000000000]}":       "pieces of",
		"\x00\x00\x00\x0e{\"bytes\":[-1]}":                 "pieces of",
		"\x00\x00\x00\x0d{\"bytes\":[4]}ab":                "cut off in its picture",
		"\x00\x00\x00\x02{}":                               "",
		"\x00\x00\x00\x0d{\"bytes\":[1]}x":                 "0 plates and 1 pictures",
		"\x00\x00\x00\x1a{\"plates\":[{\"text\":\"A1\"}]}": "1 plates and 0 pictures",
	} {
		_, err := takeAnswer(strings.NewReader(text))
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	if _, err := takeJob(strings.NewReader("\x00\x00\x00\x02{}")); err == nil {
		t.Error("a job without a picture is taken")
	}
}

func FuzzFrame(f *testing.F) {
	job, _ := appendJob(nil, &Job{Picture: []byte("PIC"), Crop: true})
	answer, _ := appendAnswer(nil, Answer{Plates: []Plate{{Text: "A1", Crop: []byte("x")}}})
	f.Add(job)
	f.Add(answer)
	f.Fuzz(func(t *testing.T, p []byte) {
		if a, err := takeAnswer(bytes.NewReader(p)); err == nil {
			b, err := appendAnswer(nil, a)
			if err != nil {
				t.Fatalf("an answer that was taken cannot be written: %v", err)
			}
			if _, err := takeAnswer(bytes.NewReader(b)); err != nil {
				t.Fatalf("an answer that was written cannot be taken: %v", err)
			}
		}
		takeJob(bytes.NewReader(p))
	})
}
