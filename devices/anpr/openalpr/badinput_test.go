package openalpr

import (
	"fmt"
	"testing"

	"acsgd/devices/anpr/anprtest"
)

func TestBadInput(t *testing.T) {
	anprtest.Run(t, anprtest.Sender{Driver: Driver(), Path: "/openalpr", Base64: true, Whole: true,
		Wrap: func(id, plate string, _ int) (contentType, before, after string) {
			return "application/json", fmt.Sprintf(`{"data_type":"alpr_group","camera_id":7,"epoch_start":1562681121504,"epoch_end":1562681124479,"uuids":["%s"],"best_uuid":"%s",`+
				`"best_plate_number":"%s","best_confidence":90.5,"vehicle_crop_jpeg":"`, id, id, plate), `"}`
		}})
}
