package radiation

// Unfit says why nothing can be learned of a vehicle's shadow from an occupancy; "" is that
// it can. Whether the vehicle was clean, and has been let go, is another question.
func Unfit(o *Occupancy) string {
	switch {
	case o.Open:
		return "not over"
	case o.VendorAlarm:
		return "alarm of the portal"
	case o.NeutronAlarm:
		return "neutron alarm"
	case o.GammaAlarm:
		return "gamma alarm of our own test"
	case o.Fault != "":
		return o.Fault
	case o.Truncated:
		return "truncated"
	case !o.HasBG || sum(o.Background) <= 0:
		return "no background"
	case o.Guarded:
		return "background implausibly low"
	case o.Thinned > 0:
		return "too long"
	case len(o.Slices) < leastSlices:
		return "too short"
	}
	return ""
}
