package declaration

import (
	"strconv"
	"strings"

	"acsgd/internal/quant"
)

// grams reads a mass in kilograms. exact is false where digits below the gram were
// rounded away.
func grams(text string) (m quant.Mass, exact bool, err error) {
	v, err := quant.Decimal(text, int64(quant.Kilogram))
	return quant.Mass(v), err == nil && places(text) <= 3, err
}

// count reads a whole number that may be written as a decimal ("1.0") or with an exponent.
func count(text string) (n int, ok bool) {
	v, err := quant.Decimal(text, 1)
	if err != nil || places(text) > 0 || v < 0 || v > 1<<31-1 {
		return 0, false
	}
	return int(v), true
}

// places says how many decimal places the number in text needs; text is a number.
func places(text string) int {
	exp := 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exp, _ = strconv.Atoi(text[i+1:]) // quant.Decimal has read it already
		text = text[:i]
	}
	whole, frac, _ := strings.Cut(text, ".")
	frac = strings.TrimRight(frac, "0")
	if frac == "" { // 12000e-3 needs none
		whole = strings.TrimLeft(whole, "+-0")
		for strings.HasSuffix(whole, "0") && exp < 0 {
			whole, exp = whole[:len(whole)-1], exp+1
		}
		if whole == "" {
			return 0
		}
	}
	return max(0, len(frac)-exp)
}

// date reads a calendar date and gives it as YYYY-MM-DD. year is known on its own where
// only the order of day and month is not. why says what is wrong where iso is "".
//
// Dates with slashes are the locale of the PC that exported the file: they are read only
// where one order is possible or the sender's order is agreed, and a two-digit year only
// with an agreement (rule F18).
func (o Options) date(text string) (iso string, year int, why string) {
	t, _, _ := strings.Cut(text, "T")
	t, _, _ = strings.Cut(t, " ")
	if len(t) == 8 && digits(t) {
		t = t[:4] + "-" + t[4:6] + "-" + t[6:]
	}
	sep := strings.IndexAny(t, "-./")
	if sep < 0 {
		return "", 0, "not a date"
	}
	p := strings.Split(t, t[sep:sep+1])
	if len(p) != 3 || !digits(p[0]) || !digits(p[1]) || !digits(p[2]) {
		return "", 0, "not a date"
	}
	if len(p[0]) == 4 {
		return calendar(p[0], p[1], p[2])
	}
	order := o.DateOrder
	if len(p[2]) == 2 {
		if order == "" {
			return "", 0, "a two-digit year, and no date order is agreed with the sender"
		}
		if p[2] < "80" {
			p[2] = "20" + p[2]
		} else {
			p[2] = "19" + p[2]
		}
	}
	a, b := atoi(p[0]), atoi(p[1])
	switch {
	case t[sep] == '.' || order == "dmy" || order == "" && a > 12:
		return calendar(p[2], p[1], p[0])
	case order == "mdy" || b > 12:
		return calendar(p[2], p[0], p[1])
	case a == b:
		return calendar(p[2], p[0], p[1])
	}
	return "", atoi(p[2]), "day and month cannot be told apart, and no date order is agreed with the sender"
}

func calendar(y, m, d string) (iso string, year int, why string) {
	if len(y) != 4 || len(m) > 2 || len(d) > 2 {
		return "", 0, "not a date"
	}
	yy, mm, dd := atoi(y), atoi(m), atoi(d)
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if mm < 1 || mm > 12 || dd < 1 {
		return "", 0, "not a date of the calendar"
	}
	last := days[mm-1]
	if mm == 2 && yy%4 == 0 && (yy%100 != 0 || yy%400 == 0) {
		last = 29
	}
	if dd > last {
		return "", 0, "not a date of the calendar"
	}
	two := func(n int) string {
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
		return strconv.Itoa(n)
	}
	return y + "-" + two(mm) + "-" + two(dd), yy, ""
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// atoi reads digits; anything that does not fit an int32 is out of every range used here.
func atoi(s string) int {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 1 << 30
	}
	return int(n)
}
