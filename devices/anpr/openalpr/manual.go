// Package openalpr takes the number plates of OpenALPR and Rekor agents, which post JSON
// over HTTP. See the manual below.
package openalpr

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/openalpr"
link    = "listen:0.0.0.0:7081"
station = "-2.50m"
[lane.device.settings]
path   = "/openalpr"
role   = "front"
camera = "1414799424"
allow  = ["10.20.1.5"]
`

const manual = `OpenALPR and Rekor Scout agents, JSON over HTTP

Models   OpenALPR agent (alprd) 2.3 and later, Watchman and Rekor Scout agents, with any
         camera that they take. Messages of version 1 and 2.

Agent    alprd.conf: upload_data = 1, upload_address = http://HOST:7081/openalpr, or with a
         token http://HOST:7081/openalpr?token=SECRET. The agent queues what is not answered
         200 and sends it again.

Settings
  path         ""       path that is posted to; others are answered 404
  role         ""       where the camera looks: front, rear, trailer
  camera       ""       the agent's camera_id; one instrument a camera. Empty: all
  results      true     takes alpr_results, the plates of single frames, too
  forward      -1       travel_direction in degrees of a vehicle that drives forward; up to
                        60 degrees off is forward, 120 to 240 reverse. -1: not told
  allow        []       addresses or networks (10.20.1.0/24) that may post; empty: all
  user         ""       asks for HTTP Digest (MD5 or SHA-256) if set
  password     ""
  basic        true     takes HTTP Basic too, whose password anybody on the way can read
  token        ""       asks for a Bearer token, or for ?token= behind the path
  tls          {}       certificate, key (PEM files): the link is HTTPS, 1.2 or later;
                        clients: the authorities whose certificate an agent must show;
                        names: those its certificate may bear, empty takes all
  max_body     16777216 largest message; a larger one is answered 413
  max_picture  8388608  largest picture; a larger one is left out and reported
  answer       "1s"     a message that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  32       open connections at once

Message  POST PATH, application/json, told apart by data_type
           alpr_group    best_plate_number, best_confidence 0-100, candidates or
                         best_plate.candidates [{plate, confidence, matches_template}],
                         epoch_start, epoch_end (ms), uuids, best_uuid, best_region (us-mo,
                         eu-pl), country, travel_direction, vehicle_crop_jpeg and
                         best_plate.plate_crop_jpeg in base64
           alpr_results  uuid, epoch_time, results [{plate, confidence, candidates, region,
                         plate_crop_jpeg}]: one frame
           alpr_alert    group: an alpr_group whose plate stands in a list of the operator's
           heartbeat     and others: signs of life
         Answer 200 once the reading is on disk, 400 with the reason if it is no message,
         503 if it cannot be stored.

Readings One a group, and one for each text of the frames before it, again only with a better
         confidence. Frames of one camera with the same text within 5 s, and the group that
         names one of them, are one vehicle: its event_id is the uuid of the first frame. A
         message that comes again as it was gives no second reading.
         candidates are further readings with their confidence as a probability, those in
         the form of the region's plates (matches_template) first. The time of a group is
         that of its best frame where the name of the frame ends in it, else the middle of
         the group, good to half its length; video time is good to 0.2 s.

Quirks   A region without a hyphen is a state of the United States (mo is Missouri, not
         Macau), unless country is eu: it then gives no country. travel_direction counts
         from an axis that the vendor does not document: drive through once and put what
         the message says into forward. Coordinates of the plate stay in the message, which
         is kept. Groups come up to ten seconds after the vehicle; frames come at once.

Decode   acsgd decode --driver anpr/openalpr reads requests as sent on one connection, or
         JSON messages one after the other.

Sources  OpenALPR's documentation (agent, application integration); a captured alpr_group;
         RFC 9110, 9112, 7578, 7616.
`
