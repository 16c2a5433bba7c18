// Package pictures takes the pictures of cameras that recognise nothing: each push is a
// reading without a text, whose pictures the second reader reads. See the manual below.
package pictures

const example = `[[lane.device]]
name    = "cam-rear"
driver  = "anpr/pictures"
link    = "listen:0.0.0.0:7084"
station = "16.00m"
role    = "rear"
expect  = "never"
[lane.device.settings]
path  = "/rear"
role  = "rear"
allow = ["10.20.1.12"]
`

const manual = `Cameras without recognition, pictures pushed over HTTP

Models   Network cameras that send a picture to an HTTP address when a loop, a light barrier
         or their motion detector fires.

Camera   Action of the event: HTTP upload (POST or PUT) of a JPEG to http://HOST:7084/rear.
         One or two pictures a vehicle, taken where its plate is at least 100 pixels wide. A
         camera that uploads without an event keeps the second reader busy: its setting
         "every" then says how often a picture is read.

Settings
  path         ""       path that is pushed to; others are answered 404. Empty: every path
  role         ""       where the camera looks: front, rear, trailer
  allow        []       addresses or networks (10.20.1.0/24) that may push; empty: all
  user         ""       asks for HTTP Digest (MD5 or SHA-256) if set
  password     ""
  basic        true     takes HTTP Basic too, whose password anybody on the way can read
  token        ""       asks for a Bearer token, or for ?token= behind the path
  tls          {}       certificate, key (PEM files): the link is HTTPS, 1.2 or later;
                        clients: the authorities whose certificate the camera must show;
                        names: those its certificate may bear, empty takes all
  max_body     67108864 largest message; a larger one is answered 413
  max_picture  16777216 largest picture; a larger one is left out and reported
  answer       "1s"     a picture that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  32       open connections at once

Message  The body is one picture (JPEG, PNG or BMP), whatever its Content-Type; or
         multipart/form-data with up to 16 of one moment. Other fields of the form are not
         read. An empty body is a sign of life. Answer 200 once the pictures are on disk, 400
         if there is none that can be taken, 503 if they cannot be stored.

Readings One a push, without a text, with the pictures. Its time is that of the push, by our
         own clock: the camera's is not known. There is no event_id, so a push that is
         repeated is another reading. The second reader (anpr/reader) reads the plates.

Quirks   Without a second reader in its lane the camera gives evidence and no plate: set
         expect = "never". Cameras that only upload by FTP need a program that posts what
         arrives: curl -T picture.jpg http://HOST:7084/rear

Decode   acsgd decode --driver anpr/pictures reads requests as sent on one connection, or one
         picture.

Sources  RFC 9110, 9112, 7578, 7616.
`
