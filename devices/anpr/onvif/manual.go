// Package onvif takes the number plates of cameras that speak ONVIF Profile M: metadata
// frames and recognition events, as XML or as JSON, over MQTT, over RTSP or from a
// recording. See the
// manual below.
package onvif

const example = `[[lane.device]]
name    = "anpr-front"
driver  = "anpr/onvif"
link    = "mqtt:10.20.1.5:1883/lane1-front/#?user=acsgd"
station = "-2.50m"
[lane.device.settings]
role     = "front"
password = "change me"
`

const manual = `ONVIF Profile M cameras with number plate recognition, over MQTT or RTSP

Models   Cameras of Profile M with LicensePlateRecognition: Bosch, Hanwha, Axis, Dahua and
         others. Firmware differs in prefixes and optional elements; elements are known by
         their local names.

Camera   Events > MQTT (event broker): the site's broker or one of its own, a topic prefix of
         its own for each camera, QoS 1, events and metadata on. Events of rule
         LicensePlateRecognition are enough; metadata adds pictures. Set NTP: the time of a
         reading is the camera's, and is flagged when it differs from ours.
         In ONVIF: AddEventBroker with TopicPrefix, EventFilter
         tns1:RuleEngine/Recognition/LicensePlate and MetadataFilter.

Link     mqtt:/PREFIX/#  the site's broker; mqtt:HOST:PORT/PREFIX/#?user=U  another one
         tcp:HOST:554    the metadata stream of a media profile over RTSP, packets on the same
                         connection; Digest. The profile needs metadata without compression.

Settings
  role      ""   where it looks: front, rear, trailer
  password  ""   of the mqtt: link's user, or of user below
  user      ""   of the camera, on a tcp: link
  path      ""   of the stream on a tcp: link: what GetStreamUri gives behind the host, as
                 /onvif-media/media.amp?profile=p1

Topics   PREFIX/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/RULE   events as JSON
           {"UtcTime":"2026-03-01T06:13:59.250Z","Source":{"VideoSource":"1"},"Data":{
            "ObjectId":"7","LicensePlateInfo":{"LicensePlateInfo":{"PlateNumber":
            {"@Likelihood":0.92,"#text":"389BK01"},"CountryCode":{"#text":"KZ"}}}}}
         PREFIX/onvif-mj/VideoAnalytics/PROFILE/MODULE                 metadata as JSON
           {"Frame":[{"@UtcTime":...,"Object":[{"@ObjectId":7,"Appearance":{...}}]}]}
         XML in a message of any topic: tt:MetadataStream, wsnt:NotificationMessage
           Frame/Object@ObjectId,@Parent/Appearance/Class/Type@Likelihood LicensePlate
           .../LicensePlateInfo/PlateNumber@Likelihood, CountryCode, PlateType, Image
           Message@UtcTime,@PropertyOperation/Data/SimpleItem PlateNumber, Likelihood, ...
         Axis: CameraApplicationPlatform/ALPV.AllPlates and /LPR, items text, country, carID
         The names onvif-ej and onvif-mj are those that cameras use in public integrations;
         any other prefix before them is taken.

Readings A camera tells of an object 25 times a second; a reading is handed on when a plate
         is first read, when its likelihood rises by 0.05, when a text of greater likelihood
         comes, and when its first picture does. Without likelihoods the text that was seen
         most often counts. event_id is the ObjectId of the vehicle (@Parent of the plate),
         so that all readings of one vehicle correct one another. A plate object that is
         never read gives a reading without text when it is gone; vehicles without a plate
         object give none. PropertyOperation Deleted is passed over.
         Pictures (tt:Image, base64) of the plate and of its vehicle, found by @Parent or by
         the bounding boxes, are stored first. ImageRef is not followed.

Stream   OPTIONS, DESCRIBE, SETUP (RTP/AVP/TCP interleaved), PLAY, then GET_PARAMETER as a
         sign of life; RTP payload vnd.onvif.metadata, a document ends with the marker bit.
         Where packets are missing their document is left out and reported. After two refused
         logins nothing is tried for an hour, because cameras lock accounts.

Limits   4 MiB a document, 32 levels, 512 objects, 256 frames, 32 pictures; declared entities
         are not expanded.

Decode   acsgd decode --driver anpr/onvif reads XML and JSON documents one after the other: a
         recorded metadata stream, or messages as "mosquitto_sub" writes them.

Sources  RFC 2326, 3550, 4566, 7616; onvif/specs: metadatastream.xsd 20.12, Analytics Service Specification 22.06
         (metadata in JSON over MQTT); topics and JSON forms as seen from Bosch and Hanwha
         cameras in public integrations; a Dahua camera's metadata and an Axis event in
         public tests.
`
