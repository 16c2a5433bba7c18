// Package tenso643 polls Tenso-M weighing terminals in their second protocol, "6.43". See the
// manual in this file.
package tenso643

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "bridge-1"
driver   = "wim/tenso-643"
link     = "serial:/dev/ttyS4?baud=9600"   # or "tcp:10.20.3.31:4001"
station  = "12.40m"                        # the platform's first edge, from the lane datum
[lane.device.settings]
address         = 1
platform_length = "18m"
division        = "20kg"
`

const manual = `Tenso-M, second protocol "6.43"

Models   Terminals of the Tenso-M family where "6.43" is selected as protocol and cannot be
         changed. It has no checksum and its status is not fully documented: wherever the
         terminal lets you, select the protocol "Tenso-M" and use wim/tenso-m. For vehicles at
         rest only; mode "axles" is refused.

Wiring   RS-232 or RS-485, 9600 8N1; a TCP converter.

Settings
  address          1         1 to 9999, selected once a connection; 0: the terminal answers
                             without being selected
  poll             "200ms"   from request to request, 100 ms to 500 ms
  silence          "2s"      without an answer before the instrument is degraded; after five
                             times as long the link is made anew, and the terminal selected
                             again
` + weigh.Manual + `
Frames   select address 1          01 30 30 30 31   (answered FF)
         request                   10
         answer                    '=', seven characters with the point, status
         285.9 kg at rest          3D 20 20 32 38 35 39 2E 20   "=  2859. "
         286 kg at rest            3D 20 20 20 32 38 36 2E 24   "=   286.$"
         Status: bit 0 not at rest; bit 2 set: the last digit is kilograms, clear: it is a
         further one, tenths; bit 5 always set.

Not confirmed by a capture
         The two answers above are quoted in the source of a public program as text; no
         capture of a line was found, nor the maker's description. A second public program
         agrees on select, request and '='. Not known, and therefore treated so that no weight
         comes out wrong: a status with other bits than 0, 2 and 5 is an error; a number with a
         point inside it and bit 2 clear is an error; overload has no sign that is known (set
         capacity); what follows the status is passed over; a minus is believed before the
         first digit only; whether the weight is gross or net is not said: keep tare off.

Sources  Two public programs that read these terminals, one in an older and a newer version.
`
