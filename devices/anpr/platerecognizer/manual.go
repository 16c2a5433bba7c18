// Package platerecognizer takes the number plates of Plate Recognizer's Stream, which posts
// them as webhooks. See the manual below.
package platerecognizer

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/platerecognizer"
link    = "listen:0.0.0.0:7082"
station = "-2.50m"
[lane.device.settings]
path   = "/stream"
role   = "front"
camera = "camera-1"
allow  = ["10.20.1.5"]
`

const manual = `Plate Recognizer Stream, webhooks over HTTP

Models   Plate Recognizer Stream (Docker or device) with any camera that it takes.

Stream   config.ini, webhooks of the camera: the address http://HOST:7082/stream, with the
         image; with a token http://HOST:7082/stream?token=SECRET, or as a header.

Settings
  path         ""       path that is posted to; others are answered 404
  role         ""       where the camera looks: front, rear, trailer
  camera       ""       Stream's camera_id; one instrument a camera. Empty: all
  forward      -1       direction in degrees of a vehicle that drives forward; up to 60
                        degrees off is forward, 120 to 240 reverse. -1: not told
  allow        []       addresses or networks (10.20.1.0/24) that may post; empty: all
  user         ""       asks for HTTP Digest (MD5 or SHA-256) if set
  password     ""
  basic        true     takes HTTP Basic too, whose password anybody on the way can read
  token        ""       asks for a Bearer token, or for ?token= behind the path
  tls          {}       certificate, key (PEM files): the link is HTTPS, 1.2 or later;
                        clients: the authorities whose certificate Stream must show;
                        names: those its certificate may bear, empty takes all
  max_body     67108864 largest message; a larger one is answered 413
  max_picture  16777216 largest picture; a larger one is left out and reported
  answer       "1s"     a message that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  32       open connections at once

Message  POST PATH, multipart/form-data: field json, file upload (JPEG); or the document
         alone, application/json
           hook.event recognition; others are signs of life
           data.camera_id, timestamp (UTC)
           data.results[{plate (lower case), score 0-1, region{code}, candidates[{plate,
           score}], direction, box, vehicle}]
         Answer 200 once the reading is on disk, 400 with the reason if it is no message,
         503 if it cannot be stored.

Readings One for each of results, in upper case, with the pictures of the message. A result
         without a plate gives a reading without text. Stream has no identity of a vehicle:
         event_id is made of camera, timestamp and the place in results, so that a message
         that comes again gives no second reading. region.code gives the country (gb,
         us-ca). Candidates without a score share what the plate's score leaves of
         certainty. The time is Stream's, good to 0.2 s.

Quirks   direction counts from an axis that the vendor does not document for this message:
         drive through once and put what the message says into forward. Boxes stay in the
         message, which is kept. timestamp is UTC, whatever timestamp_local says.

Decode   acsgd decode --driver anpr/platerecognizer reads requests as sent on one connection,
         or JSON messages one after the other.

Sources  guides.platerecognizer.com, pages of Stream; a published message; RFC 9110, 9112,
         7578, 7616.
`
