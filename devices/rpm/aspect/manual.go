// Package aspect reads Aspect "Yantar" gross-count portals over Modbus TCP. See the manual
// in this file.
package aspect

const example = `[[lane.device]]
name    = "rpm-02"
driver  = "rpm/aspect"
link    = "modbus+tcp:10.20.1.40:502?timeout=300ms"   # unit=1 behind it leaves out the search
station = "12.40m"                                    # of the sensors, from the lane datum
[lane.device.settings]
poll = "100ms"
`

const manual = `Aspect "Yantar" portals over Modbus TCP

Models   Yantar vehicle portals of Aspect (Dubna) with a Modbus TCP controller. One gamma and
         one neutron total: there are no panels and no energy windows, so no side and no
         height of a source is told.

Wiring   The controller listens on port 502. Everything is read by function 3; nothing is
         ever written. Where the link has no unit= the first unit from 1 to 32 that answers
         register 0 is taken, which may take the link's timeout for each.

Settings
  poll      "100ms"  from request to request, 20 ms to 200 ms. Ask twice as often as the
                     portal counts: then no interval is missed
  interval  ""       what time the counts are of, where the vendor has told: a part of a
                     second. Without it 200 ms are assumed, and every slice says so
                     (interval_unknown): the portal's own alarms stand, our own test rests
                     on the assumption
  hold      "2s"     how long it stays occupied after its sensors are free, as they are
                     between a lorry and its trailer
  silence   "10s"    how long its time may stand still before that is a fault
  retries   3        unanswered requests in a row before the link is made anew. Fewer are
                     holes that the counts show; a tenth of a minute's is a degraded portal
  unready   false    true where the ready bits of the channels are not used

Registers  32 bits are two registers, the low word first.
  0-7      description: 3 is where the monitor block begins, 4 how long it is. Where they make
           no sense it is taken to begin at 100
  monitor block, 21 registers in one request
  +0  u32  elapsed time: as long as it is the same, so are the counts; if it goes back the
           portal was started anew
  +2       inputs: 0001 to 0008 occupancy, 0040 and 0080 direction, 0100 power fail,
           0200 low battery, 0400 open, 0800 error, 8000 reset
  +3       gamma status: 0001 0002 alarm, 0010 low, 0020 high, 0040 overload, 0080 ready
  +4  u32  gamma counts     +6 f32 background, counts/s     +8 f32 variance
  +10      neutron status, +11 counts, +13 background, +15 variance
  +17      object counter   +18 mark    +19 speed, mm/s
  +20      outputs: 0001 alarm, 0040 adaptation

Behaviour  An object opens an occupancy when the counter changes; it ends when all four
           occupancy bits have been clear for "hold", or the next object comes. An alarm bit
           opens one too. While it lasts a slice is told every interval, and neutrons every
           second; else the background every 5 s. Whoever is in the portal when the
           connection is made was not seen to come: such slices are marked truncated.

Says     GB, NB backgrounds every 5 s; while occupied GS an interval, NS a second, GA and NA with
         an alarm, SP speed and direction; GX the end; FT, FC a fault and its end, TT, TC the case

Faults   Void a passage without alarm: error, low battery, case open, adaptation, a channel
         that is low, high, overloaded or not ready, a number that is none, time that stands
         still for "silence", a link that does not answer. Power fail and reset are shown and
         void the passage under way. An alarm counts through all of them.

Frame    read the description of unit 1   0001 0000 0006 01 03 0000 0008

Unknown  The counting interval, the unit of the elapsed time, registers 5 to 7.

Sources  The Aspect driver of Botts-Innovative-Research/osh-oakridge-modules (MPL-2.0), read
         for its register map; names are that author's. Modbus application protocol V1.1b3.
`
