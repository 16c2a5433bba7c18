// Package wimjson takes weighing records as JSON: the way in for data loggers whose own
// protocol is not public. See the manual in this file.
package wimjson

const example = `[[lane.device]]
name    = "wim-json"
driver  = "wim/json"
link    = "listen:0.0.0.0:7090"   # or "mqtt:/weighing/lane2/#", "mqtt:10.20.1.5:1883/weighing/#?user=acsgd"
station = "12.40m"                # where an axle is when its t_on is taken, from the lane datum
[lane.device.settings]
path        = "/weighing/lane2"
lane        = "2"
token       = "change me"
allow       = ["10.20.3.0/24"]
division    = "50kg"
u_speed_ppm = 20000
`

const manual = `Weighing records as JSON

Models   Any data logger or weighing computer that weighs whole vehicles by itself: Kistler,
         IRD, Intercomp, CROSS, Betamont, Q-Free and others, whose own protocols their makers
         give to customers only. A small program beside the logger reads it in the maker's
         way and sends one record a vehicle. No byte of such a protocol is guessed here.

Wiring   HTTP: POST or PUT of one record to the link's address and path, Content-Type
         application/json. MQTT: one record a message, QoS 1, not retained.

Settings
  lane         ""       the logger's name of this lane; "" takes all. Over MQTT the records of
                        other lanes are passed over, over HTTP they are refused
  division     "20kg"   scale interval of an axle's load; sums may differ by one an axle
  u_speed_ppm  0        95 % half-width of a speed that comes without u_speed_mms, millionths
                        of it, from the verification; 0: such a speed is not used, and axle
                        spacings stay unknown
  speed_min    "0mm/s"  speeds that the scale is verified for; outside them a record that is not
  speed_max    "0mm/s"  static or stopgo is flagged speed_out_of_range; 0 is no bound
  path         ""       path of the address; others are answered 404
  allow        []       addresses or networks (10.20.3.0/24) that may post; empty: all
  user         ""       asks for HTTP Digest or Basic if set
  password     ""       of that user; over MQTT of the link's user
  token        ""       asks for "Authorization: Bearer ..." if set
  max_body     65536    longest record in bytes; a longer one is answered 413
  answer       "1s"     a record that is not durable by then is answered 503
  idle         "5m"     a silent connection is closed
  connections  8        open connections at once

Record   "acsgd drivers wim/json --schema" prints it as a JSON Schema. The least that is taken
         and judged:
           {"version":1,"id":"17","device":{"id":"ws-2","serial":"41-0093"},
            "start":"2026-03-01T06:14:03.250Z","end":"2026-03-01T06:14:08.100Z",
            "mode":"dynamic","speed_mms":1400,"u_speed_mms":14,
            "axles":[{"n":1,"load_kg":6500,"u_kg":60,"t_on":"2026-03-01T06:14:03.250Z"},
                     {"n":2,"load_kg":9600,"u_kg":90,"t_on":"2026-03-01T06:14:05.893Z"}],
            "gross_kg":16100,"u_kg":140}
         A member that is not in the schema, of another type or out of range is an error, and
         so is one that contradicts another: a gross mass that is not the axles' sum, times
         that go back, spacings that do not fit times and speed (a tenth and 100 mm).

Answers  200 once the record is on disk, 400 with the reason and the member's name, 409 if
         another record with this id came before, 401, 404, 405, 411, 413, 503 if it cannot be
         stored now: send it again. Over MQTT what is wrong is reported and acknowledged,
         because it would be wrong the next time too.

Readings One weighing an axle, then one of the vehicle, which carries the record itself (as
         evidence, where it is longer than 4 KiB). Their time is the record's end, by the
         logger's clock: set NTP. A record that comes again with the same id and bytes stays
         one weighing; the last 1024 are remembered, but not across a restart of the server,
         after which the vehicle counts as weighed twice and is not judged.

Quirks   u_kg left out is unknown, never "exact": such an axle is not judged. The same holds for
         all of them after verified_until. Axle spacings are computed from t_on and speeds, as
         of every scale. If a record has spacings_mm and a speed but no t_on, the axles get the
         times at which they would have passed at that speed, so that the spacings come out as
         given; without either they are unknown. direction reverse gives negative speeds, and no
         spacings. The logger's flags of the vehicle count for every axle, an axle's quality for
         it and the vehicle. trace_sha256 is kept in the record; the trace itself stays with the
         logger.

Decode   acsgd decode --driver wim/json reads requests as sent on one connection, or records
         one after the other.

Sources  Our own format, version 1; RFC 3339, 6750, 7616, 7617, 9110, 9112; JSON Schema 2020-12.
`
