package weigh_test

import (
	"testing"

	"acsgd/devices/devicestest"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/mtsics"
	"acsgd/devices/wim/tensom"
)

func TestDriversKeepTheContract(t *testing.T) {
	t.Run("tenso-m", func(t *testing.T) {
		devicestest.Run(t, tensom.Driver(), devicestest.Script{
			Good: []byte("\xFF\x01\xC3\x20\x84\x01\x10\x70\xFF\xFF"), Want: 1, Stream: true,
		})
	})
	t.Run("mt-continuous", func(t *testing.T) {
		devicestest.Run(t, mtcontinuous.Driver(), devicestest.Script{
			Good: []byte("\x02\x2A\x30\x20\x20\x31\x38\x34\x32\x30\x20\x20\x20\x20\x20\x30\x0D\x08"), Want: 1, Stream: true,
		})
	})
	t.Run("mt-sics", func(t *testing.T) {
		devicestest.Run(t, mtsics.Driver(), devicestest.Script{
			Good: []byte("S S     100.00 g\r\n"), Want: 1, Stream: true, RawIsBytes: true,
		})
	})
}
