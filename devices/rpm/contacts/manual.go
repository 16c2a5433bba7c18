// Package contacts reads a radiation portal by its dry contacts alone, through a Modbus I/O
// module: the fallback where a portal speaks no protocol that is known. See the manual in
// this file.
package contacts

const example = `[[lane.device]]
name    = "rpm-04"
driver  = "rpm/contacts"
link    = "modbus+tcp:10.20.1.44:502?unit=1&timeout=300ms"
station = "12.40m"     # of the beams, from the lane datum
[lane.device.settings]
inputs = ["occupied", "gamma", "neutron", "fault"]
invert = ["fault"]
`

// exampleMap stands in the manual; a test reads it.
const exampleMap = `  source = "the module's manual, edition and page"
  [[lane.device.settings.block]]
  id    = "in"
  table = "input"
  addr  = 0x0030
  count = 2
  [[lane.device.settings.point]]
  name   = "occupied"
  block  = "in"
  off    = 0
  bit    = 0
  [[lane.device.settings.point]]
  name   = "gamma"
  block  = "in"
  off    = 0
  bit    = 1
  [[lane.device.settings.point]]
  name   = "neutron"
  block  = "in"
  off    = 0
  bit    = 2
  [[lane.device.settings.point]]
  name   = "fault"
  block  = "in"
  off    = 0
  bit    = 3
  invert = true        # the relay holds while the portal is well
  [[lane.device.settings.point]]
  name   = "break_gamma"
  block  = "in"
  off    = 1
  bit    = 1
`

const manual = `A portal's dry contacts on a Modbus I/O module

Models   Any portal with relays for occupied, gamma alarm, neutron alarm and fault. Use it
         where the portal speaks no protocol that is known: there is no profile, no position
         of a source and no test of our own, and screens and papers say so.

Wiring   Four digital inputs of a module on Modbus TCP or RTU. Wire the fault relay so that
         it holds while the portal is well and has power: then a cut wire and a portal without
         power are faults. All four must be wired: what no contact tells cannot be judged.
         Set alarm relays to hold for a second at least.

Settings
  inputs   [...]       what is wired to the inputs, from addr on, side by side; "" is nothing
  invert   ["fault"]   contacts that open when they are true
  table    "discrete"  or coil
  addr     0           of the first input, as on the wire
  poll     "50ms"      from request to request, 20 ms to 200 ms
  hold     "2s"        how long it stays occupied after the contact has opened, as it does
                       between a lorry and its trailer
  retries  3           unanswered requests in a row before the link is made anew; a tenth of
                       a minute's is a degraded portal
         A module whose inputs are not side by side, or that tells wire breaks, has a map:

` + exampleMap + `
Behaviour  Occupied for two readings opens an occupancy. An alarm contact that closes in it,
         or is closed, is the portal's alarm; one that closes when nobody is there opens an
         occupancy of its own for 10 s at most. The state is told when it changes, every
         second while occupied and every 5 s else. Whoever is in the portal when the
         connection is made was not seen to come: that occupancy is truncated.

Says     DC, with occupied, alarm, setup (which alarms: gamma, neutron) and fault

Verdict  An alarm contact exceeds. No alarm, no fault and a whole occupancy are within, "by the
         portal's contacts alone, no profile". Everything else is undetermined: the fault
         contact, a wire break, a contact that changes 10 times in 5 s, a module that does not
         answer.

Frame    read four inputs from 0 of unit 1   0001 0000 0006 01 02 0000 0004
         answer: only the healthy relay      0001 0000 0004 01 02 01 08

Sources  Modbus application protocol V1.1b3.
`
