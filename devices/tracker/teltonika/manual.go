// Package teltonika reads Teltonika trackers: the FMB, FMC, FMM, FMU and FMT families and
// older FM and GH devices, which connect over TCP and send packets of records in codec 8,
// 8 extended, 16 or 7. See the manual in this file.
package teltonika

const example = `[[tracker]]
name   = "trackers-teltonika"
driver = "tracker/teltonika"
link   = "listen:0.0.0.0:5001"
[tracker.settings]
allow       = ["356307042441013"]   # empty: every device
integrity   = "strict"
max_frame   = 16384
login       = "1m"
idle        = "10m"
connections = 10000
seal_input  = 1                     # DIN1 is the door or rope contact
seal_closed = 1
`

const manual = `Teltonika trackers

Models   FMB/FMC/FMM/FMU/FMT and FM families (codecs 8, 8 extended, 16), old GH devices
         (codec 7). The device connects; this driver listens, TCP port 5001 by default.

Device   In the configurator: GPRS server domain and port of this gateway, protocol TCP,
         data protocol "Codec 8 Extended" (or 8, or 16), ACK type "AVL Data", records from
         the oldest to the newest.

Settings
  allow        []        IMEIs that may connect; a stranger is answered 00, reported, and
                         disconnected; empty lets every device in
  integrity    "strict"  a packet with a wrong length, checksum or count is reported, not
                         stored, not acknowledged. "lenient" takes it if its structure is
                         whole and marks the fixes ("integrity": "bad")
  max_frame    16384     longest packet in bytes; devices send at most 1280 by default
  login        "1m"      a connection without an IMEI for so long is closed
  idle         "10m"     a silent connection is closed; set it above the sending period
  connections  10000     devices connected at once
  seal_input   0         digital input 1 to 4 that is wired to a door or rope; its changes
                         are reported as a seal. 0: none
  seal_closed  1         value of that input while closed
  transport    "tcp"     "udp" decodes recordings of datagrams

Dialogue (big endian)
  device   000F 333536333037303432343431303133    length, IMEI in ASCII
  gateway  01                                      (00: refused)
  device   00000000 0000008C 08 01 ... 01 00003FCA zeros, length, codec, records, CRC
  gateway  00000001                                records that are stored for good
  The answer is sent after the records are durable; 0 makes the device send them again.
  The byte FF between packets is a keep-alive. CRC-16/ARC over codec to second count.

Record   time (ms since 1970, UTC), priority, longitude and latitude (10^-7 degrees),
         altitude (m), angle, satellites, speed (km/h), then IO elements of 1, 2, 4, 8 and
         (8 extended) n bytes. A fix is valid with at least one satellite and a position
         on the globe other than (0,0).

Attributes  priority, event, then the IO elements as sent: in1..in4, out1, out2, adc1, adc2
         (V), power and battery (V), batteryLevel (%), ignition, motion, odometer and
         tripOdometer (m), rssi, operator, cellId, lac, pdop, hdop, gsmJamming,
         gnssJamming (0 none, 1 warning, 2 critical; may flip each second), unplug, towing,
         crash, iButton, vin, ...; all others "io" and the id, unsigned.

Quirks   - Answers to commands (codecs 12 to 15) and photos are checked and left aside.
         - The UDP example of the vendor names packet id ABCD and shows CAFE: the answer
           repeats the id that came.
         - Signedness of an IO value depends on its id; unknown ids are shown unsigned.
         - Codec 7 has no field for "no fix": a record without coordinates is a fix that
           is not valid.

Sources  Teltonika FMB640 Protocols V0.05 (codecs, examples, UDP); Teltonika wiki (GNSS
         jamming). Codec 7 from public captures.
`
