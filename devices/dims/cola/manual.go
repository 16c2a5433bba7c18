package cola

const manual = `SICK laser scanners as vehicle profiler (CoLa A and B over TCP)

Models     LMS1xx and LMS5xx (LMS111, LMS511 and relatives). TIC102/TIC501/FPS traffic
           controllers speak another, unpublished protocol and are not served.
Wiring     Ethernet; ports 2111 and 2112, either dialect. One host only: a second
           connection may be refused or take the stream away.
Mounting   Scan plane across the lane, scanner 5.5 to 7 m high, 90 degrees straight down.
           Two scanners above both lane edges see both sides; one above the middle sees
           the upper edges only, and its width is known less well.
Model used LMS5xx: 25 Hz at 0.1667 degrees, or 50 Hz at 0.333 or 0.5. LMS1xx: 25 Hz at 0.25.

Settings
  dialect            auto    auto, a or b: what the device is asked to speak; auto is b. A device
                             that speaks the other is found, and followed where it refuses
  level, password    3       access level and the hash of its password (F4724744)
  model              lms5xx  lms1xx or lms5xx: fan and beam width
  frequency_hz       0       with resolution_1e4deg sets the scan; 0 leaves the device as it is
  remission          true    ask for the signal strength
  interval           1       every n-th scan
  silence            1s      without a scan for so long the link is made anew
  height             0m      of the scanner above the road. 0: nothing is measured until
                             calibration on the empty lane (calibration_scans) is done
  x, roll_deg, flip          lateral place from the lane's middle; tilt; 0 degrees look left
  lane_left, lane_right      -2.5m, 2.5m: what is outside is another lane
  ceiling            5.5m    what is higher is no vehicle
  calibration_scans  500     empty scans of one calibration
  end_scans          5       clear scans that end a vehicle
  mirrors            exclude exclude or include them in the width
  speed, u_speed     0m/s    only where every vehicle moves at one known speed: gives a
                             length here; otherwise the lane computes it from its own track
  u_range            25mm    systematic error of a distance, 95 %
  second, second_height, second_x, second_roll_deg, second_flip   link and mount of a second scanner
  raw                false   one observation a scan, with its distances

What it reports
  One profile a vehicle: height and width with 95 % half-widths, start, end, scan period,
  up to 512 slices, and the trace (application/x-acsgd-profile) as evidence. Height is the
  greatest one that two neighbouring slices confirm over 60 mm of width: whip antennas,
  wires and birds are no height. Width is the 98 % quantile of the slices without mirrors.
  Flags: scans_lost (more than 2 during the vehicle), polluted, fault, few_samples,
  truncated; clock_unset is a remark (the calendar stands in 1970 and is ignored).
  Health: scans missing for 3 periods = degraded; window dirty; mount moved by more than
  15 mm or 0.1 degree against the first calibration.

Expected accuracy (LMS5xx, 0.1667 degrees, 25 Hz, up to 10 km/h, 95 %)
  height 40 mm, width 60 mm with two scanners. u of each vehicle is in its profile.

Sample frames (CoLa B, hexadecimal)
  login      02020202 00000017 734D4E205365744163636573734D6F646520 03 F4724744 B3
  accepted   02020202 00000013 73414E205365744163636573734D6F646520 01 38
  subscribe  02020202 00000011 73454E204C4D447363616E6461746120 01 33
  answer     02020202 00000011 734541204C4D447363616E6461746120 01 3C

Quirks
  SCdevicestate may answer 0 (busy) and scans come all the same. The scan counter repeats
  now and then: the second telegram is dropped. The angular step is rounded (0.1667 for
  1/6 degree); the true one is used. Some firmware sends the measuring frequency in Hz. An
  LMS511 sends a scan 41 ms after its zero index: the device's microseconds are used,
  mapped to the host's clock by the least delay of the last 30 s. sFA carries its code
  without a space in CoLa B.

Sources
  SICK Telegram Listing Ranging sensors (8014631); SICKAG/sick_scan_xd (Apache-2.0) and
  recorded sessions of LMS111 V1.80.2 and LMS511 V1.80 from it.
`
