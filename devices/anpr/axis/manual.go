// Package axis takes the number plates of Axis cameras with License Plate Verifier, and of
// the same engine as FF Group CAMMRA, which push them as JSON over HTTP. See the manual
// below.
package axis

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/axis"
link    = "listen:0.0.0.0:7081"
station = "-2.50m"
[lane.device.settings]
path  = "/anpr/front"
role  = "front"
allow = ["10.20.1.11"]
`

const manual = `Axis License Plate Verifier, FF Group CAMMRA, push over HTTP

Models   AXIS License Plate Verifier (ALPV) on Axis cameras, CAMMRA AI on cameras of Axis
         and others.

Camera   Integration > Push events: protocol HTTP POST, server URL http://ADDRESS:7081/PATH,
         event types new, update and lost, images on (plate and full frame). TCP and FTP are
         not taken. Set NTP: the time of a reading is the camera's, and is flagged when it
         differs from ours.

Settings
  path         ""       path that the camera pushes to; others are answered 404
  role         ""       where it looks: front, rear, trailer
  zone         ""       the camera's offset from UTC, as +05:00: for events without
                        capture_ts and capture_timestamp, whose datetime has no zone
  allow        []       addresses or networks (10.20.1.0/24) that may push; empty: all
  user         ""       asks for HTTP Digest (MD5 or SHA-256) if set
  password     ""
  basic        false    takes HTTP Basic too
  token        ""       asks for a Bearer token, or ?token= behind the path
  max_body     67108864 largest message; a larger one is answered 413
  max_picture  16777216 largest picture; a larger one is left out and reported
  answer       "1s"     a message that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  32       open connections at once
  tls          {}       cert, key, client_ca: see the manual of anpr/isapi

Message  POST PATH, multipart/form-data: part event (JSON) and parts image (JPEG), or the
         JSON alone, pictures then in ImageArray [{ImageType, ImageFormat, BinaryImage}].
         Numbers are texts.
           carState new | update | lost, carID
           plateUTF8, plateText, plateASCII, plateCountry KAZ, plateConfidence 0 to 1
           capture_ts ns, capture_timestamp ms, datetime 20060102 150405000
           carMoveDirection in | out | unknown (always unknown in new)
           camera_info/SerialNumber
         Answer 200 once the reading is on disk, 503 if it cannot be stored.

Readings new, update and lost give a reading each; event_id is the camera's serial number
         and carID, so that a later one corrects an earlier one of the same vehicle: the
         surest text counts. lost comes 5 to 10 s after the last sight, with the time of the
         sight. A vehicle that is lost without a plate gives a reading without text.
         "in" is towards the camera: forward in front of a vehicle, reverse behind it.

Quirks   The text can change between new and lost. Letters may be escaped (\u0041).
         frame_timestamp is not a time of day. imagesURI is not fetched.
         The same readings as VAPIX or ONVIF events (CameraApplicationPlatform/LPR and
         ALPV.AllPlates, XML or JSON over MQTT) are taken by the driver anpr/onvif.

Decode   acsgd decode --driver anpr/axis reads requests as sent on one connection, or JSON
         documents one after the other.

Sources  developer.axis.com, License plate verifier API; an event of an AXIS P1445-LE-3 in a
         public repository. That "in" is towards the camera is from memory: verify on site.
`
