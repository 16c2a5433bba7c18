// Package weigh turns an indicator's samples into observations. It is what all weighing
// drivers share behind their protocol.
//
// In stream mode (Env.Stream, "acsgd decode") every sample is one Weighing with its
// indicated value. In mode "axles" fast samples of a platform that carries one axle at a
// time become one Weighing an axle, as soon as the axle has left the platform, and one for
// the whole vehicle (Axle 0) with the raw trace as evidence. In mode "static" each
// occupation of a platform that carries a whole vehicle becomes one Weighing.
package weigh
