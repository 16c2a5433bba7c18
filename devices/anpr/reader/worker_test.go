package reader

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// TestMain lets the test binary be the child, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		var open func(string) (Engine, error)
		if os.Getenv("FAKE_ABSENT") == "" {
			open = openFake
		}
		if err := Work(open); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "parent" {
		os.Exit(parent())
	}
	os.Exit(m.Run())
}

// picture is a PNG header with words behind it that tell the fake engine what to do:
// "TEXT 0.9 OTHER 0.05" are candidates, "none" is no plate, "error WHY" cannot be read, and
// crash, segv, hang, eat, chatter, pid are what they say.
func picture(words string) []byte {
	p := []byte("\x89PNG\r\n\x1a\n")
	p = binary.BigEndian.AppendUint32(p, 13)
	head := append([]byte("IHDR"), 0, 0, 0, 100, 0, 0, 0, 30, 8, 0, 0, 0, 0)
	p = append(p, head...)
	p = binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(head))
	return append(p, words...)
}

const pictureHead = 33

// fake stands for the engine with OpenCV.
type fake struct{ eaten [][]byte }

func openFake(dir string) (Engine, error) {
	if dir == "missing" {
		return nil, errors.New("no model file in missing")
	}
	return &fake{}, nil
}

// Close implements Engine.
func (*fake) Close() error { return nil }

// Read implements Engine.
func (f *fake) Read(j *Job) Answer {
	words := strings.Fields(string(j.Picture[pictureHead:]))
	a := Answer{Engine: "fake", Micros: 1}
	if len(words) == 0 {
		return a
	}
	switch words[0] {
	case "none":
	case "error":
		a.Error = strings.Join(words[1:], " ")
	case "crash":
		fmt.Fprintln(os.Stderr, "terminate called after throwing an instance of 'cv::Exception'")
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case "segv":
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		time.Sleep(time.Hour)
	case "hang":
		for { // as C++ does: it looks at nothing
			time.Sleep(time.Hour)
		}
	case "eat":
		for {
			f.eaten = append(f.eaten, bytes.Repeat([]byte{1}, 16<<20))
		}
	case "chatter":
		fmt.Print("a library greets on standard output")
		return f.Read(&Job{Picture: picture("CHATTER 0.9")})
	case "pid":
		a.Plates = []Plate{{Text: strconv.Itoa(os.Getpid())}}
	case "crop":
		a.Plates = []Plate{{Text: "CROP" + strconv.FormatBool(j.Crop) + strconv.Itoa(j.Region.W) + strings.Join(j.Site, "") + j.Engine, Crop: []byte("\xff\xd8\xff jpeg")}}
	default:
		a.Plates = []Plate{plateOf(words...)}
		a.Plates[0].Crop = []byte("\xff\xd8\xff of " + words[0])
	}
	return a
}

// plateOf makes a plate of candidates: text and probability in turn, the likeliest first.
func plateOf(words ...string) Plate {
	p := Plate{Text: words[0]}
	for i := 0; i+1 < len(words); i += 2 {
		v, err := strconv.ParseFloat(words[i+1], 64)
		if err != nil {
			panic(err)
		}
		p.Candidates = append(p.Candidates, obs.Candidate{Text: words[i], P: quant.ProbOf(v)})
	}
	p.Confidence = p.Candidates[0].P
	for _, c := range p.Text {
		p.Chars = append(p.Chars, obs.Char{C: string(c), P: p.Confidence})
	}
	return p
}

func newChild(t *testing.T, l Limits) (*Child, *[]error) {
	t.Helper()
	open, err := line.Parse(Self)
	if err != nil {
		t.Fatal(err)
	}
	var crashes []error
	c := NewChild(open, l)
	c.Crashed = func(err error) { crashes = append(crashes, err) }
	t.Cleanup(func() { c.Close() })
	return c, &crashes
}

func read(t *testing.T, c *Child, words string) Answer {
	t.Helper()
	a, err := c.Read(t.Context(), &Job{Picture: picture(words)})
	if err != nil {
		t.Fatalf("Read of %q: %v", words, err)
	}
	return a
}

func first(t *testing.T, a Answer) string {
	t.Helper()
	if len(a.Plates) == 0 {
		t.Fatalf("no plate, error %q", a.Error)
	}
	return a.Plates[0].Text
}

func TestChildReads(t *testing.T) {
	c, crashes := newChild(t, Limits{})
	a := read(t, c, "123ABC02 0.9 123A8C02 0.05")
	p := a.Plates[0]
	if p.Text != "123ABC02" || p.Confidence != 900_000 || len(p.Chars) != 8 || len(p.Candidates) != 2 || string(p.Crop) != "\xff\xd8\xff of 123ABC02" || a.Engine != "fake" {
		t.Errorf("answer %+v", a)
	}
	a, err := c.Read(t.Context(), &Job{Picture: picture("crop"), Crop: true, Region: Region{1, 2, 3, 4}, Site: []string{"KZ", "KG"}, Engine: "own"})
	if err != nil || first(t, a) != "CROPtrue3KZKGown" {
		t.Errorf("what is asked arrives as %+v, %v", a, err)
	}
	if got := first(t, read(t, c, "chatter")); got != "CHATTER" {
		t.Errorf("after chatter on standard output: %q", got)
	}
	if a := read(t, c, "error blurred"); a.Error != "blurred" || len(a.Plates) != 0 {
		t.Errorf("answer %+v, want its error", a)
	}
	pid := first(t, read(t, c, "pid"))
	if again := first(t, read(t, c, "pid")); again != pid {
		t.Errorf("process %s, then %s: want one child for all", pid, again)
	}
	if len(*crashes) != 0 {
		t.Errorf("crashes %v", *crashes)
	}
}

func TestWrongPicturesDoNotReachTheChild(t *testing.T) {
	c := NewChild(func(context.Context) (line.Conn, error) { t.Error("a child is started"); return nil, errors.New("no") }, Limits{})
	bomb := picture("")
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	for name, p := range map[string][]byte{"text": []byte("hello"), "empty": nil, "bomb": bomb, "cut": {0xFF, 0xD8, 0xFF, 0xE0},
		"huge": append(picture(""), make([]byte, MaxPicture)...)} {
		if a, err := c.Read(t.Context(), &Job{Picture: p}); err != nil || a.Error == "" {
			t.Errorf("%s: %+v, %v, want an answer with an error", name, a, err)
		}
	}
}

func TestAPictureThatEndsTheChildTwiceIsGivenUp(t *testing.T) {
	for word, want := range map[string]*regexp.Regexp{
		"crash": regexp.MustCompile("signal: killed: terminate called"),
		"segv":  regexp.MustCompile("SIGSEGV"),
		"hang":  regexp.MustCompile("no answer within"),
		// Where the limit meets the runtime's own bookkeeping, it dies before it can say why.
		"eat": regexp.MustCompile("out of memory|SIGSEGV"),
	} {
		t.Run(word, func(t *testing.T) {
			c, crashes := newChild(t, Limits{Read: time.Minute, Memory: 256 << 20})
			if word == "hang" {
				c.limits.Read = 2 * time.Second
			}
			_, err := c.Read(t.Context(), &Job{Picture: picture(word)})
			e, ok := errors.AsType[*GivenUpError](err)
			if !ok || e.SHA256 != obs.BlobOf("", picture(word)).SHA256 || !want.MatchString(err.Error()) {
				t.Fatalf("Read = %v, want that the picture is given up, with %q", err, want)
			}
			if len(*crashes) != attempts {
				t.Errorf("crashes %v, want %d", *crashes, attempts)
			}
			if got := first(t, read(t, c, "AFTER 0.9")); got != "AFTER" {
				t.Errorf("the next picture gives %q", got)
			}
			before := len(*crashes)
			if _, err := c.Read(t.Context(), &Job{Picture: picture(word)}); !errors.As(err, &e) || len(*crashes) != before {
				t.Errorf("the same picture again: %v with %d further crashes, want it remembered", err, len(*crashes)-before)
			}
		})
	}
}

func TestAChildThatIsKilledIsReplaced(t *testing.T) {
	c, crashes := newChild(t, Limits{})
	pid, err := strconv.Atoi(first(t, read(t, c, "pid")))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Ended():
	case <-time.After(time.Minute):
		t.Fatal("the end of an idle child is not noticed")
	}
	if got := first(t, read(t, c, "NEXT 0.8")); got != "NEXT" || len(*crashes) != 1 {
		t.Errorf("the next picture gives %q after crashes %v", got, *crashes)
	}
}

func TestPausesGrowUntilAnAnswerComes(t *testing.T) {
	c, _ := newChild(t, Limits{Pause: 3 * time.Second})
	var pauses []time.Duration
	for range 6 {
		c.later()
		pauses = append(pauses, time.Until(c.after).Round(100*time.Millisecond))
	}
	for i, want := range []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second} {
		if pauses[i] != want {
			t.Errorf("pauses %v, the one after crash %d should be %v", pauses, i+1, want)
		}
	}
	c.after = time.Time{}
	read(t, c, "X 0.9")
	if c.later(); time.Until(c.after) > 0 {
		t.Error("a crash after an answer makes the next start wait")
	}
}

func TestWhyThereIsNoChild(t *testing.T) {
	c, _ := newChild(t, Limits{Dir: "missing"})
	_, err := c.Read(t.Context(), &Job{Picture: picture("X 0.9")})
	if e, ok := errors.AsType[*StartError](err); !ok || e.Cause.Error() != "no model file in missing" {
		t.Errorf("without models: %v", err)
	}
	t.Setenv("FAKE_ABSENT", "1")
	c, _ = newChild(t, Limits{})
	if err := c.Start(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("in a build without a reader: %v", err)
	}
	c = NewChild(func(context.Context) (line.Conn, error) { return nil, errors.New("no more processes") }, Limits{})
	if err := c.Start(t.Context()); err == nil || err.Error() != "start second reader: no more processes" {
		t.Errorf("where nothing can be started: %v", err)
	}
}

func TestAnEndedContextEndsTheChild(t *testing.T) {
	c, crashes := newChild(t, Limits{})
	pid, _ := strconv.Atoi(first(t, read(t, c, "pid")))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Read(ctx, &Job{Picture: picture("hang")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Read = %v, want the context's end", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
	if len(*crashes) != 0 {
		t.Errorf("crashes %v: nobody is to blame", *crashes)
	}
	if got := first(t, read(t, c, "AFTER 0.9")); got != "AFTER" {
		t.Errorf("the next picture gives %q", got)
	}
}

// parent is a process that has a child in work and is killed.
func parent() int {
	open, err := line.Parse(Self)
	if err != nil {
		return 1
	}
	c := NewChild(open, Limits{})
	a, err := c.Read(context.Background(), &Job{Picture: picture("pid")})
	if err != nil {
		return 1
	}
	fmt.Println(a.Plates[0].Text)
	c.Read(context.Background(), &Job{Picture: picture("hang")})
	return 1
}

func TestAKilledParentLeavesNoChild(t *testing.T) {
	cmd := exec.Command(os.Args[0], "parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the child hangs in its picture now
	cmd.Process.Kill()
	cmd.Wait()
	for until := time.Now().Add(time.Minute); !gone(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the child outlives its parent")
		}
	}
}

// gone reports whether a process has ended; one that nobody has waited for counts.
func gone(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func TestRememberedPicturesAreBounded(t *testing.T) {
	g := givenUp{size: 3}
	for i := range byte(5) {
		g.add([32]byte{i}, errors.New("x"))
		g.add([32]byte{i}, errors.New("x"))
	}
	if len(g.order) != 3 || len(g.cause) != 3 || g.find([32]byte{1}) != nil || g.find([32]byte{2}) == nil {
		t.Errorf("remembers %v", g.order)
	}
}
