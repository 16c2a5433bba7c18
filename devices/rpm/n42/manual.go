// Package n42 takes documents of ANSI N42.42-2011 that a radiation portal pushes over HTTP or
// that are dropped into a folder, one for each occupancy, and makes of them what a gross count portal would have said line
// by line. See the manual in this file.
package n42

const example = `[[lane.device]]
name     = "rpm-02"
driver   = "rpm/n42"
link     = "listen:0.0.0.0:7092"
station  = "12.40m"                # of the beams, from the lane datum
[lane.device.settings]
path     = "/n42"
allow    = ["10.20.1.0/24"]
`

const manual = `ANSI N42.42-2011 (IEC 62755) documents of radiation portals

Models   Gross count and spectroscopic portals that send a document after each occupancy, with
         a RadMeasurement for each time slice and an OccupancyIndicator in it (Annexes D and E
         of the standard).

Wiring   The portal connects and sends POST or PUT with the document as body; the answer is 200
         once it is durable, 503 if it must be sent again, 422 with the reason if it is of no
         use. Or it, or a program of its maker, writes files into a folder:
             link = "dir:/srv/portal-3?every=1s"
         A file is taken when it is complete: unchanged at two looks, or renamed into the
         folder; names that begin with a dot or end in .part or .tmp are left alone. It goes to
         done/ once it is durable, or to refused/; beside it lies NAME.problems.json with the
         reason. The settings below, except max_body, are of HTTP.

Settings
  path      ""         path that is taken; "" takes every path
  allow     []         addresses or networks that may send; [] lets everybody in
  user      ""         HTTP Basic, with password
  password  ""
  max_body  10485760   bytes of a document at most
  answer    "5s"       how long the portal waits for its answer at most
  idle      "5m"       a connection that is silent for so long is closed

What is taken
  GB, NB    mean of what was measured before the first occupied slice, if that is at least
            5 s; otherwise there is none, and the occupancy is not judged by its counts
  GS, GA    counts of the gamma detectors in each occupied slice, with its length; GA where
            the document has a Gamma alarm at that time, else the last slice has it
  NS, NA    neutron counts, added up to 1 s
  SP        SpeedValue of the measured item
  AA        alarms of any other kind
  DF        a Fault of severity Error or Fatal: the occupancy cannot be judged
  GX        the end; the number counts documents since this program was started
  The document itself is kept as evidence beside the GX.

  Detectors are told apart by the names of the standard's examples: pillar, "a", number, and
  N for neutrons (Aa1, Ba2, Ba1N), two channels a pillar; others in their order. Several on
  one channel add up. Of several energy windows the widest is the count; spectra are added up.

Times    Those of the document. A clock that is wrong is reported as for any instrument.

Quirks   - A document without an occupancy, as of a handheld identifier, is refused and told
           to the health screen: it is uploaded at the secondary inspection.
         - The same document again is answered and not taken twice.
         - What deviates from the standard is tolerated where it can be and reported.
         - Document types and entities are refused; nothing is fetched.

Sources  ANSI N42.42-2011 with its schema 0.0.54 and the examples of Annexes D and E (NIST).
`
