package platerecognizer

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"acsgd/devices/anpr/anprtest"
)

func TestBadInput(t *testing.T) {
	anprtest.Run(t, anprtest.Sender{Driver: Driver(), Path: "/stream",
		Wrap: func(id, plate string, _ int) (contentType, before, after string) {
			h := fnv.New32a()
			h.Write([]byte(id)) // the identity of a vehicle is its time
			at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC).Add(time.Duration(h.Sum32()) * time.Microsecond)
			doc := fmt.Sprintf(`{"hook":{"event":"recognition"},"data":{"camera_id":"c","timestamp":"%s","results":[{"plate":"%s","score":0.9}]}}`, at.Format(time.RFC3339Nano), plate)
			return "multipart/form-data; boundary=X", "--X\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n" + doc +
				"\r\n--X\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n--X--\r\n"
		}})
}
