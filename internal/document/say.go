package document

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const nbsp = "\u00a0"

// number writes thousandths as a decimal number: groups of three digits, a comma or a point,
// and as many places as it has.
func (w *words) number(v int64) string {
	s := quant.Mass(v).AppendJSON(nil)
	sign := ""
	if len(s) > 0 && s[0] == '-' {
		sign, s = "\u2212", s[1:]
	}
	whole, frac, _ := strings.Cut(string(s), ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && len(whole) > 4 {
			b.WriteString(nbsp)
		}
		b.WriteRune(r)
	}
	if frac != "" {
		if w.lang == English {
			b.WriteByte('.')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(frac)
	}
	return b.String()
}

func (w *words) int(n int64) string {
	if n > 1<<50 || n < -1<<50 { // no quantity of ours: number would overflow
		return strconv.FormatInt(n, 10)
	}
	return w.number(n * 1000)
}

// value writes a value with its unit; "" is no value.
func (w *words) value(v *rules.Value, unit string) string {
	if v == nil {
		return ""
	}
	return w.number(int64(*v)) + nbsp + w.unit(unit)
}

func (w *words) unit(u string) string {
	switch u {
	case "kg", "mm":
		return w.t("unit." + u)
	case "sigma":
		return "σ"
	}
	return u
}

func (w *words) kg(m quant.Mass) string { return w.number(int64(m)) + nbsp + w.t("unit.kg") }

// tenths is a mass in kilograms, rounded half away from zero to the tenth.
func (w *words) tenths(m quant.Mass) string {
	if m < 0 {
		return w.number(int64(m-50) / 100 * 100)
	}
	return w.number(int64(m+50) / 100 * 100)
}

// up is an uncertainty in kilograms, rounded up; not known is "".
func (w *words) up(m quant.Mass) string {
	if m <= 0 {
		return ""
	}
	n := int64(m) / 1000
	if int64(m)%1000 != 0 {
		n++
	}
	return w.int(n)
}

// kmh is a speed in kilometres an hour to the tenth.
func (w *words) kmh(s quant.Speed) string {
	v := int64(s) * 36 // ten-thousandths
	if v < 0 {
		v -= 500
	} else {
		v += 500
	}
	return w.number(v / 1000 * 100)
}

// percent writes basis points.
func (w *words) percent(bp int64) string { return w.number(bp*10) + nbsp + "%" }

// at writes a time of the site with its offset from UTC.
func (w *words) at(t time.Time, offset int32) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(time.FixedZone("", int(offset)))
	layout := "02.01.2006 15:04:05"
	if w.lang == English {
		layout = "2006-01-02 15:04:05"
	}
	return t.Format(layout) + nbsp + "(UTC" + t.Format("-07:00") + ")"
}

// day writes a calendar day YYYY-MM-DD.
func (w *words) day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || w.lang == English {
		return s
	}
	return t.Format("02.01.2006")
}

// subject is what a finding is about.
func (w *words) subject(f *rules.Finding) string {
	var s string
	switch {
	case f.Quantity == "axle" && len(f.Axles) > 0:
		s = w.t("subject.axle", "n", strconv.Itoa(f.Axles[0]))
	case f.Quantity == "group" && len(f.Axles) > 1:
		s = w.t("subject.group", "from", strconv.Itoa(f.Axles[0]), "to", strconv.Itoa(f.Axles[1]))
	default:
		s = w.slug("quantity", f.Quantity)
	}
	if f.Text != "" {
		s += ": " + w.slug("text", f.Text)
	}
	return s
}

var (
	offline   = regexp.MustCompile(`^(\S+) is offline(.*)$`)
	late      = regexp.MustCompile(`^(\S+) has not reported$`)
	noPack    = regexp.MustCompile(`^there is no rule pack (\S+)$`)
	actOf     = regexp.MustCompile(`^(Order|Government Decree|Minsk agreement)(?: (\d+))? of (\d+) (\w{3}) (\d{4})(.*)$`)
	bandPart  = regexp.MustCompile(`^part (\d+): RUB (\d+)(?: (.+))?$`)
	norm      = regexp.MustCompile(`^declared goods radiate by nature: (.+); expected profile: (.+)$`)
	noCert    = regexp.MustCompile(`^no certificate of (\S+)$`)
	badCert   = regexp.MustCompile(`^certificate (.+) of (\S+) (is a simulator's|expired on|is valid from)(?: (\S+))?$`)
	badSpeed  = regexp.MustCompile(`^speed ([\d.]+) km/h outside the approved (.+) km/h$`)
	anySpeed  = regexp.MustCompile(`^speed not measured: only (.+) km/h are approved$`)
	expecting = regexp.MustCompile(`^expected (-?[\d.]+)kg to (-?[\d.]+)kg$`)
	permitOf  = regexp.MustCompile(`^permit (.+)$`)
)

// reason translates the known parts of a finding's reason: "head: detail; more".
func (w *words) reason(r string) string {
	parts := strings.Split(r, "; ")
	for i, p := range parts {
		parts[i] = w.reasonPart(p)
	}
	return strings.Join(parts, "; ")
}

func (w *words) reasonPart(p string) string {
	if s := w.slug("reason", p); s != p {
		return s
	}
	if s := w.slug("flag", p); s != p {
		return s
	}
	if m := offline.FindStringSubmatch(p); m != nil {
		return m[1] + ": " + w.t("reason.device_offline") + m[2]
	}
	if m := late.FindStringSubmatch(p); m != nil {
		return m[1] + ": " + w.t("reason.not_reported")
	}
	if m := noPack.FindStringSubmatch(p); m != nil {
		return w.t("reason.no_rule_pack") + ": " + m[1]
	}
	if s := w.certificateReason(p); s != "" {
		return s
	}
	if head, rest, ok := strings.Cut(p, ": "); ok {
		return w.slug("reason", head) + ": " + rest
	}
	return p
}

// certificateReason translates what speaks against a certificate; "" if p is not that.
func (w *words) certificateReason(p string) string {
	if m := noCert.FindStringSubmatch(p); m != nil {
		return m[1] + ": " + w.t("ins.none")
	}
	if m := badCert.FindStringSubmatch(p); m != nil {
		key := map[string]string{"is a simulator's": "cert.simulator", "expired on": "cert.expired", "is valid from": "cert.early"}[m[3]]
		return w.t(key, "no", m[1], "device", m[2], "day", w.day(m[4]))
	}
	if m := badSpeed.FindStringSubmatch(p); m != nil {
		return w.t("cert.speed", "v", w.decimals(m[1]), "ranges", w.ranges(m[2]))
	}
	if m := anySpeed.FindStringSubmatch(p); m != nil {
		return w.t("cert.no_speed", "ranges", w.ranges(m[1]))
	}
	return ""
}

// ranges writes "1 to 5, 7.5 to 10".
func (w *words) ranges(s string) string { return w.decimals(strings.ReplaceAll(s, " to ", "\u2013")) }

// decimals gives numbers the language's decimal sign.
func (w *words) decimals(s string) string {
	if w.lang == English {
		return s
	}
	return strings.ReplaceAll(s, ".", ",")
}

// note translates a remark of a finding.
func (w *words) note(n string) string {
	if m := norm.FindStringSubmatch(n); m != nil {
		profile := strings.Split(m[2], "; ")
		for i := range profile {
			profile[i] = w.slug("profile", profile[i])
		}
		return w.t("note.norm", "goods", m[1], "profile", strings.Join(profile, "; "))
	}
	if m := expecting.FindStringSubmatch(n); m != nil {
		return w.t("note.expected", "from", m[1]+nbsp+w.t("unit.kg"), "to", m[2]+nbsp+w.t("unit.kg"))
	}
	if s := w.slug("note", n); s != n {
		return s
	}
	if head, rest, ok := strings.Cut(n, ": "); ok && w.slug("note", head) != head {
		return w.slug("note", head) + ": " + rest
	}
	if m := permitOf.FindStringSubmatch(n); m != nil {
		return w.t("note.permit") + ": " + m[1]
	}
	return strings.ReplaceAll(n, "_", " ")
}

// clause translates the act's name and date; what follows stays as the pack says it.
func (w *words) clause(c string) string {
	m := actOf.FindStringSubmatch(c)
	if m == nil {
		return w.slug("clause", c)
	}
	when, err := time.Parse("2 Jan 2006", m[3]+" "+m[4]+" "+m[5])
	if err != nil {
		return c
	}
	key := map[string]string{"Order": "act.order", "Government Decree": "act.decree", "Minsk agreement": "act.minsk"}[m[1]]
	s := w.t(key, "n", m[2], "date", w.day(when.Format(time.DateOnly)))
	if rest := strings.TrimPrefix(m[6], ": "); rest != "" {
		s += ": " + w.slug("clause", rest)
	}
	return strings.TrimSpace(s)
}

// band translates the consequence of an excess: "PACK: ...".
func (w *words) band(text string) string {
	pack, what, ok := strings.Cut(text, ": ")
	if !ok {
		return text
	}
	if m := bandPart.FindStringSubmatch(what); m != nil {
		n, err := strconv.ParseInt(m[2], 10, 64)
		if err == nil {
			what = w.t("band.part", "n", m[1], "sum", w.int(n))
			if m[3] != "" {
				what += " " + w.slug("band", m[3])
			}
			return pack + ": " + what
		}
	}
	return pack + ": " + w.slug("band", what)
}

// flags translates the remarks of an instrument.
func (w *words) flags(fs []obs.Flag) string {
	var out []string
	for _, f := range fs {
		out = append(out, w.slug("flag", string(f)))
	}
	return strings.Join(out, ", ")
}
