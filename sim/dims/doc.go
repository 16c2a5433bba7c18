// Package dims is a simulated vehicle profiler: a laser scanner above a lane that casts
// its fan into a sim.Scene and sends what it sees as SICK CoLa telegrams, binary (CoLa B)
// or text (CoLa A), after the dialogue that real scanners hold.
//
// Written from the telegram description (SICK 8014631) and recorded sessions alone; it
// shares no code with the driver.
//
//	scene --parts in the plane--> cast (7 rays a beam) --mm--> telegram --bytes--> host
package dims
