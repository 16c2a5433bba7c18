package anpr

import "strings"

// Country gives the ISO 3166-1 alpha-2 code of a country that a camera names by its alpha-2
// or alpha-3 code; "" for anything else.
func Country(code string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	if len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z' {
		return code
	}
	return alpha3[code]
}

// alpha3 are the countries whose vehicles come to these borders. Source: ISO 3166-1.
var alpha3 = map[string]string{
	"AFG": "AF", "ALB": "AL", "ARE": "AE", "ARM": "AM", "AUT": "AT", "AZE": "AZ", "BEL": "BE", "BGR": "BG", "BIH": "BA",
	"BLR": "BY", "CHE": "CH", "CHN": "CN", "CYP": "CY", "CZE": "CZ", "DEU": "DE", "DNK": "DK", "ESP": "ES", "EST": "EE",
	"FIN": "FI", "FRA": "FR", "GBR": "GB", "GEO": "GE", "GRC": "GR", "HRV": "HR", "HUN": "HU", "IND": "IN", "IRL": "IE",
	"IRN": "IR", "IRQ": "IQ", "ISR": "IL", "ITA": "IT", "JOR": "JO", "KAZ": "KZ", "KGZ": "KG", "KOR": "KR", "LBN": "LB",
	"LTU": "LT", "LUX": "LU", "LVA": "LV", "MDA": "MD", "MKD": "MK", "MNE": "ME", "MNG": "MN", "NLD": "NL", "NOR": "NO",
	"PAK": "PK", "POL": "PL", "PRT": "PT", "ROU": "RO", "RUS": "RU", "SAU": "SA", "SRB": "RS", "SVK": "SK", "SVN": "SI",
	"SWE": "SE", "SYR": "SY", "TJK": "TJ", "TKM": "TM", "TUR": "TR", "UKR": "UA", "UZB": "UZ",
}
