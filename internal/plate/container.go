package plate

// Container normalises a container number and reports whether it is whole: three letters of
// the owner, one of U, J, Z for the kind, six digits and the check digit that fits them.
//
// Source: ISO 6346: letters count 10 to 38 without the multiples of 11, position i weighs
// 2^i, the sum modulo 11 (10 counts as 0) is the check digit.
func Container(s string) (id string, ok bool) {
	id = Normalise(s)
	if len(id) != 11 {
		return id, false
	}
	sum := 0
	for i := range 10 {
		v := int(id[i] - '0')
		if i < 4 {
			if id[i] < 'A' || id[i] > 'Z' {
				return id, false
			}
			v = 10 + int(id[i]-'A')
			v += (v - 1) / 10 // 11, 22 and 33 are left out
		} else if id[i] < '0' || id[i] > '9' {
			return id, false
		}
		sum += v << i
	}
	if k := id[3]; k != 'U' && k != 'J' && k != 'Z' {
		return id, false
	}
	return id, int(id[10]) == '0'+sum%11%10
}
