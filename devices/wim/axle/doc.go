// Package axle weighs rolling vehicles axle by axle: it turns the samples of one platform
// that carries one axle at a time into axles and whole vehicles.
//
// It is pure: no clock, no goroutine, no I/O, and equal samples give equal results, so
// Replay computes a journaled weighing again from its trace.
//
//	samples ─ zero tracking ─ segments ─ passes ─ axles ─ vehicle
//
// Zero: median of the means of quarter-second blocks of the empty platform; frozen while
// they move by more than three divisions in a second and while a vehicle passes.
//
// Segments: a load above On (or five sigma of the noise) opens one, a load below Off for
// 20 ms closes it; a dip below 60 % of both sides splits it, which separates axles whose
// gap is shorter than the hold.
//
// Passes: both edges are interpolated to half of the plateau; there the middle of the
// tyre's contact patch stands over the platform's edge, so the speed is the platform's
// length over the time between. The mean of the plateau between them is a first estimate.
// A fit of all samples from the first touch to the last improves edges, speed and load
// together: it knows how platform and filter answer, and takes bounce and hop out (see
// rolled.go). Where it does not explain the samples, or the axle took longer than 1.2 s, the
// mean stands, or a Hann-weighted mean where the plateau holds two bounces. A vehicle that
// stops on the platform is weighed at rest.
//
// Axles of one vehicle help each other forwards only: what an axle has told of the body's
// frequency, the tyres and the platform is known to the next. An axle is never corrected
// after it was given: nobody has to unsay a load, and the gain would be a tenth to a fifth of the
// error.
//
// Axles: after a stop the next load on the platform may be the next axle, the same one
// coming back, or the one before that rolled back. Package axle follows all explanations
// and emits an axle as soon as the likely ones agree; without a stop there is only one and
// the axle is emitted when it has left the platform.
//
// Vehicle: when no axle came for the vehicle gap, or when End is called. The gross mass is
// the exact sum of the rounded axle masses.
//
// All times refer to the moment when the middle of an axle's contact patch passes the edge
// of the platform that it enters by (On) and leaves by (Off). A platform cannot tell two
// vehicles apart that follow closer than the vehicle gap: call End from the loop, or let
// the lane divide the axles.
package axle
