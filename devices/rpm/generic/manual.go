// Package generic reads gross-count portals whose makers publish no protocol, by what the
// site's configuration says of their lines or registers. See the manual in this file.
package generic

const example = `[[lane.device]]
name    = "rpm-03"
driver  = "rpm/generic"
link    = "tcp:10.20.1.33:4001"   # or "serial:/dev/ttyS2?baud=9600"; of registers "modbus+tcp:..."
station = "12.40m"                # of the beams, from the lane datum
` + exampleLines

// exampleLines reads the lines of a TSA portal; a test holds it against rpm/tsa.
const exampleLines = `[lane.device.settings]
source   = "TSA line stream, as rpm/tsa reads it"
interval = "200ms"
buffered = 5
[[lane.device.settings.line]]
kind  = "background"
match = 'GB,(?P<gamma1>\d{6}),(?P<gamma2>\d{6}),(?P<gamma3>\d{6}),(?P<gamma4>\d{6})'
[[lane.device.settings.line]]
kind  = "background"
match = 'G[HL],(?P<gamma1>\d{6}),(?P<gamma2>\d{6}),(?P<gamma3>\d{6}),(?P<gamma4>\d{6})'
fault = "background out of bounds"
[[lane.device.settings.line]]
kind  = "background"
match = 'NB,(?P<neutron1>\d{6}),(?P<neutron2>\d{6}),(?P<neutron3>\d{6}),(?P<neutron4>\d{6})'
[[lane.device.settings.line]]
kind  = "background"
match = 'NH,(?P<neutron1>\d{6}),(?P<neutron2>\d{6}),(?P<neutron3>\d{6}),(?P<neutron4>\d{6})'
fault = "neutron_high_background"
[[lane.device.settings.line]]
kind  = "slice"
match = 'G(?:S|(?P<alarm>A)),(?P<gamma1>\d{6}),(?P<gamma2>\d{6}),(?P<gamma3>\d{6}),(?P<gamma4>\d{6})'
[[lane.device.settings.line]]
kind  = "neutron"
match = 'N(?:S|(?P<alarm>A)),(?P<neutron1>\d{6}),(?P<neutron2>\d{6}),(?P<neutron3>\d{6}),(?P<neutron4>\d{6})'
[[lane.device.settings.line]]
kind  = "speed"
match = 'SP,[0-9.]+,[0-9.]+,(?P<speed_kmh>[0-9.]+),\d{6}'
[[lane.device.settings.line]]
kind  = "end"
match = 'GX,(?P<counter>\d{6}),(?P<neutron_background_mcps>\d{6}),\d{6},\d{6}'
[[lane.device.settings.line]]
kind  = "fault"
match = 'TT,.*'
fault = "tamper"
[[lane.device.settings.line]]
kind  = "fault"
match = 'TC,.*'
clear = true
[[lane.device.settings.line]]
kind  = "ignore"
match = 'S[GN][123],.*'
`

// exampleMap reads the registers of an imagined portal; a test reads it.
const exampleMap = `source   = "its manual, edition and page"
interval = "500ms"

[[block]]                # one request each; put all that belongs together into one
id    = "all"
table = "input"          # or holding; discrete and coil hold bits
addr  = 0x0100
count = 12

[[point]]
name  = "occupied"
block = "all"
off   = 0                # registers from the start of the block
bit   = 0                # 0 is the lowest

[[point]]
name  = "alarm_gamma"
block = "all"
off   = 0
bit   = 4

[[point]]
name  = "alarm_neutron"
block = "all"
off   = 0
bit   = 5

[[point]]
name   = "fault_detector"
block  = "all"
off    = 0
bit    = 8
invert = true            # the bit says that it is well

[[point]]
name  = "elapsed"        # as long as it is the same, so are the counts
block = "all"
off   = 1
type  = "u32"
words = "high_first"

[[point]]
name  = "gamma1"
block = "all"
off   = 3
type  = "u32"
words = "low_first"

[[point]]
name  = "background1"    # it counts tenths
block = "all"
off   = 5
type  = "u16"
num   = 1
den   = 10

[[point]]
name  = "neutron1"
block = "all"
off   = 6
type  = "u16"

[[point]]
name  = "neutron_background_mcps"
block = "all"
off   = 7
type  = "u32"
words = "high_first"

[[point]]
name  = "counter"
block = "all"
off   = 9
type  = "u16"
`

const manual = `Any gross-count portal, by configuration alone

Models   Portals whose makers publish no protocol: Ludlum, Polimaster, ATOMTEX, Thermo, Ergodi
         and others. What their lines or registers mean is the site's configuration, from the
         manual that the maker gives under his own terms.

Wiring   Lines: TCP, the portal or its serial server listens, this driver connects and only
         reads; or a serial line. Registers: Modbus TCP or RTU; nothing is ever written.

Settings
  file      ""       a file with everything from source on, from the site file's folder
  source    ""       manual and edition that the format is from; needed for registers
  interval  ""       what time a slice's counts are of: a part of a second. Without it, and
                     without interval_ms, 200 ms are assumed and every slice says so
                     (interval_unknown)
  silence   "10s"    after this time without an understood line, or without new counts, the
                     portal is reported as degraded; 2 s to 1 m
  of lines
  neutrons  "1s"     what time the counts of a neutron line are of
  buffered  0        how many slices from before an occupancy come in one burst with its first;
                     they are spread backwards, and prove that its beginning was seen
  line      []       the expressions, at most 32, tried in this order
  of registers
  poll      "100ms"  from request to request
  hold      "2s"     how long it stays occupied after its occupied bit is clear
  retries   3        unanswered requests in a row before the link is made anew. Fewer are
                     holes that the counts show; a tenth of a minute's is a degraded portal
  block, point       the map, see below

Lines    match is a regular expression in the syntax of Go, that must match the whole line
         without its end. CR, LF and both end a line; 1024 bytes are the longest. Named groups,
         (?P<gamma1>[0-9]+), are its numbers:
  background  gamma1 to gamma4, neutron1 to neutron4: counts/s, a point is allowed;
              neutron_background_mcps; fault = "NAME" where such a line is one of a fault
  slice       gamma1 to gamma4, neutron1 to neutron4: counts of the interval; interval_ms;
              alarm = true, or a group alarm or alarm_neutron that took part in the match
  neutron     neutron1 to neutron4, interval_ms, alarm
  speed       speed_kmh or speed_mms
  end         counter, neutron_background_mcps
  fault       fault = "NAME" or a group fault; clear = true: all is well again
  ignore      understood, and of no use
         A background with a group gamma1, a slice and an end there must be. An unknown group,
         or one that a kind of line has not, is an error of "acsgd check". A line that nothing
         matches is reported with its offset; so is one whose group holds no number.
         Slices that follow no background on this connection, or a silence, were not seen to
         begin: they are marked truncated.

Worked example: the lines of a TSA portal

` + example + `
Registers  Each block is one request; points lie off registers from its start. Types are bit,
         u16, i16, u32, i32; 32 bits say their order of words. A number is scaled by num/den,
         and must lie between min and max, if they are given.
  occupied                    bit; needed
  gamma1 to gamma4            counts of the interval; one is needed
  background1 to background4  counts/s; one is needed
  neutron1 to neutron4, neutron_background_mcps    both or none; the sum in counts/1000 s
  alarm_gamma, alarm_neutron  bits: the portal's own alarms
  counter                     of objects: a change opens an occupancy; without it the
                              occupied bit does
  elapsed                     the portal's time: the same time is the same counts, one that
                              goes back is a portal started anew. Without it every reading
                              counts, one an interval, and counts that stand still show not
  interval_ms, speed_mms
  tamper, fault_NAME          bits; any number of faults
         A number that is out of its range is a fault of the portal, never a count of nought.
         A fault voids a passage without alarm.

Says     GB, NB backgrounds every 5 s; while occupied GS an interval, NS a second, GA and NA with
         an alarm, SP speed and direction; GX the end; FT, FC a fault and its end, TT, TC the case

Worked example: a file with a register map

` + exampleMap + `
Sources  Go's package regexp (RE2) for the expressions; Modbus application protocol V1.1b3.
`
