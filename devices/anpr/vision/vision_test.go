//go:build gocv

package vision

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"acsgd/devices/anpr/reader"
	"acsgd/internal/plate"
	"acsgd/internal/sharedtest"
	"acsgd/sim"
	"acsgd/sim/anpr"
)

// networks is where "make networks" puts the public ones.
const networks = "../../../bin/ocr"

var opened = sync.OnceValues(func() (reader.Engine, error) {
	if _, err := os.Stat(networks); err != nil {
		return nil, fmt.Errorf("%w: run make networks", err)
	}
	return Open(networks)
})

// open gives the reader that all tests share: a reader is not safe for concurrent use, and
// they run one after the other.
func open(t testing.TB) reader.Engine {
	t.Helper()
	e, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func text(a reader.Answer) string {
	if len(a.Plates) == 0 {
		return "-" + a.Error
	}
	return a.Plates[0].Text
}

func folded(s string) string {
	return strings.NewReplacer("O", "0", "Q", "0", "D", "0", "I", "1").Replace(plate.Normalise(s))
}

// TestSimulatedCamerasAreRead reads what simulated cameras draw: crops and whole pictures.
func TestSimulatedCamerasAreRead(t *testing.T) {
	e := open(t)
	for _, c := range []struct {
		plate   sim.Plate
		country string // shown by the characters
		rear    bool
	}{
		{sim.Plate{Text: "453DXA12", Country: "KZ"}, "", false},
		{sim.Plate{Text: "389BK02", Country: "KZ"}, "", false},
		{sim.Plate{Text: "01KG777ABC", Country: "KG"}, "", false},
		{sim.Plate{Text: "01P347TA", Country: "UZ"}, "", false},
		{sim.Plate{Text: "A123BC77", Country: "RU"}, "", false},
		{sim.Plate{Text: "34AB1234", Country: "TR"}, "", false},
		{sim.Plate{Text: "新F12345", Country: "CN"}, "CN", false},
	} {
		found := 0
		for seed := range uint64(3) {
			crop := e.Read(&reader.Job{Picture: anpr.Crop(c.plate, seed), Crop: true})
			if len(crop.Plates) > 0 && folded(text(crop)) == folded(c.plate.Text) {
				found++
				if p := crop.Plates[0]; p.Country != c.country || len(p.Chars) != len([]rune(p.Text)) || p.Confidence <= 0 || len(p.Candidates) == 0 {
					t.Errorf("%s: country %q (want %q), %d characters, confidence %v, %d candidates", p.Text, p.Country, c.country, len(p.Chars), p.Confidence, len(p.Candidates))
				}
			} else {
				t.Logf("crop of %s: read %s", c.plate.Text, text(crop))
			}
		}
		view := anpr.View{Plate: c.plate, Width: 1280, Camera: "lane 1", Seed: 3, Rear: c.rear}
		whole := e.Read(&reader.Job{Picture: anpr.Overview(view)})
		if len(whole.Plates) > 0 && folded(text(whole)) == folded(c.plate.Text) {
			found++
			if b := whole.Plates[0].Box; b[0]+b[2]/2 < 1280*4/10 || b[0]+b[2]/2 > 1280*6/10 || b[1] < 720/2 {
				t.Errorf("%s is found at %v: the plate is in the middle of the lower half", c.plate.Text, b)
			}
		} else {
			t.Logf("picture of %s: read %s", c.plate.Text, text(whole))
		}
		if found < 3 {
			t.Errorf("%s: %d of 4 pictures are read", c.plate.Text, found)
		}
	}
}

// TestARegionIsLookedAtAlone: what is outside is not read, and places count in the whole picture.
func TestARegionIsLookedAtAlone(t *testing.T) {
	e := open(t)
	p := anpr.Overview(anpr.View{Plate: sim.Plate{Text: "453DXA12", Country: "KZ"}, Width: 1280, Camera: "lane 1", Seed: 5})
	low := e.Read(&reader.Job{Picture: p, Region: reader.Region{X: 200, Y: 500, W: 600, H: 500}})
	if text(low) != "453DXA12" || low.Plates[0].Box[1] < 360 {
		t.Errorf("in its region the plate is read as %s at %v", text(low), low.Plates)
	}
	if high := e.Read(&reader.Job{Picture: p, Region: reader.Region{X: 0, Y: 0, W: 1000, H: 400}}); text(high) == "453DXA12" {
		t.Error("a plate outside the region was read")
	}
}

func TestPicturesThatCannotBeRead(t *testing.T) {
	e := open(t)
	var whole bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 7)
	}
	m.Set(3, 3, color.White)
	if err := jpeg.Encode(&whole, m, nil); err != nil {
		t.Fatal(err)
	}
	bomb, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAIAAAC6s5oVAAAAAElFTkSuQmCC")
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string][]byte{
		"nothing": nil, "text": []byte("not a picture"), "a JPEG's first bytes": whole.Bytes()[:20],
		"a PNG that claims 60000 x 60000 pixels": bomb,
	} {
		if a := e.Read(&reader.Job{Picture: p}); a.Error == "" || len(a.Plates) > 0 {
			t.Errorf("%s: error %q, %d plates", name, a.Error, len(a.Plates))
		}
	}
	if a := e.Read(&reader.Job{Picture: whole.Bytes()}); a.Error != "" || len(a.Plates) > 0 {
		t.Errorf("a picture without a plate: %+v", a)
	}
	if a := e.Read(&reader.Job{Picture: whole.Bytes(), Engine: "other"}); !strings.Contains(a.Error, `"other"`) {
		t.Errorf("an engine that does not exist: %q", a.Error)
	}
}

// photo is a row of the photographs' ground truth.
type photo struct{ set, file, plate string }

func photos(t *testing.T) (dir string, list []photo) {
	t.Helper()
	dir = sharedtest.Path(t, "anpr")
	rows, err := csv.NewReader(bytes.NewReader(sharedtest.File(t, "anpr", "ground_truth.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		set, _, _ := strings.Cut(r[0], "/")
		list = append(list, photo{set, r[0], r[1]})
	}
	return dir, list
}

// TestPhotographsAreRead reads every few of the photographs, with less than the share that
// "make bench-plates" measures on all of them.
func TestPhotographsAreRead(t *testing.T) {
	dir, list := photos(t)
	e := open(t)
	every := map[string]int{"cn_crops": 15, "openalpr_eu": 6, "openalpr_us": 8, "openalpr_br": 3}
	least := map[string]float64{"cn_crops": 0.94, "openalpr_eu": 0.85, "openalpr_us": 0.65, "openalpr_br": 0.8}
	seen, read, right := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range list {
		seen[p.set]++
		if n := every[p.set]; n == 0 || seen[p.set]%n != 0 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, p.file))
		if err != nil {
			t.Fatal(err)
		}
		read[p.set]++
		if folded(text(e.Read(&reader.Job{Picture: b, Crop: p.set == "cn_crops"}))) == folded(p.plate) {
			right[p.set]++
		}
	}
	for set, n := range read {
		t.Logf("%s: %d of %d", set, right[set], n)
		if float64(right[set]) < least[set]*float64(n) {
			t.Errorf("%s: %d of %d are read, want %.0f %%", set, right[set], n, 100*least[set])
		}
	}
}

// TestEveryEngineReads: every engine loads and reads a plain plate.
func TestEveryEngineReads(t *testing.T) {
	e := open(t)
	p := anpr.Crop(sim.Plate{Text: "453DXA12", Country: "KZ"}, 1)
	for _, name := range []string{"", Joint, PPOCR, Own} {
		a := e.Read(&reader.Job{Picture: p, Crop: true, Engine: name})
		if text(a) != "453DXA12" || name != "" && a.Engine != name || a.Micros <= 0 {
			t.Errorf("engine %q: %s by %s in %d us", name, text(a), a.Engine, a.Micros)
		}
	}
}

func BenchmarkCrop(b *testing.B) {
	e := open(b)
	p := anpr.Crop(sim.Plate{Text: "453DXA12", Country: "KZ"}, 1)
	for _, name := range []string{Joint, PPOCR, Own} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e.Read(&reader.Job{Picture: p, Crop: true, Engine: name})
			}
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	e := open(b)
	p := anpr.Overview(anpr.View{Plate: sim.Plate{Text: "453DXA12", Country: "KZ"}, Width: 1280, Camera: "lane 1", Seed: 5})
	for _, name := range []string{Joint, PPOCR, Own} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e.Read(&reader.Job{Picture: p, Engine: name})
			}
		})
	}
}
