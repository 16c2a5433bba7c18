package radiation

// Config overrides what the portal says about itself. The zero value follows the portal.
type Config struct {
	K      int32  `json:"k,omitempty"`      // alarm threshold in milli-sigma; 0 = the portal's (SG1), else the default of its firmware
	Window int    `json:"window,omitempty"` // slices in the alarm window; 0 = the portal's, else 5
	Mask   string `json:"mask,omitempty"`   // groups that alarm: sum, horizontal, vertical, single as "1010"; "" = the portal's, else "1010"
	// Buffered is how many slices from before an occupancy the portal sends with its first
	// one: 0 = 5, negative = none.
	Buffered int `json:"buffered,omitempty"`
}

// IsMask reports whether s can be a Config's Mask.
func IsMask(s string) bool {
	_, ok := parseMask(s)
	return ok
}

// The portal's own defaults. K of the four-window firmware is inferred: no capture of it
// holds a setup block, and 4.0 reproduces 675 of 675 alarm flags.
const (
	defaultK        = 5000
	defaultKWindows = 4000
	defaultWindow   = 5
	maxWindow       = 50
	maxK            = 99_900
	defaultMask     = sums | vertical
	defaultSteps    = 3
	defaultInterval = 200 // ms
)

// The parts of the algorithm mask.
const (
	sums uint8 = 1 << iota
	horizontal
	vertical
	singles
)

// settings are what the portal has said in SG1, SG2, SG3 and SN1; 0 = not said.
type settings struct {
	K        int32 `json:"k,omitempty"`
	Window   int   `json:"window,omitempty"`
	Mask     uint8 `json:"mask,omitempty"`
	HasMask  bool  `json:"has_mask,omitempty"`
	Steps    int   `json:"steps,omitempty"`
	Windowed bool  `json:"windowed,omitempty"` // lines of the four-window firmware were seen
	Average  int   `json:"average,omitempty"`  // s that a background is the mean of
	Hold     int   `json:"hold,omitempty"`     // slices that the portal stays occupied behind a vehicle
	Online   uint8 `json:"online,omitempty"`   // panels
}

// take reads one setup line; a field that makes no sense leaves the old value.
func (s *settings) take(tag string, f []string) {
	switch {
	case tag == "SG1" && len(f) >= 5:
		if w, ok := natural(f[2]); ok && w >= 1 && w <= maxWindow {
			s.Window = w
		}
		if h, ok := natural(f[3]); ok && h <= maxWindow {
			s.Hold = h
		}
		if k, ok := milli(f[4]); ok && k > 0 && k <= maxK {
			s.K = k
		}
	case tag == "SG2" && len(f) >= 5:
		if m, ok := parseMask(f[4]); ok {
			s.Mask, s.HasMask = m, true
		}
		if m, ok := parseMask(f[0]); ok {
			s.Online = m
		}
	case tag == "SG3" && len(f) >= 3:
		if t, ok := natural(f[2]); ok && t >= 1 && t <= 3600 {
			s.Average = t
		}
	case tag == "SN1" && len(f) >= 2:
		if n, ok := natural(f[1]); ok && n >= 1 {
			s.Steps = n
		}
	}
}

// force gives the test's parameters: the configuration's, else the portal's, else defaults.
func (s *settings) force(c Config) (k int32, window int, mask uint8) {
	k, window, mask = defaultK, defaultWindow, defaultMask
	if s.Windowed {
		k = defaultKWindows
	}
	if s.K > 0 {
		k = s.K
	}
	if s.Window > 0 {
		window = s.Window
	}
	if s.HasMask {
		mask = s.Mask
	}
	if c.K > 0 && c.K <= maxK {
		k = c.K
	}
	if c.Window > 0 && c.Window <= maxWindow {
		window = c.Window
	}
	if m, ok := parseMask(c.Mask); ok {
		mask = m
	}
	return k, window, mask
}

func (s *settings) steps() int {
	if s.Steps > 0 {
		return s.Steps
	}
	return defaultSteps
}

// defaultHold is how long in ms where SG1 has not said it.
const defaultHold = 2000

// hold is how long the portal stays occupied behind a vehicle, in ms.
func (s *settings) hold() int32 {
	if s.Hold > 0 {
		return int32(s.Hold) * 200
	}
	return defaultHold
}

func (c *Config) buffered() int {
	switch {
	case c.Buffered < 0:
		return 0
	case c.Buffered == 0:
		return 5
	}
	return c.Buffered
}

// average is the seconds that a background line is the mean of.
func (s *settings) average() int {
	if s.Average > 0 {
		return s.Average
	}
	return defaultAverage
}

// parseMask reads "SHVI" as four bits.
func parseMask(f string) (uint8, bool) {
	if len(f) != 4 {
		return 0, false
	}
	var m uint8
	for i := range 4 {
		switch f[i] {
		case '1':
			m |= 1 << i
		case '0':
		default:
			return 0, false
		}
	}
	return m, true
}

// maskText writes what parseMask reads.
func maskText(m uint8) string {
	b := []byte("0000")
	for i := range b {
		b[i] += m >> i & 1
	}
	return string(b)
}

func natural(f string) (int, bool) {
	if f == "" || len(f) > 6 {
		return 0, false
	}
	v := 0
	for i := range len(f) {
		if f[i] < '0' || f[i] > '9' {
			return 0, false
		}
		v = v*10 + int(f[i]-'0')
	}
	return v, true
}

// milli reads "05.0" as 5000.
func milli(f string) (int32, bool) {
	v, place, dot := int32(0), int32(1000), false
	if f == "" || len(f) > 6 {
		return 0, false
	}
	for i := range len(f) {
		switch c := f[i]; {
		case c == '.' && !dot:
			dot = true
		case c < '0' || c > '9':
			return 0, false
		case dot:
			place /= 10
			v += int32(c-'0') * place
		default:
			v = v*10 + int32(c-'0')*1000
		}
	}
	return v, true
}
