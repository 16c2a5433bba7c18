package axle

import "math"

// maxColumns is how many coefficients a linear model has at most.
const maxColumns = 20

// linear is a linear model with independent normal priors, as its normal equations: a is
// X'X plus the prior precisions (its lower triangle), b is X'y, yy is y'y, all weighted.
type linear struct {
	n      int
	a      [maxColumns][maxColumns]float64
	b      [maxColumns]float64
	yy     float64
	priors float64 // sum of the logarithms of the prior precisions

	l    [maxColumns][maxColumns]float64 // Cholesky factor of a
	z    [maxColumns]float64             // l z = b
	x    [maxColumns]float64             // the posterior mean
	rest float64                         // sum of squares that is left, with the prior's part
	logs float64                         // log determinant of a
}

// solve computes the posterior. Columns that add nothing to those before are held at zero.
func (m *linear) solve() {
	m.rest, m.logs = m.yy, 0
	for i := range m.n {
		for j := range i {
			m.l[i][j] = (m.a[i][j] - dot(m.l[i][:j], m.l[j][:j])) / m.l[j][j]
		}
		d := m.a[i][i] - dot(m.l[i][:i], m.l[i][:i])
		if !(d > 1e-9*m.a[i][i]) {
			d = math.Inf(1)
		} else {
			m.logs += math.Log(d)
		}
		m.l[i][i] = math.Sqrt(d)
		m.z[i] = (m.b[i] - dot(m.l[i][:i], m.z[:i])) / m.l[i][i]
		m.rest -= m.z[i] * m.z[i]
	}
	for i := m.n - 1; i >= 0; i-- {
		s := m.z[i]
		for k := i + 1; k < m.n; k++ {
			s -= m.l[k][i] * m.x[k]
		}
		m.x[i] = s / m.l[i][i]
	}
}

// evidence is the logarithm of the likelihood of y, without its constants.
func (m *linear) evidence() float64 { return -(m.rest + m.logs - m.priors) / 2 }

// through solves l v = c, which takes a further column past those of the model.
func (m *linear) through(v *[maxColumns]float64, c []float64) {
	for i := range m.n {
		v[i] = (c[i] - dot(m.l[i][:i], v[:i])) / m.l[i][i]
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// products is the dot products of a with b and with c: two at a time, for the samples are
// read once and neither sum waits for the other.
func products(a, b, c []float64) (ab, ac float64) {
	b, c = b[:len(a)], c[:len(a)]
	for i, v := range a {
		ab += v * b[i]
		ac += v * c[i]
	}
	return ab, ac
}
