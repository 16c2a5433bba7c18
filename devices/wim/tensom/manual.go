// Package tensom polls Tenso-M weighing indicators in their native protocol, over a serial
// line or a TCP converter. See the manual in this file.
package tensom

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-03"
driver   = "wim/tenso-m"
link     = "serial:/dev/ttyS4?baud=19200"   # or "tcp:10.20.3.31:4001"
station  = "12.40m"                         # the platform's first edge, from the lane datum
[lane.device.settings]
address         = 1
poll            = "20ms"
platform_length = "0.75m"
division        = "20kg"
speed_max       = "10km/h"
`

const manual = `Tenso-M native protocol

Models   indicators and terminals of the Tenso-M family (TV-003, TV-009, TV-011 and terminals
         with the "Tenso-M" protocol selected); their second protocol "6.43" is another one
         and has no checksum: do not select it.

Wiring   RS-485 or RS-232, 9600 8N1 as delivered, up to 115200; TCP port 4001 through a
         converter. Several indicators may share an RS-485 line: each needs its own address,
         and only one device of the site file may use the line. At 9600 a request and its
         answer take 17 ms: set 19200 or more for rolling weighing at 50 Hz.

Settings
  address          1         1 to 159; 0 addresses by serial number
  serial           0         24-bit serial number, with address 0
  poll             "20ms"    from request to request; "20ms" is 50 Hz
  timeout          "150ms"   for one answer
  retries          3         unanswered requests before the instrument is degraded
  silence          "10s"     without an answer before the link is made anew
` + weigh.Manual + `
Frames   FF ADR COP data CRC FF FF; an FF from ADR to CRC is sent as FF FE; CRC 8 bit,
         polynomial 69h, over ADR to data.
         gross of address 1            FF 01 C3 E3 FF FF
         answer +18420 kg, stable      FF 01 C3 20 84 01 10 70 FF FF
         answer -125.5 kg, stable      FF 01 C3 55 12 00 91 08 FF FF
         answer +69 kg: its CRC is FF  FF 01 C3 69 00 00 10 FF FE FF FF
         Weight: three BCD bytes, low first, and CON: bit 7 minus, 6 key code waits, 5 second
         sensor, 4 stable, 3 overload, 2 to 0 digits after the point.
         Error answer EE: 03 outside the zero range, 04 change forbidden, 05 too long,
         06 CRC error, 20 and 21 calibration not finished.

Quirks   Lines with echo return our request: it carries no data and is ignored, as are
         answers of other addresses and answers to other requests. Some programs forget the
         stuffing: weights whose CRC is FF then fail with them, not here. A frame of the
         second sensor (CON bit 5) is not this platform's weight and is flagged fault.

Sources  Two independent public implementations of the protocol, which agree; frames
         recomputed by hand.
`
