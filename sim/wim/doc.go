// Package wim simulates an axle platform and the indicators that read it.
//
// Signal turns the vehicles of a sim.Scene into the load that the indicator sees: wheels
// that roll on and off, the body's bounce and the axles' hop, the platform's own
// vibration, the filter, noise, zero drift and quantisation. The indicators speak that
// load in the bytes of real protocols; their encoders are written from the protocol
// documents and share nothing with the drivers.
//
// The platform begins at Model.Station: an axle is half on when its middle is there.
//
// Signal model: F = w (1 + db sin(2 pi fb t + phi) + dh sin(2 pi fh t + psi)) with
// fb 1.5 to 4 Hz, fh 8 to 15 Hz and amplitudes that grow with speed; second order
// platform, 25 to 45 Hz, damping 0.03 to 0.08; one pole filter.
package wim
