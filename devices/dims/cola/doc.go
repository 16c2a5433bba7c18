// Package cola drives SICK LMS1xx and LMS5xx laser scanners over CoLa B (binary) and
// CoLa A (text) and measures vehicles with them; see the manual of its Driver.
//
// A telegram is "command SP name SP arguments". CoLa B frames it with four STX, a length
// and an XOR over the payload, and packs arguments big-endian; CoLa A frames it with one
// STX and an ETX and writes arguments as hexadecimal tokens. frame.go cuts frames, scan.go
// and fields.go read the scan body of either dialect into one struct, clock.go maps the
// device's microseconds to the host's clock, session.go is the dialogue, sinks.go hands
// scans to the measuring in package profile.
package cola
