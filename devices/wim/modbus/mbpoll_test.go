package modbus_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	bus "acsgd/devices/modbus"
	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/checkpoint"
	simbus "acsgd/sim/modbus"
	simwim "acsgd/sim/wim"
)

// mbpoll is a Modbus client by others: what it reads of our simulated transmitter is what
// an instrument would say, and what our client reads must be the same.
func mbpoll(t *testing.T, args ...string) map[int]int64 {
	t.Helper()
	out, err := exec.Command("mbpoll", append([]string{"-0", "-1", "-o", "2"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("mbpoll %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	got := map[int]int64{}
	for _, l := range regexp.MustCompile(`(?m)^\[(\d+)\]:\s+(\S+)`).FindAllStringSubmatch(string(out), -1) {
		at, err := strconv.Atoi(l[1])
		v, verr := strconv.ParseInt(l[2], 0, 64)
		if err != nil || verr != nil {
			t.Fatalf("mbpoll says %q", l[0])
		}
		got[at] = v
	}
	return got
}

func needMbpoll(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("mbpoll is not asked of a short run")
	}
	if _, err := exec.LookPath("mbpoll"); err != nil {
		t.Fatalf("mbpoll is missing (Debian package mbpoll; make test installs it): %v", err)
	}
}

func TestMbpollReadsOurTransmitters(t *testing.T) {
	needMbpoll(t)
	for _, c := range []struct {
		layout simwim.Layout
		kg     int64
		first  int // of the words
		words  []int64
		gross  int // where 32 bits are
	}{
		{simwim.Laumas, 18420, 6, []int64{0x0800, 0, 18420, 0, 18420}, 7},
		{simwim.WTX, 100_000, 0, []int64{1, 0x86A0, 1, 0x86A0, 0, 0}, 2},
		{simwim.PT113, 70_000, 0, []int64{1, 0x1170, 2, 0, 0, 1, 0x1170}, 5},
	} {
		m := steady()
		m.Capacity = 200 * quant.Tonne
		x := simwim.NewTransmitter(c.layout, m, load(quant.Kg(c.kg)))
		link := serve(t, simbus.TCP(x), "modbus+tcp")
		port := link[strings.LastIndexByte(link, ':')+1:]
		client, err := bus.NewClient(link)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		ours := make([]uint16, len(c.words))
		for limit := time.Now().Add(10 * time.Second); (ours[0] == 0 || x.Moving()) && time.Now().Before(limit); { // it comes to rest in a second
			if err := client.ReadWords(t.Context(), bus.Holding, uint16(c.first), ours); err != nil {
				t.Fatal(err)
			}
		}
		client.Close() // an instrument serves one host
		hex := mbpoll(t, "-m", "tcp", "-p", port, "-a", "1", "-t", "4:hex", "-r", fmt.Sprint(c.first), "-c", fmt.Sprint(len(c.words)), "127.0.0.1")
		for i, want := range c.words {
			if theirs := hex[c.first+i]; theirs != want || int64(ours[i]) != want {
				t.Errorf("%s, register %d: mbpoll reads %#x, our client %#x, want %#x", c.layout, c.first+i, theirs, ours[i], want)
			}
		}
		ints := mbpoll(t, "-m", "tcp", "-p", port, "-a", "1", "-t", "4:int", "-B", "-r", fmt.Sprint(c.gross), "127.0.0.1")
		if ints[c.gross] != c.kg {
			t.Errorf("%s: mbpoll reads %d kg, want %d", c.layout, ints[c.gross], c.kg)
		}
	}
}

func TestMbpollReadsOurTransmitterOnASerialLine(t *testing.T) {
	needMbpoll(t)
	x := simwim.NewTransmitter(simwim.Laumas, steady(), load(quant.Kg(18420)))
	x.SetUnit(7)
	var w checkpoint.Wires
	link, err := w.Serial(simbus.RTU(x, 115200))
	if err != nil {
		t.Fatal(err)
	}
	running(t, &w)
	path, _, _ := strings.Cut(strings.TrimPrefix(link, "serial:"), "?")
	args := []string{"-m", "rtu", "-a", "7", "-b", "115200", "-P", "none", "-t", "4:int", "-B", "-r", "7", "-c", "2"}
	var got map[int]int64
	for n := 0; n < 20 && got[7] != 18420; n++ { // the platform comes to rest
		got = mbpoll(t, append(args, path)...)
	}
	if got[7] != 18420 || got[9] != 18420 {
		t.Errorf("mbpoll reads %v, want 18420 twice", got)
	}
}

func TestMbpollIsRefusedAsAnInstrumentRefuses(t *testing.T) {
	needMbpoll(t)
	x := simwim.NewTransmitter(simwim.Laumas, steady(), load(0))
	link := serve(t, sim.Machine(simbus.TCP(x)), "modbus+tcp")
	port := link[strings.LastIndexByte(link, ':')+1:]
	for what, args := range map[string][]string{
		"Illegal data value":   {"-t", "4", "-r", "0", "-c", "33"}, // a Laumas gives 32
		"Illegal data address": {"-t", "4", "-r", "30", "-c", "20"},
		"Illegal function":     {"-t", "3", "-r", "0", "-c", "1"},
		"Connection timed out": {"-t", "4", "-r", "0", "-c", "1", "-a", "9"},
	} {
		all := append([]string{"-0", "-1", "-o", "0.5", "-m", "tcp", "-p", port}, args...)
		out, _ := exec.Command("mbpoll", append(all, "127.0.0.1")...).CombinedOutput() // its exit code says little
		if !strings.Contains(string(out), what) {
			t.Errorf("mbpoll %v: %s, want %q", args, out, what)
		}
	}
}
