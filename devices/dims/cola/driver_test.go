package cola

import (
	"testing"

	"acsgd/devices/devicestest"
)

// goldenScan frames the golden scan body with another scan counter.
func goldenScan(t testing.TB, counter byte) []byte {
	p := append([]byte("sSN LMDscandata "), devicestest.Unhex(t, lms111)...)
	p[16+13] = counter
	return Append(nil, Binary, p)
}

func TestConformance(t *testing.T) {
	var good []byte
	for _, name := range []string{"login accepted", "is CoLa B", "running", "subscribed"} {
		good = append(good, devicestest.Unhex(t, golden[name])...)
	}
	good = append(good, goldenScan(t, 4)...)
	devicestest.Run(t, Driver(), devicestest.Script{Good: append(good, goldenScan(t, 5)...), Want: 2,
		Then: append(goldenScan(t, 6), goldenScan(t, 7)...), Settings: "raw = true", Stream: true})
}
