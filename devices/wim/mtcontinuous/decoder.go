package mtcontinuous

const (
	lockAfter  = 4 // frames of one kind that settle the question of the checksum
	unlockMiss = 3 // bad frames in a row that open it again
)

// Decoder splits a byte stream into frames. Checksum must be set.
type Decoder struct {
	Checksum Checksum

	offset int64 // of buf[0]
	buf    []byte
	masked [fullLen]byte
	frame  Frame
	with   int  // frames in a row with a good checksum
	bare   int  // frames in a row without
	misses int  // bad frames in a row
	noisy  bool // the run of bytes outside frames has been reported
}

// Feed decodes p. frame gets each good frame, valid during the call; fail gets what could
// not be understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	d.buf = append(d.buf, p...)
	used := 0
	for {
		n := d.next(d.buf[used:], d.offset+int64(used), false, frame, fail)
		if n == 0 {
			break
		}
		used += n
	}
	d.offset += int64(used)
	d.buf = d.buf[:copy(d.buf, d.buf[used:])]
}

// Pending reports whether a frame waits for the byte after it: as long as the question of
// the checksum is open, a frame ends only where the next byte is known.
func (d *Decoder) Pending() bool { return len(d.buf) >= bareLen && d.mode() == Auto }

// Flush takes a waiting frame as one without checksum: nothing came after it.
func (d *Decoder) Flush(frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	if !d.Pending() {
		return
	}
	n := d.next(d.buf, d.offset, true, frame, fail)
	d.offset += int64(n)
	d.buf = d.buf[:copy(d.buf, d.buf[n:])]
}

// mode is the checksum setting in force.
func (d *Decoder) mode() Checksum {
	switch {
	case d.Checksum != Auto:
		return d.Checksum
	case d.with >= lockAfter:
		return On
	case d.bare >= lockAfter:
		return Off
	}
	return Auto
}

// next takes one frame or a run of noise off p and returns its length; 0 asks for more.
func (d *Decoder) next(p []byte, at int64, end bool, frame func(*Frame), fail func(int64, error, []byte)) int {
	if len(p) == 0 {
		return 0
	}
	if p[0]&0x7F != stx {
		n := 1
		for n < len(p) && p[n]&0x7F != stx {
			n++
		}
		d.noise(at, p[:n], errNoise, fail)
		return n
	}
	if len(p) < bareLen {
		return 0
	}
	if p[crAt]&0x7F != cr {
		if !d.noisy { // once in a run of bad bytes: any of them may look like STX
			d.miss(at, p[:bareLen], errCR, fail)
		}
		return 1
	}
	mode := d.mode()
	if mode != Off && len(p) < fullLen && !end {
		return 0
	}
	n := min(len(p), fullLen)
	for i := range n {
		d.masked[i] = p[i] & 0x7F
	}
	summed := n == fullLen && mode != Off && sum(d.masked[:bareLen]) == d.masked[bareLen]
	if summed && mode == Auto && d.masked[bareLen] == stx {
		// A checksum of 02, or the STX of the next frame: the place of the next CR tells.
		if len(p) < 2*bareLen && !end {
			return 0
		}
		summed = len(p) < 2*bareLen || p[bareLen+crAt]&0x7F != cr
	}
	switch {
	case summed:
	case mode == On:
		d.miss(at, p[:n], errChecksum, fail)
		return 1
	case mode == Auto && n == fullLen && d.masked[bareLen] != stx:
		// Neither a checksum nor the next frame: one of both is damaged.
		d.miss(at, p[:n], errChecksum, fail)
		return 1
	default:
		n = bareLen
	}
	return d.deliver(p[:n], at, summed, frame, fail)
}

// deliver parses the frame p and hands it on.
func (d *Decoder) deliver(p []byte, at int64, summed bool, frame func(*Frame), fail func(int64, error, []byte)) int {
	d.frame = Frame{Raw: p, Offset: at, Summed: summed}
	if err := parse(d.masked[:bareLen], &d.frame); err != nil {
		d.miss(at, p, err, fail)
		if summed {
			return len(p)
		}
		return 1
	}
	d.misses, d.noisy = 0, false
	if summed {
		d.with, d.bare = d.with+1, 0
	} else {
		d.with, d.bare = 0, d.bare+1
	}
	frame(&d.frame)
	return len(p)
}

// miss reports a bad frame. After a few in a row the question of the checksum is open
// again: the indicator may have been set anew.
func (d *Decoder) miss(at int64, p []byte, err error, fail func(int64, error, []byte)) {
	if d.misses++; d.misses >= unlockMiss {
		d.with, d.bare = 0, 0
	}
	fail(at, err, p)
	d.noisy = true // what follows up to the next frame is the rest of this one
}

// noise reports the first byte of a run outside frames.
func (d *Decoder) noise(at int64, p []byte, err error, fail func(int64, error, []byte)) {
	if !d.noisy {
		fail(at, err, p[:1])
		d.noisy = true
	}
}
