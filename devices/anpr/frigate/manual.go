// Package frigate takes the number plates that the video recorder Frigate reads, from its
// MQTT messages. See the manual below.
package frigate

const example = `[[lane.device]]
name    = "anpr-rear"
driver  = "anpr/frigate"
link    = "mqtt:10.20.1.5:1883/frigate/#?user=acsgd"
station = "14.00m"
[lane.device.settings]
camera   = "lane1_rear"
role     = "rear"
password = "change me"
`

const manual = `Frigate with number plate recognition, over MQTT

Models   Frigate 0.16 and later with lpr enabled, any camera that it takes.

Wiring   Frigate's configuration: mqtt: host and port of the site's broker (or its own, then
         the link names it), lpr: enabled: true, and objects: track: [car, truck, bus] for
         the camera.

Settings
  camera    ""   Frigate's name of the camera; one instrument a camera. Empty: all
  role      ""   where it looks: front, rear, trailer
  password  ""   of the link's user

Topics   frigate/tracked_object_update
           {"type":"lpr","id":"1773567566.224675-m03c53","name":null,"plate":"251-WW-2075",
            "score":0.936,"camera":"lprcam","timestamp":1773567568.322408}
           type description, face and classification are passed over
         frigate/events
           {"type":"end","before":{...},"after":{"id":...,"camera":...,"label":"truck",
            "frame_time":...,"recognized_license_plate":"251WW2075",
            "recognized_license_plate_score":0.93}}
         frigate/CAMERA/car/snapshot (truck, bus, ...), where the camera's mqtt: section is
           enabled: a JPEG, the best one of that object at the moment

Readings One for each text that a vehicle (event_id = Frigate's id) is given; a later one
         corrects it. A vehicle that ends without a plate gives a reading without text. The
         time is Frigate's, good to 0.2 s. Frigate gives no country and no confidence for
         single characters.
         Where the setting camera is given, its snapshot of the last 10 s is stored with the
         reading; one that comes later is stored with the reading repeated at the vehicle's
         end. Frigate does not say which vehicle a snapshot shows: with several vehicles
         before one camera it may be the other.

Decode   acsgd decode --driver anpr/frigate reads one JSON message a line.

Sources  docs.frigate.video, pages MQTT and License Plate Recognition; a captured message.
`
