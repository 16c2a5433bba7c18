package tsa

import (
	"testing"

	"acsgd/devices/devicestest"
)

func TestTheDriverKeepsItsPromises(t *testing.T) {
	// Lines of the public daily file, without its time column.
	devicestest.Run(t, Driver(), devicestest.Script{
		Good: []byte("NB,000000,000000,000000,000000\r\nGB,000383,000389,000432,000423\r\n" +
			"SP,0.1281,05.323,008.57,000000\r\nNS,000000,000001,000003,000001\r\n" +
			"GS,000063,000079,000087,000077\r\nGS,000079,000077,000082,000082\r\nGS,000074,000085,000078,000078\r\n" +
			"GS,000081,000066,000094,000080\r\nGS,000068,000066,000076,000062\r\nGS,000073,000084,000065,000078\r\n" +
			"GX,000630,002566,000000,000000\r\n"),
		Want: 11,
	})
}
