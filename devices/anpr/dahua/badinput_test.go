package dahua

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"acsgd/devices/anpr/anprtest"
)

func TestBadInput(t *testing.T) {
	anprtest.Run(t, anprtest.Sender{Driver: Driver(), Path: "/NotificationInfo/TollgateInfo", Base64: true,
		Wrap: func(id, plate string, _ int) (contentType, before, after string) {
			h := fnv.New32a()
			h.Write([]byte(id)) // the identity of a vehicle is its time
			at := time.Date(2026, 3, 1, 11, 14, 0, 0, time.UTC).Add(time.Duration(h.Sum32()%1e6) * time.Millisecond)
			return "application/json", fmt.Sprintf(`{"Picture":{"Plate":{"IsExist":true,"PlateNumber":"%s","UploadNum":1},"SnapInfo":{"AccurateTime":"%s","DeviceID":"cam1","LanNo":2,"TimeZone":7},`+
				`"NormalPic":{"PicName":"n.jpg","Content":"`, plate, at.Format("2006-01-02 15:04:05.000")), `"}}}`
		}})
}
