// Package mtcontinuous reads the continuous output of Mettler Toledo indicators and of the
// many that emulate it, over a serial line or a TCP converter. See the manual in this file.
package mtcontinuous

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-03"
driver   = "wim/mt-continuous"
link     = "serial:/dev/ttyS4?baud=115200"   # or "tcp:10.20.3.31:4001"
station  = "12.40m"                          # the platform's first edge, from the lane datum
[lane.device.settings]
checksum        = "auto"
platform_length = "0.75m"
division        = "20kg"
speed_max       = "10km/h"
`

const manual = `Mettler Toledo continuous output

Models   Mettler Toledo IND series, JagXtreme, Wildcat and others in continuous mode; the
         emulations of Rice Lake 480, Fairbanks FB6000, LUW2001 and many fast transmitters.

Wiring   RS-232, RS-422 or a TCP converter; the indicator sends, this driver only listens.
         8N1 or 7E1 (bit 7 is masked). 9600 baud carries at most 53 frames a second: set
         38400 or more and the fastest output for rolling weighing. Classic terminals send
         7 frames a second, which is enough for static weighing only.

Settings
  checksum         "auto"    frames of 18 bytes with checksum or of 17 without; "on" and "off"
                             insist
` + weigh.ListeningManual + weigh.Manual + `
Frames   02 SWA SWB SWC, six characters weight, six characters tare, 0D, checksum (two's
         complement of the 7-bit sum).
         18420 kg at rest          02 2A 30 20 20 31 38 34 32 30 20 20 20 20 20 30 0D 08
         18440 kg in motion        02 2A 38 20 20 31 38 34 34 30 20 20 20 20 20 30 0D 7E
         -120 kg net, tare 18420   02 2A 33 20 20 20 20 31 32 30 20 31 38 34 32 30 0D 62
         SWA bits 0-2 decimals; SWB 0 net, 1 minus, 2 out of range, 3 motion, 4 kg, 6 zero not
         captured since power-up; SWC 0-2 unit, 3 print, 4 expanded.

Quirks   Clones set the constant bits of the status words as they like: they are scored, and
         only a frame without checksum and nearly without any of them is refused. Net frames
         are turned into gross with the tare they carry. While zero is not captured (SWB bit
         6) every weight is flagged fault.
         The frames of one read are spread over the measured period, so that converters
         which collect frames do not spoil the speed of axles.

Sources  Mettler Toledo Wildcat technical manual tables 6-8 to 6-11; IND445 manual; Rice Lake
         480 and Fairbanks FB6000 manuals for the emulations.
`
