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

Wiring   RS-232, RS-422, RS-485 or a TCP converter; continuous ("stream") transmission, and the
         driver only listens; or, of Dini Argeo, upon request with ask. 9600 baud 8N1 carries 45 lines a second, but most indicators
         send as often as the display changes, 5 to 10 times: enough for vehicles at rest,
         too little for rolling axles. Set mode = "static".

Settings
  address          ""        two digits: only lines with this prefix count, and others on the
                             same wire are passed over; "" takes any line, with or without
                             prefix, but refuses one whose prefix differs from the last
  scale            ""        one digit: of the strings that name a scale (AF, REXT) only this
                             one's count; "" takes all
  ask              ""        "read" or "rext": the indicator is asked (READ, REXT) instead of
                             sending by itself; not over RS-485 with other masters
  poll             "200ms"   from request to request, 50 ms to 5 s
  alibi            false     mode static: every weighing at rest is stored in the indicator's
                             alibi memory (PID) and carries the id that it gets there
` + weigh.ListeningManual + weigh.Manual + `
Frames   [CC]HH,KK,PPPPPPPP,UM CR LF
         18420 kg gross, at rest   ST,GS,   18420,kg
         the same as A&D sends it  ST,+00018420  kg
         HH is ST stable, US unstable, OL above range, UL below, ER scale in error; KK is GS
         gross, NT net, TR tare; CC an address of two digits; the unit kg, g, t or lb. Commas and blanks are
         taken alike; CR, LF or both end a line. CAS puts device number and lamps before the
         number. Numbers are read exactly, pounds as 0.45359237 kg, and rounded to the gram.

         AF       [CC]HH,B,LLLLLLLLLLUM,YYTTTTTTTTTTUM: B scale, L gross, YY blank or PT, T tare
                  ST,1,     18420kg,           0kg
         REXT     [CC]B,HH,NNNNNNNNNN,YYTTTTTTTTTT,0,0,UM: N net; gross is net and tare together
                  1,ST,     10000,PT      8420,         0,         0,kg
         PID      [CC]PIDHH,B,LLLLLLLLLLUM,YYTTTTTTTTTTUM,XXXXX-YYYYYY, or NO for the id
                  PIDST,1,     18420kg,           0kg,00000-000482

Quirks   A weighing waits for its id at most 2 s; if the weight was not stored, or another one
         was (more than two divisions off), it goes on without and that is reported. A link that
         breaks meanwhile loses it. ALRD, which reads a stored weight back, is not used: PID tells
         the weight that it stored. OK is passed over: it proves nothing; ERR01 and so on are
         reported.
         An unknown status word is an error, never a weight. With OL and UL no number is read.
         Net alone is not gross: it is used only while the indicator tells its tare in turn
         (TR within the last 8 weights); otherwise the weight is flagged fault, and the first
         of a run is reported with the reason. Lines without mode, as A&D's, do not tell net
         from gross and are taken as gross: switch the tare off there.
         A line without end is given up after 256 bytes.

Sources  Dini Argeo 3590 manual E-AF03 sections 5.4, 5.6 and 5.8.1; CAS CI-400, CI-600D and NT-200
         manuals, data formats (22 bytes CAS, 18 bytes AND).
`
