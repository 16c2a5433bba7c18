// Package stgs reads the lines of text that indicators of Dini Argeo, CAS, A&D and many
// others send by themselves: status, mode, number, unit. See the manual in this file.
package stgs

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-04"
driver   = "wim/st-gs"
link     = "serial:/dev/ttyS5?baud=9600"     # or "tcp:10.20.3.32:4001"
station  = "12.40m"                          # the platform's first edge, from the lane datum
[lane.device.settings]
mode            = "static"
address         = ""
platform_length = "18m"
division        = "20kg"
`

const manual = `Standard string ST,GS

Models   Dini Argeo 3590, DFW, DGT and others; CAS CI and NT series (22 bytes); A&D and the
         many that emulate it (18 bytes); any indicator with lines of status, mode, number
         and unit.

Wiring   RS-232, RS-422, RS-485 or a TCP converter; continuous ("stream") transmission; the
         driver only listens. 9600 baud 8N1 carries 45 lines a second, but most indicators
         send as often as the display changes, 5 to 10 times: enough for vehicles at rest,
         too little for rolling axles. Set mode = "static".

Settings
  address          ""        two digits: only lines with this prefix count, and others on the
                             same wire are passed over; "" takes any line, with or without
                             prefix, but refuses one whose prefix differs from the last
` + weigh.ListeningManual + weigh.Manual + `
Frames   [CC]HH,KK,PPPPPPPP,UM CR LF
         18420 kg gross, at rest   ST,GS,   18420,kg
         the same as A&D sends it  ST,+00018420  kg
         HH is ST stable, US unstable, OL above range, UL below; KK is GS gross, NT net, TR
         tare; CC an address of two digits; the unit kg, g, t or lb. Commas and blanks are
         taken alike; CR, LF or both end a line. CAS puts device number and lamps before the
         number. Numbers are read exactly, pounds as 0.45359237 kg, and rounded to the gram.

Quirks   An unknown status word is an error, never a weight. With OL and UL no number is read.
         Net alone is not gross: it is used only while the indicator tells its tare in turn
         (TR within the last 8 weights); otherwise the weight is flagged fault, and the first
         of a run is reported with the reason. Lines without mode, as A&D's, do not tell net
         from gross and are taken as gross: switch the tare off there.
         A line without end is given up after 256 bytes.

Sources  Dini Argeo 3590 manual E-AF03 sections 5.4 and 5.6; CAS CI-400, CI-600D and NT-200
         manuals, data formats (22 bytes CAS, 18 bytes AND).
`
