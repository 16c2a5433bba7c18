// Package isapi takes the number plate events of Hikvision cameras and recorders: pushed as
// HTTP requests with a document and pictures, or asked for as the camera's alertStream; what
// both have missed is fetched from the camera's list of plates. See the manual below.
package isapi

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/isapi"
link    = "listen:0.0.0.0:7080"
station = "-2.50m"
[lane.device.settings]
path  = "/anpr/front"
role  = "front"
allow = ["10.20.1.11"]
`

const manual = `Hikvision number plate cameras, ISAPI push or alertStream

Models   DS-TCG, DeepinView and iDS series with vehicle detection, checkpoint cameras,
         recorders that pass the events of their cameras on. Firmware differs in
         namespaces, prefixes and fields; elements are known by their local names.

Camera   mode "push": Event > Smart/Road traffic > linkage "notify surveillance centre";
         Network > Advanced > HTTP listening (alarm server): address and port of this link,
         path as in the settings, protocol HTTP, format XML or JSON, with pictures (plate,
         vehicle, scene). Over the network: PUT /ISAPI/Event/notification/httpHosts.
         mode "stream": a link such as tcp:10.20.1.11:80, and a user of the camera with the
         right to be notified; System > Security: web authentication "digest".
         Set NTP and the time zone: the time of an event is the camera's.

Settings
  mode         "push"   push: the camera connects to us; stream: we ask it
  path         ""       path that the camera pushes to; others are answered 404
  role         ""       where it looks: front, rear, trailer
  allow        []       addresses or networks (10.20.1.0/24) that may push; empty: all
  user         ""       push: asks the camera for HTTP Digest (MD5 or SHA-256) if set;
  password     ""       stream: our login at the camera
  basic        false    push: takes HTTP Basic too; stream: lets our login go so to a camera
                        that offers no Digest. Anybody on the way can read the password
  token        ""       asks for a Bearer token, or for ?token= behind the path
  tls          {}       certificate, key (PEM files): the link is HTTPS, 1.2 or later;
                        clients: the authorities whose certificate a camera must show;
                        names: those its certificate may bear, empty takes all
  poll         ""       link on which missed plates are fetched, tcp:10.20.1.11:80; empty:
                        none for push, the camera itself for stream; "off": none
  poll_every   "30s"    how often, besides after each connection
  poll_user    ""       push: our login at the camera for it
  poll_password ""
  channel      1        video channel, in the request for plates
  silence      "30s"    a stream that is silent so long is asked for anew
  clock_limit  "10s"    the camera's clock may be off so far
  max_body     67108864 largest message; a larger one is answered 413
  max_picture  16777216 largest picture; a larger one is left out and reported
  answer       "1s"     a message that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  32       open connections at once

Message  POST PATH, Content-Type multipart/form-data; boundary=boundary
           part anpr.xml, text/xml: EventNotificationAlert
             eventType ANPR, dateTime, UUID
             ANPR/licensePlate, confidenceLevel 0-100, plateCharBelieve 99,99,...
             ANPR/CRIndex or country (30 KZ, 73 KG, 11 RU, ...), direction, plateType
             ANPR/vehicleInfo/containerInfo/..., ADRNo, pictureInfoList
           parts licensePlatePicture.jpg, vehiclePicture.jpg, detectionPicture.jpg
         or the document alone (application/xml).
         Answer 200 once the reading is on disk, 503 if it cannot be stored.

Stream   GET /ISAPI/Event/notification/alertStream, answered by an endless multipart body:
         documents (XML, several may stand in one part, or JSON) and the pictures of the last
         one. An event is told when its pictures (picNum) are there, or after a second of
         silence; a picture that comes later, within 5 s, tells it again with the same
         event_id. A part without Content-Length ends where the next one begins.

Fetched  POST /ISAPI/Traffic/channels/1/vehicleDetect/plates with AfterTime/picTime, 0 first,
         then the last picName. The first list after a start only says where the camera
         stands. Of later ones a plate is told if the camera has not told it itself: neither
         the same event, nor the same plate within 5 s; the newest 5 s are left for the next
         time. Such a reading has "late" set, event_id pic/<picName>, the camera's
         captureTime (corrected where the camera's clock is beyond the limit), and no
         pictures or confidence. A captureTime without a zone takes that of the events.

Login    HTTP Digest, MD5 or SHA-256. After 2 refused logins nothing is tried for an hour,
         because cameras lock an account after about five; a nonce that the camera calls
         stale is no refusal. Restart after correcting the password.

Clock    The smallest difference of arrival and dateTime over the last 10 to 20 minutes,
         heart-beats included, so that slow transport does not count. Beyond clock_limit the
         camera is degraded, with the difference as reason and, where it is whole quarter
         hours, a wrong time zone named; its times are then not believed.

Readings The pictures are stored first, then one plate reading is handed on with their
         names, the plate's own first. noPlate and unknown give a reading without text.
         Equal event_id (the UUID) is one vehicle: a later reading corrects an earlier
         one, and pictures may follow later (hasMoreData: the text is told at once). What
         the camera sends again (isDataRetransmission, alarmDataType 1) has "late" set.
         eventType videoloss inactive and heartBeat are signs of life.
         Not used: VehicleWeightInfo (axles, weights and sizes of a weighing server),
         vehicleInfo (type, colour, make, speed), VehicleGATInfo, rectangles, lists. The
         document is kept whole as evidence.

Quirks   A part's Content-Length is believed, because a JPEG may hold the boundary; without
         one a boundary counts only before header lines or the end. Pictures may come
         before the document, and with length 0. A picture that is no JPEG, PNG or BMP, or
         has more than 16384 pixels a side, is reported and left out. Chinese plates may
         carry their colour as a first character, which is dropped. Cameras do not repeat
         a push that was refused.

Decode   acsgd decode --driver anpr/isapi reads requests as sent on one connection, bare
         XML or JSON documents one after the other, the body of an alertStream, or the answers
         of a camera with their heads: a stream, lists of plates.

Sources  Hikvision's annotated ISAPI schema of EventNotificationAlert as embedded in public
         tests; captures of DS-TCG405-E and DeepinView cameras in public repositories;
         RFC 9110, 9112, 7578, 7616; ITU-T T.81.
`
