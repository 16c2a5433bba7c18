package declaration

import "strings"

// countries are the alpha-2 codes of ISO 3166-1 in force.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ" +
	" NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ" +
	" UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// agreed are codes outside ISO 3166-1 that customs use: Northern Ireland, Kosovo, the
// European Union.
const agreed = " XI XK EU "

// knownCountry reports whether c is a country code that declarations may carry.
func knownCountry(c string) bool {
	if len(c) != 2 || strings.Contains(c, " ") {
		return false
	}
	return strings.Contains(countries, " "+c+" ") || strings.Contains(agreed, " "+c+" ")
}

// checkDigit computes the check digit of ISO 6346, which EU movement reference numbers use
// too: letters count 10 and up without the multiples of 11, each place doubles, modulo 11,
// 10 written as 0. ok is false if s holds anything but capitals and digits.
func checkDigit(s string) (digit byte, ok bool) {
	sum, weight := 0, 1
	for i := range len(s) {
		var v int
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
			v += (v - 1) / 10 // 11, 22 and 33 are left out
		default:
			return 0, false
		}
		sum = (sum + v*weight) % 11
		weight = weight * 2 % 11
	}
	return byte('0' + sum%11%10), true
}

// containerFault says what is wrong with an ISO 6346 number, "" if nothing is.
func containerFault(id string) string {
	if len(id) != 11 || !letters(id[:4]) || !digits(id[4:]) {
		return "is not four letters and seven digits"
	}
	if c := id[3]; c != 'U' && c != 'J' && c != 'Z' {
		return "has no U, J or Z in its fourth place"
	}
	if c, _ := checkDigit(id[:10]); c != id[10] {
		return "has check digit " + id[10:] + " where it must be " + string(rune(c))
	}
	return ""
}

// mrnFault says what is wrong with an EU movement reference number, "" if nothing is or
// if s is no such number at all.
func mrnFault(s string) string {
	if len(s) != 18 || !digits(s[:2]) || !letters(s[2:4]) || !digits(s[17:]) {
		return ""
	}
	c, ok := checkDigit(s[:17])
	if ok && c != s[17] {
		return "has check digit " + s[17:] + " where it must be " + string(rune(c))
	}
	return ""
}

func letters(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return s != ""
}
