// Package tracker holds what drivers of GPS trackers and electronic seals share.
//
// What the class promises, for every protocol:
//
//   - every record of a device becomes one Fix, also without a position (valid is false):
//     "alive, but no fix" is news to a transit monitor;
//   - Fix.Time is the device's own time in UTC; records may come hours late and out of
//     order, and the same record may come twice, because a device repeats what was not
//     acknowledged: (Device, Time, position) tells repeats apart;
//   - the device is answered only when its records are durable, so that it keeps the only
//     copy until then; a frame whose checksum, length or counts are wrong is neither
//     stored nor acknowledged, unless the device is set to lenient;
//   - positions that cannot be (0,0, outside the globe) are kept as fixes that are not
//     valid, with the attribute "suspect"; times that cannot be get the origin
//     DeviceUnsynced. Neither is ever mended;
//   - a device that is not on the allow list is refused in the protocol's own way and
//     reported.
package tracker

import (
	"slices"
	"time"

	"acsgd/internal/obs"
)

const (
	first = 1420070400 // 2015-01-01T00:00:00Z: no device of today can have made a record before
	day   = 24 * 60 * 60
)

// Stamp is the stamp of a record that the device dates at. A time more than a day ahead
// of now or before 2015 is not believed (origin DeviceUnsynced), but kept.
func Stamp(now, at time.Time) obs.Stamp {
	s := obs.Stamp{At: obs.Unix(at), Origin: obs.Device}
	if sec := at.Unix(); sec < first || sec > now.Unix()+day {
		s.Origin = obs.DeviceUnsynced
	}
	return s
}

// Place takes a position in 10^-7 degrees. ok is false, and both are 0, where it cannot be
// a position: outside the globe, or (0,0), which devices send instead of "unknown".
func Place(lat, lon int64) (la, lo obs.Degrees, ok bool) {
	if lat < -90e7 || lat > 90e7 || lon < -180e7 || lon > 180e7 || lat == 0 && lon == 0 {
		return 0, 0, false
	}
	return obs.Degrees(lat), obs.Degrees(lon), true
}

// Knots converts a speed in thousandths of a knot to thousandths of a kilometre an hour.
func Knots(milli int64) obs.Milli { return obs.Milli((milli*1852 + 500) / 1000) }

// Allow is the list of devices that may connect, as the site file gives it. The empty list
// lets every device in.
type Allow []string

// Has reports whether the device with this IMEI or terminal number may connect.
func (a Allow) Has(id string) bool { return len(a) == 0 || slices.Contains(a, id) }
