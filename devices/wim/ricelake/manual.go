// Package ricelake reads the streams of Rice Lake indicators, and the Cardinal form that
// they and others send too. See the manual in this file.
package ricelake

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-05"
driver   = "wim/rice-lake"
link     = "serial:/dev/ttyS6?baud=9600"     # or "tcp:10.20.3.33:4001"
station  = "12.40m"                          # the platform's first edge, from the lane datum
[lane.device.settings]
format          = "rlws"
mode            = "static"
platform_length = "18m"
division        = "20kg"
`

const manual = `Rice Lake and Cardinal streams

Models   Rice Lake 480, 482, 680 and others in stream format RLWS or CARDNAL; Cardinal
         indicators.

Wiring   RS-232, RS-485 or a TCP converter; stream output of gross; the driver only listens.
         9600 baud 8N1 carries 68 frames a second; indicators that send at display rate are
         for vehicles at rest: set mode = "static".

Settings
  format           "rlws"    "rlws" or "cardinal", as the indicator is set
  ton              ""        what unit T of RLWS is: "metric" or "short"; "" refuses such
                             frames, for they do not tell
` + weigh.ListeningManual + weigh.Manual + `
Frames   rlws      02, polarity (blank or -), seven characters weight, unit (L, K, T, G, O),
                   G gross or N net, status, CR LF or CR
                   18420 kg   02 20 20 20 31 38 34 32 30 4B 47 20 0D 0A
                   status: blank fine, I invalid, M motion, O out of range, Z centre of zero
         cardinal  CR, polarity (+ or -), six characters weight, status (blank, m motion,
                   o out of range), blank, two characters unit, blank, g or n, two blanks, 03

Quirks   No frame carries the tare: a net weight is flagged fault, and the first of a run is
         reported with the reason. Send gross. Out of range with minus is underload. A frame
         begins anew wherever its first byte is met, so that half a frame costs only itself.
         Numbers are read exactly, pounds as 0.45359237 kg, and rounded to the gram.

Sources  Rice Lake 480, 482 and 680 manuals, stream formats.
`
