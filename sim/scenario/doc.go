// Package scenario describes a day at a simulated checkpoint and what a system that watches
// it must find.
//
// A scenario is a TOML file: lanes, vehicles with their true properties, motion, papers and
// faults of the instruments; and, apart from that truth, what is expected of the software
// under test: the verdict, findings that must and must not appear, the match with the
// declaration, and who lets the vehicle go. Every physical value is a string with its unit.
// Unknown keys and bad values are refused with file and line, all at once.
//
//	name    = "one-lorry"
//	title   = "A legal lorry drives through"
//	seed    = 1
//	lanes   = 1
//
//	[[vehicle]]
//	template = "T11O3"          # sim.Templates
//	load     = 0.9              # 0 empty, 1 the loaded template
//	plate    = "123AB02"
//	trailer  = "12ABC02"
//	goods    = [{ hs = "3926909709", gross = "20t" }]
//
//	  [vehicle.expect]
//	  verdict = "within"
//	  path    = "green"
//
// The scale of a lane, where it is not that of [instruments]:
//
//	[[instruments.lane]]
//	lane   = 1
//	scale  = "wim/modbus"       # or wim/tenso-m, wim/yaohua, ...: see Scale
//	model  = "laumas"           # of wim/modbus; format of wim/yaohua and wim/rice-lake
//	wire   = "modbus+tcp"
//	mode   = "rolling"          # stop, static
//
// And its portal, where it is not rpm/tsa:
//
//	[[instruments.portal]]
//	lane   = 2
//	driver = "rpm/aspect"       # or rpm/generic, rpm/contacts
//
// Load reads a file or a shipped scenario, Plan makes the vehicles of a seed, World lets
// them drive, Gear makes the simulated instruments with their faults, and Judge compares
// what was reported with what was expected. The package knows nothing of the software
// under test: both a run in virtual time and a run on real ports use it.
package scenario
