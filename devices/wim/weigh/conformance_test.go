package weigh_test

import (
	"testing"

	"acsgd/devices/devicestest"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/mtsics"
	"acsgd/devices/wim/ricelake"
	"acsgd/devices/wim/stgs"
	"acsgd/devices/wim/tensom"
	"acsgd/devices/wim/yaohua"
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
	for format, good := range map[string]string{
		"a9":      "\x02+018420014\x03" + "\x02-00010021E\x03",
		"a26":     "=00.1000-=00.1000-",
		"a23p":    "=-0001.00=-0001.00",
		"a12e":    "WG004.139kg3D\r\n         OL23\r\n",
		"a12":     "ww012.500kgwn008.420kg",
		"command": "\x02AB+018420017\x03\x02AB+018420017\x03",
	} {
		t.Run("yaohua "+format, func(t *testing.T) {
			devicestest.Run(t, yaohua.Driver(), devicestest.Script{
				Good: []byte(good), Want: 2, Stream: true, RawIsBytes: true, Settings: "format = \"" + format + "\"\n",
			})
		})
	}
	t.Run("st-gs", func(t *testing.T) {
		devicestest.Run(t, stgs.Driver(), devicestest.Script{Good: []byte("ST,GS,   18420,kg\r\n"), Want: 1, Stream: true})
	})
	t.Run("rice-lake", func(t *testing.T) {
		devicestest.Run(t, ricelake.Driver(), devicestest.Script{Good: []byte("\x02   18420KG \r\n"), Want: 1, Stream: true})
	})
	t.Run("rice-lake, cardinal", func(t *testing.T) {
		devicestest.Run(t, ricelake.Driver(), devicestest.Script{
			Good: []byte("\r+ 18420  kg g  \x03"), Want: 1, Stream: true, RawIsBytes: true, Settings: `format = "cardinal"`,
		})
	})
}
