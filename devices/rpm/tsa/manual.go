// Package tsa reads the line stream of TSA and Rapiscan gross-count portals: the VM-250
// family behind SC-770 and SC-775 controllers, over TCP or a serial line, and the daily
// files that such portals leave behind. See the manual in this file.
package tsa

const example = `[[lane.device]]
name     = "rpm-01"
driver   = "rpm/tsa"
link     = "tcp:10.20.1.31:1600"   # or "serial:/dev/ttyS2?baud=9600"
station  = "12.40m"                # of the beams, from the lane datum
[lane.device.settings]
silence  = "10s"
`

const manual = `TSA / Rapiscan line stream (VM-250 family)

Models   VM-250 vehicle portals and others behind SC-770 / SC-775 controllers; two or four
         gamma panels, up to four neutron channels, firmware with or without four energy
         windows.

Wiring   TCP: the controller or its serial server listens (1600 in the vendor's simulator,
         1601 elsewhere); this driver connects and only reads. Many serial servers serve
         one client: do not connect a second program.
         Serial: RS-232 from the controller, 9600 8N1 unless set otherwise, 4800 to 115200.

Settings
  silence  "10s"  a portal owes a background line every 5 s, or slices; after this time
                  without an understood line it is reported as degraded, after three times as
                  long the link is made anew; "0s" switches the watch off
  date     ""     day of a daily file whose time column has no date, "2026-01-15"
  zone     ""     offset from UTC of such a file, "+05:00"; empty is UTC
         Our own gamma test follows what the portal says of itself in SG1 and SG2. The table
         [lane.device.radiation], of portals of any driver, overrides it: k (sigma), window
         (slices), mask (sum, horizontal, vertical, single as "1010"), buffered (slices from
         before an occupancy that come with its first one; 5 unless the driver knows better).

Lines    7-bit ASCII, fields between commas, CR LF (CR or LF alone are accepted), counts of
         exactly six digits. A malformed line is reported with its offset and dropped.
  NB,000000,000000,000000,000000     neutron background, counts/s, every 5 s while vacant
  GB,000383,000389,000432,000423     gamma background (GH, GL: too high, too low; NH neutron)
  SP,0.1314,05.189,008.35,000000     beam time s, mph, km/h; 99.999 mph is no speed
  NS,000001,000000,000001,000000     neutron counts of 1 s (NA: with the portal's alarm)
  GS,000063,000058,000051,000078     gamma counts of 0.2 s (GA: with the portal's alarm)
  GX,000637,002566,000000,000000     end: occupancy counter, neutron background in counts/1000 s
  TT / TC                            case opened / closed
  SG1 SG2 SG3 SN1 SN2                settings, after power-up
  NB1 NC NX NZ AB1 AR AC AS AX AM RW numbers of the four-window firmware, kept times 10^8
  AA                                 its energy alarm, kept as sent
         Unknown tags are counted and handed on with their fields as sent.
         Panels are master lower, master upper, slave lower, slave upper.

Times    The wire carries none: a line is stamped at its arrival. An occupancy begins with
         about five buffered slices and the current one in one burst; slice i of n is
         stamped 0.2 s times (n-i) before the last. Daily files append a column with the
         time (HH-MM-SS.mmm, or date, time and offset); then that is the time. A file
         without times, read by "decode", advances by the portal's rhythm: 0.2 s a slice,
         5 s a background, 4.86 s from an end line to the next background.

Quirks   - The next vehicle may follow a GX at once, without a background line between.
         - The counter runs over midnight and restarts at 1 with the controller.
         - NB is cut to whole counts; the true neutron background is in NB1 or GX.
         - A connection that begins inside an occupancy marks its slices "truncated".
         - A second field such as "Aa1" is a spectroscopic portal's file: refused.

Sources  Sample captures of EYamamotoRapiscan/RPM-Simulator and Daily-File-Reader (Rapiscan
         Labs, MIT); sandialabs/SRLS (MIT); the Rapiscan driver of
         Botts-Innovative-Research/osh-oakridge-modules (MPL-2.0); a public daily file.
`
