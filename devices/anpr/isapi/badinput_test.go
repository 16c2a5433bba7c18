package isapi

import (
	"fmt"
	"testing"

	"acsgd/devices/anpr/anprtest"
)

func TestBadInput(t *testing.T) {
	anprtest.Run(t, anprtest.Sender{Driver: Driver(), Path: "/anpr",
		Wrap: func(id, plate string, size int) (contentType, before, after string) {
			doc := fmt.Sprintf(`<EventNotificationAlert><dateTime>2026-03-01T11:13:59+05:00</dateTime><eventType>ANPR</eventType><eventState>active</eventState>`+
				`<ANPR><licensePlate>%s</licensePlate><confidenceLevel>97</confidenceLevel></ANPR><UUID>%s</UUID></EventNotificationAlert>`, plate, id)
			return "multipart/form-data; boundary=boundary", fmt.Sprintf("--boundary\r\nContent-Disposition: form-data; name=\"anpr.xml\"; filename=\"anpr.xml\"\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s\r\n"+
				"--boundary\r\nContent-Disposition: form-data; name=\"a.jpg\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(doc), doc, size), "\r\n--boundary--\r\n"
		}})
}
