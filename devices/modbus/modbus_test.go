package modbus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"pgregory.net/rapid"

	simio "acsgd/sim/laneio"
)

func TestNewClientRefusesWhatItCannotOpen(t *testing.T) {
	for link, want := range map[string]string{
		"tcp:10.0.0.1:502":                   "want modbus+tcp",
		"modbus+udp:10.0.0.1:502":            "mode",
		"modbus+tcp:10.0.0.1":                "missing port",
		"modbus+tcp:a:502?unit=256":          "unit",
		"modbus+tcp:a:502?timeout=2s":        "timeout",
		"modbus+tcp:a:502?baud=9600":         "unknown parameter",
		"modbus+rtu:/dev/ttyS0?parity=maybe": "parity",
	} {
		if _, err := NewClient(link); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewClient(%q) = %v, want an error with %q", link, err, want)
		}
	}
	for _, link := range []string{"modbus+tcp://a:502?unit=7&timeout=1s", "modbus+rtu:/dev/ttyS0?baud=9600&parity=even&stop=1", "modbus+rtuovertcp:a:4001?baud=9600"} {
		if _, err := NewClient(link); err != nil {
			t.Error(err)
		}
	}
}

// module serves a simulated module on loopback.
func module(t *testing.T) (*simio.Device, *Client) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dev := simio.New(simio.Config{}, nil, time.Now())
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { dev.Serve(ctx, ln, time.Now) })
	c, err := NewClient("modbus+tcp:" + ln.Addr().String() + "?timeout=100ms")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); cancel(); wg.Wait() })
	return dev, c
}

func TestClientAndPDUAgreeWithTheModule(t *testing.T) {
	dev, client := module(t)
	direct := OverPDU(func(req []byte) ([]byte, error) { return dev.PDU(time.Now(), req), nil })
	for name, r := range map[string]Registers{"client": client, "pdu": direct} {
		bits, words := make([]bool, 8), make([]uint16, 2)
		if err := r.ReadBits(t.Context(), Discrete, 0, bits); err != nil || !slices.Equal(bits, []bool{6: true, 7: true}) {
			t.Errorf("%s: inputs %v, %v", name, bits, err)
		}
		if err := r.ReadWords(t.Context(), Input, 0x10, words); err != nil {
			t.Errorf("%s: counters: %v", name, err)
		}
		if err := r.WriteCoils(t.Context(), 2, []bool{false, true}); err != nil {
			t.Errorf("%s: two coils: %v", name, err)
		}
		if err := r.WriteCoils(t.Context(), 2, []bool{true}); err != nil {
			t.Errorf("%s: one coil: %v", name, err)
		}
		if err := r.ReadBits(t.Context(), Coil, 0, bits[:4]); err != nil || !slices.Equal(bits[:4], []bool{false, false, true, true}) {
			t.Errorf("%s: outputs %v, %v", name, bits[:4], err)
		}
		if err := r.WriteWords(t.Context(), 0x20, []uint16{4}); err != nil {
			t.Errorf("%s: word: %v", name, err)
		}
		if err := r.ReadWords(t.Context(), Holding, 0x20, words[:1]); err != nil || words[0] != 4 {
			t.Errorf("%s: word reads back as %d, %v", name, words[0], err)
		}
		if err := r.ReadWords(t.Context(), Holding, 0x99, words); !IsException(err) {
			t.Errorf("%s: unknown address: %v, want an exception", name, err)
		}
		if err := r.WriteWords(t.Context(), 0x99, []uint16{1, 2}); !IsException(err) || errors.Is(err, ErrUnknown) {
			t.Errorf("%s: refused write: %v, want an exception", name, err)
		}
	}
	if n := client.Counters(); n.Exceptions != 2 || n.Opens != 1 {
		t.Errorf("counters %+v, want two exceptions on one connection", n)
	}
}

func TestTheClientReopensAfterEveryFailure(t *testing.T) {
	dev, c := module(t)
	bits := make([]bool, 1)
	for i, f := range []simio.Fault{{Delay: 300 * time.Millisecond}, {Half: true}, {Drop: true}, {WrongUnit: true}} {
		dev.SetFault(f)
		if err := c.ReadBits(t.Context(), Coil, 0, bits); err == nil || IsException(err) {
			t.Errorf("%+v: %v, want a failure", f, err)
		}
		if c.Connected() {
			t.Errorf("%+v: the link is still open", f)
		}
		if err := c.WriteCoils(t.Context(), 3, []bool{true}); !errors.Is(err, ErrUnknown) {
			t.Errorf("%+v: write without an answer: %v, want ErrUnknown", f, err)
		}
		dev.SetFault(simio.Fault{})
		if err := c.ReadBits(t.Context(), Coil, 0, bits); err != nil {
			t.Errorf("after %+v: %v", f, err)
		}
		if got := c.Counters().Opens; got != int64(2*i+3) && got != int64(2*i+2) {
			t.Errorf("after %+v: %d opens", f, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.ReadBits(ctx, Coil, 0, bits); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}

func TestAWriteWaitsForOneReadAtMost(t *testing.T) {
	dev, c := module(t)
	dev.SetFault(simio.Fault{Delay: 20 * time.Millisecond})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for bits := make([]bool, 1); ; {
				select {
				case <-stop:
					return
				default:
					c.ReadBits(t.Context(), Coil, 0, bits)
				}
			}
		})
	}
	var worst time.Duration
	for range 5 {
		at := time.Now()
		if err := c.WriteCoils(t.Context(), 0, []bool{true}); err != nil {
			t.Error(err)
		}
		worst = max(worst, time.Since(at))
	}
	close(stop)
	wg.Wait()
	// Three readers wait before it at most: 4 requests of 20 ms, and slack for a busy machine.
	if worst > 2*time.Second {
		t.Errorf("a write took %v behind three readers", worst)
	}
}

func TestNumbersOfPoints(t *testing.T) {
	img := Image{Words: []uint16{0x0001, 0x86a0, 0xffff, 0xfff6}}
	for _, tc := range []struct {
		name string
		p    Point
		want int64
		ok   bool
	}{
		{"u32, high word first as Moxa", Point{Form: U32, Words: HighFirst}, 100000, true},
		{"u32, low word first as ADAM", Point{Form: U32, Words: LowFirst}, 0x86a00001, true},
		{"i32", Point{Off: 2, Form: I32, Words: HighFirst}, -10, true},
		{"i16", Point{Off: 3, Form: I16}, -10, true},
		{"u16", Point{Off: 3, Form: U16}, 65526, true},
		{"scaled by 1/4 and rounded", Point{Off: 3, Form: I16, Num: 1, Den: 4}, -3, true},
		{"scaled by 5/2", Point{Off: 0, Form: U16, Num: 5, Den: 2}, 3, true},
		{"out of its range", Point{Off: 3, Form: I16, Min: 0, Max: 100}, -10, false},
	} {
		b := &Block{ID: "b", Table: Input, Count: 4}
		if err := tc.p.validate(b); err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if got, ok := tc.p.NumberOf(img); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %d %v, want %d %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
	p := Point{Off: 3, Bit: 1, Invert: true}
	if p.BitOf(img) || !(&Point{Off: 3, Bit: 0, Invert: true}).BitOf(img) || !(&Point{Off: 1, Bit: 0}).BitOf(Image{Bits: []bool{false, true}}) {
		t.Error("bits of words or tables")
	}
}

func TestMapsAreChecked(t *testing.T) {
	const good = `
source = "x"
[[block]]
id = "a"
table = "input"
addr = 16
count = 4
every = "100ms"
[[point]]
name = "p"
block = "a"
off = 2
type = "u32"
words = "low_first"
[[point]]
name = "s"
block = "a"
bit = 15
debounce = "2/3"
counter = "p"
[[action]]
output = "light"
action = "red"
addr = 1
values = [true, false]
safe = true
`
	for change, want := range map[string]string{
		"":                                           "",
		"count = 4/count = 126":                      "count 126",
		"addr = 16/addr = 65534":                     "beyond address",
		`table = "input"/table = "none"`:             "table",
		`id = "a"/id = ""`:                           "no id",
		"off = 2/off = 3":                            "beyond its block",
		`"low_first"/"middle"`:                       "words",
		`"u32"/"u64"`:                                "type",
		"bit = 15/bit = 16":                          "bit 16",
		`"2/3"@"1/3"`:                                "majority",
		`counter = "p"/counter = "q"`:                "counter",
		"safe = true/safe = false":                   "no safe state",
		"values = [true, false]/values = []":         "values",
		"safe = true/interlock = \"!p\"":             "not a bit",
		"safe = true/follow = \"p\"":                 "not a bit",
		"safe = true/write = \"pulse\"\nsafe = true": "pulse cannot be",
	} {
		sep := "/"
		if strings.Contains(change, "@") {
			sep = "@"
		}
		old, new, _ := strings.Cut(change, sep)
		text := strings.Replace(good, old, new, 1)
		var m Map
		_, err := toml.Decode(text, &m)
		if err == nil {
			err = m.Validate()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

func TestConditions(t *testing.T) {
	states := map[string]Truth{"t": True, "f": False}
	for s, want := range map[string]Truth{
		"t": True, "!t": False, "!f": True, "u": Unknown, "!u": Unknown, "t & f": False, "t|f": True,
		"u & f": False, "u & t": Unknown, "u | t": True, "u | f": Unknown,
		"!t | t & !f": True, "!(t | u)": False, "f & u | t": True, "f & (u | t)": False, "!!t": True,
	} {
		e, err := ParseExpr(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if got := e.Eval(func(n string) Truth { return states[n] }); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
	if (*Expr)(nil).Eval(nil) != True {
		t.Error("no condition does not hold")
	}
	for _, s := range []string{"", "a &", "& a", "(a", "a)", "a b", "!", "a && b", "a;b", strings.Repeat("!", 40) + "a", strings.Repeat("a&", 1000) + "a"} {
		if _, err := ParseExpr(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
	e, _ := ParseExpr("b & !a | (b|c)")
	if got := fmt.Sprint(e.Names()); got != "[a b c]" {
		t.Errorf("names %s", got)
	}
}

func FuzzParseExpr(f *testing.F) {
	f.Add("!a & (b | c)")
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := ParseExpr(s); err == nil && len(e.Names()) == 0 {
			t.Errorf("%q is a condition on nothing", s)
		}
	})
}

func TestBankKeepsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBank()
		n := rapid.IntRange(1, 20).Draw(t, "n")
		want := rapid.SliceOfN(rapid.Uint16(), n, n).Draw(t, "v")
		for i := range want {
			b.Set(Holding, uint16(100+i), 0)
		}
		got := make([]uint16, n)
		if err := errors.Join(b.WriteWords(context.Background(), 100, want), b.ReadWords(context.Background(), Holding, 100, got)); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, %v", got, err)
		}
		if err := b.WriteWords(context.Background(), 101, want); !IsException(err) || b.Get(Holding, 100) != want[0] {
			t.Fatalf("a write beyond the end: %v", err)
		}
	})
}
