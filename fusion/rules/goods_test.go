package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

func declared(kind string, hs ...string) *decl.Declaration {
	d := &decl.Declaration{ID: "d", Kind: kind}
	for i, h := range hs {
		d.Items = append(d.Items, decl.Item{No: i + 1, HS: h, Gross: quant.Tonne})
	}
	return d
}

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// EEC Board Decision 30 and the temporary bans: rules.md 4.1, 4.2.
func TestRules_Goods(t *testing.T) {
	sim, site := book(t, true), book(t, false)
	scrap := "7204490000"
	for _, c := range []struct {
		name      string
		b         *rules.Book
		d         *decl.Declaration
		direction string
		mode      string
		day       string
		row       string // "" = some finding
		verdict   rules.Verdict
		reason    string
		text      string
	}{
		{"export of scrap while banned", sim, declared("export", scrap), "export", "road", "2026-01-15", "temporary_bans.csv:2", rules.Exceeds, "prohibited", "until 2026-04-30"},
		{"on the last day", sim, declared("export", scrap), "export", "road", "2026-04-30", "temporary_bans.csv:2", rules.Exceeds, "prohibited", ""},
		{"after it", sim, declared("export", scrap), "export", "road", "2026-05-01", "", rules.Within, "no control applies", ""},
		{"in the extension before", sim, declared("export", scrap), "export", "road", "2025-10-29", "temporary_bans.csv:3", rules.Exceeds, "prohibited", ""},
		{"unverified codes only ask outside simulator mode", site, declared("export", scrap), "export", "road", "2026-01-15", "temporary_bans.csv:2", rules.Undetermined, "document required: temporary ban", ""},
		{"import is not banned", sim, declared("import", scrap), "import", "road", "2026-01-15", "", rules.Within, "no control applies", ""},
		{"rail is not banned for petrol", sim, declared("export", "2710124100"), "export", "rail", "2025-06-01", "", rules.Within, "no control applies", ""},
		{"road is", sim, declared("export", "2710124100"), "export", "road", "2025-06-01", "temporary_bans.csv:6", rules.Exceeds, "prohibited", "no end date read"},
		{"first day known to the year only", sim, declared("export", "2711130000"), "export", "road", "2025-06-01", "temporary_bans.csv:7", rules.Undetermined, "first day of the ban not known", ""},
		{"a year later it is in force", sim, declared("export", "2711130000"), "export", "road", "2026-06-01", "temporary_bans.csv:7", rules.Exceeds, "prohibited", ""},
		{"ban whose dates were not read", sim, declared("export", "3102301000"), "export", "road", "2026-06-01", "temporary_bans.csv:9", rules.Undetermined, "first day of the ban not known", ""},
		{"day not known", sim, declared("export", "0703101900"), "export", "road", "", "temporary_bans.csv:8", rules.Undetermined, "date not known", ""},
		{"direction not known", sim, declared("pre_arrival", scrap), "", "road", "2026-01-15", "temporary_bans.csv:2", rules.Undetermined, "direction not known", ""},
		{"direction of the declaration", sim, declared("export", scrap), "", "", "2026-01-15", "temporary_bans.csv:2", rules.Exceeds, "prohibited", ""},
		{"weapons are banned on import", sim, declared("import", "9302000000"), "import", "road", "2026-01-15", "controlled_goods.csv:6", rules.Exceeds, "prohibited", "weapons"},
		{"and asked about outside simulator mode", site, declared("import", "9302000000"), "import", "road", "2026-01-15", "controlled_goods.csv:6", rules.Undetermined, "document required: the goods may be prohibited", ""},
		{"encryption asks for a document", sim, declared("import", "8471300000"), "import", "road", "2026-01-15", "controlled_goods.csv:24", rules.Undetermined, "document required: notification or licence", ""},
		{"uranium asks for a licence", site, declared("export", "2844100000"), "export", "road", "2026-01-15", "radioactive_goods.csv:4", rules.Undetermined, "document required: atomic regulator licence + specific-goods permit", "Natural uranium"},
		{"goods without controls", site, declared("import", "6403990000"), "import", "road", "2026-01-15", "", rules.Within, "no control applies", ""},
		{"no declaration", site, nil, "import", "road", "2026-01-15", "", rules.Undetermined, "no declaration", ""},
		{"item without a code", site, declared("import", "6403990000", ""), "import", "road", "2026-01-15", "", rules.Undetermined, "item without a commodity code", ""},
		{"code that is no number", site, declared("import", "64O3990000"), "import", "road", "2026-01-15", "", rules.Undetermined, "item without a commodity code", ""},
		{"no items but a mass", site, &decl.Declaration{Totals: decl.Totals{Gross: quant.Tonne}}, "import", "road", "2026-01-15", "", rules.Undetermined, "declaration lists no goods items", ""},
		{"empty vehicle", site, &decl.Declaration{}, "import", "road", "2026-01-15", "", rules.Within, "no control applies", ""},
	} {
		fs := rules.Goods(nil, c.b, c.d, c.direction, c.mode, day(c.day))
		i := slices.IndexFunc(fs, func(f rules.Finding) bool { return c.row == "" || f.Row == c.row })
		if i < 0 {
			t.Errorf("%s: no finding by %s in %+v", c.name, c.row, fs)
			continue
		}
		f := fs[i]
		stop := c.verdict == rules.Exceeds
		if f.Verdict != c.verdict || f.Reason != c.reason || !strings.Contains(f.Text, c.text) || f.Blocking != stop || f.TwoPersons != stop {
			t.Errorf("%s: %+v, want %s (%s)", c.name, f, c.verdict, c.reason)
		}
		if f.Row != "" && (f.Clause == "" || f.Mark != "M") {
			t.Errorf("%s: clause or mark missing: %+v", c.name, f)
		}
	}
}

func TestGoodsLongestPrefixWins(t *testing.T) {
	b := &rules.Book{Simulator: true, Controls: []rules.Control{
		{Source: rules.Source{Row: "short", Mark: "V"}, Kind: rules.BanControl, Directions: []string{"import"}, Prefixes: []string{"2903"}},
		{Source: rules.Source{Row: "long", Mark: "V"}, Kind: rules.PermitControl, Directions: []string{"import"}, Prefixes: []string{"290314"}, Permit: "licence"},
		{Source: rules.Source{Row: "exempt", Mark: "V"}, Kind: rules.ExemptControl, Directions: []string{"import"}, Prefixes: []string{"3808"}},
		{Source: rules.Source{Row: "ban", Mark: "V"}, Kind: rules.BanControl, Directions: []string{"import"}, Prefixes: []string{"3808"}},
	}}
	rows := func(hs ...string) (out []string) {
		for _, f := range rules.Goods(nil, b, declared("import", hs...), "import", "road", day("2026-01-01")) {
			out = append(out, f.Row)
		}
		return out
	}
	for _, c := range []struct {
		hs   []string
		want []string
	}{
		{[]string{"2903140000"}, []string{"long"}},
		{[]string{"2903190000"}, []string{"short"}},
		{[]string{"2903190000", "2903140000"}, []string{"short", "long"}},
		{[]string{"3808910000"}, []string{""}},
		{[]string{"29031"}, []string{"long"}}, // too short to tell: the longer row may be meant
	} {
		if got := rows(c.hs...); !slices.Equal(got, c.want) {
			t.Errorf("%v: rows %q, want %q", c.hs, got, c.want)
		}
	}
}

func TestGoodsPermits(t *testing.T) {
	b := book(t, true)
	d := declared("import", "8471300000")
	d.Permits = []decl.Document{{Kind: "CITES permit", ID: "c1"}, {Kind: "FSB notification", ID: "n7"}}
	f := rules.Goods(nil, b, d, "import", "road", day("2026-01-01"))[0]
	if f.Verdict != rules.Within || !slices.Contains(f.Notes, "permit FSB notification n7") || slices.Contains(f.Notes, "permit_kind_not_compared") {
		t.Errorf("a notification in the declaration: %+v", f)
	}
	d.Permits = []decl.Document{{Kind: "01", ID: "x"}}
	f = rules.Goods(nil, b, d, "import", "road", day("2026-01-01"))[0]
	if f.Verdict != rules.Within || !slices.Contains(f.Notes, "permit_kind_not_compared") || !slices.Contains(f.Notes, "item 1: 8471300000") {
		t.Errorf("a permit of another kind: %+v", f)
	}
	ban := declared("import", "9302000000")
	ban.Permits = d.Permits
	if rules.Worst(rules.Goods(nil, b, ban, "import", "road", day("2026-01-01"))) != rules.Exceeds {
		t.Error("a permit lifted a ban")
	}
	tr := declared("transit", "7204490000")
	if f := rules.Goods(nil, b, tr, "export", "road", day("2026-01-15"))[0]; !slices.Contains(f.Notes, "declared_transit") {
		t.Errorf("transit through an export lane: %+v", f)
	}
	if (rules.Date(0)).String() != "" || rules.Date(20260430).String() != "2026-04-30" {
		t.Error("Date.String")
	}
}

// A portal that tells by contacts alone is judged by them, and the findings say so.
func TestRadiationByContacts(t *testing.T) {
	for _, c := range []struct {
		name           string
		change         func(o *radiation.Occupancy)
		gamma, neutron rules.Verdict
	}{
		{"quiet", func(*radiation.Occupancy) {}, rules.Within, rules.Within},
		{"gamma", func(o *radiation.Occupancy) { o.VendorAlarm, o.VendorGamma = true, true }, rules.Exceeds, rules.Within},
		{"neutron", func(o *radiation.Occupancy) { o.VendorAlarm, o.VendorNeut, o.NeutronAlarm = true, true, true }, rules.Within, rules.Exceeds},
		{"both", func(o *radiation.Occupancy) { o.VendorAlarm, o.VendorGamma, o.NeutronAlarm = true, true, true }, rules.Exceeds, rules.Exceeds},
		{"fault", func(o *radiation.Occupancy) { o.Fault = "portal_fault" }, rules.Undetermined, rules.Undetermined},
		{"fault and gamma", func(o *radiation.Occupancy) { o.Fault, o.VendorGamma = "portal_fault", true }, rules.Exceeds, rules.Undetermined},
		{"open", func(o *radiation.Occupancy) { o.Open = true }, rules.Undetermined, rules.Undetermined},
		{"truncated", func(o *radiation.Occupancy) { o.Truncated = true }, rules.Undetermined, rules.Undetermined},
	} {
		o := &radiation.Occupancy{Contacts: true, MaxSigma: -1 << 31,
			Analysis: &radiation.Analysis{Templates: "t1", Tests: []radiation.TestResult{{Name: radiation.TestTemplate, Reason: "no background"}}}}
		c.change(o)
		fs := rules.Radiation(nil, o, nil)
		if fs[0].Verdict != c.gamma || fs[1].Verdict != c.neutron {
			t.Errorf("%s: %s and %s, want %s and %s", c.name, fs[0].Verdict, fs[1].Verdict, c.gamma, c.neutron)
		}
		for _, f := range fs {
			if !slices.Equal(f.Notes, []string{"by the portal's contacts alone, no profile"}) || f.Measured != nil || f.Reason == "" && f.Verdict != rules.Within {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

func TestRadiation(t *testing.T) {
	good := func() *radiation.Occupancy {
		return &radiation.Occupancy{HasBG: true, Slices: []radiation.Slice{{}}, Neutron: []radiation.Neutron{{}}, MaxSigma: 2500}
	}
	norm := &rules.NormHit{Commodity: "Potassium chloride (potash)", Nuclides: "K-40", Profile: "uniform"}
	orphan := &rules.NormHit{Commodity: "Metal scrap", Orphan: true}
	for _, c := range []struct {
		name           string
		change         func(o *radiation.Occupancy)
		norm           *rules.NormHit
		gamma, neutron rules.Verdict
		reason         string
		note           string
	}{
		{"quiet", func(*radiation.Occupancy) {}, norm, rules.Within, rules.Within, "", ""},
		{"portal's alarm", func(o *radiation.Occupancy) { o.VendorAlarm = true }, nil, rules.Exceeds, rules.Within, "gamma alarm of the portal", ""},
		{"portal's alarm in a slice", func(o *radiation.Occupancy) { o.Slices[0].Vendor = true }, nil, rules.Exceeds, rules.Within, "gamma alarm of the portal", ""},
		{"our alarm", func(o *radiation.Occupancy) { o.GammaAlarm = true }, nil, rules.Exceeds, rules.Within, "gamma alarm of our test", ""},
		{"both, over potash", func(o *radiation.Occupancy) { o.GammaAlarm, o.VendorAlarm = true, true }, norm, rules.Exceeds, rules.Within, "gamma alarm of the portal and of our test", "radiate by nature"},
		{"over scrap", func(o *radiation.Occupancy) { o.GammaAlarm = true }, orphan, rules.Exceeds, rules.Within, "gamma alarm of our test", "orphan source"},
		{"neutrons over potash", func(o *radiation.Occupancy) { o.NeutronAlarm, o.VendorAlarm = true, true }, norm, rules.Within, rules.Exceeds, "", ""},
		{"neutrons and gamma", func(o *radiation.Occupancy) { o.NeutronAlarm, o.GammaAlarm = true, true }, nil, rules.Exceeds, rules.Exceeds, "gamma alarm of our test", ""},
		{"fault", func(o *radiation.Occupancy) { o.Fault = "tamper" }, nil, rules.Undetermined, rules.Undetermined, "tamper", ""},
		{"fault does not hide an alarm", func(o *radiation.Occupancy) { o.Fault, o.GammaAlarm = "tamper", true }, nil, rules.Exceeds, rules.Undetermined, "gamma alarm of our test", ""},
		{"still open", func(o *radiation.Occupancy) { o.Open = true }, nil, rules.Undetermined, rules.Undetermined, "vehicle still in the portal", ""},
		{"no background", func(o *radiation.Occupancy) { o.HasBG = false }, nil, rules.Undetermined, rules.Undetermined, "no background", ""},
		{"no slices", func(o *radiation.Occupancy) { o.Slices = nil }, nil, rules.Undetermined, rules.Undetermined, "no counts in the occupancy", ""},
		{"no neutron counts", func(o *radiation.Occupancy) { o.Neutron = nil }, nil, rules.Within, rules.Undetermined, "", ""},
		{"truncated", func(o *radiation.Occupancy) { o.Truncated = true }, nil, rules.Undetermined, rules.Undetermined, "occupancy truncated", ""},
	} {
		o := good()
		c.change(o)
		fs := rules.Radiation(nil, o, c.norm)
		if len(fs) != 2 || fs[0].Verdict != c.gamma || fs[1].Verdict != c.neutron || fs[0].Reason != c.reason {
			t.Errorf("%s: %+v, want %s and %s", c.name, fs, c.gamma, c.neutron)
			continue
		}
		if got := strings.Join(fs[0].Notes, " "); !strings.Contains(got, c.note) || c.note == "" && got != "" || fs[1].Notes != nil {
			t.Errorf("%s: notes %q, %q, want %q on gamma only", c.name, got, fs[1].Notes, c.note)
		}
		for _, f := range fs {
			if stop := f.Verdict == rules.Exceeds; f.Blocking != stop || f.TwoPersons != stop {
				t.Errorf("%s: %+v blocks wrongly", c.name, f)
			}
		}
	}
	if fs := rules.Radiation(nil, nil, nil); len(fs) != 1 || fs[0].Verdict != rules.Undetermined || fs[0].Reason != "no occupancy" {
		t.Errorf("no occupancy: %+v", fs)
	}
}

func TestNorm(t *testing.T) {
	b := book(t, false)
	for _, c := range []struct {
		name      string
		d         *decl.Declaration
		commodity string
		orphan    bool
	}{
		{"potash", declared("export", "6403990000", "3104205000"), "Potassium chloride (potash)", false},
		{"the longer prefix", declared("export", "2530909800"), "Monazite and rare-earth ores", false},
		{"scrap wins", declared("export", "3104205000", "7204490000"), "Metal scrap", true},
		{"shoes", declared("export", "6403990000"), "", false},
		{"no code", declared("export", "x"), "", false},
		{"no declaration", nil, "", false},
	} {
		hit, ok := rules.Norm(b, c.d)
		if ok != (c.commodity != "") || hit.Commodity != c.commodity || hit.Orphan != c.orphan {
			t.Errorf("%s: Norm = %+v, %v, want %q", c.name, hit, ok, c.commodity)
		}
	}
}

// declarations.md 5.3 and 5.4: tare of a 2 + 3 artic 11.5 to 18.5 t, crew and fuel +- 1 t.
func TestDeclaredMass(t *testing.T) {
	sim, site := book(t, true), book(t, false)
	load := func(kg int64) *decl.Declaration {
		return &decl.Declaration{Totals: decl.Totals{Gross: quant.Kg(kg)}, Items: []decl.Item{{No: 1}}}
	}
	semi := func(total, u int64) *rules.Vehicle {
		v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "1/1/1/1/1")
		v.Class = "articulated"
		v.Gross, v.UMass = ptr(quant.Kg(total)), ptr(quant.Kg(u))
		return v
	}
	box := load(20000)
	box.Containers = []decl.Container{{ID: "MSCU9981402"}}
	for _, c := range []struct {
		name    string
		b       *rules.Book
		v       *rules.Vehicle
		ds      []*decl.Declaration
		verdict rules.Verdict
		reason  string
		excess  int64
	}{
		{"as declared", sim, semi(36000, 0), []*decl.Declaration{load(20000)}, rules.Within, "", -1},
		{"at the top", sim, semi(39500, 0), []*decl.Declaration{load(20000)}, rules.Within, "", -1},
		{"above the top", sim, semi(39501, 0), []*decl.Declaration{load(20000)}, rules.Exceeds, "B3 heavier than declared", 1},
		{"above by the uncertainty", sim, semi(40500, 1000), []*decl.Declaration{load(20000)}, rules.Within, "", -1},
		{"above by more", sim, semi(40501, 1000), []*decl.Declaration{load(20000)}, rules.Exceeds, "B3 heavier than declared", 1},
		{"outside simulator mode the tare decides nothing", site, semi(45000, 0), []*decl.Declaration{load(20000)}, rules.Undetermined, "B3 heavier than declared; tare not verified", 5500},
		{"at the bottom", sim, semi(30500, 0), []*decl.Declaration{load(20000)}, rules.Within, "", -1},
		{"below the bottom", sim, semi(30499, 0), []*decl.Declaration{load(20000)}, rules.Exceeds, "B3 lighter than declared", 1},
		{"declared loaded, measured empty", sim, semi(15000, 0), []*decl.Declaration{load(20000)}, rules.Exceeds, "B4 declared loaded, measured empty", 15500},
		{"declared empty, measured loaded", sim, semi(36000, 0), []*decl.Declaration{{}}, rules.Exceeds, "B4 declared empty, measured loaded", 16500},
		{"groupage: the sum counts", sim, semi(36000, 0), []*decl.Declaration{load(8000), nil, load(12000)}, rules.Within, "", -1},
		{"container", sim, semi(39900, 0), []*decl.Declaration{box, box}, rules.Exceeds, "B3 lighter than declared", 12800},
		{"declared mass not known", sim, semi(36000, 0), []*decl.Declaration{{Items: []decl.Item{{No: 1}}}}, rules.Undetermined, "declared mass not known", -1},
		{"declared mass absurd", sim, semi(36000, 0), []*decl.Declaration{load(1 << 50)}, rules.Undetermined, "declared mass out of range", -1},
		{"no declaration", sim, semi(36000, 0), nil, rules.Undetermined, "no declaration", -1},
		{"not measured", sim, &rules.Vehicle{}, []*decl.Declaration{load(1)}, rules.Undetermined, "not measured", -1},
		{"shape not known", sim, &rules.Vehicle{Gross: ptr(quant.Tonne)}, []*decl.Declaration{load(1)}, rules.Undetermined, "tare of this vehicle not known", -1},
		{"rigid", sim, vehicle(t, "4200", "SD", "6000/9000"), []*decl.Declaration{load(8000)}, rules.Within, "", -1},
		{"road train", sim, func() *rules.Vehicle {
			v := vehicle(t, "4400/1350/5200/5000", "SDDDD", "7000/8000/8000/8500/8500")
			v.Class = "road_train"
			return v
		}(), []*decl.Declaration{load(24000)}, rules.Within, "", -1},
	} {
		fs := rules.DeclaredMass(nil, c.b, c.v, c.ds...)
		if len(fs) != 1 {
			t.Fatalf("%s: %d findings", c.name, len(fs))
		}
		f := fs[0]
		if f.Verdict != c.verdict || f.Reason != c.reason || kg(f.Excess) != c.excess || f.Quantity != "declared_mass" || f.Mark != "M" {
			t.Errorf("%s: %+v excess %d, want %s (%s) %d", c.name, f, kg(f.Excess), c.verdict, c.reason, c.excess)
		}
	}
	heavy := rules.DeclaredMass(nil, sim, semi(44500, 0), load(20000))[0]
	if heavy.ExcessBP != 2500 || !slices.Contains(heavy.Notes, "expected 30500kg to 39500kg") {
		t.Errorf("5 t on 20 t declared is 25 %%: %+v", heavy)
	}
	v := semi(36000, 0)
	v.Instrument = true
	if f := rules.DeclaredMass(nil, sim, v, load(20000))[0]; f.Reason != "no uncertainty" {
		t.Errorf("instrument without uncertainty: %+v", f)
	}
}
