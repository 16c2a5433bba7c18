// Package yaohua reads the continuous output of Yaohua XK3190 indicators over a serial line
// or a TCP converter. See the manual in this file.
package yaohua

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-04"
driver   = "wim/yaohua"
link     = "serial:/dev/ttyS5?baud=9600"   # or "tcp:10.20.3.32:4001"
station  = "12.40m"                        # the platform's first edge, from the lane datum
[lane.device.settings]
format          = "a9"
platform_length = "0.75m"
division        = "20kg"
speed_max       = "10km/h"
`

const manual = `Yaohua XK3190

Models   XK3190-A9, A9+, A26, A23p, DS3 and others of the family in continuous format 0, 1 or
         2, or in command mode, where they wait to be asked; XK3190-A12 and A12E. Not C602's
         own frames (02, six digits, 0D 0A, 03), which have neither sign nor checksum.

Wiring   RS-232, or a TCP converter; the indicator sends, this driver only listens, but in
         command mode, where several indicators may share an RS-485 line. 8N1, 1200
         to 9600 baud, some units 19200; 7E1 units are read too (bit 7 is masked). Set the
         highest: 9600 baud carries at most 80 frames a second of format 0, 106 of formats 1
         and 2, 64 of A12E. Look up how often the unit converts: 5 to 25 times a second, as
         the A1+ does, is enough for static weighing only.

Settings
  format           "a9"      as set at the indicator; it is never guessed:
                             "a9" format 0, 12 bytes with XOR; "a26" format 1, 9 bytes, low
                             digit first; "a23p" format 2, 9 bytes, high digit first;
                             "a12e" 15 bytes of text with XOR; "a12" 11 bytes of text without;
                             "command": the indicator is asked
  unit             "kg"      what the display counts in, "kg" or "t"; the formats do not say
                             it, except a12e and a12, which are always kg
  address          "A"       command mode: the indicator's letter, A to Z
  poll             "100ms"   command mode: from request to request, 15 ms to 5 s; request and
                             answer take 21 ms at 9600 baud, so rolling axles, which need 50 a
                             second, need 19200 and "20ms"
` + weigh.ListeningManual + weigh.Manual + `
Frames   a9: 02, sign 2B or 2D, six digits, decimals '0' to '4', XOR of bytes 2 to 9 as two
         characters, 03.
         18420                     02 2B 30 31 38 34 32 30 30 31 34 03
         -1.00                     02 2D 30 30 30 31 30 30 32 31 45 03
         a26: '=', seven characters with the point, low digit first, sign '0' or '-'.
         -1.00                     =00.1000-
         a23p: '=', sign '0' or '-', seven characters with the point, high digit first.
         -1.00                     =-0001.00
         a12e: 'W', 'G' gross or 'N' net, seven characters, "kg", XOR of bytes 1 to 11, CR LF;
         nine blanks and "OL" or "LO" when above or below the range.
         4.139 kg                  57 47 30 30 34 2E 31 33 39 6B 67 33 44 0D 0A
         overload                  20 20 20 20 20 20 20 20 20 4F 4C 32 33 0D 0A
         a12: "ww" gross, "wn" net or "wt" tare, seven characters, "kg".
         12.5 kg                   ww012.500kg
         command: request 02, address, 'B', XOR of both as two characters, 03; answer 02,
         address, 'B', sign, six digits, decimals, XOR of bytes 2 to 11, 03.
         gross of A                02 41 42 30 33 03
         18420                     02 41 42 2B 30 31 38 34 32 30 30 31 37 03

Quirks   No format tells whether the load rests: it does when the readings of the last second
         lie within two divisions. Line ends between frames, which some units add, are
         skipped. After damage a frame of a9 is one only with 02 and 03 eleven bytes apart and
         a good XOR; a26, a23p and a12 have no checksum: prefer a9 where the indicator has it.
         A net frame of a12e or a12 does not carry the tare: every weight is flagged fault
         until tare is cleared. Command mode asks for gross and passes over answers of other
         addresses, to other requests, and its own request on lines with echo. The other formats do not tell net from gross: keep tare off.
         Only a12e tells overload: with the others set capacity.

Sources  Manuals of XK3190-A9+, A26, A23p, DS3, A12E, C602 and A1+.
`
