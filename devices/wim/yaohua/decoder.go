package yaohua

import "strings"

// Decoder splits a byte stream into frames of one format. Format must be set.
type Decoder struct {
	Format Format

	lay    layout
	offset int64 // of buf[0]
	buf    []byte
	masked [maxLen]byte
	frame  Frame
	noisy  bool  // the run of bytes outside frames has been reported
	quiet  int64 // up to here a false start is part of a frame already reported
}

// Feed decodes p. frame gets each good frame, valid during the call; fail gets what could
// not be understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	if d.lay.n == 0 {
		d.lay = layouts[d.Format]
	}
	d.buf = append(d.buf, p...)
	used := 0
	for {
		n := d.next(d.buf[used:], d.offset+int64(used), frame, fail)
		if n == 0 {
			break
		}
		used += n
	}
	d.drop(used)
}

func (d *Decoder) drop(n int) {
	d.offset += int64(n)
	d.buf = d.buf[:copy(d.buf, d.buf[n:])]
}

// Pending implements weigh.Decoder: every frame tells by itself where it ends.
func (d *Decoder) Pending() bool { return false }

// Flush reports the frame that the end of the stream cut off.
func (d *Decoder) Flush(_ func(*Frame), fail func(offset int64, err error, raw []byte)) {
	if len(d.buf) > 0 && !d.noisy {
		fail(d.offset, errCut, d.buf)
	}
	d.drop(len(d.buf))
	d.noisy = false
}

// next takes one frame or one byte of noise off p and returns its length; 0 asks for more.
func (d *Decoder) next(p []byte, at int64, frame func(*Frame), fail func(int64, error, []byte)) int {
	if len(p) == 0 {
		return 0
	}
	first := p[0] & 0x7F
	if strings.IndexByte(d.lay.start, first) < 0 {
		if first != cr && first != lf && !d.noisy { // some units add line ends
			fail(at, errNoise, p[:1])
			d.noisy = true
		}
		return 1
	}
	if d.lay.skip != nil {
		if n := d.lay.skip(p); n > 0 {
			d.noisy = false
			return n
		}
	}
	n := d.lay.n
	if len(p) < n {
		return 0
	}
	for i, b := range p[:n] {
		d.masked[i] = b & 0x7F
	}
	d.frame = Frame{Raw: p[:n], Offset: at}
	if err := d.lay.parse(d.masked[:n], &d.frame); err != nil {
		if err == errChecksum || at >= d.quiet {
			fail(at, err, p[:n])
			d.quiet = at + int64(n)
		}
		d.noisy = true // what follows up to the next frame is the rest of this one
		return 1
	}
	d.noisy = false
	frame(&d.frame)
	return n
}
