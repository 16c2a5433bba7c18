// Package mtsics reads Mettler Toledo indicators that speak MT-SICS, over a serial line or a
// TCP converter: it asks once and the indicator then repeats its weight. See the manual in
// this file.
package mtsics

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-03"
driver   = "wim/mt-sics"
link     = "serial:/dev/ttyS4?baud=38400"   # or "tcp:10.20.3.31:4001"
station  = "12.40m"                         # the platform's first edge, from the lane datum
[lane.device.settings]
mode            = "static"                  # "axles" needs 50 lines a second
platform_length = "18m"
division        = "20kg"
on_load         = "500kg"
off_load        = "300kg"
`

// What is marked [M] here has been seen in no document that we hold.
const manual = `Mettler Toledo MT-SICS

Models   Mettler Toledo indicators and balances with the MT-SICS command set, level 0 and 1
         (New Classic documented; IND series and others [M]).
         What is marked [M] in this manual is from memory and not from a document that we
         hold: check it against the indicator's own manual when it is put into service.

Wiring   RS-232, RS-422 or a TCP converter; 9600 8N1 as delivered [M]. The indicator must be
         in command (host) mode, not in continuous or print mode. This driver sends SIR when
         the connection opens and again after each silence, nothing else. One program at a
         time: any other command ends the stream. 9600 baud carries at most 50 lines a
         second, and many indicators send fewer: set 38400 and mode = "static" unless the
         rate has been measured.

Settings
  period           "0s"      time between lines, if known; 0 starts from the line's limit and
                             measures
  silence          "2s"      without a weight before the instrument is degraded and asked
                             again; after five times as long the link is made anew; it
                             cannot be switched off
` + weigh.Manual + `
Frames   Lines that end CR LF; the value stands right-aligned in ten characters.
         request: weight now, and repeat     SIR
         100.00 g, stable                    S S     100.00 g
         100.00 g, not stable                S D     100.00 g
         not executable now                  S I
         overload, underload                 S +   S -
         not understood [M]                  ES
         damaged on the line [M]             ET
         not possible [M]                    EL
         Units kg, g, t, mg, lb, oz; a minus stands before the first digit [M]. Masses are
         read exactly and rounded half up to grams.

Quirks   There is no checksum: a line is believed only if value and unit stand exactly in
         their columns, so a line that lost a byte is reported and dropped. A line without
         end is cut at 256 bytes. S I gives a reading that is flagged fault; it does not end
         a silence, so the request is repeated. ES, ET and EL are reported as errors. Other
         answers (I4 after a reset, Z, T and others) and an echo of the request are ignored.
         The weight is what the display shows, net while a tare is set, and no line says so:
         switch tare off. Behaviour of SIR [M]: it repeats until the next command, and an
         indicator that was switched off must be asked again.
         Behind a converter the stream goes on when the link has closed [M]: the first line
         of a new connection may then be a torn one, which is reported once.

Sources  Mettler Toledo New Classic manual, excerpt on MT-SICS; contents of the MT-SICS
         reference 30014405; the rest from memory [M].
`
