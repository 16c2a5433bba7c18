// Package catalog is the table of all drivers. A new driver is one line here.
package catalog

import (
	"acsgd/devices"
	"acsgd/devices/anpr/axis"
	"acsgd/devices/anpr/dahua"
	"acsgd/devices/anpr/frigate"
	"acsgd/devices/anpr/isapi"
	"acsgd/devices/anpr/onvif"
	"acsgd/devices/anpr/openalpr"
	"acsgd/devices/anpr/pictures"
	"acsgd/devices/anpr/platerecognizer"
	"acsgd/devices/anpr/reader"
	"acsgd/devices/dims/cola"
	"acsgd/devices/laneio/modbusio"
	"acsgd/devices/rpm/aspect"
	"acsgd/devices/rpm/contacts"
	"acsgd/devices/rpm/generic"
	"acsgd/devices/rpm/n42"
	"acsgd/devices/rpm/tsa"
	"acsgd/devices/tracker/teltonika"
	"acsgd/devices/wim/modbus"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/mtsics"
	"acsgd/devices/wim/ricelake"
	"acsgd/devices/wim/stgs"
	"acsgd/devices/wim/tenso643"
	"acsgd/devices/wim/tensom"
	"acsgd/devices/wim/wimjson"
	"acsgd/devices/wim/yaohua"
)

// Drivers lists all drivers in the order of classes that the handbook uses.
func Drivers() []devices.Driver {
	return []devices.Driver{
		tensom.Driver(),
		tenso643.Driver(),
		mtcontinuous.Driver(),
		mtsics.Driver(),
		yaohua.Driver(),
		stgs.Driver(),
		ricelake.Driver(),
		modbus.Driver(),
		wimjson.Driver(),
		cola.Driver(),
		tsa.Driver(),
		aspect.Driver(),
		generic.Driver(),
		contacts.Driver(),
		n42.Driver(),
		isapi.Driver(),
		dahua.Driver(),
		openalpr.Driver(),
		platerecognizer.Driver(),
		axis.Driver(),
		onvif.Driver(),
		frigate.Driver(),
		pictures.Driver(),
		reader.Driver(),
		modbusio.Driver(),
		teltonika.Driver(),
	}
}
