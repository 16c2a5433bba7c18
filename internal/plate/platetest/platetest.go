// Package platetest makes synthetic traffic for tests and benchmarks of plate matching: the
// mix of national plates and the camera errors of the comparison with other matchers
// (10^6 different plates, one in ten followed by the next fleet number, characters wrong
// by the weights of the confusion table). It shares no code with the matcher.
package platetest

import (
	"math/rand/v2"
	"strings"
)

// mix is the traffic: share in percent and shapes, all shapes of a country equally often.
// D digit, L letter, R Russian letter, C Chinese series character, E Chinese energy letter, P province, Z Kazakh region, G Kyrgyz region, U Uzbek
// region, J Tajik region, T Turkish province, X letter of a Turkish series, d D or T.
var mix = []struct {
	share  int
	shapes []string
}{
	{57, []string{"DDDLLLZ", "DDDLLZ", "DDLLLZ", "DDLLZ", "LDDDDZ", "dDDDDDD", "LDDDLLL", "LDDDLL", "DDDDLL"}},
	{10, []string{"新LCCCCC", "新LCCCC挂", "PLCCCCC", "PLCCCC挂", "PLEDDDDD", "PLDDDDDE"}},
	{8, []string{"GDDDLLL", "GDDDLL", "GDDDDL", "LDDDDLL", "LDDDDL", "GDDDLL"}},
	{10, []string{"UlDDDLL", "UDDDLLL", "UDDDDLL", "tDDDDDD", "UmDDDDDD"}},
	{12, []string{"RDDDRRDD", "RDDDRRDDD", "RRDDDDD", "RRDDDDDD", "RRDDDDDDD", "DDDDRRDD", "RRDDDRDD"}},
	{2, []string{"TXDDDD", "TXXDDD", "TXXXDD"}},
	{1, []string{"DDDDLLJ"}},
}

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	han     = "京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
)

// Plate draws one plate of the traffic.
func Plate(r *rand.Rand) string {
	pick := r.IntN(100)
	for _, c := range mix {
		if pick -= c.share; pick < 0 {
			return draw(r, c.shapes[r.IntN(len(c.shapes))])
		}
	}
	return draw(r, mix[0].shapes[0])
}

func draw(r *rand.Rand, shape string) string {
	var b strings.Builder
	for _, c := range shape {
		switch c {
		case 'D':
			b.WriteByte(digits[r.IntN(10)])
		case 'L':
			b.WriteByte(letters[r.IntN(26)])
		case 'R':
			b.WriteByte("ABEKMHOPCTYX"[r.IntN(12)])
		case 'C':
			b.WriteByte("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"[r.IntN(34)])
		case 'X':
			b.WriteByte("ABCDEFGHIJKLMNOPRSTUVYZ"[r.IntN(23)])
		case 'P':
			b.WriteRune([]rune(han)[r.IntN(30)])
		case 'Z':
			two(&b, 1+r.IntN(20))
		case 'G', 'J':
			two(&b, 1+r.IntN(9))
		case 'U':
			two(&b, 1+r.IntN(99))
		case 'T':
			two(&b, 1+r.IntN(81))
		case 'E':
			b.WriteByte("ABCDEFGHJK"[r.IntN(10)])
		case 'd':
			b.WriteByte("DT"[r.IntN(2)])
		case 'l':
			b.WriteByte(letters[r.IntN(26)])
		case 't':
			b.WriteByte('T')
		case 'm':
			b.WriteByte("MH"[r.IntN(2)])
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func two(b *strings.Builder, n int) {
	b.WriteByte(digits[n/10])
	b.WriteByte(digits[n%10])
}

// Plates draws n different plates; one in ten is followed by the next number of its fleet.
func Plates(r *rand.Rand, n int) []string {
	seen := make(map[string]bool, n)
	list := make([]string, 0, n)
	add := func(p string) {
		if len(list) < n && !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	for len(list) < n {
		p := Plate(r)
		add(p)
		if r.IntN(10) == 0 {
			add(nextNumber(p))
		}
	}
	return list
}

// nextNumber counts the first run of digits up by one.
func nextNumber(p string) string {
	b := []byte(p)
	end := 0
	for end < len(b) && (b[end] < '0' || b[end] > '9') {
		end++
	}
	for end < len(b) && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	for i := end - 1; i >= 0 && b[i] >= '0' && b[i] <= '9'; i-- {
		if b[i] < '9' {
			b[i]++
			break
		}
		b[i] = '0'
	}
	return string(b)
}

// pairs are the confusions with their weights in percent.
const pairs = "0O95 0D60 0Q70 1I90 1L45 1T30 7T35 7140 2Z85 5S85 8B85 6G70 6845 3845 4A40 CG55 UV55 VY40 MN40 MH40 KX35 PR45 EF45"

var alike = func() map[rune][]rune {
	m := map[rune][]rune{}
	for p := range strings.FieldsSeq(pairs) {
		weight := int(p[2]-'0')*10 + int(p[3]-'0')
		a, b := rune(p[0]), rune(p[1])
		for range weight / 5 {
			m[a], m[b] = append(m[a], b), append(m[b], a)
		}
	}
	return m
}()

// Corrupt reads a plate with errors at a rate of cer a character: 57 % of them wrong
// characters, 24 % inserted ones (39 % of those before the first), 19 % missing ones.
func Corrupt(r *rand.Rand, p string, cer float64) string {
	var out []rune
	any := func() rune { return rune((digits + letters)[r.IntN(36)]) }
	n := float64(len([]rune(p)))
	if r.Float64() < cer*0.24*0.39*n {
		out = append(out, any())
	}
	for _, c := range p {
		switch v := r.Float64(); {
		case v < cer*0.57:
			if a := alike[c]; len(a) > 0 {
				out = append(out, a[r.IntN(len(a))])
			} else {
				out = append(out, any())
			}
		case v < cer*(0.57+0.19):
		default:
			out = append(out, c)
		}
		if r.Float64() < cer*0.24*0.61 {
			out = append(out, any())
		}
	}
	return string(out)
}
