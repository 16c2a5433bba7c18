package declaration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/internal/decl"
	"acsgd/internal/sharedtest"
)

func TestRealExportsYieldTheirPlatesAndMasses(t *testing.T) {
	type want struct {
		Plates  []string
		Roles   []string
		Items   int
		Gross   string
		HS      string
		Country string
	}
	wants := map[string]want{
		"im4-1item-two-plates.xml":   {[]string{"UENX866", "RB5806VU"}, []string{"tractor", "trailer"}, 1, "1908kg", "87033219000", "ME"},
		"im4-8items-two-plates.xml":  {[]string{"GP6052CG", "AE6328ZZ"}, []string{"tractor", "trailer"}, 8, "10952.446kg", "40111000300", "MK"},
		"im4-minimal.xml":            {[]string{"CAEX0"}, []string{"vehicle"}, 1, "300kg", "10019120000", "AL"},
		"im7-1item-one-plate.xml":    {[]string{"TE4014E"}, []string{"vehicle"}, 1, "1250kg", "87033110000", "AL"},
		"im7-1item-same-vehicle.xml": {[]string{"UENX866", "RB5806VU"}, []string{"tractor", "trailer"}, 1, "1908kg", "87033219000", "ME"},
	}
	dir := sharedtest.Path(t, "declarations", "asycuda")
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) != len(wants) {
		t.Fatalf("%d files in %s (%v), want %d", len(files), dir, err, len(wants))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r := Examine(b, f)
		if r.Format != ASYCUDA || !r.Accepted || len(r.Declarations) != 1 {
			t.Errorf("%s: format %q, accepted %t, %d declarations: %v", f, r.Format, r.Accepted, len(r.Declarations), r.Problems)
			continue
		}
		d := r.Declarations[0]
		got := want{Items: len(d.Items), Gross: d.Totals.Gross.String(), Country: d.Units[0].Country}
		for _, u := range d.Units {
			got.Plates, got.Roles = append(got.Plates, u.Plate), append(got.Roles, u.Role)
		}
		for _, it := range d.Items {
			if got.HS == "" || it.HS < got.HS {
				got.HS = it.HS
			}
		}
		if diff := cmp.Diff(wants[filepath.Base(f)], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f, diff)
		}
		for _, p := range r.Problems {
			if p.Rule != "F18" && p.Rule != "F21" {
				t.Errorf("%s: unexpected problem %v", f, p)
			}
		}
	}
}

func TestDateOrderOfTheSenderMakesItsDatesReadable(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedtest.Path(t, "declarations", "asycuda"), "im4-8items-two-plates.xml"))
	if err != nil {
		t.Fatal(err)
	}
	r := Options{DateOrder: "mdy"}.Examine(b, "x")
	for _, p := range r.Problems {
		if p.Rule == "F18" {
			t.Errorf("still %v", p)
		}
	}
	var dates []string
	for _, l := range [][]decl.Document{r.Declarations[0].Permits, r.Declarations[0].Previous} {
		for _, doc := range l {
			if doc.Date != "" {
				dates = append(dates, doc.Date)
			}
		}
	}
	if len(dates) == 0 || dates[0][:4] != "2016" {
		t.Errorf("dates %v, want dates of 2016", dates)
	}
}
