// Package modbus reads weighing transmitters and indicators that speak Modbus, RTU or TCP.
// What their registers mean is data: a map per model, built in or given by the site. See the
// manual in this file.
package modbus

import "acsgd/devices/wim/weigh"

const example = `[[lane.device]]
name     = "wim-04"
driver   = "wim/modbus"
link     = "modbus+rtuovertcp:10.20.3.41:4001?unit=1&baud=115200&timeout=100ms"
station  = "12.40m"                         # the platform's first edge, from the lane datum
[lane.device.settings]
model           = "laumas"
poll            = "10ms"
platform_length = "0.75m"
division        = "20kg"
speed_max       = "10km/h"
`

// exampleMap stands in the manual; a test reads it.
const exampleMap = `           model  = "my-model"
           source = "its manual, edition and page"
           limit  = 100              # registers that it gives in one request; default 125

           [block]
           table = "holding"         # or input
           addr  = 0x1000
           count = 4

           [[weight]]                # gross and net, or others: see below
           name     = "gross"
           addr     = 0x1000
           type     = "f32"          # u16, i16, u32, i32, f32
           words    = "high_first"   # of 32 bits, or low_first
           num      = 1              # a count is num/den of the unit
           den      = 1
           unit     = "read"         # g, kg, t, lb, or "read": see [unit]
           min      = "-5t"          # a mass outside is a fault
           max      = "100t"
           valid_if = "!adc_error"   # a condition on bits; "always" if there is none
           mark     = "V"            # unsigned types: negative_if = "the bit of their sign"

           [[bit]]
           name = "adc_error"
           addr = 0x1002
           bit  = 0                  # 0 is the lowest
           mark = "V"

           [[bit]]
           name = "above_max"
           addr = 0x1002
           bit  = 1
           mark = "V"

           [status]                  # conditions on bits: ! not, & and, | or, ( )
           overload = "above_max"    # stable, motion, zero, overload, underload, net

           [decimals]                # where a register tells the digits behind the point
           addr = 0x1003
           bit  = 4                  # three bits from bit 4 on
           bits = 3
           mark = "V"

           [unit]                    # where a register tells the unit
           addr  = 0x1003
           bit   = 7
           bits  = 2
           units = ["kg", "g", "t", "lb"] # of the numbers 0, 1, 2, 3
           mark  = "M"
`

const manual = `Weighing transmitters on Modbus

Models   laumas    Laumas TLB and TLU, CAS CI-600D
         hbm-wtx   HBM WTX110 and WTX120
         pt113     PT113
         any other by a map of its own, see below
         "mark" in a map says where a row is from: V was read in the source that the map
         names, M is from memory. Check a scale with a known load, a load below zero, a load
         above its largest and its cell unplugged before you trust rows of mark M.

Links    modbus+tcp:HOST:502?unit=1&timeout=100ms
         modbus+rtuovertcp:HOST:PORT?unit=1&baud=115200&timeout=100ms
         modbus+rtu:/dev/ttyS4?unit=1&baud=115200&parity=even&timeout=100ms
         The instrument is asked again and again; at 9600 a request of five registers and
         its answer take 25 ms, too long for rolling weighing: set 38400 or more. Behind a
         converter give the real speed of the line, for the pauses between frames.
         While an answer is awaited nothing is weighed: set a timeout that is a little longer
         than the longest answer takes. What is not answered by then is a hole in the samples.

Settings
  model            ""        a map that is built in; or
  map_file         ""        a file with a map, from the site file's folder; or
  [settings.map]             the map itself
  unit             ""        g, kg, t, lb: of the counts, instead of the map's
  decimals         0         digits behind the point of the counts: an instrument that shows
                             tenths of a kilogram counts 1842.0 kg as 18420. hbm-wtx tells
                             unit and decimals itself
  poll             "20ms"    from request to request, 5 ms to 500 ms; "20ms" is 50 Hz
  retries          3         unanswered requests in a row before the link is made anew
` + weigh.Manual + `
Maps     Addresses are those on the wire, from 0: a register that the manual numbers 40008 is
         addr 7. All that is read stands in one block, which is one request: weight and
         status are of one moment. Nothing is ever written to the instrument.

` + exampleMap + `
         A map is refused, with all that is wrong with it, where a point lies outside the
         block or over another, the block is longer than the instrument gives, a bit is used
         by no condition, an attribute is missing or unknown, or a range cannot be reached.

         Gross is what is weighed. Without a gross register, indicated stands for it as long
         as status.net is false; while it is true, indicated and tare together, or without
         tare nothing: the sample is then a fault. Without stable and motion, rest is derived
         from the weights.

Frames   Laumas, RTU, unit 1: status, gross and net, five registers from 6
         request                         01 03 00 06 00 05 65 C8
         +18420 kg, stable               01 03 0A 0800 000047F4 000047F4 2989
         Its magnitude is unsigned: minus is bit 7 (gross) and 8 (net) of the status alone.

Faults   "not in this instrument": it refuses the registers of its map, which is another
         model's; it is not asked again until the site file changes. An instrument that is
         busy, or a gateway that has lost it, counts as unanswered.

Sources  Named in each map; Modbus application protocol V1.1b3.
`
