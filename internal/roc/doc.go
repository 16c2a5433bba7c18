// Package roc measures how well weak radioactive sources are found, at equal rates of false
// alarms: by the portal's own rule as it is delivered, by the same rule with its threshold
// set for the site, and by our engine. The background is a recorded day of a real portal, or
// the simulator's model of one with its lines, its driver and the engine; sources are
// injected into occupancies without alarm, the same ones for every detector.
package roc
