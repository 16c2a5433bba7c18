package match

import "acsgd/internal/plate"

// Learn gives the camera channel after further confirmed passages (decision D23): the
// shell calls it with plates that an officer or independent evidence has confirmed, a
// supervisor puts the result in force with decl.Index.WithChannel. It is pure.
func Learn(ch *plate.Channel, confirmed []plate.Confirmed) *plate.Channel { return ch.Learn(confirmed) }
