package dims

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"acsgd/sim"
)

// longest is the longest request that a scanner takes in.
const longest = 4096

// The fault codes that the model sends.
const (
	faultAccess  = 1
	faultMethod  = 2
	faultName    = 3
	faultData    = 5
	faultCommand = 12
	faultEvent   = 15
)

// Feed implements sim.Machine: it answers the host's requests. A scanner understands the
// dialect that it is set to and ignores bytes of the other.
func (s *Scanner) Feed(now time.Time, p []byte, out *sim.Out) {
	s.in = append(s.in, p...)
	for {
		request, n := s.request()
		if n == 0 {
			break
		}
		if request != nil {
			s.answer(now, request, out)
		}
		s.in = append(s.in[:0], s.in[n:]...)
	}
	if len(s.in) > longest {
		s.in = s.in[:0]
	}
}

// request finds the next request in s.in and how many bytes to drop with it.
func (s *Scanner) request() (payload []byte, n int) {
	if s.text {
		from := bytes.IndexByte(s.in, 2)
		if from < 0 {
			return nil, len(s.in)
		}
		to := bytes.IndexByte(s.in[from:], 3)
		if to < 0 {
			return nil, 0
		}
		p := s.in[from+1 : from+to]
		if i := bytes.LastIndexByte(p, 2); i >= 0 {
			p = p[i+1:]
		}
		return p, from + to + 1
	}
	from := bytes.Index(s.in, []byte{2, 2, 2, 2})
	if from < 0 {
		return nil, max(0, len(s.in)-3)
	}
	b := s.in[from:]
	if len(b) < 9 {
		return nil, 0
	}
	size := int(binary.BigEndian.Uint32(b[4:]))
	if size > longest || size == 0 {
		return nil, from + 1
	}
	if len(b) < size+9 {
		return nil, 0
	}
	var sum byte
	for _, c := range b[8 : 8+size] {
		sum ^= c
	}
	if sum != b[8+size] {
		return nil, from + 1
	}
	return b[8 : 8+size], from + size + 9
}

// arguments reads the numbers of a request: tokens in text, else bytes.
type arguments struct {
	text bool
	p    []byte
}

func (a *arguments) next(size int) (v int64, ok bool) {
	if !a.text {
		if len(a.p) < size {
			return 0, false
		}
		for _, b := range a.p[:size] {
			v = v<<8 | int64(b)
		}
		a.p = a.p[size:]
		if size == 4 {
			v = int64(int32(v))
		}
		return v, true
	}
	token, rest, _ := bytes.Cut(a.p, []byte(" "))
	a.p = rest
	base := 16
	if len(token) > 0 && (token[0] == '+' || token[0] == '-') {
		base = 10
	}
	v, err := strconv.ParseInt(string(token), base, 64)
	return v, err == nil
}

// answer carries out one request.
func (s *Scanner) answer(now time.Time, p []byte, out *sim.Out) {
	command, rest, _ := bytes.Cut(p, []byte(" "))
	name, args, _ := bytes.Cut(rest, []byte(" "))
	a := &arguments{text: s.text, p: args}
	switch string(command) {
	case "sRN":
		s.read(now, string(name), out)
	case "sWN":
		s.write(string(name), a, out)
	case "sMN":
		s.call(string(name), a, out)
	case "sEN":
		s.subscribe(now, string(name), a, out)
	default:
		s.fault(faultCommand, out)
	}
}

// reply sends an answer with numbers of the given sizes in bytes.
func (s *Scanner) reply(out *sim.Out, head string, values ...number) {
	if s.text {
		out.Send = append(append(out.Send, 2), head...)
		for _, v := range values {
			out.Send = hexToken(out.Send, uint64(v.v)&(1<<(8*v.size)-1))
		}
		out.Send = append(out.Send, 3)
		return
	}
	from := len(out.Send)
	out.Send = append(out.Send, 2, 2, 2, 2, 0, 0, 0, 0)
	out.Send = append(append(out.Send, head...), ' ')
	for _, v := range values {
		for k := v.size - 1; k >= 0; k-- {
			out.Send = append(out.Send, byte(v.v>>(8*k)))
		}
	}
	out.Send = seal(out.Send, from)
}

type number struct {
	v    int64
	size int
}

func (s *Scanner) fault(code int64, out *sim.Out) {
	if s.text {
		s.reply(out, "sFA", number{code, 2})
		return
	}
	from := len(out.Send)
	out.Send = append(out.Send, 2, 2, 2, 2, 0, 0, 0, 0, 's', 'F', 'A', byte(code>>8), byte(code))
	out.Send = seal(out.Send, from)
}

func (s *Scanner) replyText(out *sim.Out, head, text string) {
	if s.text {
		out.Send = append(append(out.Send, 2), head...)
		out.Send = append(hexToken(out.Send, uint64(len(text))), ' ')
		out.Send = append(append(out.Send, text...), 3)
		return
	}
	from := len(out.Send)
	out.Send = append(out.Send, 2, 2, 2, 2, 0, 0, 0, 0)
	out.Send = append(append(out.Send, head...), ' ', byte(len(text)>>8), byte(len(text)))
	out.Send = seal(append(out.Send, text...), from)
}

func (s *Scanner) read(now time.Time, name string, out *sim.Out) {
	switch name {
	case "FirmwareVersion":
		s.replyText(out, "sRA FirmwareVersion", s.model.firmware)
	case "DeviceIdent":
		s.replyText(out, "sRA DeviceIdent", s.model.name)
	case "LocationName":
		s.replyText(out, "sRA LocationName", "not defined")
	case "SCdevicestate":
		s.reply(out, "sRA SCdevicestate", number{0, 1}) // as the recorded healthy units answered
	case "STlms":
		s.reply(out, "sRA STlms", number{7, 2}, number{0, 1})
	case "ODoprh":
		s.reply(out, "sRA ODoprh", number{1085, 4})
	case "ODpwrc":
		s.reply(out, "sRA ODpwrc", number{98, 4})
	case "LIDinputstate":
		s.reply(out, "sRA LIDinputstate", number{0, 4}, number{0, 4})
	case "LMPoutputRange":
		s.reply(out, "sRA LMPoutputRange", number{1, 2}, number{int64(s.stepUnits()), 4},
			number{int64(math.Round(s.model.start * 10000)), 4}, number{int64(math.Round(s.model.stop * 10000)), 4})
	case "LMDscandata":
		if s.boot.IsZero() {
			s.boot = now.Add(-2 * time.Hour)
		}
		s.placed = s.scene.At(s.placed[:0], now)
		s.counter++
		s.telegrams++
		s.cast()
		out.Send = s.telegram(out.Send, "sRA", now)
	default:
		s.fault(faultName, out)
	}
}

func (s *Scanner) write(name string, a *arguments, out *sim.Out) {
	switch name {
	case "EIHstCola":
		v, ok := a.next(1)
		if !ok {
			s.fault(faultData, out)
			return
		}
		s.reply(out, "sWA EIHstCola") // still in the old dialect
		s.text = v == 0
		return
	case "LMDscandatacfg":
		if s.level < 2 {
			s.fault(faultAccess, out)
			return
		}
		s.content(a, out)
		return
	case "LMPoutputRange", "TSCRole", "TSCTCInterface", "LICencset", "LICencres", "LICsrc":
		s.reply(out, "sWA "+name)
		return
	}
	s.fault(faultName, out)
}

// content reads what a scan shall hold: channels, remission, ..., every n-th scan.
func (s *Scanner) content(a *arguments, out *sim.Out) {
	sizes := []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}
	var v [12]int64
	for i, size := range sizes {
		var ok bool
		if v[i], ok = a.next(size); !ok {
			s.fault(faultData, out)
			return
		}
	}
	s.remission = v[2] != 0 && s.model.remission
	s.every = int(max(1, v[11]))
	s.encoder = v[5] != 0 && s.cfg.Encoder != 0
	s.reply(out, "sWA LMDscandatacfg")
}

func (s *Scanner) call(name string, a *arguments, out *sim.Out) {
	switch name {
	case "SetAccessMode":
		level, ok := a.next(1)
		hash, ok2 := a.next(4)
		var done int64
		if ok && ok2 && ((level == 3 && uint32(hash) == 0xF4724744) || (level == 2 && uint32(hash) == 0xB21ACE26)) {
			s.level, done = byte(level), 1
		}
		s.reply(out, "sAN SetAccessMode", number{done, 1})
	case "LMCstartmeas":
		s.reply(out, "sAN LMCstartmeas", number{0, 1})
	case "LMCstopmeas", "LMCstandby":
		s.sending = false
		s.reply(out, "sAN "+name, number{0, 1})
	case "Run":
		s.level = 0
		s.reply(out, "sAN Run", number{1, 1})
	case "mEEwriteall":
		s.reply(out, "sAN mEEwriteall", number{1, 1})
	case "mLMPsetscancfg":
		s.setScan(a, out)
	default:
		s.fault(faultMethod, out)
	}
}

func (s *Scanner) setScan(a *arguments, out *sim.Out) {
	hz, ok := a.next(4)
	_, ok2 := a.next(2)
	step, ok3 := a.next(4)
	if !ok || !ok2 || !ok3 || hz < 100 || hz > 20000 || step < 200 || step > 50000 {
		s.fault(faultData, out)
		return
	}
	// The device rounds the asked step to the fraction that its mirror gives.
	resolution := math.Round(float64(step)*24/10000) / 24
	s.setFan(float64(hz)/100, resolution)
	s.reply(out, "sAN mLMPsetscancfg", number{0, 1}, number{hz, 4}, number{1, 2}, number{step, 4},
		number{int64(s.model.start * 10000), 4}, number{int64(s.model.stop * 10000), 4})
}

func (s *Scanner) subscribe(now time.Time, name string, a *arguments, out *sim.Out) {
	on, ok := a.next(1)
	switch {
	case !ok:
		s.fault(faultData, out)
	case name == "LMDscandata":
		s.reply(out, "sEA LMDscandata", number{on, 1})
		if s.sending = on != 0; s.sending {
			s.begin(now)
		}
	case name == "LFErec", name == "LIDoutputstate", name == "LIDinputstate":
		s.reply(out, "sEA "+name, number{on, 1})
	default:
		s.fault(faultEvent, out)
	}
}
