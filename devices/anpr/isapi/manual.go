// Package isapi takes the number plate events of Hikvision cameras and recorders, which
// push them as HTTP requests with an XML document and pictures. See the manual below.
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

const manual = `Hikvision number plate cameras, ISAPI push

Models   DS-TCG, DeepinView and iDS series with vehicle detection, checkpoint cameras,
         recorders that pass the events of their cameras on. Firmware differs in
         namespaces, prefixes and fields; elements are known by their local names.

Camera   Event > Smart/Road traffic > linkage "notify surveillance centre"; Network >
         Advanced > HTTP listening (alarm server): address and port of this link, path as
         in the settings, protocol HTTP, format XML, with pictures (plate, vehicle, scene).
         Over the network: PUT /ISAPI/Event/notification/httpHosts. Set NTP: the time of
         an event is the camera's, and is flagged when it differs from ours.

Settings
  path         ""       path that the camera pushes to; others are answered 404
  role         ""       where it looks: front, rear, trailer
  allow        []       addresses or networks (10.20.1.0/24) that may push; empty: all
  user         ""       asks for HTTP Digest (MD5 or SHA-256) if set
  password     ""
  basic        false    takes HTTP Basic too, whose password anybody on the way can read
  token        ""       asks for a Bearer token, or for ?token= behind the path
  tls          {}       certificate, key (PEM files): the link is HTTPS, 1.2 or later;
                        clients: the authorities whose certificate a camera must show;
                        names: those its certificate may bear, empty takes all
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

Readings The pictures are stored first, then one plate reading is handed on with their
         names, the plate's own first. noPlate and unknown give a reading without text.
         Equal event_id (the UUID) is one vehicle: a later reading corrects an earlier
         one, and pictures may follow later (hasMoreData). eventType videoloss inactive
         and heartBeat are signs of life.

Quirks   A part's Content-Length is believed, because a JPEG may hold the boundary; without
         one a boundary counts only before header lines or the end. Pictures may come
         before the document, and with length 0. A picture that is no JPEG, PNG or BMP, or
         has more than 16384 pixels a side, is reported and left out. Chinese plates may
         carry their colour as a first character, which is dropped. Cameras do not repeat
         a push that was refused.

Decode   acsgd decode --driver anpr/isapi reads requests as sent on one connection, bare
         XML documents one after the other, or the body of an alertStream.

Sources  Hikvision's annotated ISAPI schema of EventNotificationAlert as embedded in public
         tests; captures of DS-TCG405-E and DeepinView cameras in public repositories;
         RFC 9110, 9112, 7578, 7616; ITU-T T.81.
`
