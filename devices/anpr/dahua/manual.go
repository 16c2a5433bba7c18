// Package dahua takes the number plate events of Dahua cameras: what they push as ITSAPI
// messages, and what they tell on the streams of their snapshot and event managers. See the
// manual below.
package dahua

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/dahua"
link    = "listen:0.0.0.0:7070"
station = "-2.50m"
[lane.device.settings]
role       = "front"
allow      = ["10.20.1.12"]
zone       = "+05:00"
confidence = 100
`

const manual = `Dahua number plate cameras, ITSAPI push or snapshot stream

Models   ITC and DHI-ITC traffic cameras, IPC cameras with ANPR, and what is sold under other
         names with their firmware. A camera speaks either way; the push is the better one:
         it is repeated until it is stored.

Push     link "listen:0.0.0.0:7070". Camera: Setting > Network > Platform access > ITSAPI
         (version V1.19): address and port of this link, the three paths as below, picture
         types original, plate cutout and vehicle. Set NTP, and the zone.

Stream   link "tcp:CAMERA:80", and the camera's user and password (HTTP Digest; an account
         of its own that may only view). We ask for
           GET /cgi-bin/snapManager.cgi?action=attachFileProc&channel=1&heartbeat=5
               &Flags[0]=Event&Events=[TrafficJunction]
         and read texts of events with their pictures. What happens while the connection is
         broken is lost. After two refused logins nothing is tried for an hour, because
         cameras lock accounts.

Settings
  path         "/NotificationInfo/TollgateInfo"  of readings; another path is answered 404
  keepalive    "/NotificationInfo/KeepAlive"     of heart-beats
  deviceinfo   "/NotificationInfo/DeviceInfo"    of what the camera is
  role         ""       where it looks: front, rear, trailer
  lane         0        the camera's number of this lane; readings of others are not taken
  confidence   0        what this firmware writes for certainty: 100 or 255. 0: the camera's
                        confidence is not used. Compare some readings before it is set
  zone         ""       local time of the camera against UTC (+05:00); "": as it says itself
  event        "TrafficJunction"  the events of streams that are taken
  allow        []       addresses or networks (10.20.1.0/24) that may push; empty: all
  user         ""       push: asks for HTTP Digest if set. Stream: our login at the camera
  password     ""
  basic        false    HTTP Basic will do
  token        ""       push: asks for this Bearer token
  max_body     25165824 largest message; a larger one is answered 413
  max_picture  16777216 largest picture; a larger one is left out and reported
  answer       "1s"     a push that is not durable by then is answered 503
  idle         "5m"     a silent connection of a push is closed
  connections  8        open connections of pushes at once
  tls          -        certificate, key, clients, names: an encrypted push
  mode         ""       push, or a stream: snap, or event (eventManager.cgi, without pictures).
                        "": push, on a tcp: link snap
  channel      1        the camera's channel
  heartbeat    "5s"     how often a stream says that it is alive, whole seconds to 60
  silence      "20s"    a stream that says nothing for so long is asked for anew
  clock_limit  "10s"    how far the camera's clock may be off before that is told
  encode       false    brackets of the request as %5B and %5D; a camera that answers 400
                        may want it

Message  POST /NotificationInfo/TollgateInfo, JSON:
           Picture.Plate.PlateNumber, Confidence, IsExist, Region
           Picture.SnapInfo.AccurateTime "2026-02-06 13:48:24.120", TimeZone, DeviceID,
             LanNo or Lane, Direction Obverse (towards the camera) or Reverse
           Picture.NormalPic, CutoutPic, VehiclePic .Content: JPEG in base64
         Answer 200 {"Result":true} once the reading is on disk; anything else ({"Result":
         false} with 503 if it cannot be stored, 400 if it is no such message) and the
         camera sends it again and again.
         Stream parts: text/plain with lines Events[0].TrafficCar.PlateNumber=.., then
         image/jpeg; Heartbeat; or Code=TrafficJunction;action=Pulse;index=0;data={json}.

Readings Pictures are stored first, then one reading is handed on with their names, the
         plate's own first. No PlateNumber, an empty one, Unknown, unknown, No Plate, and
         IsExist false give a reading without text. Object.Text is the plate only where
         Object.ObjectType is Plate; else it is the make. event_id is the camera's GroupID,
         or its place and time. A repetition is not a second reading. A picture that could
         not be stored is asked for again; the text is handed on at once.
         Pictures of a stream are waited for until CountInGroup have come, the next event or
         heart-beat comes, or nothing has come for a second.

Time     AccurateTime is local time. UTC of a stream is local time too, whatever its name;
         RealUTC goes before it. TimeZone is a number of the camera's list of zones (7 is
         GMT+5, 12 is GMT+7), not hours. A time without a known zone is not used: the reading
         has the time at which it came. A clock that is off is told.

Quirks   Wrong base64, no picture, or an absurd size: the picture is left out and reported, and
         the text goes on, as it does where the JSON is damaged behind it. A picture may hold
         the boundary; its Content-Length is believed. UploadNum may count repetitions.
         The coordinates are not used.

Decode   acsgd decode --driver anpr/dahua reads requests as sent on one connection, ITSAPI and
         client.notifyEventStream documents one after the other, texts of events, lines of
         the event manager, and streams with or without the head of the answer.

Sources  Field lists, samples and captures of these messages in public repositories; Dahua's
         network SDK header (zones); RFC 9110, 9112, 2046, 7616, 4648; ITU-T T.81.
`
