package radiation

import "math"

// vector has a number for each part of an occupancy, matrix one for each pair of them.
// Products are written with explicit conversions, so that no machine fuses them with a sum
// and the same occupancy gives the same bytes everywhere.
type (
	vector [Parts]float64
	matrix [Parts][Parts]float64
)

const (
	spreadUnit = 1e-7
	// leastSpread is the standard deviation below which no shadow is known: 0.3 % of the
	// background. It also keeps a covariance that was learned from few vehicles invertible.
	leastSpread = 0.003
)

// pack rounds the lower triangle.
func (m *matrix) pack() []int32 {
	p := make([]int32, 0, triangle)
	for i := range m {
		for _, v := range m[i][:i+1] {
			p = append(p, int32(max(-1e9, min(1e9, math.Round(v/spreadUnit)))))
		}
	}
	return p
}

// unpack reads a lower triangle and adds leastSpread.
func (m *matrix) unpack(p []int32) {
	for i := range m {
		for j := range i + 1 {
			v := float64(float64(p[i*(i+1)/2+j]) * spreadUnit)
			m[i][j], m[j][i] = v, v
		}
		m[i][i] += leastSpread * leastSpread
	}
}

// invert replaces a symmetric matrix by its inverse; false if it is not positive definite.
func (m *matrix) invert() bool {
	// m = L L'; below the diagonal and on it m holds L, then its inverse.
	for i := range m {
		for j := range i + 1 {
			s := m[i][j]
			for k := range j {
				s -= float64(m[i][k] * m[j][k])
			}
			if i > j {
				m[i][j] = s / m[j][j]
				continue
			}
			if !(s > 1e-12) {
				return false
			}
			m[i][i] = math.Sqrt(s)
		}
	}
	// Row by row, so that memory is read in its order.
	for i := range m {
		row := &m[i]
		d := row[i]
		var s vector
		for k := range i {
			x, above := row[k], &m[k]
			for j := range k + 1 {
				s[j] += float64(x * above[j])
			}
		}
		for j := range i {
			row[j] = -s[j] / d
		}
		row[i] = 1 / d
	}
	var all matrix
	for k := range m {
		row := &m[k]
		for i := range k + 1 {
			x, to := row[i], &all[i]
			for j := range i + 1 {
				to[j] += float64(x * row[j])
			}
		}
	}
	for i := range m {
		for j := range i + 1 {
			m[i][j], m[j][i] = all[i][j], all[i][j]
		}
	}
	return true
}

// mul gives m v.
func (m *matrix) mul(v *vector) (w vector) {
	for i := range m {
		s := 0.0
		for j, x := range v {
			s += float64(m[i][j] * x)
		}
		w[i] = s
	}
	return w
}

// clip makes m the nearest matrix without negative eigenvalues, by Jacobi rotations: a
// covariance from which the counting statistics were subtracted has some.
func (m *matrix) clip() {
	var a, v matrix
	a = *m
	for i := range v {
		v[i][i] = 1
	}
	for range 20 {
		off := 0.0
		for p := range Parts {
			for q := p + 1; q < Parts; q++ {
				if x := a[p][q]; x > 1e-12 || x < -1e-12 {
					off += float64(x * x)
					a.rotate(&v, p, q)
				}
			}
		}
		if off < 1e-18 {
			break
		}
	}
	*m = matrix{}
	for e := range Parts {
		if a[e][e] <= 0 {
			continue
		}
		for i := range m {
			for j := range m {
				m[i][j] += float64(float64(v[i][e]*a[e][e]) * v[j][e])
			}
		}
	}
}

// rotate makes a[p][q] zero.
func (a *matrix) rotate(v *matrix, p, q int) {
	theta := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(float64(t*t)+1)
	s := float64(t * c)
	turn := func(x, y *float64) {
		*x, *y = float64(c**x)-float64(s**y), float64(s**x)+float64(c**y)
	}
	for k := range Parts {
		turn(&a[k][p], &a[k][q])
	}
	for k := range Parts {
		turn(&a[p][k], &a[q][k])
		turn(&v[k][p], &v[k][q])
	}
}
