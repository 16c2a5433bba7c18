package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skip2/go-qrcode"
	"pgregory.net/rapid"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// passage reads a record of testdata, which the demo's simulated site made.
func passage(t testing.TB, name string) *fusion.Passage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	p := new(fusion.Passage)
	if err := json.Unmarshal(b, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// record is a passage with everything that papers can show.
func record(t testing.TB, name string) *Record {
	p := passage(t, name)
	wim := ""
	for _, m := range p.Instruments {
		if m.Class == "wim" {
			wim = m.Name
		}
	}
	for i := range p.Instruments {
		if p.Instruments[i].Name == wim {
			p.Instruments[i].Certificate = "VK-17-0042"
		}
	}
	cert := &metrology.Certificate{Number: "VK-17-0042", Class: "wim", Make: "Тензо", Model: "ВА-20Д", Serial: "0042", Standard: "OIML R 134-1:2006",
		Issuer: "ҚазСтандарт", Issued: "2026-03-01", Expires: "2027-02-28", Division: 20 * quant.Kilogram, Min: 400 * quant.Kilogram, Max: 20 * quant.Tonne,
		Ranges: []metrology.Range{{From: 278, To: 2778, Mass: "1", Axle: "B", Group: "C"}}}
	return &Record{Passage: p, At: time.Date(2026, 11, 22, 3, 34, 0, 0, time.UTC),
		Params: &fusion.Params{Site: "KZ-KHO", Place: "Қорғас", Lane: p.Lane, Mode: "simulator", Offset: 5 * 3600,
			Devices: []fusion.Instrument{{Name: wim, Class: "wim", Certificate: cert}, {Name: "dims-2", Class: "dims"}, {Name: "rpm-2", Class: "rpm"}}},
		Seal: Seal{Text: "ACSGD1|overload|KZ-KHO|" + p.ID + "|156|" + strings.Repeat("A", 43) + "|672|" + strings.Repeat("B", 43) + "|" + strings.Repeat("C", 86),
			Record: strings.Repeat("ab", 32), Row: 672, Head: strings.Repeat("cd", 32), Key: strings.Repeat("ef", 32)}}
}

func make1(t testing.TB, k Kind, r *Record, l Lang) []byte {
	t.Helper()
	b, err := Make(k, r, l)
	if err != nil {
		t.Fatalf("%s in %s: %v", k, l, err)
	}
	return b
}

// poppler finds a program of poppler-utils. Without it a test of what a reader sees fails;
// only a short run goes without.
func poppler(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("a short run looks at no page with %s", name)
	}
	p, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: install poppler-utils, as make test does", err)
	}
	return p
}

// pages gives the text of each page as a reader's program sees it, with white space joined.
func pages(t testing.TB, pdf []byte) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), poppler(t, "pdftotext"), "-raw", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("pdftotext: %v %s", err, errs.String())
	}
	var list []string
	for _, p := range strings.Split(strings.TrimSuffix(out.String(), "\f"), "\f") {
		list = append(list, strings.Join(strings.Fields(p), " "))
	}
	return list
}

func text(t testing.TB, pdf []byte) string { return strings.Join(pages(t, pdf), " ") }

// TestWordsOnThePages: what stands on the pages, letter by letter.
func TestWordsOnThePages(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		lang Lang
		want []string
	}{
		{Weighing, Kazakh, []string{"Өлшеу сертификаты", "Құжат № W-DEMO-2-36-156", "Қорғас (KZ-KHO)", "7.1. Көлік түрінің коды", "Өлшеу құралдары", "Осьтік жүктемелер",
			"Тіркеменің тіркеу нөмірі", "Жүргізуші", "Жөнелтуші", "VK-17-0042, ҚазСтандарт", "01.03.2026 – 28.02.2027", "жарамды", "d = 20 кг", "СИМУЛЯТОР: ЖАРАМСЫЗ",
			"22.11.2026", "(UTC+05:00)", "әкелу", "Жазбаның SHA-256 хэші", "ӘҒҚҢӨҰҮҺІ әғқңөұүһі Жиһаз әлемі"}},
		{Weighing, Russian, []string{"Сертификат взвешивания", "7.1. Код типа транспортного средства", "Средства измерений", "Нагрузка, кг", "СИМУЛЯТОР: НЕДЕЙСТВИТЕЛЬНО", "действительно"}},
		{Weighing, English, []string{"Weighing certificate", "7.1. Code of the vehicle type", "This paper is not the form of the convention", "SIMULATOR: NOT VALID", "2026-03-01 – 2027-02-28"}},
		{Overload, Kazakh, []string{"Нормадан асу туралы хаттама", "Қорытынды: асып кетті", "Асып кеткен норма: 3", "жалпы салмақ", "жадтан, тексерілмеген",
			"Салдары: KZ-571: асып кету мен бизнес көлеміне қарай 40–1000 АЕК", "26.03.2015 № 342 бұйрық", "Көліктің өлшенген контуры", "Лауазымды тұлғаның шешімі"}},
		{Overload, Russian, []string{"Протокол о превышении норм", "Итог: превышение", "Превышено норм: 3", "Что не измерено", "Приказ № 342 от 26.03.2015", "оси 2–3 † 17 720 кг 185,952 кг 185,952 кг 17 534,048 кг 16 000 кг 1534,048 кг 9,59 %"}},
		{Overload, English, []string{"Protocol of exceeded limits", "Result: exceeds", "Order No. 342 of 2015-03-26", "Consequence", "from memory, not verified"}},
	} {
		r := record(t, "overloaded")
		r.Passage.Declaration.Parties.Consignee = "ӘҒҚҢӨҰҮҺІ әғқңөұүһі Жиһаз әлемі"
		got := text(t, make1(t, c.kind, r, c.lang))
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s in %s does not say %q:\n%s", c.kind, c.lang, w, got)
			}
		}
	}
}

// TestTheArithmeticStandsThere: measured, uncertainty, what was taken off, what was
// compared, limit, excess and percent of each finding that exceeds.
func TestTheArithmeticStandsThere(t *testing.T) {
	r := record(t, "overloaded")
	w, err := wordsIn(Russian)
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, make1(t, Overload, r, Russian))
	n := 0
	for i := range r.Passage.Findings {
		f := &r.Passage.Findings[i]
		if f.Verdict != rules.Exceeds {
			continue
		}
		n++
		row := []string{w.subject(f) + " †", w.value(f.Measured, "kg"), w.value(f.Uncertainty, "kg"), w.value(f.Tolerance, "kg"), w.value(judged(f), "kg"),
			w.value(f.Limit, "kg"), w.value(f.Excess, "kg"), w.percent(f.ExcessBP)}
		if f.Mark != "M" {
			row[0] = w.subject(f)
		}
		want := strings.Join(strings.Fields(strings.Join(row, " ")), " ")
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in:\n%s", want, got)
		}
		if *judged(f)-*f.Limit != *f.Excess {
			t.Errorf("%s: %d - %d is not %d", w.subject(f), *judged(f), *f.Limit, *f.Excess)
		}
	}
	if n != 3 {
		t.Errorf("%d findings exceed", n)
	}
}

// TestEveryPageIsMarked: a simulator's paper on every page, no other on any.
func TestEveryPageIsMarked(t *testing.T) {
	for _, l := range Langs {
		w, err := wordsIn(l)
		if err != nil {
			t.Fatal(err)
		}
		mark := w.t("doc.simulator")
		for _, k := range Kinds {
			r := record(t, "overloaded")
			list := pages(t, make1(t, k, r, l))
			for i, p := range list {
				if !strings.Contains(p, mark) || !strings.Contains(p, r.Passage.ID) || !strings.Contains(p, r.Seal.Record) {
					t.Errorf("%s in %s: page %d of %d lacks its mark, number or hash:\n%s", k, l, i+1, len(list), p)
				}
			}
			r.Passage.Simulated, r.Params.Mode = false, "enforcement"
			if got := text(t, make1(t, k, r, l)); strings.Contains(got, mark) {
				t.Errorf("%s in %s of a real record is marked as a simulator's", k, l)
			}
		}
	}
}

// TestTheSameRecordGivesTheSameBytes, whatever the order of maps.
func TestTheSameRecordGivesTheSameBytes(t *testing.T) {
	for _, k := range Kinds {
		r := record(t, "overloaded")
		r.Photos = []Photo{{Plate: "1", SHA256: "ab", Bytes: jpegOf(t, 640, 480)}}
		first := make1(t, k, r, Kazakh)
		for range 10 {
			if again := make1(t, k, record(t, "overloaded"), Kazakh); k == Weighing && !bytes.Equal(first, again) {
				t.Fatal("another paper of the same record")
			}
			if again := make1(t, k, r, Kazakh); !bytes.Equal(first, again) {
				t.Fatalf("%s: another paper of the same record", k)
			}
		}
	}
}

// TestNothingMissingIsZero: a record in which nothing was measured.
func TestNothingMissingIsZero(t *testing.T) {
	r := &Record{Passage: &fusion.Passage{ID: "X-1-1", Version: 7, Opened: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Missing: []string{"wim"},
		Axles: []fusion.AxleLoad{{Axle: 1}, {Axle: 2}}, Size: &fusion.Size{},
		Findings: []rules.Finding{{Quantity: "gross", Verdict: rules.Undetermined, Reason: "not measured"}, {Quantity: "height", Verdict: rules.Undetermined}}}}
	for _, k := range Kinds {
		got := text(t, make1(t, k, r, English))
		for _, no := range []string{" 0 kg", " 0 mm", " 0 km", "± 0", " 0,", " 0 "} {
			if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(got, "Limits exceeded: 0 ", ""), "Within: 0 ", ""), no) {
				t.Errorf("%s says %q:\n%s", k, no, got)
			}
		}
		for _, want := range []string{"not measured", "not known", "The scale has no verification certificate that is valid on the day", "wim has not reported",
			"the record is not in this site's journal"} {
			if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
				t.Errorf("%s does not say %q:\n%s", k, want, got)
			}
		}
	}
}

// TestThirteenAxlesFit on the certificate, each with its load and spacing.
func TestThirteenAxlesFit(t *testing.T) {
	r := record(t, "overloaded")
	r.Passage.Axles, r.Passage.AxleCode = nil, "A4T9"
	for i := range 13 {
		a := fusion.AxleLoad{Axle: i + 1, Mass: quant.Kg(int64(7000 + 111*i)), U: quant.Kg(50), Gap: quant.Length(1300 + i), UGap: 12, Speed: 1500}
		if i == 0 {
			a.Gap = 0
		}
		r.Passage.Axles = append(r.Passage.Axles, a)
	}
	got := text(t, make1(t, Weighing, r, English))
	for i := range 13 {
		if want := fmt.Sprintf("%d %d 50 ", i+1, 7000+111*i); !strings.Contains(got, want) {
			t.Errorf("axle %d: no %q in:\n%s", i+1, want, got)
		}
		if i > 0 && strings.Count(got, fmt.Sprint(1300+i)) != 2 { // in the sketch and in the table
			t.Errorf("spacing of axle %d stands %d times", i+1, strings.Count(got, fmt.Sprint(1300+i)))
		}
	}
}

// TestThirtyFindingsPaginate: each stands on one page, whole, under a head of its own.
func TestThirtyFindingsPaginate(t *testing.T) {
	r := record(t, "overloaded")
	r.Passage.Findings = nil
	for i := range 30 {
		r.Passage.Findings = append(r.Passage.Findings, rules.Finding{Quantity: "axle", Axles: []int{i + 1, i + 1}, Measured: rules.MassValue(quant.Kg(int64(12000 + i))),
			Uncertainty: rules.MassValue(quant.Kg(50)), Tolerance: rules.MassValue(quant.Kg(50)), Limit: rules.MassValue(quant.Kg(10000)),
			Excess: rules.MassValue(quant.Kg(int64(1950 + i))), ExcessBP: int64(1950 + i), Unit: "kg", Verdict: rules.Exceeds, Pack: "KZ-342", Mark: "M",
			Clause: "Order 342 of 26 Mar 2015: " + strings.Repeat("a long clause ", 20), Reason: strings.Repeat("reason", 60)})
	}
	list := pages(t, make1(t, Overload, r, English))
	if len(list) < 4 {
		t.Fatalf("%d pages", len(list))
	}
	for i := range 30 {
		n := 0
		for _, p := range list {
			if strings.Contains(p, fmt.Sprintf("axle %d † 12 0%02d kg", i+1, i)) {
				n++
				if !strings.Contains(p, "Excess") {
					t.Errorf("the page of finding %d has no head of the table", i+1)
				}
			}
		}
		if n != 1 {
			t.Errorf("finding %d stands on %d pages", i+1, n)
		}
	}
	if last := list[len(list)-1]; !strings.Contains(last, fmt.Sprintf("Page %d of %d", len(list), len(list))) {
		t.Errorf("the last page is not numbered: %s", last)
	}
}

// TestACertificateThatDoesNotHold is said on the paper.
func TestACertificateThatDoesNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *Record, c *metrology.Certificate)
		want   string
	}{
		"expired":  {func(_ *Record, c *metrology.Certificate) { c.Expires = "2026-11-21" }, "EXPIRED"},
		"last day": {func(_ *Record, c *metrology.Certificate) { c.Expires = "2026-11-22" }, "2026-11-22: valid"},
		"early":    {func(_ *Record, c *metrology.Certificate) { c.Issued = "2026-11-23" }, "NOT YET IN FORCE"},
		"speed":    {func(_ *Record, c *metrology.Certificate) { c.Ranges[0].To = 1000 }, "measured outside the approved speeds"},
		"another":  {func(r *Record, c *metrology.Certificate) { c.Number = "other" }, "not known"},
		"simulated": {func(r *Record, c *metrology.Certificate) {
			c.Simulator, r.Params.Mode, r.Passage.Simulated = true, "enforcement", false
		}, "A SIMULATOR'S: NOT VALID"},
		"none": {func(r *Record, c *metrology.Certificate) {
			r.Params.Devices[0].Certificate = nil
			r.Passage.Instruments[1].Certificate = ""
		}, "no verification certificate is recorded"},
	} {
		r := record(t, "overloaded")
		c.change(r, r.Params.Devices[0].Certificate)
		got := text(t, make1(t, Weighing, r, English))
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in:\n%s", name, c.want, got)
		}
		if indicative := strings.Contains(got, "the values are indicative only"); indicative != (name != "last day") {
			t.Errorf("%s: called indicative: %v", name, indicative)
		}
	}
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPhotos: pictures are bounded and small, broken ones are said to be broken.
func TestPhotos(t *testing.T) {
	var grey16 bytes.Buffer // a PNG that a PDF cannot hold as it is
	img := image.NewNRGBA64(image.Rect(0, 0, 30, 20))
	img.Set(3, 3, color.NRGBA64{65535, 0, 0, 300})
	if err := png.Encode(&grey16, img); err != nil {
		t.Fatal(err)
	}
	huge := jpegOf(t, 16, 16) // its header says more than there is
	i := bytes.Index(huge, []byte{0xff, 0xc0})
	copy(huge[i+5:], []byte{0xff, 0xff, 0xff, 0xff})
	r := record(t, "overloaded")
	big := jpegOf(t, 2600, 1900)
	r.Photos = []Photo{{Plate: "A", Bytes: big, SHA256: strings.Repeat("1", 64)}, {Plate: "B", Bytes: grey16.Bytes()}, {Plate: "C", Bytes: []byte("\xff\xd8\xff nothing")},
		{Plate: "D", Bytes: huge}, {Plate: "E", Fault: "changed"}, {Bytes: big[:len(big)/2]}, {Plate: "G", Bytes: big}}
	pdf := make1(t, Overload, r, English)
	if len(pdf) > 3*len(big)/4 {
		t.Errorf("%d bytes of a paper with a picture of %d: it was not made smaller", len(pdf), len(big))
	}
	got := text(t, pdf)
	for _, want := range []string{"picture not shown: cannot be read", "picture not shown: too large", "picture not shown: its file was changed", "SHA-256 1111111111111111…",
		"not read", "1 more pictures are in the archive"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// TestTheCodeIsDrawn: every module of the code on the page as a printer sees it.
func TestTheCodeIsDrawn(t *testing.T) {
	r := record(t, "overloaded")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.pdf"), make1(t, Weighing, r, Kazakh), 0o600); err != nil {
		t.Fatal(err)
	}
	const dpi = 300
	if out, err := exec.CommandContext(t.Context(), poppler(t, "pdftoppm"), "-r", fmt.Sprint(dpi), "-f", "1", "-l", "1", "-png", filepath.Join(dir, "p.pdf"), filepath.Join(dir, "p")).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v %s", err, out)
	}
	name, err := filepath.Glob(filepath.Join(dir, "p*.png"))
	if err != nil || len(name) != 1 {
		t.Fatalf("pages %v: %v", name, err)
	}
	f, err := os.Open(name[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	q, err := qrcode.New(r.Seal.Text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	q.DisableBorder = true
	bits := q.Bitmap()
	const size = 32.0
	x0, y0, m := pageWidth-margin-size, top+marked-1, size/float64(len(bits))
	wrong := 0
	for i, line := range bits {
		for k, dark := range line {
			px := (x0 + (float64(k)+0.5)*m) / 25.4 * dpi
			py := (y0 + (float64(i)+0.5)*m) / 25.4 * dpi
			if g := color.GrayModel.Convert(img.At(int(px), int(py))).(color.Gray); (g.Y < 128) != dark {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d modules are wrong", wrong, len(bits)*len(bits))
	}
	if m < 0.35 {
		t.Errorf("a module is %.2f mm wide: a cheap printer and a phone need 0.35", m)
	}
}

// TestDrawable: every character that is called drawable is in both fonts, and comes out of
// the PDF as it went in.
func TestDrawable(t *testing.T) {
	w, err := wordsIn(English)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSheet(w, "x", "", time.Unix(0, 0), false)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := rune(0x21); r < 0x2800; r++ {
		if !drawable(r) || r == 0xa0 {
			continue
		}
		n++
		for _, st := range []style{plain, bold} {
			s.font(st)
			if s.GetStringSymbolWidth(string(r)) == 0 && r != 0xad {
				t.Errorf("%U has no width in the fonts", r)
			}
		}
	}
	if n < 600 {
		t.Errorf("%d characters", n)
	}
	if got := printable("Zhībek 联 \x00\n🚛 Ұлы"); got != "Zhībek □   □ Ұлы" {
		t.Errorf("%q", got)
	}
}

// TestRefusals: what is no record is an error that says so.
func TestRefusals(t *testing.T) {
	p := &fusion.Passage{ID: "A"}
	for _, c := range []struct {
		k    Kind
		r    *Record
		l    Lang
		want string
	}{
		{Weighing, nil, Kazakh, "there is no record"},
		{Weighing, &Record{}, Kazakh, "there is no record"},
		{Weighing, &Record{Passage: &fusion.Passage{}}, Kazakh, "no passage id"},
		{Weighing, &Record{Passage: p}, "de", `language "de"`},
		{"ticket", &Record{Passage: p}, Kazakh, `paper "ticket"`},
		{Weighing, &Record{Passage: p, Seal: Seal{Text: strings.Repeat("long|", 1000)}}, Kazakh, "code of 5000 characters"},
	} {
		if b, err := Make(c.k, c.r, c.l); err == nil || !strings.Contains(err.Error(), c.want) || b != nil {
			t.Errorf("%q %v %q: %v, want %q", c.k, c.r, c.l, err, c.want)
		}
	}
	if _, err := Verification(nil, Kazakh); err == nil {
		t.Error("a report of nothing")
	}
}

// fuzzed makes all papers of any JSON: each is a PDF or an error, and never a panic.
func fuzzed(t testing.TB, b []byte) {
	p := new(fusion.Passage)
	if json.Unmarshal(b, p) != nil {
		return
	}
	for _, k := range Kinds {
		pdf, err := Make(k, &Record{Passage: p, Params: &fusion.Params{Offset: int32(len(b)) * 1000, Mode: "simulator"}}, Langs[len(b)%3])
		if (err == nil) != bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Fatalf("%s of %s: %v, %d bytes", k, b, err, len(pdf))
		}
	}
}

func FuzzMake(f *testing.F) {
	for _, name := range []string{"overloaded", "undetermined"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"id":"a","axles":[{"axle":-1,"mass_kg":-9e14,"gap_mm":2147483647},{"gap_mm":-2147483648,"speed_mms":-2147483648}],"opened":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"id":"a","axle_code":"A99T99","axles":[{},{}],"size":{"outline":[{"x":0,"z":1},{"x":2147483647,"z":-5,"l":-2147483648}]},"findings":[{"axles":[1],"quantity":"group","verdict":"exceeds","excess":1,"limit":0}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, b) })
}

// TestAnyPassage: records of every shape give papers.
func TestAnyPassage(t *testing.T) {
	word := rapid.SampledFrom([]string{"", "x", "not measured", "Қ", "a|b", strings.Repeat("long ", 300), strings.Repeat("w", 900), "\x00\xff", "联合", "A2C3", "A4T9", "within", "exceeds"})
	flags := rapid.SliceOfN(rapid.SampledFrom([]obs.Flag{obs.Fault, obs.Simulated, obs.OffScale, "new"}), 0, 3)
	length := rapid.Custom(func(t *rapid.T) quant.Length { return quant.Length(rapid.Int32().Draw(t, "mm")) })
	value := rapid.Custom(func(t *rapid.T) *rules.Value {
		if rapid.Bool().Draw(t, "nil") {
			return nil
		}
		v := rules.Value(rapid.Int64().Draw(t, "value"))
		return &v
	})
	rapid.Check(t, func(t *rapid.T) {
		p := &fusion.Passage{ID: "A-" + word.Draw(t, "id"), AxleCode: word.Draw(t, "code"), Lane: word.Draw(t, "lane"), Speed: quant.Speed(rapid.Int32().Draw(t, "speed")),
			Opened: time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "opened"), 0), Verdict: rules.Verdict(word.Draw(t, "verdict")), Final: rapid.Bool().Draw(t, "final")}
		for range rapid.IntRange(0, 20).Draw(t, "axles") {
			p.Axles = append(p.Axles, fusion.AxleLoad{Axle: rapid.IntRange(-1, 20).Draw(t, "axle"), Mass: quant.Mass(rapid.Int64().Draw(t, "mass")), U: quant.Mass(rapid.Int64().Draw(t, "u")),
				Gap: length.Draw(t, "gap"), UGap: length.Draw(t, "ugap"), Flags: flags.Draw(t, "flags"), Speed: quant.Speed(rapid.Int32().Draw(t, "v"))})
		}
		for range rapid.IntRange(0, 30).Draw(t, "findings") {
			p.Findings = append(p.Findings, rules.Finding{Quantity: rapid.SampledFrom([]string{"axle", "group", "gross", "height", "goods", ""}).Draw(t, "quantity"),
				Axles: rapid.SliceOfN(rapid.Int(), 0, 3).Draw(t, "of"), Measured: value.Draw(t, "m"), Limit: value.Draw(t, "l"), Excess: value.Draw(t, "e"), Tolerance: value.Draw(t, "t"),
				Uncertainty: value.Draw(t, "u"), ExcessBP: rapid.Int64().Draw(t, "bp"), Unit: word.Draw(t, "unit"), Reason: word.Draw(t, "reason"), Clause: word.Draw(t, "clause"), Band: word.Draw(t, "band"),
				Verdict: rapid.SampledFrom([]rules.Verdict{rules.Exceeds, rules.Within, rules.Undetermined, ""}).Draw(t, "v"), Mark: word.Draw(t, "mark"), Notes: []string{word.Draw(t, "note")}})
		}
		if rapid.Bool().Draw(t, "size") {
			p.Size = &fusion.Size{Length: length.Draw(t, "l"), Width: length.Draw(t, "w"), Height: length.Draw(t, "h")}
			for range rapid.IntRange(0, 9).Draw(t, "points") {
				p.Size.Outline = append(p.Size.Outline, fusion.Point{X: length.Draw(t, "x") % 30_000, Z: length.Draw(t, "z") % 5000, Left: length.Draw(t, "left") % 2000, Right: length.Draw(t, "right")})
			}
		}
		if rapid.Bool().Draw(t, "declared") {
			p.Declaration = &decl.Declaration{MRN: word.Draw(t, "mrn"), Parties: decl.Parties{Carrier: word.Draw(t, "carrier")}}
		}
		k := rapid.SampledFrom(Kinds).Draw(t, "kind")
		pdf, err := Make(k, &Record{Passage: p}, Kazakh)
		if (err == nil) != bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Fatalf("%s: %v, %d bytes", k, err, len(pdf))
		}
	})
}

func BenchmarkWeighing(b *testing.B) {
	r := record(b, "overloaded")
	for b.Loop() {
		make1(b, Weighing, r, Kazakh)
	}
}

func BenchmarkOverload(b *testing.B) {
	r := record(b, "overloaded")
	photo := jpegOf(b, 1920, 1080)
	for range 4 {
		r.Photos = append(r.Photos, Photo{Plate: "1", Bytes: photo})
	}
	for b.Loop() {
		make1(b, Overload, r, Kazakh)
	}
}

// TestVersion: a line of the history that is not material makes another paper too.
func TestVersion(t *testing.T) {
	p := passage(t, "overloaded")
	was := Version(p)
	p.History = append(p.History, fusion.Event{Seq: was + 7, Kind: "barrier", Text: "barrier closed"})
	if Version(p) != was+7 || p.Version > was || !strings.HasSuffix(Number(Weighing, p), fmt.Sprint("-", was+7)) {
		t.Errorf("version %d after %d, paper %s", Version(p), was, Number(Weighing, p))
	}
	if v := Version(&fusion.Passage{Version: 3, Size: &fusion.Size{Seq: 5}, Gross: &fusion.GrossLoad{Seq: 4}, Findings: []rules.Finding{{Evidence: []uint64{9, 1}}}}); v != 9 {
		t.Errorf("version %d, want that of the newest input, 9", v)
	}
}
