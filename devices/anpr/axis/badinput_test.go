package axis

import (
	"fmt"
	"testing"

	"acsgd/devices/anpr/anprtest"
)

func TestBadInput(t *testing.T) {
	anprtest.Run(t, anprtest.Sender{Driver: Driver(), Path: "/anpr/front",
		Wrap: func(id, plate string, _ int) (contentType, before, after string) {
			doc := fmt.Sprintf(`{"capture_timestamp":"1772345639250","plateUTF8":"%s","plateConfidence":"0.719034","carState":"new","carID":"%s"}`, plate, id)
			return "multipart/form-data; boundary=zz", "--zz\r\nContent-Disposition: form-data; name=\"event\"\r\nContent-Type: application/json\r\n\r\n" + doc +
				"\r\n--zz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"roi.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n--zz--\r\n"
		}})
}
